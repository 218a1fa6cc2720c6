"""Ends of support: the table that comes with Parc, and files of the same columns; pure.

Columns: publisher, product, version (its first whole parts, after the whole version an edition;
empty for all), ends_on, source, sourced_on; days as in 2026-11-26. Products and editions are named
as the rules of folding name them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from parc.errors import ParcError
from parc.naming import folded

_FILE: Final = Path(__file__).parent / "data" / "end_of_support.csv"
_COLUMNS: Final = ("publisher", "product", "version", "ends_on", "source", "sourced_on")
MOST_ROWS: Final = 10_000
_MOST: Final = 255
_MOST_VERSION: Final = 60


@dataclass(frozen=True, slots=True)
class SupportEnd:
    """Until when the versions of a product that begin so are supported, and who says so."""

    publisher: str
    product: str
    version_prefix: str
    ends_on: date
    source: str
    sourced_on: date

    @property
    def publisher_folded(self) -> str:
        """Give the publisher as it is compared."""
        return folded(self.publisher)

    @property
    def product_folded(self) -> str:
        """Give the product as it is compared."""
        return folded(self.product)


class SupportFileError(ParcError):
    """A file of ends of support that cannot be used, with its mistakes by line."""


@cache
def usual_ends() -> tuple[SupportEnd, ...]:
    """Give the table that comes with Parc."""
    return read_ends(_FILE.read_text("utf-8"))


def read_ends(text: str) -> tuple[SupportEnd, ...]:
    """Read a file.

    Raises:
        SupportFileError: with the mistakes of all lines.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines:
        raise SupportFileError("line 1: the columns are missing")
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=";" if ";" in lines[0] else ",")
    problems: list[str] = []
    found = tuple(_read(reader, problems))
    if problems:
        raise SupportFileError("; ".join(problems[:20]))
    return found


def _read(reader: Iterator[list[str]], problems: list[str]) -> Iterator[SupportEnd]:
    try:
        heads = [name.strip().casefold() for name in next(reader)]
        if missing := [name for name in _COLUMNS if name not in heads]:
            problems.append(f"line 1: no column {missing[0]}")
            return
        for number, cells in enumerate(reader, start=2):
            if number > MOST_ROWS:
                problems.append(f"more than {MOST_ROWS} lines")
                return
            if any(cell.strip() for cell in cells):
                row = dict(zip(heads, (cell.strip() for cell in cells), strict=False))
                yield from _end(number, row, problems)
    except csv.Error as error:
        problems.append(str(error))


def _end(number: int, row: dict[str, str], problems: list[str]) -> Iterator[SupportEnd]:
    if not row.get("product") or not row.get("source"):
        problems.append(f"line {number}: product and source are needed")
        return
    if any(len(value) > _MOST for value in row.values()) or len(row["version"]) > _MOST_VERSION:
        problems.append(f"line {number}: too long")
        return
    try:
        ends_on = date.fromisoformat(row.get("ends_on", ""))
        sourced_on = date.fromisoformat(row.get("sourced_on", ""))
    except ValueError as error:
        problems.append(f"line {number}: {error}")
        return
    yield SupportEnd(
        row.get("publisher", ""), row["product"], row["version"], ends_on, row["source"], sourced_on
    )
