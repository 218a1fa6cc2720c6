"""What stands in the way of undoing an act; read only, and told with who did it.

A row that somebody changed since, what hangs on a record that the act made, a key that another has
taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import (
    AuditEntry,
    Base,
    ChangeSet,
    CustomField,
    CustomValue,
    Document,
    DocumentSubject,
    Incident,
    Movement,
    MovementStatus,
)
from parc.services.licence_keys import KEYS_SHOWN
from parc.services.row_images import Key, Row, RowImage, loaded, stored, table_named

MOST_OBSTACLES: Final = 200
PASSING: Final[Mapping[str, frozenset[str]]] = {
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
OWN_HISTORY: Final = frozenset({"asset", "contract", "device", "entitlement", "incident"})
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
_CHUNK: Final = 500
_I: Final = "incident"
_OWN_VALUE: Final = "custom_value"
_DOCUMENT: Final = "document"


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


def obstacles_of(
    session: Session, act: ChangeSet, images: Mapping[Key, RowImage]
) -> Iterator[Obstacle]:
    """Give everything that stands in the way, as it is found."""
    for table, members in by_table(images).items():
        present = present_rows(session, table, members)
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
    yield from _taken_keys(session, images)
    yield from _documented(session, images)
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
        if name not in PASSING.get(table, ()) and row[name] != value:
            yield Obstacle("changed", table, key, name, *subject)


def _edited_since(
    session: Session, act: ChangeSet, kind: str, made: list[int]
) -> Iterator[Obstacle]:
    """Find records that the act made and that people have worked on since."""
    for part in parts(made):
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
    for part in parts(made):
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
            for part in parts(made):
                query = sa.select(column, *table.primary_key.columns).where(column.in_(part))
                for number, *key in session.execute(query):
                    if not _goes_with(images.get((table.name, tuple(key))), column.name, number):
                        yield Obstacle("in_use", table.name, tuple(key), "", kind, number)


def _goes_with(image: RowImage | None, column: str, number: int) -> bool:
    """Tell whether a row no longer points at a record once the act is undone."""
    if image is None:
        return False
    return image.before is None or (image.after or {}).get(column) == number


def by_table(images: Mapping[Key, RowImage]) -> dict[str, dict[tuple[Any, ...], RowImage]]:
    """Sort the rows of an act by their tables."""
    found: dict[str, dict[tuple[Any, ...], RowImage]] = {}
    for (table, key), image in images.items():
        found.setdefault(table, {})[key] = image
    return found


def present_rows(
    session: Session, name: str, members: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], Row]:
    """Give the rows as they are now, by key."""
    table = table_named(name)
    keys = list(table.primary_key.columns)
    found: dict[tuple[Any, ...], Row] = {}
    for part in parts(list(members)):
        if len(keys) == 1:
            condition = keys[0].in_([key[0] for key in part])
        else:
            condition = sa.tuple_(*keys).in_(part)
        for row in session.execute(sa.select(table).where(condition)).mappings():
            values = stored(dict(row))
            found[tuple(values[column.name] for column in keys)] = values
    return found


def _own_taken(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find values of one's own that cannot come back: the field is gone, or filled again."""
    gone = {
        (one.before["asset_id"], one.before["field_id"]): (key, one.before)
        for key, one in by_table(images).get(_OWN_VALUE, {}).items()
        if one.before is not None and one.after is None
    }
    if not gone:
        return
    kept = set(session.scalars(sa.select(CustomField.id)))
    for (asset_id, field_id), (key, _row) in gone.items():
        if field_id not in kept:
            yield Obstacle("gone", _OWN_VALUE, key, "", "asset", asset_id)
    for part in parts(sorted({asset_id for asset_id, _field in gone})):
        rows = sa.select(CustomValue.asset_id, CustomValue.field_id)
        for at in session.execute(rows.where(CustomValue.asset_id.in_(part))):
            if at in gone:
                yield Obstacle("again_there", _OWN_VALUE, gone[at][0], "", "asset", at[0])
    unique = {
        (row["field_id"], row["unique_value"]): key
        for key, row in gone.values()
        if row["unique_value"]
    }
    for part in parts(sorted(unique)):
        taken = sa.select(CustomValue.field_id, CustomValue.unique_value, CustomValue.asset_id)
        pair = sa.tuple_(CustomValue.field_id, CustomValue.unique_value)
        for field_id, value, asset_id in session.execute(taken.where(pair.in_(part))):
            key = unique[field_id, value]
            yield Obstacle("again_there", _OWN_VALUE, key, "", "asset", asset_id)


def _taken_keys(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find rows that have taken a name or number which must come back and may be there once.

    Of values of own fields and of incidents others tell more.
    """
    for name, members in by_table(images).items():
        table = table_named(name)
        for unique in table.constraints if name not in {_OWN_VALUE, _I} else ():
            if isinstance(unique, sa.UniqueConstraint):
                yield from _taken(session, table, [c.name for c in unique.columns], members)


def _taken(
    session: Session, table: sa.Table, names: list[str], members: Mapping[tuple[Any, ...], RowImage]
) -> Iterator[Obstacle]:
    wanted = {}
    for key, image in members.items():
        before = image.before or {}
        if all(before.get(name) is not None for name in names):
            kept = loaded(table, {name: before[name] for name in names})
            wanted[tuple(kept.values())] = key
    columns = [table.c[name] for name in names]
    keys = list(table.primary_key.columns)
    for part in parts(list(wanted)):
        same = columns[0].in_([one[0] for one in part])
        if len(columns) > 1:
            same = sa.tuple_(*columns).in_(part)
        for row in session.execute(sa.select(*columns, *keys).where(same)):
            own = wanted.get(tuple(row[: len(names)]))
            if own is not None and tuple(row[len(names) :]) not in members:
                subject = _subject(table.name, own, members[own].before or {})
                yield Obstacle("again_there", table.name, own, names[-1], *subject)


def _documented(session: Session, images: Mapping[Key, RowImage]) -> Iterator[Obstacle]:
    """Find documents that somebody has added since to a record that the act made."""
    for kind in DocumentSubject:
        made = [key[0] for (table, key), one in images.items() if table == kind and not one.before]
        for part in parts(made):
            query = sa.select(Document.id, Document.subject_id).where(
                Document.subject_kind == kind, Document.subject_id.in_(part)
            )
            for number, subject_id in session.execute(query.order_by(Document.id)):
                if (_DOCUMENT, (number,)) not in images:
                    yield Obstacle("in_use", _DOCUMENT, (number,), "", kind.value, subject_id)


def _subject(table: str, key: tuple[Any, ...], row: Row) -> tuple[str, int]:
    """Give the asset or device that a row is about."""
    if table in OWN_HISTORY:
        return table, int(key[0])
    if table == _DOCUMENT:
        return str(row["subject_kind"]), int(row["subject_id"])
    if row.get("entitlement_id") is not None:
        return "entitlement", int(row["entitlement_id"])
    if row.get("asset_id") is not None:
        return "asset", int(row["asset_id"])
    for name in (_I, "contract"):
        if row.get(f"{name}_id") is not None:
            return name, int(row[f"{name}_id"])
    return "device", int(row.get("device_id") or 0)


def with_author(session: Session, act: ChangeSet, one: Obstacle) -> Obstacle:
    """Say who has changed since what an obstacle is about."""
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


def parts(values: list[Any]) -> Iterator[list[Any]]:
    """Divide what is looked for into what one statement takes."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
