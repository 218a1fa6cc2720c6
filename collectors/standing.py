"""What stands at an address: the definition speaks first, standard MIBs fill what it leaves.

Rather nothing than a guess: a value is taken only from an object that means it, and each value
says where it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from collectors.banner import operating_system_named, product_named, read_banner
from collectors.definitions.model import Definition
from collectors.evidence import How, Means, Origin, differs
from collectors.kinship import Told
from collectors.observation import Category, Component, Identity, Interface, System
from collectors.registries.enterprise import (
    MANUFACTURER_ALIASES,
    category_of,
    category_of_maker,
    category_of_number,
    is_generic_agent,
    is_maker_of_appliances,
    manufacturer_named_in,
    manufacturer_of,
    manufacturer_of_number,
)
from collectors.registries.phrases import Phrase, phrases_of
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import device_id, forwarding, lldp_mib, local_inventory, printer_mib, ups_mib
from collectors.snmp.object_names import CHASSIS_COLUMNS, OBJECTS, name_of
from collectors.snmp.printer_mib import PrinterGeneral
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.unit_tables import Unit
from collectors.snmp.ups_mib import UpsIdent
from collectors.verbs import Facts, first_reading

_HOSTS: Final = frozenset({Category.SERVER, Category.WORKSTATION})
_ETHERNET: Final = 6  # IANAifType ethernetCsmacd
_LOCALLY_ADMINISTERED: Final = 0x02
_MOST_OTHERS: Final = 3  # values of other sources that are kept for a field


def _of_sys_descr(means: Means) -> How:
    return How(means, None, OBJECTS["sysDescr"], "sysDescr")


_WORDS: Final = _of_sys_descr(Means.WORDS)
_BANNER: Final = _of_sys_descr(Means.BANNER)
_NUMBER: Final = How(Means.ENTERPRISE_NUMBER, None, OBJECTS["sysObjectID"], "sysObjectID")


@dataclass(frozen=True, slots=True)
class Standing:
    """All that was read of a device and may tell what it is.

    Attributes:
        maker_number: the one enterprise whose objects an agent of nobody's own has.
        units: what tables of units say, where no definition knows the device.
        kin: what objects of its maker's other families say, likewise.
        alike: what texts of its maker's objects are by their form, likewise.
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
    units: tuple[Unit, ...] = ()
    kin: tuple[Told, ...] = ()
    alike: tuple[Told, ...] = ()


@dataclass(slots=True)
class _Draft:
    """An identity in the making: the first value for a field stays, others are kept beside it."""

    values: dict[str, str] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)

    def offer(self, name: str, value: str | None, how: How | str) -> None:
        """Take a value, or note that another source gives another one.

        Args:
            name: the field.
            value: what was read; None and placeholders count for nothing.
            how: where; the name of a standard object is enough.
        """
        if value is None or is_placeholder(value):
            return
        is_chosen = name not in self.values
        chosen = self.values.setdefault(name, value)
        if is_chosen or (differs(chosen, value) and not self._is_noted(name, value)):
            if isinstance(how, str):
                how = How(Means.OBJECT, None, OBJECTS.get(how), how)
            self.origins.append(Origin(name, value, how, is_chosen))

    def _is_noted(self, name: str, value: str) -> bool:
        same = [one for one in self.origins if one.field == name]
        return len(same) > _MOST_OTHERS or any(not differs(one.value, value) for one in same)

    def rename(self, name: str, value: str) -> None:
        """Put a usual name in place of what the device gave, which stays beside it."""
        self.values[name] = value
        for place, one in enumerate(self.origins):
            if one.field == name and one.is_chosen:
                raw = one.how.raw or one.value
                self.origins[place] = replace(one, value=value, how=replace(one.how, raw=raw))


def is_bare_host(definition: Definition) -> bool:
    """Whether it knows an operating system for hosts, whoever made the machine."""
    return definition.manufacturer is None and definition.category in _HOSTS


