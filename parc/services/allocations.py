"""Seats of licences given to persons and machines; giving too many is shown, never refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import Allocation, Asset, Entitlement, EntitlementType, Person
from parc.services.actor import Actor
from parc.services.entitlements import change_entitlement, locked, record_change, touch
from parc.services.permissions import Action, require


@dataclass(frozen=True, slots=True)
class Holder:
    """Who or what gets a seat: a person or a machine."""

    person_id: int | None = None
    asset_id: int | None = None


def allocate(
    session: Session,
    actor: Actor,
    entitlement_id: int,
    holders: Sequence[Holder],
    *,
    at: datetime,
    since_on: date | None = None,
    rule_id: int | None = None,
) -> int:
    """Give a seat to each who has none yet; gives how many were given.

    Args:
        rule_id: of the rule that gives them, if one does.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        InvalidInputError: of ``holder``: ``not_found``.
    """
    require(actor, Action.EDIT_LICENCE)
    row = locked(session, entitlement_id)
    query = sa.select(Allocation.person_id, Allocation.asset_id)
    there = {
        Holder(person, asset)
        for person, asset in session.execute(query.where(Allocation.entitlement_id == row.id))
    }
    names = []
    for holder in dict.fromkeys(holders):
        if holder in there:
            continue
        names.append(_name(session, holder))
        session.add(
            Allocation(
                entitlement_id=row.id,
                person_id=holder.person_id,
                asset_id=holder.asset_id,
                since_on=since_on or at.date(),
                rule_id=rule_id,
                author=actor.name,
                created_at=at,
            )
        )
    if names:
        row.allocated_count = len(there) + len(names)
        touch(row, at)
        session.flush()
        shown = ", ".join(names[:20]) + (f" (+{len(names) - 20})" if len(names) > 20 else "")  # noqa: PLR2004
        record_change(session, actor, row, "allocated", at, {"allocation": (None, shown)})
    return len(names)


def release(session: Session, actor: Actor, allocation_ids: Sequence[int], *, at: datetime) -> int:
    """Take seats back; gives how many.

    Raises:
        NotAllowedError: the role may not edit licences.
    """
    require(actor, Action.EDIT_LICENCE)
    query = sa.select(Allocation).where(Allocation.id.in_(allocation_ids)).order_by(Allocation.id)
    rows = list(session.scalars(query))
    for number in dict.fromkeys(one.entitlement_id for one in rows):
        entitlement = locked(session, number)
        mine = [one for one in rows if one.entitlement_id == number]
        names = [_name(session, Holder(one.person_id, one.asset_id)) for one in mine]
        for one in mine:
            session.delete(one)
        session.flush()
        recount_seats(session, number)
        touch(entitlement, at)
        session.flush()
        changes = {"allocation": (", ".join(names)[:500], None)}
        record_change(session, actor, entitlement, "seat_released", at, changes)
    return len(rows)


def take_back(
    session: Session, actor: Actor, allocation_ids: Sequence[int], *, at: datetime
) -> int:
    """Take seats back whose machine or person is gone; gives how many.

    A licence that is bound to its machine (OEM) is gone with it: one less is held.

    Raises:
        NotAllowedError: the role may not edit licences.
    """
    require(actor, Action.EDIT_LICENCE)
    bound = (
        sa.select(Allocation.entitlement_id, sa.func.count())
        .join(Entitlement, Entitlement.id == Allocation.entitlement_id)
        .where(
            Allocation.id.in_(allocation_ids),
            Allocation.asset_id.is_not(None),
            Entitlement.type == EntitlementType.OEM,
            Entitlement.quantity.is_not(None),
        )
        .group_by(Allocation.entitlement_id)
    )
    gone = session.execute(bound).all()
    count = release(session, actor, allocation_ids, at=at)
    for number, seats in gone:
        left = max((locked(session, number).quantity or 0) - seats, 0)
        change_entitlement(session, actor, number, {"quantity": left}, at=at)
    return count


def recount_seats(session: Session, entitlement_id: int) -> None:
    """Count the seats that are given of a licence anew, if it is there."""
    row = session.get(Entitlement, entitlement_id)
    if row is not None:
        count = sa.select(sa.func.count()).where(Allocation.entitlement_id == entitlement_id)
        row.allocated_count = session.scalar(count) or 0
        session.flush()


def _name(session: Session, holder: Holder) -> str:
    if holder.person_id is not None:
        person = session.get(Person, holder.person_id)
        if person is not None:
            return person.name
    elif holder.asset_id is not None:
        asset = session.get(Asset, holder.asset_id)
        if asset is not None:
            return f"{asset.asset_tag} {asset.name}"
    raise InvalidInputError([FieldProblem("holder", "not_found")])
