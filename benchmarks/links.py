"""Links for the fleet of ``benchmarks.fleet``: 2,000 switches that have learned 500,000 MACs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from parc.config import Settings

SWITCHES = 2_000
_LEARNED_EACH = 250
_PORTS = 10  # interfaces of each device of the fleet
_SITES = 20
_EDGE_MACS = 5
SOME_MAC = "00:00:00:7a:12:00"  # of asset 80,000, by benchmarks.fleet


def add_links(settings: Settings, count: int) -> None:
    """Fill the tables of links once; the first assets are the switches, spread over the sites."""
    switches = min(SWITCHES, count // 10)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(settings.data_folder / "parc.db")) as connection, connection:
        if connection.execute("SELECT 1 FROM switch_port LIMIT 1").fetchone():
            return
        connection.execute("UPDATE asset SET category='switch' WHERE id <= ?", (switches,))
        connection.execute(
            "UPDATE asset SET location_id = 1 + id % ? WHERE id <= ?", (_SITES, switches)
        )
        connection.execute("UPDATE asset SET category='server' WHERE id > ?", (switches,))
        connection.execute("UPDATE device SET category='switch' WHERE id <= ?", (switches,))
        connection.executemany(
            "INSERT INTO switch_port (interface_id, device_id, native_vlan, untagged_vlans,"
            " tagged_vlans, role, mac_count, first_read_at, read_at, last_used_at)"
            " VALUES (?, ?, 10, '[10]', '[20, 30]', ?, ?, ?, ?, ?)",
            _ports(switches, now),
        )
        connection.executemany(
            "INSERT INTO attachment (mac_address, interface_id, vlan_id,"
            " first_seen_at, last_seen_at) VALUES (?, ?, 10, ?, ?)",
            _learned(switches, count, now),
        )
        connection.executemany(
            "INSERT INTO neighbor (device_id, key, interface_id, far_device_id, protocol, port_id,"
            " sys_name, capabilities, first_seen_at, last_seen_at)"
            " VALUES (?, ?, ?, ?, 'lldp', ?, ?, '[\"bridge\"]', ?, ?)",
            _neighbors(switches, now),
        )
        connection.execute("ANALYZE")


def _ports(switches: int, now: datetime) -> Iterator[tuple[object, ...]]:
    seen = _stamp(now)
    for device in range(1, switches + 1):
        for port in range(1, _PORTS + 1):
            is_uplink = port == _PORTS
            yield (
                _interface(device, port), device, "uplink" if is_uplink else "edge",
                _LEARNED_EACH - _EDGE_MACS * (_PORTS - 1) if is_uplink else _EDGE_MACS,
                seen, seen, seen,
            )  # fmt: skip


def _learned(switches: int, count: int, now: datetime) -> Iterator[tuple[object, ...]]:
    """Give each switch 45 MACs on its edge ports and the rest on its uplink."""
    first, seen = _stamp(now - timedelta(days=40)), _stamp(now)
    machine = 0
    for device in range(1, switches + 1):
        for number in range(_LEARNED_EACH):
            machine += 1
            port = min(number // _EDGE_MACS + 1, _PORTS)
            mac = f"{(machine % count + 1) * 100:012x}"
            colons = ":".join(mac[i : i + 2] for i in range(0, 12, 2))
            yield (colons, _interface(device, port), first, seen)


def _neighbors(switches: int, now: datetime) -> Iterator[tuple[object, ...]]:
    """Link each switch with the one of its site that stands four places before it."""
    seen = _stamp(now)
    for device in range(1 + _SITES, switches + 1):
        order = (device - 1) // _SITES
        far = (device - 1) % _SITES + 1 + _SITES * ((order - 1) // 4)
        yield (
            device, f"lldp|{_PORTS}", _interface(device, _PORTS), far, f"Gi1/0/{order % 9 + 1}",
            f"dev-{far}", seen, seen,
        )  # fmt: skip


def _interface(device: int, port: int) -> int:
    return (device - 1) * _PORTS + port


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
