"""Taking an act back as a whole, where nothing later stands on it.

What stands in the way is told instead: a row that somebody changed since, what hangs on a record
that the act made, a key that is taken again. What merely passes (when a machine was seen) does not
count, and neither does a later scan of a record that the act made: it will be scanned again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import (
    Asset,
    Base,
    ChangeSet,
    ChangeSetKind,
    ChangeSetState,
    Contract,
    Device,
    Entitlement,
    Incident,
    Installation,
)
from parc.naming import device_name
from parc.queries.custom_fields import read_fields
from parc.queries.scope import unlimited
from parc.services import audit
from parc.services.actor import Actor
from parc.services.allocations import recount_seats
from parc.services.asset_search import refresh_search_texts
from parc.services.change_sets import images_of, note, recording
from parc.services.custom_values import PREFIX
from parc.services.incident_values import number_text
from parc.services.movement_writing import STANDING_COLUMNS, explain
from parc.services.permissions import Action, may, require
from parc.services.positions import mark_all
from parc.services.row_images import Key, Row, RowImage, loaded, table_named
from parc.services.scope import require_within
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_titles import settle_titles
from parc.services.touched_assets import follow_later
from parc.services.undo_obstacles import (
    MOST_OBSTACLES,
    OWN_HISTORY,
    PASSING,
    Obstacle,
    by_table,
    obstacles_of,
    parts,
    present_rows,
    with_author,
)

# Rows that other rows hang on: made again first, deleted last.
_PARENTS: Final = (
    *("location", "department", "person", "supplier", "publisher", "software_product"),
    *("contract", "entitlement", "asset", "device", "interface"),
)
# Rows that the positions of software follow from.
_POSITIONED: Final = frozenset(
    {"entitlement", "entitlement_period", "allocation", "software_product", "product_part"}
)
_NAMED: Final[Mapping[str, Any]] = {
    "asset": Asset,
    "contract": Contract,
    "entitlement": Entitlement,
}
_I: Final = "incident"
_OWN_VALUE: Final = "custom_value"


def find_obstacles(session: Session, change_set_id: int) -> list[Obstacle]:
    """Give what stands in the way of undoing an act, at most ``MOST_OBSTACLES``.

    Raises:
        NotFoundError: there is no such act.
    """
    act = _act(session, change_set_id)
    images = images_of(session, change_set_id)
    require_within(session, images)
    with unlimited(session):
        found = list(islice(obstacles_of(session, act, images), MOST_OBSTACLES))
        return [with_author(session, act, one) for one in found]


def undo(session: Session, actor: Actor, change_set_id: int, *, at: datetime) -> ChangeSet:
    """Put every row back as it was before the act; an undo can be undone in turn.

    Raises:
        NotFoundError: there is no such act.
        ConflictError: it is undone already, its rows are kept no more, something stands on it, or
            it reaches beyond the places of a limited login.
        NotAllowedError: the role does not allow it, for acts of others.
    """
    act = _act(session, change_set_id, is_locked=True)
    is_own = act.user_id is not None and act.user_id == actor.user_id
    own = is_own and may(actor, Action.UNDO_OWN_CHANGE)
    require(actor, Action.UNDO_OWN_CHANGE if own else Action.UNDO_ANY_CHANGE)
    if act.state is not ChangeSetState.APPLIED:
        raise ConflictError("it is undone already")
    if act.undo_of_id is not None and act.run_id is not None:
        raise ConflictError("sweep the range again instead")
    images = images_of(session, change_set_id)
    if not images:
        raise ConflictError("its rows are kept no more")
    require_within(session, images)
    with unlimited(session):
        return _undo(session, actor, act, images, at)


def _undo(
    session: Session, actor: Actor, act: ChangeSet, images: Mapping[Key, RowImage], at: datetime
) -> ChangeSet:
    first = next(obstacles_of(session, act, images), None)
    if first is not None:
        raise ConflictError(f"{first.subject_kind} {first.subject_id} was changed since")
    title = {"code": "undone", "of": act.title}
    with recording(
        session, actor, ChangeSetKind.UNDO, title, at, run_id=act.run_id, undo_of_id=act.id
    ):
        _record(session, actor, images, at)
        devices = _devices_with_software(session, images)
        present = read_presence(session, devices)
        _restore(session, images)
        settle_titles(session, devices, at)
        note_presence(session, present, read_presence(session, devices), at)
        if _POSITIONED & {table for table, _key in images}:
            mark_all(session)
        _explain(session, actor, images, at)
        act.state, act.undone_at, act.undone_by = ChangeSetState.UNDONE, at, actor.name
        if act.undo_of_id is not None:
            undone = session.get_one(ChangeSet, act.undo_of_id)
            undone.state, undone.undone_at, undone.undone_by = ChangeSetState.APPLIED, None, None
        session.flush()
    return act


def _devices_with_software(session: Session, images: Mapping[Key, RowImage]) -> set[int]:
    """Give the devices whose software an act touched; those that it made are deleted with it."""
    members = {key[0]: one for (table, key), one in images.items() if table == "installation"}
    found = {key[0] for table, key in images if table == "device"} if members else set()
    found |= {
        key[0] for (table, key), one in images.items() if table == "device" and not one.before
    }
    found |= {
        one.before["device_id"] for one in members.values() if one.before and one.after is None
    }
    for part in parts(sorted(members)):
        query = sa.select(Installation.device_id).where(Installation.id.in_(part))
        found.update(session.scalars(query.distinct()))
    return found


def _explain(session: Session, actor: Actor, images: Mapping[Key, RowImage], at: datetime) -> None:
    """Write a correction where what was put back is not what an asset's movements say."""
    columns = set(STANDING_COLUMNS.values())
    for (table, key), image in images.items():
        if table == "asset" and columns & (image.before or {}).keys():
            asset = session.get(Asset, key[0])
            if asset is not None:
                explain(session, actor, asset, at=at)


