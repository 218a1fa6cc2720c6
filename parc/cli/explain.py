"""``parc explain``: why Parc holds what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import settings, with_database
from parc.cli.output import print_json

if TYPE_CHECKING:
    from parc.discovery.explain import Explanation
    from parc.queries.told_words import OtherWord
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
    """Say by which rule each device of an asset is found, and what sources say otherwise.

    Told are the match that made it, the one that found it when it changed last, what the rules say
    now of its latest evidence, with what else was considered, and the values that sources give
    otherwise than they stand.
    """
    from parc.discovery.explain import asset_of, explain_asset
    from parc.extensions import reading
    from parc.queries.told_words import other_words

    with reading() as session:
        found = asset_of(session, text)
        name, tag = found.name, found.asset_tag
        explanations = list(explain_asset(session, found.id))
        words = other_words(session, found, settings().discovery.source_silent_days)
        present = {field: getattr(found, field) for field in words}
    if is_json:
        print_json({"asset_tag": tag, "devices": explanations, "said_otherwise": words})
        return
    click.echo(f"{tag} {name}")
    if not explanations:
        click.echo("No device stands for this asset.")
    for one in explanations:
        _print(one)
    for field, others in sorted(words.items()):
        click.echo(f"{field} is {present[field]}")
        for other in others:
            click.echo(f"  {_said(other)}")


def _said(word: OtherWord) -> str:
    """Say what a source says otherwise, since when, and whether it has fallen silent."""
    if word.is_silent and word.heard_at:
        return f"{word.source} said {word.value}, silent since {word.heard_at:%Y-%m-%d}"
    since = f", since {word.since:%Y-%m-%d}" if word.since else ""
    run = f", run {word.run_id}" if word.run_id else ""
    return f"{word.source} says {word.value}{since}{run}"


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
