"""A fleet of any size in SQLite, made once and kept in the folder for temporary files."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask_migrate import upgrade

from collectors.observation import Category
from parc.app import create_app
from parc.config import Settings
from parc.extensions import db
from parc.models import LifecycleState
from parc.naming import address_sort, folded

NOW = datetime.now(UTC)
INTERFACES_EACH = 10
_MANUFACTURERS = [
    "Cisco", "HP", "Dell", "Aruba", "Juniper", "Lexmark", "Brother", "APC", "Synology", "Lenovo",
    *(f"Fabricant {number}" for number in range(50)),
]  # fmt: skip
_ASSET = [
    "id",
    "asset_tag",
    "name",
    "category",
    "lifecycle_state",
    "manufacturer",
    "model_name",
    "serial_number",
    "operating_system",
    "software_revision",
    "location_id",
    "primary_address",
    "primary_address_sort",
    "base_mac_address",
    "last_seen_at",
    "created_at",
    "updated_at",
    "version",
    "search_text",
]
_DEVICE = [
    "id",
    "status",
    "asset_id",
    "address",
    "sys_name",
    "base_mac_address",
    "serial_number",
    "reasons",
    "first_seen_at",
    "last_seen_at",
]
_INCIDENT = [
    "id", "kind", "state", "is_open", "title", "text", "category", "impact", "urgency",
    "priority", "priority_rank", "source", "requester_name", "location_id", "opened_at",
    "taken_at", "resolved_at", "closed_at", "reopened_count", "minutes_spent", "evidence",
    "updated_at", "version", "search_text",
]  # fmt: skip
_INCIDENT_ASSET = ["id", "incident_id", "asset_id", "asset_name"]
_INTERFACE = [
    "device_id",
    "key",
    "if_index",
    "if_name",
    "if_alias",
    "if_type",
    "if_high_speed",
    "if_phys_address",
    "if_admin_status",
    "if_oper_status",
    "addresses",
]


def fleet_settings(count: int) -> Settings:
    """Give settings whose database holds ``count`` assets and ten times as many interfaces."""
    folder = Path(tempfile.gettempdir()) / f"parc-fleet-{count}"
    settings = Settings(data_folder=folder)
    ready = folder / "ready"
    if not ready.exists():
        (folder / "parc.db").unlink(missing_ok=True)
    with create_app(settings).app_context():
        upgrade()  # also one that was made before the last migration
        db.engine.dispose()
    if not ready.exists():
        _fill(folder / "parc.db", count)
        ready.touch()
    return settings


def _fill(path: Path, count: int) -> None:
    with sqlite3.connect(path) as connection:
        _fill_places(connection)
        for table, columns, rows in (
            ("asset", _ASSET, _assets(count)),
            ("device", _DEVICE, _devices(count)),
            ("interface", _INTERFACE, _interfaces(count)),
            ("incident", _INCIDENT, _incidents(count)),
            ("incident_asset", _INCIDENT_ASSET, _incident_assets(count)),
        ):
            marks = ",".join("?" * len(columns))
            connection.executemany(
                f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows
            )
    connection.close()


def _fill_places(connection: sqlite3.Connection) -> None:
    rows: list[tuple[int, int | None, str, str]]
    rows = [(n, None, "site", f"Site {n:02}") for n in range(1, 21)]
    rows += [(20 + n, 1 + n % 20, "room", f"Salle {n}") for n in range(1, 181)]
    connection.executemany("INSERT INTO location (id,parent_id,kind,name) VALUES (?,?,?,?)", rows)


def _assets(count: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(7)  # noqa: S311 -- data, no secret
    categories, states = list(Category), list(LifecycleState)
    for n in range(1, count + 1):
        tag, name = f"P{n:06d}", f"{chance.choice(('pc', 'sw', 'srv', 'prn'))}-{n:06d}"
        maker = chance.choices(_MANUFACTURERS, range(len(_MANUFACTURERS), 0, -1))[0]
        model, serial = f"Modèle {chance.randrange(300)}", f"SN{chance.randrange(10**9):09d}"
        address, mac = _address(n), _mac(n * 100)
        seen = _stamp(NOW - timedelta(hours=chance.expovariate(1 / 60)))
        state = states[4] if chance.random() < 0.7 else chance.choice(states)
        search = " ".join(map(folded, (name, tag, serial, model, maker, address, mac)))
        yield (
            n, tag, name, chance.choice(categories).value, state.value, maker, model,
            None if n % 50 == 0 else serial, "IOS", f"17.{chance.randrange(20)}",
            chance.randrange(1, 201), address, address_sort(address), mac,
            None if n % 40 == 0 else seen, seen, seen, 1, search,
        )  # fmt: skip


def _devices(count: int) -> Iterator[tuple[object, ...]]:
    seen = _stamp(NOW)
    for n in range(1, count + 1):
        yield (
            n, "linked", n, _address(n), f"dev-{n}", _mac(n * 100), f"SN{n:09d}", "[]", seen, seen
        )  # fmt: skip
    for n in range(count + 1, count + count // 100 + 1):
        yield (n, "unknown", None, _address(n), f"new-{n}", _mac(n * 100), None, "[]", seen, seen)


def _interfaces(count: int) -> Iterator[tuple[object, ...]]:
    for n in range(1, count + 1):
        for port in range(1, INTERFACES_EACH + 1):
            yield (
                n, f"Gi1/0/{port}", port, f"Gi1/0/{port}", f"vers {port}", 6, 1000,
                _mac(n * 100 + port), 1, 1 + port % 2, "[]",
            )  # fmt: skip


def _incidents(count: int) -> Iterator[tuple[object, ...]]:
    """Give as many incidents as assets, of the last year; one of fifty is open."""
    chance = random.Random(11)  # noqa: S311 -- data, no secret
    priorities = ("major", "very_high", "high", "medium", "low", "very_low")
    for n in range(1, count + 1):
        opened, is_open, rank = NOW - timedelta(minutes=5 * (count - n)), n % 50 == 0, n % 6
        taken = min(opened + timedelta(hours=chance.expovariate(1 / 4)), NOW)
        resolved = min(taken + timedelta(days=chance.expovariate(1 / 2)), NOW)
        at, done = _stamp(opened), None if is_open else _stamp(resolved)
        yield (
            n, "incident", "new" if is_open else "closed", is_open, f"Panne {n}", "", "hardware",
            "medium", "medium", priorities[rank], rank + 1, "hand", "", n % 200 + 1, at,
            _stamp(taken), done, done, 0, 0, "{}", at, 1,
            f"i-{n:06d} panne {n}",
        )  # fmt: skip


def _incident_assets(count: int) -> Iterator[tuple[object, ...]]:
    return ((n, n, n, f"P{n:06d} pc-{n}") for n in range(1, count + 1))


def _address(n: int) -> str:
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def _mac(n: int) -> str:
    return ":".join(f"{n:012x}"[i : i + 2] for i in range(0, 12, 2))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
