"""Machines with their true identity, and what they show to SNMP and nmap on a day."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from collectors.observation import (
    Category,
    Component,
    ComponentTable,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Presence,
    Source,
    System,
)

PLACEHOLDERS = ("To be filled by O.E.M.", "Default string", "System Serial Number", "12345678")
ROUTER_MAC = "00:00:5e:00:01:0a"


class Kind(enum.Enum):
    """What a machine is."""

    DESKTOP = "desktop"
    LAPTOP = "laptop"
    VIRTUAL = "virtual"
    SERVER = "server"
    PRINTER = "printer"
    SWITCH = "switch"
    GUEST = "guest"


SHARES = {  # of the fleet, in percent
    Kind.DESKTOP: 30,
    Kind.LAPTOP: 26,
    Kind.VIRTUAL: 10,
    Kind.SERVER: 8,
    Kind.PRINTER: 10,
    Kind.SWITCH: 6,
    Kind.GUEST: 10,
}
CATEGORIES = {
    Kind.DESKTOP: Category.WORKSTATION,
    Kind.LAPTOP: Category.WORKSTATION,
    Kind.VIRTUAL: Category.VIRTUAL_MACHINE,
    Kind.SERVER: Category.SERVER,
    Kind.PRINTER: Category.PRINTER,
    Kind.SWITCH: Category.SWITCH,
}
MAKERS = {
    Kind.DESKTOP: "Dell",
    Kind.LAPTOP: "Lenovo",
    Kind.VIRTUAL: "VMware",
    Kind.SERVER: "HPE",
    Kind.PRINTER: "Brother",
    Kind.SWITCH: "Cisco",
    Kind.GUEST: "Apple",
}


@dataclass(slots=True)
class Machine:
    """One machine.

    Attributes:
        number: its true identity.
        macs: of its own cards, the first is on the wire unless ``dock`` is.
        stack: serial numbers of all members, for a stack of switches.
        is_read: answers SNMP.
        is_near: on a network where nmap sees MAC addresses.
        dock: MAC of the dock or adapter that it hangs on today.
        away_until: day from which it is back from repair.
        is_gone: scrapped.
    """

    number: int
    kind: Kind
    serial: str
    macs: list[str]
    name: str
    address: str
    engine_id: str
    is_read: bool
    is_near: bool = True
    stack: list[str] = field(default_factory=list)
    dock: str | None = None
    away_until: int = 0
    is_gone: bool = False


def read(machine: Machine, at: datetime, *, is_partial: bool) -> Observation:
    """Give what the machine says by SNMP; a partial reading lacks serial number and rows."""
    macs = [*machine.macs, *([machine.dock] if machine.dock else [])]
    rows = tuple(
        Interface(if_index=number, if_name=f"eth{number}", if_phys_address=mac)
        for number, mac in enumerate(macs, 1)
    )
    chassis = tuple(
        Component(index=1000 * number, component_class="chassis", serial_number=serial)
        for number, serial in enumerate(machine.stack, 1)
    )
    return Observation(
        address=machine.address,
        source=Source.SNMP,
        observed_at=at,
        system=System(
            sys_name=machine.name,
            sys_descr=machine.kind.name,
            sys_object_id=f"1.3.6.1.4.1.99999.{list(Kind).index(machine.kind) + 1}",
            engine_id=machine.engine_id,
        ),
        identity=Identity(
            manufacturer=MAKERS[machine.kind],
            serial_number=None if is_partial else machine.serial,
            category=CATEGORIES[machine.kind],
            base_mac_address=min(macs),
        ),
        interfaces=InterfaceTable(rows[:1] if is_partial else rows, complete=not is_partial),
        components=ComponentTable(chassis, complete=not is_partial),
    )


def sweep(machine: Machine, at: datetime) -> Observation:
    """Give what nmap sees of the machine: that it is up, and the MAC on the wire if near."""
    return Observation(
        address=machine.address,
        source=Source.NMAP,
        observed_at=at,
        presence=Presence(
            proof="arp-response" if machine.is_near else "echo-reply",
            mac_address=(machine.dock or machine.macs[0]) if machine.is_near else None,
            host_name=None if machine.kind is Kind.GUEST else machine.name,
        ),
    )


def virtual_router(address: str, at: datetime) -> Observation:
    """Give what nmap sees of an address that two routers share."""
    presence = Presence(proof="arp-response", mac_address=ROUTER_MAC)
    return Observation(address=address, source=Source.NMAP, observed_at=at, presence=presence)
