"""What the dashboard counts; the fleet itself is counted by the facets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AddressRange, Device, DeviceStatus, Run, RunState
from parc.queries.audit import people_entries
from parc.queries.contract_assets import LineFilter, count_problems
from parc.queries.contracts import count_notice_due
from parc.queries.differences import differing
from parc.queries.inbox import open_count
from parc.queries.licences import count_to_see
from parc.queries.movements import count_overdue

COUNT_LIMIT = 10_000
_CHANGES = 10
_MOST_ENTRIES = 500
_MOST_RANGES = 50
_BAD = (RunState.FAILED, RunState.INTERRUPTED, RunState.HELD)
_OPEN = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class RangeLine:
    """A range with its next due moment and its last run that has ended."""

    range: Any
    last: Any | None


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """What a person did at once to one subject, and to how many others."""

    at: datetime
    author: str
    action: str
    subject_kind: str
    subject_id: int
    subject_name: str
    others: int


@dataclass(frozen=True, slots=True)
class RunChange:
    """What one run changed."""

    at: datetime
    run_id: int
    range_name: str
    created_count: int
    asset_count: int
    changed_count: int
    gone_count: int
    difference_count: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Numbers and rows of the dashboard, without the fleet by state and category."""

    inbox_count: int
    unknown_count: int
    difference_count: int
    notice_count: int
    line_count: int
    overdue_count: int
    ending_licence_count: int
    overused_licence_count: int
    ranges: Sequence[RangeLine]
    open_runs: Sequence[Any]
    changes: Sequence[PeopleChange | RunChange]

    @property
    def failed_ranges(self) -> list[RangeLine]:
        """Give the ranges whose last run did not end well."""
        return [line for line in self.ranges if line.last and line.last.state in _BAD]


def read_dashboard(session: Session, now: datetime, today: date) -> Dashboard:
    """Read the numbers; each statement is bounded or reads an index."""
    yesterday = now - timedelta(days=1)
    unknown = sa.select(Device.id).where(Device.status == DeviceStatus.UNKNOWN)
    return Dashboard(
        open_count(session, now),
        _count(session, unknown),
        _count(session, differing().distinct()),
        count_notice_due(session, today),
        sum(count_problems(session, LineFilter(now, today)).values()),
        count_overdue(session, today),
        *count_to_see(session, today),
        _ranges(session),
        session.scalars(
            sa.select(Run).where(Run.state.in_(_OPEN)).order_by(Run.id).limit(_MOST_RANGES)
        ).all(),
        _changes(session, yesterday),
    )


def _count(session: Session, query: sa.Select[*tuple[Any, ...]]) -> int:
    found = query.limit(COUNT_LIMIT + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _changes(session: Session, since: datetime) -> list[PeopleChange | RunChange]:
    """Read the latest changes: those of a run as one, those that a person made at once as one."""
    grouped: dict[tuple[datetime, str, str], list[Any]] = {}
    for entry in people_entries(session, since, _MOST_ENTRIES):
        grouped.setdefault((entry.at, entry.author, entry.action), []).append(entry)
    found: list[PeopleChange | RunChange] = [
        PeopleChange(
            at,
            author,
            action,
            entries[0].subject_kind,
            entries[0].subject_id,
            entries[0].subject_name,
            len(entries) - 1,
        )
        for (at, author, action), entries in grouped.items()
    ]
    counts = (
        Run.created_count,
        Run.asset_count,
        Run.changed_count,
        Run.gone_count,
        Run.difference_count,
    )
    rows: Sequence[Any] = session.execute(
        sa.select(Run.ended_at, Run.id, Run.range_name, *counts)
        .where(Run.ended_at >= since, sa.or_(*(count > 0 for count in counts)))
        .order_by(Run.id.desc())
        .limit(_CHANGES)
    ).all()
    found += [RunChange(*row) for row in rows]
    return sorted(found, key=lambda change: change.at, reverse=True)[:_CHANGES]


def _ranges(session: Session) -> list[RangeLine]:
    """Read the ranges, each with its last ended run: one look into an index a range."""
    last = (
        sa.select(sa.func.max(Run.id))
        .where(Run.range_id == AddressRange.id, Run.state.not_in(_OPEN))
        .scalar_subquery()
    )
    ranges = session.execute(
        sa.select(
            AddressRange.id,
            AddressRange.name,
            AddressRange.next_due_at,
            AddressRange.is_enabled,
            last.label("last_id"),
        )
        .order_by(AddressRange.name)
        .limit(_MOST_RANGES)
    ).all()
    wanted = [row.last_id for row in ranges if row.last_id is not None]
    runs = {run.id: run for run in session.scalars(sa.select(Run).where(Run.id.in_(wanted)))}
    return [RangeLine(row, runs.get(row.last_id)) for row in ranges]
