"""The IEEE 1284 device identification that printers repeat over SNMP.

``MFG:Brother;CMD:PCL;MDL:HL-L2350DW series;SN:E78096A1N123456;`` stands in npSysStatusId's
neighbour gdStatusId of Hewlett-Packard's print servers, which other makers imitate, and in
ppmPrinterIEEE1284DeviceId of PRINTER-PORT-MONITOR-MIB (PWG 5107.1). Pure.

Source: IEEE Std 1284-2000, clause 7.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from collectors import oids
from collectors.snmp import values
from collectors.snmp.transport import VarBind


class Told(NamedTuple):
    """A value of the identification and the object that holds it."""

    field: str
    value: str
    object_name: str


PPM_PRINTER_IEEE1284_DEVICE_ID: Final = oids.encode("1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1")
GD_STATUS_ID: Final = oids.encode("1.3.6.1.4.1.11.2.3.9.1.1.7.0")
ALL: Final = (PPM_PRINTER_IEEE1284_DEVICE_ID, GD_STATUS_ID)

_NAMES: Final = {
    PPM_PRINTER_IEEE1284_DEVICE_ID: "ppmPrinterIEEE1284DeviceId",
    GD_STATUS_ID: "gdStatusId",
}
_FIELDS: Final = {
    "MFG": "manufacturer",
    "MANUFACTURER": "manufacturer",
    "MDL": "model_name",
    "MODEL": "model_name",
    "SN": "serial_number",
    "SERN": "serial_number",
    "SERIALNUMBER": "serial_number",
}
_MOST_CHARACTERS: Final = 1000


def device_id(found: dict[bytes, VarBind]) -> Iterator[Told]:
    """Give manufacturer, model and serial number as far as the identification tells them."""
    for oid in ALL:
        text = (values.name(found.get(oid)) or "")[:_MOST_CHARACTERS]
        for part in text.split(";"):
            key, colon, value = part.partition(":")
            field = _FIELDS.get(key.strip().upper())
            if field is not None and colon and value.strip():
                yield Told(field, value.strip(), _NAMES[oid])