def has_serial_number(standing: Standing) -> bool:
    """Whether an object that means it gives a serial number, where no definition knows one."""
    bought = local_inventory.bought_inventory(standing.found, standing.system.sys_object_id)
    said = [*standing.kin, *(Told(name, value, "") for name, value, _ in bought)]
    chassis = standing.chassis is not None and standing.chassis.serial_number is not None
    printer = standing.printer.serial_number is not None
    return chassis or printer or any(one.field == "serial_number" for one in said)


def _is_plain_host(standing: Standing) -> bool:
    """Whether the kernel that it names is its operating system: nothing says it is an appliance."""
    return (
        is_generic_agent(standing.system.sys_object_id)
        and not is_maker_of_appliances(standing.maker_number)
        and (standing.definition is None or is_bare_host(standing.definition))
    )


def of_appliance(definition: Definition, maker_number: int | None) -> Definition:
    """Leave of what is known of a plain host what holds for an appliance that is built on it.

    The kernel is not the system that the appliance is sold with, and its maker tells its kind.
    """
    told = {"operating_system", "software_revision"}
    return replace(
        definition,
        operating_system=None,
        category=category_of_number(maker_number) or definition.category,
        read={name: steps for name, steps in definition.read.items() if name not in told},
    )


async def describe(standing: Standing) -> Identity:
    """Make the identity of a device."""
    draft = _Draft()
    definition = standing.definition
    if definition is not None:
        await _offer_definition(draft, definition, standing)
    _offer_standard(draft, standing)
    phrase = phrases_of(
        standing.system.sys_descr,
        is_kernel_told=_is_plain_host(standing),
    )
    _offer_phrase(draft, phrase, standing.system.sys_descr)
    _offer_banner(draft, standing)
    for told in standing.alike:
        if told.field not in draft.values:
            draft.offer(told.field, told.value, How(Means.LIKENESS, None, told.oid))
    if draft.values.get("manufacturer") and draft.values.get("model_name"):
        _strip_manufacturer(draft)
    category, how = _category(
        standing, phrase, draft.values.get("category"), draft.values.get("manufacturer")
    )
    if how is not None:
        draft.offer("category", category, how)
    base_mac = _base_mac(standing)
    is_bridge = base_mac is not None and base_mac == lldp_mib.bridge_address(standing.found)
    draft.offer(
        "base_mac_address", base_mac, "dot1dBaseBridgeAddress" if is_bridge else "ifPhysAddress"
    )
    return Identity(
        manufacturer=draft.values.get("manufacturer"),
        model_name=draft.values.get("model_name"),
        serial_number=draft.values.get("serial_number"),
        category=category,
        operating_system=draft.values.get("operating_system"),
        software_revision=draft.values.get("software_revision"),
        firmware_revision=draft.values.get("firmware_revision"),
        hardware_revision=draft.values.get("hardware_revision"),
        asset_tag=draft.values.get("asset_tag"),
        base_mac_address=base_mac,
        chassis_id=lldp_mib.chassis_id(standing.found),
        definition=definition.id if definition else None,
        origins=tuple(sorted(draft.origins, key=lambda one: (one.field, not one.is_chosen))),
    )


async def _offer_definition(draft: _Draft, definition: Definition, standing: Standing) -> None:
    reason = How(Means.DEFINITION, definition.id)
    draft.offer("manufacturer", definition.manufacturer, reason)
    facts = Facts(standing.session, standing.system, standing.chassis)
    for name, steps in definition.read.items():
        reading = await first_reading(steps, facts, definition.id)
        if reading is not None:
            draft.offer(name, *reading)
    draft.offer("operating_system", definition.operating_system, reason)


def _of_chassis(chassis: Component, name: str) -> How:
    column = CHASSIS_COLUMNS[name]
    return How(Means.ENTITY_CHASSIS, None, f"{OBJECTS[column]}.{chassis.index}", column)


