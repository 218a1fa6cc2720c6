"""What a list shows as a file: the same filters, sort and columns, streamed.

Rows are read by keyset in parts, each in a session of its own, so that neither memory nor a
transaction grows with the fleet or with a slow reader. A cell that a spreadsheet would take for a
formula gets an apostrophe (OWASP ASVS 1.2.10); in XLSX all cells are texts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from parc.extensions import reading
from parc.naming import neutralise
from parc.queries.assets import Lookup, export_page
from parc.queries.keyset import Cursor, Page, PageReader
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.assets import (
    DAY_COLUMNS,
    Wanted,
    column_label,
    lookup,
    read_wanted,
    shown_columns,
    with_maker,
)
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.custom_words import file_text, listed_columns
from parc.web.formats import file_moment
from parc.web.names import know_people, name_of
from parc.web.workbook import workbook

exports = Blueprint("exports", __name__)

_PART = 2_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@exports.get("/assets/export.csv")
@requires(Action.EXPORT_INVENTORY)
def assets_csv() -> ResponseReturnValue:
    """Stream the list as CSV: with semicolons and a byte order mark for a French Excel."""
    wanted, columns = read_wanted(), with_maker(shown_columns())
    return csv_file([column_label(name) for name in columns], _parts(wanted, columns))


def csv_file(heads: list[str], parts: Iterator[list[list[str]]]) -> Response:
    """Stream rows as CSV, part by part, in the reader's dialect."""
    is_french = get_locale().language == "fr"
    lines = _csv_parts(heads, parts, ";" if is_french else ",")
    mark = "\ufeff" if is_french else ""
    return _file(_encoded(mark, lines), "text/csv; charset=utf-8", "csv")


def row_parts(read: PageReader, write: Callable[[Any], list[str]]) -> Iterator[list[list[str]]]:
    """Read a list to its end, each part in a session of its own, and write its rows as texts."""
    cursor = None
    while True:
        with reading() as session:
            page = read(session, cursor, _PART)
        if page.rows:
            yield [write(row) for row in page.rows]
        cursor = page.next
        if cursor is None:
            return


Columns = Callable[[], Sequence[tuple[str, Callable[[Any], str]]]]


def whole(rows: Iterable[list[str]]) -> PageReader:
    """Give the reader of a list that is held whole, its rows written as texts."""
    page = Page(list(rows), None, None)
    return lambda _session, _cursor, _size: page


@dataclass(frozen=True, slots=True)
class ListFiles:
    """What a list gives as files: the same filters and sort as the page, one address for each form.

    Attributes:
        heads: gives the headings, in the reader's language.
        reader: reads the address, refuses what it cannot hold, and gives what reads the rows; it is
            handed what the address of the list names, such as ``product_id``.
        row: writes one row as texts.
    """

    heads: Callable[[], list[str]]
    reader: Callable[..., PageReader]
    row: Callable[[Any], list[str]]

    @classmethod
    def of_columns(cls, columns: Columns, reader: Callable[..., PageReader]) -> ListFiles:
        """Give the files of a list whose columns are pairs of heading and what writes a cell."""

        def written(**place: Any) -> PageReader:
            read, writers = reader(**place), [write for _head, write in columns()]

            def read_texts(session: Any, cursor: Cursor | None, size: int) -> Page:
                page = read(session, cursor, size)
                return replace(page, rows=[[write(row) for write in writers] for row in page.rows])

            return read_texts

        return cls(lambda: [str(head) for head, _write in columns()], written, list)

    def parts(self, **place: Any) -> Iterator[list[list[str]]]:
        """Give all rows, part by part."""
        return row_parts(self.reader(**place), self.row)

    def offer(self, blueprint: Blueprint, address: str, endpoint: str = "export") -> None:
        """Offer the list as CSV and as a workbook, to who may export."""

        def as_csv(**place: Any) -> ResponseReturnValue:
            return csv_file(self.heads(), self.parts(**place))

        def as_xlsx(**place: Any) -> ResponseReturnValue:
            return xlsx_file(self.heads(), self.parts(**place))

        guard = requires(Action.EXPORT_INVENTORY)
        for ending, view in (("csv", as_csv), ("xlsx", as_xlsx)):
            blueprint.add_url_rule(
                f"{address}.{ending}", f"{endpoint}_{ending}", guard(view), methods=["GET"]
            )


@exports.get("/assets/export.xlsx")
@requires(Action.EXPORT_INVENTORY)
def assets_xlsx() -> ResponseReturnValue:
    """Stream the list as XLSX: the download begins at once, and the browser shows how far it is."""
    wanted, columns = read_wanted(), with_maker(shown_columns())
    heads = [column_label(name) for name in columns]
    return xlsx_file(heads, _parts(wanted, columns))


def xlsx_file(heads: list[str], parts: Iterator[list[list[str]]]) -> Response:
    """Stream rows as a workbook, part by part."""
    return _file(workbook("Parc", heads, parts), _XLSX, "xlsx")


def _parts(wanted: Wanted, columns: Sequence[str]) -> Iterator[list[list[str]]]:
    known = lookup()
    order, cursor = wanted.order, None
    cells = CellWriter(known.now)
    own = listed_columns()
    writers = [
        partial(file_text, own[name]) if name in own else _writer(name, known, cells)
        for name in columns
    ]
    while True:
        with reading() as session:
            page = export_page(session, wanted.filter, order, cursor, _PART, columns, known)
        if page.rows:
            if "technician_person_id" in columns:
                ids = {row.technician_person_id for row in page.rows}
                know_people({number for number in ids if number is not None})
            places = [page.rows[0]._fields.index(name) for name in columns]
            pairs = list(zip(places, writers, strict=True))
            yield [[write(row[place]) for place, write in pairs] for row in page.rows]
        cursor = page.next
        if cursor is None:
            return


def _writer(name: str, known: Lookup, cells: CellWriter) -> Callable[[Any], str]:
    """Give the function that writes the values of one column; each is called a row."""
    if name in {"lifecycle_state", "category"}:
        return cells.label
    if name == "location_id":
        return lambda value: known.places.path(value) or ""
    if name in {"last_seen_at", "created_at"}:
        return file_moment
    if name in {"technician_person_id", "supplier_id"}:
        return lambda value: (name_of(name, value) if value is not None else None) or ""
    if name in DAY_COLUMNS:
        return lambda value: value.isoformat() if value else ""
    return lambda value: str(value) if value else ""


def _csv_parts(heads: list[str], parts: Iterator[list[list[str]]], delimiter: str) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(heads)
    for part in parts:
        writer.writerows([neutralise(cell) for cell in row] for row in part)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()  # the heads, when there is no row


def _encoded(mark: str, texts: Iterator[str]) -> Iterator[bytes]:
    for text in texts:
        yield (mark + text).encode("utf-8", "replace")
        mark = ""


def _file(body: Iterator[bytes], content_type: str, ending: str) -> Response:
    name = f"parc-{now():%Y-%m-%d}.{ending}"
    return Response(
        stream_with_context(body),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
