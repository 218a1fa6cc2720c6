"""The cables of the simulated network: what its switches learn, and which neighbours they name.

A recording tells the neighbours of whoever gave it. Those rows are left out, and rows are written
instead that follow from one list of cables: MACs learned on ports, LLDP, CDP between Cisco's
devices, VLANs, feeding ports, the addresses that a router knows, and the stations of a list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from collectors import oids
from collectors.snmp.codec import encode_integer
from collectors.snmp.transport import Tag, VarBind
from parc.demo.recordings import Line, oid_key

_IF: Final = "1.3.6.1.2.1.2.2.1"
_IF_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"
_BRIDGE: Final = "1.3.6.1.2.1.17"
_Q_BRIDGE: Final = f"{_BRIDGE}.7.1"
_LLDP: Final = "1.0.8802.1.1.2.1"
_ARP: Final = "1.3.6.1.2.1.4.22"
_CDP: Final = "1.3.6.1.4.1.9.9.23.1.2.1.1"
_ARUBA_USERS: Final = "1.3.6.1.4.1.14823.2.2.1.4.1.2.1"
_SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
_CISCO: Final = oids.encode("1.3.6.1.4.1.9")
_POE: Final = "1.3.6.1.2.1.105.1.1.1"
_NEIGHBOURS: Final = tuple(
    oid_key(oids.encode(oid))
    for oid in (
        f"{_BRIDGE}.4.3",
        f"{_Q_BRIDGE}.2",
        _ARP,
        "1.3.6.1.2.1.4.35",  # ipNetToPhysicalTable
        f"{_LLDP}.4",
        "1.3.111.2.802.1.1.13.1.4",  # the same of LLDP-V2-MIB
        "1.3.6.1.4.1.9.9.23.1.2",  # cdpCache
        "1.3.6.1.4.1.14823.2.2.1.4.1",  # stations and their users (Aruba)
        "1.3.6.1.4.1.41112.1.4.7",  # stations (Ubiquiti)
    )
)
# Of a switch that has cables these are written anew as well: ports, VLANs and their names.
_OWN_PORTS: Final = tuple(
    oid_key(oids.encode(oid))
    for oid in (
        f"{_BRIDGE}.1.4",
        f"{_Q_BRIDGE}.4",
        f"{_LLDP}.3.7",
        "1.3.6.1.2.1.105.1.1",
        "1.3.6.1.4.1.9.9.46.1",  # CISCO-VTP-MIB
        "1.3.6.1.4.1.9.9.68.1",  # CISCO-VLAN-MEMBERSHIP-MIB
    )
)
_ETHERNET: Final = (6, 117)  # ifType ethernetCsmacd, gigabitEthernet
_VLANS: Final = {
    1: "default",
    10: "Bureautique",
    20: "Telephonie",
    30: "Serveurs",
    40: "Impression",
    50: "Batiment",
}
_TRUNK, _PHONES = 1, 20
_BRIDGE_BIT, _PHONE_BITS = b"\x20", b"\x24"  # of LldpSystemCapabilitiesMap
_CDP_SWITCH, _CDP_PHONE = b"\x00\x00\x00\x28", b"\x00\x00\x00\x90"
_NOT_WIRED: Final = 2
_MAC_OCTETS: Final = 6


@dataclass(frozen=True, slots=True)
class Station:
    """A machine on the air: which controller tells of it, and by which access point it is there."""

    controller: str
    access_point: str
    mac: str
    address: str


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable: ``a`` is ``device port``; ``b`` likewise, or what stands at its end.

    Attributes:
        vlan: of what stands there.
        mac, address: of what is not simulated, or tells no MAC itself.
        phone: the MAC of a phone between the port and what stands there.
    """

    a: str
    b: str
    vlan: int = 10
    mac: str | None = None
    address: str | None = None
    phone: str | None = None


class _Station(NamedTuple):
    mac: bytes
    vlan: int
    address: str | None


