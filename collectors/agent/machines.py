"""Virtual machines of a host, as its agent tells them: the same rows as SNMP gives."""

from __future__ import annotations

from typing import Final

from collectors.agent.sections import Sections
from collectors.agent.values import Row, real, text
from collectors.details import ManagedDevice, ManagedDeviceTable
from collectors.text import normalise_mac

_VIRTUAL_MACHINE: Final = "virtual-machine"
# Containers share their host's system: they are none of the machines that an inventory counts.
_CONTAINERS: Final = frozenset({"docker", "lxc", "lxd", "podman", "openvz", "jail", "wsl2", "wsl"})
_STATES: Final = {
    "running": "on",
    "idle": "on",
    "blocked": "on",
    "on": "on",
    "off": "off",
    "shutdown": "off",
    "crashed": "off",
    "dying": "off",
    "stopped": "off",
    "paused": "suspended",
    "suspended": "suspended",
    "saved": "suspended",
}


def read_machines(sections: Sections, *, is_whole: bool) -> ManagedDeviceTable:
    """Give virtual machines by UUID, else by MAC; those without either cannot be found again."""
    found: dict[str, ManagedDevice] = {}
    for row in sections.get("virtualmachines", ()):
        machine = _machine(row)
        if machine is not None:
            found.setdefault(machine.key, machine)
    rows = tuple(found[key] for key in sorted(found))
    return ManagedDeviceTable(rows, complete=is_whole and bool(rows))


def _machine(row: Row) -> ManagedDevice | None:
    kind = (text(row, "vmtype") or text(row, "subsystem") or "").casefold()
    uuid = real(row, "uuid")
    mac = normalise_mac((text(row, "mac") or "").partition("/")[0])
    key = uuid.lower() if uuid else mac
    if key is None or kind in _CONTAINERS:
        return None
    return ManagedDevice(
        key=key,
        kind=_VIRTUAL_MACHINE,
        name=text(row, "name"),
        mac_address=mac,
        address=text(row, "ipaddress"),
        operating_system=text(row, "operatingsystem"),
        state=_STATES.get((text(row, "status") or "").casefold()),
    )
