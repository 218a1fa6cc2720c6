"""What stands at an address: the definition speaks first, standard MIBs fill what it leaves.

Rather nothing than a guess: a value is taken only from an object that means it, and each value
says where it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from collectors.banner import operating_system_named, product_named, read_banner
from collectors.definitions.model import Definition
from collectors.observation import Category, Component, Identity, Interface, System
from collectors.registries.enterprise import (
    category_of,
    category_of_maker,
    category_of_number,
    is_generic_agent,
    manufacturer_named_in,
    manufacturer_of,
    manufacturer_of_number,
)
from collectors.registries.phrases import Phrase, phrases_of
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import forwarding, lldp_mib, local_inventory
from collectors.snmp.printer_mib import PrinterGeneral
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.ups_mib import UpsIdent
from collectors.verbs import Facts, first_value

_ETHERNET: Final = 6  # IANAifType ethernetCsmacd
_LOCALLY_ADMINISTERED: Final = 0x02


@dataclass(frozen=True, slots=True)
class Standing:
    """All that was read of a device and may tell what it is.

    Attributes:
        maker_number: the one enterprise whose objects an agent of nobody's own has.
    """

    session: DeviceSession
    system: System
    definition: Definition | None
    chassis: Component | None
    components: tuple[Component, ...]
    interfaces: tuple[Interface, ...]
    printer: PrinterGeneral
    printer_descriptions: tuple[str, ...]
    has_printer_mib: bool
    ups: UpsIdent
    found: dict[bytes, VarBind]
    maker_number: int | None = None


@dataclass(slots=True)
class _Draft:
    """An identity in the making: the first value for a field stays."""

    values: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def offer(self, name: str, value: str | None, reason: str) -> None:
        if name not in self.values and value is not None and not is_placeholder(value):
            self.values[name] = value
            self.reasons[name] = f"{name}: {reason}"


async def describe(standing: Standing) -> Identity:
    """Make the identity of a device."""
    draft = _Draft()
    definition = standing.definition
    if definition is not None:
        await _offer_definition(draft, definition, standing)
    _offer_standard(draft, standing)
    phrase = phrases_of(
        standing.system.sys_descr,
        is_kernel_told=is_generic_agent(standing.system.sys_object_id),
    )
    _offer_phrase(draft, phrase, standing.system.sys_descr)
    _offer_banner(draft, standing)
    if draft.values.get("manufacturer") and draft.values.get("model_name"):
        _strip_manufacturer(draft)
    return Identity(
        manufacturer=draft.values.get("manufacturer"),
        model_name=draft.values.get("model_name"),
        serial_number=draft.values.get("serial_number"),
        category=_category(
            standing, phrase, draft.values.get("category"), draft.values.get("manufacturer")
        ),
        operating_system=draft.values.get("operating_system"),
        software_revision=draft.values.get("software_revision"),
        firmware_revision=draft.values.get("firmware_revision"),
        hardware_revision=draft.values.get("hardware_revision"),
        asset_tag=draft.values.get("asset_tag"),
        base_mac_address=_base_mac(standing),
        chassis_id=lldp_mib.chassis_id(standing.found),
        definition=definition.id if definition else None,
        reasons=tuple(draft.reasons[name] for name in sorted(draft.reasons)),
    )


async def _offer_definition(draft: _Draft, definition: Definition, standing: Standing) -> None:
    reason = f"definition {definition.id}"
    draft.offer("manufacturer", definition.manufacturer, reason)
    facts = Facts(standing.session, standing.system, standing.chassis)
    for name, steps in definition.read.items():
        draft.offer(name, await first_value(steps, facts), reason)
    draft.offer("operating_system", definition.operating_system, reason)


def _offer_standard(draft: _Draft, standing: Standing) -> None:
    number = manufacturer_of(standing.system.sys_object_id)
    draft.offer("manufacturer", number, "enterprise number of sysObjectID")
    maker = manufacturer_of_number(standing.maker_number)
    draft.offer("manufacturer", maker, "the only maker with objects in the agent")
    chassis = standing.chassis
    if chassis is not None:
        reason = "ENTITY-MIB, row of the chassis"
        if _is_name(chassis.manufacturer):
            draft.offer("manufacturer", chassis.manufacturer, reason)
        for name in (
            "model_name",
            "serial_number",
            "software_revision",
            "firmware_revision",
            "hardware_revision",
        ):
            draft.offer(name, getattr(chassis, name), reason)
    draft.offer("serial_number", standing.printer.serial_number, "prtGeneralSerialNumber")
    for description in standing.printer_descriptions:
        draft.offer("model_name", description, "hrDeviceDescr of the printer")
    draft.offer("model_name", standing.printer.printer_name, "prtGeneralPrinterName")
    draft.offer("manufacturer", standing.ups.manufacturer, "upsIdentManufacturer")
    draft.offer("model_name", standing.ups.model, "upsIdentModel")
    draft.offer(
        "firmware_revision", standing.ups.ups_software_version, "upsIdentUPSSoftwareVersion"
    )
    draft.offer(
        "software_revision",
        standing.ups.agent_software_version,
        "upsIdentAgentSoftwareVersion",
    )


def _is_name(manufacturer: str | None) -> bool:
    """Whether it is a maker's name rather than the code of a factory or a bare number."""
    return manufacturer is not None and (
        not any(one.isdigit() for one in manufacturer)
        or manufacturer_named_in(manufacturer) is not None
    )


