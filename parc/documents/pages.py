"""A PDF with the fonts of printed documents.

Whoever prints imports this when something is printed: fpdf2 and its tools for fonts are a tenth of
what the application takes to start. The fonts are built beside the pages' assets: the standard
fonts of PDF know western Europe only, and people's names do not end there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF

FONT: Final = "body"
_FONTS: Final = Path(__file__).parents[1] / "static" / "build" / "fonts"


class Pages(FPDF):
    """A document in millimetres.

    Args:
        size: width and height of a page.
        made_at: stands in its properties; the same content at the same moment is the same file.
        foot: below every page, before its number; none without it.
    """

    def __init__(
        self, size: tuple[float, float], *, title: str, made_at: datetime, foot: str = ""
    ) -> None:
        super().__init__(unit="mm", format=size)
        self._foot = foot
        self.add_font(FONT, "", _FONTS / "DejaVuSans.ttf")
        self.add_font(FONT, "B", _FONTS / "DejaVuSans-Bold.ttf")
        self.set_title(title)
        self.set_creator("Parc")
        self.set_producer("Parc")
        self.set_creation_date(made_at)
        self.set_font(FONT, size=9)

    def footer(self) -> None:
        """Write below every page what it belongs to."""
        if self._foot:
            self.set_y(-12)
            self.use(7)
            self.cell(0, 4, f"{self._foot} {self.page_no()}/{{nb}}", align="C")

    def use(self, size: float, *, is_bold: bool = False) -> None:
        """Write in this size from now on, in points."""
        self.set_font(FONT, "B" if is_bold else "", size)

    def fitting(self, text: str, width: float) -> str:
        """Give the text, or its beginning with an ellipsis, as much as fits in ``width`` mm."""
        text = " ".join(text.split())
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…" if text else ""

    def octets(self) -> bytes:
        """Give the finished file."""
        return bytes(self.output())
