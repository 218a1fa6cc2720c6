"""Two records of one machine become one: devices, what people typed, and what hangs on it.

Nothing that a person typed is lost: where both records hold a person's value, the person who
merges chooses, and the other stands in the history. The caller commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    AssetField,
    ChangeSetKind,
    Device,
    Difference,
    MergedAsset,
    Movement,
    MovementStatus,
)
from parc.naming import MACHINE_FIELDS
from parc.reconcile.hanging_rows import line_choices, take_over
from parc.reconcile.merged_records import COPIED, Hung, kept, whole
from parc.services import asset_sources, assets, audit
from parc.services.actor import Actor
from parc.services.asset_search import touch
from parc.services.asset_values import KEPT_FIELDS
from parc.services.change_sets import recording
from parc.services.contract_lines import record_lines
from parc.services.custom_values import doubled_values
from parc.services.movement_writing import explain
from parc.services.permissions import Action, require

# Fields of which only one value can stand; the tag stays that of the record that stays.
MERGED_FIELDS: Final = (
    *MACHINE_FIELDS,
    "location_id",
    "notes",
    "lifecycle_state",
    *(name for name in KEPT_FIELDS if name != "currency"),
)
_WRITTEN: Final = (
    *MERGED_FIELDS,
    "currency",
    "custodian_person_id",
    "custodian_department_id",
    *COPIED,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of which both records hold a value that differs.

    Attributes:
        stays, goes: the values of the record that stays and of the one that is merged into it.
        is_typed: a person typed the one that goes.
    """

    field: str
    stays: Any
    goes: Any
    is_typed: bool


def choices(session: Session, into_id: int, from_id: int) -> list[Choice]:
    """Give the fields on which a person decides.

    Raises:
        NotFoundError: one of the assets is not there.
    """
    into, other = _asset(session, into_id), _asset(session, from_id)
    typed = set(asset_sources.person_fields(session, other.id))
    found = []
    for name in MERGED_FIELDS:
        stays, goes = getattr(into, name), getattr(other, name)
        if stays != goes and stays is not None and goes is not None:
            found.append(Choice(name, stays, goes, name in typed))
    return found


def merge_assets(
    session: Session,
    actor: Actor,
    into_id: int,
    from_id: int,
    *,
    taken: frozenset[str],
    at: datetime,
) -> Asset:
    """Merge ``from_id`` into ``into_id``; its devices and all that hangs on it go with it.

    Args:
        taken: fields of which the value of ``from_id`` stands afterwards; of ``notes`` both do. Of
            a contract that names both, the token of the line that stands (``line_choices``).

    Raises:
        NotFoundError: one of the assets is not there.
        ConflictError: both are the same.
        InvalidInputError: a field that cannot be taken.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.MERGE_ASSET)
    if into_id == from_id:
        raise ConflictError("an asset cannot be merged into itself")
    chosen = taken & {choice.token for choice in line_choices(session, into_id, from_id)}
    if unknown := sorted(taken - chosen - set(MERGED_FIELDS)):
        raise InvalidInputError([FieldProblem(name, "unknown_field", name) for name in unknown])
    first, second = sorted((into_id, from_id))
    _lock_devices(session, (into_id, from_id))
    _asset(session, first, is_locked=True)
    _asset(session, second, is_locked=True)
    into, other = _asset(session, into_id), _asset(session, from_id)
    title = {"code": "merged", "asset": into.asset_tag, "other": other.asset_tag}
    with recording(session, actor, ChangeSetKind.MERGE, title, at):
        stayed, ended = whole(session, into), whole(session, other)
        changes = _take_values(session, into, other, taken)
        device_ids = _move_devices(session, into, other)
        records = _move_records(session, into, other)
        row = _merged_row(session, into, other, device_ids, at)
        gone = {"asset_tag": (other.asset_tag, None), "merged_into": (None, into.asset_tag)}
        gone |= doubled_values(session, into.id, other.id)
        assets.record_change(session, actor, other, "merged_away", at, gone | _values_of(other))
        _take_holder(into, other)
        closed = _close_movements(session, actor, other, at)
        hanging = take_over(session, into, other, chosen)
        record_lines(session, actor, hanging.doubled.get("contract_line", ()), at)
        hung = Hung(hanging.moved, hanging.doubled, closed, records)
        row.kept = kept(ended, stayed, into, _WRITTEN, hung)
        _end(session, other)
        session.add(row)
        explain(session, actor, into, at=at)
        touch(session, into, at)
        changes["merged_from"] = (None, row.asset_tag)
        assets.record_change(session, actor, into, "merged", at, changes)
    return into


def _take_values(
    session: Session, into: Asset, other: Asset, taken: frozenset[str]
) -> dict[str, tuple[Any, Any]]:
    """Write what is taken, and what only the other record knows, with where it came from."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in MERGED_FIELDS:
        before, value = getattr(into, name), getattr(other, name)
        if name == "notes" and before and value and before != value:
            value = f"{before}\n\n{value}"
        elif value is None or value == before or (before is not None and name not in taken):
            continue
        setattr(into, name, value)
        if name == "purchase_price":
            into.currency = other.currency
        asset_sources.copy_source(session, name, from_id=other.id, to_id=into.id)
        changes[name] = (before, value)
    return changes


