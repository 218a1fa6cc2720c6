"""The queue of jobs, and the runs of discovery that they carry out.

A job is a row of ours; an engine only wakes the worker. Arguments are JSON, names come from a
registry, nothing is pickled. Times are UTC.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.errors import Failure
from parc.models.base import Base, EnumValue, Json

_OPEN = sa.text("state IN ('queued', 'running')")
_RUNNING = sa.text("state = 'running' AND lock IS NOT NULL")


class JobState(enum.StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobRun(Base):
    """One job; claimed by compare-and-set, held by a lease that the worker renews."""

    __tablename__ = "job_run"
    __table_args__ = (
        sa.Index(
            "uq_job_run_key_open", "key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        sa.Index(
            "uq_job_run_lock_running",
            "lock",
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
        sa.Index(None, "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), comment="name in the registry of jobs")
    arguments: Mapped[dict[str, Any]] = mapped_column(
        Json, comment="checked by the kind; no secrets"
    )
    state: Mapped[JobState] = mapped_column(EnumValue(JobState))
    key: Mapped[str] = mapped_column(sa.String(100), comment="one open job a key")
    lock: Mapped[str | None] = mapped_column(sa.String(100), comment="one running job a lock")
    due_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=1)
    worker: Mapped[str | None] = mapped_column(sa.String(100))
    lease_until: Mapped[datetime | None]
    is_cancel_requested: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RunState(enum.StrEnum):
    """How a run of discovery stands or ended."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    HELD = "held"


class RunTrigger(enum.StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    CATCH_UP = "catch_up"
    PERSON = "person"
    RETRY = "retry"


class RunPhase(enum.StrEnum):
    """What a run is doing."""

    WAITING = "waiting"
    SWEEP = "sweep"
    COLLECT = "collect"
    APPLY = "apply"
    ENDED = "ended"


class Run(Base):
    """One discovery of a range: what was tried, found, changed, and how long it took."""

    __tablename__ = "run"
    __table_args__ = (sa.Index(None, "range_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    range_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("address_range.id", ondelete="SET NULL")
    )
    range_name: Mapped[str] = mapped_column(
        sa.String(100), comment="kept when the range is deleted"
    )
    job_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("job_run.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    retry_of_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True, comment="only its failed targets"
    )
    trigger: Mapped[RunTrigger] = mapped_column(EnumValue(RunTrigger))
    state: Mapped[RunState] = mapped_column(EnumValue(RunState), index=True)
    phase: Mapped[RunPhase] = mapped_column(EnumValue(RunPhase))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    address_count: Mapped[int] = mapped_column(
        sa.BigInteger, default=0, comment="addresses to sweep"
    )
    swept_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    responder_count: Mapped[int] = mapped_column(default=0, comment="addresses that are up")
    collected_count: Mapped[int] = mapped_column(default=0, comment="devices read by SNMP")
    failed_count: Mapped[int] = mapped_column(
        default=0, comment="responders that could not be read"
    )
    created_count: Mapped[int] = mapped_column(default=0, comment="devices new to Parc")
    changed_count: Mapped[int] = mapped_column(default=0, comment="devices that changed")
    gone_count: Mapped[int] = mapped_column(default=0, comment="devices newly absent")
    asset_count: Mapped[int] = mapped_column(default=0, comment="assets created")
    difference_count: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[list[str]] = mapped_column(
        Json, default=list, comment="nmap missing and the like"
    )
    error: Mapped[str | None]


class TargetOutcome(enum.StrEnum):
    """What came of one address of a run."""

    COLLECTED = "collected"
    PARTIAL = "partial"
    PRESENT = "present"
    FAILED = "failed"


class RunTarget(Base):
    """The log line of one address that answered anything; dead addresses are only counted."""

    __tablename__ = "run_target"
    __table_args__ = (sa.UniqueConstraint("run_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("run.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(45))
    outcome: Mapped[TargetOutcome] = mapped_column(EnumValue(TargetOutcome))
    failure: Mapped[Failure | None] = mapped_column(EnumValue(Failure))
    detail: Mapped[str] = mapped_column(default="", comment="cause in words, without secrets")
    credential_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("credential.id", ondelete="SET NULL"), index=True
    )
    device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"), index=True
    )
    seconds: Mapped[float] = mapped_column(default=0.0)
    ended_at: Mapped[datetime]
