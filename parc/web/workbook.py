"""A workbook (XLSX, ECMA-376) of texts, written while it is sent.

Of that format only what a table of texts needs: sheets with inline strings. The parts that list
the sheets come last, when it is known how many there are.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

MOST_ROWS: Final = 1_048_576
_MOST_IN_CELL: Final = 32_767
_LEVEL: Final = 3
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LINKS_KIND: Final = (
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
)
# What XML has a meaning for or cannot hold, and what a workbook would read as an escape.
_UNUSUAL: Final = re.compile(
    r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)"
)
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_"}


class _Sent:
    """What ``zipfile`` writes to: keeps the octets until they are sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, octets: bytes, /) -> int:
        """Keep some octets."""
        self._parts.append(bytes(octets))
        return len(octets)

    def flush(self) -> None:
        """Do nothing: they are sent with the next part."""

    def close(self) -> None:
        """Do nothing: nobody else holds it."""

    def take(self) -> bytes:
        """Give what was written since the last time."""
        octets = b"".join(self._parts)
        self._parts.clear()
        return octets


def workbook(
    title: str,
    heads: Sequence[str],
    parts: Iterable[Sequence[Sequence[str]]],
    *,
    most_rows: int = MOST_ROWS,
) -> Iterator[bytes]:
    """Give the octets of a workbook, part by part.

    Args:
        title: name of its sheet; further ones get a number.
        heads: the first row of each sheet.
        parts: the other rows; each part with fewer than fit a sheet.
        most_rows: as many as fit a sheet; what comes then goes to a further one.
    """
    sent = _Sent()
    waiting = iter(parts)
    part: Sequence[Sequence[str]] | None = next(waiting, [])
    sheet_count = 0
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as file:
        while part is not None:
            sheet_count += 1
            with file.open(_sheet_path(sheet_count), "w") as sheet:
                sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                sheet.write(_rows(1, [heads]))
                number = 2
                while part is not None and number + len(part) <= most_rows + 1:
                    sheet.write(_rows(number, part))
                    number += len(part)
                    yield sent.take()
                    part = next(waiting, None)
                sheet.write(b"</sheetData></worksheet>")
        for path, body in _lists(title, sheet_count):
            file.writestr(path, _HEAD + body)
    yield sent.take()


def _rows(first: int, rows: Iterable[Sequence[str]]) -> bytes:
    texts = []
    for number, row in enumerate(rows, first):
        cells = [
            f'<c r="{_letters(column)}{number}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{_escaped(cell)}</t></is></c>'
            for column, cell in enumerate(row)
            if cell
        ]
        texts.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(texts).encode()


@cache
def _letters(column: int) -> str:
    """Name a column: A to Z, AA to ZZ, and so on."""
    rest, letter = divmod(column, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + letter)


def _escaped(text: str) -> str:
    return _UNUSUAL.sub(_escape, text[:_MOST_IN_CELL])


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _ENTITIES:
        return _ENTITIES[character]
    return f"_x{ord(character):04X}_" if character < " " else "\ufffd"


def _sheet_path(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _lists(title: str, sheet_count: int) -> Iterator[tuple[str, str]]:
    """Give the parts that say what is in the file."""
    numbers = range(1, sheet_count + 1)
    sheets = "".join(
        f'<sheet name="{title}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    links = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _links(links)
    yield "_rels/.rels", _links([("officeDocument", "xl/workbook.xml")])
    kinds = "".join(_kind(_sheet_path(number), "worksheet") for number in numbers)
    book = _kind("xl/workbook.xml", "sheet.main")
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">{_LINKS_KIND}{book}{kinds}</Types>',
    )


def _kind(path: str, kind: str) -> str:
    return f'<Override PartName="/{path}" ContentType="{_KIND}.{kind}+xml"/>'


def _links(targets: Iterable[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
