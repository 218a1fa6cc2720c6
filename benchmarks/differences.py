"""Differences for the fleet of ``benchmarks.fleet``: one asset of twenty says another version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from parc.app import create_app
from parc.clock import now
from parc.config import Settings
from parc.extensions import transaction
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM

_EVERY = 20


def add_differences(settings: Settings, count: int) -> None:
    """Fill the table of differences once, and open the inbox for all that waits."""
    seen = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(settings.data_folder / "parc.db")) as connection, connection:
        if connection.execute("SELECT 1 FROM difference LIMIT 1").fetchone():
            return
        connection.executemany(
            "INSERT INTO difference (asset_id, field, seen_value, source, since, is_kept)"
            " VALUES (?, 'software_revision', '18.0', 'snmp', ?, 0)",
            ((number, seen) for number in range(_EVERY, count + 1, _EVERY)),
        )
    with create_app(settings).app_context(), transaction() as session:
        settle(session, SYSTEM, settings.inbox, now())
