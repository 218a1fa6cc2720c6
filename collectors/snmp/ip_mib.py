"""Which MAC answers for an IP address: ipNetToPhysicalTable and ipNetToMediaTable.

Source: IP-MIB (RFC 4293), which keeps the older table of RFC 1213 for IPv4.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from collectors.observation import AddressMapping, AddressMappingTable
from collectors.snmp import values
from collectors.snmp.if_mib import bytes_of, inet_address
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import Rows, TableRows, read_table
from collectors.text import station_mac

IP_NET_TO_PHYSICAL_TABLE: Final = "1.3.6.1.2.1.4.35"
IP_NET_TO_MEDIA_TABLE: Final = "1.3.6.1.2.1.4.22"
MAX_MAPPINGS: Final = 50_000

_PHYSICAL_COLUMN: Final = {"PhysAddress": f"{IP_NET_TO_PHYSICAL_TABLE}.1.4"}
_PHYSICAL_TYPE: Final = {"Type": f"{IP_NET_TO_PHYSICAL_TABLE}.1.6"}
_MEDIA_COLUMN: Final = {"PhysAddress": f"{IP_NET_TO_MEDIA_TABLE}.1.2"}
_MEDIA_TYPE: Final = {"Type": f"{IP_NET_TO_MEDIA_TABLE}.1.4"}
_INVALID, _LOCAL = 2, 5  # others: 1 other, 3 dynamic, 4 static
_IPV4_GROUPS: Final = 0xE  # of the first four bits
_IPV6_GROUPS: Final = 0xFF
_MEDIA_ARCS: Final = 5  # ifIndex and four octets
# Up to here the types cost a packet or two. In a large table they would double the cost, while
# agents that keep invalid rows are rare; the device's own rows are known by their MACs.
_FEW_ROWS: Final = 64


async def read_mappings(session: DeviceSession, existing: set[str]) -> AddressMappingTable:
    """Read the newer table, and the older one where the newer is missing or holds nothing.

    Rows that the device calls invalid or its own are left out where the table is small.
    """
    rows: tuple[AddressMapping, ...] = ()
    complete = False
    if IP_NET_TO_PHYSICAL_TABLE in existing:
        new = await _read(session, _PHYSICAL_COLUMN, _PHYSICAL_TYPE)
        rows, complete = _mappings(_physical(new.rows)), new.complete
    if not rows and IP_NET_TO_MEDIA_TABLE in existing:
        old = await _read(session, _MEDIA_COLUMN, _MEDIA_TYPE)
        rows, complete = _mappings(_media(old.rows)), old.complete
    return AddressMappingTable(rows, complete=complete)


async def _read(
    session: DeviceSession, column: Mapping[str, str], kind: Mapping[str, str]
) -> TableRows:
    table = await read_table(session, column, max_rows=MAX_MAPPINGS)
    if 0 < len(table.rows) <= _FEW_ROWS and table.complete:
        kinds = await read_table(session, kind)
        for index, row in table.rows.items():
            row.update(kinds.rows.get(index, {}))
        table.complete = kinds.complete
    return table


def _is_multicast(octets: bytes) -> bool:
    """Whether an address is of a group: 224.0.0.0/4, ff00::/8."""
    return octets[0] == _IPV6_GROUPS if len(octets) > 4 else octets[0] >> 4 == _IPV4_GROUPS  # noqa: PLR2004 -- octets of IPv4


def _spelt(octets: bytes) -> str:
    """Give the address as text, at a tenth of what the objects of ``ipaddress`` cost."""
    if len(octets) == 4:  # noqa: PLR2004 -- IPv4
        return ".".join(map(str, octets))
    if not any(octets[:10]):
        return str(ipaddress.IPv6Address(octets))  # one of the kinds that are spelt as IPv4 else
    return socket.inet_ntop(socket.AF_INET6, octets)


_Row = tuple[int, bytes | None, dict[str, VarBind]]


def _physical(rows: Rows) -> Iterator[_Row]:
    for index, row in rows.items():
        yield index[0], inet_address(index[1:]), row


def _media(rows: Rows) -> Iterator[_Row]:
    for index, row in rows.items():
        yield index[0], bytes_of(index[1:]) if len(index) == _MEDIA_ARCS else None, row


def _mappings(rows: Iterable[_Row]) -> tuple[AddressMapping, ...]:
    found: dict[AddressMapping, None] = {}
    for if_index, octets, row in rows:
        physical = row.get("PhysAddress")
        if octets is None or len(octets) not in {4, 16} or physical is None:
            continue
        if values.integer(row.get("Type")) in {_INVALID, _LOCAL}:
            continue
        mac = station_mac(physical.value) if physical.tag == Tag.OCTET_STRING else None
        if mac is None or not any(octets) or _is_multicast(octets):
            continue
        mapping = AddressMapping(_spelt(octets), mac, if_index if if_index > 0 else None)
        found[mapping] = None
    return tuple(found)
