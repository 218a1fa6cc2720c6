"""One row a licence, or one row a seat: told by rows that say the same but for who holds it.

Both readings are shown and a person decides; the commonest cause of ruined imports is that none
was asked.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from parc.importers.formats.cells import key_of
from parc.importers.header import Record
from parc.importers.kinds.fields import Kind
from parc.importers.mapping import ColumnMap

_LIKELY: Final = 0.2  # of all rows, those that say what another says


@dataclass(frozen=True, slots=True)
class Seats:
    """How many records there are in either reading.

    Attributes:
        rows: records of the file: so many licences, when each row is one.
        groups: so many licences, when rows that say the same are seats of one.
        repeated: rows that say what another row says.
    """

    rows: int
    groups: int
    repeated: int

    @property
    def is_likely(self) -> bool:
        """Tell whether the file has one row for each seat."""
        return self.rows > 0 and self.repeated / self.rows >= _LIKELY


@dataclass(slots=True)
class SeatCounter:
    """Counts rows that differ only in who holds what: ``add`` every record, then ask ``seats``."""

    kind: Kind
    columns: ColumnMap
    _counts: Counter[bytes] = field(default_factory=Counter)

    def add(self, record: Record) -> bool:
        """Note one record; tells whether none before said the same."""
        if not self.is_asked:
            return True
        group = group_of(self.kind, self.columns, record)
        self._counts[group] += 1
        return self._counts[group] == 1

    @property
    def is_asked(self) -> bool:
        """Tell whether the file says who holds what, so that a row may be a seat."""
        return any(name in self.columns.columns for name in self.kind.seats)

    def seats(self, rows: int) -> Seats:
        """Give both readings."""
        repeated = sum(count for count in self._counts.values() if count > 1)
        return Seats(rows, len(self._counts) if self.is_asked else rows, repeated)


def group_of(kind: Kind, columns: ColumnMap, record: Record) -> bytes:
    """Give what all seats of one licence have in common: every column that is not of a seat."""
    cells = (
        key_of(record.cells[place])
        for name, place in sorted(columns.columns.items())
        if name not in kind.seats
    )
    return hashlib.blake2b("\x1f".join(cells).encode(), digest_size=16).digest()
