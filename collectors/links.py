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
    AggregatePortTable,
    Category,
    Component,
    FdbEntry,
    FdbTable,
    Interface,
    Links,
    NeighborTable,
    PowerPortTable,
    VlanPortTable,
    VlanTable,
    WirelessClientTable,
)
from collectors.snmp import (
    aggregates,
    bridge_mib,
    cdp_mib,
    cisco_vlan_mibs,
    forwarding,
    ip_mib,
    lldp_mib,
    lldp_neighbors,
    power_ethernet_mib,
    q_bridge_mib,
    values,
    wireless_clients,
)
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import TableRows

_STATIC_TABLES: Final = (
    bridge_mib.DOT1D_STATIC_TABLE,
    q_bridge_mib.DOT1Q_STATIC_UNICAST_TABLE,
)
_LINK_TABLES: Final = (
    bridge_mib.DOT1D_BASE_PORT_TABLE,
    bridge_mib.DOT1D_TP_FDB_TABLE,
    *_STATIC_TABLES,
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
    power_ethernet_mib.PETH_PSE_PORT_TABLE,
)
_CISCO_TABLES: Final = (
    cisco_vlan_mibs.VTP_VLAN_TABLE,
    cisco_vlan_mibs.VM_MEMBERSHIP_TABLE,
    cisco_vlan_mibs.VLAN_TRUNK_PORT_TABLE,
)
_AGGREGATE_TYPES: Final = frozenset({aggregates.LAG, 53})  # propVirtual: port-channels of before
_ENTERPRISES: Final = "1.3.6.1.4.1."
_CISCO: Final = f"{_ENTERPRISES}9."
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
        Category.RADIO,
    }
)
_RADIOS: Final = frozenset(
    {Category.ACCESS_POINT, Category.WIRELESS_CONTROLLER, Category.RADIO, Category.ROUTER}
)
# Some of them do not say by ipForwarding that they forward.
_ROUTES: Final = frozenset({Category.ROUTER, Category.FIREWALL})


class Subject(NamedTuple):
    """The device whose links are asked for, as far as it is known by then.

    Attributes:
        sys_object_id: whose tables it may have.
        category: what it is.
        interfaces, components: for ports that are told by name.
        found: scalars that were read, by name.
    """

    sys_object_id: str | None
    category: Category | None
    interfaces: tuple[Interface, ...]
    components: tuple[Component, ...]
    found: dict[bytes, VarBind]

    @property
    def is_cisco(self) -> bool:
        """Whether its agent is Cisco's."""
        return (self.sys_object_id or "").startswith(_CISCO)

    @property
    def enterprise(self) -> int | None:
        """The maker's number in sysObjectID."""
        number = (self.sys_object_id or "").removeprefix(_ENTERPRISES).partition(".")[0]
        return int(number) if number.isdecimal() else None

    @property
    def own_macs(self) -> set[str | None]:
        """The MACs of its interfaces and of the bridge itself."""
        macs = {one.if_phys_address for one in self.interfaces}
        return macs | {lldp_mib.bridge_address(self.found)}

    @property
    def has_aggregates(self) -> bool:
        """Whether one of its interfaces can be a link aggregate."""
        return any(one.if_type in _AGGREGATE_TYPES for one in self.interfaces)

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
        existing = await _which_exist(session, subject)
        bridge_ports = await _read_bridge_ports(session, existing)
    except CollectorError as error:
        session.note(error)
        return Links()
    reader = _LinkReader(session, subject, existing, bridge_ports)
    async with asyncio.TaskGroup() as reading:
        reading.create_task(reader.vlans_and_fdb())
        neighbors = reading.create_task(reader.neighbors())
        mappings = reading.create_task(reader.mappings())
        members = reading.create_task(reader.aggregate_ports())
        power_ports = reading.create_task(reader.power_ports())
        clients = reading.create_task(reader.wireless_clients())
    await reader.fdb_of_contexts()
    return Links(
        vlans=reader.vlans,
        vlan_ports=reader.vlan_ports,
        power_ports=power_ports.result(),
        aggregate_ports=members.result(),
        fdb=_without_own(reader.fdb, subject),
        neighbors=neighbors.result(),
        address_mappings=mappings.result(),
        wireless_clients=clients.result(),
    )


def _without_own(table: FdbTable, subject: Subject) -> FdbTable:
    """Leave out the device's own MACs, which some agents list on the ports that have them."""
    own = subject.own_macs
    return FdbTable(
        tuple(row for row in table.rows if row.mac_address not in own), complete=table.complete
    )


async def _which_exist(session: DeviceSession, subject: Subject) -> set[str]:
    tables = [*_LINK_TABLES, *(_CISCO_TABLES if subject.is_cisco else ())]
    if subject.has_aggregates:
        tables += aggregates.TABLES
    if subject.category in _RADIOS:
        tables += wireless_clients.tables_of(subject.enterprise)
    prefixes = {oids.encode(dotted): dotted for dotted in tables}
    return {prefixes[one] for one in await session.which_exist(prefixes)}


