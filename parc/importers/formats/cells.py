"""What any cell may say beside a value, and the words for nothing."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from parc.importers.rows import NO_VALUE
from parc.naming import folded

_BLANK: Final = frozenset(
    {
        *("", "-", "--", "---", "_", "\u2014", "\u2013", "/", ".", "?"),
        *("n/a", "na", "n.a.", "nc", "n.c.", "n/c", "null", "nil", "(vide)", "(blank)", "(none)"),
        *("sans objet", "s/o", "so", "neant", "non renseigne", "non communique", "not available"),
    }
)
_MANGLED: Final = re.compile(
    r"(?<![\w.,-])[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}(?![\w-])", re.IGNORECASE
)
_LIGATURES: Final = str.maketrans({"\u0153": "oe", "\u00e6": "ae", "\u2019": "'"})
_SPACES: Final = re.compile(r"\s+")


class Said(enum.Enum):
    """What a cell says without a value."""

    BLANK = "blank"
    NEVER = "never"  # a date that never comes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a cell cannot be taken: a code for translation, and what it says."""

    code: str
    value: str = ""


def squeezed(text: str) -> str:
    """Give a text on one line, in one form of its letters, its blanks drawn together."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def key_of(text: str) -> str:
    """Give what words are compared by: folded, all kinds of blanks and apostrophes alike."""
    return _SPACES.sub(" ", folded(text)).translate(_LIGATURES).strip()


def is_blank(text: str) -> bool:
    """Tell whether a cell says nothing, in any of the words that are used for it."""
    return not text or (len(text) < 20 and key_of(text) in _BLANK)  # noqa: PLR2004 -- longest word


def lost_value(text: str) -> Unreadable | None:
    """Say why a cell has no value, when its spreadsheet had none for it."""
    if not text.startswith(NO_VALUE):
        return None
    shown = text[len(NO_VALUE) :]
    return Unreadable("formula" if shown.startswith("=") else "error_of_sheet", shown[:60])


def mangled(text: str) -> str:
    """Give what a spreadsheet made of a serial number or key that it took for a number, and cut.

    Such as 3.01043E+13; empty when there is nothing of the kind.
    """
    found = _MANGLED.search(text)
    return found[0] if found else ""


def empty_cell(text: str) -> Said | Unreadable | None:
    """Give what a cell without a value says; None for one that has any."""
    if (lost := lost_value(text)) is not None:
        return lost
    return Said.BLANK if is_blank(text) else None
