"""Memory, file systems, processors and devices of a host (HOST-RESOURCES-MIB, RFC 2790)."""

from __future__ import annotations

from typing import Final

from collectors import oids
from collectors.observation import Storage, StorageTable
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

HR_STORAGE_TABLE: Final = "1.3.6.1.2.1.25.2.3"
HR_DEVICE_TABLE: Final = "1.3.6.1.2.1.25.3.2"
HR_PROCESSOR_TABLE: Final = "1.3.6.1.2.1.25.3.3"
HR_MEMORY_SIZE: Final = oids.encode("1.3.6.1.2.1.25.2.2.0")

_STORAGE_COLUMNS: Final = {
    "hrStorageType": f"{HR_STORAGE_TABLE}.1.2",
    "hrStorageDescr": f"{HR_STORAGE_TABLE}.1.3",
    "hrStorageAllocationUnits": f"{HR_STORAGE_TABLE}.1.4",
    "hrStorageSize": f"{HR_STORAGE_TABLE}.1.5",
    "hrStorageUsed": f"{HR_STORAGE_TABLE}.1.6",
}
_DEVICE_COLUMNS: Final = {
    "hrDeviceType": f"{HR_DEVICE_TABLE}.1.2",
    "hrDeviceDescr": f"{HR_DEVICE_TABLE}.1.3",
}
_STORAGE_TYPES: Final = {
    f"1.3.6.1.2.1.25.2.1.{number}": word
    for number, word in enumerate(
        (
            "other",
            "ram",
            "virtualMemory",
            "fixedDisk",
            "removableDisk",
            "floppyDisk",
            "compactDisc",
            "ramDisk",
            "flashMemory",
            "networkDisk",
        ),
        1,
    )
}
_PRINTER: Final = "1.3.6.1.2.1.25.3.1.5"
_WRAP: Final = 2**32
_KIB: Final = 1024


async def read_storages(session: DeviceSession) -> StorageTable:
    """Read memory and file systems."""
    table = await read_table(session, _STORAGE_COLUMNS)
    rows = tuple(
        _storage(index[0], table.rows[index]) for index in sorted(table.rows) if len(index) == 1
    )
    return StorageTable(rows, complete=table.complete)


def _storage(index: int, row: dict[str, VarBind]) -> Storage:
    kind = values.object_identifier(row.get("hrStorageType"))
    return Storage(
        index=index,
        storage_type=_STORAGE_TYPES.get(kind or ""),
        description=values.name(row.get("hrStorageDescr")),
        size_bytes=_bytes(row, "hrStorageSize"),
        used_bytes=_bytes(row, "hrStorageUsed"),
    )


def _bytes(row: dict[str, VarBind], column: str) -> int | None:
    units = values.integer(row.get("hrStorageAllocationUnits"))
    count = values.integer(row.get(column))
    if units is None or count is None or units <= 0:
        return None
    # Agents write counts above 2**31 into a signed number (RFC 2790 has no larger type).
    return units * (count if count >= 0 else count + _WRAP)


async def count_processors(session: DeviceSession) -> int | None:
    """Count the rows of hrProcessorTable; None when it could not be read to its end."""
    table = await read_table(session, {"hrProcessorFrwID": f"{HR_PROCESSOR_TABLE}.1.1"})
    if not table.rows:
        table = await read_table(session, {"hrProcessorLoad": f"{HR_PROCESSOR_TABLE}.1.2"})
    return len(table.rows) if table.complete and table.rows else None


async def read_printer_descriptions(session: DeviceSession) -> tuple[str, ...]:
    """Read hrDeviceDescr of the devices that are printers: usually maker and model."""
    table = await read_table(session, _DEVICE_COLUMNS)
    found = [
        values.name(row.get("hrDeviceDescr"))
        for row in table.rows.values()
        if values.object_identifier(row.get("hrDeviceType")) == _PRINTER
    ]
    return tuple(text for text in found if text)


def memory_bytes(found: dict[bytes, VarBind]) -> int | None:
    """Give hrMemorySize, which is told in KiB, in bytes."""
    size = values.integer(found.get(HR_MEMORY_SIZE))
    return size * _KIB if size is not None and size > 0 else None
