"""What stored observations make of one device, from nothing; pure.

The comparisons are those of planning, so that a device that was replayed stands as if Parc had
never taken it for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collectors.observation import Observation
from parc.reconcile.change import DeviceRef, RowAction, RowChange
from parc.reconcile.compare import (
    Counting,
    compare_fields,
    compare_rows,
    listed_address,
    new_fields,
    own_tables,
)
from parc.reconcile.ignored import Ignored
from parc.reconcile.known import DEVICE_COLUMNS, KnownDevice, KnownRow, Missed, Sign, Table, Value
from parc.reconcile.policy import Policy
from parc.reconcile.seen import Seen, fold_one
from parc.reconcile.standing import first_words
from parc.told_values import Heard, Words


@dataclass(frozen=True, slots=True)
class ReplayedRow:
    """One row of a device; ``values`` in the order of ``ROW_COLUMNS``."""

    values: tuple[Value, ...]
    first_seen_at: datetime
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A device as its observations tell it.

    Attributes:
        address: where it answered last.
        fields: every name of ``DEVICE_COLUMNS``.
        missed: how often complete readings lacked a row that is still there.
    """

    address: str
    first_seen_at: datetime
    last_seen_at: datetime
    fields: Mapping[str, Value]
    rows: Mapping[Table, Mapping[str, ReplayedRow]]
    signs: frozenset[Sign]
    heard: Heard
    words: Words
    missed: Mapping[Table, Mapping[str, Missed]]


def replay(
    runs: Iterable[tuple[int | None, Sequence[Observation]]], policy: Policy, ignored: Ignored
) -> Replayed | None:
    """Give what is known when runs were applied one after the other, or None without any.

    Args:
        runs: their ids, and what the device said in each, the oldest first; none is empty. What an
            agent says stands alone, without an id.
        ignored: keys that people said identify nothing.
    """
    device = _Replay(policy)
    for run_id, observations in runs:
        device.see(fold_one(observations, ignored, policy.rules), run_id)
    return device.result()


class _Replay:
    """A device that grows with each run."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.address = ""
        self.moments: list[datetime] = []
        self.fields: dict[str, Value] = dict.fromkeys(DEVICE_COLUMNS)
        self.rows: dict[Table, dict[str, ReplayedRow]] = {table: {} for table in Table}
        self.signs: frozenset[Sign] = frozenset()
        self.missed: dict[Table, dict[str, Missed]] = {table: {} for table in Table}
        self.heard: Heard = {}
        self.words: Words = {}

    def see(self, entry: Seen, run_id: int | None) -> None:
        """Take over what one run saw."""
        policy, known = replace(self.policy, run_id=run_id), self._known()
        tables = entry.tables
        if self.moments:
            tables = own_tables(known, entry, policy)
            changes = compare_fields(known, entry, policy)
            fields = (*changes.loud, *changes.quiet)
            self.heard = changes.heard
            self.words = self.words if changes.words is None else changes.words
        else:
            fields = new_fields(entry)
            self.heard, self.words = entry.heard, first_words(entry, policy)
        self.fields |= {change.field: change.after for change in fields}
        ref = DeviceRef(entry.addresses[0])
        counting = Counting(self.policy, self.missed, entry.observed_at)
        rows = compare_rows(ref, known.rows, tables, counting)
        for row in (*rows.loud, *rows.quiet):
            self._take(row, entry.observed_at)
        for one in rows.missed:
            counts = self.missed[one.table]
            counts.pop(one.key, None)
            if one.count:
                counts[one.key] = Missed(one.count, entry.observed_at)
        self.address = listed_address(self.address, entry, is_asked=False)
        if entry.is_surveyed or (entry.signs and not self.signs):
            self.signs = entry.signs
        self.moments.append(entry.observed_at)

    def _take(self, row: RowChange, at: datetime) -> None:
        present = self.rows[row.table]
        first_seen_at = present[row.key].first_seen_at if row.key in present else at
        gone_at = at if row.action is RowAction.GONE else None
        present[row.key] = ReplayedRow(row.values, first_seen_at, gone_at)

    def _known(self) -> KnownDevice:
        rows = {
            table: {key: KnownRow(0, row.values, row.gone_at is not None) for key, row in r.items()}
            for table, r in self.rows.items()
        }
        return KnownDevice(
            0,
            self.address,
            self.fields,
            rows=rows,
            signs=self.signs,
            words=self.words,
            heard=self.heard,
        )

    def result(self) -> Replayed | None:
        """Give what came of it."""
        if not self.moments:
            return None
        first, last = min(self.moments), max(self.moments)
        told = (self.heard, self.words, self.missed)
        return Replayed(self.address, first, last, self.fields, self.rows, self.signs, *told)
