"""Rules that give seats: kept with a licence, and carried out again for who comes to them.

A rule takes nothing back by itself: seats that it gave to who fulfils no rule of the licence any
more are proposed to be taken back, like those of who has left and of what is gone.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Allocation, AllocationRule, ChangeSetKind
from parc.services.actor import SYSTEM, Actor
from parc.services.change_sets import recording
from parc.services.entitlements import locked, record_change, touch
from parc.services.permissions import Action, require
from parc.services.seat_bulk import Meant, SeatPlan, give_seats


def meant_by(rule: AllocationRule) -> Meant:
    """Give who and what a rule means."""
    return Meant(
        department_id=rule.department_id,
        is_installed=rule.is_installed,
        category=rule.category,
        location_id=rule.location_id,
    )


def keep_rule(
    session: Session, actor: Actor, entitlement_id: int, meant: Meant, *, at: datetime
) -> SeatPlan:
    """Keep a rule and give its seats, as one act that can be undone; gives what was done.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        InvalidInputError: as ``plan_seats``; a list of names is no rule.
    """
    require(actor, Action.EDIT_LICENCE)
    if any(line.strip() for line in meant.lines):
        raise InvalidInputError([FieldProblem("lines", "no_rule")])
    row = locked(session, entitlement_id)
    with recording(session, actor, ChangeSetKind.SEATS, {"code": "seat_rule_kept"}, at):
        rule = AllocationRule(
            entitlement_id=row.id,
            department_id=meant.department_id,
            is_installed=meant.is_installed,
            category=meant.category,
            location_id=meant.location_id,
            author=actor.name,
            created_at=at,
        )
        session.add(rule)
        session.flush()
        done = give_seats(session, actor, entitlement_id, meant, at=at, rule_id=rule.id)
        touch(row, at)
        session.flush()
        record_change(session, actor, row, "seat_rule_added", at, {"rule": (None, rule.id)})
    return done


def drop_rule(session: Session, actor: Actor, rule_id: int, *, at: datetime) -> int:
    """Delete a rule, its seats stay as if given by hand; gives its licence.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such rule.
    """
    require(actor, Action.EDIT_LICENCE)
    rule = session.get(AllocationRule, rule_id)
    if rule is None:
        raise NotFoundError(f"no rule {rule_id}")
    row = locked(session, rule.entitlement_id)
    record_change(session, actor, row, "seat_rule_deleted", at, {"rule": (rule.id, None)})
    for seat in session.scalars(sa.select(Allocation).where(Allocation.rule_id == rule.id)):
        seat.rule_id = None
    session.delete(rule)
    touch(row, at)
    session.flush()
    return row.id


def rule_ids(session: Session) -> list[int]:
    """Give the rules of all licences."""
    return list(session.scalars(sa.select(AllocationRule.id).order_by(AllocationRule.id)))


def carry_out(session: Session, rule_id: int, *, at: datetime) -> int:
    """Give seats to who has come to a rule since; gives how many. Each is an act of its own."""
    rule = session.get(AllocationRule, rule_id)
    if rule is None:
        return 0
    try:
        done = give_seats(
            session, SYSTEM, rule.entitlement_id, meant_by(rule), at=at, rule_id=rule.id
        )
        return len(done.new)
    except InvalidInputError:  # nobody is meant any more, or too many are: a person looks
        return 0
