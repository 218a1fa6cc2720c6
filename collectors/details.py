"""What only some kinds of device hold: counts and trays of printers, batteries, outlets, software.

Rows as in ``collectors.observation``: plain, frozen, in the words of the MIB they come from;
``None`` was not seen. A table is ``complete`` when it was read to its end and holds something:
an agent without it is no proof that what was there is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class LifeCount:
    """What a printer has counted in its life (Printer-MIB ``prtMarkerLifeCount``, RFC 3805).

    Attributes:
        kind: ``total``, or ``color`` and ``mono`` where the maker's own MIB tells.
        unit: PrtMarkerCounterUnitTC's word: ``impressions``, ``sheets``, ``meters`` …
    """

    kind: str
    count: int
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Tray:
    """One row of prtInputTable (Printer-MIB, RFC 3805).

    Attributes:
        level: in ``unit``; None when the printer does not know, see ``is_some_left``.
        is_available: the lowest three bits of ``prtInputStatus`` say it can be used.
    """

    index: int
    name: str | None = None
    media_name: str | None = None
    unit: str | None = None
    capacity: int | None = None
    level: int | None = None
    is_some_left: bool | None = None
    is_available: bool | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery and output of a power supply (UPS-MIB, RFC 1628, or its maker's MIB).

    Attributes:
        battery_status: RFC 1628's word: ``unknown batteryNormal batteryLow batteryDepleted``.
        output_source: ``other none normal bypass battery booster reducer``.
        load_percent: of the phase that carries most.
    """

    index: int = 1
    battery_status: str | None = None
    output_source: str | None = None
    charge_percent: int | None = None
    minutes_remaining: int | None = None
    seconds_on_battery: int | None = None
    temperature_celsius: int | None = None
    load_percent: int | None = None
    is_replacement_needed: bool | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet of a power distribution unit; ``is_on`` None while it changes."""

    index: int
    name: str | None = None
    is_on: bool | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed piece of software (HOST-RESOURCES-MIB ``hrSWInstalledTable``, RFC 2790).

    Attributes:
        name: as the device gave it, often with the version in it.
        software_type: ``operatingSystem deviceDriver application``, None when it is not said.
        installed_on: ISO date.
    """

    index: int
    name: str
    software_type: str | None = None
    installed_on: str | None = None


@dataclass(frozen=True, slots=True)
class ManagedDevice:
    """An access point as its controller tells it, a virtual machine as its host does.

    Attributes:
        key: its serial number, UUID or MAC: what it is found by again.
        kind: ``ap`` or ``virtual-machine``, as ``collectors.observation.Category`` has them.
        mac_address: of its wire, twelve lower-case hex digits with colons.
        state: ``up`` or ``down`` of an access point; ``on``, ``off``, ``suspended`` of a machine.
    """

    key: str
    kind: str
    name: str | None = None
    manufacturer: str | None = None
    model_name: str | None = None
    serial_number: str | None = None
    mac_address: str | None = None
    address: str | None = None
    operating_system: str | None = None
    software_revision: str | None = None
    state: str | None = None


class HostEntry(msgspec.Struct, frozen=True, gc=False):
    """One thing that an agent tells of the inside of its host.

    Attributes:
        kind: a word of ``collectors.agent.entries.Kind``.
        key: what it is found by again, from one inventory to the next; no two of a host are alike.
        state: a word: ``on``, ``off``, ``enabled``, ``outdated``, ``encrypted`` …
        used_bytes: of a volume; what a battery still holds is among the facts.
        core_count, thread_count, speed_mhz: of a processor; the speed of a memory module as well.
        dated: ISO date: of a BIOS, a battery, a monitor, an installation.
        facts: the rest as ``word=value``, in a settled order; they change without being news.
    """

    kind: str
    key: str
    name: str | None = None
    manufacturer: str | None = None
    model_name: str | None = None
    serial_number: str | None = None
    version: str | None = None
    state: str | None = None
    size_bytes: int | None = None
    used_bytes: int | None = None
    core_count: int | None = None
    thread_count: int | None = None
    speed_mhz: int | None = None
    dated: str | None = None
    facts: tuple[str, ...] = ()


class Package(msgspec.Struct, frozen=True, gc=False):
    """One installed piece of software as an agent tells it.

    Attributes:
        key: name, architecture and user, with the version only where that repeats.
        name: as it was found, often with version and architecture in it.
        software_type: the agent's word: ``application``, ``update``, ``hotfix``, a Debian section …
        origin: where the agent found it: ``registry``, ``deb``, ``rpm``, ``uwp`` …
        user_name: of whom it is, when it is not everybody's.
        installed_on: ISO date.
    """

    key: str
    name: str
    version: str | None = None
    publisher: str | None = None
    architecture: str | None = None
    software_type: str | None = None
    origin: str | None = None
    user_name: str | None = None
    installed_on: str | None = None


@dataclass(frozen=True, slots=True)
class HostEntryTable:
    """What an agent tells of its host."""

    rows: tuple[HostEntry, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PackageTable:
    """Installed software as an agent tells it."""

    rows: tuple[Package, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class LifeCountTable:
    """Counts of a printer."""

    rows: tuple[LifeCount, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class TrayTable:
    """Trays of a printer."""

    rows: tuple[Tray, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class BatteryTable:
    """Batteries of a power supply: at most one row, as RFC 1628 sums them up."""

    rows: tuple[Battery, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class OutletTable:
    """Outlets of a power distribution unit."""

    rows: tuple[Outlet, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class InstallationTable:
    """Installed software."""

    rows: tuple[Installation, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ManagedDeviceTable:
    """Access points of a controller, virtual machines of a host."""

    rows: tuple[ManagedDevice, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """All of it.

    Attributes:
        console_message: what the display or the first alert of a printer says; empty when both
            were read and say nothing.
        other_sections: what an agent sent and nothing else has a place for, by section.
    """

    life_counts: LifeCountTable = field(default_factory=LifeCountTable)
    trays: TrayTable = field(default_factory=TrayTable)
    console_message: str | None = None
    batteries: BatteryTable = field(default_factory=BatteryTable)
    outlets: OutletTable = field(default_factory=OutletTable)
    installations: InstallationTable = field(default_factory=InstallationTable)
    managed_devices: ManagedDeviceTable = field(default_factory=ManagedDeviceTable)
    host_entries: HostEntryTable = field(default_factory=HostEntryTable)
    packages: PackageTable = field(default_factory=PackageTable)
    other_sections: dict[str, list[dict[str, str]]] = field(default_factory=dict)
