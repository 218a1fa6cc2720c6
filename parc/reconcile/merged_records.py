"""What a merge keeps of both records, so that a split gives them back as they were.

Of the record that ends: its row, whose each field was, and what hung on it. Of the one that stays:
what the merge wrote over. Values that somebody changed since stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
    Coverage,
    Device,
    LifecycleState,
    MergedAsset,
    Movement,
    MovementStatus,
    table_of,
)
from parc.reconcile.hanging_rows import Doubles, link_column
from parc.reconcile.told_rows import told_rows, told_values
from parc.services import asset_sources
from parc.services.assets import show_address
from parc.services.change_sets import attempt, note
from parc.services.row_images import Row, RowImage, as_row, loaded, stored, table_named

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
) -> list[Base]:
    """Let what a merge of ``at`` had ended hold again, for the record that came back.

    Args:
        made: what the merge has kept.

    Returns:
        rows that are there again.
    """
    _count_again(session, made["movements"], new, at)
    return _give_doubled_back(session, models, made.get("doubled", {}))


def _count_again(session: Session, movements: Mapping[str, str], new: Asset, at: datetime) -> None:
    """Let the movements count again that the merge had closed."""
    ids = [int(number) for number in movements]
    query = sa.select(Movement).where(Movement.id.in_(ids), Movement.asset_id == new.id)
    for row in session.scalars(query):
        if row.status is MovementStatus.CANCELLED and row.cancelled_at == at:
            row.status = MovementStatus(movements[str(row.id)])
            row.cancelled_at = row.cancelled_by = row.cancelled_reason = None
    session.flush()


def _give_doubled_back(
    session: Session, models: Iterable[type[Base]], doubled: Mapping[str, Sequence[Row]]
) -> list[Base]:
    """Make the rows again that a merge had let go; one that has no place any more stays away.

    Its licence, contract, incident or field may be gone, its value another's since, or the asset
    may have the like by now. Cover that a merge made longer is as it was.
    """
    back: list[Base] = []
    for model in models:
        table = table_of(model)
        for row in reversed(doubled.get(model.__tablename__, ())):
            known = {name: value for name, value in row.items() if name in table.c}
            values = _existing(session, table, loaded(table, known))
            (key,) = table.primary_key.columns
            present = session.get(model, values[key.name])
            if isinstance(present, Coverage):
                present.until_on = values["until_on"]
                continue
            if present is not None:
                del values[key.name]
            one = model(**values)
            if Doubles(session, model, values[link_column(model).name]).twin(one) is not None:
                continue
            with suppress(IntegrityError), attempt(session):
                session.add(one)
                session.flush()
                back.append(one)
    return back


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
