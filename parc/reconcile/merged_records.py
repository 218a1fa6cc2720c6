"""What a merge keeps of both records, so that a split gives them back as they were.

Of the record that ends: its row, whose each field was, and what hung on it. Of the one that stays:
what the merge wrote over. Values that somebody changed since stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from collectors.observation import Category
from parc.models import (
    Asset,
    AssetField,
    Base,
    Device,
    LifecycleState,
    MergedAsset,
    Movement,
    MovementStatus,
    table_of,
)
from parc.reconcile.told_rows import told_rows, told_values
from parc.services import asset_sources
from parc.services.assets import show_address
from parc.services.change_sets import attempt, note
from parc.services.row_images import UNTRACKED_COLUMNS, Row, RowImage, loaded, stored, table_named

# What lists show of devices, which no history tells.
COPIED: Final = ("primary_address", "primary_address_sort", "last_seen_at")
_MEMBERS: Final = {"category": Category, "lifecycle_state": LifecycleState}
Changes = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Hung:
    """What hung on a record.

    Attributes:
        links: rows that came over, by ``link_token``.
        doubled: rows that went, since the record that stays has the like, by table.
        movements: those that counted, by status.
        records: ids of those that had been merged into it before.
    """

    links: Sequence[str]
    doubled: Mapping[str, Sequence[Row]]
    movements: Mapping[int, str]
    records: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A record as JSON takes it: its row, and whose each of its fields is."""

    row: Row
    fields: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a record.

    Attributes:
        values: what each of its devices says, and then what others tell of it.
        others: what others tell.
    """

    devices: Sequence[Device]
    values: Sequence[Mapping[str, tuple[Any, Any]]]
    others: Mapping[str, tuple[Any, Any]]

    @classmethod
    def of(cls, session: Session, asset: Asset) -> Told:
        """Read the devices of a record, and what hangs on it that others tell."""
        query = sa.select(Device).where(Device.asset_id == asset.id).order_by(Device.id)
        devices = session.scalars(query.options(undefer(Device.words))).all()
        said = [asset_sources.machine_values(device) for device in devices]
        others = told_values(told_rows(session, asset.id).values())
        return cls(devices, [*said, others], others)

    def leading(self, session: Session, asset: Asset) -> dict[str, tuple[Any, Any]]:
        """Give what the leading device says, and what others tell where it says nothing."""
        return {**self.others, **asset_sources.leading_values(session, asset)}

    def says(self, asset: Asset, name: str) -> bool:
        """Tell whether anyone says the present value of a field."""
        present = getattr(asset, name)
        return any(name in one and one[name][0] == present for one in self.values)

    def show_address(self, session: Session, asset: Asset) -> None:
        """Copy the address of a device for lists, unless it is that of one already."""
        if asset.primary_address is None and not self.devices:
            return
        if asset.primary_address not in {device.address for device in self.devices}:
            show_address(session, asset)


def whole(session: Session, asset: Asset) -> Whole:
    """Give a record as it is."""
    query = sa.select(AssetField).where(AssetField.asset_id == asset.id)
    fields = {row.field: as_row(row) for row in session.scalars(query.order_by(AssetField.field))}
    return Whole(as_row(asset), fields)


def kept(
    ended: Whole, stayed: Whole, into: Asset, names: Iterable[str], hung: Hung
) -> dict[str, Any]:
    """Give what is kept of a merge.

    Args:
        ended, stayed: both records as they were before.
        into: the one that stays, as it is now.
        names: the fields that the merge may have written.
        hung: what came over with the one that ended.
    """
    now = stored({name: getattr(into, name) for name in names})
    taken = {
        name: {"before": stayed.row[name], "after": after, "source": stayed.fields.get(name)}
        for name, after in now.items()
        if after != stayed.row[name]
    }
    return {
        "row": ended.row,
        "fields": list(ended.fields.values()),
        "taken": taken,
        "links": sorted(hung.links),
        "doubled": hung.doubled,
        "movements": {str(number): status for number, status in hung.movements.items()},
        "records": list(hung.records),
    }


def give_back(session: Session, back: MergedAsset) -> Asset:
    """Make the record that had ended again, with whose its fields were; ``back`` goes.

    Records that had been merged into it are part of it again.
    """
    made = dict(back.kept or {})
    _insert(session, "asset", (back.id,), made["row"])
    for row in made["fields"]:
        _insert(session, "asset_field", (back.id, row["field"]), row)
    ids, of = made.get("records", ()), MergedAsset.asset_id == back.asset_id
    for one in session.scalars(sa.select(MergedAsset).where(MergedAsset.id.in_(ids), of)):
        one.asset_id = back.id
    session.delete(back)
    session.flush()
    return session.get_one(Asset, back.id, populate_existing=True)


def follow_devices(session: Session, asset: Asset, at: datetime) -> None:
    """Write what the devices of a record that came back say, where none says it as it was."""
    told = Told.of(session, asset)
    for name, (value, source) in told.leading(session, asset).items():
        row = session.get(AssetField, (asset.id, name))
        if row is not None and row.source is source and not told.says(asset, name):
            setattr(asset, name, value)
            asset_sources.put_source(session, asset.id, name, source, at=at)
    told.show_address(session, asset)
    moments = [device.last_seen_at for device in told.devices]
    asset.last_seen_at = max(filter(None, (asset.last_seen_at, *moments)), default=None)


def put_back(
    session: Session, taken: Mapping[str, Any], asset: Asset, without: Collection[str]
) -> Changes:
    """Write what the merge wrote over back into the record that stays, where nobody did since."""
    table, changes = table_of(Asset), Changes()
    for name, one in taken.items():
        present = getattr(asset, name, None)
        if name in without or name not in table.c or stored({name: present})[name] != one["after"]:
            continue
        before = _existing(session, table, loaded(table, {name: one["before"]}))[name]
        if name in _MEMBERS and before is not None:
            before = _MEMBERS[name](before)
        setattr(asset, name, before)
        _put_source_back(session, asset.id, name, one["source"])
        if name not in COPIED:
            changes[name] = (present, before)
    session.flush()
    return changes


def take_up_again(
    session: Session,
    models: Iterable[type[Base]],
    made: Mapping[str, Any],
    new: Asset,
    at: datetime,
) -> None:
    """Let what a merge of ``at`` had ended hold again, for the record that came back.

    Args:
        made: what the merge has kept.
    """
    _count_again(session, made["movements"], new, at)
    _give_doubled_back(session, models, made.get("doubled", {}))


def _count_again(session: Session, movements: Mapping[str, str], new: Asset, at: datetime) -> None:
    """Let the movements count again that the merge had closed."""
    ids = [int(number) for number in movements]
    query = sa.select(Movement).where(Movement.id.in_(ids), Movement.asset_id == new.id)
    for row in session.scalars(query):
        if row.status is MovementStatus.CANCELLED and row.cancelled_at == at:
            row.status = MovementStatus(movements[str(row.id)])
            row.cancelled_at = row.cancelled_by = row.cancelled_reason = None
    session.flush()


def link_token(row: Base) -> str:
    """Name a row that hangs on an asset: its table and its id."""
    (key,) = sa.inspect(row).mapper.primary_key_from_instance(row)
    return f"{row.__tablename__}:{key}"


def move_links(
    session: Session,
    models: Iterable[type[Base]],
    tokens: Collection[str],
    asset: Asset,
    new: Asset,
) -> None:
    """Let the named rows that hang on one asset hang on another."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for token in tokens:
        table, _colon, number = token.partition(":")
        if number.isdecimal():
            wanted[table].add(int(number))
    for model in models:
        column = link_column(model)
        attribute = sa.inspect(model).get_property_by_column(column)
        key = sa.inspect(model).primary_key[0]
        ids = sorted(wanted.get(model.__tablename__, ()))
        for row in session.scalars(sa.select(model).where(key.in_(ids), column == asset.id)):
            setattr(row, attribute.key, new.id)
    session.flush()


