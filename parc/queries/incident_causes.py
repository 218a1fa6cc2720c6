"""What the inventory shows that rules make drafts of, and whether that still stands.

Statements over sets; ``devices`` None looks at everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AddressRange,
    Asset,
    Component,
    Device,
    DeviceStatus,
    Incident,
    IncidentRuleCode,
    LifecycleState,
    Run,
    RunState,
    Storage,
    Supply,
)
from parc.queries.inbox_cause import among, parts

_AT_WORK: Final = (LifecycleState.IN_USE, LifecycleState.ON_LOAN)
_PERCENT: Final = 100
_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class RuleCause:
    """Why a draft should stand: of an asset, or of a device that is none."""

    rule: IncidentRuleCode
    key: str
    subject: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    asset_id: int | None = None
    location_id: int | None = None


def asset_key(asset_id: int) -> str:
    """Give the key of an asset."""
    return f"asset:{asset_id}"


def device_key(device_id: int) -> str:
    """Give the key of a device that is no asset."""
    return f"device:{device_id}"


def supplies_low(
    session: Session, devices: Collection[int] | None, percent: int
) -> list[RuleCause]:
    """Find assets with a supply that has less left than ``percent`` of what it holds."""
    kind = sa.func.lower(sa.func.coalesce(Supply.supply_type, ""))
    query = (
        sa.select(
            Asset.id,
            Asset.asset_tag,
            Asset.name,
            Asset.location_id,
            Supply.description,
            Supply.key,
            Supply.level,
            Supply.capacity,
        )
        .join(Device, Device.id == Supply.device_id)
        .join(Asset, Asset.id == Device.asset_id)
        .where(
            Supply.gone_at.is_(None),
            Supply.capacity > 0,
            Supply.level >= 0,
            Supply.level * _PERCENT < Supply.capacity * percent,
            kind.not_like("waste%"),  # a box that is nearly empty is as it should be
            Asset.lifecycle_state.in_(_AT_WORK),
        )
        .order_by(Asset.id, Supply.id)
    )
    if devices is not None:
        query = query.where(among(Supply.device_id, devices))
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.id].append(row)
    return [_of_supplies(rows) for rows in found.values()]


def _of_supplies(rows: Sequence[Any]) -> RuleCause:
    told = [
        {
            "name": row.description or row.key,
            "percent": int(row.level * _PERCENT / row.capacity),
        }
        for row in rows[:_MOST_NAMED]
    ]
    return _of_asset(IncidentRuleCode.SUPPLY_LOW, rows[0], {"supplies": told})


def silent(
    session: Session, devices: Collection[int] | None, runs: int, now: datetime
) -> list[RuleCause]:
    """Find assets none of whose devices has answered in the last ``runs`` whole runs."""
    limits = _silence_limits(session, runs, now)
    if not limits:
        return []
    present = sa.orm.aliased(Device)
    answers = sa.exists().where(present.asset_id == Asset.id, present.absent_since.is_(None))
    is_long = sa.or_(
        *(
            sa.and_(Device.range_id == number, Device.absent_since <= limit)
            for number, limit in limits.items()
        )
    )
    query = (
        sa.select(Asset.id, Asset.asset_tag, Asset.name, Asset.location_id, Device.absent_since)
        .join(Device, Device.asset_id == Asset.id)
        .where(is_long, ~answers, Asset.lifecycle_state.in_(_AT_WORK))
        .order_by(Asset.id, Device.absent_since.desc())
    )
    if devices is not None:
        query = query.where(among(Device.id, devices))
    found: dict[int, Any] = {}
    for row in session.execute(query):
        found.setdefault(row.id, row)
    return [
        _of_asset(
            IncidentRuleCode.DEVICE_SILENT,
            row,
            {"since": row.absent_since.isoformat(), "runs": runs},
        )
        for row in found.values()
    ]


def _silence_limits(session: Session, runs: int, now: datetime) -> dict[int, datetime]:
    """Give by range the end of the ``runs``-th whole run before now: silent since then is long."""
    place = (
        sa.func.row_number().over(partition_by=Run.range_id, order_by=Run.id.desc()).label("place")
    )
    whole = (
        sa.select(Run.range_id, Run.ended_at, place)
        .where(
            Run.range_id.is_not(None),
            Run.retry_of_id.is_(None),
            Run.state.in_((RunState.DONE, RunState.RUNNING)),
            Run.address_count > 0,
            Run.swept_count >= Run.address_count,
        )
        .subquery()
    )
    rows = session.execute(
        sa.select(whole.c.range_id, whole.c.ended_at).where(whole.c.place == runs)
    )
    return {row.range_id: row.ended_at or now for row in rows}


def unknown_devices(
    session: Session, devices: Collection[int] | None, range_ids: Sequence[int]
) -> list[RuleCause]:
    """Find devices in critical ranges that nobody has accepted, attached or ignored."""
    if not range_ids:
        return []
    query = (
        sa.select(
            Device.id,
            Device.address,
            Device.sys_name,
            Device.host_name,
            AddressRange.name,
            AddressRange.location_id,
        )
        .join(AddressRange, AddressRange.id == Device.range_id)
        .where(
            Device.status == DeviceStatus.UNKNOWN,
            Device.absent_since.is_(None),
            Device.range_id.in_(range_ids),
        )
        .order_by(Device.id)
    )
    if devices is not None:
        query = query.where(among(Device.id, devices))
    return [
        RuleCause(
            IncidentRuleCode.UNKNOWN_DEVICE,
            device_key(row.id),
            row.sys_name or row.host_name or row.address,
            {"address": row.address, "range": row.name, "device_id": row.id},
            location_id=row.location_id,
        )
        for row in session.execute(query)
    ]


def assets_of_devices(session: Session, device_ids: Collection[int]) -> dict[int, Any]:
    """Give the asset of each device that has one."""
    found: dict[int, Any] = {}
    for part in parts(device_ids):
        query = (
            sa.select(
                Device.id.label("device_id"),
                Asset.id,
                Asset.asset_tag,
                Asset.name,
                Asset.location_id,
            )
            .join(Asset, Asset.id == Device.asset_id)
            .where(Device.id.in_(part))
        )
        found |= {row.device_id: row for row in session.execute(query)}
    return found


def devices_of_assets(session: Session, asset_ids: Collection[int]) -> set[int]:
    """Give all devices of assets."""
    found: set[int] = set()
    for part in parts(asset_ids):
        found |= set(session.scalars(sa.select(Device.id).where(Device.asset_id.in_(part))))
    return found


def absent_in(session: Session, range_ids: Collection[int]) -> set[int]:
    """Give the devices of ranges that do not answer."""
    query = sa.select(Device.id).where(
        Device.absent_since.is_not(None), Device.range_id.in_(range_ids)
    )
    return set(session.scalars(query))


def mended(session: Session, rows: Iterable[Any]) -> set[int]:
    """Give which incidents of events have lost their cause: what was there before is there again.

    Args:
        rows: of ``Incident``, with ``id``, ``rule`` and ``evidence``.
    """
    told = list(rows)
    ids = {row.evidence.get("device_id") for row in told} - {None}
    devices: dict[int, Any] = {}
    sizes: dict[tuple[str, int, str], int] = {}
    for part in parts([int(number) for number in ids if number is not None]):
        columns = (Device.id, Device.memory_bytes, Device.serial_number)
        devices |= {
            row.id: row for row in session.execute(sa.select(*columns).where(Device.id.in_(part)))
        }
        for name, model in (("storage", Storage), ("component", Component)):
            found = session.execute(
                sa.select(model.device_id, model.key, model.size_bytes).where(
                    model.device_id.in_(part),
                    model.gone_at.is_(None),
                    model.size_bytes.is_not(None),
                )
            )
            sizes |= {(name, row.device_id, row.key): row.size_bytes or 0 for row in found}
    return {row.id for row in told if _is_mended(row, devices, sizes)}


def _is_mended(
    row: Any, devices: Mapping[int, Any], sizes: Mapping[tuple[str, int, str], int]
) -> bool:
    told = row.evidence
    number = told.get("device_id")
    if row.rule is IncidentRuleCode.DISK_SMALLER:
        return all(
            sizes.get((one["table"], number, one["key"]), 0) >= one["before"]
            for one in told.get("disks", ())
        )
    device = devices.get(number)
    if device is None:
        return True  # it is not there any more, and neither is what was seen of it
    if row.rule is IncidentRuleCode.MEMORY_SMALLER:
        return bool((device.memory_bytes or 0) >= told["before"])
    return bool(device.serial_number == told["before"])


def of_event(rule: IncidentRuleCode, asset: Any, evidence: Mapping[str, Any]) -> RuleCause:
    """Make the cause of an event of an asset."""
    return _of_asset(rule, asset, evidence)


def _of_asset(rule: IncidentRuleCode, row: Any, evidence: Mapping[str, Any]) -> RuleCause:
    return RuleCause(
        rule,
        asset_key(row.id),
        f"{row.asset_tag} {row.name}",
        evidence,
        row.id,
        row.location_id,
    )


def live_incidents(session: Session, condition: sa.ColumnElement[bool]) -> Sequence[Any]:
    """Read drafts and incidents of rules that keep another from being opened."""
    query = sa.select(
        Incident.id,
        Incident.title,
        Incident.state,
        Incident.is_open,
        Incident.rule,
        Incident.rule_key,
        Incident.live_key,
        Incident.evidence,
        Incident.cause_gone_at,
    ).where(Incident.live_key.is_not(None), condition)
    return session.execute(query.order_by(Incident.id)).all()
