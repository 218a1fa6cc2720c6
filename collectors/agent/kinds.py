"""What kinds of entries there are, and how one is made and found again."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from collectors.agent.values import Row, real
from collectors.details import HostEntry

MEGA: Final = 1_000_000
MEBI: Final = 1024 * 1024


class Kind(StrEnum):
    """Kinds of entries, in the order in which a sheet shows them."""

    CHASSIS = "chassis"
    BOARD = "board"
    BIOS = "bios"
    PROCESSOR = "processor"
    MEMORY = "memory"
    DISK = "disk"
    VOLUME = "volume"
    VIDEO = "video"
    MODEM = "modem"
    SIM_CARD = "sim_card"
    BATTERY = "battery"
    POWER_SUPPLY = "power_supply"
    MONITOR = "monitor"
    PRINTER = "printer"
    PERIPHERAL = "peripheral"
    OPERATING_SYSTEM = "operating_system"
    ANTIVIRUS = "antivirus"
    FIREWALL = "firewall"
    REMOTE_CONTROL = "remote_control"
    LICENSE = "license"
    DATABASE = "database"
    USER = "user"
    ACCOUNT = "account"


# What comes and goes all day: kept, but no change that a person would look for.
VOLATILE: Final = frozenset({Kind.PERIPHERAL, Kind.USER})


def make_entry(kind: Kind, parts: tuple[str | None, ...], **values: Any) -> HostEntry | None:
    """Make an entry whose key is made of what tells it from others of its kind."""
    told = [part for part in parts if part]
    if not told and not any(values.values()):
        return None
    return HostEntry(kind=kind.value, key=" ".join([kind.value, *told]), **values)


def maker_of(row: Row) -> str | None:
    """Leave out what Windows writes when it does not know: ``(Standard disk drives)``."""
    name = real(row, "manufacturer")
    return None if name is None or name.startswith("(") else name
