"""Taking an act back as a whole, where nothing later stands on it.

What stands in the way is told instead: a row that somebody changed since, what hangs on a record
that the act made, a key that is taken again. What merely passes (when a machine was seen) does not
count, and neither does a later scan of a record that the act made: it will be scanned again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.errors import ConflictError, NotFoundError
from parc.models import (
    Asset,
    AuditEntry,
    Base,
    ChangeSet,
    ChangeSetKind,
    ChangeSetState,
    Contract,
    CustomField,
    CustomValue,
    Device,
    Entitlement,
    Incident,
    Installation,
    Movement,
    MovementStatus,
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
from parc.services.licence_keys import KEYS_SHOWN
from parc.services.movement_writing import STANDING_COLUMNS, explain
from parc.services.permissions import Action, may, require
from parc.services.positions import mark_all
from parc.services.row_images import Key, Row, RowImage, loaded, stored, table_named
from parc.services.scope import require_within
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_titles import settle_titles
from parc.services.touched_assets import follow_later

MOST_OBSTACLES: Final = 200
_PASSING: Final[Mapping[str, frozenset[str]]] = {
    "asset": frozenset(
        {"version", "updated_at", "last_seen_at", "primary_address", "primary_address_sort"}
    ),
    "device": frozenset(
        {"last_seen_at", "absent_since", "reasons", "console_message", "heard", "words"}
    ),
    "entitlement": frozenset({"row_version", "updated_at", "search_text", "allocated_count"}),
    "supplier": frozenset({"version", "updated_at", "search_text"}),
    "contract": frozenset({"version", "updated_at", "search_text"}),
    "incident": frozenset({"version", "updated_at", "minutes_spent", "search_text"}),
}
# Records that have a history of their own, beside what hangs on assets and devices.
_OWN_HISTORY: Final = frozenset({"asset", "contract", "device", "entitlement", "incident"})
# Rows that other rows hang on: made again first, deleted last.
_PARENTS: Final = (
    *("location", "department", "person", "supplier", "publisher", "software_product"),
    *("contract", "entitlement", "asset", "device", "interface"),
)
# Records whose rows others point at: made by an act, they stay while others do.
_HELD: Final = (
    *("location", "department", "person", "supplier", "publisher", "software_product"),
    *("contract", "entitlement", "asset"),
)
# What hangs on an asset without being anybody's decision.
_GOES_ALONG: Final = frozenset(
    {
        *("asset_field", "difference", "inbox_entry", "contract_line", "coverage"),
        *("product_position", "position_snapshot"),
    }
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
_CHUNK: Final = 500
_I: Final = "incident"
_OWN_VALUE: Final = "custom_value"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands in the way.

    Attributes:
        code: ``changed``, ``again_there``, ``gone`` or ``in_use``.
        table, key: the row.
        field: column that differs; empty for the row as a whole.
        subject_kind, subject_id: asset or device that it is about.
        author, at: of the latest entry of its history, when there is one since.
    """

    code: str
    table: str
    key: tuple[Any, ...]
    field: str
    subject_kind: str
    subject_id: int
    author: str = ""
    at: datetime | None = None


def find_obstacles(session: Session, change_set_id: int) -> list[Obstacle]:
    """Give what stands in the way of undoing an act, at most ``MOST_OBSTACLES``.

    Raises:
        NotFoundError: there is no such act.
    """
    act = _act(session, change_set_id)
    images = images_of(session, change_set_id)
    require_within(session, images)
    with unlimited(session):
        found = list(islice(_obstacles(session, act, images), MOST_OBSTACLES))
        return [_with_author(session, act, one) for one in found]


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
    first = next(_obstacles(session, act, images), None)
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
    for part in _parts(sorted(members)):
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


def _obstacles(
    session: Session, act: ChangeSet, images: Mapping[Key, RowImage]
) -> Iterator[Obstacle]:
    for table, members in _by_table(images).items():
        present = _present(session, table, members)
        for key, image in members.items():
            yield from _obstacles_of_row(table, key, image, present.get(key))
    made: dict[str, list[int]] = {"asset": [], "device": [], "entitlement": []}
    for (table, key), image in images.items():
        if table in made and image.before is None:
            made[table].append(key[0])
    for kind, ids in made.items():
        yield from _edited_since(session, act, kind, ids)
    yield from _moved_since(session, images)
    yield from _told_again(session, images)
    yield from _own_taken(session, images)
    for kind in _HELD:
        own = [key[0] for (table, key), one in images.items() if table == kind and not one.before]
        yield from _in_use(session, images, kind, own)


