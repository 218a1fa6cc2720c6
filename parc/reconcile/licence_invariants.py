"""What must hold of licences and their seats; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Allocation, Entitlement, EntitlementPeriod, EntitlementPeriodKind
from parc.reconcile.invariants import Finding


def examine_licences(session: Session) -> list[Finding]:
    """Try every invariant; gives what is broken, in the order of the checks."""
    return [*_counts(session), *_dates(session)]


def _counts(session: Session) -> Iterator[Finding]:
    """Find licences whose number of seats given is not what is given."""
    given = sa.func.count(Allocation.id)
    query = (
        sa.select(Entitlement.id, Entitlement.allocated_count, given)
        .outerjoin(Allocation, Allocation.entitlement_id == Entitlement.id)
        .group_by(Entitlement.id, Entitlement.allocated_count)
        .having(given != Entitlement.allocated_count)
        .order_by(Entitlement.id)
    )
    for number, told, counted in session.execute(query):
        remedy = "Give or take back a seat of it."
        yield Finding("seats", f"licence {number}", f"{told} seats, not {counted}", remedy)


def _dates(session: Session) -> Iterator[Finding]:
    """Find licences that are said to end when none of their terms does."""
    term = sa.exists().where(
        EntitlementPeriod.entitlement_id == Entitlement.id,
        EntitlementPeriod.kind == EntitlementPeriodKind.TERM,
        EntitlementPeriod.ends_on == Entitlement.ends_on,
    )
    query = sa.select(Entitlement.id, Entitlement.ends_on).where(
        Entitlement.ends_on.is_not(None), ~term
    )
    for number, ends_on in session.execute(query.order_by(Entitlement.id)):
        remedy = "Correct a period of it."
        yield Finding("term", f"licence {number}", f"ends on {ends_on}", remedy)