def _offer_banner(draft: _Draft, standing: Standing) -> None:
    """Take what free text names, then what standard scalars repeat."""
    system, maker = standing.system, draft.values.get("manufacturer")
    banner = read_banner(system.sys_descr, maker, system.sys_name)
    reason = "sysDescr names it"
    draft.offer("model_name", banner.model_name, reason)
    draft.offer("software_revision", banner.software_revision, reason)
    draft.offer("hardware_revision", banner.hardware_revision, reason)
    if standing.definition is None:
        draft.offer("operating_system", operating_system_named(system.sys_descr), reason)
    if standing.definition is None:
        draft.offer("serial_number", banner.serial_number, reason)
    for name, value, source in local_inventory.local_inventory(standing.found):
        draft.offer(name, value, source)
    if standing.chassis is not None and standing.definition is None:
        described = product_named(standing.chassis.description)
        draft.offer("model_name", described, "ENTITY-MIB, entPhysicalDescr of the chassis")


def _offer_phrase(draft: _Draft, phrase: Phrase, sys_descr: str | None) -> None:
    reason = "words of sysDescr"
    draft.offer("manufacturer", phrase.manufacturer, reason)
    named = manufacturer_named_in(sys_descr)
    draft.offer("manufacturer", named, "sysDescr begins with the name")
    if "operating_system" not in draft.values:
        draft.offer("operating_system", phrase.operating_system, reason)
    # A version belongs to the system that the same words name.
    if draft.values.get("operating_system") == phrase.operating_system:
        draft.offer("software_revision", phrase.software_revision, reason)


def _strip_manufacturer(draft: _Draft) -> None:
    """Take the maker's name off the front of the model."""
    model, manufacturer = draft.values["model_name"], draft.values["manufacturer"]
    for name in (manufacturer, *_ALIASES.get(manufacturer, ())):
        if model.casefold().startswith(f"{name.casefold()} "):
            draft.values["model_name"] = model[len(name) :].strip()
            return


_ALIASES: Final = {
    "Hewlett-Packard": ("HP", "HPE"),
    "Hewlett Packard Enterprise": ("HPE", "HP", "Hewlett-Packard"),
    "Palo Alto Networks": ("Palo Alto",),
    "Konica Minolta": ("KONICA MINOLTA",),
    "Eaton": ("Powerware", "MGE"),
}


def _category(
    standing: Standing,
    phrase: Phrase,
    read: str | None,
    manufacturer: str | None,
) -> Category | None:
    definition = standing.definition
    if read in set(Category):
        return Category(read)
    if definition is not None and definition.category is not None:
        return definition.category
    if standing.has_printer_mib:
        return Category.PRINTER
    if any(standing.ups):
        return Category.UPS
    return (
        phrase.category
        or _category_of_forwarding(standing)
        or category_of(standing.system.sys_object_id)
        or category_of_number(standing.maker_number)
        or category_of_maker(manufacturer)
    )


def _category_of_forwarding(standing: Standing) -> Category | None:
    """Tell switches and routers by what they do; a host with an agent of nobody's may do both."""
    if is_generic_agent(standing.system.sys_object_id):
        return None
    if forwarding.is_bridge(standing.found):
        return Category.SWITCH
    return Category.ROUTER if forwarding.is_router(standing.found) else None


def _base_mac(standing: Standing) -> str | None:
    """Give the bridge's address, else the lowest burnt-in Ethernet address."""
    bridge = lldp_mib.bridge_address(standing.found)
    if bridge is not None:
        return bridge
    macs = [
        one.if_phys_address
        for one in standing.interfaces
        if one.if_phys_address is not None and one.if_type in {_ETHERNET, None}
    ]
    return min((mac for mac in macs if _is_burnt_in(mac)), default=None)


def _is_burnt_in(mac: str) -> bool:
    return not int(mac[:2], 16) & _LOCALLY_ADMINISTERED
