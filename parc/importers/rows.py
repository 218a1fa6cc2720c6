"""What every reader of files gives: numbered rows of texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Before a cell that has no value to take: a formula that nobody has computed, or an error of the
# spreadsheet (#REF!). No file can hold this sign itself, since NULs are refused.
NO_VALUE: Final = "\x00"
_SHEET_DIGITS: Final = 7

# What a spreadsheet takes for a formula at the beginning of a cell; exports put an apostrophe
# before it (``parc.naming.neutralise``), which is taken off here.
_QUOTED_FORMULA: Final = re.compile(r'="((?:[^"]|"")*)"')
_ERRORS: Final = frozenset(
    {
        *("#n/a", "#ref!", "#name?", "#value!", "#div/0!", "#num!", "#null!"),
        *("#nom?", "#valeur!", "#nombre!", "#nul!"),
    }
)
_TOO_NARROW: Final = re.compile(
    "#{3,}"
)  # what a sheet shows of a number its column is too narrow for
_GUARDED: Final = re.compile("'+[=+\\-@\t\n\uff1d\uff0b\uff0d\uff20]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file, with the line (of a sheet: the row) at which it begins."""

    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """Tell whether no cell holds anything."""
        return not any(self.cells)


def plain_cell(text: str) -> str:
    """Give what a cell of a text file says: without blanks around it and a guard against formulas.

    ``="007"`` is how programs keep Excel from dropping zeros: the text inside. Any other formula,
    and an error of the spreadsheet, has no value: it gets the mark ``NO_VALUE``.
    """
    plain = text.strip()
    if not plain or plain[0] not in "='#":
        return plain
    if plain[0] == "'":
        return plain[1:] if _GUARDED.match(plain) else plain
    if (found := _QUOTED_FORMULA.fullmatch(plain)) is not None:
        return found[1].replace('""', '"').strip()
    if text[0] == "=" or plain.lower() in _ERRORS or _TOO_NARROW.fullmatch(plain):
        return NO_VALUE + plain
    return plain


def sheet_number(text: str) -> int | None:
    """Read a count or a place as sheets write it; None for what no sheet has."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _SHEET_DIGITS
    return int(text) if is_number else None


def number_text(value: float) -> str:
    """Write a number of a workbook so that no reader of amounts can mistake it.

    A whole number of more digits than it can hold is written as Excel shows it, with its exponent:
    it was no number but a serial number, and is lost.
    """
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 -- not a number
        return f"{NO_VALUE}{value}"
    if abs(value) >= 1e15:  # noqa: PLR2004 -- 15 digits are what a double holds for sure
        return f"{value:.5E}"
    if value == int(value):
        return str(int(value))
    text = f"{value:.12f}".rstrip("0")
    decimals = text.partition(".")[2]
    # 1.234 would be read as a thousand where points part thousands
    return f"{text}0" if len(decimals) == 3 else text  # noqa: PLR2004 -- digits of a thousand
