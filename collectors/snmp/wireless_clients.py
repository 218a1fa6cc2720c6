"""Stations on access points, from the tables of makers whose MIBs are public.

Each table is a row of data here: where the MAC stands in its index, and which columns tell the
rest. Sources: AIRESPACE-WIRELESS-MIB bsnMobileStationTable, CISCO-LWAPP-DOT11-CLIENT-MIB
cldcClientTable, WLSX-USER-MIB wlsxUserTable (Aruba), UBNT-AirMAX-MIB ubntStaTable, MIKROTIK-MIB
mtxrWlRtabTable and mtxrWlCMRtabTable, RUCKUS-ZD-WLAN-MIB ruckusZDWLANStaTable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.observation import WirelessClient, WirelessClientTable
from collectors.snmp import values
from collectors.snmp.if_mib import bytes_of
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.walk import Rows, read_table
from collectors.text import MAC_OCTETS, station_mac

_IPV4_OCTETS: Final = 4
_WIRED: Final = 1  # nUserIsWired true


@dataclass(frozen=True, slots=True)
class _ClientTable:
    """One maker's table.

    Attributes:
        oid: of the table.
        columns: numbers of the columns by what they tell: ``address``, ``ssid``,
            ``access_point`` (a name, or a MAC), ``bssid`` (instead), ``host_name``, ``status``,
            ``wired``.
        mac_at: where in the index the MAC's six arcs start.
        index_arcs: how many arcs the index has.
        address_at: where in the index an IPv4 address starts.
        present: values of ``status`` of a station that is there; none: all are.
        names: a column that names what ``access_point`` gives as a MAC, indexed by that MAC.
        ssids: a column of SSIDs, indexed by the last arc of the index.
    """

    oid: str
    columns: Mapping[str, int]
    mac_at: int = 0
    index_arcs: int = MAC_OCTETS
    address_at: int | None = None
    present: frozenset[int] = frozenset()
    names: str | None = None
    ssids: str | None = None
    only: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Write out the columns' object identifiers."""
        only = {name: f"{self.oid}.1.{number}" for name, number in self.columns.items()}
        object.__setattr__(self, "only", only)


_BSN_AP_NAME: Final = "1.3.6.1.4.1.14179.2.2.1.1.3"
_AIRESPACE: Final = _ClientTable(
    "1.3.6.1.4.1.14179.2.1.4",
    {"address": 2, "access_point": 4, "ssid": 7, "status": 9},
    present=frozenset({2, 3, 4}),  # authenticated, associated, power save
    names=_BSN_AP_NAME,
)
_LWAPP: Final = _ClientTable(
    "1.3.6.1.4.1.9.9.599.1.3.1",
    {"status": 2, "access_point": 8, "address": 10, "ssid": 28},
    present=frozenset({3, 4, 5}),  # the same, numbered from 1
    names=_BSN_AP_NAME,
)
_ARUBA: Final = _ClientTable(
    "1.3.6.1.4.1.14823.2.2.1.4.1.2",
    {"access_point": 10, "bssid": 11, "wired": 23},
    index_arcs=MAC_OCTETS + _IPV4_OCTETS,
    address_at=MAC_OCTETS,
)
_AIRMAX: Final = _ClientTable(
    "1.3.6.1.4.1.41112.1.4.7",
    {"host_name": 2, "address": 10},
    mac_at=1,
    index_arcs=1 + MAC_OCTETS,
)
_MIKROTIK: Final = _ClientTable(
    "1.3.6.1.4.1.14988.1.1.1.2",
    {"status": 3, "host_name": 20},  # the strength stands for the row where there is no name
    index_arcs=MAC_OCTETS + 1,
    ssids="1.3.6.1.4.1.14988.1.1.1.3.1.4",
)
_CAPSMAN: Final = _ClientTable("1.3.6.1.4.1.14988.1.1.1.5", {"ssid": 12}, index_arcs=MAC_OCTETS + 1)
_RUCKUS: Final = _ClientTable(
    "1.3.6.1.4.1.25053.1.2.2.1.1.3.1", {"access_point": 2, "ssid": 4, "address": 8}
)
# By the enterprise number of sysObjectID; airOS bears that of its chip's maker.
_BY_ENTERPRISE: Final = {
    9: (_AIRESPACE, _LWAPP),
    14179: (_AIRESPACE, _LWAPP),
    14823: (_ARUBA,),
    10002: (_AIRMAX,),
    41112: (_AIRMAX,),
    14988: (_MIKROTIK, _CAPSMAN),
    25053: (_RUCKUS,),
}


