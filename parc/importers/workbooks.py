"""Sheets of XLSX (ECMA-376): rows of texts, as far as records need them.

Dates are known by their format and written in ISO 8601; numbers as ``number_text`` writes them;
of a formula the value that the spreadsheet kept. Nothing is computed.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from parc.importers.archive import Archive, Collector
from parc.importers.limits import FileError, Limits
from parc.importers.rows import NO_VALUE, Row, number_text, sheet_number

_DATE_FORMATS: Final = frozenset(
    map(str, (*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
)
_NOT_LETTERS: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 -- a calendar day of a sheet
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_MOST_DAYS: Final = 2_958_465  # 31 December 9999


def sheet_names(path: Path, limits: Limits) -> list[str]:
    """Give the names of the sheets that can be seen, in their order.

    Raises:
        FileError: it is no workbook, or out of bounds.
    """
    with closing(Archive(path, limits)) as archive:
        return list(_Book(archive).sheets)


def read_sheet(path: Path, sheet: str, limits: Limits) -> Generator[Row]:
    """Give the rows of a sheet that hold anything.

    Raises:
        FileError: no such sheet, or out of bounds.
    """
    with closing(Archive(path, limits)) as archive:
        book = _Book(archive)
        part = book.sheets.get(sheet)
        if part is None:
            raise FileError("no_such_sheet", sheet[:60])
        texts = _SharedTexts(limits)
        if book.texts in archive.names:
            archive.read(book.texts, texts)
        styles = _Styles()
        if book.styles in archive.names:
            archive.read(book.styles, styles)
        rows = _SheetRows(texts.found, styles.dates(), book.epoch, limits)
        for _ in archive.stream(part, rows):
            yield from rows.take()


class _Book:
    """Where the parts of a workbook are."""

    def __init__(self, archive: Archive) -> None:
        self.epoch = _EPOCH
        self._targets: dict[str, tuple[str, str]] = {}
        self._named: list[tuple[str, str]] = []
        archive.read("xl/_rels/workbook.xml.rels", Collector(self._relation))
        archive.read("xl/workbook.xml", Collector(self._element))
        self.sheets: dict[str, str] = {}
        for name, relation in self._named:
            kind, target = self._targets.get(relation, ("", ""))
            if kind == "worksheet" and target in archive.names:
                self.sheets.setdefault(name, target)
        if not self.sheets:
            raise FileError("workbook_damaged")
        parts = dict(self._targets.values())
        self.texts = parts.get("sharedStrings", "")
        self.styles = parts.get("styles", "")

    def _relation(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            full = target[1:] if target.startswith("/") else f"xl/{target}"
            kind = attributes.get("Type", "").rpartition("/")[2]
            self._targets[attributes.get("Id", "")] = (kind, full)

    def _element(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904", "0") in {"1", "true"}:
            self.epoch = _EPOCH_1904
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            self._named.append((attributes.get("name", ""), attributes.get("id", "")))


class _SharedTexts:
    """The list of texts that cells point into; how they are pronounced is left out."""

    def __init__(self, limits: Limits) -> None:
        self.found: list[str] = []
        self._limits = limits
        self._left = limits.text_characters
        self._parts: list[str] = []
        self._is_in_text = False
        self._is_spoken = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Note where texts begin."""
        del attributes
        if name == "t":
            self._is_in_text = not self._is_spoken
        elif name == "rPh":
            self._is_spoken = True

    def end(self, name: str) -> None:
        """Note where texts end."""
        if name == "t":
            self._is_in_text = False
        elif name == "rPh":
            self._is_spoken = False
        elif name == "si":
            self.found.append("".join(self._parts))
            self._parts = []

    def text(self, text: str) -> None:
        """Keep a piece of text."""
        if self._is_in_text:
            self._left -= len(text)
            if self._left < 0:
                raise FileError("workbook_too_large", str(self._limits.text_characters))
            self._parts.append(text)


class _Styles:
    """Which of the formats of cells are those of dates."""

    def __init__(self) -> None:
        self._own: dict[str, str] = {}
        self._used: list[str] = []
        self._is_in_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Note a format, or a style that uses one."""
        if name == "numFmt":
            self._own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._is_in_cells = True
        elif name == "xf" and self._is_in_cells:
            self._used.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        """Note where the styles of cells end."""
        if name == "cellXfs":
            self._is_in_cells = False

    def text(self, text: str) -> None:
        """Nothing is kept."""

    def dates(self) -> frozenset[str]:
        """Give the numbers of the styles that show a date."""
        return frozenset(str(at) for at, used in enumerate(self._used) if self._is_date(used))

    def _is_date(self, number: str) -> bool:
        if number in self._own:
            shown = _NOT_LETTERS.sub("", self._own[number]).lower()
            return "general" not in shown and any(sign in shown for sign in "dyj")
        return number in _DATE_FORMATS


class _SheetRows:
    """Takes the events of a sheet, gives its rows."""

    def __init__(
        self, texts: list[str], dates: frozenset[str], epoch: datetime, limits: Limits
    ) -> None:
        self._texts, self._dates, self._epoch, self._limits = texts, dates, epoch, limits
        self._done: list[Row] = []
        self._line, self._column, self._count = 0, -1, 0
        self._cells: list[str] = []
        self._kind, self._style = "", ""
        self._value: list[str] = []
        self._length = 0
        self._is_in_value = self._has_formula = False

    def take(self) -> list[Row]:
        """Give the rows that are whole, once."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take a row, a cell, or its value."""
        if name == "c":
            self._begin_cell(attributes)
        elif name in {"v", "t"}:
            self._is_in_value = True
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            number = sheet_number(attributes.get("r", ""))
            self._line = self._line + 1 if number is None else number
            self._cells, self._column = [], -1

    def end(self, name: str) -> None:
        """Keep a cell or a row."""
        if name in {"v", "t"}:
            self._is_in_value = False
        elif name == "c":
            if text := self._cell():
                self._cells += [""] * (self._column + 1 - len(self._cells))
                self._cells[self._column] = text
        elif name == "row" and self._cells:
            self._count += 1
            if self._count > self._limits.rows:
                raise FileError("too_many_rows", str(self._limits.rows), self._line)
            self._done.append(Row(self._line, self._cells))
            self._cells = []

    def text(self, text: str) -> None:
        """Keep a piece of a value."""
        if self._is_in_value:
            self._length += len(text)
            if self._length > self._limits.cell_characters:
                raise FileError("cell_too_long", str(self._limits.cell_characters), self._line)
            self._value.append(text)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(found[1]) if found else self._column + 1
        if self._column >= self._limits.columns:
            raise FileError("too_many_columns", str(self._limits.columns), self._line)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._length, self._has_formula = [], 0, False

    def _cell(self) -> str:
        text = "".join(self._value)
        if not text:
            return f"{NO_VALUE}=" if self._has_formula else ""
        match self._kind:
            case "s":
                at = sheet_number(text)
                is_there = at is not None and at < len(self._texts)
                return self._texts[at or 0].strip() if is_there else NO_VALUE
            case "e":
                return NO_VALUE + text
            case "b":
                return "true" if text == "1" else "false"
            case "n":
                return self._number(text)
            case _:
                return text.strip()

    def _number(self, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return text.strip()
        if self._style in self._dates and 0 <= value <= _MOST_DAYS:
            moment = self._epoch + timedelta(days=int(value))
            return moment.date().isoformat() if value >= 1 else ""
        return number_text(value)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
