"""Text files with a separator: ``;`` ``,`` tab or ``|``, and a first line ``sep=;``.

``csv.Sniffer`` is not asked: its expressions take quadratic time on files made for that, and it
sets ``doublequote`` wrongly. What gives the most even rows is the separator.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from parc.importers.limits import FileError, Limits
from parc.importers.rows import Row, plain_cell

DELIMITERS: Final = (";", ",", "\t", "|")
_SAMPLE_LINES: Final = 100
_SEP: Final = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)


def named_delimiter(line: str) -> str | None:
    """Give the separator that a first line ``sep=;`` names."""
    found = _SEP.fullmatch(line)
    return found[1] if found else None


def find_delimiter(lines: Iterable[str]) -> str:
    """Give the separator of a text file by its first lines; ``;`` when there is one column."""
    sample = list(islice(lines, _SAMPLE_LINES))
    if sample and (named := named_delimiter(sample[0])):
        return named
    scores = [(_score(sample, delimiter), -at) for at, delimiter in enumerate(DELIMITERS)]
    best, place = max(scores)
    return DELIMITERS[-place] if best > 0 else DELIMITERS[0]


def read_rows(lines: Iterable[str], delimiter: str, limits: Limits) -> Iterator[Row]:
    """Give the rows; one whose quoted cells hold line breaks has the number of its first line.

    Raises:
        FileError: ``quoting_wrong``, ``cell_too_long``, ``too_many_columns`` or ``too_many_rows``,
            with the line.
    """
    numbered = _Counted(lines)
    reader = csv.reader(numbered, delimiter=delimiter, strict=True)
    count = 0
    while True:
        line = numbered.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "cell_too_long" if "field limit" in str(error) else "quoting_wrong"
            raise FileError(code, "", line) from error
        if line == 1 and len(cells) <= 2 and named_delimiter(delimiter.join(cells)):  # noqa: PLR2004 -- "sep=" and nothing
            continue
        if len(cells) > limits.columns:
            raise FileError("too_many_columns", str(limits.columns), line)
        count += 1
        if count > limits.rows:
            raise FileError("too_many_rows", str(limits.rows), line)
        texts = [plain_cell(cell) for cell in cells]
        if any(len(text) > limits.cell_characters for text in texts):
            raise FileError("cell_too_long", str(limits.cell_characters), line)
        yield Row(line, texts)


class _Counted:
    """Lines, and how many were taken: the reader's own count is only known after a row."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _score(sample: Sequence[str], delimiter: str) -> float:
    """Say how well a separator cuts: the share of rows of the commonest width, and that width."""
    reader = csv.reader(sample, delimiter=delimiter)
    widths: Counter[int] = Counter()
    try:
        for cells in reader:
            filled = len(cells)
            if any(cell.strip() for cell in cells):
                widths[filled] += 1
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    # A title above the table or a note below it is one cell: it speaks against no separator.
    cut = {width: count for width, count in widths.items() if width > 1}
    if not cut:
        return 0.0
    width, count = max(cut.items(), key=lambda pair: (pair[1] * min(pair[0], 8), pair[0]))
    share = count / sum(widths.values())
    return share * share * (1 + min(width, 40) / 10)
