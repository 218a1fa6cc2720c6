"""What the database knows, as far as a batch of observations may touch it; plain values.

Fields and rows are kept by column name, so that one comparison serves all tables. Texts and
numbers are cut to what the columns hold before they are compared: else a value that does not fit
would be a change in every sweep.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from collectors.observation import Category
from parc.precedence import ValueSource
from parc.reconcile.ignored import NOTHING, Ignored
from parc.told_values import NO_WORDS, NOT_HEARD, Heard, Words

FieldSource = ValueSource
Value = str | int | bool | tuple[str, ...] | None
Values = Mapping[str, Value]
Sign = tuple[Category, float, str]

SMALL: Final = 2**31 - 1
LARGE: Final = 2**63 - 1
LONG_TEXT: Final = 1_000_000


class Status(enum.StrEnum):
    """How a device stands; the words of ``parc.models.DeviceStatus``."""

    UNKNOWN = "unknown"
    LINKED = "linked"
    IGNORED = "ignored"


class Table(enum.StrEnum):
    """The rows of a device; the names of their tables."""

    INTERFACE = "interface"
    COMPONENT = "component"
    SUPPLY = "supply"
    STORAGE = "storage"
    SERVICE = "service"
    LIFE_COUNT = "life_count"
    TRAY = "tray"
    BATTERY = "battery"
    OUTLET = "outlet"
    INSTALLATION = "installation"
    MANAGED_DEVICE = "managed_device"
    HOST_ENTRY = "host_entry"
    PACKAGE = "package"  # in the table of installations, those that agents tell


# Each column with the longest text or the largest number that it holds; 0 for truth and lists.
DEVICE_COLUMNS: Final[Mapping[str, int]] = {
    "sys_name": 255,
    "host_name": 255,
    "sys_descr": LONG_TEXT,
    "sys_object_id": 255,
    "sys_location": 255,
    "sys_contact": 255,
    "system_uuid": 36,
    "agent_id": 100,
    "asset_tag": 60,
    "engine_id": 64,
    "chassis_id": 255,
    "base_mac_address": 17,
    "oui_manufacturer": 255,
    "manufacturer": 255,
    "model_name": 255,
    "serial_number": 255,
    "category": 40,
    "category_source": 40,
    "operating_system": 255,
    "software_revision": 255,
    "firmware_revision": 255,
    "hardware_revision": 255,
    "definition": 60,
    "reasons": 0,
    "processor_count": SMALL,
    "memory_bytes": LARGE,
    "console_message": 255,
}
ROW_COLUMNS: Final[Mapping[Table, Mapping[str, int]]] = {
    Table.INTERFACE: {
        "if_index": SMALL,
        "if_descr": 255,
        "if_name": 255,
        "if_alias": 255,
        "if_type": SMALL,
        "if_mtu": LARGE,
        "if_high_speed": LARGE,
        "if_phys_address": 64,
        "if_admin_status": SMALL,
        "if_oper_status": SMALL,
        "addresses": 0,
    },
    Table.COMPONENT: {
        "contained_in": SMALL,
        "component_class": 40,
        "name": 255,
        "description": 255,
        "manufacturer": 255,
        "model_name": 255,
        "serial_number": 255,
        "hardware_revision": 255,
        "firmware_revision": 255,
        "software_revision": 255,
        "is_field_replaceable": 0,
        "size_bytes": LARGE,
    },
    Table.SUPPLY: {
        "description": 255,
        "supply_type": 40,
        "unit": 40,
        "capacity": LARGE,
        "level": LARGE,
        "is_some_left": 0,
    },
    Table.STORAGE: {
        "storage_type": 40,
        "description": 255,
        "size_bytes": LARGE,
        "used_bytes": LARGE,
    },
    Table.SERVICE: {"name": 100, "product": 200, "version": 100, "is_guess": 0},
    Table.LIFE_COUNT: {"count": LARGE, "unit": 40},
    Table.TRAY: {
        "name": 255,
        "media_name": 255,
        "unit": 40,
        "capacity": LARGE,
        "level": LARGE,
        "is_some_left": 0,
        "is_available": 0,
    },
    Table.BATTERY: {
        "battery_status": 40,
        "output_source": 40,
        "charge_percent": SMALL,
        "minutes_remaining": SMALL,
        "seconds_on_battery": SMALL,
        "temperature_celsius": SMALL,
        "load_percent": SMALL,
        "is_replacement_needed": 0,
    },
    Table.OUTLET: {"name": 255, "is_on": 0},
    Table.INSTALLATION: {"name": 300, "software_type": 40, "installed_on": 10},
    Table.MANAGED_DEVICE: {
        "kind": 40,
        "name": 255,
        "manufacturer": 255,
        "model_name": 255,
        "serial_number": 255,
        "mac_address": 17,
        "address": 45,
        "operating_system": 255,
        "software_revision": 255,
        "state": 40,
    },
    Table.HOST_ENTRY: {
        "kind": 40,
        "name": 255,
        "manufacturer": 255,
        "model_name": 255,
        "serial_number": 255,
        "version": 255,
        "state": 40,
        "size_bytes": LARGE,
        "used_bytes": LARGE,
        "core_count": SMALL,
        "thread_count": SMALL,
        "speed_mhz": SMALL,
        "dated": 10,
        "facts": 0,
    },
    Table.PACKAGE: {
        "name": 300,
        "version": 100,
        "publisher": 255,
        "architecture": 40,
        "software_type": 40,
        "origin": 40,
        "user_name": 100,
        "installed_on": 10,
    },
}
KEY_CHARACTERS: Final = 300
REASON_CHARACTERS: Final = 200


def fit(value: object, most: int) -> Value:
    """Give ``value`` as its column holds it: text cut, a number that does not fit as None."""
    if isinstance(value, bool) or value is None:
        return value
    if type(value) is str and len(value) <= most and "\0" not in value:
        return value or None  # most often
    if isinstance(value, int):
        return value if -most <= value <= most else None
    if isinstance(value, tuple):
        return tuple(str(part) for part in value)
    text = str(value).replace("\0", "")[:most]
    return text or None


@dataclass(frozen=True, slots=True)
class KnownRow:
    """One stored row of a device; ``values`` in the order of ``ROW_COLUMNS``."""

    id: int
    values: tuple[Value, ...]
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """How many readings lacked a row in a row, one a run, and when the last was taken."""

    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """One stored device.

    Attributes:
        fields: every name of ``DEVICE_COLUMNS``.
        rows: by table and key; tables that were not loaded are empty.
        signs: why it is thought to be of its category.
        missed: rows that complete readings lacked of late, by table and key.
        words: what each source last said.
        heard: when each source spoke last.
    """

    id: int
    address: str
    fields: Values
    status: Status = Status.UNKNOWN
    asset_id: int | None = None
    range_id: int | None = None
    rows: Mapping[Table, Mapping[str, KnownRow]] = field(default_factory=lambda: _NO_ROWS)
    signs: frozenset[Sign] = frozenset()
    is_absent: bool = False
    ignored_until: datetime | None = None
    last_seen_at: datetime | None = None
    missed: Mapping[Table, Mapping[str, Missed]] = field(default_factory=lambda: _NONE_MISSED)
    words: Words = field(default_factory=lambda: NO_WORDS)
    heard: Heard = field(default_factory=lambda: NOT_HEARD)


_NO_ROWS: Final[Mapping[Table, Mapping[str, KnownRow]]] = MappingProxyType({})
_NONE_MISSED: Final[Mapping[Table, Mapping[str, Missed]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """What a machine was seen to say where a person's value stands."""

    id: int
    seen_value: str


@dataclass(frozen=True, slots=True)
class KnownSibling:
    """One device of an asset: whether it is there, and only the controller of a host."""

    id: int
    is_absent: bool = False
    is_controller: bool = False


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """One stored asset.

    Attributes:
        fields: every name of ``parc.naming.MACHINE_FIELDS``, and ``primary_address``.
        sources: who set a field; one that is not there may be set by machines.
        devices: all of its devices, seen or not.
        asset_tag: our label on it.
        locks: when the locks of people's values run out or ended; None for those that hold.
        kept_against: sources whose word against the value of a field is no difference any more.
    """

    id: int
    fields: Values
    sources: Mapping[str, FieldSource] = field(default_factory=dict)
    differences: Mapping[str, KnownDifference] = field(default_factory=dict)
    devices: tuple[KnownSibling, ...] = ()
    asset_tag: str = ""
    locks: Mapping[str, datetime | None] = field(default_factory=dict)
    kept_against: Mapping[str, frozenset[FieldSource]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """All that a plan may touch; the order of neither says anything.

    Attributes:
        ignored: keys that people said identify nothing.
    """

    devices: tuple[KnownDevice, ...] = ()
    assets: tuple[KnownAsset, ...] = ()
    ignored: Ignored = NOTHING
