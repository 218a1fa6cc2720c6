"""Turning due ranges into runs: a slot is taken by compare-and-set, so several clocks are safe."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError
from parc.models import AddressRange, Run, RunTrigger
from parc.queries.jobs import due_range
from parc.schedule import ScheduleError, first_due, into_window, next_due
from parc.services.actor import SYSTEM
from parc.services.runs import request_run

GRACE = timedelta(minutes=2)
_LOG = logging.getLogger(__name__)


def take_due_slots(session: Session, now: datetime) -> list[Run]:
    """Queue one run for each range that is due, and move each to its next slot.

    A range that missed slots (the server was off) gets one run, not one a slot. A missed slot
    whose window has closed waits for the next opening. A range that is still being swept
    loses the slot.
    """
    ranges = session.scalars(sa.select(AddressRange).where(*due_range(now))).all()
    runs = [_take(session, address_range, now) for address_range in ranges]
    return [run for run in runs if run is not None]


def _take(session: Session, address_range: AddressRange, now: datetime) -> Run | None:
    slot = address_range.next_due_at
    try:
        if slot is None:
            _move(session, address_range, None, first_due(address_range, now))
            return None
        opening = into_window(address_range, now)
        if opening > now:
            _move(session, address_range, slot, opening)
            return None
        following = next_due(address_range, now)
    except ScheduleError as error:
        _LOG.error("range %s has a schedule that cannot be followed: %s", address_range.name, error)
        _move(session, address_range, slot, now + timedelta(days=1))
        return None
    if not _move(session, address_range, slot, following):
        return None
    trigger = RunTrigger.SCHEDULE if now - slot <= GRACE else RunTrigger.CATCH_UP
    try:
        return request_run(session, SYSTEM, range_id=address_range.id, trigger=trigger, now=now)
    except ConflictError:
        _LOG.warning("range %s is still being swept: this time is skipped", address_range.name)
        return None


def _move(
    session: Session, address_range: AddressRange, slot: datetime | None, to: datetime | None
) -> bool:
    """Set the next slot if nobody else did; tell whether it was us."""
    is_there = (
        AddressRange.next_due_at.is_(None) if slot is None else (AddressRange.next_due_at == slot)
    )
    moved = session.execute(
        sa.update(AddressRange)
        .where(AddressRange.id == address_range.id, is_there)
        .values(next_due_at=to)
        .returning(AddressRange.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return moved is not None
