"""What agents tell of the inside of the hosts of an asset, and which hosts tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Asset, Device, HostEntry
from parc.naming import device_name

INSIDE_SHOWN: Final = 500
_MOST: Final = 2_000  # of what the first tab shows
_MOST_HOSTS: Final = 50


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host that tells of a monitor or a printer.

    Attributes:
        gone_at: since when it does not any more.
    """

    name: str
    asset_id: int | None
    since: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inside:
    """A page of what is inside a machine.

    Attributes:
        groups: rows by kind.
        counts: of all rows, also of other pages, by kind.
        next_id: of the row after which the next page begins, if there is one.
    """

    groups: Mapping[str, list[HostEntry]]
    counts: Mapping[str, int]
    next_id: int | None = None


def read_entries(
    session: Session, devices: Iterable[Device], kinds: Sequence[str]
) -> Mapping[str, list[HostEntry]]:
    """Give what is inside, by kind, without what is gone; nothing is asked without an agent."""
    ids = _hosts_of(devices)
    if not ids:
        return {}
    query = _present(ids).where(HostEntry.kind.in_(kinds))
    return _by_kind(session.scalars(query.limit(_MOST)))


def read_inside(session: Session, devices: Iterable[Device], after_id: int | None) -> Inside:
    """Give a page of all that is inside, in the order of kinds.

    Raises:
        NotFoundError: there is no row of this id inside.
    """
    ids = _hosts_of(devices)
    if not ids:
        return Inside({}, {})
    row = HostEntry
    query = _present(ids)
    if after_id is not None:
        last = session.scalar(sa.select(row).where(row.id == after_id, row.device_id.in_(ids)))
        if last is None:
            raise NotFoundError(f"nothing of it has the number {after_id}")
        place = sa.tuple_(last.kind, last.key, last.id)
        query = query.where(sa.tuple_(row.kind, row.key, row.id) > place)
    rows = session.scalars(query.limit(INSIDE_SHOWN + 1)).all()
    groups = _by_kind(rows[:INSIDE_SHOWN])
    counts = {kind: len(group) for kind, group in groups.items()}
    has_more = len(rows) > INSIDE_SHOWN
    if has_more or after_id is not None:
        counted = sa.select(row.kind, sa.func.count()).where(
            row.device_id.in_(ids), row.gone_at.is_(None)
        )
        counts = {kind: count for kind, count in session.execute(counted.group_by(row.kind))}  # noqa: C416 -- rows
    return Inside(groups, counts, rows[INSIDE_SHOWN - 1].id if has_more else None)


def _hosts_of(devices: Iterable[Device]) -> list[int]:
    return [device.id for device in devices if device.agent_id is not None]


def _present(device_ids: Sequence[int]) -> sa.Select[HostEntry]:
    row = HostEntry
    query = sa.select(row).where(row.device_id.in_(device_ids), row.gone_at.is_(None))
    return query.order_by(row.kind, row.key, row.id)


def _by_kind(rows: Iterable[HostEntry]) -> dict[str, list[HostEntry]]:
    found: dict[str, list[HostEntry]] = {}
    for entry in rows:
        found.setdefault(entry.kind, []).append(entry)
    return found


def read_hosts(session: Session, asset_id: int) -> list[HostLine]:
    """Give the hosts that tell of an asset, those that still do first."""
    row = HostEntry
    query = (
        sa.select(row.first_seen_at, row.gone_at, Device, Asset.name)
        .join(Device, Device.id == row.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(row.asset_id == asset_id)
        .order_by(row.gone_at.is_not(None), row.gone_at.desc(), row.id.desc())
        .limit(_MOST_HOSTS)
    )
    return [
        HostLine(
            name or device_name(host.sys_name, host.host_name, host.model_name, host.address),
            host.asset_id,
            since,
            gone_at,
        )
        for since, gone_at, host, name in session.execute(query)
    ]
