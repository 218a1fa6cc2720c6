"""``parc changes``: acts that changed many rows, and undoing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.settling import settle_about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parc.services.undo_obstacles import Obstacle

_SHOWN = 50
_LAST_MOMENT = timedelta(days=1, microseconds=-1)


@click.group()
def changes() -> None:
    """List acts that changed many rows, show one, undo one."""


@changes.command(name="list")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Such as run, merge or undo.")
@click.option("--state", "states", multiple=True, metavar="STATE", help="Such as applied, undone.")
@click.option("--author", "authors", multiple=True, metavar="NAME")
@click.option("--text", default="", help="Only with this part of the author's name or reason.")
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), help="First day (UTC).")
@click.option("--until", type=click.DateTime(("%Y-%m-%d",)), help="Last day (UTC).")
@click.option("--limit", type=click.IntRange(1, 1_000), default=_SHOWN, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(  # noqa: PLR0913 -- one a filter
    *,
    kinds: Sequence[str],
    states: Sequence[str],
    authors: Sequence[str],
    text: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    is_json: bool,
) -> None:
    """List acts, the latest first."""
    from parc.extensions import reading
    from parc.models import ChangeSet, ChangeSetKind, ChangeSetState
    from parc.queries.change_sets import SORTS, ChangeSetFilter, list_change_sets
    from parc.queries.keyset import Order

    _check("--kind", kinds, list(ChangeSetKind))
    _check("--state", states, list(ChangeSetState))
    chosen = ChangeSetFilter(
        [ChangeSetKind(kind) for kind in kinds],
        [ChangeSetState(state) for state in states],
        authors,
        text,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) + _LAST_MOMENT if until else None,
    )
    order = Order(SORTS["at"], ChangeSet.id, is_descending=True)
    with reading() as session:
        found = list_change_sets(session, chosen, order, None, limit)
    rows = found.page.rows
    if is_json:
        print_json([dict(row._mapping) for row in rows])  # noqa: SLF001 -- SQLAlchemy's public name
        return
    print_table(
        ("ID", "WHEN", "KIND", "AUTHOR", "ROWS", "STATE", "REASON"),
        [
            (
                str(row.id),
                f"{row.at:%Y-%m-%d %H:%M}",
                row.kind.value,
                row.author,
                str(row.row_count),
                row.state.value,
                row.reason or "",
            )
            for row in rows
        ],
    )


def _check(option: str, given: Sequence[str], known: Sequence[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        message = f"{unknown[0]} is none of {', '.join(known)}"
        raise click.BadParameter(message, param_hint=option)


@changes.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def show(number: int, *, is_json: bool) -> None:
    """Show what an act did, and what stands in the way of undoing it."""
    from parc.extensions import reading
    from parc.queries.change_sets import read_change_set
    from parc.services.change_sets import images_of
    from parc.services.undo import find_obstacles

    with reading() as session:
        act = read_change_set(session, number)
        images = images_of(session, number)
        obstacles = find_obstacles(session, number)
    rows = [
        {"table": table, "key": list(key), "before": one.before, "after": one.after}
        for (table, key), one in images.items()
    ]
    if is_json:
        print_json({"id": act.id, "title": act.title, "rows": rows, "obstacles": obstacles})
        return
    click.echo(f"{act.id} {act.kind.value} by {act.author}, {act.at:%Y-%m-%d %H:%M}: {act.state}")
    if act.reason:
        click.echo(act.reason)
    print_table(
        ("TABLE", "KEY", "BEFORE", "AFTER"),
        [
            (str(r["table"]), str(r["key"]), str(r["before"] or ""), str(r["after"] or ""))
            for r in rows
        ],
    )
    _tell(obstacles)


@changes.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--apply", "is_applied", is_flag=True, help="Undo it, not only try.")
@click.option("--reason", default="", help="Why; kept with it.")
@with_database
def undo(number: int, *, is_applied: bool, reason: str) -> None:
    """Put every row back as it was before an act.

    Ends with 1 when something stands in the way.
    """
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.services.change_sets import images_of
    from parc.services.undo import find_obstacles, subjects
    from parc.services.undo import undo as undo_change

    with reading() as session:
        obstacles = find_obstacles(session, number)
        count = len(images_of(session, number))
    _tell(obstacles)
    if obstacles:
        raise SystemExit(1)
    if not is_applied:
        click.echo(f"{count} row(s) would be as they were; --apply does it.")
        return
    with transaction() as session:
        undo_change(session, operator().because(reason), number, at=now())
        devices, assets = subjects(session, number)
        settle_about(session, devices=devices, assets=assets)
    click.echo(f"{count} row(s) are as they were.")


def _tell(obstacles: Sequence[Obstacle]) -> None:
    for one in obstacles:
        what = f"{one.subject_kind} {one.subject_id}"
        click.echo(f"in the way: {what} {one.field} {one.code} {one.author}".rstrip())
