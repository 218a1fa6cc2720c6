"""Processors and disks of a host as parts of it: hrDeviceTable (HOST-RESOURCES-MIB, RFC 2790).

Apart from ``host_resources_mib`` since only hosts are asked. Interfaces are told by IF-MIB, and
pseudo devices are no parts. Each distinct processor is one part with its number in the name: a
host tells as many rows as it has threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.observation import Component, ComponentTable
from collectors.snmp import values
from collectors.snmp.host_resources_mib import HR_DEVICE_TABLE
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import Rows, read_table

CPU: Final = "cpu"
DISK: Final = "storageDrive"
_DISK_TABLE: Final = "1.3.6.1.2.1.25.3.6.1"
_DEVICE_COLUMNS: Final = {
    "hrDeviceType": f"{HR_DEVICE_TABLE}.1.2",
    "hrDeviceDescr": f"{HR_DEVICE_TABLE}.1.3",
}
_DISK_COLUMNS: Final = {
    "hrDiskStorageRemoveble": f"{_DISK_TABLE}.3",
    "hrDiskStorageCapacity": f"{_DISK_TABLE}.4",
}
_PROCESSOR_TYPE: Final = "1.3.6.1.2.1.25.3.1.3"
_DISK_TYPE: Final = "1.3.6.1.2.1.25.3.1.6"
_TRUE: Final = 1
_KIB: Final = 1024
_MOST_ROWS: Final = 2_000


async def add_host_devices(session: DeviceSession, known: ComponentTable) -> ComponentTable:
    """Read processors and disks, and add what ENTITY-MIB does not tell.

    Args:
        session: a host that has hrDeviceTable.
        known: parts of ENTITY-MIB; its classes win.

    Returns:
        Parts; those of hrDeviceTable have the negative of its index, which ENTITY-MIB never uses.
    """
    table = await read_table(session, _DEVICE_COLUMNS, max_rows=_MOST_ROWS)
    told = {one.component_class for one in known.rows}
    rows: list[Component] = []
    complete = table.complete
    if CPU not in told:
        rows += _processors(table.rows)
    disks = {} if DISK in told else _of_type(table.rows, _DISK_TYPE)
    if disks:
        sizes = await read_table(session, _DISK_COLUMNS, max_rows=_MOST_ROWS)
        rows += _disks(disks, sizes.rows)
        complete = complete and sizes.complete
    if not rows:
        return known
    is_alone = not known.rows and not known.complete
    return ComponentTable((*known.rows, *rows), complete and (is_alone or known.complete))


def _of_type(rows: Rows, kind: str) -> dict[int, str]:
    """Give the descriptions of the devices of one type by index."""
    found = {}
    for index, row in sorted(rows.items()):
        text = values.name(row.get("hrDeviceDescr"))
        if len(index) == 1 and text and _type(row) == kind:
            found[index[0]] = text
    return found


def _type(row: dict[str, VarBind]) -> str | None:
    return values.object_identifier(row.get("hrDeviceType"))


def _processors(rows: Rows) -> list[Component]:
    by_text: dict[str, list[int]] = {}
    for index, text in _of_type(rows, _PROCESSOR_TYPE).items():
        by_text.setdefault(text, []).append(index)
    return [
        Component(
            index=-found[0],
            component_class=CPU,
            name=f"{len(found)} × {text}" if len(found) > 1 else text,  # noqa: RUF001 -- times
            description=text,
        )
        for text, found in by_text.items()
    ]


def _disks(texts: Mapping[int, str], sizes: Rows) -> list[Component]:
    """Give the disks that stay in the host, without empty bays and drives for what is put in."""
    found = []
    for index, text in texts.items():
        row = sizes.get((index,), {})
        size = values.integer(row.get("hrDiskStorageCapacity"))
        if values.integer(row.get("hrDiskStorageRemoveble")) == _TRUE or size == 0:
            continue
        size_bytes = size * _KIB if size is not None and size > 0 else None
        one = Component(index=-index, component_class=DISK, name=text, size_bytes=size_bytes)
        found.append(one)
    return found