def _obstacles_of_row(
    table: str, key: tuple[Any, ...], image: RowImage, row: Row | None
) -> Iterator[Obstacle]:
    subject = _subject(table, key, {**(image.before or {}), **(image.after or {}), **(row or {})})
    if image.after is None:
        if row is not None:
            yield Obstacle("again_there", table, key, "", *subject)
        return
    if image.before is None:
        return
    if row is None:
        yield Obstacle("gone", table, key, "", *subject)
        return
    for name, value in image.after.items():
        if name not in _PASSING.get(table, ()) and row[name] != value:
            yield Obstacle("changed", table, key, name, *subject)


def _edited_since(
    session: Session, act: ChangeSet, kind: str, made: list[int]
) -> Iterator[Obstacle]:
    """Find records that the act made and that people have worked on since."""
    for part in _parts(made):
        query = (
            sa.select(AuditEntry.subject_id)
            .where(
                AuditEntry.subject_kind == kind,
                AuditEntry.subject_id.in_(part),
                AuditEntry.id > _last_entry(act),
                AuditEntry.run_id.is_(None),
                AuditEntry.action != KEYS_SHOWN,
                sa.or_(AuditEntry.change_set_id.is_(None), AuditEntry.change_set_id != act.id),
            )
            .distinct()
        )
        for number in session.scalars(query.order_by(AuditEntry.subject_id)):
            yield Obstacle("changed", kind, (number,), "", kind, number)


def _moved_since(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find movements that stand on those that the act made."""
    made = [
        key[0] for (table, key), one in images.items() if table == "movement" and not one.before
    ]
    own = aliased(Movement)
    for part in _parts(made):
        query = (
            sa.select(Movement.id, Movement.asset_id)
            .join(own, own.asset_id == Movement.asset_id)
            .where(
                own.id.in_(part),
                Movement.id > own.id,
                Movement.status == MovementStatus.CONFIRMED,
            )
        )
        for number, asset_id in session.execute(query.distinct().order_by(Movement.id)):
            if ("movement", (number,)) not in images:
                yield Obstacle("in_use", "movement", (number,), "", "asset", asset_id)


def _told_again(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find incidents that a rule has opened since about what those of the act were about."""
    keys = {(one.before or {}).get("live_key") for (table, _), one in images.items() if table == _I}
    own = [key[0] for table, key in images if table == _I]
    query = sa.select(Incident.id).where(Incident.live_key.in_(keys - {None}))
    for number in session.scalars(query.where(Incident.id.not_in(own))) if keys - {None} else ():
        yield Obstacle("in_use", _I, (number,), "", _I, number)


def _last_entry(act: ChangeSet) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.coalesce(sa.func.max(AuditEntry.id), 0))
    return query.where(AuditEntry.change_set_id == act.id).scalar_subquery()


def _in_use(
    session: Session, images: Mapping[Key, RowImage], kind: str, made: list[int]
) -> Iterator[Obstacle]:
    """Find rows that point at a record that the act made, and that are none of the act's."""
    for table in Base.metadata.sorted_tables:
        columns = [key.parent for key in table.foreign_keys if key.column.table.name == kind]
        if table.name in _GOES_ALONG:
            continue
        for column in columns:
            for part in _parts(made):
                query = sa.select(column, *table.primary_key.columns).where(column.in_(part))
                for number, *key in session.execute(query):
                    if not _goes_with(images.get((table.name, tuple(key))), column.name, number):
                        yield Obstacle("in_use", table.name, tuple(key), "", kind, number)


def _goes_with(image: RowImage | None, column: str, number: int) -> bool:
    """Tell whether a row no longer points at a record once the act is undone."""
    if image is None:
        return False
    return image.before is None or (image.after or {}).get(column) == number


def _by_table(images: Mapping[Key, RowImage]) -> dict[str, dict[tuple[Any, ...], RowImage]]:
    found: dict[str, dict[tuple[Any, ...], RowImage]] = {}
    for (table, key), image in images.items():
        found.setdefault(table, {})[key] = image
    return found


