"""What a device of this kind holds beyond what any device does; asked of no other kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from collectors.details import Details
from collectors.observation import Category, Identity, System
from collectors.registries.enterprise import enterprise_number
from collectors.snmp.installed_software import read_installations
from collectors.snmp.managed_devices import read_access_points, read_virtual_machines
from collectors.snmp.power_state import read_battery, read_outlets
from collectors.snmp.printer_state import read_printer_state
from collectors.snmp.session import DeviceSession

HOSTS: Final = frozenset(
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
    enterprise = enterprise_number(system.sys_object_id)
    category = identity.category
    if category is Category.PRINTER:
        counts, trays, message = await read_printer_state(session, enterprise)
        return Details(life_counts=counts, trays=trays, console_message=message)
    if category in _SUPPLIES:
        return Details(batteries=await read_battery(session, enterprise))
    if category is Category.PDU:
        return Details(outlets=await read_outlets(session, enterprise))
    if category is Category.WIRELESS_CONTROLLER:
        return Details(managed_devices=await read_access_points(session, enterprise))
    details = Details()
    if category is Category.HYPERVISOR:
        machines = await read_virtual_machines(session, enterprise)
        details = replace(details, managed_devices=machines)
    if category in HOSTS and is_host:
        details = replace(details, installations=await read_installations(session))
    return details