def link_column(model: type[Base]) -> sa.Column[Any]:
    """Give the column by which rows hang on an asset."""
    found: sa.Column[Any] = next(
        key.parent for key in table_of(model).foreign_keys if key.column.table.name == "asset"
    )
    return found


class Doubles:
    """What of the rows of a model an asset can have only once: a seat of a licence, an incident."""

    def __init__(self, session: Session, model: type[Base], asset_id: int) -> None:
        """Read what the asset has."""
        table, column = table_of(model), link_column(model)
        self._names = [
            [one.name for one in constraint.columns if one.name != column.name]
            for constraint in table.constraints
            if isinstance(constraint, sa.UniqueConstraint) and column.name in constraint.columns
        ]
        rows = session.scalars(sa.select(model).where(column == asset_id)) if self._names else ()
        self._held = {key for row in rows for key in self._keys(row)}

    def __contains__(self, row: object) -> bool:
        """Tell whether the asset has the like of a row."""
        return not self._held.isdisjoint(self._keys(row))

    def _keys(self, row: object) -> Iterator[tuple[int, tuple[Any, ...]]]:
        for number, names in enumerate(self._names):
            values = tuple(getattr(row, name) for name in names)
            if None not in values:
                yield number, values


def _give_doubled_back(
    session: Session, models: Iterable[type[Base]], doubled: Mapping[str, Sequence[Row]]
) -> None:
    """Make the rows again that a merge had let go; one that has no place any more stays away.

    Its licence, incident or field may be gone, or its value another's since.
    """
    for model in models:
        table = table_of(model)
        for row in doubled.get(model.__tablename__, ()):
            known = {name: value for name, value in row.items() if name in table.c}
            values = _existing(session, table, loaded(table, known))
            (key,) = table.primary_key.columns
            if session.get(model, values[key.name]) is not None:
                del values[key.name]
            with suppress(IntegrityError), attempt(session):
                session.add(model(**values))
                session.flush()


def as_row(one: Base) -> Row:
    """Give a row as JSON takes it."""
    names = [attribute.key for attribute in sa.inspect(type(one)).column_attrs]
    table = one.__tablename__
    return stored({n: getattr(one, n) for n in names if (table, n) not in UNTRACKED_COLUMNS})


def _insert(session: Session, name: str, key: tuple[Any, ...], row: Row) -> None:
    table = table_named(name)
    known = {column: value for column, value in row.items() if column in table.c}
    values = _existing(session, table, loaded(table, known))
    session.execute(sa.insert(table).values(**values))
    note(session, name, [(key, RowImage(None, stored(values)))])


def _existing(session: Session, table: sa.Table, row: Row) -> Row:
    """Leave out what points at a row that is gone since."""
    row = dict(row)
    for key in table.foreign_keys:
        value = row.get(key.parent.name)
        if value is not None:
            query = sa.select(sa.exists().where(key.column == value))
            if not session.scalar(query):
                row[key.parent.name] = None
    return row


def _put_source_back(session: Session, asset_id: int, field: str, source: Row | None) -> None:
    row = session.get(AssetField, (asset_id, field))
    if row is not None:
        session.delete(row)
        session.flush()
    if source is not None:
        _insert(session, "asset_field", (asset_id, field), source)
