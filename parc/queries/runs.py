"""Runs of discovery: the list, one run with its progress, and the log of its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from collectors.errors import Failure
from parc.errors import NotFoundError
from parc.models import (
    AddressRange,
    AuditEntry,
    Credential,
    Device,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    RunTrigger,
    TargetOutcome,
    User,
    mapped_columns,
)
from parc.naming import device_name
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page

OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)
SORTS: Mapping[str, SortColumn] = {
    "started": SortColumn("id", Run.id, ValueKind.WHOLE, is_nullable=False),
}
TARGET_SORTS: Mapping[str, SortColumn] = {
    "ended": SortColumn("id", RunTarget.id, ValueKind.WHOLE, is_nullable=False),
    "address": SortColumn("address", RunTarget.address, ValueKind.TEXT, is_nullable=False),
    "seconds": SortColumn(
        "milliseconds",
        sa.cast(RunTarget.seconds * 1000, sa.BigInteger),
        ValueKind.WHOLE,
        is_nullable=False,
    ),
}
_MOST_CHANGES = 50
_LATEST_TARGETS = 20
_SHOWN_ACTIONS = ("created", "changed", "absent", "returned", "conflict")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs; empty for all."""

    states: Sequence[RunState] = ()
    range_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run with its totals; ``requested_by`` is a login's name, empty for the schedule."""

    id: int
    range_id: int | None
    range_name: str
    retry_of_id: int | None
    trigger: RunTrigger
    state: RunState
    phase: RunPhase
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    address_count: int
    swept_count: int
    responder_count: int
    collected_count: int
    failed_count: int
    created_count: int
    changed_count: int
    gone_count: int
    asset_count: int
    difference_count: int
    warnings: tuple[str, ...]
    error: str | None
    requested_by: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it is waiting or running."""
        return self.state in OPEN_STATES

    def seconds(self, now: datetime) -> float | None:
        """Give how long it took, or has been running; None when it never began."""
        if self.started_at is None:
            return None
        return max(((self.ended_at or now) - self.started_at).total_seconds(), 0.0)

    def rate(self, now: datetime) -> float | None:
        """Give addresses a second; None before the first is done."""
        seconds = self.seconds(now)
        return self.swept_count / seconds if seconds and self.swept_count else None

    def remaining(self, now: datetime) -> timedelta | None:
        """Estimate the time left from the pace so far; None when there is none to tell from."""
        rate = self.rate(now)
        left = self.address_count - self.swept_count
        if self.state is not RunState.RUNNING or rate is None or left <= 0:
            return None
        return timedelta(seconds=round(left / rate))


@dataclass(frozen=True, slots=True)
class RunList:
    """One page of runs, and the counts that the side filters show."""

    page: Page
    count: int
    by_state: Mapping[str, int]
    by_range: Mapping[str, int]
    range_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """The log line of one address; ``credential`` is the name of the one that worked."""

    id: int
    address: str
    outcome: TargetOutcome
    failure: Failure | None
    detail: str
    credential: str
    device_id: int | None
    asset_id: int | None
    device_name: str
    seconds: float
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """How many addresses came to which end, and why those that failed did."""

    by_outcome: Mapping[str, int] = field(default_factory=dict)
    by_failure: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What a run did to a device; ``asset_id`` when it is one now."""

    device_id: int
    asset_id: int | None
    name: str
    action: str


def list_runs(
    session: Session, chosen: RunFilter, order: Order, cursor: Cursor | None, size: int
) -> RunList:
    """Give a page of runs, the latest first unless asked otherwise."""
    in_state = [Run.state.in_(chosen.states)] if chosen.states else []
    in_range = [Run.range_id.in_(chosen.range_ids)] if chosen.range_ids else []
    conditions = [*in_state, *in_range]
    page = read_page(session, _columns().where(*conditions), order, cursor, size)
    ranges = session.execute(
        sa.select(AddressRange.id, AddressRange.name, sa.func.count(Run.id))
        .join(Run, Run.range_id == AddressRange.id)
        .where(*in_state)
        .group_by(AddressRange.id, AddressRange.name)
    ).all()
    return RunList(
        page=page,
        count=session.scalar(sa.select(sa.func.count(Run.id)).where(*conditions)) or 0,
        by_state=_counts(session, Run.state, *in_range),
        by_range={str(number): count for number, _name, count in ranges},
        range_names={str(number): name for number, name, _count in ranges},
    )


