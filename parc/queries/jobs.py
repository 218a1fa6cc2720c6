"""What the worker process looks up each second, by reading alone: is there anything to do?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AddressRange, AuditEntry, JobRun, JobState, Run, RunState, ScheduleKind


def has_due_job(session: Session, now: datetime) -> bool:
    """Tell whether a queued job may begin."""
    return _exists(session, JobRun.state == JobState.QUEUED, JobRun.due_at <= now)


def has_expired_job(session: Session, now: datetime) -> bool:
    """Tell whether the lease of a running job has run out."""
    return _exists(session, JobRun.state == JobState.RUNNING, JobRun.lease_until < now)


def has_job_since(session: Session, kind: str, moment: datetime) -> bool:
    """Tell whether a job of this kind was put in at ``moment`` or later."""
    return _exists(session, JobRun.kind == kind, JobRun.created_at >= moment)


def last_arguments(session: Session, kind: str, since: datetime) -> dict[str, Any] | None:
    """Give the arguments of the latest job of a kind that was put in since a moment, if any."""
    return session.scalar(
        sa.select(JobRun.arguments)
        .where(JobRun.kind == kind, JobRun.created_at >= since)
        .order_by(JobRun.id.desc())
        .limit(1)
    )


def last_entry_id(session: Session) -> int:
    """Give the number of the latest entry of the history, 0 for none."""
    return session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0


def has_due_range(session: Session, now: datetime) -> bool:
    """Tell whether a range is due, or is new and has no moment yet."""
    return _exists(session, *due_range(now))


def due_range(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Give the conditions of a range that is due, or is new and has no moment yet."""
    return (
        AddressRange.is_enabled.is_(True),
        AddressRange.schedule_kind != ScheduleKind.NONE,
        sa.or_(AddressRange.next_due_at.is_(None), AddressRange.next_due_at <= now),
    )


def is_stop_requested(session: Session, job_id: int) -> bool:
    """Tell whether a person asked for the job to stop."""
    return _exists(session, JobRun.id == job_id, JobRun.is_cancel_requested.is_(True))


def open_run_of_range(session: Session, range_id: int) -> int | None:
    """Give the run of a range that waits or is running."""
    return session.scalar(
        sa.select(Run.id)
        .where(Run.range_id == range_id, Run.state.in_([RunState.QUEUED, RunState.RUNNING]))
        .limit(1)
    )


def _exists(session: Session, *conditions: sa.ColumnElement[bool]) -> bool:
    return bool(session.scalar(sa.select(sa.exists().where(*conditions))))
