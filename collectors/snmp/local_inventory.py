"""What a device says of itself in scalars of MIBs that are not its maker's own.

Standard ones: LLDP-EXT-MED-MIB (ANSI/TIA-1057) lldpXMedLocalData; RMON2-MIB (RFC 4502) probe
group; DOCS-CABLE-DEVICE-MIB (RFC 4639) docsDevBase and docsDevSoftware.

Those of bought firmware and of agents for servers, which many makers sell under names of their own:
RADLAN-Physicaldescription-MIB rlPhdUnitGenParamTable (its first unit); FASTPATH-SWITCHING-MIB
agentInventoryGroup; CPQSINFO-MIB; Dell's MIB-Dell-10892 chassisInformationTable; SEMI-MIB; of
cards in power supplies XUPS-MIB, MG-SNMP-UPS-MIB, PowerNet-MIB and PPC-MIB; and the MIB that Accton
repeats below the number of each of its switches, also of those that others sell. They are asked of
devices that no definition knows, in the one request that is sent anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from collectors import oids
from collectors.observation import Category
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
_RADLAN: Final = "1.3.6.1.4.1.89.53.14.1"
_FASTPATH: Final = "1.3.6.1.4.1.4413.1.1.1.1.1"
_CPQ: Final = "1.3.6.1.4.1.232.2.2"
_OPEN_MANAGE: Final = "1.3.6.1.4.1.674.10892.1.300.10.1"
_SEMI: Final = "1.3.6.1.4.1.11.2.36.1.1.2"
_XUPS: Final = "1.3.6.1.4.1.534.1.1"
_MGE: Final = "1.3.6.1.4.1.705.1.1"
_POWERNET: Final = "1.3.6.1.4.1.318.1.1.1.1"
_PPC: Final = "1.3.6.1.4.1.935.1.1.1.1"
_BOUGHT: Final = (
    Inventory("serial_number", "rlPhdUnitGenParamSerialNum", oids.encode(f"{_RADLAN}.5.1")),
    Inventory(
        "software_revision", "rlPhdUnitGenParamSoftwareVersion", oids.encode(f"{_RADLAN}.2.1")
    ),
    Inventory(
        "firmware_revision", "rlPhdUnitGenParamFirmwareVersion", oids.encode(f"{_RADLAN}.3.1")
    ),
    Inventory(
        "hardware_revision", "rlPhdUnitGenParamHardwareVersion", oids.encode(f"{_RADLAN}.4.1")
    ),
    Inventory("model_name", "agentInventoryMachineModel", oids.encode(f"{_FASTPATH}.3.0")),
    Inventory("serial_number", "agentInventorySerialNumber", oids.encode(f"{_FASTPATH}.4.0")),
    Inventory(
        "software_revision", "agentInventorySoftwareVersion", oids.encode(f"{_FASTPATH}.13.0")
    ),
    Inventory("serial_number", "cpqSiSysSerialNum", oids.encode(f"{_CPQ}.2.1.0")),
    Inventory("model_name", "cpqSiProductName", oids.encode(f"{_CPQ}.4.2.0")),
    Inventory("model_name", "chassisModelName", oids.encode(f"{_OPEN_MANAGE}.9.1")),
    Inventory("serial_number", "chassisServiceTagName", oids.encode(f"{_OPEN_MANAGE}.11.1")),
    Inventory("software_revision", "hpHttpMgVersion", oids.encode(f"{_SEMI}.6.0")),
    Inventory("serial_number", "hpHttpMgSerialNumber", oids.encode(f"{_SEMI}.9.0")),
    Inventory("manufacturer", "xupsIdentManufacturer", oids.encode(f"{_XUPS}.1.0")),
    Inventory("model_name", "xupsIdentModel", oids.encode(f"{_XUPS}.2.0")),
    Inventory("firmware_revision", "xupsIdentSoftwareVersion", oids.encode(f"{_XUPS}.3.0")),
    Inventory("serial_number", "xupsIdentSerialNumber", oids.encode(f"{_XUPS}.6.0")),
    Inventory("model_name", "upsmgIdentModelName", oids.encode(f"{_MGE}.2.0")),
    Inventory("firmware_revision", "upsmgIdentFirmwareVersion", oids.encode(f"{_MGE}.4.0")),
    Inventory("serial_number", "upsmgIdentSerialNumber", oids.encode(f"{_MGE}.7.0")),
    Inventory("model_name", "upsBasicIdentModel", oids.encode(f"{_POWERNET}.1.1.0")),
    Inventory("serial_number", "upsAdvIdentSerialNumber", oids.encode(f"{_POWERNET}.2.3.0")),
    Inventory("model_name", "upsBaseIdentModel", oids.encode(f"{_PPC}.1.1.0")),
    Inventory(
        "software_revision", "upsSmartIdentAgentFirmwareRevision", oids.encode(f"{_PPC}.2.4.0")
    ),
)
# Below the number of the product: the name of the product tells that it is this MIB.
_ACCTON_NAME: Final = "1.1.5.1.0"
_ACCTON: Final = (
    ("model_name", "swProdName", _ACCTON_NAME),
    ("software_revision", "swOpcodeVer", "1.1.3.1.6.1"),
    ("serial_number", "swSerialNumber", "1.1.3.1.10.1"),
)
_FEWEST_ARCS: Final = 8
# What carries such firmware or such a card, by the start of the object's name.
_KINDS: Final = {
    "rlPhd": Category.SWITCH,
    "agentInventory": Category.SWITCH,
    "swProd": Category.SWITCH,
    "swOpcode": Category.SWITCH,
    "xupsIdent": Category.UPS,
    "upsmgIdent": Category.UPS,
    "upsBase": Category.UPS,
    "upsSmart": Category.UPS,
    "upsBasic": Category.UPS,
    "upsAdv": Category.UPS,
}
GROUPS: Final = (_LLDP_MED, "1.3.6.1.2.1.69.1", "1.3.6.1.2.1.16.19")


def names_to_get(
    existing: set[str], sys_object_id: str | None, *, is_unknown: bool = False
) -> list[bytes]:
    """List the objects to ask for.

    Args:
        existing: of the groups, those that the device has.
        sys_object_id: its number, below which some have their objects.
        is_unknown: no definition knows it, so that bought firmware is asked for as well.
    """
    groups = [oids.encode(one) for one in GROUPS if one in existing]
    names = [one.oid for one in _SOURCES if any(one.oid.startswith(group) for group in groups)]
    if is_unknown:
        names += [one.oid for one in (*_BOUGHT, *_below(sys_object_id))]
    return names


def bought_inventory(
    found: dict[bytes, VarBind], sys_object_id: str | None
) -> Iterator[tuple[str, str, str]]:
    """Give field, value and name of the object of what bought firmware says."""
    yield from _said(_BOUGHT, found)
    below = _below(sys_object_id)
    if below and values.name(found.get(below[0].oid)) is not None:
        yield from _said(below, found)


def category_of_bought(
    found: dict[bytes, VarBind], sys_object_id: str | None
) -> tuple[Category, str] | None:
    """Give what carries the firmware that the device has, and the object that tells it."""
    for _, _, name in bought_inventory(found, sys_object_id):
        for start, kind in _KINDS.items():
            if name.startswith(start):
                return kind, name
    return None


def local_inventory(found: dict[bytes, VarBind]) -> Iterator[tuple[str, str, str]]:
    """Give field, value and name of the object for each that the device has."""
    yield from _said(_SOURCES, found)


def _below(sys_object_id: str | None) -> tuple[Inventory, ...]:
    """Give the objects below a product's own number; a maker's number alone is no product's."""
    if sys_object_id is None or sys_object_id.count(".") < _FEWEST_ARCS:
        return ()
    return tuple(
        Inventory(name, told, oids.encode(f"{sys_object_id}.{suffix}"))
        for name, told, suffix in _ACCTON
    )


def _said(
    sources: tuple[Inventory, ...], found: dict[bytes, VarBind]
) -> Iterator[tuple[str, str, str]]:
    for one in sources:
        value = values.name(found.get(one.oid))
        if value is not None:
            yield one.field, value, one.name
