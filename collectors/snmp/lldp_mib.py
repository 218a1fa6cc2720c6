"""LLDP's own chassis id and identifiers as text (LLDP-MIB, IEEE 802.1AB-2005).

The device's bridge address (BRIDGE-MIB, RFC 4188) is read with them. Neighbours are in
``lldp_neighbors``.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import Tag, VarBind
from collectors.text import MAC_OCTETS, clean_name, normalise_mac

LLDP_LOC_CHASSIS_ID_SUBTYPE: Final = oids.encode("1.0.8802.1.1.2.1.3.1.0")
LLDP_LOC_CHASSIS_ID: Final = oids.encode("1.0.8802.1.1.2.1.3.2.0")
DOT1D_BASE_BRIDGE_ADDRESS: Final = oids.encode("1.3.6.1.2.1.17.1.1.0")

# LldpChassisIdSubtype and LldpPortIdSubtype.
CHASSIS_MAC_ADDRESS: Final = 4
CHASSIS_NETWORK_ADDRESS: Final = 5
PORT_MAC_ADDRESS: Final = 3
PORT_NETWORK_ADDRESS: Final = 4


def chassis_id(found: dict[bytes, VarBind]) -> str | None:
    """Give lldpLocChassisId as text, by its subtype."""
    subtype = values.integer(found.get(LLDP_LOC_CHASSIS_ID_SUBTYPE))
    return chassis_text(subtype, found.get(LLDP_LOC_CHASSIS_ID))


def chassis_text(subtype: int | None, value: VarBind | None) -> str | None:
    """Give an LldpChassisId as text."""
    return _text(
        value,
        is_mac=subtype == CHASSIS_MAC_ADDRESS,
        is_address=subtype == CHASSIS_NETWORK_ADDRESS,
    )


def port_text(subtype: int | None, value: VarBind | None) -> str | None:
    """Give an LldpPortId as text."""
    return _text(
        value,
        is_mac=subtype == PORT_MAC_ADDRESS,
        is_address=subtype == PORT_NETWORK_ADDRESS,
    )


def _text(value: VarBind | None, *, is_mac: bool, is_address: bool) -> str | None:
    if value is None or not values.is_present(value) or not value.value:
        return None
    if value.tag != Tag.OCTET_STRING:
        return values.name(value)
    octets = value.value
    if is_mac:
        return normalise_mac(octets)
    if is_address:
        # The first octet is the address family (IANA): 1 for IPv4, 2 for IPv6.
        octets = octets[1:]
        return str(ipaddress.ip_address(octets)) if len(octets) in {4, 16} else None
    if len(octets) == MAC_OCTETS and not octets.isascii():
        return normalise_mac(octets)  # of a subtype that should be text
    return clean_name(octets)


def bridge_address(found: dict[bytes, VarBind]) -> str | None:
    """Give dot1dBaseBridgeAddress."""
    return values.mac(found.get(DOT1D_BASE_BRIDGE_ADDRESS))
