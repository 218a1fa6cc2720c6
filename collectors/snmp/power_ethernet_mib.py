"""Power over Ethernet: pethPsePortTable (POWER-ETHERNET-MIB, RFC 3621).

Its index is a group and a port of the power supply and no interface. An interface is told only
where it is certain: Cisco names the component, stacks number groups and ports as their
interfaces' names do, and single switches number them as their bridge ports.
Source for Cisco: CISCO-POWER-ETHERNET-EXT-MIB cpeExtPsePortEntPhyIndex.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from collectors.observation import Component, Interface, PowerPort, PowerPortTable
from collectors.snmp import values
from collectors.snmp.bridge_mib import BasePorts
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

PETH_PSE_PORT_TABLE: Final = "1.3.6.1.2.1.105.1.1"

_COLUMNS: Final = {
    "pethPsePortAdminEnable": f"{PETH_PSE_PORT_TABLE}.1.3",
    "pethPsePortDetectionStatus": f"{PETH_PSE_PORT_TABLE}.1.6",
    "pethPsePortPowerClassifications": f"{PETH_PSE_PORT_TABLE}.1.10",
}
_CISCO_COLUMNS: Final = {"cpeExtPsePortEntPhyIndex": "1.3.6.1.4.1.9.9.402.1.2.1.11"}
_TRUTH: Final = {1: True, 2: False}
_STATUS: Final = {
    1: "disabled",
    2: "searching",
    3: "deliveringPower",
    4: "fault",
    5: "test",
    6: "otherFault",
}
_HIGHEST_CLASS: Final = 4
_DELIVERING: Final = 3
_ETHERNET: Final = 6  # ifType ethernetCsmacd
# GigabitEthernet1/0/7, Gi1/7, 1/1/7, 1:7: the first number is the unit, the last one the port.
_NUMBERED: Final = re.compile(r"[A-Za-z -]{0,30}(\d{1,3})[/:](?:(\d{1,3})[/:])?(\d{1,4})")

Port = tuple[int, int]
"""Group and port of the power supply."""


async def read_power_ports(
    session: DeviceSession,
    interfaces: Sequence[Interface],
    components: Iterable[Component],
    ports: BasePorts,
    *,
    is_cisco: bool,
) -> PowerPortTable:
    """Read the ports that can feed, as far as their interfaces are certain.

    Args:
        session: the device.
        interfaces, components: what it has.
        ports: ifIndex by bridge port.
        is_cisco: its own MIB tells the component of each port.
    """
    table = await read_table(session, _COLUMNS | (_CISCO_COLUMNS if is_cisco else {}))
    rows = {
        (index[0], index[1]): row
        for index, row in sorted(table.rows.items())
        if len(index) == 2  # noqa: PLR2004 -- group and port
    }
    if is_cisco:
        behind = _by_component(rows, interfaces, components)
    else:
        behind = _by_name(rows, interfaces) or _by_bridge_port(rows, ports)
    if len(set(behind.values())) != len(behind):
        behind = {}
    found = [_power_port(behind[port], row) for port, row in rows.items() if port in behind]
    return PowerPortTable(
        tuple(sorted(found, key=lambda one: one.if_index)),
        complete=table.complete and len(found) == len(rows),
    )


def _power_port(if_index: int, row: dict[str, VarBind]) -> PowerPort:
    status = values.integer(row.get("pethPsePortDetectionStatus"))
    number = values.integer(row.get("pethPsePortPowerClassifications"))
    # The class is that of what is fed: without anything the MIB gives it no meaning.
    is_fed = status == _DELIVERING and number is not None and 1 <= number <= _HIGHEST_CLASS + 1
    return PowerPort(
        if_index,
        is_enabled=_TRUTH.get(values.integer(row.get("pethPsePortAdminEnable")) or 0),
        detection_status=_STATUS.get(status or 0),
        power_class=number - 1 if is_fed and number is not None else None,
    )


def _by_component(
    rows: Mapping[Port, dict[str, VarBind]],
    interfaces: Sequence[Interface],
    components: Iterable[Component],
) -> dict[Port, int]:
    names = {
        name: one.if_index for one in interfaces for name in (one.if_name, one.if_descr) if name
    }
    by_index = {one.index: names.get(one.name or "") for one in components}
    found = {}
    for port, row in rows.items():
        component = values.integer(row.get("cpeExtPsePortEntPhyIndex"))
        if_index = by_index.get(component) if component is not None else None
        if if_index is not None:
            found[port] = if_index
    return found


def _by_name(rows: Iterable[Port], interfaces: Sequence[Interface]) -> dict[Port, int]:
    """Find each port by the numbers in an interface's name, all of them or none."""
    numbered: dict[Port, list[int]] = {}
    for one in interfaces:
        match = _NUMBERED.fullmatch(one.if_name or one.if_descr or "")
        if match is not None and one.if_type == _ETHERNET:
            numbered.setdefault((int(match[1]), int(match[3])), []).append(one.if_index)
    found = {}
    for port in rows:
        several = numbered.get(port, [])
        if len(several) != 1:
            return {}
        found[port] = several[0]
    return found


def _by_bridge_port(rows: Iterable[Port], ports: BasePorts) -> dict[Port, int]:
    """Take the ports of the only group for bridge ports, all of them or none."""
    listed = list(rows)
    if len({group for group, _ in listed}) != 1 or any(port not in ports for _, port in listed):
        return {}
    return {(group, port): ports[port] for group, port in listed}
