"""Reading of what a person typed, field by field, so that all problems are told at once.

Forms, commands and the settings file hand their texts to the services as they are; only here do
they become numbers, words of a set and networks, with one code a kind of mistake.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable
from typing import TypeVar

from parc.errors import FieldProblem, InvalidInputError

Word = TypeVar("Word", bound=enum.StrEnum)


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
