"""Address ranges with their last run, and what a deletion would touch."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.addresses import AddressSet
from parc.errors import NotFoundError
from parc.models import (
    AddressRange,
    Credential,
    Device,
    Location,
    LocationKind,
    RangeCredential,
    Run,
    RunState,
    ScheduleKind,
    mapped_columns,
)

OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run of a range; ``at`` is its end, else its start, else its request."""

    id: int
    state: RunState
    at: datetime

    @property
    def is_open(self) -> bool:
        """Tell whether it is waiting or running."""
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A range as pages and commands show it; it can be handed to ``parc.schedule``.

    Attributes:
        credentials: names in the order in which they are tried.
    """

    id: int
    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    site: str
    schedule_kind: ScheduleKind
    schedule: str
    time_zone: str
    window_start: time | None
    window_end: time | None
    packets_per_second: int
    devices_at_once: int
    asset_categories: tuple[str, ...]
    is_enabled: bool
    is_managed_by_file: bool
    next_due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    credentials: tuple[str, ...] = ()
    last_run: LastRun | None = None

    @property
    def address_count(self) -> int:
        """Count the addresses that a sweep asks."""
        hosts = AddressSet.of_hosts(map(ipaddress.ip_network, self.include))
        return (hosts - AddressSet.of(map(ipaddress.ip_network, self.exclude))).count


@dataclass(frozen=True, slots=True)
class RangeUse:
    """What stays behind when a range is deleted, without it."""

    run_count: int
    device_count: int
    open_run_id: int | None


def list_ranges(session: Session) -> list[RangeRow]:
    """Give all ranges by name, in three queries."""
    names = _credential_names(session)
    runs = _last_runs(session)
    rows = session.execute(_columns().order_by(AddressRange.name)).all()
    return [_row(row, names[row.id], runs.get(row.id)) for row in rows]


def get_range(session: Session, range_id: int) -> RangeRow:
    """Give one range.

    Raises:
        NotFoundError: no such range.
    """
    return _one(session, AddressRange.id == range_id, str(range_id))


def find_range(session: Session, name: str) -> RangeRow:
    """Give the range of a name.

    Raises:
        NotFoundError: no such range.
    """
    return _one(session, AddressRange.name == name, repr(name))


def range_names(session: Session) -> list[tuple[int, str]]:
    """Give all ranges by name."""
    query = sa.select(AddressRange.id, AddressRange.name).order_by(AddressRange.name)
    return [(number, name) for number, name in session.execute(query)]


def site_names(session: Session) -> list[str]:
    """Give the names of all sites, to choose from."""
    return list(
        session.scalars(
            sa.select(Location.name)
            .where(Location.kind == LocationKind.SITE, Location.parent_id.is_(None))
            .order_by(Location.name)
        )
    )


def use_of_range(session: Session, range_id: int) -> RangeUse:
    """Count what names a range."""
    return RangeUse(
        run_count=_count(session, sa.select(Run.id).where(Run.range_id == range_id)),
        device_count=_count(session, sa.select(Device.id).where(Device.range_id == range_id)),
        open_run_id=session.scalar(
            sa.select(sa.func.max(Run.id)).where(
                Run.range_id == range_id, Run.state.in_(OPEN_STATES)
            )
        ),
    )


def _count(session: Session, query: sa.Select[int]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _one(session: Session, condition: sa.ColumnElement[bool], which: str) -> RangeRow:
    row = session.execute(_columns().where(condition)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no range {which}.")
    names = _credential_names(session, row.id)
    return _row(row, names[row.id], _last_runs(session, row.id).get(row.id))


def _columns() -> sa.Select[Any]:
    return sa.select(*mapped_columns(AddressRange), Location.name.label("site")).outerjoin(
        Location, Location.id == AddressRange.location_id
    )


def _credential_names(session: Session, range_id: int | None = None) -> defaultdict[int, list[str]]:
    query = (
        sa.select(RangeCredential.range_id, Credential.name)
        .join(Credential, Credential.id == RangeCredential.credential_id)
        .order_by(RangeCredential.range_id, RangeCredential.position)
    )
    if range_id is not None:
        query = query.where(RangeCredential.range_id == range_id)
    names: defaultdict[int, list[str]] = defaultdict(list)
    for found in session.execute(query).all():
        names[found.range_id].append(found.name)
    return names


def _last_runs(session: Session, range_id: int | None = None) -> dict[int, LastRun]:
    latest = sa.select(sa.func.max(Run.id)).where(Run.range_id.is_not(None)).group_by(Run.range_id)
    if range_id is not None:
        latest = latest.where(Run.range_id == range_id)
    rows = session.execute(
        sa.select(
            Run.range_id, Run.id, Run.state, Run.ended_at, Run.started_at, Run.created_at
        ).where(Run.id.in_(latest))
    ).all()
    return {
        row.range_id: LastRun(row.id, row.state, row.ended_at or row.started_at or row.created_at)
        for row in rows
    }


def _row(row: sa.Row[Any], credentials: list[str], last_run: LastRun | None) -> RangeRow:
    return RangeRow(
        id=row.id,
        name=row.name,
        include=tuple(row.include),
        exclude=tuple(row.exclude),
        site=row.site or "",
        schedule_kind=row.schedule_kind,
        schedule=row.schedule,
        time_zone=row.time_zone,
        window_start=row.window_start,
        window_end=row.window_end,
        packets_per_second=row.packets_per_second,
        devices_at_once=row.devices_at_once,
        asset_categories=tuple(row.asset_categories),
        is_enabled=row.is_enabled,
        is_managed_by_file=row.is_managed_by_file,
        next_due_at=row.next_due_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        credentials=tuple(credentials),
        last_run=last_run,
    )
