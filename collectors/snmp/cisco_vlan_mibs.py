"""VLANs of Cisco switches, whose agents lack most of Q-BRIDGE-MIB, and their forwarding tables.

Sources: CISCO-VTP-MIB (vtpVlanTable, vlanTrunkPortTable), CISCO-VLAN-MEMBERSHIP-MIB (vmVlan,
vmVoiceVlanId); Cisco's "community string indexing": BRIDGE-MIB shows one VLAN at a time, by
``community@vlan``, with SNMPv3 by the context ``vlan-N``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec import structs

from collectors import oids
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.errors import CollectorError
from collectors.observation import FdbEntry, FdbTable, Vlan, VlanPort
from collectors.snmp import bridge_mib, values
from collectors.snmp.q_bridge_mib import MAX_VLAN, has_bit
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import TableRows, read_table

VTP_VLAN_TABLE: Final = "1.3.6.1.4.1.9.9.46.1.3.1"
VLAN_TRUNK_PORT_TABLE: Final = "1.3.6.1.4.1.9.9.46.1.6.1"
VM_MEMBERSHIP_TABLE: Final = "1.3.6.1.4.1.9.9.68.1.2.2"
MAX_CONTEXTS: Final = 64
FEW_CONTEXTS: Final = 8

_VTP_NAME: Final = {"vtpVlanName": f"{VTP_VLAN_TABLE}.1.4"}
_VTP_STATE: Final = {"vtpVlanState": f"{VTP_VLAN_TABLE}.1.2"}
_FEW_VLANS: Final = 64  # of more their states would double the cost
_MEMBER_COLUMNS: Final = {
    "vmVlan": f"{VM_MEMBERSHIP_TABLE}.1.2",
    "vmVoiceVlanId": "1.3.6.1.4.1.9.9.68.1.5.1.1.1",
}
_TRUNK_COLUMNS: Final = {
    "vlanTrunkPortNativeVlan": f"{VLAN_TRUNK_PORT_TABLE}.1.5",
    "vlanTrunkPortDynamicStatus": f"{VLAN_TRUNK_PORT_TABLE}.1.14",
}
# vlanTrunkPortVlansEnabled and its continuations, each of 1,024 VLANs in 128 octets.
_ENABLED_COLUMNS: Final = tuple(f"{VLAN_TRUNK_PORT_TABLE}.1.{number}" for number in (4, 17, 18, 19))
_VLANS_A_COLUMN: Final = 1024
_COLUMNS_A_REPLY: Final = 8  # of that size, in one Ethernet frame
_OPERATIONAL, _TRUNKING = 1, 1
_NOT_ETHERNET: Final = range(1002, 1006)  # always there, for token ring and FDDI
_DEFAULT_VLAN: Final = 1  # which BRIDGE-MIB shows when no VLAN is named


@dataclass(slots=True)
class CiscoVlans:
    """What the maker's own tables say: VLANs that are in force, and the ports' parts in them."""

    names: dict[int, str | None] = field(default_factory=dict)
    ports: dict[int, VlanPort] = field(default_factory=dict)
    complete: bool = True

    @property
    def vlan_rows(self) -> tuple[Vlan, ...]:
        """Give the VLANs in ascending order."""
        return tuple(Vlan(vlan_id, self.names[vlan_id]) for vlan_id in sorted(self.names))

    @property
    def port_rows(self) -> tuple[VlanPort, ...]:
        """Give the interfaces in ascending order."""
        return tuple(self.ports[if_index] for if_index in sorted(self.ports))


async def read_vlans(session: DeviceSession, existing: set[str]) -> CiscoVlans:
    """Read VLANs, access ports and trunks.

    Args:
        session: the device.
        existing: which of the tables the device has.
    """
    vlans = CiscoVlans()
    table = await read_table(session, _VTP_NAME)
    states = TableRows()
    if len(table.rows) <= _FEW_VLANS:
        states = await read_table(session, _VTP_STATE)
    vlans.complete &= table.complete and states.complete
    for index in sorted(table.rows):
        state = states.rows.get(index, {}).get("vtpVlanState")
        if len(index) == 2 and _is_used(index[1], state):  # noqa: PLR2004 -- domain and VLAN
            vlans.names[index[1]] = values.name(table.rows[index].get("vtpVlanName"))
    columns: dict[str, str] = {}
    if VM_MEMBERSHIP_TABLE in existing:
        columns |= _MEMBER_COLUMNS
    if VLAN_TRUNK_PORT_TABLE in existing:
        columns |= _TRUNK_COLUMNS
    ports = await read_table(session, columns)
    vlans.complete &= ports.complete
    rows = {index[0]: row for index, row in sorted(ports.rows.items()) if len(index) == 1}
    for if_index, row in rows.items():
        _take_access_port(vlans, if_index, row)
    await _read_trunks(session, vlans, rows)
    return vlans


def _is_used(vlan_id: int, state: VarBind | None) -> bool:
    is_ethernet = 1 <= vlan_id <= MAX_VLAN and vlan_id not in _NOT_ETHERNET
    return is_ethernet and (state is None or values.integer(state) == _OPERATIONAL)


def _take_access_port(vlans: CiscoVlans, if_index: int, row: dict[str, VarBind]) -> None:
    vlan_id = _vlan(row.get("vmVlan"))
    voice = _vlan(row.get("vmVoiceVlanId"))
    if vlan_id is not None:
        tagged = () if voice is None or voice == vlan_id else (voice,)
        vlans.ports[if_index] = VlanPort(if_index, vlan_id, (vlan_id,), tagged)


def _vlan(varbind: VarBind | None) -> int | None:
    number = values.integer(varbind)
    return number if number is not None and 1 <= number <= MAX_VLAN else None


async def _read_trunks(
    session: DeviceSession, vlans: CiscoVlans, rows: dict[int, dict[str, VarBind]]
) -> None:
    """Read what may pass of those ports only that are trunks."""
    natives = {
        if_index: _vlan(row.get("vlanTrunkPortNativeVlan"))
        for if_index, row in rows.items()
        if values.integer(row.get("vlanTrunkPortDynamicStatus")) == _TRUNKING
    }
    try:
        enabled = await _read_enabled(session, natives, vlans.names)
    except CollectorError as error:
        session.note(error, "vlanTrunkPortVlansEnabled")
        vlans.complete = False
        return
    for if_index, native in natives.items():
        passing = enabled.get(if_index, set())
        untagged = () if native is None or native not in passing else (native,)
        tagged = tuple(sorted(passing - set(untagged)))
        vlans.ports[if_index] = VlanPort(if_index, native, untagged, tagged)


async def _read_enabled(
    session: DeviceSession, trunks: Iterable[int], vlan_ids: Collection[int]
) -> dict[int, set[int]]:
    """Give which of the VLANs each port lets pass; most ports are set to let all 4,094."""
    columns = _ENABLED_COLUMNS[: max(vlan_ids, default=0) // _VLANS_A_COLUMN + 1]
    wanted = {
        oids.encode(f"{column}.{if_index}"): (if_index, place * _VLANS_A_COLUMN)
        for if_index in trunks
        for place, column in enumerate(columns)
    }
    names = list(wanted)
    enabled: dict[int, set[int]] = {}
    passing: dict[tuple[int, int, bytes], set[int]] = {}
    for start in range(0, len(names), _COLUMNS_A_REPLY):
        found = await session.get(names[start : start + _COLUMNS_A_REPLY])
        for oid, varbind in found.items():
            if_index, first = wanted[oid]
            told = (first, varbind.tag, varbind.value)  # the same of most ports
            if told not in passing:
                passing[told] = {one for one in vlan_ids if has_bit(varbind, one - first)}
            enabled.setdefault(if_index, set()).update(passing[told])
    return enabled


async def read_fdb_by_vlan(session: DeviceSession, vlans: CiscoVlans, plain: FdbTable) -> FdbTable:
    """Read the forwarding table of each VLAN in its own context, one after the other.

    Those of access ports are read, since machines stand there; the others only where all together
    are few, since a trunk that carries hundreds of them leads to another switch. A device that
    does not answer the first context is asked for no further one.

    Args:
        session: the device, of which nothing else is being read.
        vlans: those that it has.
        plain: what it told without a context; that is VLAN 1.

    Returns:
        All rows; complete when every VLAN was read to its end.
    """
    wanted, is_all = _vlans_to_read(vlans)
    credential = session.endpoint.credential
    if not wanted or not _can_name_vlans(credential):
        return replace(plain, complete=plain.complete and is_all)
    rows = {structs.replace(one, vlan_id=_DEFAULT_VLAN): None for one in plain.rows}
    for number, vlan_id in enumerate(wanted):
        if len(rows) >= bridge_mib.MAX_FDB_ROWS:
            return FdbTable(tuple(rows), complete=False)
        known = len(session.problems)
        with session.in_context(_in_vlan(credential, vlan_id)):
            found = await _read_vlan(session, vlan_id)
            has_contexts = number > 0 or not session.is_silent
        if not has_contexts:  # silence is how agents refuse a community
            del session.problems[known:]
            return replace(plain, complete=False)
        rows |= dict.fromkeys(found.rows)
        if not found.complete:
            return FdbTable(tuple(rows), complete=False)
    return FdbTable(tuple(rows), complete=plain.complete and is_all)


def _vlans_to_read(vlans: CiscoVlans) -> tuple[list[int], bool]:
    """Give the VLANs that are read, and whether these are all."""
    accessed = {vlan_id for port in vlans.ports.values() for vlan_id in port.untagged_vlans}
    every = vlans.names.keys() - {_DEFAULT_VLAN}
    first, rest = sorted(every & accessed), sorted(every - accessed)
    wanted = first[:MAX_CONTEXTS] + (rest if len(every) <= FEW_CONTEXTS else [])
    return wanted, len(wanted) == len(every)


def _can_name_vlans(credential: SnmpCredential) -> bool:
    if credential.version is SnmpVersion.V3:
        return not credential.context_name
    return "@" not in credential.community


def _in_vlan(credential: SnmpCredential, vlan_id: int) -> SnmpCredential:
    if credential.version is SnmpVersion.V3:
        return replace(credential, context_name=f"vlan-{vlan_id}")
    return replace(credential, community=f"{credential.community}@{vlan_id}")


async def _read_vlan(session: DeviceSession, vlan_id: int) -> FdbTable:
    """Read learned MACs together with the bridge ports, which are numbered in each VLAN anew."""
    columns = bridge_mib.FDB_COLUMNS | bridge_mib.BASE_PORT_COLUMNS
    table = await read_table(session, columns, max_rows=bridge_mib.MAX_FDB_ROWS)
    ports = bridge_mib.base_ports_of(table.rows)
    rows: tuple[FdbEntry, ...] = tuple(bridge_mib.fdb_entries(table.rows, ports, vlan_id))
    return FdbTable(rows, complete=table.complete)
