"""``parc ignored-keys``: keys that identify nothing, listed, added and taken back."""

from __future__ import annotations

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.settling import settle_all

_KINDS = ("serial", "uuid", "mac")
_MOST = 10_000


@click.group("ignored-keys")
def ignored_keys() -> None:
    """Look after keys that identify nothing: placeholder serials, cloned UUIDs, lent MACs."""


@ignored_keys.command("list")
@click.option("--suspects", "is_suspects", is_flag=True, help="What looks as if it were one.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, is_suspects: bool, is_json: bool) -> None:
    """List the keys that people ignore, or those that several machines show."""
    from parc.clock import now
    from parc.extensions import reading
    from parc.queries.ignored_keys import list_ignored_keys
    from parc.reconcile.suspects import list_suspects, search_suspects

    with reading() as session:
        if is_suspects:
            suspects = list_suspects(session, search_suspects(session, now()))
            if is_json:
                print_json(suspects)
                return
            heads = ("KIND", "VALUE", "MACHINES", "MANUFACTURERS")
            print_table(
                heads,
                [
                    (one.kind.value, one.value, str(one.machine_count), str(one.maker_count))
                    for one in suspects
                ],
            )
            return
        rows = [
            (row.kind.value, row.value, row.reason, row.author)
            for row in list_ignored_keys(session, None, _MOST)
        ]
    names = ("kind", "value", "reason", "author")
    if is_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(tuple(name.upper() for name in names), rows)


@ignored_keys.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("value")
@click.option("--reason", required=True, help="Why it identifies nothing; kept with it.")
@with_database
def add(kind: str, value: str, *, reason: str) -> None:
    """Say that VALUE identifies no machine; of a MAC address its first three octets are enough."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.ignored_keys import ignore_key

    with transaction() as session:
        row = ignore_key(session, operator(), kind=kind, value=value, reason=reason, at=now())
        added = row.value
        settle_all(session)
    click.echo(f"{added} identifies no machine from the next run on.")


@ignored_keys.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("value")
@with_database
def remove(kind: str, value: str) -> None:
    """Let VALUE identify machines again."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.key_texts import IgnoredKind
    from parc.queries.ignored_keys import find_ignored_key
    from parc.services.ignored_keys import stop_ignoring

    with transaction() as session:
        row = find_ignored_key(session, IgnoredKind(kind), value)
        stop_ignoring(session, operator(), row.id, now())
        settle_all(session)
    click.echo(f"{value} identifies machines again.")
