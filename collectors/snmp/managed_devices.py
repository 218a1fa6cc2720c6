"""What a controller or a host tells of others: its access points, its virtual machines.

Source: AIRESPACE-WIRELESS-MIB bsnAPTable (Cisco); WLSX-WLAN-MIB wlsxWlanAPTable (Aruba);
RUCKUS-ZD-WLAN-MIB ruckusZDWLANAPTable; VMWARE-VMINFO-MIB vmwVmTable and vmwVmNetTable.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final, NamedTuple

from collectors.details import ManagedDevice, ManagedDeviceTable
from collectors.registries.enterprise import manufacturer_of_number
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table
from collectors.text import normalise_mac

ACCESS_POINT: Final = "ap"
VIRTUAL_MACHINE: Final = "virtual-machine"
_MAC_OCTETS: Final = 6
_AIRESPACE: Final = "1.3.6.1.4.1.14179.2.2.1.1"
_ARUBA: Final = "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1"
_RUCKUS: Final = "1.3.6.1.4.1.25053.1.2.2.1.1.2.1.1"
_VMWARE: Final = 6876
_VM: Final = "1.3.6.1.4.1.6876.2.1.1"
_VM_MAC: Final = "1.3.6.1.4.1.6876.2.4.1.7"
_VM_COLUMNS: Final = {
    "vmwVmDisplayName": f"{_VM}.2",
    "vmwVmGuestOS": f"{_VM}.4",
    "vmwVmState": f"{_VM}.6",
    "vmwVmUUID": f"{_VM}.10",
}
_VM_STATES: Final = {"poweredon": "on", "poweredoff": "off", "suspended": "suspended"}


class _ApTable(NamedTuple):
    """The columns of one maker's table by what they tell; ``up`` is the state's good number."""

    maker: int
    columns: Mapping[str, str]
    up: int


_ACCESS_POINTS: Final = {
    14179: _ApTable(
        9,
        {
            "name": f"{_AIRESPACE}.3",
            "state": f"{_AIRESPACE}.6",
            "model": f"{_AIRESPACE}.16",
            "serial": f"{_AIRESPACE}.17",
            "address": f"{_AIRESPACE}.19",
            "version": f"{_AIRESPACE}.31",
            "mac": f"{_AIRESPACE}.33",
        },
        1,
    ),
    14823: _ApTable(
        14823,
        {
            "address": f"{_ARUBA}.2",
            "name": f"{_ARUBA}.3",
            "serial": f"{_ARUBA}.6",
            "model": f"{_ARUBA}.13",
            "state": f"{_ARUBA}.19",
            "version": f"{_ARUBA}.34",
        },
        1,
    ),
    25053: _ApTable(
        25053,
        {
            "name": f"{_RUCKUS}.2",
            "state": f"{_RUCKUS}.3",
            "model": f"{_RUCKUS}.4",
            "serial": f"{_RUCKUS}.5",
            "version": f"{_RUCKUS}.7",
            "address": f"{_RUCKUS}.10",
        },
        1,
    ),
}
# Cisco's controllers have Airespace's MIB below Cisco's own enterprise number.
_TABLE_OF: Final = {9: 14179, 14179: 14179, 14823: 14823, 25053: 25053}


async def read_access_points(session: DeviceSession, enterprise: int | None) -> ManagedDeviceTable:
    """Read the access points that a controller manages.

    Args:
        session: the controller.
        enterprise: number of its maker, from sysObjectID.
    """
    source = _ACCESS_POINTS.get(_TABLE_OF.get(enterprise or 0, 0))
    if source is None:
        return ManagedDeviceTable()
    table = await read_table(session, source.columns)
    rows = [
        one
        for index, row in sorted(table.rows.items())
        if (one := _access_point(index, row, source))
    ]
    return _table(rows, complete=table.complete)


def _access_point(
    index: tuple[int, ...], row: dict[str, VarBind], source: _ApTable
) -> ManagedDevice | None:
    # The index is a MAC of the access point: with Cisco's that of its radio, else its own.
    own = normalise_mac(bytes(index)) if _is_mac(index) else None
    mac = values.mac(row.get("mac")) if "mac" in source.columns else own
    serial = values.name(row.get("serial"))
    serial = None if is_placeholder(serial) else serial
    key = serial or mac or own
    if key is None:
        return None
    state = values.integer(row.get("state"))
    return ManagedDevice(
        key=key,
        kind=ACCESS_POINT,
        name=values.name(row.get("name")),
        manufacturer=manufacturer_of_number(source.maker),
        model_name=values.name(row.get("model")),
        serial_number=serial,
        mac_address=mac,
        address=_address(values.name(row.get("address"))),
        software_revision=values.name(row.get("version")),
        state=None if state is None else "up" if state == source.up else "down",
    )


def _address(text: str | None) -> str | None:
    """Give an address that a device can have."""
    try:
        found = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    useless = found.is_unspecified or found.is_loopback or found.is_multicast
    return None if useless else str(found)


def _is_mac(index: tuple[int, ...]) -> bool:
    return len(index) == _MAC_OCTETS and max(index) <= 0xFF  # noqa: PLR2004 -- an octet


async def read_virtual_machines(
    session: DeviceSession, enterprise: int | None
) -> ManagedDeviceTable:
    """Read the virtual machines of a VMware host; the first MAC of each.

    Args:
        session: the host.
        enterprise: number of its maker, from sysObjectID.
    """
    if enterprise != _VMWARE:
        return ManagedDeviceTable()
    table = await read_table(session, _VM_COLUMNS)
    if not table.rows:
        return ManagedDeviceTable()
    macs: dict[int, str] = {}
    for index, row in sorted((await read_table(session, {"vmwVmMAC": _VM_MAC})).rows.items()):
        if mac := values.mac(row.get("vmwVmMAC")):
            macs.setdefault(index[0], mac)
    rows = [_machine(index[0], row, macs) for index, row in sorted(table.rows.items())]
    return _table(rows, complete=table.complete)


def _machine(number: int, row: dict[str, VarBind], macs: Mapping[int, str]) -> ManagedDevice:
    name = values.name(row.get("vmwVmDisplayName"))
    # Without VMware Tools the system is an error message that starts so.
    system = values.name(row.get("vmwVmGuestOS"))
    state = (values.name(row.get("vmwVmState")) or "").replace(" ", "").casefold()
    return ManagedDevice(
        key=values.name(row.get("vmwVmUUID")) or macs.get(number) or name or str(number),
        kind=VIRTUAL_MACHINE,
        name=name,
        manufacturer=manufacturer_of_number(_VMWARE),
        mac_address=macs.get(number),
        operating_system=None if system is None or system.startswith("E:") else system,
        state=_VM_STATES.get(state),
    )


def _table(rows: list[ManagedDevice], *, complete: bool) -> ManagedDeviceTable:
    """Give each key once; a table without rows proves nothing."""
    found = tuple({row.key: row for row in reversed(rows)}.values())[::-1]
    return ManagedDeviceTable(found, complete=complete and bool(found))
