"""The changes that a plan is made of: frozen, sortable, printable; pure.

*Changes* are what a person would call one: they are counted, shown and written to the history.
*Sightings* are what every sweep brings: that a device is there, how full a disk is, how much
toner is left. They are stored, and make no plan less empty.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from parc.reconcile.identity import Key
from parc.reconcile.known import FieldSource, Sign, Table, Value
from parc.reconcile.matching import Match
from parc.reconcile.rules import TEXTS, Reason
from parc.told_values import NOT_HEARD, Heard, Words


@dataclass(frozen=True, slots=True)
class DeviceRef:
    """A device: its id, or None for one that the plan creates, with the address where it is."""

    address: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a device, an asset or a row, and by which means the new value was seen.

    Attributes:
        silent: the source that gave way, since it has not spoken for long.
    """

    field: str
    before: Value
    after: Value
    source: FieldSource = FieldSource.SNMP
    silent: FieldSource | None = None


class RowAction(enum.StrEnum):
    """What becomes of a row; rows that are gone are kept, with the moment."""

    ADDED = "added"
    CHANGED = "changed"
    GONE = "gone"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a device.

    Attributes:
        values: the row afterwards, in the order of ``ROW_COLUMNS``.
        row_id: None for an added one.
        changes: fields that differ.
    """

    device: DeviceRef
    table: Table
    action: RowAction
    key: str
    values: tuple[Value, ...]
    row_id: int | None = None
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A row that a complete reading lacked, with how many did; 0 when that is over."""

    table: Table
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class CreateDevice:
    """A device that was not known.

    Attributes:
        match: what was considered before it was taken for new.
        rows: all of them ``ADDED``.
    """

    device: DeviceRef
    fields: tuple[FieldChange, ...]
    match: Match
    rows: tuple[RowChange, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateDevice:
    """Fields of a known device that differ, with the key that found it."""

    device: DeviceRef
    changes: tuple[FieldChange, ...]
    match: Match


@dataclass(frozen=True, slots=True)
class Absent:
    """A device whose address was swept and that did not answer; nothing is retired."""

    device: DeviceRef
    name: str


@dataclass(frozen=True, slots=True)
class Returned:
    """An absent device that answered again."""

    device: DeviceRef


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key that several devices show; it identifies none of them.

    Attributes:
        shown: the key.
        others: the other devices, as far as they are known.
        reasons: why none of them was taken for this one.
        assets: assets that have the key and that the device was not linked to.
    """

    device: DeviceRef
    shown: Key
    others: tuple[int, ...]
    reasons: tuple[Reason, ...]
    assets: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Give the key in words, with its kind."""
        return f"{self.shown.kind}: {self.shown.value}"

    @property
    def others_text(self) -> str:
        """Give whom else it concerns: ids of devices, then assets."""
        devices, assets = map(str, self.others), (f"asset {number}" for number in self.assets)
        return ", ".join((*devices, *assets))

    @property
    def text(self) -> str:
        """Give the reasons in words."""
        return "; ".join(TEXTS[reason] for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class CreateAsset:
    """An asset for a device, because of its category."""

    device: DeviceRef
    fields: tuple[FieldChange, ...]
    location_id: int | None


@dataclass(frozen=True, slots=True)
class LinkAsset:
    """An asset that has the device's manufacturer and serial number.

    Attributes:
        asset_id: None for one that the plan creates for the device ``made_for``.
    """

    device: DeviceRef
    asset_id: int | None
    reason: str
    made_for: DeviceRef | None = None


@dataclass(frozen=True, slots=True)
class UpdateAsset:
    """Fields of an asset that its device says differently and that no person has set."""

    asset_id: int
    device: DeviceRef
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class SeeDifference:
    """A machine's value where a person's stands."""

    asset_id: int
    field: str
    kept: Value
    seen_value: str
    source: FieldSource
    difference_id: int | None = None


@dataclass(frozen=True, slots=True)
class SettleDifference:
    """A difference whose cause is gone: the machine now says what the person said."""

    asset_id: int
    field: str
    difference_id: int


Change = (
    CreateDevice
    | UpdateDevice
    | RowChange
    | Absent
    | Returned
    | Conflict
    | CreateAsset
    | LinkAsset
    | UpdateAsset
    | SeeDifference
    | SettleDifference
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that was seen, with what is stored without being called a change.

    Attributes:
        asset_id: its asset before the plan.
        signs: those of its category, when they are to be replaced.
        match: what found it, when it is to be kept: only of a device that changes.
        missed: rows whose count of readings that lack them changes.
        heard: when each source spoke last.
        words: what each source last said, when that has changed.
    """

    device: DeviceRef
    addresses: tuple[str, ...]
    seen_at: datetime
    asset_id: int | None = None
    fields: tuple[FieldChange, ...] = ()
    rows: tuple[RowChange, ...] = ()
    signs: frozenset[Sign] | None = None
    match: Match | None = None
    missed: tuple[MissedRow, ...] = ()
    heard: Heard = field(default_factory=lambda: NOT_HEARD)
    words: Words | None = None
