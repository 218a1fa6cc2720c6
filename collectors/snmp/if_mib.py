"""Interfaces: ifTable and ifXTable (IF-MIB, RFC 2863), with their addresses (IP-MIB, RFC 4293)."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from collectors import oids
from collectors.observation import Interface, InterfaceTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import Rows, read_table

IF_TABLE: Final = "1.3.6.1.2.1.2.2"
IF_X_TABLE: Final = "1.3.6.1.2.1.31.1.1"
IP_ADDR_TABLE: Final = "1.3.6.1.2.1.4.20"
IP_ADDRESS_TABLE: Final = "1.3.6.1.2.1.4.34"

_IF_COLUMNS: Final = {
    "ifDescr": f"{IF_TABLE}.1.2",
    "ifType": f"{IF_TABLE}.1.3",
    "ifMtu": f"{IF_TABLE}.1.4",
    "ifSpeed": f"{IF_TABLE}.1.5",
    "ifPhysAddress": f"{IF_TABLE}.1.6",
    "ifAdminStatus": f"{IF_TABLE}.1.7",
    "ifOperStatus": f"{IF_TABLE}.1.8",
}
_IF_X_COLUMNS: Final = {
    "ifName": f"{IF_X_TABLE}.1.1",
    "ifHighSpeed": f"{IF_X_TABLE}.1.15",
    "ifAlias": f"{IF_X_TABLE}.1.18",
}
_IP_ADDR_COLUMNS: Final = {
    "ipAdEntIfIndex": f"{IP_ADDR_TABLE}.1.2",
    "ipAdEntNetMask": f"{IP_ADDR_TABLE}.1.3",
}
_IP_ADDRESS_COLUMNS: Final = {
    "ipAddressIfIndex": f"{IP_ADDRESS_TABLE}.1.3",
    "ipAddressPrefix": f"{IP_ADDRESS_TABLE}.1.5",
}
_MEGABIT: Final = 1_000_000
_SPEED_TOO_HIGH: Final = 2**32 - 1  # then ifHighSpeed tells (RFC 2863 §3.1.8)
# IANAifType, and ifOperStatus (RFC 2863).
_ETHERNET: Final = 6
_SOFTWARE_LOOPBACK: Final = 24
_PROP_VIRTUAL: Final = 53
_L2VLAN: Final = 135
_OPTICAL_CHANNEL: Final = 195
_NOT_PRESENT: Final = 6
_MOST_LOOPBACKS: Final = 16
_FEW_CAGES: Final = 8
_NO_INTERFACE: Final = re.compile(r"unrouted VLAN |(?:Optics|CoherentDSP)\d")
_ADDRESS_TYPES: Final = {(1, 4), (2, 16)}  # InetAddressType ipv4, ipv6 and their lengths
_ZONED: Final = {(3, 8), (4, 20)}  # ipv4z, ipv6z: four octets of zone behind the address


class _Addresses(NamedTuple):
    """Addresses by ifIndex, as ``address/prefix length``."""

    by_interface: dict[int, list[str]]
    is_complete: bool


async def read_interfaces(session: DeviceSession, existing: set[str]) -> InterfaceTable:
    """Read all interfaces with their addresses.

    Args:
        session: the device.
        existing: which of the four tables the device has.

    Returns:
        Interfaces; complete only when the tables of addresses were read to their ends as well,
        since else an interface without addresses may have some.
    """
    columns: dict[str, str] = {}
    if IF_TABLE in existing:
        columns |= _IF_COLUMNS
    if IF_X_TABLE in existing:
        columns |= _IF_X_COLUMNS
    table = await read_table(session, columns)
    addresses = (
        await _read_addresses(session, existing) if table.rows else _Addresses({}, is_complete=True)
    )
    rows = _interfaces(existing_rows(table.rows, addresses.by_interface), addresses.by_interface)
    return InterfaceTable(rows, complete=table.complete and addresses.is_complete)


async def _read_addresses(session: DeviceSession, existing: set[str]) -> _Addresses:
    """Read both tables side by side: most devices have few addresses, and their indexes differ."""
    old = _IP_ADDR_COLUMNS if IP_ADDR_TABLE in existing else {}
    new = _IP_ADDRESS_COLUMNS if IP_ADDRESS_TABLE in existing else {}
    table = await read_table(session, old | new)
    rows = table.rows
    if old and new and not table.complete:
        # The newer table is broken on many agents: neither may cost what the other one tells.
        rows = rows | (await read_table(session, old)).rows | (await read_table(session, new)).rows
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for index, row in rows.items():
        _add_address(found, row.get("ipAdEntIfIndex"), bytes_of(index), _mask_length(row))
    for index, row in rows.items():
        octets = inet_address(index)
        _add_address(found, row.get("ipAddressIfIndex"), octets, _prefix_length(row))
    by_interface = {if_index: list(texts.values()) for if_index, texts in found.items()}
    return _Addresses(by_interface, is_complete=table.complete)


def bytes_of(arcs: tuple[int, ...]) -> bytes | None:
    """Give arcs as octets; None when one of them is no octet."""
    try:
        return bytes(arcs)
    except ValueError:
        return None


def inet_address(index: tuple[int, ...]) -> bytes | None:
    """Read ``InetAddressType.length.octets`` (RFC 4001); None for other types and lengths."""
    if len(index) < 2 or len(index) != index[1] + 2:  # noqa: PLR2004 -- type and length
        return None
    if index[:2] in _ZONED:
        return bytes_of(index[2:-4])
    return bytes_of(index[2:]) if index[:2] in _ADDRESS_TYPES else None


def _add_address(
    found: dict[int, dict[str, str]],
    if_index: VarBind | None,
    octets: bytes | None,
    prefix_length: int | None,
) -> None:
    number = values.integer(if_index)
    if number is None or octets is None or len(octets) not in {4, 16}:
        return
    address = ipaddress.ip_address(octets)
    if address.is_unspecified:
        return
    if prefix_length is None or not 0 < prefix_length <= address.max_prefixlen:
        prefix_length = address.max_prefixlen
    # The newer table tells prefix lengths of both families; what the older one knew stays.
    found[number].setdefault(str(address), f"{address}/{prefix_length}")


def _mask_length(row: dict[str, VarBind]) -> int | None:
    mask = row.get("ipAdEntNetMask")
    if mask is None or mask.tag != Tag.IP_ADDRESS:
        return None
    bits = int.from_bytes(mask.value, "big")
    inverse = bits ^ 0xFFFFFFFF
    return bits.bit_count() if inverse & (inverse + 1) == 0 else None


def _prefix_length(row: dict[str, VarBind]) -> int | None:
    """Read the last arc of the pointer to ipAddressPrefixTable."""
    pointer = row.get("ipAddressPrefix")
    if pointer is None or pointer.tag != Tag.OBJECT_IDENTIFIER or not pointer.value:
        return None
    arcs = oids.decode_index(pointer.value)
    return arcs[-1] if len(arcs) > 2 else None  # noqa: PLR2004 -- 0.0 means unknown


def existing_rows(rows: Rows, addresses: Mapping[int, object]) -> Rows:
    """Leave out what agents list though no interface stands behind it.

    These are: rows of ifXTable without an ifEntry and rows without description and name, where
    ifTable describes others; what is not there (ifOperStatus notPresent, RFC 2863 §3.1.14), but
    for a few Ethernet ports with a speed, which only lack their transceivers, where more of them
    than of the others are units that a stack might have; layers of type l2vlan whose status is
    none of the known; VLANs that Cisco's chassis list as "unrouted", the optical controllers
    below IOS XR's ports; and loopback slots without an address, where an agent lists all it could
    have.

    Args:
        rows: of ifTable and ifXTable, by index.
        addresses: whatever has the ifIndex of the interfaces with an address as its keys.
    """
    is_described = any(values.name(row.get("ifDescr")) for row in rows.values())
    absent = {index: _is_absent(row) for index, row in rows.items()}
    cages = [index for index, row in rows.items() if absent[index] and _has_speed(row)]
    ports = [index for index, row in rows.items() if not absent[index] and _has_speed(row)]
    if len(cages) <= max(len(ports), _FEW_CAGES):
        absent |= dict.fromkeys(cages, False)
    found = {
        index: row
        for index, row in rows.items()
        if not absent[index] and (not is_described or (_has_entry(row) and _names(row)))
    }
    slots = [
        index
        for index, row in found.items()
        if values.integer(row.get("ifType")) == _SOFTWARE_LOOPBACK and index[0] not in addresses
    ]
    if len(slots) > _MOST_LOOPBACKS:
        for index in slots:
            del found[index]
    return found


def _has_entry(row: Mapping[str, VarBind]) -> bool:
    return not row.keys().isdisjoint(_IF_COLUMNS)


def _has_speed(row: dict[str, VarBind]) -> bool:
    return values.integer(row.get("ifType")) == _ETHERNET and bool(_speed(row))


def _names(row: Mapping[str, VarBind]) -> str | None:
    return values.name(row.get("ifDescr")) or values.name(row.get("ifName"))


def _is_absent(row: Mapping[str, VarBind]) -> bool:
    status = values.integer(row.get("ifOperStatus"))
    if_type = values.integer(row.get("ifType"))
    if status == _NOT_PRESENT:
        return True
    if if_type == _L2VLAN:
        return status == 0
    if if_type in {_OPTICAL_CHANNEL, _PROP_VIRTUAL}:
        return bool(_NO_INTERFACE.match(values.name(row.get("ifDescr")) or ""))
    return False


def _interfaces(rows: Rows, addresses: dict[int, list[str]]) -> tuple[Interface, ...]:
    found = []
    for index in sorted(rows):
        if len(index) != 1:
            continue
        row = rows[index]
        found.append(
            Interface(
                if_index=index[0],
                if_descr=values.name(row.get("ifDescr")),
                if_name=values.name(row.get("ifName")),
                if_alias=values.name(row.get("ifAlias")),
                if_type=values.integer(row.get("ifType")),
                if_mtu=values.integer(row.get("ifMtu")),
                if_high_speed=_speed(row),
                if_phys_address=values.mac(row.get("ifPhysAddress")),
                if_admin_status=values.integer(row.get("ifAdminStatus")),
                if_oper_status=values.integer(row.get("ifOperStatus")),
                addresses=tuple(addresses.get(index[0], ())),
            ),
        )
    return tuple(found)


def _speed(row: dict[str, VarBind]) -> int | None:
    high = values.integer(row.get("ifHighSpeed"))
    low = values.integer(row.get("ifSpeed"))
    if high or low is None or low >= _SPEED_TOO_HIGH:
        return high
    return low // _MEGABIT
