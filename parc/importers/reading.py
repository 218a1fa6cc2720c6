"""A file as a table of texts: what kind it is, how it is read, its headings and records.

The file is read anew for each pass, in parts; nothing of it is held but the first rows.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from parc.importers import opendocument, workbooks
from parc.importers.delimited import find_delimiter, read_rows
from parc.importers.encodings import Encoding, find_encoding, read_lines
from parc.importers.header import (
    Record,
    SkippedLine,
    find_header,
    headings_of,
    records_below,
)
from parc.importers.limits import LIMITS, FileError, Limits
from parc.importers.rows import Row

_FIRST_ROWS: Final = 60
_TRIED_SHEETS: Final = 20
_ZIP: Final = b"PK\x03\x04"
_MARKUP: Final = (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta")  # "Excel" of the web
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"


class FileKind(enum.StrEnum):
    """What sort of file it is."""

    TEXT = "text"
    XLSX = "xlsx"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person set otherwise than was found; None leaves it to the file.

    Attributes:
        header_line: of the file, counted from 1.
    """

    encoding: Encoding | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read, and its headings; ``records`` reads it.

    Attributes:
        encoding: None for a workbook.
        delimiter: empty for a workbook.
        sheets: names of all tables of a workbook.
        first_rows: as they stand in the file, for showing.
    """

    path: Path
    kind: FileKind
    encoding: Encoding | None
    delimiter: str
    sheets: tuple[str, ...]
    sheet: str
    header_line: int
    headings: tuple[str, ...]
    first_rows: tuple[Row, ...]
    is_known: Callable[[str], bool]
    limits: Limits = field(default=LIMITS)

    def rows(self) -> Iterator[Row]:
        """Give all rows as they stand in the file.

        Raises:
            FileError: the file is out of bounds or damaged.
        """
        return _rows(self)

    def records(self) -> Iterator[Record | SkippedLine]:
        """Give what stands under the headings; what is no record is given with its reason.

        Raises:
            FileError: the file is out of bounds or damaged.
        """
        return records_below(self.rows(), self.header_line, self.is_known)


def read_file(
    path: Path,
    is_known: Callable[[str], bool],
    chosen: Chosen = Chosen(),
    limits: Limits = LIMITS,
) -> Reading:
    """Find out how a file is to be read.

    Args:
        is_known: tells whether a text is a heading that some field goes by.

    Raises:
        FileError: it is no table, or out of bounds.
    """
    kind = find_kind(path, limits)
    encoding, delimiter, sheets, sheet = None, "", (), ""
    if kind is FileKind.TEXT:
        with path.open("rb") as file:
            encoding = chosen.encoding or find_encoding(file)
            file.seek(0)
            delimiter = chosen.delimiter or find_delimiter(read_lines(file, encoding, limits))
    else:
        reader = workbooks if kind is FileKind.XLSX else opendocument
        sheets = tuple(reader.sheet_names(path, limits))
        sheet = chosen.sheet or _best_sheet(path, kind, sheets, is_known, limits)
    bare = Reading(path, kind, encoding, delimiter, sheets, sheet, 0, (), (), is_known, limits)
    with closing(_rows(bare)) as rows:
        first = tuple(islice(rows, _FIRST_ROWS))
    line = chosen.header_line or find_header(first, is_known)
    header = next((row for row in first if row.line == line), None)
    if header is None or header.is_blank:
        raise FileError("header_missing", str(line))
    heads = headings_of(header.cells)
    return Reading(
        path, kind, encoding, delimiter, sheets, sheet, line, heads, first, is_known, limits
    )


def find_kind(path: Path, limits: Limits = LIMITS) -> FileKind:
    """Tell what sort of file it is, by its first octets; its name says nothing.

    Raises:
        FileError: ``file_empty``, ``file_too_large``, ``workbook_old`` or ``not_a_table``.
    """
    size = path.stat().st_size
    if not size:
        raise FileError("file_empty")
    if size > limits.file_octets:
        raise FileError("file_too_large", str(limits.file_octets // 1024 // 1024))
    with path.open("rb") as file:
        head = file.read(200)
    if head.startswith(_OLE):
        raise FileError("workbook_old")
    if head.startswith(_ZIP):
        return FileKind.ODS if _ODS in head else FileKind.XLSX
    if head.startswith((b"%PDF", b"\x89PNG", b"{\\rtf", b"\x1f\x8b", b"\xff\xd8\xff")):
        raise FileError("not_a_table")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise FileError("not_a_table")
    return FileKind.TEXT


def _rows(reading: Reading) -> Generator[Row]:
    path, limits = reading.path, reading.limits
    if reading.kind is FileKind.XLSX:
        yield from workbooks.read_sheet(path, reading.sheet, limits)
    elif reading.kind is FileKind.ODS:
        yield from opendocument.read_sheet(path, reading.sheet, limits)
    elif reading.encoding is not None:
        with path.open("rb") as file:
            lines = read_lines(file, reading.encoding, limits)
            yield from read_rows(lines, reading.delimiter, limits)


def _best_sheet(
    path: Path,
    kind: FileKind,
    sheets: Sequence[str],
    is_known: Callable[[str], bool],
    limits: Limits,
) -> str:
    """Give the sheet with the most headings that are known; without any, the first filled one."""
    reader = workbooks if kind is FileKind.XLSX else opendocument
    best, most = "", -1
    for sheet in sheets[:_TRIED_SHEETS]:
        with closing(reader.read_sheet(path, sheet, limits)) as rows:
            first = list(islice(rows, _FIRST_ROWS))
        known = max((sum(map(is_known, filter(None, row.cells))) for row in first), default=-1)
        if known > most:
            best, most = sheet, known
    if not best:
        raise FileError("file_empty")
    return best
