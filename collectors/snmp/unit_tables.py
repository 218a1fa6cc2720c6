"""What tables of units say of a device that no definition knows, where all their rows agree.

FCMGMT-MIB (Fibre Alliance, 1.3.6.1.3.94) connUnitTable: switches and arrays of a storage network;
IEEE802dot11-MIB dot11ResourceInfoTable: one row for each radio.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from collectors.errors import CollectorError
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.walk import read_table


class Unit(NamedTuple):
    """A field of an identity, its value and the object that holds it."""

    field: str
    value: str
    object_name: str


_CONN_UNIT: Final = "1.3.6.1.3.94.1.6"
_DOT11_RESOURCE_INFO: Final = "1.2.840.10036.3.1.2"
_COLUMNS: Final = {
    _CONN_UNIT: {
        "connUnitProduct": f"{_CONN_UNIT}.1.7",
        "connUnitSn": f"{_CONN_UNIT}.1.8",
    },
    _DOT11_RESOURCE_INFO: {
        "dot11manufacturerProductName": f"{_DOT11_RESOURCE_INFO}.1.3",
    },
}
_FIELDS: Final = {
    "connUnitProduct": "model_name",
    "connUnitSn": "serial_number",
    "dot11manufacturerProductName": "model_name",
}
TABLES: Final = tuple(_COLUMNS)


async def read_units(session: DeviceSession, existing: set[str]) -> tuple[Unit, ...]:
    """Read those of the tables that exist.

    A value counts when every row has the same: several units are several devices.
    """
    found = []
    for table in TABLES:
        if table not in existing:
            continue
        try:
            rows = (await read_table(session, _COLUMNS[table])).rows.values()
        except CollectorError as error:
            session.note(error)
            continue
        for column in _COLUMNS[table]:
            told = {values.name(row.get(column)) for row in rows}
            if len(told) == 1 and (value := told.pop()):
                found.append(Unit(_FIELDS[column], value, column))
    return tuple(found)
