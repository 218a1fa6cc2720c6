"""What a field of a kind of record is, and the headings that it goes by."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from parc.importers.formats.cells import key_of

_NUMBER_SIGN: Final = re.compile(r"\bn[°º]|#")
_NUMBER: Final = re.compile(r"\b(?:numero|num|no|nr|nb)\b")
_SIGNS: Final = re.compile(r"[^a-z0-9]+")
_COPY: Final = re.compile(r" \([0-9]+\)$")


class FieldType(enum.StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    DATE = "date"
    END_DATE = "end_date"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    BOOLEAN = "boolean"
    WORD = "word"
    SERIAL = "serial"
    KEYS = "keys"
    OWN = "own"  # what Parc knows by itself and exports: known, and not taken


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of record.

    Attributes:
        headings: as ``heading_key`` gives them, the most usual first.
        words: of a closed set: from what is written, folded, to the value.
        most: characters of a text.
        beside: the kind of record that a name in it may make beside: ``publisher`` …
    """

    name: str
    type: FieldType
    headings: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    most: int = 255
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record.

    Attributes:
        needs: groups of fields of which one must be filled in a new record.
        keys: sets of fields that can tell records apart, the surest first.
        seats: fields that differ from row to row when there is one row for each seat.
    """

    name: str
    fields: tuple[Field, ...]
    needs: tuple[tuple[str, ...], ...]
    keys: tuple[tuple[str, ...], ...]
    seats: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """Give a field by its name.

        Raises:
            KeyError: there is none.
        """
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)


def heading_key(text: str) -> str:
    """Give what headings are compared by: no case, accents, signs, units, nor ways of "number"."""
    plain = _COPY.sub("", key_of(text))
    plain = _SIGNS.sub(" ", _NUMBER_SIGN.sub(" number ", plain)).strip()
    return _NUMBER.sub("number", plain)


def make_field(
    name: str,
    kind: FieldType,
    headings: str,
    *,
    words: Mapping[str, str] | None = None,
    most: int = 255,
    beside: str = "",
) -> Field:
    """Make a field; the headings stand in one text, parted by ``|``."""
    keys = [heading_key(part) for part in (name.replace("_", " "), *headings.split("|"))]
    return Field(name, kind, tuple(dict.fromkeys(filter(None, keys))), words or {}, most, beside)


def words_of(members: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Make the words of a closed set: each value with its words, parted by ``|``."""
    found: dict[str, str] = {}
    for value, *texts in members:
        for text in (value, value.replace("_", " "), *"|".join(texts).split("|")):
            if text:
                found[key_of(text)] = value
    return found
