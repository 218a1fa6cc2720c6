"""Reading of what a person typed, field by field, so that all problems are told at once.

Forms, commands and the settings file hand their texts to the services as they are; only here do
they become numbers, words of a set and networks, with one code a kind of mistake.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Final, TypeVar

from parc.errors import FieldProblem, InvalidInputError

Word = TypeVar("Word", bound=enum.StrEnum)

_AMOUNT: Final = re.compile(r"\d{1,10}(\.\d{1,2})?", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2})[:hH](\d{2})?", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>()]+")
_EMAIL_CHARACTERS: Final = 254
Day = date  # FieldReader has a method of that name
_EARLIEST, _LATEST = date(1950, 1, 1), date(2199, 12, 31)


def read_day(text: str) -> date | None:
    """Give the day of ``2026-11-22`` or ``22/11/2026``; None when it is neither, or is absurd."""
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day = date(int(match[3]), int(match[2]), int(match[1]))
        else:
            day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LATEST else None


def read_amount(text: str) -> Decimal | None:
    """Give the amount of ``1 234,56``, with or without the sign of the euro; None for no amount.

    It has its cents, as it is read back: else the undo of what wrote it finds another value there.
    """
    digits = "".join(text.split()).replace(",", ".").removesuffix("€")
    return Decimal(digits).quantize(Decimal("0.01")) if _AMOUNT.fullmatch(digits) else None


class FieldReader:
    """Collects problems; each method gives what could be read, or a harmless stand-in.

    Args:
        problems: what is known to be wrong already.
    """

    def __init__(self, problems: Iterable[FieldProblem] = ()) -> None:
        self.problems: list[FieldProblem] = list(problems)

    def add(self, field: str, code: str, value: str = "") -> None:
        """Note that ``field`` cannot be taken."""
        self.problems.append(FieldProblem(field, code, value))

    def text(self, field: str, value: str, *, most: int, is_required: bool = False) -> str:
        """Give one line of printable text, its blanks drawn together."""
        text = unicodedata.normalize("NFC", " ".join(value.split()))
        if is_required and not text:
            self.add(field, "required")
        if not text.isprintable():
            self.add(field, "unprintable")
        if len(text) > most:
            self.add(field, "too_long", str(most))
        return text

    def number(self, field: str, value: str, low: int, high: int) -> int:
        """Give a whole number within its bounds."""
        text = value.strip()
        if not (text.isascii() and text.isdecimal() and len(text) < len(str(high)) + 3):
            self.add(field, "not_a_number", value[:40])
            return low
        number = int(text)
        if not low <= number <= high:
            self.add(field, "out_of_bounds", f"{low}-{high}")
        return number

    def date(self, field: str, value: str) -> date | None:
        """Give a day, as forms send it or as it is written in French; None for a blank."""
        text = value.strip()
        if not text:
            return None
        day = read_day(text)
        if day is None:
            self.add(field, "not_a_date", text[:40])
        return day

    def required_date(self, field: str, value: str) -> Day | None:
        """Give a day; a blank is a problem, and None is given with every problem."""
        if not value.strip():
            self.add(field, "required")
        return self.date(field, value)

    def clock_time(self, field: str, value: str) -> time | None:
        """Give a time of day, written 8:30, 08:30, 8h30 or 8h; None for a blank; 24:00 is 0:00."""
        text = value.strip()
        if not text:
            return None
        found = _TIME.fullmatch(text)
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
        try:
            return time(0 if (hour, minute) == (24, 0) else hour, minute)
        except ValueError:
            self.add(field, "not_a_time", text[:40])
            return None

    def email(self, field: str, value: str) -> str:
        """Give an address of e-mail, folded to lower case; empty for a blank."""
        text = self.text(field, value, most=_EMAIL_CHARACTERS).casefold()
        if text and not _EMAIL.fullmatch(text):
            self.add(field, "not_an_email", text[:100])
        return text

    def amount(self, field: str, value: str) -> Decimal | None:
        """Give an amount of money with at most two digits after the comma; None for a blank."""
        if not value.strip():
            return None
        amount = read_amount(value)
        if amount is None:
            self.add(field, "not_an_amount", value.strip()[:40])
        return amount

    def lines(self, field: str, value: str, *, most: int, is_required: bool = False) -> str:
        """Give text of several lines; signs that cannot be printed are left out, lines are kept."""
        lines = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
        text = "".join(sign for sign in lines if sign in "\n\t" or sign.isprintable()).strip()
        if is_required and not text:
            self.add(field, "required")
        if len(text) > most:
            self.add(field, "too_long", str(most))
        return text

    def word(self, field: str, value: str, words: type[Word], default: Word) -> Word:
        """Give a member of a closed set."""
        try:
            return words(value)
        except ValueError:
            self.add(field, "unknown_choice", value[:40])
            return default

    def raise_problems(self) -> None:
        """Refuse all at once.

        Raises:
            InvalidInputError: something was noted.
        """
        if self.problems:
            raise InvalidInputError(self.problems)
