"""Contracts for the fleet of ``benchmarks.fleet``: one for fifty assets, at most 2,000."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

from parc.config import Settings
from parc.contract_dates import end_after

CONTRACTS = 2_000
_SUPPLIERS = 70
_EACH = 50
_TODAY = datetime.now(UTC).date()


def add_contracts(settings: Settings, count: int) -> None:
    """Fill the tables of contracts once; every fourth asset is covered by none."""
    number = min(CONTRACTS, count // _EACH)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(settings.data_folder / "parc.db")) as connection, connection:
        if connection.execute("SELECT 1 FROM contract LIMIT 1").fetchone():
            return
        connection.executemany(
            "INSERT INTO supplier (id, name, roles, support_phone, created_at, updated_at, version,"
            " search_text) VALUES (?, ?, '[\"supplier\"]', '01 23', ?, ?, 1, ?)",
            [(n, f"Firme {n:02}", now, now, f"firme {n:02}") for n in range(1, _SUPPLIERS + 1)],
        )
        connection.executemany(
            "INSERT INTO contract (id, number, name, type, supplier_id, starts_on, initial_months,"
            " renewal, renewal_months, notice_count, notice_unit, ends_on, notice_by, amount,"
            " currency, billing, week_from, week_to, time_zone, created_at, updated_at, version,"
            " search_text) VALUES (?, ?, ?, 'hardware_maintenance', ?, ?, 12, 'tacit', 12, 3,"
            " 'months', ?, ?, 120000, 'EUR', 'yearly', '08:00:00.000000', '18:00:00.000000',"
            " 'Europe/Paris', ?, ?, 1, ?)",
            _contracts(number, now),
        )
        connection.execute(
            "INSERT INTO contract_period (contract_id, position, kind, months, starts_on, ends_on,"
            " author, created_at) SELECT id, 1, 'initial', 12, starts_on, ends_on, 'x', created_at"
            " FROM contract"
        )
        rows = list(_lines(number, count))
        connection.executemany(
            "INSERT INTO contract_line (contract_id, asset_id, source, created_at)"
            f" VALUES (?, ?, '', '{now}')",
            rows,
        )
        connection.executemany(
            "INSERT INTO coverage (contract_id, asset_id, source, from_on)"
            f" VALUES (?, ?, 'choice', '{_TODAY}')",
            rows,
        )
        connection.execute(
            "UPDATE asset SET covered_until = (SELECT max(ends_on) FROM contract JOIN coverage"
            " ON contract_id = contract.id WHERE asset_id = asset.id)"
        )
        connection.execute("ANALYZE")


def _contracts(number: int, now: str) -> Iterator[tuple[object, ...]]:
    for n in range(1, number + 1):
        starts: date = _TODAY - timedelta(days=n % 360)
        ends = end_after(starts, 12)
        notice = ends - timedelta(days=91)
        name = f"Contrat {n:04}"
        yield (
            n, f"N{n:05}", name, 1 + n % _SUPPLIERS, starts.isoformat(), ends.isoformat(),
            notice.isoformat(), now, now, f"{name.lower()} n{n:05}",
        )  # fmt: skip


def _lines(number: int, count: int) -> Iterator[tuple[int, int]]:
    for asset in range(1, count + 1):
        if asset % 4:
            yield 1 + asset % number, asset
