"""Where things are plugged in, as one device sees it: which tables are asked of whom, and when.

Nothing of this is asked of a printer, a UPS or a camera. What bridges, routes or speaks LLDP is
asked with one request which of the tables it has; only those are read.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from collectors import oids
from collectors.errors import CollectorError
from collectors.observation import (
    AddressMappingTable,
    Category,
    FdbEntry,
    FdbTable,
    InterfaceTable,
    Links,
    NeighborTable,
    VlanPortTable,
    VlanTable,
)
from collectors.snmp import (
    bridge_mib,
    cdp_mib,
    forwarding,
    ip_mib,
    lldp_mib,
    lldp_neighbors,
    q_bridge_mib,
    values,
)
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind

_LINK_TABLES: Final = (
    bridge_mib.DOT1D_BASE_PORT_TABLE,
    bridge_mib.DOT1D_TP_FDB_TABLE,
    q_bridge_mib.DOT1Q_TP_FDB_TABLE,
    q_bridge_mib.DOT1Q_VLAN_CURRENT_TABLE,
    q_bridge_mib.DOT1Q_VLAN_STATIC_TABLE,
    q_bridge_mib.DOT1Q_PORT_VLAN_TABLE,
    lldp_neighbors.LLDP_REM_TABLE,
    lldp_neighbors.LLDP_REM_MAN_ADDR_TABLE,
    lldp_neighbors.LLDP_V2_REM_TABLE,
    lldp_neighbors.LLDP_V2_REM_MAN_ADDR_TABLE,
    cdp_mib.CDP_CACHE_TABLE,
    ip_mib.IP_NET_TO_PHYSICAL_TABLE,
    ip_mib.IP_NET_TO_MEDIA_TABLE,
)
_NEVER_ASKED: Final = frozenset(
    {
        Category.PRINTER,
        Category.SCANNER,
        Category.UPS,
        Category.PDU,
        Category.POWER,
        Category.CAMERA,
        Category.NVR,
        Category.VIDEO,
        Category.PHONE,
        Category.MOBILE,
        Category.BMC,
        Category.TAPE,
        Category.KVM,
        Category.CONSOLE,
        Category.ENVIRONMENT,
        Category.TIMING,
    }
)
_NETWORK: Final = frozenset(
    {
        Category.SWITCH,
        Category.ROUTER,
        Category.FIREWALL,
        Category.ACCESS_POINT,
        Category.WIRELESS_CONTROLLER,
    }
)
# Some of them do not say by ipForwarding that they forward.
_ROUTES: Final = frozenset({Category.ROUTER, Category.FIREWALL})


class Subject(NamedTuple):
    """The device whose links are asked for, as far as it is known by then.

    Attributes:
        category: what it is.
        interfaces: its interfaces, for ports that are told by name.
        found: scalars that were read, by name.
    """

    category: Category | None
    interfaces: InterfaceTable
    found: dict[bytes, VarBind]

    @property
    def bridges(self) -> bool:
        """Whether it has bridge ports."""
        return bool(values.integer(self.found.get(forwarding.DOT1D_BASE_NUM_PORTS)))

    @property
    def routes(self) -> bool:
        """Whether it forwards packets."""
        return forwarding.forwards(self.found) or self.category in _ROUTES

    @property
    def speaks_lldp(self) -> bool:
        """Whether its agent implements LLDP-MIB."""
        return values.is_present(self.found.get(lldp_mib.LLDP_LOC_CHASSIS_ID))

    @property
    def is_asked(self) -> bool:
        """Whether it can know anything of the kind."""
        if self.category in _NEVER_ASKED:
            return False
        is_network = self.bridges or self.routes or self.category in _NETWORK
        return is_network or self.speaks_lldp


async def read_links(session: DeviceSession, subject: Subject) -> Links:
    """Read where things are plugged in; what goes wrong is noted in the session."""
    if not subject.is_asked:
        return Links()
    try:
        existing = await _which_exist(session)
        ports: bridge_mib.BasePorts = {}
        if bridge_mib.DOT1D_BASE_PORT_TABLE in existing:
            ports = await bridge_mib.read_base_ports(session)
    except CollectorError as error:
        session.note(error)
        return Links()
    reader = _LinkReader(session, subject, existing, ports)
    async with asyncio.TaskGroup() as reading:
        vlans = reading.create_task(reader.vlans_and_fdb())
        neighbors = reading.create_task(reader.neighbors())
        mappings = reading.create_task(reader.mappings())
    vlan_table, vlan_ports, fdb = vlans.result()
    return Links(
        vlans=vlan_table,
        vlan_ports=vlan_ports,
        fdb=fdb,
        neighbors=neighbors.result(),
        address_mappings=mappings.result(),
    )


async def _which_exist(session: DeviceSession) -> set[str]:
    prefixes = {oids.encode(dotted): dotted for dotted in _LINK_TABLES}
    return {prefixes[one] for one in await session.which_exist(prefixes)}


class _LinkReader:
    """The link tables of one device, in groups that can be read side by side."""

    def __init__(
        self,
        session: DeviceSession,
        subject: Subject,
        existing: set[str],
        ports: bridge_mib.BasePorts,
    ) -> None:
        self._session = session
        self._subject = subject
        self._existing = existing
        self._ports = ports

    async def vlans_and_fdb(self) -> tuple[VlanTable, VlanPortTable, FdbTable]:
        """Read VLANs first: a forwarding table tells them by the number of its database only."""
        vlans = await q_bridge_mib.read_vlans(self._session, self._existing)
        is_complete = vlans.complete and bool(vlans.names)
        return (
            VlanTable(q_bridge_mib.vlan_rows(vlans), complete=is_complete),
            VlanPortTable(q_bridge_mib.vlan_ports(vlans, self._ports), complete=is_complete),
            await self._fdb(vlans),
        )

    async def _fdb(self, vlans: q_bridge_mib.BridgeVlans) -> FdbTable:
        """Read the table that tells VLANs; the other one where that brings nothing."""
        rows: dict[FdbEntry, None] = {}
        complete = False
        if q_bridge_mib.DOT1Q_TP_FDB_TABLE in self._existing:
            table = await q_bridge_mib.read_fdb(self._session)
            rows = dict.fromkeys(q_bridge_mib.fdb_entries(table.rows, self._ports, vlans))
            complete = table.complete
        if not rows and bridge_mib.DOT1D_TP_FDB_TABLE in self._existing:
            table = await bridge_mib.read_fdb(self._session)
            rows = dict.fromkeys(bridge_mib.fdb_entries(table.rows, self._ports))
            complete = table.complete
        return FdbTable(tuple(rows), complete=complete)

    async def neighbors(self) -> NeighborTable:
        """Read both protocols; complete when each that is there was read to its end."""
        tables = []
        if self._existing & {lldp_neighbors.LLDP_REM_TABLE, lldp_neighbors.LLDP_V2_REM_TABLE}:
            interfaces = self._subject.interfaces.rows
            read = lldp_neighbors.read_neighbors
            tables.append(await read(self._session, self._existing, interfaces, self._ports))
        elif self._subject.speaks_lldp:
            tables.append(NeighborTable(complete=True))
        if cdp_mib.CDP_CACHE_TABLE in self._existing:
            tables.append(await cdp_mib.read_neighbors(self._session))
        rows = tuple(row for table in tables for row in table.rows)
        return NeighborTable(rows, complete=bool(tables) and all(one.complete for one in tables))

    async def mappings(self) -> AddressMappingTable:
        """Read the table of addresses of what forwards packets."""
        if not self._subject.routes:
            return AddressMappingTable()
        return await ip_mib.read_mappings(self._session, self._existing)
