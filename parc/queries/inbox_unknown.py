"""Unknown devices that wait for a decision: some one by one, the flood as one group a range.

Devices of one range that one run saw first are a batch. So many of a batch as the rules say are
listed, in the order of their ids; whoever was listed stays listed and keeps the place, so that a
decided one makes no room for the next. Guests and made-up MACs wait no longer than the rules say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AddressRange,
    AuditEntry,
    Device,
    DeviceStatus,
    InboxEntry,
    InboxKind,
)
from parc.naming import READ_FIELDS
from parc.queries.candidates import Candidate, find_candidates
from parc.queries.devices import name_of
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind

_LOCAL_DIGITS = ("2", "6", "a", "e")


def unknown(session: Session, ground: Ground) -> Found:
    """Find unknown devices; with a scope, all those of the ranges that it touches."""
    ranges = _ranges_of(session, ground)
    if ranges is not None and not ranges:
        return Found([], sa.false())
    rows = session.execute(_waiting(ground, ranges)).all()
    listed, grouped = _split(session, rows, ground.rules.listed_per_run)
    candidates = find_candidates(session, listed)
    causes = [_single(ground, row, candidates[row.id], _batch(row)) for row in listed]
    causes += _groups(session, ground, grouped)
    kinds = sa.or_(of_kind(InboxKind.UNKNOWN_DEVICE), of_kind(InboxKind.UNKNOWN_GROUP))
    looked_at = kinds if ranges is None else sa.and_(kinds, _in_ranges(InboxEntry, ranges))
    return Found(causes, looked_at)


def grouped_device_ids(session: Session, ground: Ground, range_id: int | None) -> list[int]:
    """Give the devices that the group of a range stands for now."""
    rows = session.execute(_waiting(ground, {range_id})).all()
    return [row.id for row in _split(session, rows, ground.rules.listed_per_run)[1]]


def is_made_up(mac: str | None) -> bool:
    """Tell whether a MAC is locally administered: phones make up one for each network."""
    return mac is not None and mac[1:2].lower() in _LOCAL_DIGITS


def _ranges_of(session: Session, ground: Ground) -> set[int | None] | None:
    """Give the ranges to look at; None for all."""
    scope = ground.scope
    if scope is None:
        return None
    if not scope.is_end:
        return set()
    ranges: set[int | None] = set(scope.ranges)
    of_devices = sa.select(Device.range_id).where(among(Device.id, scope.devices)).distinct()
    of_entries = (
        sa.select(InboxEntry.range_id)
        .where(of_kind(InboxKind.UNKNOWN_DEVICE), among(InboxEntry.device_id, scope.devices))
        .distinct()
    )
    if scope.devices:
        ranges |= set(session.scalars(of_devices)) | set(session.scalars(of_entries))
    return ranges


def _in_ranges(model: type[Device | InboxEntry], ranges: set[int | None]) -> Any:
    known = {number for number in ranges if number is not None}
    condition = among(model.range_id, known)
    return sa.or_(condition, model.range_id.is_(None)) if None in ranges else condition


def _waiting(ground: Ground, ranges: set[int | None] | None) -> sa.Select[*tuple[Any, ...]]:
    """Give the statement that reads who waits, without guests whose time is over."""
    first_run = (
        sa.select(sa.func.min(AuditEntry.run_id))
        .where(
            AuditEntry.subject_kind == "device",
            AuditEntry.subject_id == Device.id,
            AuditEntry.action == "created",
        )
        .correlate(Device)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Device.id,
            Device.address,
            Device.sys_name,
            Device.host_name,
            Device.model_name,
            Device.manufacturer,
            Device.oui_manufacturer,
            Device.serial_number,
            Device.base_mac_address,
            sa.type_coerce(Device.category, sa.String).label("category"),
            Device.range_id,
            Device.first_seen_at,
            first_run.label("first_run"),
        )
        .where(Device.status == DeviceStatus.UNKNOWN, ~_is_over(ground))
        .order_by(Device.id)
    )
    return query if ranges is None else query.where(_in_ranges(Device, ranges))


def _is_over(ground: Ground) -> sa.ColumnElement[bool]:
    limit = ground.now - timedelta(days=ground.rules.guest_days)
    second = sa.func.lower(sa.func.substr(Device.base_mac_address, 2, 1))
    is_made_up_mac = sa.and_(Device.base_mac_address.is_not(None), second.in_(_LOCAL_DIGITS))
    was_never_read = sa.and_(*(getattr(Device, name).is_(None) for name in READ_FIELDS))
    return sa.or_(
        sa.and_(is_made_up_mac, was_never_read, Device.first_seen_at < limit),
        sa.and_(was_never_read, Device.absent_since.is_not(None), Device.last_seen_at < limit),
    )


def _batch(row: Any) -> str:
    """Name the batch of a device: its range and its first run, else its first day."""
    first = row.first_run or f"{row.first_seen_at:%Y-%m-%d}"
    return f"{row.range_id or 0}:{first}"


def _split(session: Session, rows: Sequence[Any], limit: int) -> tuple[list[Any], list[Any]]:
    """Part who is listed from who is in a group; both in the order of ids."""
    batches = {row.id: _batch(row) for row in rows}
    entry = sa.select(InboxEntry.device_id, InboxEntry.batch).where(
        of_kind(InboxKind.UNKNOWN_DEVICE)
    )
    taken: Counter[str | None] = Counter()
    had: set[int] = set()
    names = sorted(set(batches.values()))
    for start in range(0, len(names), 500):
        found = session.execute(entry.where(InboxEntry.batch.in_(names[start : start + 500])))
        places: set[tuple[int | None, str | None]] = set()
        for device_id, batch in found:
            if device_id is None or (device_id, batch) not in places:
                taken[batch] += 1
            places.add((device_id, batch))
            if device_id is not None:
                had.add(device_id)
    listed, grouped = [], []
    for row in rows:
        batch = batches[row.id]
        if row.id in had:
            listed.append(row)
        elif taken[batch] < limit:
            taken[batch] += 1
            listed.append(row)
        else:
            grouped.append(row)
    return listed, grouped


def _single(ground: Ground, row: Any, candidates: Sequence[Candidate], batch: str) -> Cause:
    evidence = {
        "address": row.address,
        "manufacturer": row.manufacturer or row.oui_manufacturer,
        "model": row.model_name,
        "serial": row.serial_number,
        "mac": row.base_mac_address,
        "is_made_up": is_made_up(row.base_mac_address),
        "category": row.category,
        "candidates": [
            {
                "id": one.asset_id,
                "name": one.name,
                "tag": one.asset_tag,
                "by": list(one.by),
                "score": one.score,
            }
            for one in candidates
        ],
    }
    told = (
        row.serial_number,
        row.base_mac_address,
        sorted((one.asset_id, sorted(one.by)) for one in candidates),
    )
    return Cause(
        InboxKind.UNKNOWN_DEVICE,
        f"device:{row.id}",
        name_of(row),
        evidence,
        told,
        device_id=row.id,
        range_id=row.range_id,
        site_id=ground.site_of(None, row.range_id),
        batch=batch,
    )


def _groups(session: Session, ground: Ground, rows: Sequence[Any]) -> Iterable[Cause]:
    counts: Counter[int | None] = Counter(row.range_id for row in rows)
    if not counts:
        return
    query = sa.select(AddressRange.id, AddressRange.name).where(
        among(AddressRange.id, {number for number in counts if number is not None})
    )
    names: Mapping[int, str] = {row.id: row.name for row in session.execute(query)}
    for range_id, count in sorted(counts.items(), key=lambda pair: pair[0] or 0):
        name = names.get(range_id or 0, "")
        yield Cause(
            InboxKind.UNKNOWN_GROUP,
            f"range:{range_id or 0}",
            name,
            {"count": count, "range": name},
            (count,),
            range_id=range_id,
            site_id=ground.site_of(None, range_id),
            count=count,
        )
