"""Let the inbox say what should stand open now: open, renew and close entries.

Computed from the inventory alone, in statements over sets, so that it may be done again at any
time: after each apply for what it touched, and once a night for everything. What a person decided
for good comes back only with other evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from parc.config import InboxSettings
from parc.models import (
    Device,
    DeviceStatus,
    InboxDevice,
    InboxEntry,
    InboxKind,
    InboxState,
    table_of,
)
from parc.queries.inbox_cause import Cause, Found, Ground, Scope, make_ground, parts
from parc.queries.inbox_contradictions import (
    gone_seen,
    holder_left,
    silent,
    stock_seen,
)
from parc.queries.inbox_unknown import is_made_up, unknown
from parc.queries.inbox_waiting import differences, held_runs
from parc.queries.seat_releases import seats_to_release
from parc.reconcile.change import Conflict, DeviceRef
from parc.reconcile.mixed_records import mixed_records
from parc.reconcile.shared_keys import duplicate_addresses, identity_conflicts, told_conflicts
from parc.reconcile.shared_serials import shared_serials
from parc.services.actor import Actor

FINDERS: Final[tuple[Callable[[Session, Ground], Found], ...]] = (
    held_runs,
    gone_seen,
    identity_conflicts,
    shared_serials,
    mixed_records,
    duplicate_addresses,
    stock_seen,
    holder_left,
    seats_to_release,
    differences,
    unknown,
    silent,
)
_COLUMNS: Final = ("subject", "asset_id", "device_id", "run_id", "range_id", "site_id", "count")
_Place = tuple[InboxKind, str]


@dataclass(frozen=True, slots=True)
class Settled:
    """How many entries were opened, renewed by other evidence, and closed."""

    opened: int = 0
    changed: int = 0
    closed: int = 0


def settle(
    session: Session,
    actor: Actor,
    rules: InboxSettings,
    now: datetime,
    scope: Scope | None = None,
    *,
    told: Sequence[Conflict] = (),
    ids: Mapping[DeviceRef, int] | None = None,
) -> Settled:
    """Bring the inbox up to date; doing it twice changes nothing.

    Args:
        told, ids: conflicts that planning tells once, and the ids of the devices they name.
        actor: who or what is written as having closed an entry whose cause is gone.
        scope: what may have changed; None looks at everything.
    """
    session.flush()
    ground = make_ground(session, rules, now, scope)
    wanted: dict[_Place, Cause] = {}
    looked_at: list[sa.ColumnElement[bool]] = []
    results = [finder(session, ground) for finder in FINDERS]
    results.append(told_conflicts(session, ground, told, ids or {}))
    for found in results:
        wanted |= {(cause.kind, cause.key): cause for cause in found.causes}
        looked_at.append(found.looked_at)
    standing = _standing(session, wanted, sa.or_(*looked_at))
    changed = _renew(session, wanted, standing)
    fresh = [cause for place, cause in wanted.items() if place not in standing]
    opened = _open(session, fresh, rules, now)
    gone = [row for place, row in standing.items() if place not in wanted]
    _close(session, actor, gone, now)
    for entry in session.identity_map.values():
        if isinstance(entry, InboxEntry):
            session.expire(entry)
    return Settled(opened, changed, len(gone))


def _standing(
    session: Session, wanted: Collection[_Place], looked_at: sa.ColumnElement[bool]
) -> dict[_Place, Any]:
    """Read the open entries that were looked at, and those that causes belong to."""
    query = sa.select(
        InboxEntry.id,
        InboxEntry.kind,
        InboxEntry.key,
        InboxEntry.fingerprint,
        InboxEntry.evidence,
        *(getattr(InboxEntry, name) for name in _COLUMNS),
    ).where(InboxEntry.state == InboxState.OPEN)
    rows = session.execute(query.where(looked_at)).all()
    found = {(row.kind, row.key): row for row in rows}
    missing = {key for kind, key in wanted if (kind, key) not in found}
    for part in parts(missing):
        more = session.execute(query.where(InboxEntry.key.in_(part))).all()
        found |= {(row.kind, row.key): row for row in more if (row.kind, row.key) in wanted}
    return found


def _renew(session: Session, wanted: Mapping[_Place, Cause], standing: Mapping[_Place, Any]) -> int:
    """Write the present evidence into entries that stand already, where it is another."""
    rows = []
    for place, row in standing.items():
        cause = wanted.get(place)
        if cause is None:
            continue
        values = _values(cause)
        if any(getattr(row, name) != value for name, value in values.items()):
            rows.append({"entry_id": row.id, **values})
            if row.fingerprint != cause.fingerprint:
                _relate(session, {row.id: cause.devices})
    if rows:
        table = table_of(InboxEntry)
        statement = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("entry_id"))
            .values({name: sa.bindparam(name) for name in rows[0] if name != "entry_id"})
        )
        session.connection().execute(statement, rows)
    return len(rows)


def _values(cause: Cause) -> dict[str, Any]:
    values = {name: getattr(cause, name) for name in _COLUMNS}
    values["subject"] = cause.subject[:255]
    return values | {"evidence": cause.evidence, "fingerprint": cause.fingerprint}


def _open(session: Session, causes: Sequence[Cause], rules: InboxSettings, now: datetime) -> int:
    """Open entries for causes, but for those that a person decided with the same evidence."""
    decided = _decided(session, causes)
    fresh = [c for c in causes if (c.kind, c.key, c.fingerprint) not in decided]
    if not fresh:
        return 0
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = table_of(InboxEntry)
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(table).on_conflict_do_nothing()
    days = due_days(rules)
    rows = [
        {
            "kind": cause.kind,
            "key": cause.key,
            "state": InboxState.OPEN,
            **_values(cause),
            "batch": cause.batch,
            "opened_at": now,
            "due_at": now + timedelta(days=days[cause.kind]),
            "is_binding": False,
        }
        for cause in fresh
    ]
    session.connection().execute(statement, rows)
    _relate_new(session, [cause for cause in fresh if cause.devices])
    return len(rows)


def due_days(rules: InboxSettings) -> Mapping[InboxKind, int]:
    """Give in how many days an entry of each kind is due."""
    return {
        InboxKind.HELD_RUN: rules.due_held_days,
        InboxKind.GONE_SEEN: rules.due_gone_days,
        InboxKind.IDENTITY_CONFLICT: rules.due_conflict_days,
        InboxKind.MIXED_RECORD: rules.due_conflict_days,
        InboxKind.DUPLICATE_ADDRESS: rules.due_address_days,
        InboxKind.STOCK_SEEN: rules.due_stock_days,
        InboxKind.HOLDER_LEFT: rules.due_holder_days,
        InboxKind.SEAT_RELEASE: rules.due_seat_days,
        InboxKind.DIFFERENCE: rules.due_difference_days,
        InboxKind.UNKNOWN_DEVICE: rules.due_unknown_days,
        InboxKind.UNKNOWN_GROUP: rules.due_unknown_days,
        InboxKind.SILENT: rules.due_silent_days,
    }


def _decided(session: Session, causes: Sequence[Cause]) -> set[tuple[InboxKind, str, str]]:
    query = sa.select(InboxEntry.kind, InboxEntry.key, InboxEntry.fingerprint).where(
        InboxEntry.is_binding.is_(True)
    )
    found: set[tuple[InboxKind, str, str]] = set()
    for part in parts({cause.key for cause in causes}):
        rows = session.execute(query.where(InboxEntry.key.in_(part)))
        found |= {(row.kind, row.key, row.fingerprint) for row in rows}
    return found


def _relate_new(session: Session, causes: Sequence[Cause]) -> None:
    by_place = {(cause.kind, cause.key): cause for cause in causes}
    query = sa.select(InboxEntry.id, InboxEntry.kind, InboxEntry.key).where(
        InboxEntry.state == InboxState.OPEN
    )
    for part in parts({cause.key for cause in causes}):
        rows = session.execute(query.where(InboxEntry.key.in_(part)))
        mine = {
            row.id: by_place[row.kind, row.key].devices
            for row in rows
            if (row.kind, row.key) in by_place
        }
        _relate(session, mine)


def _relate(session: Session, devices: Mapping[int, Iterable[int]]) -> None:
    """Write which devices entries are about, instead of what was written before."""
    table = table_of(InboxDevice)
    session.execute(sa.delete(InboxDevice).where(table.c.entry_id.in_(list(devices))))
    rows = [
        {"entry_id": entry_id, "device_id": number}
        for entry_id, numbers in devices.items()
        for number in numbers
    ]
    if rows:
        session.connection().execute(sa.insert(table), rows)


def _close(session: Session, actor: Actor, gone: Sequence[Any], now: datetime) -> None:
    """Close entries whose cause is gone, each with the reason that can be told."""
    if not gone:
        return
    reasons = _reasons(session, [row for row in gone if row.kind is InboxKind.UNKNOWN_DEVICE])
    rows = [
        {
            "entry_id": row.id,
            "state": InboxState.EXPIRED if reason.startswith("expired") else InboxState.CLOSED,
            "reason": reason,
            "closed_at": now,
            "closed_by": actor.name[:200],
        }
        for row in gone
        for reason in (reasons.get(row.id, "cause_gone"),)
    ]
    table = table_of(InboxEntry)
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("entry_id"), table.c.state == InboxState.OPEN)
        .values({name: sa.bindparam(name) for name in rows[0] if name != "entry_id"})
    )
    session.connection().execute(statement, rows)


def _reasons(session: Session, gone: Sequence[Any]) -> dict[int, str]:
    """Say what became of unknown devices that wait no more, by entry."""
    devices: dict[int, Any] = {}
    query = sa.select(Device.id, Device.status, Device.base_mac_address)
    for part in parts({row.device_id for row in gone if row.device_id is not None}):
        devices |= {row.id: row for row in session.execute(query.where(Device.id.in_(part)))}
    return {row.id: _reason(devices.get(row.device_id)) for row in gone}


def _reason(device: Any) -> str:
    if device is None:
        return "deleted"
    if device.status is DeviceStatus.LINKED:
        return "linked"
    if device.status is DeviceStatus.IGNORED:
        return "ignored"
    return "expired_made_up" if is_made_up(device.base_mac_address) else "expired_guest"