def subjects(session: Session, change_set_id: int) -> tuple[list[int], list[int]]:
    """Give the devices and the assets that an act touched."""
    keys = images_of(session, change_set_id)
    devices = [int(key[0]) for table, key in keys if table == "device"]
    return devices, [int(key[0]) for table, key in keys if table == "asset"]


def _act(session: Session, number: int, *, is_locked: bool = False) -> ChangeSet:
    act = session.get(ChangeSet, number, with_for_update=True if is_locked else None)
    if act is None:
        raise NotFoundError(f"there is no change {number}")
    return act


def _restore(session: Session, images: Mapping[Key, RowImage]) -> None:
    """Write the rows back: leaves go first, parents last, so that nothing is without its parent."""
    tables = by_table(images)
    order = [table.name for table in Base.metadata.sorted_tables if table.name in tables]
    leaves = [name for name in order if name not in _PARENTS]
    for name in reversed(leaves):
        _delete_made(session, name, tables[name])
    for name in order:
        _insert_deleted(session, name, tables[name])
        _update_changed(session, name, tables[name])
    for name in reversed([name for name in order if name in _PARENTS]):
        _delete_made(session, name, tables[name])
    session.expire_all()
    for key in tables.get("entitlement", {}):
        recount_seats(session, key[0])
    touched = {key[0] for key in tables.get("asset", {})}
    refresh_search_texts(session, touched)
    of_cover = (image.before or image.after or {} for image in tables.get("coverage", {}).values())
    follow_later(session, {row["asset_id"] for row in of_cover if "asset_id" in row})


def _delete_made(session: Session, name: str, members: Mapping[tuple[Any, ...], RowImage]) -> None:
    table = table_named(name)
    made = sorted(key for key, image in members.items() if image.before is None)
    present = present_rows(session, name, made)
    for key in reversed(made):  # a branch of a tree before what it grows from
        session.execute(sa.delete(table).where(*_is(table, key)))
    note(session, name, [(key, RowImage(row, None)) for key, row in present.items()])


def _insert_deleted(
    session: Session, name: str, members: Mapping[tuple[Any, ...], RowImage]
) -> None:
    table = table_named(name)
    for key, image in sorted(members.items(), key=lambda member: member[0]):
        if image.after is None and image.before is not None:
            session.execute(sa.insert(table).values(**loaded(table, image.before)))
            note(session, name, [(key, RowImage(None, image.before))])


def _update_changed(
    session: Session, name: str, members: Mapping[tuple[Any, ...], RowImage]
) -> None:
    table = table_named(name)
    changed = {k: one for k, one in members.items() if one.before is not None and one.after}
    present = present_rows(session, name, changed)
    for key, image in changed.items():
        row = present.get(key)
        if row is None or image.before is None or image.after is None:
            continue
        before = {c: v for c, v in image.before.items() if row[c] == image.after[c]}
        if before:
            session.execute(
                sa.update(table).where(*_is(table, key)).values(**loaded(table, before))
            )
            now = {column: row[column] for column in before}
            note(session, name, [(key, RowImage(now, before))])


def _is(table: sa.Table, key: tuple[Any, ...]) -> list[sa.ColumnElement[bool]]:
    pairs = zip(table.primary_key.columns, key, strict=True)
    return [column == loaded(table, {column.name: v})[column.name] for column, v in pairs]


def _record(session: Session, actor: Actor, images: Mapping[Key, RowImage], at: datetime) -> None:
    """Write what becomes of each asset and device into its history."""
    entries, own = [], _own_fields(session, images)
    for (table, key), image in images.items():
        if table not in OWN_HISTORY:
            continue
        before, after = image.before or {}, image.after or {}
        changes = {
            name: (after.get(name), before.get(name))
            for name in sorted(before.keys() | after.keys())
            if name not in PASSING[table] and after.get(name) != before.get(name)
        }
        number = int(key[0])
        changes |= own.get(number, {}) if table == "asset" else {}
        name = _name(session, table, number, before or after)
        entries.append(audit.Entry(table, number, name, "undone", changes))
    audit.record_all(session, actor, at=at, entries=entries)


def _own_fields(
    session: Session, images: Mapping[Key, RowImage]
) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Give by asset what becomes of the values in the organisation's own fields."""
    members = by_table(images).get(_OWN_VALUE, {})
    present = present_rows(session, _OWN_VALUE, members) if members else {}
    fields = {field.id: field.key for field in read_fields(session, has_archived=True)}
    found: dict[int, dict[str, tuple[Any, Any]]] = {}
    for key, image in members.items():
        before, after = image.before or {}, image.after or {}
        row = {**before, **after, **present.get(key, {})}
        if before.get("value") != after.get("value"):
            name = PREFIX + fields.get(row["field_id"], str(row["field_id"]))
            found.setdefault(row["asset_id"], {})[name] = (after.get("value"), before.get("value"))
    return found


def _name(session: Session, table: str, number: int, image: Row) -> str:
    if table in _NAMED:
        return str(image.get("name") or getattr(session.get(_NAMED[table], number), "name", ""))
    if table == _I:
        incident = session.get_one(Incident, number)
        return f"{number_text(number)} {incident.title}"
    device = session.get(Device, number)
    if device is None:
        return str(image.get("sys_name") or image.get("address") or "")
    return device_name(device.sys_name, device.host_name, device.model_name, device.address)
