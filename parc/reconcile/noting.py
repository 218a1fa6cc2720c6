"""What applying a plan does to the rows, for the act of its run, so that the run can be undone.

Only what a plan calls a change is noted: being seen is none. The plan itself holds most values of
before; the few that it does not are read before they are overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AssetField,
    Base,
    Device,
    DeviceStatus,
    Difference,
    Movement,
    table_of,
)
from parc.naming import address_sort
from parc.reconcile.bulk import chunks
from parc.reconcile.change import (
    Absent,
    Change,
    CreateAsset,
    CreateDevice,
    DeviceRef,
    FieldChange,
    LinkAsset,
    Returned,
    RowAction,
    RowChange,
    SeeDifference,
    SettleDifference,
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.known import Table
from parc.reconcile.load import INSTALLED_BY, MODELS
from parc.reconcile.planned import Plan
from parc.services.change_sets import is_recording, note
from parc.services.row_images import RowImage, stored

_Key = tuple[Any, ...]
_MADE: Final = RowImage(None, {})


@dataclass(slots=True)
class Before:
    """Rows as they were, which a plan does not say."""

    sources: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    differences: dict[int, dict[str, Any]] = field(default_factory=dict)
    devices: dict[int, dict[str, Any]] = field(default_factory=dict)
    gone: dict[tuple[Table, int], dict[str, Any]] = field(default_factory=dict)


def read_before(session: Session, plan: Plan) -> Before:
    """Read what is about to be overwritten; nothing when no act is recorded."""
    before = Before()
    if not is_recording(session):
        return before
    before.sources = _sources_before(session, plan)
    before.differences = _differences_before(session, plan)
    before.devices = _devices_before(session, plan)
    returned: dict[Table, list[int]] = defaultdict(list)
    for change in plan.changes:
        if isinstance(change, RowChange) and change.action is RowAction.RETURNED:
            returned[change.table].append(change.row_id or 0)
    for table, ids in returned.items():
        model: Any = MODELS[table]
        for part in chunks(ids):
            query = sa.select(model.id, model.gone_at).where(model.id.in_(part))
            for number, gone_at in session.execute(query):
                before.gone[table, number] = stored({"gone_at": gone_at})
    return before


def _sources_before(session: Session, plan: Plan) -> dict[_Key, dict[str, Any]]:
    touched = {c.asset_id for c in plan.changes if isinstance(c, UpdateAsset)}
    return {
        (row["asset_id"], row["field"]): row
        for part in chunks(touched)
        for row in _rows(session, AssetField, AssetField.asset_id.in_(part))
    }


def _differences_before(session: Session, plan: Plan) -> dict[int, dict[str, Any]]:
    named = {
        c.difference_id
        for c in plan.changes
        if isinstance(c, SeeDifference | SettleDifference) and c.difference_id is not None
    }
    return {
        row["id"]: row
        for part in chunks(named)
        for row in _rows(session, Difference, Difference.id.in_(part))
    }


def _devices_before(session: Session, plan: Plan) -> dict[int, dict[str, Any]]:
    """Read since when devices were absent or ignored, of those that are so no more."""
    ids = {c.device.id for c in plan.changes if isinstance(c, Returned | UpdateDevice)} - {None}
    columns = (Device.id, Device.absent_since, Device.ignore_reason, Device.ignored_until)
    return {
        row.id: stored(dict(row._mapping))  # noqa: SLF001 -- SQLAlchemy's public name
        for part in chunks([number for number in ids if number is not None])
        for row in session.execute(sa.select(*columns).where(Device.id.in_(part)))
    }


def note_plan(
    session: Session,
    plan: Plan,
    ids: Mapping[DeviceRef, int],
    asset_of: Mapping[int, int],
    before: Before,
    now: datetime,
) -> None:
    """Note what was done to devices, their rows, assets and differences.

    Args:
        ids: of all devices of the plan.
        asset_of: asset of each device afterwards.
    """
    if not is_recording(session):
        return
    for change in plan.changes:
        for table, key, image in _images(change, ids, asset_of, before, now):
            note(session, table, [(key, image)])
    _note_sources(session, plan, before)
    _note_differences(session, plan, before)
    _note_added(session, plan, ids)
    _note_entries(session, plan, ids, asset_of)


def _images(
    change: Change,
    ids: Mapping[DeviceRef, int],
    asset_of: Mapping[int, int],
    before: Before,
    now: datetime,
) -> Iterator[tuple[str, _Key, RowImage]]:
    match change:
        case CreateDevice():
            yield "device", (ids[change.device],), _MADE
        case UpdateDevice():
            image = _of_fields(change.changes)
            yield "device", (ids[change.device],), _open_again(image, change.device.id, before)
        case Absent():
            image = RowImage({"absent_since": None}, stored({"absent_since": now}))
            yield "device", (ids[change.device],), image
        case Returned():
            since = before.devices.get(change.device.id or 0, {}).get("absent_since")
            image = RowImage({"absent_since": since}, {"absent_since": None})
            yield "device", (ids[change.device],), image
        case CreateAsset():
            number = ids[change.device]
            yield "asset", (asset_of[number],), _MADE
            yield "device", (number,), _of_link(asset_of[number])
        case LinkAsset():
            number = ids[change.device]
            yield "device", (number,), _of_link(asset_of[number])
        case UpdateAsset():
            yield "asset", (change.asset_id,), _of_asset(change)
        case RowChange():
            if change.row_id is not None:
                yield (
                    MODELS[change.table].__tablename__,
                    (change.row_id,),
                    _of_row(change, before, now),
                )


def _of_fields(changes: Iterable[FieldChange]) -> RowImage:
    return RowImage(
        stored({c.field: c.before for c in changes}), stored({c.field: c.after for c in changes})
    )


def _open_again(image: RowImage, device_id: int | None, before: Before) -> RowImage:
    """Add why a device was ignored, when it is so no more."""
    if image.before is not None and image.after is not None and "status" in image.after:
        row = before.devices.get(device_id or 0, {})
        for name in ("ignore_reason", "ignored_until"):
            image.before[name], image.after[name] = row.get(name), None
    return image


def _of_link(asset_id: int) -> RowImage:
    return RowImage(
        {"asset_id": None, "status": DeviceStatus.UNKNOWN.value},
        {"asset_id": asset_id, "status": DeviceStatus.LINKED.value},
    )


def _of_asset(change: UpdateAsset) -> RowImage:
    image = _of_fields(change.changes)
    for values in (image.before, image.after):
        if values is not None and "primary_address" in values:
            values["primary_address_sort"] = address_sort(values["primary_address"])
    return image


def _of_row(change: RowChange, before: Before, now: datetime) -> RowImage:
    image = _of_fields(change.changes)
    first, then = image.before or {}, image.after or {}
    if change.action is RowAction.GONE:
        first["gone_at"], then["gone_at"] = None, now.isoformat()
    elif change.action is RowAction.RETURNED:
        first |= before.gone.get((change.table, change.row_id or 0), {})
        then["gone_at"] = None
    return RowImage(first, then)


def _note_sources(session: Session, plan: Plan, before: Before) -> None:
    """Note whose each field of an asset is now; those of new assets go with them."""
    keys = {
        (change.asset_id, one.field)
        for change in plan.changes
        if isinstance(change, UpdateAsset)
        for one in change.changes
        if one.field != "primary_address"
    }
    for part in chunks({asset_id for asset_id, _ in keys}):
        for row in _rows(session, AssetField, AssetField.asset_id.in_(part)):
            key = (row["asset_id"], row["field"])
            if key in keys:
                note(session, "asset_field", [(key, _differing(before.sources.get(key), row))])


def _note_differences(session: Session, plan: Plan, before: Before) -> None:
    settled = [c.difference_id for c in plan.changes if isinstance(c, SettleDifference)]
    for number in settled:
        if number in before.differences:
            note(session, "difference", [((number,), RowImage(before.differences[number], None))])
    seen = {(c.asset_id, c.field) for c in plan.changes if isinstance(c, SeeDifference)}
    for part in chunks({asset_id for asset_id, _ in seen}):
        for row in _rows(session, Difference, Difference.asset_id.in_(part)):
            if (row["asset_id"], row["field"]) in seen:
                number = row["id"]
                image = _differing(before.differences.get(number), row)
                note(session, "difference", [((number,), image)])


def _differing(before: dict[str, Any] | None, after: dict[str, Any]) -> RowImage:
    if before is None:
        return RowImage(None, after)
    names = [name for name, value in after.items() if before[name] != value]
    return RowImage({n: before[n] for n in names}, {n: after[n] for n in names})


def _note_added(session: Session, plan: Plan, ids: Mapping[DeviceRef, int]) -> None:
    """Note rows that known devices got; those of new devices go with them."""
    added: dict[Table, dict[tuple[int, str], None]] = defaultdict(dict)
    for change in plan.changes:
        if isinstance(change, RowChange) and change.action is RowAction.ADDED:
            added[change.table][ids[change.device], change.key] = None
    for table, wanted in added.items():
        model: Any = MODELS[table]
        for part in chunks({device_id for device_id, _ in wanted}):
            query = sa.select(model.id, model.device_id, model.key)
            if table in INSTALLED_BY:
                query = query.where(model.source == INSTALLED_BY[table])
            for number, device_id, key in session.execute(query.where(model.device_id.in_(part))):
                if (device_id, key) in wanted:
                    note(session, model.__tablename__, [((number,), _MADE)])


def _rows(
    session: Session, model: type[Base], condition: sa.ColumnElement[bool]
) -> Iterator[dict[str, Any]]:
    for row in session.execute(sa.select(table_of(model)).where(condition)).mappings():
        yield stored(dict(row))


def _note_entries(
    session: Session, plan: Plan, ids: Mapping[DeviceRef, int], asset_of: Mapping[int, int]
) -> None:
    """Note the movements by which new assets entered."""
    made = {asset_of[ids[c.device]] for c in plan.changes if isinstance(c, CreateAsset)}
    for part in chunks(made):
        for number in session.scalars(sa.select(Movement.id).where(Movement.asset_id.in_(part))):
            note(session, "movement", [((number,), _MADE)])
