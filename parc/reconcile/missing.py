"""Rows that complete readings lack: how often so far, kept beside the rows that are there.

Only the few rows that are missing just now stand in their table, so that a fleet where nothing is
missing costs nothing. To count is no change of the inventory: no act notes it, no history tells it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import MissedRow
from parc.reconcile.bulk import chunks, insert_rows
from parc.reconcile.change import DeviceRef
from parc.reconcile.known import Missed, Table
from parc.reconcile.planned import Plan


def read_missed(
    session: Session, device_ids: Collection[int]
) -> Mapping[int, Mapping[Table, Mapping[str, Missed]]]:
    """Give how often rows of these devices were missed, by device, table and key."""
    found: dict[int, dict[Table, dict[str, Missed]]] = defaultdict(lambda: defaultdict(dict))
    for part in chunks(device_ids):
        query = sa.select(
            MissedRow.device_id, MissedRow.kind, MissedRow.key, MissedRow.count, MissedRow.missed_at
        ).where(MissedRow.device_id.in_(part))
        for number, kind, key, count, missed_at in session.execute(query):
            found[number][Table(kind)][key] = Missed(count, missed_at)
    return found


def write_missed(session: Session, plan: Plan, ids: Mapping[DeviceRef, int]) -> None:
    """Write the counts that a plan has changed."""
    rows = [
        {
            "device_id": ids[sighting.device],
            "kind": one.table.value,
            "key": one.key,
            "count": one.count,
            "missed_at": sighting.seen_at,
        }
        for sighting in plan.sightings
        for one in sighting.missed
    ]
    place = sa.tuple_(MissedRow.device_id, MissedRow.kind, MissedRow.key)
    for part in chunks([(row["device_id"], row["kind"], row["key"]) for row in rows]):
        session.execute(sa.delete(MissedRow).where(place.in_(part)))
    if standing := [row for row in rows if row["count"]]:
        insert_rows(session, MissedRow, standing)