async def _read_bridge_ports(session: DeviceSession, existing: set[str]) -> TableRows:
    if bridge_mib.DOT1D_BASE_PORT_TABLE not in existing:
        return TableRows()
    has_vlans = q_bridge_mib.DOT1Q_PORT_VLAN_TABLE in existing
    further = q_bridge_mib.PORT_COLUMNS if has_vlans else {}
    return await bridge_mib.read_base_ports(session, further)


class _LinkReader:
    """The link tables of one device, in groups that can be read side by side."""

    def __init__(
        self,
        session: DeviceSession,
        subject: Subject,
        existing: set[str],
        bridge_ports: TableRows,
    ) -> None:
        self._session = session
        self._subject = subject
        self._existing = existing
        self._bridge_ports = bridge_ports
        self._ports = bridge_mib.base_ports_of(bridge_ports.rows)
        self._cisco: cisco_vlan_mibs.CiscoVlans | None = None
        self.vlans = VlanTable()
        self.vlan_ports = VlanPortTable()
        self.fdb = FdbTable()

    async def vlans_and_fdb(self) -> None:
        """Read VLANs first: a forwarding table tells them by the number of its database only."""
        read = q_bridge_mib.read_vlans
        vlans = await read(self._session, self._existing, self._bridge_ports)
        rows = q_bridge_mib.vlan_rows(vlans)
        ports = q_bridge_mib.vlan_ports(vlans, self._ports)
        complete = vlans.complete
        if not rows and cisco_vlan_mibs.VTP_VLAN_TABLE in self._existing:
            self._cisco = await cisco_vlan_mibs.read_vlans(self._session, self._existing)
            rows, complete = self._cisco.vlan_rows, self._cisco.complete
            ports = self._cisco.port_rows or ports
        self.vlans = VlanTable(rows, complete=complete and bool(rows))
        self.vlan_ports = VlanPortTable(ports, complete=complete and bool(ports))
        self.fdb = await self._fdb(vlans)

    async def fdb_of_contexts(self) -> None:
        """Read what the plain table of a Cisco switch leaves out; nothing else is asked then."""
        tells_vlans = any(one.vlan_id is not None for one in self.fdb.rows)
        if self._cisco is not None and not tells_vlans:
            read = cisco_vlan_mibs.read_fdb_by_vlan
            self.fdb = await read(self._session, self._cisco, self.fdb)

    async def power_ports(self) -> PowerPortTable:
        """Read which ports feed what is behind them."""
        if power_ethernet_mib.PETH_PSE_PORT_TABLE not in self._existing:
            return PowerPortTable()
        return await power_ethernet_mib.read_power_ports(
            self._session,
            self._subject.interfaces,
            self._subject.components,
            self._ports,
            is_cisco=self._subject.is_cisco,
        )

    async def aggregate_ports(self) -> AggregatePortTable:
        """Read which ports are members of aggregates; without aggregates there are none."""
        if not self._subject.has_aggregates:
            return AggregatePortTable()
        interfaces = self._subject.interfaces
        return await aggregates.read_members(self._session, self._existing, interfaces)

    async def _fdb(self, vlans: q_bridge_mib.BridgeVlans) -> FdbTable:
        """Read the table that tells VLANs; the other one where that brings nothing."""
        has_static = not self._existing.isdisjoint(_STATIC_TABLES)
        rows: dict[FdbEntry, None] = {}
        complete = False
        if q_bridge_mib.DOT1Q_TP_FDB_TABLE in self._existing:
            table = await q_bridge_mib.read_fdb(self._session, has_static=has_static)
            rows = dict.fromkeys(q_bridge_mib.fdb_entries(table.rows, self._ports, vlans))
            complete = table.complete
        if not rows and bridge_mib.DOT1D_TP_FDB_TABLE in self._existing:
            table = await bridge_mib.read_fdb(self._session, has_static=has_static)
            rows = dict.fromkeys(bridge_mib.fdb_entries(table.rows, self._ports))
            complete = table.complete
        return FdbTable(tuple(rows), complete=complete)

    async def neighbors(self) -> NeighborTable:
        """Read both protocols; complete when each that is there was read to its end."""
        tables = []
        if self._existing & {lldp_neighbors.LLDP_REM_TABLE, lldp_neighbors.LLDP_V2_REM_TABLE}:
            interfaces = self._subject.interfaces
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
        table = await ip_mib.read_mappings(self._session, self._existing)
        own = self._subject.own_macs
        rows = tuple(row for row in table.rows if row.mac_address not in own)
        return AddressMappingTable(rows, complete=table.complete)

    async def wireless_clients(self) -> WirelessClientTable:
        """Read the stations of what has radios."""
        read = wireless_clients.read_clients
        return await read(self._session, self._existing, self._subject.enterprise)
