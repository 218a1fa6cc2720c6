"""What a printer has counted, what lies in its trays, what its display says.

All of Printer-MIB's tables have hrDeviceIndex and a number of their own as index, so that they
are read side by side in few requests. Counts in colour are read by ``color_counts``.

Source: RFC 3805 prtMarkerTable, prtInputTable, prtConsoleDisplayBufferTable, prtAlertTable.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from collectors.details import LifeCount, LifeCountTable, Tray, TrayTable
from collectors.snmp import values
from collectors.snmp.color_counts import read_color_counts
from collectors.snmp.printer_mib import UNITS
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import Rows, read_table

_INPUT: Final = "1.3.6.1.2.1.43.8.2.1"
_MARKER: Final = "1.3.6.1.2.1.43.10.2.1"
_CONSOLE: Final = "1.3.6.1.2.1.43.16.5.1"
_ALERT: Final = "1.3.6.1.2.1.43.18.1.1"
_COLUMNS: Final = {
    "prtMarkerCounterUnit": f"{_MARKER}.3",
    "prtMarkerLifeCount": f"{_MARKER}.4",
    "prtInputCapacityUnit": f"{_INPUT}.8",
    "prtInputMaxCapacity": f"{_INPUT}.9",
    "prtInputCurrentLevel": f"{_INPUT}.10",
    "prtInputStatus": f"{_INPUT}.11",
    "prtInputMediaName": f"{_INPUT}.12",
    "prtInputName": f"{_INPUT}.13",
    "prtInputDescription": f"{_INPUT}.18",
    "prtConsoleDisplayBufferText": f"{_CONSOLE}.2",
    "prtAlertSeverityLevel": f"{_ALERT}.2",
    "prtAlertDescription": f"{_ALERT}.8",
}
# PrtMarkerCounterUnitTC (IANA-PRINTER-MIB).
_COUNTER_UNITS: Final = {
    3: "tenThousandthsOfInches",
    4: "micrometers",
    5: "characters",
    6: "lines",
    7: "impressions",
    8: "sheets",
    9: "dotRow",
    11: "hours",
    16: "feet",
    17: "meters",
}
_CRITICAL: Final = 3
_SOME_LEFT: Final = -3


class PrinterState(NamedTuple):
    """What changes from day to day."""

    life_counts: LifeCountTable
    trays: TrayTable
    console_message: str | None


async def read_printer_state(session: DeviceSession, enterprise: int | None) -> PrinterState:
    """Read counts, trays and message.

    Args:
        session: the printer.
        enterprise: number of its maker, from sysObjectID.
    """
    table = await read_table(session, _COLUMNS)
    rows = table.rows
    counts, are_all = _total(rows), True
    if counts:
        colored, are_all = await read_color_counts(session, enterprise, counts[0])
        counts += colored
    trays = _trays(rows)
    return PrinterState(
        LifeCountTable(counts, complete=table.complete and are_all and bool(counts)),
        TrayTable(trays, complete=table.complete and bool(trays)),
        _message(rows) or ("" if trays and table.complete else None),
    )


def _total(rows: Rows) -> tuple[LifeCount, ...]:
    """Give the largest count: engines of several markers count a sheet once each."""
    found = [
        LifeCount(
            "total", count, _COUNTER_UNITS.get(values.integer(row.get("prtMarkerCounterUnit")) or 0)
        )
        for _, row in sorted(rows.items())
        if (count := values.integer(row.get("prtMarkerLifeCount"))) is not None and count >= 0
    ]
    return (max(found, key=lambda one: one.count),) if found else ()


def _trays(rows: Rows) -> tuple[Tray, ...]:
    return tuple(
        _tray(index[-1], row)
        for index, row in sorted(rows.items())
        if len(index) > 1 and any(name.startswith("prtInput") for name in row)
    )


def _tray(index: int, row: dict[str, VarBind]) -> Tray:
    capacity = values.integer(row.get("prtInputMaxCapacity"))
    level = values.integer(row.get("prtInputCurrentLevel"))
    status = values.integer(row.get("prtInputStatus"))
    is_some_left = True if level == _SOME_LEFT else None
    if level is not None and level >= 0:
        is_some_left = level > 0
    # PrtSubUnitStatusTC: 0, 2, 4, 6 available; 1 and 3 not; 5 unknown; higher bits are alerts.
    state = None if status is None or status < 0 else status & 7
    return Tray(
        index=index,
        name=values.name(row.get("prtInputName")) or values.name(row.get("prtInputDescription")),
        media_name=values.name(row.get("prtInputMediaName")),
        unit=UNITS.get(values.integer(row.get("prtInputCapacityUnit")) or 0),
        capacity=capacity if capacity is not None and capacity > 0 else None,
        level=level if level is not None and level >= 0 else None,
        is_some_left=is_some_left,
        is_available=None if state is None or state in {5, 7} else state % 2 == 0,
    )


def _message(rows: Rows) -> str | None:
    """Give the lines of the display; else the first critical alert, else the first of any kind."""
    lines = [
        text
        for _, row in sorted(rows.items())
        if (text := values.name(row.get("prtConsoleDisplayBufferText")))
    ]
    if lines:
        return " / ".join(dict.fromkeys(lines))
    alerts = [
        (values.integer(row.get("prtAlertSeverityLevel")) != _CRITICAL, index, text)
        for index, row in sorted(rows.items())
        if (text := values.name(row.get("prtAlertDescription")))
    ]
    return min(alerts)[2] if alerts else None
