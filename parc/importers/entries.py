"""A file looked over once, then read as entries: one row each, or all rows of one licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parc.importers.choices import Choices
from parc.importers.formats.amounts import DecimalSign
from parc.importers.formats.cells import key_of
from parc.importers.header import Record, SkippedLine
from parc.importers.kinds.fields import Kind
from parc.importers.mapping import ColumnMap
from parc.importers.reading import Reading
from parc.importers.seats import SeatCounter, Seats, group_of
from parc.importers.values import CellProblem, Format, FormatFinder, ReadRow, RowReader, Value


@dataclass(frozen=True, slots=True)
class Overview:
    """What one look over the whole file has found.

    Attributes:
        rows: records of the file.
        skipped: lines that are no record, with the reason.
        formats: how each column is read.
        key: fields that tell records apart; empty when no such columns are mapped.
    """

    rows: int
    skipped: tuple[SkippedLine, ...]
    formats: Mapping[str, Format]
    seats: Seats
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes one record: the first row, and for seats all rows that say the same."""

    rows: tuple[ReadRow, ...]

    @property
    def line(self) -> int:
        """Give the first line."""
        return self.rows[0].line

    @property
    def lines(self) -> tuple[int, ...]:
        """Give all lines."""
        return tuple(row.line for row in self.rows)

    @property
    def values(self) -> Mapping[str, Value]:
        """Give the values of the first row."""
        return self.rows[0].values

    @property
    def problems(self) -> tuple[CellProblem, ...]:
        """Give what is wrong in any row."""
        return tuple(problem for row in self.rows for problem in row.problems)


def look_over(reading: Reading, kind: Kind, choices: Choices) -> Overview:
    """Read the whole file once and settle what one row alone cannot tell.

    Raises:
        FileError: the file is out of bounds or damaged.
    """
    columns = choices.columns
    finder, counter = FormatFinder(kind, columns), SeatCounter(kind, columns)
    candidates = candidate_keys(kind, columns, is_per_seat=choices.is_per_seat)
    keys = _KeyCounter(candidates, columns)
    skipped: list[SkippedLine] = []
    rows = 0
    for one in reading.records():
        if isinstance(one, SkippedLine):
            skipped.append(one)
            continue
        rows += 1
        finder.add(one)
        if counter.add(one) or not choices.is_per_seat:
            keys.add(one)
    default = DecimalSign.POINT if reading.delimiter == "," else DecimalSign.COMMA
    return Overview(
        rows=rows,
        skipped=tuple(skipped),
        formats=finder.formats(default, choices.formats),
        seats=counter.seats(rows),
        key=choices.key or keys.best(),
    )


def read_entries(
    reading: Reading, kind: Kind, choices: Choices, formats: Mapping[str, Format]
) -> Iterator[Entry]:
    """Give the entries in the order of their first lines.

    Raises:
        FileError: the file is out of bounds or damaged.
    """
    reader = RowReader(kind, choices.columns, formats, reading.headings)
    records = (one for one in reading.records() if isinstance(one, Record))
    if not choices.is_per_seat:
        for record in records:
            yield Entry((reader.read(record),))
        return
    groups: dict[bytes, list[ReadRow]] = {}
    for record in records:
        group = group_of(kind, choices.columns, record)
        groups.setdefault(group, []).append(reader.read(record))
    for rows in groups.values():
        yield Entry(tuple(rows))


def candidate_keys(
    kind: Kind, columns: ColumnMap, *, is_per_seat: bool = False
) -> list[tuple[str, ...]]:
    """Give the keys whose fields all have a column; a licence is also named by its product.

    What differs from seat to seat tells no licences apart.
    """
    given = set(columns.columns) | set(columns.constants)
    if "product" in given:
        given.add("name")
    if is_per_seat:
        given -= set(kind.seats)
    return [key for key in kind.keys if given.issuperset(key)]


@dataclass(slots=True)
class _KeyCounter:
    """Counts how often each key is there more than once, or is blank."""

    keys: Sequence[tuple[str, ...]]
    columns: ColumnMap
    _seen: dict[tuple[str, ...], set[int]] = field(default_factory=dict)
    _repeated: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        places = self.columns.columns
        for key in self.keys:
            names = [n if n in places or n != "name" else "product" for n in key]
            parts = [key_of(record.cells[places[n]]) for n in names if n in places]
            seen = self._seen.setdefault(key, set())
            mark = hash(tuple(parts))
            if mark in seen or not parts[0]:
                self._repeated[key] = self._repeated.get(key, 0) + 1
            seen.add(mark)

    def best(self) -> tuple[str, ...]:
        """Give the surest key under which no two rows are one, else the one with the fewest."""
        ranked = [(self._repeated.get(key, 0), rank, key) for rank, key in enumerate(self.keys)]
        return min(ranked)[2] if ranked else ()