def get_run(session: Session, run_id: int) -> RunRow:
    """Give one run.

    Raises:
        NotFoundError: no such run.
    """
    row = session.execute(_columns().where(Run.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return run_row(row)


def run_row(row: sa.Row[Any]) -> RunRow:
    """Give a row of a page as a run."""
    values = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name
    values["warnings"] = tuple(values["warnings"] or ())
    values["requested_by"] = values["requested_by"] or ""
    return RunRow(**values)


def last_targets(session: Session, run_id: int) -> list[TargetRow]:
    """Give the latest lines of a run's log, the latest first."""
    query = (
        _targets()
        .where(RunTarget.run_id == run_id)
        .order_by(RunTarget.id.desc())
        .limit(_LATEST_TARGETS)
    )
    return [target_row(row) for row in session.execute(query).all()]


def list_targets(
    session: Session,
    run_id: int,
    outcomes: Sequence[TargetOutcome],
    failures: Sequence[Failure],
    order: Order,
    cursor: Cursor | None,
    size: int,
) -> Page:
    """Give a page of a run's log."""
    query = _targets().where(RunTarget.run_id == run_id)
    if outcomes:
        query = query.where(RunTarget.outcome.in_(outcomes))
    if failures:
        query = query.where(RunTarget.failure.in_(failures))
    return read_page(session, query, order, cursor, size)


def target_row(row: sa.Row[Any]) -> TargetRow:
    """Give a row of a page as a log line."""
    name = ""
    if row.device_id is not None:
        name = device_name(row.sys_name, row.host_name, row.model_name, row.address)
    return TargetRow(
        id=row.id,
        address=row.address,
        outcome=row.outcome,
        failure=row.failure,
        detail=row.detail,
        credential=row.credential or "",
        device_id=row.device_id,
        asset_id=row.asset_id,
        device_name=name,
        seconds=row.seconds,
        ended_at=row.ended_at,
    )


def count_targets(session: Session, run_id: int) -> TargetCounts:
    """Count a run's log lines by outcome and by failure."""
    in_run = RunTarget.run_id == run_id
    return TargetCounts(
        by_outcome=_counts(session, RunTarget.outcome, in_run),
        by_failure=_counts(session, RunTarget.failure, in_run, RunTarget.failure.is_not(None)),
    )


def device_changes(session: Session, run_id: int) -> list[DeviceChange]:
    """Give the devices that a run found new, changed, gone or back: the latest 50."""
    rows = session.execute(
        sa.select(
            AuditEntry.subject_id, AuditEntry.subject_name, AuditEntry.action, Device.asset_id
        )
        .outerjoin(Device, Device.id == AuditEntry.subject_id)
        .where(
            AuditEntry.run_id == run_id,
            AuditEntry.subject_kind == "device",
            AuditEntry.action.in_(_SHOWN_ACTIONS),
        )
        .order_by(AuditEntry.id.desc())
        .limit(_MOST_CHANGES)
    ).all()
    return [
        DeviceChange(row.subject_id, row.asset_id, row.subject_name, row.action) for row in rows
    ]


def _columns() -> sa.Select[Any]:
    columns = [column for column in mapped_columns(Run) if column.key not in {"job_id", "user_id"}]
    return sa.select(*columns, User.display_name.label("requested_by")).outerjoin(
        User, User.id == Run.user_id
    )


def _targets() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            RunTarget.id,
            RunTarget.address,
            RunTarget.outcome,
            RunTarget.failure,
            RunTarget.detail,
            RunTarget.device_id,
            RunTarget.seconds,
            RunTarget.ended_at,
            TARGET_SORTS["seconds"].column.label("milliseconds"),
            Credential.name.label("credential"),
            Device.asset_id,
            Device.sys_name,
            Device.host_name,
            Device.model_name,
        )
        .outerjoin(Credential, Credential.id == RunTarget.credential_id)
        .outerjoin(Device, Device.id == RunTarget.device_id)
    )


def _counts(
    session: Session,
    column: InstrumentedAttribute[Any],
    *conditions: sa.ColumnElement[bool],
) -> dict[str, int]:
    rows = session.execute(
        sa.select(column, sa.func.count()).where(*conditions).group_by(column)
    ).all()
    return {value.value: count for value, count in rows}
