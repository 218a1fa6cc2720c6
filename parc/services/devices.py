"""What people decide about devices: accept as an asset, attach to one, ignore, take back.

All take several ids at once and do all or nothing; each device has its audit entry. Functions
take the session and the actor and never commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import Asset, Device, DeviceStatus, LifecycleState, MovementSource
from parc.naming import device_name
from parc.services import assets, audit
from parc.services.actor import Actor
from parc.services.asset_sources import fill_from_device
from parc.services.asset_tags import next_asset_tags
from parc.services.movement_writing import write_entry
from parc.services.permissions import Action, require

REASON_CHARACTERS = 255


def accept(
    session: Session,
    actor: Actor,
    device_ids: Sequence[int],
    *,
    at: datetime,
) -> list[Asset]:
    """Make an asset of each device, in the order of the ids; what the device says stays its own.

    Raises:
        NotFoundError: one of the devices is not there.
        ConflictError: one of them has an asset already.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_DEVICE)
    made: list[Asset] = []
    for device in _loaded(session, device_ids):
        _refuse_linked(device)
        category = device.category or Category.OTHER
        asset = Asset(
            asset_tag=next_asset_tags(session, [category])[0],
            name=_name(device),
            category=category,
            lifecycle_state=LifecycleState.IN_USE,
            created_at=at,
            updated_at=at,
        )
        session.add(asset)
        session.flush()
        device.asset_id, device.status = asset.id, DeviceStatus.LINKED
        device.ignore_reason, device.ignored_until = None, None
        session.flush()
        fill_from_device(session, asset, device, at=at)
        write_entry(session, actor, asset, at=at, source=MovementSource.DISCOVERY)
        audit.record(
            session,
            actor,
            at=at,
            subject_kind="asset",
            subject_id=asset.id,
            subject_name=asset.name,
            action="created",
            changes=assets.created_changes(asset),
        )
        _record(session, actor, device, "accepted", at, {"asset_id": (None, asset.id)})
        made.append(asset)
    return made


def attach(
    session: Session, actor: Actor, device_ids: Sequence[int], asset_id: int, *, at: datetime
) -> Asset:
    """Say that the devices are the asset; empty fields of the asset are filled by the first.

    Raises:
        NotFoundError: the asset or one of the devices is not there.
        ConflictError: one of the devices belongs to another asset.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_DEVICE)
    devices = _loaded(session, device_ids)
    asset = session.get(Asset, asset_id, with_for_update=True)
    if asset is None:
        raise NotFoundError(f"there is no asset {asset_id}")
    for device in devices:
        if device.asset_id == asset_id:
            continue
        _refuse_linked(device)
        device.asset_id, device.status = asset_id, DeviceStatus.LINKED
        device.ignore_reason, device.ignored_until = None, None
        session.flush()
        fill_from_device(session, asset, device, at=at)
        asset.updated_at = at
        _record(session, actor, device, "attached", at, {"asset_id": (None, asset_id)})
    return asset


def ignore(
    session: Session,
    actor: Actor,
    device_ids: Sequence[int],
    *,
    reason: str,
    until: datetime | None,
    at: datetime,
) -> None:
    """Take devices out of the queue, for a reason, until a moment or for always.

    Raises:
        NotFoundError: one of the devices is not there.
        ConflictError: one of them is an asset.
        InvalidInputError: no reason, one that is too long, or a moment that is past.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_DEVICE)
    problems: list[FieldProblem] = []
    reason = reason.strip()
    if not reason:
        problems.append(FieldProblem("reason", "required"))
    if len(reason) > REASON_CHARACTERS:
        problems.append(FieldProblem("reason", "too_long", str(REASON_CHARACTERS)))
    if until is not None and until <= at:
        problems.append(FieldProblem("until", "in_the_past"))
    if problems:
        raise InvalidInputError(problems)
    for device in _loaded(session, device_ids):
        _refuse_linked(device)
        before = device.status
        device.status = DeviceStatus.IGNORED
        device.ignore_reason, device.ignored_until = reason, until
        changes: dict[str, tuple[Any, Any]] = {
            "status": (before, DeviceStatus.IGNORED),
            "ignore_reason": (None, reason),
        }
        if until is not None:
            changes["ignored_until"] = (None, until.isoformat())
        _record(session, actor, device, "ignored", at, changes)


def restore(session: Session, actor: Actor, device_ids: Sequence[int], *, at: datetime) -> None:
    """Put ignored devices back into the queue; others are left as they are.

    Raises:
        NotFoundError: one of the devices is not there.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_DEVICE)
    for device in _loaded(session, device_ids):
        if device.status is not DeviceStatus.IGNORED:
            continue
        changes = {
            "status": (DeviceStatus.IGNORED, DeviceStatus.UNKNOWN),
            "ignore_reason": (device.ignore_reason, None),
        }
        device.status = DeviceStatus.UNKNOWN
        device.ignore_reason, device.ignored_until = None, None
        _record(session, actor, device, "restored", at, changes)


def _loaded(session: Session, device_ids: Sequence[int]) -> list[Device]:
    """Give the devices in the order of the ids, locked, or refuse when one is missing."""
    found: dict[int, Device] = {}
    wanted = sorted(set(device_ids))
    for start in range(0, len(wanted), 1000):
        rows = session.scalars(
            sa.select(Device)
            .where(Device.id.in_(wanted[start : start + 1000]))
            .order_by(Device.id)
            .with_for_update()
        )
        found.update((device.id, device) for device in rows)
    missing = [str(number) for number in wanted if number not in found]
    if missing:
        raise NotFoundError(f"there is no device {', '.join(missing)}")
    return [found[number] for number in dict.fromkeys(device_ids)]


def _refuse_linked(device: Device) -> None:
    if device.status is DeviceStatus.LINKED:
        raise ConflictError(f"{_name(device)} has an asset already")


def _name(device: Device) -> str:
    return device_name(device.sys_name, device.host_name, device.model_name, device.address)


def _record(
    session: Session,
    actor: Actor,
    device: Device,
    action: str,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="device",
        subject_id=device.id,
        subject_name=_name(device),
        action=action,
        changes=changes,
    )
