"""What a device does with other people's packets: bridging makes a switch, routing a router.

Read only to tell the category of a device that no definition, Printer-MIB or word tells.
Source: RFC 4188 dot1dBaseNumPorts; RFC 4293 ipForwarding; RFC 3418 sysServices (layer n is the
bit of weight 2**(n-1)).
"""

from __future__ import annotations

from typing import Final

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import VarBind

SYS_SERVICES: Final = oids.encode("1.3.6.1.2.1.1.7.0")
IP_FORWARDING: Final = oids.encode("1.3.6.1.2.1.4.1.0")
DOT1D_BASE_NUM_PORTS: Final = oids.encode("1.3.6.1.2.1.17.1.2.0")
ALL: Final = (SYS_SERVICES, IP_FORWARDING, DOT1D_BASE_NUM_PORTS)

_FORWARDING: Final = 1
_INTERNET_LAYER: Final = 4
_FEWEST_BRIDGE_PORTS: Final = 5  # a desk phone, an access point or a PC bridges two or three


def is_bridge(found: dict[bytes, VarBind]) -> bool:
    """Whether it bridges between enough ports to be a switch."""
    ports = values.integer(found.get(DOT1D_BASE_NUM_PORTS))
    return ports is not None and ports >= _FEWEST_BRIDGE_PORTS


def forwards(found: dict[bytes, VarBind]) -> bool:
    """Whether it forwards packets between its interfaces."""
    return values.integer(found.get(IP_FORWARDING)) == _FORWARDING


def is_router(found: dict[bytes, VarBind]) -> bool:
    """Whether it forwards packets and says that it works on the internet layer."""
    services = values.integer(found.get(SYS_SERVICES)) or 0
    return forwards(found) and bool(services & _INTERNET_LAYER)