def _present(
    session: Session, name: str, members: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], Row]:
    """Give the rows as they are now, by key."""
    table = table_named(name)
    keys = list(table.primary_key.columns)
    found: dict[tuple[Any, ...], Row] = {}
    for part in _parts(list(members)):
        if len(keys) == 1:
            condition = keys[0].in_([key[0] for key in part])
        else:
            condition = sa.tuple_(*keys).in_(part)
        for row in session.execute(sa.select(table).where(condition)).mappings():
            values = stored(dict(row))
            found[tuple(values[column.name] for column in keys)] = values
    return found


def _restore(session: Session, images: Mapping[Key, RowImage]) -> None:
    """Write the rows back: leaves go first, parents last, so that nothing is without its parent."""
    tables = _by_table(images)
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
    present = _present(session, name, made)
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
    present = _present(session, name, changed)
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
        if table not in _OWN_HISTORY:
            continue
        before, after = image.before or {}, image.after or {}
        changes = {
            name: (after.get(name), before.get(name))
            for name in sorted(before.keys() | after.keys())
            if name not in _PASSING[table] and after.get(name) != before.get(name)
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
    members = _by_table(images).get(_OWN_VALUE, {})
    present = _present(session, _OWN_VALUE, members) if members else {}
    fields = {field.id: field.key for field in read_fields(session, has_archived=True)}
    found: dict[int, dict[str, tuple[Any, Any]]] = {}
    for key, image in members.items():
        before, after = image.before or {}, image.after or {}
        row = {**before, **after, **present.get(key, {})}
        if before.get("value") != after.get("value"):
            name = PREFIX + fields.get(row["field_id"], str(row["field_id"]))
            found.setdefault(row["asset_id"], {})[name] = (after.get("value"), before.get("value"))
    return found


def _own_taken(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find values of one's own that cannot come back: the field is gone, or filled again."""
    gone = {
        (one.before["asset_id"], one.before["field_id"]): (key, one.before)
        for key, one in _by_table(images).get(_OWN_VALUE, {}).items()
        if one.before is not None and one.after is None
    }
    if not gone:
        return
    kept = set(session.scalars(sa.select(CustomField.id)))
    for (asset_id, field_id), (key, _row) in gone.items():
        if field_id not in kept:
            yield Obstacle("gone", _OWN_VALUE, key, "", "asset", asset_id)
    for part in _parts(sorted({asset_id for asset_id, _field in gone})):
        rows = sa.select(CustomValue.asset_id, CustomValue.field_id)
        for at in session.execute(rows.where(CustomValue.asset_id.in_(part))):
            if at in gone:
                yield Obstacle("again_there", _OWN_VALUE, gone[at][0], "", "asset", at[0])
    unique = {
        (row["field_id"], row["unique_value"]): key
        for key, row in gone.values()
        if row["unique_value"]
    }
    for part in _parts(sorted(unique)):
        taken = sa.select(CustomValue.field_id, CustomValue.unique_value, CustomValue.asset_id)
        pair = sa.tuple_(CustomValue.field_id, CustomValue.unique_value)
        for field_id, value, asset_id in session.execute(taken.where(pair.in_(part))):
            key = unique[field_id, value]
            yield Obstacle("again_there", _OWN_VALUE, key, "", "asset", asset_id)


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


def _subject(table: str, key: tuple[Any, ...], row: Row) -> tuple[str, int]:
    """Give the asset or device that a row is about."""
    if table in _OWN_HISTORY:
        return table, int(key[0])
    if row.get("entitlement_id") is not None:
        return "entitlement", int(row["entitlement_id"])
    if row.get("asset_id") is not None:
        return "asset", int(row["asset_id"])
    for name in (_I, "contract"):
        if row.get(f"{name}_id") is not None:
            return name, int(row[f"{name}_id"])
    return "device", int(row.get("device_id") or 0)


def _with_author(session: Session, act: ChangeSet, one: Obstacle) -> Obstacle:
    query = (
        sa.select(AuditEntry.author, AuditEntry.at)
        .where(
            AuditEntry.subject_kind == one.subject_kind,
            AuditEntry.subject_id == one.subject_id,
            AuditEntry.id > _last_entry(act),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None:
        return one
    return Obstacle(one.code, one.table, one.key, one.field, one.subject_kind, one.subject_id, *row)


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
