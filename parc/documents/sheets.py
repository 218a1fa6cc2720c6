"""Sheets to sign, such as hand-over, return, exit: facts, a table, places for signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from parc.documents.labels import A4

if TYPE_CHECKING:
    from parc.documents.pages import Pages

_MARGIN: Final = 18.0
_LINE: Final = 5.0
_LABEL: Final = 52.0
_GAP: Final = 2.0
_SIGNATURE_HEIGHT: Final = 28.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says, in words.

    Attributes:
        reference: number of the act, in the footer and beside the title.
        facts: label and value, one a line: day, person, place …
        heads, rows: the table of machines; every row as long as the heads.
        widths: of the columns, as shares.
        paragraphs: what is agreed on.
        signatures: who signs.
        page_word: for the footer, such as "page".
    """

    title: str
    organisation: str
    reference: str
    facts: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    paragraphs: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    page_word: str = "page"


def make_sheet(sheet: Sheet, *, made_at: datetime) -> bytes:
    """Print one sheet; the table goes on over pages, with its heads on each."""
    from parc.documents.pages import Pages

    title = f"{sheet.title} {sheet.reference}"
    pages = Pages(A4, title=title, made_at=made_at, foot=f"{title} · {sheet.page_word}")
    pages.set_margin(_MARGIN)
    pages.set_auto_page_break(auto=True, margin=_MARGIN)
    pages.add_page()
    _head(pages, sheet)
    _table(pages, sheet)
    _signatures(pages, sheet)
    return pages.octets()


def _head(pages: Pages, sheet: Sheet) -> None:
    pages.use(9)
    if sheet.organisation:
        pages.cell(0, _LINE, sheet.organisation, new_x="LMARGIN", new_y="NEXT")
    pages.use(16, is_bold=True)
    pages.multi_cell(0, 9, f"{sheet.title} {sheet.reference}", new_x="LMARGIN", new_y="NEXT")
    pages.ln(2)
    for label, value in sheet.facts:
        top = pages.get_y()
        pages.use(9, is_bold=True)
        pages.multi_cell(_LABEL, _LINE, label, align="L", new_x="RIGHT", new_y="NEXT")
        below = pages.get_y()
        pages.set_xy(pages.l_margin + _LABEL, top)
        pages.use(9)
        pages.multi_cell(0, _LINE, value or "-", align="L", new_x="LMARGIN", new_y="NEXT")
        pages.set_y(max(below, pages.get_y()))
    pages.ln(4)


def _table(pages: Pages, sheet: Sheet) -> None:
    from fpdf.fonts import FontFace

    pages.use(8)
    grey = FontFace(emphasis="BOLD", fill_color=(235, 235, 235))
    with pages.table(
        col_widths=sheet.widths, headings_style=grey, line_height=_LINE, text_align="LEFT"
    ) as table:
        for cells in (sheet.heads, *sheet.rows):
            row = table.row()
            for text in cells:
                row.cell(text)
    pages.ln(5)


def _signatures(pages: Pages, sheet: Sheet) -> None:
    """Write what is agreed on, and the places for signatures, which stand on the same page."""
    from fpdf.enums import MethodReturnValue

    pages.use(9)
    height = 0.0
    for text in sheet.paragraphs:
        lines = pages.multi_cell(0, _LINE, text, dry_run=True, output=MethodReturnValue.LINES)
        height += _LINE * len(cast("list[str]", lines)) + _GAP
    if pages.will_page_break(height + (_LINE + _SIGNATURE_HEIGHT if sheet.signatures else 0)):
        pages.add_page()
    for text in sheet.paragraphs:
        pages.multi_cell(0, _LINE, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pages.ln(_GAP)
    width = pages.epw / max(len(sheet.signatures), 1)
    top = pages.get_y()
    for number, text in enumerate(sheet.signatures):
        x = pages.l_margin + number * width
        pages.set_xy(x, top)
        pages.use(8, is_bold=True)
        pages.cell(width - 4, _LINE, pages.fitting(text, width - 5))
        pages.rect(x, top + _LINE, width - 4, _SIGNATURE_HEIGHT)
