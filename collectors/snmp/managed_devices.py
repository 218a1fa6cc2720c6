"""What a controller or a host tells of others: its access points, its virtual machines.

Source: AIRESPACE-WIRELESS-MIB bsnAPTable (Cisco); WLSX-WLAN-MIB wlsxWlanAPTable (Aruba);
AI-AP-MIB aiAccessPointTable (Aruba Instant); RUCKUS-ZD-WLAN-MIB ruckusZDWLANAPTable and
RUCKUS-SZ-WLAN-MIB ruckusSZAPTable; VMWARE-VMINFO-MIB vmwVmTable and vmwVmNetTable.
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
_INSTANT: Final = "1.3.6.1.4.1.14823.2.3.3.1.2.1.1"
_RUCKUS_SZ: Final = "1.3.6.1.4.1.25053.1.4.2.1.1.2.2.1"
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
    """The columns of one maker's table by what they tell; ``up`` is the state's good value."""

    maker: int
    columns: Mapping[str, str]
    up: str


_BSN: Final = _ApTable(
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
    "1",
)
_WLSX: Final = _ApTable(
    14823,
    {
        "address": f"{_ARUBA}.2",
        "name": f"{_ARUBA}.3",
        "serial": f"{_ARUBA}.6",
        "model": f"{_ARUBA}.13",
        "state": f"{_ARUBA}.19",
        "version": f"{_ARUBA}.34",
    },
    "1",
)
_AI: Final = _ApTable(
    14823,
    {
        "name": f"{_INSTANT}.2",
        "address": f"{_INSTANT}.3",
        "serial": f"{_INSTANT}.4",
        "model": f"{_INSTANT}.6",
        "state": f"{_INSTANT}.11",
    },
    "1",
)
_ZONE_DIRECTOR: Final = _ApTable(
    25053,
    {
        "name": f"{_RUCKUS}.2",
        "state": f"{_RUCKUS}.3",
        "model": f"{_RUCKUS}.4",
        "serial": f"{_RUCKUS}.5",
        "version": f"{_RUCKUS}.7",
        "address": f"{_RUCKUS}.10",
    },
    "1",
)
_SMART_ZONE: Final = _ApTable(
    25053,
    {
        "name": f"{_RUCKUS_SZ}.5",
        "version": f"{_RUCKUS_SZ}.7",
        "model": f"{_RUCKUS_SZ}.8",
        "serial": f"{_RUCKUS_SZ}.9",
        "address": f"{_RUCKUS_SZ}.10",
        "state": f"{_RUCKUS_SZ}.16",
    },
    "connect",
)
# Of a maker's tables the first that has rows counts. Cisco's controllers have Airespace's MIB below
# Cisco's own enterprise number.
_ACCESS_POINTS: Final[Mapping[int, tuple[_ApTable, ...]]] = {
    9: (_BSN,),
    14179: (_BSN,),
    14823: (_WLSX, _AI),
    25053: (_ZONE_DIRECTOR, _SMART_ZONE),
}


async def read_access_points(
    session: DeviceSession, enterprise: int | None, own_serial: str | None = None
) -> ManagedDeviceTable:
    """Read the access points that a controller manages.

    Args:
        session: the controller.
        enterprise: number of its maker, from sysObjectID.
        own_serial: of an access point that is the controller of the others; it tells itself.
    """
    for source in _ACCESS_POINTS.get(enterprise or 0, ()):
        table = await read_table(session, source.columns)
        found = (_access_point(index, row, source) for index, row in sorted(table.rows.items()))
        rows = [
            one
            for one in found
            if one is not None and (own_serial is None or one.serial_number != own_serial)
        ]
        if rows:
            return _table(rows, complete=table.complete)
    return ManagedDeviceTable()


def _access_point(
    index: tuple[int, ...], row: dict[str, VarBind], source: _ApTable
) -> ManagedDevice | None:
    # The index is a MAC of the access point: with Cisco's that of its radio, else its own.
    own = _mac_of(index)
    mac = values.mac(row.get("mac")) if "mac" in source.columns else own
    serial = values.name(row.get("serial"))
    serial = None if is_placeholder(serial) else serial
    key = serial or mac or own
    if key is None:
        return None
    state = values.name(row.get("state"))
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
        state=None if state is None else "up" if state.casefold() == source.up else "down",
    )


def _address(text: str | None) -> str | None:
    """Give an address that a device can have."""
    try:
        found = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    useless = found.is_unspecified or found.is_loopback or found.is_multicast
    return None if useless else str(found)


def _mac_of(index: tuple[int, ...]) -> str | None:
    """Give the MAC that an index is, or spells as a text behind its length."""
    if not index or max(index) > 0xFF:  # noqa: PLR2004 -- an octet
        return None
    if len(index) == _MAC_OCTETS:
        return normalise_mac(bytes(index))
    return normalise_mac(bytes(index[1:])) if index[0] == len(index) - 1 else None


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
