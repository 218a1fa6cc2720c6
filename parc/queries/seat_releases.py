"""Seats that may be taken back: of machines that are gone and of people who have left.

So may those that a rule gave, when no rule of the licence means their holder any more. What is
bound to its machine (OEM) stays with it while the machine is ours, and leaves with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Allocation,
    AllocationRule,
    Asset,
    Entitlement,
    EntitlementType,
    InboxEntry,
    InboxKind,
    LifecycleState,
    Movement,
    MovementStatus,
    Person,
)
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind
from parc.queries.seat_rules import machines_meant, people_meant

_GONE: Final = (LifecycleState.DISPOSED, LifecycleState.STOLEN)
_HELD: Final = (LifecycleState.IN_USE, LifecycleState.ON_LOAN)
_NAMES_SHOWN: Final = 5
MOST_SEATS: Final = 500


@dataclass(frozen=True, slots=True)
class FreeSeat:
    """A seat that is proposed to be taken back.

    Attributes:
        is_bound: an OEM licence: it is gone with its machine, one less is held.
        state: of the machine; ``left_on``: of the person.
        is_outside: a rule gave it, and no rule of the licence means its holder any more.
    """

    id: int
    entitlement_id: int
    licence: str
    is_bound: bool
    person_id: int | None
    person: str | None
    left_on: date | None
    asset_id: int | None
    asset: str | None
    asset_tag: str | None
    state: LifecycleState | None
    location_id: int | None
    is_outside: bool = False

    @property
    def holder(self) -> str:
        """Name who or what has the seat."""
        return self.person or f"{self.asset_tag} {self.asset}"


def seats_to_take_back(
    session: Session, today: date, most: int, *conditions: sa.ColumnElement[bool]
) -> list[FreeSeat]:
    """Read the seats that are proposed to be taken back, those of a licence or all."""
    found = _of_machines(session, most, conditions)
    found += _of_people(session, today, most, conditions)
    return [*found, *_outside(session, most, conditions, {seat.id for seat in found})][:most]


def seats_of_licence(
    session: Session, entitlement_id: int, today: date, most: int
) -> list[FreeSeat]:
    """Read the seats of a licence that are proposed to be taken back."""
    return seats_to_take_back(session, today, most, Allocation.entitlement_id == entitlement_id)


def seats_to_release(session: Session, ground: Ground) -> Found:
    """Find, for the inbox, machines and people with seats to be taken back: one entry each."""
    today, scope = ground.now.date(), ground.scope
    if scope is None:
        seats = seats_to_take_back(session, today, _NO_BOUND)
        return Found(_causes(ground, seats), of_kind(InboxKind.SEAT_RELEASE))
    seats = []
    if scope.assets:
        seats += _of_machines(session, _NO_BOUND, [among(Allocation.asset_id, scope.assets)])
    if scope.people:
        people = [among(Allocation.person_id, scope.people)]
        seats += _of_people(session, today, _NO_BOUND, people)
    whose = sa.or_(
        among(Allocation.asset_id, scope.assets), among(Allocation.person_id, scope.people)
    )
    seats += _outside(session, _NO_BOUND, [whose], {seat.id for seat in seats})
    keys = [f"person:{number}" for number in scope.people]
    looked_at = sa.or_(
        among(InboxEntry.asset_id, scope.assets), _any_of(InboxEntry.key, sorted(keys))
    )
    return Found(_causes(ground, seats), sa.and_(of_kind(InboxKind.SEAT_RELEASE), looked_at))


_NO_BOUND: Final = 1_000_000


def _any_of(column: Any, keys: Collection[str]) -> sa.ColumnElement[bool]:
    return column.in_(keys) if keys else sa.false()


def _causes(ground: Ground, seats: Iterable[FreeSeat]) -> list[Cause]:
    grouped: dict[str, list[FreeSeat]] = {}
    for seat in seats:
        key = f"person:{seat.person_id}" if seat.person_id else f"asset:{seat.asset_id}"
        grouped.setdefault(key, []).append(seat)
    return [_cause(ground, key, some[:MOST_SEATS]) for key, some in grouped.items()]


def _cause(ground: Ground, key: str, seats: Sequence[FreeSeat]) -> Cause:
    first = seats[0]
    evidence = {
        "allocation_ids": [seat.id for seat in seats],
        "licences": [[s.entitlement_id, s.licence, s.is_bound] for s in seats[:_NAMES_SHOWN]],
        "person_id": first.person_id,
        "left_on": first.left_on.isoformat() if first.left_on else None,
        "state": first.state.value if first.state else None,
        "tag": first.asset_tag,
        "is_outside": first.is_outside,
    }
    return Cause(
        InboxKind.SEAT_RELEASE,
        key,
        first.person or first.asset or "",
        evidence,
        [
            "outside" if first.is_outside else str(first.state or first.left_on),
            *(str(seat.id) for seat in seats),
        ],
        asset_id=first.asset_id,
        site_id=ground.site_of(first.location_id),
        count=len(seats),
    )


def _select(*beside: Any) -> sa.Select[Any]:
    is_bound = Entitlement.type == EntitlementType.OEM
    return sa.select(
        Allocation.id,
        Entitlement.id.label("entitlement_id"),
        Entitlement.name.label("licence"),
        sa.func.coalesce(is_bound, sa.false()).label("is_bound"),
        *beside,
    ).join(Entitlement, Entitlement.id == Allocation.entitlement_id)


def _of_machines(
    session: Session, most: int, conditions: Sequence[sa.ColumnElement[bool]]
) -> list[FreeSeat]:
    """Find the seats of machines that are gone, and of those that came back to stock since."""
    came_back = sa.exists().where(
        Movement.asset_id == Allocation.asset_id,
        Movement.status == MovementStatus.CONFIRMED,
        Movement.from_state.in_(_HELD),
        Movement.to_state.in_((LifecycleState.IN_STOCK, LifecycleState.TO_DISPOSE)),
        Movement.effective_on >= Allocation.since_on,
    )
    is_loose = sa.or_(Entitlement.type.is_(None), Entitlement.type != EntitlementType.OEM)
    query = (
        _select(
            *(sa.null(), sa.null(), sa.null()),
            *(Asset.id, Asset.name, Asset.asset_tag, Asset.lifecycle_state, Asset.location_id),
        )
        .join(Asset, Asset.id == Allocation.asset_id)
        .where(
            sa.or_(
                Asset.lifecycle_state.in_(_GONE),
                sa.and_(Asset.lifecycle_state == LifecycleState.TO_DISPOSE, is_loose),
                sa.and_(Asset.lifecycle_state == LifecycleState.IN_STOCK, is_loose, came_back),
            ),
            *conditions,
        )
        .order_by(Allocation.id)
        .limit(most)
    )
    return [_seat(row) for row in session.execute(query)]


def _of_people(
    session: Session, today: date, most: int, conditions: Sequence[sa.ColumnElement[bool]]
) -> list[FreeSeat]:
    """Find the seats of people who have left."""
    query = (
        _select(Person.id, Person.name, Person.left_on, *(sa.null() for _ in range(5)))
        .join(Person, Person.id == Allocation.person_id)
        .where(Person.left_on < today, *conditions)
        .order_by(Allocation.id)
        .limit(most)
    )
    return [_seat(row) for row in session.execute(query)]


def _seat(row: Any) -> FreeSeat:
    number, entitlement_id, licence, is_bound, *rest = row
    return FreeSeat(number, entitlement_id, licence, bool(is_bound), *rest)


def _outside(
    session: Session,
    most: int,
    conditions: Sequence[sa.ColumnElement[bool]],
    known: Collection[int],
) -> list[FreeSeat]:
    """Find the seats that a rule gave, whose holder no rule of the licence means any more."""
    query = (
        _select(
            *(Person.id, Person.name, Person.left_on),
            *(Asset.id, Asset.name, Asset.asset_tag, Asset.lifecycle_state, Asset.location_id),
            sa.true(),
        )
        .outerjoin(Person, Person.id == Allocation.person_id)
        .outerjoin(Asset, Asset.id == Allocation.asset_id)
        .where(
            Allocation.rule_id.in_(sa.select(AllocationRule.id)),
            sa.or_(Entitlement.type.is_(None), Entitlement.type != EntitlementType.OEM),
            *conditions,
        )
        .order_by(Allocation.id)
    )
    seats = [_seat(row) for row in session.execute(query)]
    inside = _inside(session, {seat.entitlement_id for seat in seats})
    return [seat for seat in seats if seat.id not in inside and seat.id not in known][:most]


def _inside(session: Session, entitlement_ids: Collection[int]) -> set[int]:
    """Give the seats of licences whose holder a rule of the same licence means."""
    rules = (
        sa.select(AllocationRule, Entitlement.product_id)
        .join(Entitlement, Entitlement.id == AllocationRule.entitlement_id)
        .where(AllocationRule.entitlement_id.in_(sorted(entitlement_ids)))
    )
    found: set[int] = set()
    for rule, product_id in session.execute(rules):
        seats = sa.select(Allocation.id).where(Allocation.entitlement_id == rule.entitlement_id)
        people = people_meant(session, rule.department_id)
        if people:
            meant = sa.select(Person.id).where(*people)
            found.update(session.scalars(seats.where(Allocation.person_id.in_(meant))))
        machines = machines_meant(
            session, product_id, rule.category, rule.location_id, is_installed=rule.is_installed
        )
        if machines:
            held = sa.select(Asset.id).where(*machines)
            found.update(session.scalars(seats.where(Allocation.asset_id.in_(held))))
    return found
