"""VLANs of a bridge and the MACs learned in them: Q-BRIDGE-MIB (RFC 4363)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.observation import FdbEntry, Vlan, VlanPort
from collectors.snmp import values
from collectors.snmp.bridge_mib import MAX_FDB_ROWS, BasePorts, fdb_entry, is_learned
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import Rows, TableRows, read_table
from collectors.text import MAC_OCTETS

DOT1Q_TP_FDB_TABLE: Final = "1.3.6.1.2.1.17.7.1.2.2"
DOT1Q_STATIC_UNICAST_TABLE: Final = "1.3.6.1.2.1.17.7.1.3.1"
DOT1Q_VLAN_CURRENT_TABLE: Final = "1.3.6.1.2.1.17.7.1.4.2"
DOT1Q_VLAN_STATIC_TABLE: Final = "1.3.6.1.2.1.17.7.1.4.3"
DOT1Q_PORT_VLAN_TABLE: Final = "1.3.6.1.2.1.17.7.1.4.5"

_FDB_COLUMNS: Final = {"dot1qTpFdbPort": f"{DOT1Q_TP_FDB_TABLE}.1.2"}
_STATUS: Final = {"dot1qTpFdbStatus": f"{DOT1Q_TP_FDB_TABLE}.1.3"}
_CURRENT_COLUMNS: Final = {
    "dot1qVlanFdbId": f"{DOT1Q_VLAN_CURRENT_TABLE}.1.3",
    "dot1qVlanCurrentEgressPorts": f"{DOT1Q_VLAN_CURRENT_TABLE}.1.4",
    "dot1qVlanCurrentUntaggedPorts": f"{DOT1Q_VLAN_CURRENT_TABLE}.1.5",
}
_STATIC_NAME: Final = {"dot1qVlanStaticName": f"{DOT1Q_VLAN_STATIC_TABLE}.1.1"}
_STATIC_PORTS: Final = {
    "dot1qVlanStaticEgressPorts": f"{DOT1Q_VLAN_STATIC_TABLE}.1.2",
    "dot1qVlanStaticUntaggedPorts": f"{DOT1Q_VLAN_STATIC_TABLE}.1.4",
}
PORT_COLUMNS: Final = {"dot1qPvid": f"{DOT1Q_PORT_VLAN_TABLE}.1.1"}
MAX_VLAN: Final = 4094


@dataclass(slots=True)
class BridgeVlans:
    """What a bridge says of its VLANs.

    Attributes:
        names: the VLANs that there are, each with its name.
        egress, untagged: bridge ports by VLAN.
        native: dot1qPvid by bridge port.
        filtering_ids: dot1qVlanFdbId by VLAN.
        complete: all was read to its end.
    """

    names: dict[int, str | None] = field(default_factory=dict)
    egress: dict[int, frozenset[int]] = field(default_factory=dict)
    untagged: dict[int, frozenset[int]] = field(default_factory=dict)
    native: dict[int, int] = field(default_factory=dict)
    filtering_ids: dict[int, int] = field(default_factory=dict)
    complete: bool = False


async def read_vlans(
    session: DeviceSession, existing: set[str], bridge_ports: TableRows
) -> BridgeVlans:
    """Read VLANs with their names and ports.

    Where there is no table of what is in force, what is configured stands for it.

    Args:
        session: the device.
        existing: which of the tables the device has.
        bridge_ports: rows of the bridge ports, with ``PORT_COLUMNS`` where there are any.
    """
    natives = dict(_natives(bridge_ports.rows))
    vlans = BridgeVlans(native=natives, complete=bridge_ports.complete)
    columns: dict[str, str] = {}
    has_current = DOT1Q_VLAN_CURRENT_TABLE in existing
    if has_current:
        columns |= _CURRENT_COLUMNS
    if DOT1Q_VLAN_STATIC_TABLE in existing:
        columns |= _STATIC_NAME if has_current else _STATIC_NAME | _STATIC_PORTS
    table = await read_table(session, columns)  # in one: the two indexes differ in length
    vlans.complete &= table.complete
    current = {index[1]: row for index, row in sorted(table.rows.items()) if len(index) == 2}  # noqa: PLR2004 -- time mark and VLAN
    static = {index[0]: row for index, row in sorted(table.rows.items()) if len(index) == 1}
    for vlan_id, row in current.items():
        if _is_vlan(vlan_id):
            _take_current(vlans, vlan_id, row)
    for vlan_id, row in static.items():
        if _is_vlan(vlan_id):
            _take_static(vlans, vlan_id, row)
    return vlans


def _is_vlan(number: int) -> bool:
    return 1 <= number <= MAX_VLAN


def _take_current(vlans: BridgeVlans, vlan_id: int, row: dict[str, VarBind]) -> None:
    vlans.names.setdefault(vlan_id, None)
    filtering_id = values.integer(row.get("dot1qVlanFdbId"))
    if filtering_id is not None:
        vlans.filtering_ids[vlan_id] = filtering_id
    vlans.egress[vlan_id] = ports_of(row.get("dot1qVlanCurrentEgressPorts"))
    vlans.untagged[vlan_id] = ports_of(row.get("dot1qVlanCurrentUntaggedPorts"))


def _take_static(vlans: BridgeVlans, vlan_id: int, row: dict[str, VarBind]) -> None:
    vlans.names[vlan_id] = values.name(row.get("dot1qVlanStaticName"))
    vlans.egress.setdefault(vlan_id, ports_of(row.get("dot1qVlanStaticEgressPorts")))
    vlans.untagged.setdefault(vlan_id, ports_of(row.get("dot1qVlanStaticUntaggedPorts")))


def _natives(rows: Rows) -> Iterator[tuple[int, int]]:
    for index, row in rows.items():
        vlan_id = values.integer(row.get("dot1qPvid"))
        if len(index) == 1 and vlan_id is not None and _is_vlan(vlan_id):
            yield index[0], vlan_id


def ports_of(varbind: VarBind | None) -> frozenset[int]:
    """Read a PortList: the highest bit of the first octet is port 1."""
    return frozenset(number + 1 for number in bits_of(varbind))


def bits_of(varbind: VarBind | None) -> Iterator[int]:
    """Give the places of the bits that are set, the highest of the first octet being 0."""
    if varbind is None or varbind.tag != Tag.OCTET_STRING:
        return
    for place, octet in enumerate(varbind.value):
        for bit in range(8) if octet else ():
            if octet & 0x80 >> bit:
                yield place * 8 + bit


def has_bit(varbind: VarBind, place: int) -> bool:
    """Whether one bit is set, the highest of the first octet being 0."""
    octets = varbind.value if varbind.tag == Tag.OCTET_STRING else b""
    return 0 <= place < 8 * len(octets) and bool(octets[place // 8] & 0x80 >> place % 8)


def vlan_rows(vlans: BridgeVlans) -> tuple[Vlan, ...]:
    """Give the VLANs in ascending order."""
    return tuple(Vlan(vlan_id, vlans.names[vlan_id]) for vlan_id in sorted(vlans.names))


def vlan_ports(vlans: BridgeVlans, ports: BasePorts) -> tuple[VlanPort, ...]:
    """Give the VLANs of each interface that is a bridge port."""
    untagged: dict[int, list[int]] = defaultdict(list)
    tagged: dict[int, list[int]] = defaultdict(list)
    for vlan_id in sorted(vlans.egress):
        plain = vlans.untagged.get(vlan_id, frozenset())
        for port in vlans.egress[vlan_id]:
            (untagged if port in plain else tagged)[port].append(vlan_id)
    rows = {
        if_index: VlanPort(
            if_index,
            native_vlan=vlans.native.get(port),
            untagged_vlans=tuple(untagged.get(port, ())),
            tagged_vlans=tuple(tagged.get(port, ())),
        )
        for port, if_index in sorted(ports.items())
        if port in vlans.native or port in untagged or port in tagged
    }
    return tuple(rows[if_index] for if_index in sorted(rows))


async def read_fdb(session: DeviceSession, *, has_static: bool) -> TableRows:
    """Read dot1qTpFdbTable; the status as in BRIDGE-MIB only where it can matter."""
    columns = _FDB_COLUMNS | (_STATUS if has_static else {})
    return await read_table(session, columns, max_rows=MAX_FDB_ROWS)


def fdb_entries(rows: Rows, ports: BasePorts, vlans: BridgeVlans) -> Iterable[FdbEntry]:
    """Give what was learned on a port whose interface is known."""
    learned = [
        (index, row)
        for index, row in rows.items()
        if len(index) == 1 + MAC_OCTETS and is_learned(row.get("dot1qTpFdbStatus"))
    ]
    vlan_by_id = _vlans_by_filtering_id(vlans, {index[0] for index, _ in learned})
    for index, row in learned:
        vlan_id = vlan_by_id.get(index[0])
        entry = fdb_entry(index[1:], row.get("dot1qTpFdbPort"), ports, vlan_id)
        if entry is not None:
            yield entry


def _vlans_by_filtering_id(vlans: BridgeVlans, seen: set[int]) -> Mapping[int, int]:
    """Give the VLAN of each filtering database that belongs to one only.

    Without dot1qVlanFdbId the databases are taken for VLANs if all of them have a VLAN's number.
    """
    if not vlans.filtering_ids:
        return {one: one for one in seen} if seen <= vlans.names.keys() else {}
    found: dict[int, list[int]] = defaultdict(list)
    for vlan_id, filtering_id in vlans.filtering_ids.items():
        found[filtering_id].append(vlan_id)
    return {one: several[0] for one, several in found.items() if len(several) == 1}
