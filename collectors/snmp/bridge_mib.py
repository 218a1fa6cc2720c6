"""Bridge ports and the MACs learned on them: BRIDGE-MIB (RFC 4188)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from collectors.observation import FdbEntry
from collectors.snmp import values
from collectors.snmp.if_mib import bytes_of
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import Rows, TableRows, read_table
from collectors.text import MAC_OCTETS, station_mac

DOT1D_BASE_PORT_TABLE: Final = "1.3.6.1.2.1.17.1.4"
DOT1D_TP_FDB_TABLE: Final = "1.3.6.1.2.1.17.4.3"
DOT1D_STATIC_TABLE: Final = "1.3.6.1.2.1.17.5.1"
MAX_FDB_ROWS: Final = 50_000

BASE_PORT_COLUMNS: Final = {"dot1dBasePortIfIndex": f"{DOT1D_BASE_PORT_TABLE}.1.2"}
FDB_COLUMNS: Final = {"dot1dTpFdbPort": f"{DOT1D_TP_FDB_TABLE}.1.2"}
_STATUS: Final = {"dot1dTpFdbStatus": f"{DOT1D_TP_FDB_TABLE}.1.3"}
_NOT_SEEN: Final = frozenset({2, 4, 5})  # invalid, self, mgmt; others: 1 other, 3 learned

BasePorts = Mapping[int, int]
"""ifIndex by bridge port."""


async def read_base_ports(session: DeviceSession, further: dict[str, str]) -> TableRows:
    """Read which interface stands behind each bridge port, with further columns of that index."""
    return await read_table(session, BASE_PORT_COLUMNS | further)


def base_ports_of(rows: Rows) -> BasePorts:
    """Give dot1dBasePortIfIndex from rows that may be of other tables as well."""
    found = {}
    for index, row in rows.items():
        if len(index) != 1:
            continue
        if_index = values.integer(row.get("dot1dBasePortIfIndex"))
        if if_index is not None and if_index > 0:
            found[index[0]] = if_index
    return found


async def read_fdb(session: DeviceSession, *, has_static: bool) -> TableRows:
    """Read dot1dTpFdbTable, which does not tell VLANs apart.

    The status of each row costs as much as the row. It is read only where rows can be of MACs
    that a person entered; the device's own are known by its interfaces.
    """
    columns = FDB_COLUMNS | (_STATUS if has_static else {})
    return await read_table(session, columns, max_rows=MAX_FDB_ROWS)


def fdb_entries(rows: Rows, ports: BasePorts, vlan_id: int | None = None) -> Iterable[FdbEntry]:
    """Give what was learned on a port whose interface is known."""
    for index, row in rows.items():
        if len(index) == MAC_OCTETS and is_learned(row.get("dot1dTpFdbStatus")):
            entry = fdb_entry(index, row.get("dot1dTpFdbPort"), ports, vlan_id)
            if entry is not None:
                yield entry


def is_learned(status: VarBind | None) -> bool:
    """Whether the bridge has seen a frame of the MAC, as far as the status was read."""
    return values.integer(status) not in _NOT_SEEN


def fdb_entry(
    mac: tuple[int, ...], port: VarBind | None, ports: BasePorts, vlan_id: int | None
) -> FdbEntry | None:
    """Give one entry; None for what is no station's MAC, or a port without interface.

    Args:
        mac: the octets as they stand in the index.
        port: dot1dTpFdbPort or dot1qTpFdbPort; 0 means that the port is not known.
        ports: ifIndex by bridge port.
        vlan_id: as far as it is known.
    """
    number = values.integer(port)
    if_index = ports.get(number) if number is not None else None
    octets = bytes_of(mac)
    spelt = None if octets is None else station_mac(octets)
    if if_index is None or spelt is None:
        return None
    return FdbEntry(spelt, if_index, vlan_id)