def _take_holder(into: Asset, other: Asset) -> None:
    """Let who holds the other record hold the one that stays, where nobody does."""
    if into.custodian_person_id is None and into.custodian_department_id is None:
        into.custodian_person_id = other.custodian_person_id
        into.custodian_department_id = other.custodian_department_id


def _close_movements(session: Session, actor: Actor, other: Asset, at: datetime) -> dict[int, str]:
    """Let the movements of the other record be read on, without counting; gives what they were."""
    closed = {}
    standing = (MovementStatus.CONFIRMED, MovementStatus.PROPOSED)
    query = sa.select(Movement).where(Movement.asset_id == other.id, Movement.status.in_(standing))
    for row in session.scalars(query):
        closed[row.id] = row.status.value
        row.status, row.cancelled_at = MovementStatus.CANCELLED, at
        row.cancelled_by, row.cancelled_reason = actor.name[:200], other.asset_tag
    session.flush()
    return closed


def _move_devices(session: Session, into: Asset, other: Asset) -> list[int]:
    query = sa.select(Device).where(Device.asset_id == other.id).order_by(Device.id)
    devices = session.scalars(query).all()
    for device in devices:
        device.asset_id = into.id
    session.flush()
    for device in devices:
        asset_sources.fill_from_device(session, into, device, at=device.last_seen_at)
    return [device.id for device in devices]


def _move_records(session: Session, into: Asset, other: Asset) -> list[int]:
    """Let records that were merged into the other one before follow; gives their ids."""
    query = sa.select(MergedAsset).where(MergedAsset.asset_id == other.id).order_by(MergedAsset.id)
    rows = session.scalars(query).all()
    for row in rows:
        row.asset_id = into.id
    return [row.id for row in rows]


def _merged_row(
    session: Session, into: Asset, other: Asset, device_ids: list[int], at: datetime
) -> MergedAsset:
    """Keep what the record was."""
    typed = asset_sources.person_fields(session, other.id)
    return MergedAsset(
        id=other.id,
        asset_id=into.id,
        asset_tag=other.asset_tag,
        name=other.name,
        device_ids=device_ids,
        person_values={name: _typed_value(session, other, name) for name in typed},
        merged_at=at,
    )


def _typed_value(session: Session, asset: Asset, field: str) -> dict[str, Any]:
    """Give a value that a person typed, with who did and when, and how it is locked."""
    source = session.get_one(AssetField, (asset.id, field))
    return {
        "value": _plain(getattr(asset, field)),
        "source": source.source.value,
        "user_id": source.user_id,
        "set_at": source.set_at.isoformat(),
        "lock": source.lock.value if source.lock else None,
        "locked_at": source.locked_at.isoformat() if source.locked_at else None,
        "locked_until": source.locked_until.isoformat() if source.locked_until else None,
        "locked_by": source.locked_by,
        "kept_against": source.kept_against,
    }


def _end(session: Session, other: Asset) -> None:
    """Delete the other record, and whose its values were."""
    for table in (AssetField, Difference):
        for own in session.scalars(sa.select(table).where(table.asset_id == other.id)):
            session.delete(own)
    session.flush()
    session.delete(other)
    session.flush()


def _values_of(asset: Asset) -> dict[str, tuple[Any, Any]]:
    values = {name: _plain(getattr(asset, name)) for name in MERGED_FIELDS}
    return {name: (value, None) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    return audit.plain(getattr(value, "value", value))


def _lock_devices(session: Session, asset_ids: tuple[int, ...]) -> None:
    """Hold devices before their assets, as everyone does, so that nobody waits in a circle."""
    query = sa.select(Device.id).where(Device.asset_id.in_(asset_ids)).order_by(Device.id)
    session.execute(query.with_for_update())


def _asset(session: Session, asset_id: int, *, is_locked: bool = False) -> Asset:
    asset = session.get(Asset, asset_id, with_for_update=True if is_locked else None)
    if asset is None:
        raise NotFoundError(f"there is no asset {asset_id}")
    return asset
