"""What an uninterruptible power supply says of itself (UPS-MIB, RFC 1628)."""

from __future__ import annotations

from typing import Final, NamedTuple

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import VarBind

UPS_IDENT: Final = "1.3.6.1.2.1.33.1.1"
UPS_IDENT_MANUFACTURER: Final = oids.encode(f"{UPS_IDENT}.1.0")
UPS_IDENT_MODEL: Final = oids.encode(f"{UPS_IDENT}.2.0")
UPS_IDENT_UPS_SOFTWARE_VERSION: Final = oids.encode(f"{UPS_IDENT}.3.0")
UPS_IDENT_AGENT_SOFTWARE_VERSION: Final = oids.encode(f"{UPS_IDENT}.4.0")

ALL: Final = (
    UPS_IDENT_MANUFACTURER,
    UPS_IDENT_MODEL,
    UPS_IDENT_UPS_SOFTWARE_VERSION,
    UPS_IDENT_AGENT_SOFTWARE_VERSION,
)


class UpsIdent(NamedTuple):
    """The group upsIdent."""

    manufacturer: str | None = None
    model: str | None = None
    ups_software_version: str | None = None
    agent_software_version: str | None = None


def ups_ident(found: dict[bytes, VarBind]) -> UpsIdent:
    """Make the group of bindings."""
    return UpsIdent(*(values.name(found.get(oid)) for oid in ALL))
