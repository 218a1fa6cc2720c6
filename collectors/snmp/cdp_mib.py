"""Neighbours by Cisco's discovery protocol: CISCO-CDP-MIB cdpCacheTable."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from collectors.observation import Neighbor, NeighborTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import TableRows, read_table
from collectors.text import normalise_mac

CDP_CACHE_TABLE: Final = "1.3.6.1.4.1.9.9.23.1.2.1"

_COLUMNS: Final = {
    "cdpCacheAddress": f"{CDP_CACHE_TABLE}.1.4",
    "cdpCacheDeviceId": f"{CDP_CACHE_TABLE}.1.6",
    "cdpCacheDevicePort": f"{CDP_CACHE_TABLE}.1.7",
    "cdpCachePlatform": f"{CDP_CACHE_TABLE}.1.8",
    "cdpCacheCapabilities": f"{CDP_CACHE_TABLE}.1.9",
}
_VERSION: Final = {"cdpCacheVersion": f"{CDP_CACHE_TABLE}.1.5"}
_FEW_NEIGHBORS: Final = 8  # the versions of more would cost more packets than all the rest
_ROUTER, _BRIDGES, _HOST, _REPEATER, _PHONE = 0x01, 0x02 | 0x04 | 0x08, 0x10, 0x40, 0x80
_CAPABILITY_OCTETS: Final = 4
# NX-OS puts the serial number behind the name.
_SERIAL: Final = re.compile(r"\([A-Z0-9]{8,14}\)$")


async def read_neighbors(session: DeviceSession) -> NeighborTable:
    """Read all neighbours; the own interface is the first part of the index."""
    table = await read_table(session, _COLUMNS)
    versions = TableRows()
    if 0 < len(table.rows) <= _FEW_NEIGHBORS:
        versions = await read_table(session, _VERSION)
    rows = [
        _neighbor(index[0], table.rows[index] | versions.rows.get(index, {}))
        for index in sorted(table.rows)
        if len(index) == 2  # noqa: PLR2004 -- ifIndex and a number
    ]
    named = tuple(one for one in rows if one.chassis_id or one.management_address)
    return NeighborTable(named, complete=table.complete)


def _neighbor(if_index: int, row: dict[str, VarBind]) -> Neighbor:
    device_id = _text(row.get("cdpCacheDeviceId"))
    is_name = device_id is not None and normalise_mac(device_id) is None
    name = _SERIAL.sub("", device_id) or None if device_id is not None and is_name else None
    return Neighbor(
        protocol="cdp",
        if_index=if_index,
        chassis_id=device_id,
        port_id=values.name(row.get("cdpCacheDevicePort")),
        sys_name=name,
        sys_descr=values.description(row.get("cdpCacheVersion")),
        platform=values.name(row.get("cdpCachePlatform")),
        capabilities=_capabilities(row.get("cdpCacheCapabilities")),
        management_address=_address(row),
    )


def _text(varbind: VarBind | None) -> str | None:
    """Give the device id, which some phones and access points send as six octets."""
    is_octets = varbind is not None and len(varbind.value) == 6  # noqa: PLR2004 -- a MAC
    if varbind is not None and is_octets and not varbind.value.isascii():
        return values.mac(varbind)
    return values.name(varbind)


def _address(row: dict[str, VarBind]) -> str | None:
    """Give cdpCacheAddress; of all protocols that CDP knows only IP's have these lengths."""
    value = row.get("cdpCacheAddress")
    if value is None or value.tag != Tag.OCTET_STRING or len(value.value) not in {4, 16}:
        return None
    address = ipaddress.ip_address(value.value)
    return None if address.is_unspecified else str(address)


def _capabilities(varbind: VarBind | None) -> tuple[str, ...]:
    """Give CDP's bits in the words of LLDP; a station only is what does nothing else."""
    if varbind is None or varbind.tag != Tag.OCTET_STRING:
        return ()
    if len(varbind.value) != _CAPABILITY_OCTETS:
        return ()
    bits = int.from_bytes(varbind.value, "big")
    words = [
        word
        for mask, word in (
            (_REPEATER, "repeater"),
            (_BRIDGES, "bridge"),
            (_ROUTER, "router"),
            (_PHONE, "telephone"),
        )
        if bits & mask
    ]
    return tuple(words) if words or not bits & _HOST else ("stationOnly",)
