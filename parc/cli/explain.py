"""``parc explain``: why Parc holds what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import with_database
from parc.cli.output import print_json

if TYPE_CHECKING:
    from parc.discovery.explain import Explanation
    from parc.reconcile.matching import Match
    from parc.reconcile.rules import Strength


@click.group()
def explain() -> None:
    """Say why Parc holds what it holds."""


@explain.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def asset(text: str, *, is_json: bool) -> None:
    """Say by which rule each device of an asset is found, and what else was considered.

    Told are the match that made it, the one that found it when it changed last, and what the
    rules say now of its latest evidence.
    """
    from parc.discovery.explain import asset_of, explain_asset
    from parc.extensions import reading

    with reading() as session:
        found = asset_of(session, text)
        name, tag = found.name, found.asset_tag
        explanations = list(explain_asset(session, found.id))
    if is_json:
        print_json({"asset_tag": tag, "devices": explanations})
        return
    click.echo(f"{tag} {name}")
    if not explanations:
        click.echo("No device stands for this asset.")
    for one in explanations:
        _print(one)


def _print(one: Explanation) -> None:
    click.echo(f"device {one.device_id} at {one.address}")
    for title, found in (("made", one.created), ("last changed", one.last)):
        if found is not None:
            run = f" by run {found.run_id}" if found.run_id else ""
            click.echo(f"  {title} {found.at.isoformat(timespec='seconds')}{run}")
            _print_match(found.match, found.strength)
    if one.seen_at is None:
        click.echo("  no evidence of it is kept any more")
        return
    click.echo(f"  as things stand, by what it said {one.seen_at.isoformat(timespec='seconds')}")
    _print_match(one.match, one.strength)


def _print_match(match: Match, strength: Strength | None) -> None:
    from parc.reconcile.rules import TEXTS

    if match.key is None:
        click.echo("    no rule finds it")
    else:
        measure = f" ({' of '.join(match.values)} in common)" if match.values else ""
        click.echo(f"    found by {match.key.kind.value} ({strength}): {match.key.value}{measure}")
    for other in match.considered:
        values = f" ({' / '.join(other.values)})" if other.values else ""
        reason = f"{TEXTS[other.reason]}{values}"
        key_text = f"{other.key.kind.value} {other.key.value}"
        click.echo(f"    not device {other.device_id} by {key_text}: {reason}")
