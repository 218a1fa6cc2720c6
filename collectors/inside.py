"""What a device of this kind holds beyond what any device does; asked of no other kind."""

from __future__ import annotations

from typing import Final

from collectors.details import Details
from collectors.observation import Category, Identity, System
from collectors.snmp.installed_software import read_installations
from collectors.snmp.power_state import read_battery, read_outlets
from collectors.snmp.printer_state import read_printer_state
from collectors.snmp.session import DeviceSession

_ENTERPRISES: Final = "1.3.6.1.4.1."
_HOSTS: Final = frozenset(
    {
        Category.SERVER,
        Category.WORKSTATION,
        Category.HYPERVISOR,
        Category.VIRTUAL_MACHINE,
        Category.NAS,
    }
)
_SUPPLIES: Final = frozenset({Category.UPS, Category.POWER})


async def read_details(
    session: DeviceSession, system: System, identity: Identity, *, is_host: bool
) -> Details:
    """Read the tables that this kind of device has.

    Args:
        session: the device.
        system: what it says of itself.
        identity: what it was found to be; of an unknown kind nothing more is asked.
        is_host: it has processors or storage of HOST-RESOURCES-MIB.
    """
    enterprise = _enterprise(system.sys_object_id)
    category = identity.category
    if category is Category.PRINTER:
        counts, trays, message = await read_printer_state(session, enterprise)
        return Details(life_counts=counts, trays=trays, console_message=message)
    if category in _SUPPLIES:
        return Details(batteries=await read_battery(session, enterprise))
    if category is Category.PDU:
        return Details(outlets=await read_outlets(session, enterprise))
    if category in _HOSTS and is_host:
        return Details(installations=await read_installations(session))
    return Details()


def _enterprise(sys_object_id: str | None) -> int | None:
    """Give the maker's number in a sysObjectID below ``enterprises``."""
    if sys_object_id is None or not sys_object_id.startswith(_ENTERPRISES):
        return None
    number = sys_object_id.removeprefix(_ENTERPRISES).partition(".")[0]
    return int(number) if number.isdecimal() else None
