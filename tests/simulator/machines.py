"""Machines with their true identity, and what they show to SNMP, nmap and agents on a day."""

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

PLACEHOLDER_UUID = "03000200-0400-0500-0006-000700080009"
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
    FIREWALL = "firewall"
    GUEST = "guest"


SHARES = {  # of the fleet, in percent
    Kind.DESKTOP: 30,
    Kind.LAPTOP: 26,
    Kind.VIRTUAL: 10,
    Kind.SERVER: 8,
    Kind.PRINTER: 10,
    Kind.SWITCH: 6,
    Kind.FIREWALL: 0,  # bought in pairs
    Kind.GUEST: 10,
}
CATEGORIES = {
    Kind.DESKTOP: Category.WORKSTATION,
    Kind.LAPTOP: Category.WORKSTATION,
    Kind.VIRTUAL: Category.VIRTUAL_MACHINE,
    Kind.SERVER: Category.SERVER,
    Kind.PRINTER: Category.PRINTER,
    Kind.SWITCH: Category.SWITCH,
    Kind.FIREWALL: Category.FIREWALL,
}
AGENT_MAKERS = {Kind.DESKTOP: "Dell Inc.", Kind.LAPTOP: "LENOVO", Kind.VIRTUAL: "VMware, Inc."}
MAKERS = {
    Kind.DESKTOP: "Dell",
    Kind.LAPTOP: "Lenovo",
    Kind.VIRTUAL: "VMware",
    Kind.SERVER: "HPE",
    Kind.PRINTER: "Brother",
    Kind.SWITCH: "Cisco",
    Kind.FIREWALL: "Fortinet",
    Kind.GUEST: "Apple",
}


@dataclass(slots=True)
class Machine:
    """One machine.

    Attributes:
        number: its true identity.
        macs: of its own cards, the first is on the wire unless ``dock`` is.
        uuid: of its firmware.
        agent_id: of the agent on it, if there is one.
        shared: MAC and address that it shares with the other unit of its pair.
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
    uuid: str = ""
    agent_id: str | None = None
    shared: tuple[str, str] | None = None
    stack: list[str] = field(default_factory=list)
    dock: str | None = None
    away_until: int = 0
    is_gone: bool = False


def tell(machine: Machine, at: datetime) -> Observation:
    """Give what the agent on the machine tells: the firmware's values, all cards, its own id."""
    macs = _macs(machine)
    rows = tuple(
        Interface(if_index=number, if_name=f"Ethernet {number}", if_phys_address=mac)
        for number, mac in enumerate(macs, 1)
    )
    return Observation(
        address=machine.address,
        source=Source.AGENT,
        observed_at=at,
        system=System(sys_name=machine.name),
        identity=Identity(
            manufacturer=AGENT_MAKERS.get(machine.kind, MAKERS[machine.kind]),
            serial_number=machine.serial,
            category=CATEGORIES[machine.kind],
            base_mac_address=min(macs),
            system_uuid=machine.uuid,
        ),
        agent_id=machine.agent_id,
        interfaces=InterfaceTable(rows, complete=True),
    )


def _macs(machine: Machine) -> list[str]:
    borrowed = [machine.dock] if machine.dock else []
    return [*machine.macs, *borrowed, *([machine.shared[0]] if machine.shared else [])]


def read(
    machine: Machine, at: datetime, *, is_partial: bool = False, address: str | None = None
) -> Observation:
    """Give what the machine says by SNMP; a partial reading lacks serial number and rows.

    Args:
        address: where it was asked, when not at its own.
    """
    macs = _macs(machine)
    own = [machine.address, *([machine.shared[1]] if machine.shared else [])]
    rows = tuple(
        Interface(
            if_index=number,
            if_name=f"eth{number}",
            if_phys_address=mac,
            addresses=tuple(f"{one}/24" for one in own) if number == 1 and not is_partial else (),
        )
        for number, mac in enumerate(macs, 1)
    )
    chassis = tuple(
        Component(index=1000 * number, component_class="chassis", serial_number=serial)
        for number, serial in enumerate(machine.stack, 1)
    )
    return Observation(
        address=address or machine.address,
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
