"""Printers: serial number, name and supplies (Printer-MIB, RFC 3805)."""

from __future__ import annotations

from typing import Final, NamedTuple

from collectors.observation import Supply, SupplyTable
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

PRT_GENERAL_TABLE: Final = "1.3.6.1.2.1.43.5.1"
PRT_MARKER_SUPPLIES_TABLE: Final = "1.3.6.1.2.1.43.11.1"

_GENERAL_COLUMNS: Final = {
    "prtGeneralPrinterName": f"{PRT_GENERAL_TABLE}.1.16",
    "prtGeneralSerialNumber": f"{PRT_GENERAL_TABLE}.1.17",
}
_SUPPLY_COLUMNS: Final = {
    "prtMarkerSuppliesType": f"{PRT_MARKER_SUPPLIES_TABLE}.1.5",
    "prtMarkerSuppliesDescription": f"{PRT_MARKER_SUPPLIES_TABLE}.1.6",
    "prtMarkerSuppliesSupplyUnit": f"{PRT_MARKER_SUPPLIES_TABLE}.1.7",
    "prtMarkerSuppliesMaxCapacity": f"{PRT_MARKER_SUPPLIES_TABLE}.1.8",
    "prtMarkerSuppliesLevel": f"{PRT_MARKER_SUPPLIES_TABLE}.1.9",
}
# PrtMarkerSuppliesTypeTC and PrtMarkerSuppliesSupplyUnitTC (IANA-PRINTER-MIB).
_TYPES: Final = {
    1: "other",
    2: "unknown",
    3: "toner",
    4: "wasteToner",
    5: "ink",
    6: "inkCartridge",
    7: "inkRibbon",
    8: "wasteInk",
    9: "opc",
    10: "developer",
    11: "fuserOil",
    12: "solidInk",
    13: "ribbonWax",
    14: "wasteWax",
    15: "fuser",
    16: "coronaWire",
    17: "fuserOilWick",
    18: "cleanerUnit",
    19: "fuserCleaningPad",
    20: "transferUnit",
    21: "tonerCartridge",
    22: "fuserOiler",
    23: "water",
    24: "wasteWater",
    25: "glueWaterAdditive",
    26: "wastePaper",
    27: "bindingSupply",
    28: "bandingSupply",
    29: "stitchingWire",
    30: "shrinkWrap",
    31: "paperWrap",
    32: "staples",
    33: "inserts",
    34: "covers",
}
UNITS: Final = {
    1: "other",
    2: "unknown",
    3: "tenThousandthsOfInches",
    4: "micrometers",
    7: "impressions",
    8: "sheets",
    11: "hours",
    12: "thousandthsOfOunces",
    13: "tenthsOfGrams",
    14: "hundrethsOfFluidOunces",
    15: "tenthsOfMilliliters",
    16: "feet",
    17: "meters",
    18: "items",
    19: "percent",
}
_SOME_LEFT: Final = -3


class PrinterGeneral(NamedTuple):
    """What prtGeneralTable says of the printer."""

    printer_name: str | None = None
    serial_number: str | None = None


async def read_general(session: DeviceSession) -> PrinterGeneral:
    """Read the first row that says something."""
    table = await read_table(session, _GENERAL_COLUMNS)
    name = serial_number = None
    for index in sorted(table.rows):
        row = table.rows[index]
        serial = values.name(row.get("prtGeneralSerialNumber"))
        serial_number = serial_number or (None if is_placeholder(serial) else serial)
        name = name or values.name(row.get("prtGeneralPrinterName"))
    return PrinterGeneral(name, serial_number)


async def read_supplies(session: DeviceSession) -> SupplyTable:
    """Read toner, ink, drums and waste boxes."""
    table = await read_table(session, _SUPPLY_COLUMNS)
    rows = tuple(
        _supply(index[-1], table.rows[index]) for index in sorted(table.rows) if len(index) > 1
    )
    return SupplyTable(rows, complete=table.complete)


def _supply(index: int, row: dict[str, VarBind]) -> Supply:
    capacity = values.integer(row.get("prtMarkerSuppliesMaxCapacity"))
    level = values.integer(row.get("prtMarkerSuppliesLevel"))
    # -1 no limit, -2 unknown, -3 some left (RFC 3805 prtMarkerSuppliesLevel).
    is_some_left = True if level == _SOME_LEFT else None
    if level is not None and level >= 0:
        is_some_left = level > 0
    return Supply(
        index=index,
        description=values.name(row.get("prtMarkerSuppliesDescription")),
        supply_type=_TYPES.get(values.integer(row.get("prtMarkerSuppliesType")) or 0),
        unit=UNITS.get(values.integer(row.get("prtMarkerSuppliesSupplyUnit")) or 0),
        capacity=capacity if capacity is not None and capacity > 0 else None,
        level=level if level is not None and level >= 0 else None,
        is_some_left=is_some_left,
    )
