"""The device's own chassis id (LLDP-MIB) and its bridge address (BRIDGE-MIB, RFC 4188)."""

from __future__ import annotations

import ipaddress
from typing import Final

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import VarBind
from collectors.text import clean_name, normalise_mac

LLDP_LOC_CHASSIS_ID_SUBTYPE: Final = oids.encode("1.0.8802.1.1.2.1.3.1.0")
LLDP_LOC_CHASSIS_ID: Final = oids.encode("1.0.8802.1.1.2.1.3.2.0")
DOT1D_BASE_BRIDGE_ADDRESS: Final = oids.encode("1.3.6.1.2.1.17.1.1.0")

_MAC_ADDRESS: Final = 4
_NETWORK_ADDRESS: Final = 5


def chassis_id(found: dict[bytes, VarBind]) -> str | None:
    """Give lldpLocChassisId as text, by its subtype."""
    value = found.get(LLDP_LOC_CHASSIS_ID)
    if value is None or not values.is_present(value) or not value.value:
        return None
    subtype = values.integer(found.get(LLDP_LOC_CHASSIS_ID_SUBTYPE))
    if subtype == _MAC_ADDRESS:
        return normalise_mac(value.value)
    if subtype == _NETWORK_ADDRESS:
        # The first octet is the address family (IANA): 1 for IPv4, 2 for IPv6.
        octets = value.value[1:]
        return str(ipaddress.ip_address(octets)) if len(octets) in {4, 16} else None
    return clean_name(value.value)


def bridge_address(found: dict[bytes, VarBind]) -> str | None:
    """Give dot1dBaseBridgeAddress."""
    return values.mac(found.get(DOT1D_BASE_BRIDGE_ADDRESS))
