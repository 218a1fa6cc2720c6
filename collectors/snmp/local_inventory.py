"""What a device says of itself in scalars of standard MIBs other than ENTITY-MIB.

Sources: LLDP-EXT-MED-MIB (ANSI/TIA-1057) lldpXMedLocalData; RMON2-MIB (RFC 4502) probe group;
DOCS-CABLE-DEVICE-MIB (RFC 4639) docsDevBase and docsDevSoftware.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import VarBind


class Inventory(NamedTuple):
    """An object that holds a field of an identity."""

    field: str
    name: str
    oid: bytes


_LLDP_MED: Final = "1.0.8802.1.1.2.1.5.4795.1.2"
_SOURCES: Final = (
    Inventory("manufacturer", "lldpXMedLocMfgName", oids.encode(f"{_LLDP_MED}.6.0")),
    Inventory("model_name", "lldpXMedLocModelName", oids.encode(f"{_LLDP_MED}.7.0")),
    Inventory("serial_number", "lldpXMedLocSerialNum", oids.encode(f"{_LLDP_MED}.5.0")),
    Inventory("software_revision", "lldpXMedLocSoftwareRev", oids.encode(f"{_LLDP_MED}.4.0")),
    Inventory("firmware_revision", "lldpXMedLocFirmwareRev", oids.encode(f"{_LLDP_MED}.3.0")),
    Inventory("hardware_revision", "lldpXMedLocHardwareRev", oids.encode(f"{_LLDP_MED}.2.0")),
    Inventory("serial_number", "docsDevSerialNumber", oids.encode("1.3.6.1.2.1.69.1.1.4.0")),
    Inventory("software_revision", "docsDevSwCurrentVers", oids.encode("1.3.6.1.2.1.69.1.3.5.0")),
    Inventory("software_revision", "probeSoftwareRev", oids.encode("1.3.6.1.2.1.16.19.2.0")),
    Inventory("hardware_revision", "probeHardwareRev", oids.encode("1.3.6.1.2.1.16.19.3.0")),
)
GROUPS: Final = (_LLDP_MED, "1.3.6.1.2.1.69.1", "1.3.6.1.2.1.16.19")


def names_to_get(existing: set[str]) -> list[bytes]:
    """List the objects of those groups that the device has."""
    groups = [oids.encode(one) for one in GROUPS if one in existing]
    return [one.oid for one in _SOURCES if any(one.oid.startswith(group) for group in groups)]


def local_inventory(found: dict[bytes, VarBind]) -> Iterator[tuple[str, str, str]]:
    """Give field, value and name of the object for each that the device has."""
    for one in _SOURCES:
        value = values.name(found.get(one.oid))
        if value is not None:
            yield one.field, value, one.name
