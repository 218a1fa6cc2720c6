"""Sheets of ODS (OpenDocument 1.3, part 3): rows of texts, as ``workbooks`` gives them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from parc.importers.archive import Archive, local_attributes
from parc.importers.limits import FileError, Limits
from parc.importers.rows import NO_VALUE, Row, number_text, sheet_number

_CONTENT: Final = "content.xml"
_NUMBERS: Final = frozenset({"float", "percentage", "currency"})


def sheet_names(path: Path, limits: Limits) -> list[str]:
    """Give the names of the tables, in their order.

    Raises:
        FileError: it is no such document, or out of bounds.
    """
    found = _TableRows("", limits)
    with closing(Archive(path, limits)) as archive:
        for _ in archive.stream(_CONTENT, found):
            found.take()
    if not found.names:
        raise FileError("workbook_damaged")
    return found.names


def read_sheet(path: Path, sheet: str, limits: Limits) -> Generator[Row]:
    """Give the rows of a table that hold anything.

    Raises:
        FileError: no such table, or out of bounds.
    """
    rows = _TableRows(sheet, limits)
    with closing(Archive(path, limits)) as archive:
        for _ in archive.stream(_CONTENT, rows):
            yield from rows.take()
    if sheet not in rows.names:
        raise FileError("no_such_sheet", sheet[:60])


class _TableRows:
    """Takes the events of a document, gives the rows of one of its tables."""

    def __init__(self, sheet: str, limits: Limits) -> None:
        self.names: list[str] = []
        self._sheet, self._limits = sheet, limits
        self._done: list[Row] = []
        self._is_wanted = self._is_note = False
        self._depth_of_text = 0
        self._line = self._count = 0
        self._repeat_row = self._repeat = 1
        self._cells: list[str] = []
        self._blank = 0
        self._attributes: Mapping[str, str] = {}
        self._texts: list[str] = []
        self._length = 0

    def take(self) -> list[Row]:
        """Give the rows that are whole, once."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take a table, a row, a cell or a paragraph."""
        if name == "table":
            self._begin_table(local_attributes(attributes).get("name", ""))
        elif not self._is_wanted:
            return
        elif name == "table-row":
            self._repeat_row = _count(local_attributes(attributes), "number-rows-repeated")
            self._cells, self._blank = [], 0
        elif name in {"table-cell", "covered-table-cell"}:
            self._attributes = local_attributes(attributes)
            self._repeat = _count(self._attributes, "number-columns-repeated")
            self._texts, self._length = [], 0
        elif name == "annotation":
            self._is_note = True
        elif not self._is_note:
            self._start_text(name, attributes)

    def end(self, name: str) -> None:
        """Keep a cell or a row."""
        if name == "table":
            self._is_wanted = False
        elif not self._is_wanted:
            return
        elif name == "annotation":
            self._is_note = False
        elif name == "p" and not self._is_note:
            self._depth_of_text -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell()
        elif name == "table-row":
            self._end_row()

    def text(self, text: str) -> None:
        """Keep a piece of a paragraph."""
        if self._is_wanted and self._depth_of_text and not self._is_note:
            self._length += len(text)
            if self._length > self._limits.cell_characters:
                raise FileError("cell_too_long", str(self._limits.cell_characters), self._line + 1)
            self._texts.append(text)

    def _begin_table(self, name: str) -> None:
        if len(self.names) >= self._limits.members:
            raise FileError("workbook_too_large", str(self._limits.members))
        self.names.append(name)
        self._is_wanted = bool(self._sheet) and name == self._sheet and self.names.count(name) == 1
        self._line = 0

    def _start_text(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p":
            if self._texts:
                self._texts.append("\n")
            self._depth_of_text += 1
        elif name in {"line-break", "tab"} and self._depth_of_text:
            self._texts.append("\n" if name == "line-break" else "\t")
        elif name == "s" and self._depth_of_text:
            self._texts.append(" " * min(_count(local_attributes(attributes), "c"), 1_000))

    def _end_cell(self) -> None:
        text = self._value()
        if not text:
            self._blank += self._repeat
            return
        width = len(self._cells) + self._blank + self._repeat
        if width > self._limits.columns:
            raise FileError("too_many_columns", str(self._limits.columns), self._line + 1)
        self._cells += [""] * self._blank + [text] * self._repeat
        self._blank = 0

    def _end_row(self) -> None:
        first = self._line + 1
        self._line += self._repeat_row
        if not self._cells:
            return
        self._count += self._repeat_row
        if self._count > self._limits.rows:
            raise FileError("too_many_rows", str(self._limits.rows), first)
        self._done += [Row(first + at, list(self._cells)) for at in range(self._repeat_row)]
        self._cells = []

    def _value(self) -> str:
        kind = self._attributes.get("value-type", "")
        text = "".join(self._texts).strip()
        if kind in _NUMBERS:
            try:
                number = number_text(float(self._attributes.get("value", "")))
            except ValueError:
                return text
            return f"{number} {self._attributes.get('currency', '')}".strip()
        if kind == "date":
            return self._attributes.get("date-value", text)[:10]
        if kind == "boolean":
            return self._attributes.get("boolean-value", text)
        if kind != "string" and self._attributes.get("formula") and not text:
            return f"{NO_VALUE}="
        return NO_VALUE + text if text.startswith("#") and "formula" in self._attributes else text


def _count(attributes: Mapping[str, str], name: str) -> int:
    return sheet_number(attributes.get(name, "")) or 1
