"""The counts of printers by day, so that pages per month can be told; the caller commits.

Only counts that moved are written: a day without a row had the count of the day before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import LifeCountReading
from parc.reconcile.bulk import chunks
from parc.reconcile.change import CreateDevice, DeviceRef, RowAction, RowChange
from parc.reconcile.known import ROW_COLUMNS, Table
from parc.reconcile.planned import Plan

DAYS_KEPT: Final = 800
_COUNT: Final = list(ROW_COLUMNS[Table.LIFE_COUNT]).index("count")


def write_readings(session: Session, plan: Plan, ids: Mapping[DeviceRef, int]) -> None:
    """Keep the last count of the day for each that moved, and drop those of years ago."""
    days = {sighting.device: sighting.seen_at.date() for sighting in plan.sightings}
    found: dict[tuple[int, str, date], int] = {}
    for row in _moved(plan):
        count = row.values[_COUNT]
        if isinstance(count, int) and row.device in days:
            found[ids[row.device], row.key, days[row.device]] = count
    reading = LifeCountReading
    key = sa.tuple_(reading.device_id, reading.kind, reading.read_on)
    for part in chunks(found):
        session.execute(sa.delete(reading).where(key.in_(part)))
    if not found:
        return
    session.execute(
        sa.insert(reading),
        [
            {"device_id": number, "kind": kind, "read_on": day, "count": count}
            for (number, kind, day), count in sorted(found.items())
        ],
    )
    oldest = max(day for _, _, day in found) - timedelta(days=DAYS_KEPT)
    for numbers in chunks({number for number, _, _ in found}):
        session.execute(
            sa.delete(reading).where(reading.device_id.in_(numbers), reading.read_on < oldest)
        )


def _moved(plan: Plan) -> Iterator[RowChange]:
    """Give the rows of counts that are new or differ."""
    for change in plan.changes:
        if isinstance(change, RowChange):
            rows: tuple[RowChange, ...] = (change,)
        else:
            rows = change.rows if isinstance(change, CreateDevice) else ()
        yield from (row for row in rows if _is_count(row))
    for sighting in plan.sightings:
        yield from (row for row in sighting.rows if _is_count(row))


def _is_count(row: RowChange) -> bool:
    return row.table is Table.LIFE_COUNT and row.action is not RowAction.GONE
