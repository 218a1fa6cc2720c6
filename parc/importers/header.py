"""The headings of a table, and what in it is no record: titles above, blank rows, totals.

Nothing is left out unsaid: each line that is no record is given with the reason.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from parc.importers.limits import FileError
from parc.importers.rows import Row
from parc.naming import folded

_TOTAL: Final = re.compile(r"(sous[- ]?|grand |sub)?(total|totaux|somme|sum)( general)?( .*)?:?")
_SAMPLE: Final = 40
_DIGITS: Final = re.compile(r"[0-9]")
_LONG: Final = 60


class LeftOut(enum.StrEnum):
    """Why a line of the file is no record."""

    ABOVE = "above"
    BLANK = "blank"
    TOTAL = "total"
    HEADER_AGAIN = "header_again"


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line of the file that is no record."""

    line: int
    reason: LeftOut


@dataclass(frozen=True, slots=True)
class Record:
    """One row under the headings: as many cells as there are headings.

    Attributes:
        surplus: how many cells beyond the last heading hold anything; the row was cut wrongly.
    """

    line: int
    cells: tuple[str, ...]
    surplus: int = 0


def find_header(rows: Sequence[Row], is_known: Callable[[str], bool]) -> int:
    """Give the line of the headings among the first rows.

    The row with the most headings that are known; without any, the first that is as wide as most
    rows and holds neither figures nor long texts.

    Raises:
        FileError: ``file_empty``.
    """
    filled = [row for row in rows[:_SAMPLE] if not row.is_blank]
    if not filled:
        raise FileError("file_empty")
    scores = [(sum(map(is_known, filter(None, row.cells))), -at) for at, row in enumerate(filled)]
    known, place = max(scores)
    wide = max(sum(map(bool, row.cells)) for row in filled)
    if known >= min(2, wide):
        return filled[-place].line
    for row in filled:
        texts = [cell for cell in row.cells if cell]
        if len(texts) * 2 > wide and not any(_DIGITS.search(t) or len(t) > _LONG for t in texts):
            return row.line
    return filled[0].line


def headings_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Give the headings on one line each, all different; a blank one stays blank."""
    counts: dict[str, int] = {}
    found = []
    for cell in cells:
        text = " ".join(cell.replace("\ufeff", "").split())
        if text:
            counts[text.casefold()] = number = counts.get(text.casefold(), 0) + 1
            text = f"{text} ({number})" if number > 1 else text
        found.append(text)
    return tuple(found)


def records_below(
    rows: Iterable[Row], header_line: int, is_known: Callable[[str], bool]
) -> Iterator[Record | SkippedLine]:
    """Give what stands under the headings, and every line that is no record with its reason.

    A total is known by its first word, and only as the last row: else it may be a name.
    """
    heads: tuple[str, ...] = ()
    width = 0
    is_first = True
    held: Record | None = None
    for row in rows:
        if row.line < header_line:
            yield SkippedLine(row.line, LeftOut.BLANK if row.is_blank else LeftOut.ABOVE)
            continue
        if row.line == header_line:
            heads, width = headings_of(row.cells), len(row.cells)
            continue
        if row.is_blank:
            yield SkippedLine(row.line, LeftOut.BLANK)
            continue
        if _is_header(row, heads, is_known, is_first=is_first):
            yield SkippedLine(row.line, LeftOut.HEADER_AGAIN)
            continue
        is_first = False
        if held is not None:
            yield held
            held = None
        record = _record(row, width)
        if _is_total(row.cells):
            held = record
        else:
            yield record
    if held is not None:
        yield SkippedLine(held.line, LeftOut.TOTAL)


def _record(row: Row, width: int) -> Record:
    cells = (*row.cells[:width], *([""] * (width - len(row.cells))))
    return Record(row.line, cells, sum(map(bool, row.cells[width:])))


def _is_total(cells: Sequence[str]) -> bool:
    first = next(filter(None, cells))
    texts = [cell for cell in cells if cell and not _DIGITS.search(cell)]
    return _TOTAL.fullmatch(folded(first)) is not None and len(texts) <= 2  # noqa: PLR2004 -- "Total" and a unit


def _is_header(
    row: Row, heads: tuple[str, ...], is_known: Callable[[str], bool], *, is_first: bool
) -> bool:
    """Tell a row that repeats the headings, or the first that says them in another language."""
    texts = headings_of(row.cells)
    if [text.casefold() for text in texts if text] == [h.casefold() for h in heads if h]:
        return True
    given = [text for text in texts if text]
    return is_first and len(given) > 2 and all(map(is_known, given))  # noqa: PLR2004 -- more than chance
