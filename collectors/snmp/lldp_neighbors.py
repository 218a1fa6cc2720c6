"""Neighbours by LLDP: lldpRemTable, and which interface stands behind LLDP's port number.

Source: LLDP-MIB (IEEE 802.1AB-2005); LLDP-V2-MIB (IEEE 802.1AB-2009), whose rows name the
interface themselves.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final, NamedTuple

from collectors import oids
from collectors.errors import CollectorError
from collectors.observation import Interface, Neighbor, NeighborTable
from collectors.snmp import values
from collectors.snmp.bridge_mib import BasePorts
from collectors.snmp.if_mib import bytes_of
from collectors.snmp.lldp_mib import PORT_MAC_ADDRESS, chassis_text, port_text
from collectors.snmp.q_bridge_mib import bits_of
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import Rows, TableRows, read_table

LLDP_REM_TABLE: Final = "1.0.8802.1.1.2.1.4.1"
LLDP_REM_MAN_ADDR_TABLE: Final = "1.0.8802.1.1.2.1.4.2"
LLDP_LOC_PORT_TABLE: Final = "1.0.8802.1.1.2.1.3.7"
LLDP_V2_REM_TABLE: Final = "1.3.111.2.802.1.1.13.1.4.1"
LLDP_V2_REM_MAN_ADDR_TABLE: Final = "1.3.111.2.802.1.1.13.1.4.2"

_REM_OBJECTS: Final = (
    "ChassisIdSubtype",
    "ChassisId",
    "PortIdSubtype",
    "PortId",
    "PortDesc",
    "SysName",
    "SysDesc",
)
_REM_COLUMNS: Final = {
    **{name: f"{LLDP_REM_TABLE}.1.{number}" for number, name in enumerate(_REM_OBJECTS, 4)},
    "SysCapEnabled": f"{LLDP_REM_TABLE}.1.12",
}
_V2_REM_COLUMNS: Final = {
    **{name: f"{LLDP_V2_REM_TABLE}.1.{number}" for number, name in enumerate(_REM_OBJECTS, 5)},
    "SysCapEnabled": f"{LLDP_V2_REM_TABLE}.1.13",
}
_LOC_PORT_COLUMNS: Final = {
    "lldpLocPortIdSubtype": f"{LLDP_LOC_PORT_TABLE}.1.2",
    "lldpLocPortId": f"{LLDP_LOC_PORT_TABLE}.1.3",
    "lldpLocPortDesc": f"{LLDP_LOC_PORT_TABLE}.1.4",
}
# LldpSystemCapabilitiesMap, by the place of the bit.
_CAPABILITIES: Final = (
    "other",
    "repeater",
    "bridge",
    "wlanAccessPoint",
    "router",
    "telephone",
    "docsisCableDevice",
    "stationOnly",
)
_MANY_PORTS: Final = 16  # from here on reading the whole table costs less than single objects
_NO_ADDRESSES: Final = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104 -- no socket
_ADDRESS_FAMILIES: Final = {(1, 4), (2, 16)}


class LocalPort(NamedTuple):
    """One row of lldpLocPortTable: what the device calls a port in LLDP."""

    subtype: int | None = None
    port_id: str | None = None
    description: str | None = None


async def read_neighbors(
    session: DeviceSession,
    existing: set[str],
    interfaces: Iterable[Interface],
    ports: BasePorts,
) -> NeighborTable:
    """Read all neighbours by the table that the device has.

    Args:
        session: the device.
        existing: which of the tables it has.
        interfaces: its interfaces, for what stands behind a port number.
        ports: ifIndex by bridge port, likewise.
    """
    if LLDP_REM_TABLE in existing:
        table = await read_table(session, _REM_COLUMNS)
        addresses = TableRows()
        if table.rows and LLDP_REM_MAN_ADDR_TABLE in existing:
            addresses = await _read_addresses(session, LLDP_REM_MAN_ADDR_TABLE)
        rows = {index: row for index, row in table.rows.items() if len(index) == 3}  # noqa: PLR2004 -- time mark, port, number
        local = await _read_local_ports(session, {index[1] for index in rows})
        finder = PortFinder(interfaces, ports)
        behind = {number: finder.find(number, port) for number, port in local.items()}
        by_row = _addresses(addresses.rows, 3)
        found = [
            _neighbor(
                rows[index],
                behind.get(index[1]),
                local.get(index[1], LocalPort()),
                by_row.get(index),
            )
            for index in sorted(rows)
        ]
        return _table(found, is_complete=table.complete and addresses.complete)
    if LLDP_V2_REM_TABLE in existing:
        return await _read_v2(session, existing)
    return NeighborTable()


async def _read_v2(session: DeviceSession, existing: set[str]) -> NeighborTable:
    table = await read_table(session, _V2_REM_COLUMNS)
    addresses = TableRows()
    if LLDP_V2_REM_MAN_ADDR_TABLE in existing:
        addresses = await _read_addresses(session, LLDP_V2_REM_MAN_ADDR_TABLE)
    by_row = _addresses(addresses.rows, 4)
    found = [
        _neighbor(table.rows[index], index[1], LocalPort(), by_row.get(index))
        for index in sorted(table.rows)
        if len(index) == 4  # noqa: PLR2004 -- time mark, interface, destination, number
    ]
    return _table(found, is_complete=table.complete and addresses.complete)


def _table(found: list[Neighbor], *, is_complete: bool) -> NeighborTable:
    named = tuple(one for one in found if one.chassis_id or one.sys_name)
    return NeighborTable(named, complete=is_complete)


async def _read_addresses(session: DeviceSession, table: str) -> TableRows:
    """Read one column: the address itself stands in the index."""
    return await read_table(session, {"ManAddrIfSubtype": f"{table}.1.3"})


def _addresses(rows: Rows, key_arcs: int) -> dict[tuple[int, ...], str]:
    """Give the first address of each neighbour, IPv4 before IPv6 as the tables are sorted."""
    found: dict[tuple[int, ...], str] = {}
    for index in sorted(rows):
        octets = _address_octets(index[key_arcs:])
        if octets is not None:
            address = str(ipaddress.ip_address(octets))
            if address not in _NO_ADDRESSES:
                found.setdefault(index[:key_arcs], address)
    return found


def _address_octets(arcs: tuple[int, ...]) -> bytes | None:
    """Read family, length and octets; some agents leave out the length."""
    if len(arcs) < 2:  # noqa: PLR2004 -- family and length
        return None
    family, rest = arcs[0], arcs[1:]
    if rest[0] == len(rest) - 1:
        rest = rest[1:]
    return bytes_of(rest) if (family, len(rest)) in _ADDRESS_FAMILIES else None


async def _read_local_ports(session: DeviceSession, numbers: set[int]) -> dict[int, LocalPort]:
    """Read what the device calls the ports of these numbers; none that could not be read."""
    if len(numbers) > _MANY_PORTS:
        table = await read_table(session, _LOC_PORT_COLUMNS)
        rows = {index[0]: row for index, row in table.rows.items() if len(index) == 1}
        is_read = table.complete
    else:
        rows, is_read = await _get_local_ports(session, numbers)
    if not is_read:
        numbers = numbers & rows.keys()
    return {number: _local_port(rows.get(number, {})) for number in numbers}


async def _get_local_ports(
    session: DeviceSession, numbers: set[int]
) -> tuple[dict[int, dict[str, VarBind]], bool]:
    wanted = {
        oids.encode(f"{column}.{number}"): (number, name)
        for number in sorted(numbers)
        for name, column in _LOC_PORT_COLUMNS.items()
    }
    try:
        found = await session.get(wanted)
    except CollectorError as error:
        session.note(error, "lldpLocPortTable")
        return {}, False
    rows: dict[int, dict[str, VarBind]] = {}
    for oid, varbind in found.items():
        number, name = wanted[oid]
        rows.setdefault(number, {})[name] = varbind
    return rows, True


def _local_port(row: dict[str, VarBind]) -> LocalPort:
    subtype = values.integer(row.get("lldpLocPortIdSubtype"))
    return LocalPort(
        subtype,
        port_text(subtype, row.get("lldpLocPortId")),
        values.name(row.get("lldpLocPortDesc")),
    )


def _neighbor(
    row: dict[str, VarBind], if_index: int | None, local: LocalPort, address: str | None
) -> Neighbor:
    enabled = bits_of(row.get("SysCapEnabled"))
    return Neighbor(
        protocol="lldp",
        if_index=if_index,
        local_port=local.port_id or local.description,
        chassis_id=chassis_text(values.integer(row.get("ChassisIdSubtype")), row.get("ChassisId")),
        port_id=port_text(values.integer(row.get("PortIdSubtype")), row.get("PortId")),
        port_description=values.name(row.get("PortDesc")),
        sys_name=values.name(row.get("SysName")),
        sys_descr=values.description(row.get("SysDesc")),
        capabilities=tuple(_CAPABILITIES[bit] for bit in enabled if bit < len(_CAPABILITIES)),
        management_address=address,
    )


class PortFinder:
    """Finds the interface behind a port number of LLDP, of which the MIB does not say what it is.

    The port's name speaks first, then its description, then the number as a bridge port or an
    ifIndex; a name that two interfaces bear, or a number that means two, tells nothing.
    """

    def __init__(self, interfaces: Iterable[Interface], ports: BasePorts) -> None:
        self._ports = ports
        self._indexes: set[int] = set()
        self._names: dict[str, set[int]] = {}
        self._aliases: dict[str, set[int]] = {}
        self._macs: dict[str, set[int]] = {}
        for one in interfaces:
            self._indexes.add(one.if_index)
            for book, word in (
                (self._names, one.if_name),
                (self._names, one.if_descr),
                (self._aliases, one.if_alias),
                (self._macs, one.if_phys_address),
            ):
                if word:
                    book.setdefault(word, set()).add(one.if_index)

    def find(self, number: int, port: LocalPort) -> int | None:
        """Give the ifIndex, or None where it is not certain."""
        if port.port_id is not None:
            book = self._macs if port.subtype == PORT_MAC_ADDRESS else self._names
            found = _only(book.get(port.port_id))
            if found is not None:
                return found
        for book in (self._names, self._aliases):
            found = _only(book.get(port.description or ""))
            if found is not None:
                return found
        bridge_port = self._ports.get(number)
        if number not in self._indexes:
            return bridge_port
        return number if bridge_port in {None, number} else None


def _only(found: set[int] | None) -> int | None:
    return next(iter(found)) if found is not None and len(found) == 1 else None
