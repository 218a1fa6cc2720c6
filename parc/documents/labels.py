"""Labels to stick on machines: the tag, and its short address as QR code (ISO/IEC 18004, level M).

Any phone's camera opens the address; the tag stands beside it for who has none.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

import segno

if TYPE_CHECKING:
    from parc.documents.pages import Pages

A4: Final = (210.0, 297.0)
_QUIET_MODULES: Final = 2  # the rest of the four that a reader needs is the padding of the label
_PADDING: Final = 1.5
_LARGEST_CODE: Final = 26.0
_POINTS_A_MM: Final = 72 / 25.4


class LabelFormat(enum.StrEnum):
    """Sheets and rolls that are sold."""

    A4_24 = "a4_24"
    A4_40 = "a4_40"
    A4_65 = "a4_65"
    ROLL_62 = "roll_62"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where labels lie on a page, in millimetres."""

    page: tuple[float, float]
    columns: int
    rows: int
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0
    gap: float = 0.0

    @property
    def count(self) -> int:
        """Give how many labels a page has."""
        return self.columns * self.rows


LAYOUTS: Final[Mapping[LabelFormat, Layout]] = {
    LabelFormat.A4_24: Layout(A4, 3, 8, 70.0, 37.0, top=0.5),
    LabelFormat.A4_40: Layout(A4, 4, 10, 52.5, 29.7),
    LabelFormat.A4_65: Layout(A4, 5, 13, 38.1, 21.2, left=4.75, top=10.7, gap=2.5),
    LabelFormat.ROLL_62: Layout((62.0, 29.0), 1, 1, 62.0, 29.0),
}


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says.

    Attributes:
        address: in the QR code.
        tag: in clear, large.
        lines: below it, small: name, model, owner.
    """

    address: str
    tag: str
    lines: tuple[str, ...] = ()


def make_labels(
    labels: Sequence[Label], kind: LabelFormat, *, made_at: datetime, title: str, skipped: int = 0
) -> bytes:
    """Print labels one after the other.

    Args:
        skipped: places of the first page that are used up.
    """
    layout = LAYOUTS[kind]
    from parc.documents.pages import Pages

    pages = Pages(layout.page, title=title, made_at=made_at)
    pages.set_auto_page_break(auto=False)
    pages.set_margin(0)
    for number, label in enumerate(labels, start=skipped % layout.count):
        place = number % layout.count
        if place == 0 or pages.page == 0:
            pages.add_page()
        row, column = divmod(place, layout.columns)
        x = layout.left + column * (layout.width + layout.gap)
        _draw(pages, label, layout, x, layout.top + row * layout.height)
    return pages.octets()


def _draw(pages: Pages, label: Label, layout: Layout, x: float, y: float) -> None:
    side = min(layout.height - 2 * _PADDING, _LARGEST_CODE)
    _draw_code(pages, label.address, x + _PADDING, y + (layout.height - side) / 2, side)
    left = x + _PADDING + side + _PADDING
    width = layout.width - side - 3 * _PADDING
    large = _size_of(pages, label.tag, width, most=layout.height / 2.4)
    small = max(5.0, min(8.0, layout.height / 4))
    line = small / _POINTS_A_MM * 1.25
    block = large / _POINTS_A_MM * 1.2 + line * len(label.lines)
    pages.set_xy(left, y + (layout.height - block) / 2)
    pages.use(large, is_bold=True)
    pages.cell(width, large / _POINTS_A_MM * 1.2, label.tag, new_x="LEFT", new_y="NEXT")
    pages.use(small)
    for text in label.lines:
        pages.cell(width, line, pages.fitting(text, width), new_x="LEFT", new_y="NEXT")


def _size_of(pages: Pages, text: str, width: float, most: float) -> float:
    """Give the largest size, in points, at which a tag is not cut: a cut tag names another."""
    pages.use(most, is_bold=True)
    needed = pages.get_string_width(text)
    return most if needed <= width else most * width / needed


def _draw_code(pages: Pages, text: str, x: float, y: float, side: float) -> None:
    """Draw the dark modules as rectangles, a run of them at a time."""
    matrix = segno.make_qr(text, error="m").matrix
    module = side / (len(matrix) + 2 * _QUIET_MODULES)
    pages.set_fill_color(0)
    for row, modules in enumerate(matrix):
        column = 0
        for is_dark, run in groupby(modules):
            length = len(list(run))
            if is_dark:
                pages.rect(
                    x + (column + _QUIET_MODULES) * module,
                    y + (row + _QUIET_MODULES) * module,
                    length * module,
                    module,
                    style="F",
                )
            column += length
