"""Rows read into values: the formats of each column settled from all its cells, then row by row.

Nothing is guessed in a row: a cell that cannot be taken is told with its line, heading and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from parc.importers.formats.amounts import Amount, AmountColumn, DecimalSign, read_amount
from parc.importers.formats.cells import Said, Unreadable
from parc.importers.formats.dates import DateColumn, DateOrder, read_date
from parc.importers.formats.quantities import Quantity, read_months, read_quantity
from parc.importers.formats.words import (
    read_boolean,
    read_keys,
    read_serial,
    read_text,
    read_word,
)
from parc.importers.header import Record
from parc.importers.kinds.fields import Field, FieldType, Kind
from parc.importers.mapping import ColumnMap

_DATES: Final = frozenset({FieldType.DATE, FieldType.END_DATE})

Value = str | bool | date | Amount | Quantity | tuple[str, ...] | Said


@dataclass(frozen=True, slots=True)
class Format:
    """How the cells of one column are read, and how sure that is.

    Attributes:
        order: of dates; sign: of amounts; None for other columns.
        is_assumed: cells could be read either way, and none tells which.
        is_mixed: some cells are written one way and some the other.
        months: dates without a day; serials: dates that a spreadsheet wrote as numbers.
    """

    order: DateOrder | None = None
    sign: DecimalSign | None = None
    is_assumed: bool = False
    is_mixed: bool = False
    months: int = 0
    serials: int = 0


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why a row cannot be taken: where, what stands there, and the code of the reason.

    Attributes:
        heading: of the column; empty when the row as a whole is meant.
        value: as it stands in the file.
        detail: what the text of the reason names.
    """

    line: int
    field: str
    heading: str
    value: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as values of fields; what the file has no column for is not there.

    Attributes:
        cells: as they stand in the file.
    """

    line: int
    values: Mapping[str, Value]
    problems: tuple[CellProblem, ...]
    cells: tuple[str, ...]


@dataclass(slots=True)
class FormatFinder:
    """Settles the formats of all columns: ``add`` every record, then ask ``formats``."""

    kind: Kind
    columns: ColumnMap
    _dates: dict[str, DateColumn] = field(default_factory=dict)
    _amounts: dict[str, AmountColumn] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin a count for each column whose cells have to be settled together."""
        for name in self.columns.columns:
            kind = self.kind.field(name).type
            if kind in _DATES:
                self._dates[name] = DateColumn()
            elif kind is FieldType.AMOUNT:
                self._amounts[name] = AmountColumn()

    def add(self, record: Record) -> None:
        """Note what the cells of one record tell."""
        for name, dates in self._dates.items():
            dates.add(record.cells[self.columns.columns[name]])
        for name, amounts in self._amounts.items():
            amounts.add(record.cells[self.columns.columns[name]])

    def formats(
        self,
        default_sign: DecimalSign = DecimalSign.COMMA,
        chosen: Mapping[str, DateOrder | DecimalSign] | None = None,
    ) -> dict[str, Format]:
        """Give the formats; what a person chose for a column goes before what was found."""
        chosen = chosen or {}
        found = {}
        for name, dates in self._dates.items():
            order = chosen.get(name)
            is_chosen = isinstance(order, DateOrder)
            found[name] = Format(
                order=order if isinstance(order, DateOrder) else dates.order,
                is_assumed=dates.is_assumed and not is_chosen,
                is_mixed=dates.is_mixed and not is_chosen,
                months=dates.months,
                serials=dates.serials,
            )
        for name, amounts in self._amounts.items():
            sign = chosen.get(name)
            is_chosen = isinstance(sign, DecimalSign)
            found[name] = Format(
                sign=sign if isinstance(sign, DecimalSign) else amounts.sign(default_sign),
                is_assumed=amounts.is_assumed and not is_chosen,
                is_mixed=amounts.is_mixed and not is_chosen,
            )
        return found


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads records of one file, once its columns and formats are settled."""

    kind: Kind
    columns: ColumnMap
    formats: Mapping[str, Format]
    headings: tuple[str, ...]

    def read(self, record: Record) -> ReadRow:
        """Read one record; all that is wrong in it is told at once."""
        values: dict[str, Value] = {}
        problems: list[CellProblem] = []
        if record.surplus:
            extra = str(record.surplus)
            problems.append(CellProblem(record.line, "", "", "", "surplus_cells", extra))
        for name, place in self.columns.columns.items():
            self._take(name, record.cells[place], self.headings[place], record, values, problems)
        for name, text in self.columns.constants.items():
            if values.get(name, Said.BLANK) is Said.BLANK:
                self._take(name, text, "", record, values, problems)
        return ReadRow(record.line, values, tuple(problems), record.cells)

    def _take(
        self,
        name: str,
        text: str,
        heading: str,
        record: Record,
        values: dict[str, Value],
        problems: list[CellProblem],
    ) -> None:
        one = self.kind.field(name)
        if one.type is FieldType.OWN:
            return
        value = read_cell(one, text, self.formats.get(name, Format()))
        if isinstance(value, Unreadable):
            shown = text.lstrip("\x00")[:200]
            problems.append(CellProblem(record.line, name, heading, shown, value.code, value.value))
        else:
            values[name] = value


def read_cell(one: Field, text: str, how: Format) -> Value | Unreadable:
    """Read one cell as a field wants it."""
    match one.type:
        case FieldType.DATE | FieldType.END_DATE:
            return _date(one, text, how)
        case FieldType.AMOUNT:
            return read_amount(text, how.sign or DecimalSign.COMMA, is_mixed=how.is_mixed)
        case FieldType.QUANTITY | FieldType.MONTHS:
            return read_months(text) if one.type is FieldType.MONTHS else read_quantity(text)
        case FieldType.BOOLEAN:
            return read_boolean(text)
        case FieldType.WORD:
            return read_word(text, one.words)
        case _:
            return _text(one, text)


def _text(one: Field, text: str) -> Value | Unreadable:
    if one.type is FieldType.KEYS:
        return read_keys(text)
    if one.type is FieldType.SERIAL:
        return read_serial(text, one.most)
    return read_text(text, one.most, is_long=one.type is FieldType.LONG_TEXT)


def _date(one: Field, text: str, how: Format) -> Value | Unreadable:
    is_end = one.type is FieldType.END_DATE
    order = how.order or DateOrder.DAY_FIRST
    value = read_date(text, order, is_end=is_end, is_mixed=how.is_mixed)
    if value is Said.NEVER and not is_end:
        return Unreadable("not_a_date", text[:60])
    return value