def tables_of(enterprise: int | None) -> tuple[str, ...]:
    """List the tables that a maker's devices may have."""
    return tuple(one.oid for one in _BY_ENTERPRISE.get(enterprise or 0, ()))


async def read_clients(
    session: DeviceSession, existing: set[str], enterprise: int | None
) -> WirelessClientTable:
    """Read the stations by the tables that the device has; the first that tells a MAC counts."""
    found: dict[str, WirelessClient] = {}
    tables = [one for one in _BY_ENTERPRISE.get(enterprise or 0, ()) if one.oid in existing]
    complete = bool(tables)
    for one in tables:
        if found and one is _LWAPP:
            continue  # the same stations once more
        table = await read_table(session, one.only)
        complete &= table.complete
        names = await _column(session, one.names if table.rows else None)
        ssids = await _column(session, one.ssids if table.rows else None)
        for client in _clients(one, table.rows, names, ssids):
            found.setdefault(client.mac_address, client)
    return WirelessClientTable(tuple(found.values()), complete=complete)


async def _column(session: DeviceSession, oid: str | None) -> dict[tuple[int, ...], str]:
    if oid is None:
        return {}
    rows = (await read_table(session, {"text": oid})).rows
    texts = ((index, values.name(row.get("text"))) for index, row in rows.items())
    return {index: text for index, text in texts if text}


def _clients(
    table: _ClientTable,
    rows: Rows,
    names: Mapping[tuple[int, ...], str],
    ssids: Mapping[tuple[int, ...], str],
) -> Iterator[WirelessClient]:
    for index, row in sorted(rows.items()):
        octets = bytes_of(index[table.mac_at : table.mac_at + MAC_OCTETS])
        mac = station_mac(octets) if octets is not None else None
        if len(index) != table.index_arcs or mac is None or not _is_present(table, row):
            continue
        address = _address(row.get("address"))
        if table.address_at is not None:
            address = _dotted(bytes_of(index[table.address_at :]))
        yield WirelessClient(
            mac,
            address=address,
            ssid=values.name(row.get("ssid")) or ssids.get(index[-1:]),
            access_point=_access_point(row.get("access_point"), names)
            or _access_point(row.get("bssid"), names),
            host_name=values.name(row.get("host_name")),
        )


def _is_present(table: _ClientTable, row: dict[str, VarBind]) -> bool:
    if values.integer(row.get("wired")) == _WIRED:
        return False
    return not table.present or values.integer(row.get("status")) in table.present


def _address(varbind: VarBind | None) -> str | None:
    if varbind is None or varbind.tag != Tag.IP_ADDRESS:
        return None
    return _dotted(varbind.value)


def _dotted(octets: bytes | None) -> str | None:
    if octets is None or len(octets) != _IPV4_OCTETS or not any(octets):
        return None
    return ".".join(map(str, octets))


def _access_point(varbind: VarBind | None, names: Mapping[tuple[int, ...], str]) -> str | None:
    """Give a name; the MAC where there is none."""
    if varbind is None or varbind.tag != Tag.OCTET_STRING:
        return None
    if len(varbind.value) == MAC_OCTETS and not varbind.value.isalnum():
        return names.get(tuple(varbind.value)) or station_mac(varbind.value)
    return values.name(varbind)
