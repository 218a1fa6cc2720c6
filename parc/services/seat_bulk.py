"""Giving many seats of a licence at once: who is meant, the plan that is shown first, and the act.

Who is meant is a list of names and tags, everyone of a department, the machines of a kind or a
place, or those where the software was found. Giving more than was bought is told, never refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError
from parc.models import Allocation, Asset, ChangeSetKind, Entitlement, Person
from parc.queries.asset_tags import tagged_assets
from parc.queries.assets import find_exact
from parc.queries.seat_rules import machines_meant, people_meant
from parc.services.actor import Actor
from parc.services.allocations import Holder, allocate
from parc.services.change_sets import recording
from parc.services.entitlements import locked
from parc.services.people import find_person
from parc.services.permissions import Action, require

MOST_HOLDERS: Final = 2_000
_MOST_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Meant:
    """Who and what gets a seat; each part that is given adds to the others.

    Attributes:
        lines: a person or a machine each: e-mail address, name, tag, serial number.
        department_id: everyone in it and below it who has not left.
        is_installed: the machines on which the software was found.
        category, location_id: the machines of a kind, of a place, or of both.
    """

    lines: tuple[str, ...] = ()
    department_id: int | None = None
    is_installed: bool = False
    category: Category | None = None
    location_id: int | None = None


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """What giving seats would do.

    Attributes:
        new: who gets one, with their names; known: how many have one already.
        unknown: lines that name nobody, or several.
        over: how many seats more would be given than were bought.
    """

    new: tuple[tuple[Holder, str], ...]
    known: int
    unknown: tuple[str, ...]
    over: int


def plan_seats(session: Session, entitlement_id: int, meant: Meant) -> SeatPlan:
    """Say who would get a seat.

    Raises:
        NotFoundError: there is no such licence.
        InvalidInputError: of ``lines``: nobody is meant, or too many are.
    """
    row = locked(session, entitlement_id)
    names: dict[Holder, str] = {}
    unknown = []
    lines = list(dict.fromkeys(" ".join(text.split()) for text in meant.lines))
    if len(lines) > MOST_HOLDERS:
        raise InvalidInputError([FieldProblem("lines", "too_many_lines", str(MOST_HOLDERS))])
    tagged = tagged_assets(session, lines)
    for line in lines:
        holder = Holder(asset_id=tagged[line]) if line in tagged else None
        if line and holder is None:
            holder = _named(session, line[:_MOST_CHARACTERS])
        if holder is not None:
            names[holder] = line
        elif line:
            unknown.append(line[:_MOST_CHARACTERS])
    names |= dict(_people(session, meant))
    names |= dict(_machines(session, row, meant))
    if not names and not unknown:
        raise InvalidInputError([FieldProblem("lines", "nobody_meant")])
    if len(names) > MOST_HOLDERS:
        raise InvalidInputError([FieldProblem("lines", "too_many_lines", str(MOST_HOLDERS))])
    query = sa.select(Allocation.person_id, Allocation.asset_id)
    there = {
        Holder(person, asset)
        for person, asset in session.execute(query.where(Allocation.entitlement_id == row.id))
    }
    new = tuple((holder, name) for holder, name in names.items() if holder not in there)
    given = len(there) + len(new)
    over = 0 if row.quantity is None or row.is_unlimited else max(given - row.quantity, 0)
    return SeatPlan(new, len(names) - len(new), tuple(unknown), over)


def give_seats(
    session: Session,
    actor: Actor,
    entitlement_id: int,
    meant: Meant,
    *,
    at: datetime,
    rule_id: int | None = None,
) -> SeatPlan:
    """Give the seats as one act that can be undone; gives what was done.

    Args:
        rule_id: of the rule that gives them, which may later propose to take them back.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        InvalidInputError: as ``plan_seats``.
    """
    require(actor, Action.EDIT_LICENCE)
    made = plan_seats(session, entitlement_id, meant)
    title = {"code": "seats_given", "count": len(made.new)}
    with recording(session, actor, ChangeSetKind.SEATS, title, at):
        holders = [holder for holder, _ in made.new]
        allocate(session, actor, entitlement_id, holders, at=at, rule_id=rule_id)
    return made


def _named(session: Session, text: str) -> Holder | None:
    """Give the machine or the person of a line; a tag or serial number comes before a name."""
    if (asset_id := find_exact(session, text)) is not None:
        return Holder(asset_id=asset_id)
    try:
        return Holder(person_id=find_person(session, text))
    except InvalidInputError:
        return None


def _people(session: Session, meant: Meant) -> Iterator[tuple[Holder, str]]:
    conditions = people_meant(session, meant.department_id)
    if not conditions:
        return
    query = sa.select(Person.id, Person.name).where(*conditions)
    for number, name in session.execute(query.order_by(Person.id).limit(MOST_HOLDERS + 1)):
        yield Holder(person_id=number), name


def _machines(session: Session, row: Entitlement, meant: Meant) -> Iterator[tuple[Holder, str]]:
    conditions = machines_meant(
        session,
        row.product_id,
        meant.category,
        meant.location_id,
        is_installed=meant.is_installed,
    )
    if not conditions:
        return
    query = sa.select(Asset.id, Asset.asset_tag, Asset.name).where(*conditions)
    for number, tag, name in session.execute(query.order_by(Asset.id).limit(MOST_HOLDERS + 1)):
        yield Holder(asset_id=number), f"{tag} {name}"
