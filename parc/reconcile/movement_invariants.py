"""What must hold between assets and their movements; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import Asset, Movement, MovementStatus
from parc.reconcile.invariants import Finding

_PARTS: Final = ("state", "location_id", "person_id", "department_id", "due_on")


def examine_movements(session: Session) -> list[Finding]:
    """Find states that movements do not explain, and movements that hang on nothing."""
    return [*_unexplained(session), *_broken(session)]


def _unexplained(session: Session) -> Iterator[Finding]:
    """Find assets whose state, place or holder is not what their last movement says."""
    last = (
        sa.select(Movement.asset_id, sa.func.max(Movement.id).label("id"))
        .where(Movement.status == MovementStatus.CONFIRMED)
        .group_by(Movement.asset_id)
        .subquery()
    )
    pairs = (
        (Asset.lifecycle_state, Movement.to_state),
        (Asset.location_id, Movement.to_location_id),
        (Asset.custodian_person_id, Movement.to_person_id),
        (Asset.custodian_department_id, Movement.to_department_id),
        (Asset.loan_due_on, Movement.to_due_on),
    )
    differs = (mine.is_distinct_from(said) for mine, said in pairs)
    query = (
        sa.select(Asset.id, Movement.id)
        .outerjoin(last, last.c.asset_id == Asset.id)
        .outerjoin(Movement, Movement.id == last.c.id)
        .where(sa.or_(Movement.id.is_(None), *differs))
        .order_by(Asset.id)
    )
    remedy = "It was written past Parc: enter a correction on its sheet."
    for number, movement in session.execute(query):
        detail = f"stands not as movement {movement} says" if movement else "has no movement"
        yield Finding("movement", f"asset {number}", detail, remedy)


def _broken(session: Session) -> Iterator[Finding]:
    """Find movements that do not begin where the one before them ends."""
    earlier, before = aliased(Movement), aliased(Movement)
    confirmed = MovementStatus.CONFIRMED
    previous = (
        sa.select(sa.func.max(earlier.id))
        .where(
            earlier.asset_id == Movement.asset_id,
            earlier.id < Movement.id,
            earlier.status == confirmed,
        )
        .correlate(Movement)
        .scalar_subquery()
    )
    differs = (
        getattr(Movement, f"from_{part}").is_distinct_from(getattr(before, f"to_{part}"))
        for part in _PARTS
    )
    query = (
        sa.select(Movement.id, Movement.asset_id)
        .outerjoin(before, before.id == previous)
        .where(Movement.status == confirmed, sa.or_(*differs))
        .order_by(Movement.id)
    )
    remedy = "It was written past Parc: restore it from a backup."
    for number, asset_id in session.execute(query):
        detail = f"movement {number} does not begin where the one before it ends"
        yield Finding("movement", f"asset {asset_id}", detail, remedy)
