"""Write a plan into the database, in bulk, with its history; the caller commits, once.

Nothing here decides: what a plan says is done as it stands. Within one transaction with ``load``
(``is_for_apply``) it is whole or not there at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.agent.kinds import Kind
from collectors.observation import Category
from parc.models import (
    Asset,
    AssetField,
    CategorySign,
    Device,
    DeviceStatus,
    Difference,
    LifecycleState,
    Movement,
    ValueSource,
    table_of,
)
from parc.naming import MACHINE_FIELDS, address_sort
from parc.reconcile.bulk import chunks, insert_rows
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
    Sighting,
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.found_by import to_stored
from parc.reconcile.history import History
from parc.reconcile.known import DEVICE_COLUMNS, ROW_COLUMNS, FieldSource, Table, Value
from parc.reconcile.load import INSTALLED_BY, MODELS
from parc.reconcile.missing import write_missed
from parc.reconcile.noting import note_plan, read_before
from parc.reconcile.planned import Counts, Plan
from parc.reconcile.readings import write_readings
from parc.services.actor import Actor
from parc.services.asset_search import refresh_search_texts
from parc.services.asset_tags import next_asset_tags
from parc.services.movement_writing import entry_row
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_titles import raw_title, titles_for
from parc.services.touched_assets import follow_later
from parc.told_values import NO_WORDS, stored_heard, stored_words

_SEARCHED_FIELDS: Final = frozenset(
    {"address", "sys_name", "host_name", "base_mac_address", "model_name", "serial_number"}
)
_WITH_FIRST_SEEN: Final = frozenset(
    {Table.INTERFACE, Table.COMPONENT, Table.INSTALLATION, Table.HOST_ENTRY, Table.PACKAGE}
)
# What a machine writes is nobody's to lock.
_UNLOCKED: Final = dict.fromkeys(("lock", "locked_at", "locked_until", "locked_by", "kept_against"))


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done.

    Attributes:
        devices: address that was seen to the id of its device.
    """

    counts: Counts
    devices: Mapping[str, int]


def apply(plan: Plan, session: Session, actor: Actor, now: datetime) -> Applied:
    """Write all changes and sightings of ``plan``.

    Args:
        actor: a run (``for_run``), or a person who let a held plan through.
        now: moment of the changes; when devices were seen is the observations' own.
    """
    writer = _Writer(plan, session, actor, now)
    writer.write()
    session.expire_all()
    devices = {a: writer.ids[s.device] for s in plan.sightings for a in s.addresses}
    return Applied(plan.counts, devices)


