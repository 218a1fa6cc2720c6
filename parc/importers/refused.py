"""Refused rows as a file: all columns as they stand in the original, then line and reason.

It can be mended and sent again: both added columns are known and not taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from parc.importers.header import Record
from parc.importers.mapping import LINE_HEADING, REASON_HEADING
from parc.importers.plan import PlannedLine
from parc.importers.reading import Reading
from parc.importers.rows import NO_VALUE
from parc.importers.values import CellProblem
from parc.naming import neutralise


def refused_csv(
    reading: Reading, refused: Iterable[PlannedLine], text_of: Callable[[CellProblem], str]
) -> Iterator[str]:
    """Give the lines of the file of refused rows.

    Args:
        text_of: says a problem in the reader's language.
    """
    reasons: dict[int, str] = {}
    for line in refused:
        texts = [
            f"{problem.heading}: {text_of(problem)}" if problem.heading else text_of(problem)
            for problem in line.problems
        ]
        reason = " ".join(dict.fromkeys(texts))
        reasons |= dict.fromkeys(line.lines, reason)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=reading.delimiter or ";")
    writer.writerow([*map(neutralise, reading.headings), LINE_HEADING, REASON_HEADING])
    for one in reading.records():
        if isinstance(one, Record) and one.line in reasons:
            cells = [_cell(cell) for cell in one.cells]
            writer.writerow([*cells, str(one.line), neutralise(reasons[one.line])])
            yield _taken(buffer)
    yield _taken(buffer)


def _cell(text: str) -> str:
    """Give a cell as it stood; one without a value stays one."""
    return "#VALUE!" if text.startswith(NO_VALUE) else neutralise(text)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
