"""``parc movements``: what has moved, and taking a movement back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.paging import read_rows
from parc.cli.settling import settle_about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from parc.queries.movements import MovementFilter

_SHOWN = 100
_SIDES = ("from", "to")


@click.group()
def movements() -> None:
    """List movements, cancel one; ``parc move`` makes them."""


@movements.command(name="list")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Such as loan or return.")
@click.option("--status", "statuses", multiple=True, metavar="STATUS", help="Such as confirmed.")
@click.option("--author", "authors", multiple=True, metavar="NAME")
@click.option("--asset", "tags", multiple=True, metavar="TAG", help="Of these assets only.")
@click.option("--person", default="", help="Who held it or holds it: name, e-mail or number.")
@click.option("--place", default="", help="Where it was or is, and all within: a path.")
@click.option("--text", default="", help="Only with all these words, or of this number.")
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), help="First day of effect.")
@click.option("--until", type=click.DateTime(("%Y-%m-%d",)), help="Last day of effect.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=_SHOWN, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(*, limit: int, is_json: bool, **asked: Any) -> None:
    """List movements, the latest first."""
    from parc.extensions import reading
    from parc.models import Movement
    from parc.queries.keyset import Order
    from parc.queries.movements import SORTS, movement_page

    order = Order(SORTS["entered"], Movement.id, is_descending=True)
    with reading() as session:
        wanted = _filter(session, asked)
        rows = read_rows(
            lambda cursor, size: movement_page(session, wanted, order, cursor, size), limit
        )
        found = _written(session, rows)
    if is_json:
        print_json({"movements": found})
        return
    print_table(
        ("NUMBER", "ON", "TAG", "NAME", "KIND", "STATE", "HOLDER", "PLACE", "AUTHOR", "STATUS"),
        [_line(row) for row in found],
    )


@movements.command()
@click.argument("number", metavar="NUMBER")
@click.option("--reason", required=True, help="Why; kept with it.")
@with_database
def cancel(number: str, reason: str) -> None:
    """Take back the movement of a NUMBER, as M-000123 or 123: the asset stands as before it.

    Refused while a later movement of the asset stands on it, and for the entry of an asset.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.naming import movement_number, movement_of_number
    from parc.services.movements import cancel as cancel_movement

    key = int(number) if number.isascii() and number.isdecimal() else movement_of_number(number)
    if key is None or key >= 2**31:
        raise click.UsageError(f"{number} is no number of a movement")
    with transaction() as session:
        row = cancel_movement(session, operator(), key, reason=reason, at=now())
        settle_about(session, assets=[row.asset_id])
        state = row.from_state
    click.echo(f"{movement_number(key)} cancelled; the asset is {state} again.")


def _filter(session: Any, asked: Mapping[str, Any]) -> MovementFilter:
    """Find what the options name."""
    from parc.models import MovementKind, MovementStatus
    from parc.queries.asset_tags import tagged_assets
    from parc.queries.locations import read_places
    from parc.queries.movements import MovementFilter
    from parc.services.people import find_person
    from parc.services.places import find_place

    tags: Sequence[str] = asked["tags"]
    known = tagged_assets(session, tags)
    if unknown := [tag for tag in tags if tag not in known]:
        raise click.UsageError(f"no asset has the tag {', '.join(unknown)}")
    places = read_places(session)
    place = find_place(session, asked["place"], places) if asked["place"] else None
    if asked["place"] and place is None:
        raise click.UsageError(f"there is no place {asked['place']}")
    return MovementFilter(
        kinds=_members(MovementKind, asked["kinds"], "--kind"),
        statuses=_members(MovementStatus, asked["statuses"], "--status"),
        authors=asked["authors"],
        person_ids=[find_person(session, asked["person"])] if asked["person"] else (),
        location_ids=places.within(place) if place is not None else (),
        asset_ids=sorted(known.values()),
        text=asked["text"],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
    )


def _members(kind: Any, values: Sequence[str], option: str) -> list[Any]:
    if unknown := [value for value in values if value not in set(kind)]:
        message = f"{unknown[0]} is none of {', '.join(kind)}"
        raise click.BadParameter(message, param_hint=option)
    return [kind(value) for value in values]


def _day(moment: datetime | None) -> Any:
    return moment.date() if moment else None


def _written(session: Any, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Give the rows with the names of people and places, before and after."""
    from parc.naming import movement_number
    from parc.queries.departments import read_departments
    from parc.queries.locations import read_places
    from parc.queries.people import person_names

    ids = {getattr(row, f"{side}_person_id") for row in rows for side in _SIDES} - {None}
    people = person_names(session, ids)
    places, departments = read_places(session), read_departments(session)
    names = ("asset_tag", "asset_name", "kind", "variant", "effective_on", "entered_at", "author")
    texts = ("source", "status", "reason", "order_number", "contract_number", "cancelled_reason")
    return [
        {
            "number": movement_number(row.id),
            **{name: getattr(row, name) for name in names},
            **{
                side: {
                    "state": getattr(row, f"{side}_state"),
                    "person": people.get(getattr(row, f"{side}_person_id")),
                    "department": departments.path(getattr(row, f"{side}_department_id")),
                    "place": places.path(getattr(row, f"{side}_location_id")),
                    "due_on": getattr(row, f"{side}_due_on"),
                }
                for side in _SIDES
            },
            **{name: getattr(row, name) for name in texts},
        }
        for row in rows
    ]


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    after = row["to"]
    cells = (
        row["number"],
        row["effective_on"],
        row["asset_tag"],
        row["asset_name"],
        row["kind"],
        after["state"],
        after["person"] or after["department"],
        after["place"],
        row["author"],
        row["status"],
    )
    return tuple("-" if cell is None else str(cell) for cell in cells)