def _offer_standard(draft: _Draft, standing: Standing) -> None:
    number = manufacturer_of(standing.system.sys_object_id)
    draft.offer("manufacturer", number, _NUMBER)
    maker = manufacturer_of_number(standing.maker_number)
    draft.offer("manufacturer", maker, How(Means.ONLY_MAKER))
    chassis = standing.chassis
    if chassis is not None:
        if _is_name(chassis.manufacturer):
            draft.offer("manufacturer", chassis.manufacturer, _of_chassis(chassis, "manufacturer"))
        for name in (
            "model_name",
            "serial_number",
            "software_revision",
            "firmware_revision",
            "hardware_revision",
        ):
            draft.offer(name, getattr(chassis, name), _of_chassis(chassis, name))
    draft.offer("serial_number", standing.printer.serial_number, "prtGeneralSerialNumber")
    for description in standing.printer_descriptions:
        draft.offer("model_name", description, "hrDeviceDescr")
    draft.offer("model_name", standing.printer.printer_name, "prtGeneralPrinterName")
    if standing.has_printer_mib or standing.definition is None:
        for told in device_id.device_id(standing.found):
            if told.field != "manufacturer" or "manufacturer" not in draft.values:
                draft.offer(told.field, told.value, told.object_name)
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
    for told in standing.kin:
        draft.offer(told.field, told.value, How(Means.KIN, None, told.oid, name_of(told.oid)))
    if standing.definition is None:
        for name, value, source in local_inventory.bought_inventory(
            standing.found, system.sys_object_id
        ):
            draft.offer(name, value, source)
        for unit in standing.units:
            draft.offer(*unit)
    banner = read_banner(system.sys_descr, maker, system.sys_name)
    reason = _BANNER
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
        draft.offer("model_name", described, _of_chassis(standing.chassis, "description"))


def _offer_phrase(draft: _Draft, phrase: Phrase, sys_descr: str | None) -> None:
    reason = _WORDS
    draft.offer("manufacturer", phrase.manufacturer, reason)
    named = manufacturer_named_in(sys_descr)
    draft.offer("manufacturer", named, _WORDS)
    if "operating_system" not in draft.values:
        draft.offer("operating_system", phrase.operating_system, reason)
    # A version belongs to the system that the same words name.
    if draft.values.get("operating_system") == phrase.operating_system:
        draft.offer("software_revision", phrase.software_revision, reason)


def _strip_manufacturer(draft: _Draft) -> None:
    """Take the maker's name off the front of the model."""
    model, manufacturer = draft.values["model_name"], draft.values["manufacturer"]
    for name in (manufacturer, *MANUFACTURER_ALIASES.get(manufacturer, ())):
        if model.casefold().startswith(f"{name.casefold()} "):
            draft.rename("model_name", model[len(name) :].strip())
            return


def _category(  # noqa: PLR0911 -- one for each thing that can tell it, in their order
    standing: Standing,
    phrase: Phrase,
    read: str | None,
    manufacturer: str | None,
) -> tuple[Category | None, How | None]:
    """Give the kind and where it is told; no new word for one that a definition has read."""
    definition = standing.definition
    if read in set(Category):
        return Category(read), None
    if definition is not None and definition.category is not None:
        return definition.category, How(Means.DEFINITION, definition.id)
    if standing.has_printer_mib:
        return Category.PRINTER, How(Means.HAS_TABLE, None, printer_mib.PRT_GENERAL_TABLE)
    if any(standing.ups):
        return Category.UPS, How(Means.HAS_TABLE, None, ups_mib.UPS_IDENT)
    if phrase.category is not None:
        return phrase.category, _WORDS
    if definition is None:
        number = standing.system.sys_object_id
        bought = local_inventory.category_of_bought(standing.found, number)
        if bought is not None:
            return bought[0], How(Means.HAS_TABLE, None, OBJECTS.get(bought[1]), bought[1])
    forwards = _category_of_forwarding(standing)
    if forwards is not None:
        return forwards, How(Means.FORWARDING)
    trade = (
        category_of(standing.system.sys_object_id)
        or category_of_number(standing.maker_number)
        or category_of_maker(manufacturer)
    )
    return trade, How(Means.TRADE)


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
