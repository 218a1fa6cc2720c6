"""What of a plan is an event for the rules of incidents: memory, disks and serial numbers; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from parc.reconcile.change import (
    Change,
    DeviceRef,
    RowAction,
    RowChange,
    Sighting,
    UpdateDevice,
)
from parc.reconcile.known import ROW_COLUMNS, Table, Value

MEMORY: Final = "memory_bytes"
SERIAL: Final = "serial_number"
SIZE: Final = "size_bytes"
_FIXED_DISK: Final = "fixedDisk"


@dataclass(frozen=True, slots=True)
class Event:
    """A value of a device, or of a row of it, that is another than before.

    Attributes:
        field: ``memory_bytes``, ``serial_number`` or ``size_bytes``.
        table, key: of a disk, its row.
        name: what a disk is called.
        after: None for a part that is gone.
    """

    device: DeviceRef
    field: str
    before: Value
    after: Value
    table: Table | None = None
    key: str = ""
    name: str = ""


def events_of(changes: Iterable[Change], sightings: Iterable[Sighting] = ()) -> Iterator[Event]:
    """Give the events in a plan: what was not known before is none.

    Args:
        sightings: sizes of file systems are stored with them, being no change of the plan.
    """
    for change in changes:
        if isinstance(change, UpdateDevice):
            for one in change.changes:
                is_known = one.before is not None and one.after is not None
                if one.field in (MEMORY, SERIAL) and is_known:
                    yield Event(change.device, one.field, one.before, one.after)
        elif isinstance(change, RowChange):
            yield from _of_disk(change)
    for sighting in sightings:
        for row in sighting.rows:
            yield from _of_disk(row)


def _of_disk(change: RowChange) -> Iterator[Event]:
    values = dict(zip(ROW_COLUMNS.get(change.table, ()), change.values, strict=False))
    if not _is_disk(change.table, values):
        return
    name = str(values.get("name") or values.get("description") or change.key)
    disk = (change.table, change.key, name)
    if change.action is RowAction.GONE and change.table is Table.COMPONENT:
        yield Event(change.device, SIZE, values[SIZE], None, *disk)
        return
    for one in change.changes:
        if one.field == SIZE and one.before and one.after is not None:
            yield Event(change.device, SIZE, one.before, one.after, *disk)


def _is_disk(table: Table, values: Mapping[str, Value]) -> bool:
    if table is Table.COMPONENT:
        return values.get(SIZE) is not None
    return table is Table.STORAGE and values.get("storage_type") == _FIXED_DISK