class _Writer:
    """The working state of one apply: ids of what is new, and values to update by id."""

    def __init__(self, plan: Plan, session: Session, actor: Actor, now: datetime) -> None:
        self.plan = plan
        self.session = session
        self.actor = actor
        self.now = now
        self.ids: dict[DeviceRef, int] = {}
        self.asset_of: dict[int, int] = {}
        self.device_values: dict[int, dict[str, Any]] = defaultdict(dict)
        self.asset_values: dict[int, dict[str, Any]] = defaultdict(dict)
        self.asset_fields: dict[tuple[int, str], FieldSource] = {}
        self.searched: set[int] = set()
        self.by_type: dict[type, list[Any]] = defaultdict(list)
        for change in plan.changes:
            self.by_type[type(change)].append(change)

    def write(self) -> None:
        """Write in the order in which foreign keys need it."""
        before = read_before(self.session, self.plan)
        installed = self._with_software()
        present = read_presence(self.session, [ref.id for ref in installed if ref.id is not None])
        self._create_devices()
        for sighting in self.plan.sightings:
            self._see(sighting)
        self._create_assets()
        for change in self.plan.changes:
            if take := _TAKERS.get(type(change)):
                take(self, change)
        self._update(Device, self.device_values)
        self._update(Asset, self.asset_values)
        self._write_rows()
        if installed:
            then = read_presence(self.session, [self.ids[ref] for ref in installed])
            note_presence(self.session, present, then, self.now)
        write_readings(self.session, self.plan, self.ids)
        write_missed(self.session, self.plan, self.ids)
        self._write_signs()
        self._write_sources()
        self._write_differences()
        self._touch_assets()
        refresh_search_texts(self.session, self.searched)
        note_plan(self.session, self.plan, self.ids, self.asset_of, before, self.now)
        History(self.session, self.actor, self.now, self.ids, self.asset_of).write(self.plan)

    def _create_devices(self) -> None:
        creates: list[CreateDevice] = self.by_type[CreateDevice]
        seen = {s.device: s for s in self.plan.sightings}
        rows = [
            {
                **dict.fromkeys(DEVICE_COLUMNS),
                "reasons": [],
                **{c.field: _stored(c.after) for c in create.fields},
                "status": DeviceStatus.UNKNOWN,
                "address": create.device.address,
                "range_id": self.plan.policy.range_id,
                "created_match": to_stored(create.match, self.now, self.actor.run_id),
                "first_seen_at": seen[create.device].seen_at,
                "last_seen_at": seen[create.device].seen_at,
                "heard": stored_heard(seen[create.device].heard),
                "words": stored_words(seen[create.device].words or NO_WORDS),
            }
            for create in creates
        ]
        numbers = self._insert(Device, rows)
        self.ids |= {c.device: n for c, n in zip(creates, numbers, strict=True)}

    def _insert(self, model: type[Device | Asset], rows: list[dict[str, Any]]) -> list[int]:
        """Insert and give the new ids in the order of ``rows``."""
        if not rows:
            return []
        statement = sa.insert(model).returning(model.id, sort_by_parameter_order=True)
        return list(self.session.scalars(statement, rows))

    def _see(self, sighting: Sighting) -> None:
        if sighting.device.id is None:
            return
        self.ids[sighting.device] = sighting.device.id
        values = self.device_values[sighting.device.id]
        values["last_seen_at"] = sighting.seen_at
        values["heard"] = stored_heard(sighting.heard)
        if sighting.words is not None:
            values["words"] = stored_words(sighting.words)
        values |= {c.field: _stored(c.after) for c in sighting.fields}
        if sighting.match is not None:
            values["last_match"] = to_stored(sighting.match, self.now, self.actor.run_id)
        if sighting.asset_id is not None:
            self.asset_of[sighting.device.id] = sighting.asset_id

    def _create_assets(self) -> None:
        creates: list[CreateAsset] = self.by_type[CreateAsset]
        told = [{change.field: change.after for change in one.fields} for one in creates]
        tags = next_asset_tags(self.session, [Category(str(values["category"])) for values in told])
        rows = []
        for create, given, tag in zip(creates, told, tags, strict=True):
            values = dict.fromkeys(MACHINE_FIELDS) | given
            rows.append(
                {
                    **values,
                    "asset_tag": tag,
                    "primary_address_sort": address_sort(create.device.address),
                    "location_id": create.location_id,
                    "lifecycle_state": LifecycleState.IN_USE,
                    "created_at": self.now,
                    "updated_at": self.now,
                }
            )
        numbers = self._insert(Asset, rows)
        entries = [
            entry_row(self.actor, number, row, self.now)
            for number, row in zip(numbers, rows, strict=True)
        ]
        if entries:
            insert_rows(self.session, Movement, entries)
        for create, asset_id in zip(creates, numbers, strict=True):
            self._note_sources(asset_id, create.fields)
            if create.location_id is not None:
                self.asset_fields[asset_id, "location_id"] = FieldSource.SNMP
            self._link(create.device, asset_id)

    def _link(self, device: DeviceRef, asset_id: int) -> None:
        number = self.ids[device]
        self.asset_of[number] = asset_id
        self.device_values[number] |= {"asset_id": asset_id, "status": DeviceStatus.LINKED}
        self.searched.add(asset_id)

    def _note_sources(self, asset_id: int, changes: Iterable[FieldChange]) -> None:
        for change in changes:
            if change.field != "primary_address":
                self.asset_fields[asset_id, change.field] = change.source

    def take_update(self, change: UpdateDevice) -> None:
        """Note the new values of a device."""
        number = self.ids[change.device]
        values = {c.field: _stored(c.after) for c in change.changes}
        if "status" in values:
            values |= {"ignore_reason": None, "ignored_until": None}
        self.device_values[number] = {**values, **self.device_values[number]}
        if values.keys() & _SEARCHED_FIELDS and number in self.asset_of:
            self.searched.add(self.asset_of[number])

    def take_absent(self, change: Absent) -> None:
        """Note since when a device does not answer."""
        if change.device.id is not None:
            self.ids[change.device] = change.device.id
            self.device_values[change.device.id]["absent_since"] = self.now

    def take_returned(self, change: Returned) -> None:
        """Note that a device answers again."""
        self.device_values[self.ids[change.device]]["absent_since"] = None

    def take_link(self, change: LinkAsset) -> None:
        """Give a device the asset that was there."""
        if change.made_for is not None:
            self._link(change.device, self.asset_of[self.ids[change.made_for]])
        elif change.asset_id is not None:
            self._link(change.device, change.asset_id)

    def take_asset(self, change: UpdateAsset) -> None:
        """Note the new values of an asset."""
        values: dict[str, Any] = {c.field: c.after for c in change.changes}
        if "primary_address" in values:
            values["primary_address_sort"] = address_sort(values["primary_address"])
        self.asset_values[change.asset_id] |= {**values, "updated_at": self.now}
        self._note_sources(change.asset_id, change.changes)
        self.searched.add(change.asset_id)

    def _update(self, model: type[Any], values: Mapping[int, Mapping[str, Any]]) -> None:
        """Update by id; rows with the same columns come together, for one statement each."""
        rows = [{"id": number, **dict(sorted(v.items()))} for number, v in values.items() if v]
        rows.sort(key=lambda row: (tuple(row), row["id"]))
        if rows:
            self.session.execute(sa.update(model), rows)

    def _row_changes(self) -> Iterator[RowChange]:
        for create in self.by_type[CreateDevice]:
            yield from create.rows
        yield from self.by_type[RowChange]
        for sighting in self.plan.sightings:
            yield from sighting.rows

    def _with_software(self) -> list[DeviceRef]:
        """Give the devices on which software comes, goes or changes."""
        found = {row.device for row in self._row_changes() if row.table in INSTALLED_BY}
        return sorted(found, key=lambda ref: (ref.id or 0, ref.address))

    def _give_titles(
        self,
        added: Mapping[Table, list[dict[str, Any]]],
        changed: Mapping[Table, dict[int, dict[str, Any]]],
    ) -> None:
        """Let what is installed know what its texts mean."""
        present = {
            row.row_id: row
            for row in self._row_changes()
            if row.table in INSTALLED_BY and row.row_id is not None
        }
        texts = {
            number: dict(zip(ROW_COLUMNS[row.table], row.values, strict=True))
            for number, row in present.items()
        }
        new = [row for table in INSTALLED_BY for row in added.get(table, ())]
        raws = {raw_title(row) for row in (*new, *texts.values())}
        titles = titles_for(self.session, raws, self.now) if raws else {}
        for row in new:
            row["title_id"] = titles[raw_title(row)]
        for table in INSTALLED_BY:
            for number, values in changed.get(table, {}).items():
                values["title_id"] = titles[raw_title(texts[number])]
                if "version" in values:
                    old = next(c.before for c in present[number].changes if c.field == "version")
                    values |= {"retitled_at": self.now, "version_before": old}

    def _write_rows(self) -> None:
        added: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        changed: dict[Table, dict[int, dict[str, Any]]] = defaultdict(dict)
        for create in self.by_type[CreateDevice]:
            for row in create.rows:
                added[row.table].append(self._added(row))
        quiet = (row for sighting in self.plan.sightings for row in sighting.rows)
        for row in (*self.by_type[RowChange], *quiet):
            if row.row_id is None:
                added[row.table].append(self._added(row))
            else:
                changed[row.table][row.row_id] = self._changed(row)
            asset_id = self.asset_of.get(self.ids[row.device])
            if asset_id is not None and row.table is Table.INTERFACE:
                self.searched.add(asset_id)
            elif asset_id is not None and row.key.startswith(Kind.PROCESSOR):
                follow_later(self.session, [asset_id])  # licences by core
        self._give_titles(added, changed)
        for table, rows in added.items():
            insert_rows(self.session, MODELS[table], rows)
        for table, values in changed.items():
            self._update(MODELS[table], values)

    def _added(self, row: RowChange) -> dict[str, Any]:
        values = dict(zip(ROW_COLUMNS[row.table], map(_stored, row.values), strict=True))
        if row.table is Table.INTERFACE:
            values["addresses"] = values["addresses"] or []
        elif row.table is Table.HOST_ENTRY:
            values["facts"] = values["facts"] or []
        elif row.table in INSTALLED_BY:
            values["source"] = INSTALLED_BY[row.table]
        if row.table in _WITH_FIRST_SEEN:
            values["first_seen_at"] = self.now
        return {"device_id": self.ids[row.device], "key": row.key, **values}

    def _changed(self, row: RowChange) -> dict[str, Any]:
        values: dict[str, Any] = {c.field: _stored(c.after) for c in row.changes}
        if row.action is RowAction.GONE:
            values["gone_at"] = self.now
        elif row.action is RowAction.RETURNED:
            values["gone_at"] = None
        return values

    def _write_signs(self) -> None:
        renewed = {self.ids[s.device]: s.signs for s in self.plan.sightings if s.signs is not None}
        for part in chunks(renewed):
            self.session.execute(sa.delete(CategorySign).where(CategorySign.device_id.in_(part)))
        rows = [
            {"device_id": number, "category": category, "weight": weight, "reason": reason}
            for number, signs in renewed.items()
            for category, weight, reason in sorted(signs)
        ]
        if rows:
            insert_rows(self.session, CategorySign, rows)

    def _write_sources(self) -> None:
        """Say for each field that was written by which means, run and when."""
        touched = {asset_id for asset_id, _ in self.asset_fields}
        present: set[tuple[int, str]] = set()
        for part in chunks(touched):
            query = sa.select(AssetField.asset_id, AssetField.field)
            for asset_id, name in self.session.execute(query.where(AssetField.asset_id.in_(part))):
                present.add((asset_id, name))
        rows = [
            {
                "asset_id": asset_id,
                "field": name,
                "source": ValueSource(source.value),
                "user_id": None,
                "run_id": self.actor.run_id,
                "set_at": self.now,
                **_UNLOCKED,
            }
            for (asset_id, name), source in self.asset_fields.items()
        ]
        new = [row for row in rows if (row["asset_id"], row["field"]) not in present]
        old = [row for row in rows if (row["asset_id"], row["field"]) in present]
        if new:
            insert_rows(self.session, AssetField, new)
        if old:
            self.session.execute(sa.update(AssetField), old)

    def _write_differences(self) -> None:
        settled: list[SettleDifference] = self.by_type[SettleDifference]
        for part in chunks([change.difference_id for change in settled]):
            self.session.execute(sa.delete(Difference).where(Difference.id.in_(part)))
        seen: list[SeeDifference] = self.by_type[SeeDifference]
        new, old = [], []
        for change in seen:
            row = {
                "seen_value": change.seen_value,
                "source": ValueSource(change.source.value),
                "since": self.now,
                "is_kept": False,
                "run_id": self.actor.run_id,
            }
            if change.difference_id is None:
                new.append({**row, "asset_id": change.asset_id, "field": change.field})
            else:
                old.append({**row, "id": change.difference_id})
        if new:
            insert_rows(self.session, Difference, new)
        if old:
            self.session.execute(sa.update(Difference), old)

    def _touch_assets(self) -> None:
        """Let assets know when one of their devices was last seen; it never goes back."""
        rows = []
        for sighting in self.plan.sightings:
            asset_id = self.asset_of.get(self.ids[sighting.device])
            if asset_id is not None:
                rows.append({"of": asset_id, "seen": sighting.seen_at})
        if not rows:
            return
        table = table_of(Asset)
        seen = sa.bindparam("seen", type_=table.c.last_seen_at.type)
        statement = (
            sa.update(table)
            .where(
                table.c.id == sa.bindparam("of"),
                sa.or_(table.c.last_seen_at.is_(None), table.c.last_seen_at < seen),
            )
            .values(last_seen_at=seen)
        )
        self.session.connection().execute(statement, rows)


def _stored(value: Value) -> Any:
    """Give a value as its column takes it."""
    return list(value) if isinstance(value, tuple) else value


_TAKERS: Final[Mapping[type[Change], Callable[[_Writer, Any], None]]] = {
    UpdateDevice: _Writer.take_update,
    Absent: _Writer.take_absent,
    Returned: _Writer.take_returned,
    LinkAsset: _Writer.take_link,
    UpdateAsset: _Writer.take_asset,
}
