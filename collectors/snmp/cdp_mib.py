"""Neighbours by Cisco's discovery protocol: CISCO-CDP-MIB cdpCacheTable."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from collectors.observation import Neighbor, NeighborTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import read_table
from collectors.text import normalise_mac

CDP_CACHE_TABLE: Final = "1.3.6.1.4.1.9.9.23.1.2.1"

_COLUMNS: Final = {
    "cdpCacheAddressType": f"{CDP_CACHE_TABLE}.1.3",
    "cdpCacheAddress": f"{CDP_CACHE_TABLE}.1.4",
    "cdpCacheVersion": f"{CDP_CACHE_TABLE}.1.5",
    "cdpCacheDeviceId": f"{CDP_CACHE_TABLE}.1.6",
    "cdpCacheDevicePort": f"{CDP_CACHE_TABLE}.1.7",
    "cdpCachePlatform": f"{CDP_CACHE_TABLE}.1.8",
    "cdpCacheCapabilities": f"{CDP_CACHE_TABLE}.1.9",
    "cdpCacheSysName": f"{CDP_CACHE_TABLE}.1.17",
}
# CiscoNetworkProtocol and the length of its addresses.
_ADDRESS_TYPES: Final = {(1, 4), (20, 16)}
_ROUTER, _BRIDGES, _HOST, _REPEATER, _PHONE = 0x01, 0x02 | 0x04 | 0x08, 0x10, 0x40, 0x80
_CAPABILITY_OCTETS: Final = 4
# NX-OS puts the serial number behind the name.
_SERIAL: Final = re.compile(r"\([A-Z0-9]{8,14}\)$")


async def read_neighbors(session: DeviceSession) -> NeighborTable:
    """Read all neighbours; the own interface is the first part of the index."""
    table = await read_table(session, _COLUMNS)
    rows = [
        _neighbor(index[0], table.rows[index])
        for index in sorted(table.rows)
        if len(index) == 2  # noqa: PLR2004 -- ifIndex and a number
    ]
    named = tuple(one for one in rows if one.chassis_id or one.management_address)
    return NeighborTable(named, complete=table.complete)


def _neighbor(if_index: int, row: dict[str, VarBind]) -> Neighbor:
    device_id = _text(row.get("cdpCacheDeviceId"))
    name = values.name(row.get("cdpCacheSysName"))
    if name is None and device_id is not None and normalise_mac(device_id) is None:
        name = _SERIAL.sub("", device_id) or None
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
    kind = values.integer(row.get("cdpCacheAddressType"))
    value = row.get("cdpCacheAddress")
    if value is None or value.tag != Tag.OCTET_STRING:
        return None
    if (kind, len(value.value)) not in _ADDRESS_TYPES:
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
