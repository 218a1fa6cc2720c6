"""A year of movements for the fleet of ``benchmarks.fleet``: people, wall outlets, three an asset.

Each asset came in, was given to somebody and stands since as the fleet says, so that its movements
explain its state, its place and its holder.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

from parc.config import Settings

PEOPLE = 5_000
_DEPARTMENTS = 60
_SITES = 20
_ROOMS = range(21, 201)  # as benchmarks.fleet numbers them
_OUTLETS_EACH = 40
_PORTS = 10
_TODAY = datetime.now(UTC).date()
_COLUMNS = (
    "asset_id, kind, status, source, effective_on, entered_at, author, from_state, to_state,"
    " from_location_id, to_location_id, from_person_id, to_person_id, from_due_on, to_due_on,"
    " set_dates"
)
# What leads to each state, for the last movement of an asset.
_KINDS = {
    "expected": "correction", "in_stock": "put_in_stock", "reserved": "reservation",
    "in_preparation": "preparation", "in_use": "transfer", "on_loan": "loan",
    "in_repair": "send_to_repair", "in_transit": "shipment", "missing": "loss",
    "stolen": "theft", "to_dispose": "disposal_decision", "disposed": "exit",
}  # fmt: skip
_HELD = frozenset({"in_use", "on_loan"})


def add_movements(settings: Settings, count: int) -> None:
    """Fill the tables once."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    people = min(PEOPLE, count // 20)
    with closing(sqlite3.connect(settings.data_folder / "parc.db")) as connection, connection:
        if connection.execute("SELECT 1 FROM movement LIMIT 1").fetchone():
            return
        connection.executemany(
            "INSERT INTO department (id, parent_id, name) VALUES (?, ?, ?)",
            [
                (n, None if n <= _DEPARTMENTS // 6 else 1 + n % (_DEPARTMENTS // 6), f"Service {n}")
                for n in range(1, _DEPARTMENTS + 1)
            ],
        )
        connection.executemany(
            "INSERT INTO person (id, name, email, department_id, manager_id, site_id, external_id,"
            " arrived_on, left_on, created_at, updated_at, search_text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, '2020-01-06', ?, ?, ?, ?)",
            _people(people, now),
        )
        connection.executemany(
            "INSERT INTO wall_outlet (location_id, label, switch_asset_id, if_name)"
            " VALUES (?, ?, ?, ?)",
            _outlets(count),
        )
        assets = connection.execute("SELECT id, lifecycle_state, location_id FROM asset").fetchall()
        connection.executemany(
            f"INSERT INTO movement ({_COLUMNS}) VALUES ({','.join('?' * 16)})",
            _rows(assets, people, now),
        )
        connection.execute(
            "UPDATE asset SET (custodian_person_id, loan_due_on) = (SELECT to_person_id, to_due_on"
            " FROM movement WHERE asset_id = asset.id ORDER BY id DESC LIMIT 1)"
        )
        connection.execute("UPDATE incident SET requester_person_id = 1 + id % ?", (people,))
        connection.execute("ANALYZE")


def _people(count: int, now: str) -> Iterator[tuple[object, ...]]:
    for n in range(1, count + 1):
        name = f"Personne {n:05}"
        yield (
            n, name, f"p{n}@example.org", 1 + n % _DEPARTMENTS,
            None if n <= _SITES else n % _SITES + 1, 1 + n % _SITES, f"E{n:05}",
            "2026-01-30" if n % 25 == 0 else None, now, now,
            f"personne {n:05} p{n}@example.org e{n:05}",
        )  # fmt: skip


def _outlets(count: int) -> Iterator[tuple[object, ...]]:
    """Give the outlets of all rooms; each is patched to a port of a switch while there are some."""
    ports = iter(
        (switch, f"Gi1/0/{port}")
        for switch in range(1, min(2_000, count // 10) + 1)
        for port in range(1, _PORTS)
    )
    for room in _ROOMS:
        for number in range(1, _OUTLETS_EACH + 1):
            yield (room, f"{room}-{number:02}", *next(ports, (None, None)))


def _rows(
    assets: list[tuple[int, str, int]], people: int, now: str
) -> Iterator[tuple[object, ...]]:
    """Give the movements in the order in which they were entered: by day, over a year."""
    chance = random.Random(11)  # noqa: S311 -- data, no secret
    first: list[tuple[date, tuple[object, ...]]] = []
    for number, state, place in assets:
        came = _TODAY - timedelta(days=chance.randrange(200, 365))
        given = came + timedelta(days=chance.randrange(1, 90))
        last = given + timedelta(days=chance.randrange(1, 100))
        store, holder = 1 + number % _SITES, 1 + chance.randrange(people)
        after = 1 + chance.randrange(people) if state in _HELD else None
        due = None
        if state == "on_loan":
            due = (_TODAY + timedelta(days=chance.randrange(-20, 60))).isoformat()
        first.append((came, _row(
            number, "entry", came, now, (None, "in_stock", None, store, None, None, None, None)
        )))  # fmt: skip
        first.append((given, _row(
            number, "assignment", given, now,
            ("in_stock", "in_use", store, place, None, holder, None, None),
        )))  # fmt: skip
        first.append((last, _row(
            number, _KINDS[state], last, now,
            ("in_use", state, place, place, holder, after, None, due),
        )))  # fmt: skip
    first.sort(key=lambda pair: pair[0])
    return (row for _day, row in first)


def _row(
    asset: int, kind: str, day: date, now: str, standing: tuple[object, ...]
) -> tuple[object, ...]:
    author = f"technicien{asset % 12}"
    source = "discovery" if kind == "entry" else "hand"
    return (asset, kind, "confirmed", source, day.isoformat(), now, author, *standing, "{}")
