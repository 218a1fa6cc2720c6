"""Physical components: entPhysicalTable (ENTITY-MIB, RFC 6933)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from collectors.observation import Component, ComponentTable
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

ENT_PHYSICAL_TABLE: Final = "1.3.6.1.2.1.47.1.1.1"

COLUMNS: Final = {
    "entPhysicalDescr": f"{ENT_PHYSICAL_TABLE}.1.2",
    "entPhysicalContainedIn": f"{ENT_PHYSICAL_TABLE}.1.4",
    "entPhysicalClass": f"{ENT_PHYSICAL_TABLE}.1.5",
    "entPhysicalName": f"{ENT_PHYSICAL_TABLE}.1.7",
    "entPhysicalHardwareRev": f"{ENT_PHYSICAL_TABLE}.1.8",
    "entPhysicalFirmwareRev": f"{ENT_PHYSICAL_TABLE}.1.9",
    "entPhysicalSoftwareRev": f"{ENT_PHYSICAL_TABLE}.1.10",
    "entPhysicalSerialNum": f"{ENT_PHYSICAL_TABLE}.1.11",
    "entPhysicalMfgName": f"{ENT_PHYSICAL_TABLE}.1.12",
    "entPhysicalModelName": f"{ENT_PHYSICAL_TABLE}.1.13",
    "entPhysicalIsFRU": f"{ENT_PHYSICAL_TABLE}.1.16",
}
CLASSES: Final = {
    1: "other",
    2: "unknown",
    3: "chassis",
    4: "backplane",
    5: "container",
    6: "powerSupply",
    7: "fan",
    8: "sensor",
    9: "module",
    10: "port",
    11: "stack",
    12: "cpu",
    13: "energyObject",
    14: "battery",
    15: "storageDrive",
}
_PARTS_OF_ALL: Final = frozenset({"port", "sensor", "fan", "powerSupply", "cpu", "battery"})
_TRUTH: Final = {1: True, 2: False}


async def read_components(session: DeviceSession) -> ComponentTable:
    """Read all components."""
    table = await read_table(session, COLUMNS)
    rows = tuple(
        _component(index[0], table.rows[index]) for index in sorted(table.rows) if len(index) == 1
    )
    return ComponentTable(rows, complete=table.complete)


def _component(index: int, row: dict[str, VarBind]) -> Component:
    def text(column: str) -> str | None:
        return values.name(row.get(column))

    serial_number = text("entPhysicalSerialNum")
    return Component(
        index=index,
        contained_in=values.integer(row.get("entPhysicalContainedIn")),
        component_class=CLASSES.get(values.integer(row.get("entPhysicalClass")) or 0),
        name=text("entPhysicalName"),
        description=text("entPhysicalDescr"),
        manufacturer=text("entPhysicalMfgName"),
        model_name=text("entPhysicalModelName"),
        serial_number=None if is_placeholder(serial_number) else serial_number,
        hardware_revision=text("entPhysicalHardwareRev"),
        firmware_revision=text("entPhysicalFirmwareRev"),
        software_revision=text("entPhysicalSoftwareRev"),
        is_field_replaceable=_TRUTH.get(values.integer(row.get("entPhysicalIsFRU")) or 0),
    )


def chassis_of(components: tuple[Component, ...]) -> Component | None:
    """Choose the row that stands for the device: its chassis, or the first unit of its stack.

    A chassis without a serial number has that of what it holds under the same model: some agents
    tell the unit of a stack twice. Without a row of class chassis, a single outermost row counts
    when it has a serial number or a model, or the only one that is said to be in nothing; of
    several outermost rows none does, unless the agent says of none where it is and only one of
    them has a name. Of an outermost stack without a name of its own, it is the first unit.
    """
    chassis = [one for one in components if one.component_class == "chassis"]
    for one in chassis:
        if one.serial_number is not None and _is_outermost(one, components):
            return one
    if chassis:
        best = next((one for one in chassis if one.serial_number is not None), chassis[0])
        return best if best.serial_number else _with_serial_inside(best, components)
    roots = [
        one
        for one in components
        if not one.contained_in and one.component_class not in _PARTS_OF_ALL
    ]
    named = [one for one in roots if one.serial_number or one.model_name]
    tells_no_places = all(one.contained_in is None for one in roots)
    if len(named) == 1 and (len(roots) == 1 or tells_no_places):
        return named[0]
    said = [one for one in roots if one.contained_in == 0]
    if len(said) == 1 and said[0] in named:
        return said[0]
    return _first_unit(components) if {one.component_class for one in roots} == {"stack"} else None


def _first_unit(components: tuple[Component, ...]) -> Component | None:
    """Give the first thing in a stack, or in a stack of a stack, that has a serial number."""
    stacks = {one.index for one in components if one.component_class == "stack"}
    inside = (
        one
        for one in components
        if one.contained_in in stacks
        and one.serial_number is not None
        and one.component_class not in _PARTS_OF_ALL | {"stack"}
    )
    return next(inside, None)


def _with_serial_inside(chassis: Component, components: tuple[Component, ...]) -> Component:
    inside = [
        one
        for one in components
        if one.contained_in == chassis.index
        and one.serial_number is not None
        and one.model_name is not None
        and one.model_name == chassis.model_name
        and one.component_class not in _PARTS_OF_ALL
    ]
    return replace(chassis, serial_number=inside[0].serial_number) if inside else chassis


def _is_outermost(chassis: Component, components: tuple[Component, ...]) -> bool:
    """Whether nothing but a stack holds it."""
    if not chassis.contained_in:
        return True
    holder = next((one for one in components if one.index == chassis.contained_in), None)
    return holder is None or holder.component_class == "stack"