@dataclass(slots=True)
class _Port:
    number: int
    if_index: int
    name: str
    far: tuple[str, str] | None = None
    stations: list[_Station] = field(default_factory=list)
    phone: bytes | None = None

    @property
    def vlan(self) -> int:
        """What untagged frames belong to."""
        if self.far is not None or not self.stations:
            return _TRUNK
        return self.stations[-1].vlan

    def carries(self, vlan: int) -> bool:
        """Whether frames of the VLAN pass, tagged or not."""
        return self.far is not None or vlan == self.vlan or (bool(self.phone) and vlan == _PHONES)


class _Table:
    """What one device says, by sort key."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = {line.key: line for line in lines}

    def drop(self, prefixes: tuple[bytes, ...]) -> None:
        """Leave out subtrees."""
        self.lines = {key: one for key, one in self.lines.items() if not key.startswith(prefixes)}

    def octets(self, dotted: str) -> bytes:
        """Give a value, empty if there is none."""
        line = self.lines.get(oid_key(oids.encode(dotted)))
        return b"" if line is None else line.varbind.value

    def put(self, dotted: str, value: int | bytes, tag: Tag | None = None) -> None:
        """Say a number or octets."""
        oid = oids.encode(dotted)
        key = oid_key(oid)
        if isinstance(value, int):
            varbind = VarBind(oid, tag or Tag.INTEGER, encode_integer(value))
        else:
            varbind = VarBind(oid, tag or Tag.OCTET_STRING, value)
        self.lines[key] = Line(key, varbind)

    def ethernets(self) -> Iterator[tuple[int, str]]:
        """Give ifIndex and name of the ports, in their order."""
        prefix = oid_key(oids.encode(f"{_IF}.3"))
        kinds = [one for key, one in self.lines.items() if key.startswith(prefix)]
        for line in sorted(kinds):
            if_index = oids.decode_index(line.varbind.oid)[-1]
            if int.from_bytes(line.varbind.value, "big") in _ETHERNET:
                name = self.octets(f"{_IF_NAME}.{if_index}") or self.octets(f"{_IF}.2.{if_index}")
                yield if_index, name.decode("latin-1")


class _Switch:
    """A device that has ports with cables."""

    def __init__(self, name: str, table: _Table, address: str) -> None:
        self.name = name
        self.table = table
        self.address = address
        self.ports = {
            port_name: _Port(number, if_index, port_name)
            for number, (if_index, port_name) in enumerate(table.ethernets(), 1)
        }
        self.mac = _chassis_mac(table)
        self.is_cisco = table.octets(_SYS_OBJECT_ID).startswith(_CISCO)


def _chassis_mac(table: _Table) -> bytes:
    for dotted in (f"{_LLDP}.3.2.0", f"{_BRIDGE}.1.1.0"):
        octets = table.octets(dotted)
        if len(octets) == _MAC_OCTETS and any(octets):
            return octets
    return _first_mac(table)


def _first_mac(table: _Table) -> bytes:
    for if_index, _ in table.ethernets():
        octets = table.octets(f"{_IF}.6.{if_index}")
        if len(octets) == _MAC_OCTETS and any(octets):
            return octets
    return b""


def lay_cables(
    said: Mapping[str, Sequence[Line]],
    addresses: Mapping[str, str],
    cables: Iterable[Cable],
    routers: Iterable[str] = (),
    stations: Iterable[Station] = (),
) -> dict[str, list[Line]]:
    """Give what each device says once its cables are laid.

    Args:
        said: lines by the device's name.
        addresses: of the same devices.
        cables: those to devices that are not there are left out.
        routers: names of the switches that know addresses of their site.
        stations: those of controllers that are not there are left out.
    """
    tables = {name: _Table(lines) for name, lines in said.items()}
    for table in tables.values():
        table.drop(_NEIGHBOURS)
    switches: dict[str, _Switch] = {}
    for cable in cables:
        _plug(cable, tables, switches, addresses)
    for switch in switches.values():
        _Writer(switch, switches, routers).write()
    for station in stations:
        if station.controller in tables:
            _associate(station, tables[station.controller])
    return {
        name: [table.lines[key] for key in sorted(table.lines)] for name, table in tables.items()
    }


def _associate(station: Station, table: _Table) -> None:
    """Write a row of WLSX-USER-MIB wlsxUserTable (Aruba)."""
    row = ".".join(map(str, (*_octets(station.mac), station.address)))
    table.put(f"{_ARUBA_USERS}.10.{row}", station.access_point.encode())
    table.put(f"{_ARUBA_USERS}.23.{row}", _NOT_WIRED)


def _plug(
    cable: Cable,
    tables: Mapping[str, _Table],
    switches: dict[str, _Switch],
    addresses: Mapping[str, str],
) -> None:
    def port_of(end: str) -> tuple[_Switch, _Port] | None:
        name, _, port_name = end.partition(" ")
        if name not in tables:
            return None
        if name not in switches:
            switches[name] = _Switch(name, tables[name], addresses[name])
        return switches[name], switches[name].ports[port_name]

    near = port_of(cable.a)
    if near is None:
        return
    if " " in cable.b:
        far = port_of(cable.b)
        if far is not None:
            near[1].far = (far[0].name, far[1].name)
            far[1].far = (near[0].name, near[1].name)
        return
    mac = _octets(cable.mac) or (_first_mac(tables[cable.b]) if cable.b in tables else b"")
    if not mac:
        return  # the device is not there, or is silent about its MAC
    address = cable.address or addresses.get(cable.b)
    if cable.phone:
        near[1].phone = _octets(cable.phone)
        near[1].stations.append(_Station(_octets(cable.phone), _PHONES, None))
    near[1].stations.append(_Station(mac, cable.vlan, address))


def _octets(mac: str | None) -> bytes:
    return bytes.fromhex((mac or "").replace(":", ""))


class _Writer:
    """Writes the rows of one switch."""

    def __init__(
        self, switch: _Switch, switches: Mapping[str, _Switch], routers: Iterable[str]
    ) -> None:
        self._switch = switch
        self._table = switch.table
        self._switches = switches
        self._routers = frozenset(routers)

    def write(self) -> None:
        """Write all rows."""
        self._table.drop(_OWN_PORTS)
        self._write_ports()
        self._write_vlans()
        seen = {port.name: list(self._behind(port)) for port in self._switch.ports.values()}
        self._write_fdb(seen)
        for port in self._switch.ports.values():
            if port.far is not None:
                far = self._switches[port.far[0]]
                if far.is_cisco and self._switch.is_cisco:
                    self._write_cdp(port, port.far[1], far.name, far.address)
                else:
                    self._write_neighbor(port, far.mac, port.far[1], far.name, far.address)
            elif port.phone:
                name = f"SEP{port.phone.hex().upper()}"
                if self._switch.is_cisco:
                    self._write_cdp(port, "Port 1", name, None)
                else:
                    self._write_neighbor(port, port.phone, "Port 1", name, None)
        if self._switch.name in self._routers:
            self._write_addresses(seen)

    def _write_ports(self) -> None:
        put, switch = self._table.put, self._switch
        put(f"{_BRIDGE}.1.1.0", self._table.octets(f"{_BRIDGE}.1.1.0") or switch.mac)
        put(f"{_BRIDGE}.1.2.0", len(switch.ports))
        if switch.name in self._routers:
            put("1.3.6.1.2.1.4.1.0", 1)
        put(f"{_LLDP}.3.1.0", 4)
        put(f"{_LLDP}.3.2.0", switch.mac)
        put(f"{_LLDP}.3.3.0", switch.name.encode())
        has_phones = any(port.phone for port in switch.ports.values())
        for port in switch.ports.values():
            put(f"{_BRIDGE}.1.4.1.2.{port.number}", port.if_index)
            put(f"{_LLDP}.3.7.1.2.{port.number}", 5)
            put(f"{_LLDP}.3.7.1.3.{port.number}", port.name.encode())
            if port.far is not None or port.stations:
                put(f"{_IF}.7.{port.if_index}", 1)
                put(f"{_IF}.8.{port.if_index}", 1)
            if has_phones:
                put(f"{_POE}.3.1.{port.number}", 1)
                put(f"{_POE}.6.1.{port.number}", 3 if port.phone else 2)
                put(f"{_POE}.10.1.{port.number}", 3 if port.phone else 1)

    def _write_vlans(self) -> None:
        put, ports = self._table.put, self._switch.ports.values()
        for vlan, name in _VLANS.items():
            passing = [port.number for port in ports if port.carries(vlan)]
            plain = [port.number for port in ports if port.vlan == vlan]
            put(f"{_Q_BRIDGE}.4.3.1.1.{vlan}", name.encode())
            put(f"{_Q_BRIDGE}.4.2.1.3.0.{vlan}", vlan, Tag.GAUGE32)
            put(f"{_Q_BRIDGE}.4.2.1.4.0.{vlan}", _port_list(passing, len(ports)))
            put(f"{_Q_BRIDGE}.4.2.1.5.0.{vlan}", _port_list(plain, len(ports)))
        for port in ports:
            put(f"{_Q_BRIDGE}.4.5.1.1.{port.number}", port.vlan, Tag.GAUGE32)

    def _behind(self, port: _Port) -> Iterator[_Station]:
        """Give all that is reached through a port; cables make no loops."""
        yield from port.stations
        waiting = [(self._switch.name, port.far)] if port.far else []
        while waiting:
            source, (name, _) = waiting.pop()
            far = self._switches[name]
            yield _Station(far.mac, _TRUNK, far.address)
            for one in far.ports.values():
                yield from one.stations
                if one.far is not None and one.far[0] != source:
                    waiting.append((name, one.far))

    def _write_fdb(self, seen: Mapping[str, list[_Station]]) -> None:
        for name, stations in seen.items():
            for one in stations:
                row = ".".join(map(str, (one.vlan, *one.mac)))
                self._table.put(f"{_Q_BRIDGE}.2.2.1.2.{row}", self._switch.ports[name].number)
                self._table.put(f"{_Q_BRIDGE}.2.2.1.3.{row}", 3)

    def _write_neighbor(
        self, port: _Port, mac: bytes, port_id: str, name: str, address: str | None
    ) -> None:
        row, put = f"0.{port.number}.1", self._table.put
        capabilities = _BRIDGE_BIT if address else _PHONE_BITS
        columns: tuple[int | bytes, ...] = (4, mac, 5, port_id.encode(), b"", name.encode(), b"")
        for column, value in enumerate(columns, 4):
            put(f"{_LLDP}.4.1.1.{column}.{row}", value)
        put(f"{_LLDP}.4.1.1.11.{row}", capabilities)
        put(f"{_LLDP}.4.1.1.12.{row}", capabilities)
        if address:
            put(f"{_LLDP}.4.2.1.3.{row}.1.4.{address}", 2)

    def _write_cdp(self, port: _Port, port_id: str, name: str, address: str | None) -> None:
        """Write a row of CISCO-CDP-MIB cdpCacheTable."""
        row, put = f"{port.if_index}.1", self._table.put
        if address:
            put(f"{_CDP}.3.{row}", 1)
            put(f"{_CDP}.4.{row}", ipaddress.IPv4Address(address).packed)
        put(f"{_CDP}.6.{row}", name.encode())
        put(f"{_CDP}.7.{row}", port_id.encode())
        put(f"{_CDP}.9.{row}", _CDP_SWITCH if address else _CDP_PHONE)

    def _write_addresses(self, seen: Mapping[str, list[_Station]]) -> None:
        found: dict[str, tuple[int, bytes]] = {}
        for name, stations in seen.items():
            for one in stations:
                if one.address:
                    found[one.address] = (self._switch.ports[name].if_index, one.mac)
        for address, (if_index, mac) in found.items():
            row = f"{if_index}.{address}"
            packed = ipaddress.IPv4Address(address).packed
            self._table.put(f"{_ARP}.1.1.{row}", if_index)
            self._table.put(f"{_ARP}.1.2.{row}", mac)
            self._table.put(f"{_ARP}.1.3.{row}", packed, Tag.IP_ADDRESS)
            self._table.put(f"{_ARP}.1.4.{row}", 3)


def _port_list(numbers: Iterable[int], count: int) -> bytes:
    bits = bytearray((count + 7) // 8)
    for number in numbers:
        bits[(number - 1) // 8] |= 0x80 >> (number - 1) % 8
    return bytes(bits)
