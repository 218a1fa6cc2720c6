"""Neighbours by Foundry's discovery protocol: FOUNDRY-SN-SWITCH-GROUP-MIB snFdpCacheTable.

Switches of Foundry (Brocade, Ruckus ICX) keep there what they hear by FDP and by CDP.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from collectors.observation import Neighbor, NeighborTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import read_table
from collectors.text import normalise_mac

FDP_CACHE_TABLE: Final = "1.3.6.1.4.1.1991.1.1.3.20.1.2.1"

_COLUMNS: Final = {
    "snFdpCacheDeviceId": f"{FDP_CACHE_TABLE}.1.3",
    "snFdpCacheAddress": f"{FDP_CACHE_TABLE}.1.5",
    "snFdpCacheVersion": f"{FDP_CACHE_TABLE}.1.6",
    "snFdpCacheDevicePort": f"{FDP_CACHE_TABLE}.1.7",
    "snFdpCachePlatform": f"{FDP_CACHE_TABLE}.1.8",
    "snFdpCacheCapabilities": f"{FDP_CACHE_TABLE}.1.9",
}
# Its words for what a neighbour does, in those of LLDP.
_CAPABILITIES: Final = {
    "router": "router",
    "switch": "bridge",
    "bridge": "bridge",
    "repeater": "repeater",
    "phone": "telephone",
}


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
    device_id = values.name(row.get("snFdpCacheDeviceId"))
    is_name = device_id is not None and normalise_mac(device_id) is None
    return Neighbor(
        protocol="fdp",
        if_index=if_index,
        chassis_id=device_id,
        port_id=values.name(row.get("snFdpCacheDevicePort")),
        sys_name=device_id if is_name else None,
        sys_descr=values.description(row.get("snFdpCacheVersion")),
        platform=values.name(row.get("snFdpCachePlatform")),
        capabilities=_capabilities(values.name(row.get("snFdpCacheCapabilities"))),
        management_address=_address(row.get("snFdpCacheAddress")),
    )


def _capabilities(text: str | None) -> tuple[str, ...]:
    words = (text or "").casefold().replace(",", " ").split()
    return tuple(dict.fromkeys(_CAPABILITIES[word] for word in words if word in _CAPABILITIES))


def _address(varbind: VarBind | None) -> str | None:
    """Give an address, from octets of IP's lengths or from text."""
    if varbind is None or varbind.tag not in {Tag.OCTET_STRING, Tag.IP_ADDRESS}:
        return None
    try:
        octets = varbind.value if len(varbind.value) in {4, 16} else varbind.value.decode("ascii")
        address = ipaddress.ip_address(octets)
    except ValueError:
        return None
    return None if address.is_unspecified else str(address)
