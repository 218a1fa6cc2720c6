"""Software that a host says it has (HOST-RESOURCES-MIB hrSWInstalledTable, RFC 2790)."""

from __future__ import annotations

from datetime import date
from typing import Final

from collectors.details import Installation, InstallationTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import read_table

_HR_SW_INSTALLED: Final = "1.3.6.1.2.1.25.6.3.1"
_COLUMNS: Final = {
    "hrSWInstalledName": f"{_HR_SW_INSTALLED}.2",
    "hrSWInstalledType": f"{_HR_SW_INSTALLED}.4",
    "hrSWInstalledDate": f"{_HR_SW_INSTALLED}.5",
}
_TYPES: Final = {2: "operatingSystem", 3: "deviceDriver", 4: "application"}
_DATE_OCTETS: Final = 4
_EARLIEST_YEAR: Final = 1980


async def read_installations(session: DeviceSession) -> InstallationTable:
    """Read names, types and dates; of rows with the same name the first, without one none."""
    table = await read_table(session, _COLUMNS)
    found: dict[str, Installation] = {}
    for index, row in sorted(table.rows.items()):
        name = values.name(row.get("hrSWInstalledName"))
        if len(index) == 1 and name and name not in found:
            found[name] = Installation(
                index=index[0],
                name=name,
                software_type=_TYPES.get(values.integer(row.get("hrSWInstalledType")) or 0),
                installed_on=_date(row.get("hrSWInstalledDate")),
            )
    rows = tuple(found.values())
    return InstallationTable(rows, complete=table.complete and bool(rows))


def _date(varbind: VarBind | None) -> str | None:
    """Give the day of a DateAndTime (RFC 2579): two octets of the year, month, day, and more."""
    if varbind is None or varbind.tag != Tag.OCTET_STRING or len(varbind.value) < _DATE_OCTETS:
        return None
    year, month, day = int.from_bytes(varbind.value[:2], "big"), varbind.value[2], varbind.value[3]
    try:
        return date(year, month, day).isoformat() if year >= _EARLIEST_YEAR else None
    except ValueError:
        return None
