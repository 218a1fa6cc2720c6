"""What a field of a kind of record is, and the headings that it goes by."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from parc.importers.formats.cells import key_of

_NUMBER_SIGN: Final = re.compile(r"\bn[°º]|#")
_NUMBER: Final = re.compile(r"\b(?:numero|num|no|nr)\b")
_COUNT: Final = re.compile(r"\b(?:nombre|nbre|nbr|nb|number of)\b")
_SIGNS: Final = re.compile(r"[^a-z0-9]+")
_COPY: Final = re.compile(r" \([0-9]+\)$")
# What systems write about a column beside its name: GLPI the group of fields that it is in, iTop
# which attribute of a linked object is shown.
_GROUP: Final = re.compile(
    r"^(?:informations financieres et administratives"
    r"|financial and administrative information|couts|costs) - "
)
_ATTRIBUTE: Final = re.compile(r"(?:_id)?->(?:name|nom|full name|nom complet|friendlyname)$")
# Snipe-IT's French "Catégorie" begins with a Cyrillic letter that looks the same.
_LOOKALIKES: Final = str.maketrans("асеорхуі", "aceopxyi")  # noqa: RUF001 -- they are meant
_FILLERS: Final = frozenset(
    {
        *("de", "du", "des", "d", "l", "la", "le", "les", "et", "of", "the"),
        *("ht", "ttc", "hors", "taxe", "taxes", "eur", "euro", "euros"),
    }
)
_PLURAL: Final = 4  # letters of a word that may end in the s of more than one


class FieldType(enum.StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    DATE = "date"
    END_DATE = "end_date"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    MONTHS = "months"  # a length of time: 36, 36 mois, 3 ans
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
        is_last: of several columns with the same heading, the last one is it.
        loose: as ``loose_key`` gives the headings.
    """

    name: str
    type: FieldType
    headings: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    most: int = 255
    beside: str = ""
    is_last: bool = False
    loose: tuple[str, ...] = ()


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
    """Give what headings are compared by: no case, accents, signs, units, nor ways of "number".

    How many is told apart from which number; a heading that is the sign alone (``N°``) counts the
    rows or names the record, never things.
    """
    plain = _COPY.sub("", key_of(text)).translate(_LOOKALIKES)
    plain = _ATTRIBUTE.sub("", _GROUP.sub("", plain))
    plain = _SIGNS.sub(" ", _NUMBER_SIGN.sub(" numero ", plain)).strip()
    if _NUMBER.fullmatch(plain):
        return "numero"
    return _COUNT.sub("count", _NUMBER.sub("number", plain))


def loose_key(text: str) -> str:
    """Give what headings are compared by when none is the very same: no fillers, no plural."""
    words = (word for word in heading_key(text).split() if word not in _FILLERS)
    return " ".join(word.removesuffix("s") if len(word) >= _PLURAL else word for word in words)


def words_of(members: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Make the words of a closed set: each value with its words, parted by ``|``."""
    found: dict[str, str] = {}
    for value, *texts in members:
        for text in (value, value.replace("_", " "), *"|".join(texts).split("|")):
            if text:
                found[key_of(text)] = value
    return found


CURRENCIES: Final = words_of(
    (
        ("EUR", "€|euro|euros"),
        ("USD", "$|us$|dollar|dollars|dollar us|us dollar"),
        ("GBP", "£|livre|livre sterling|pound"),
        ("CHF", "fr.|franc suisse|francs suisses"),
        ("CAD", "can$|dollar canadien"),
        ("XPF", "fcfp|franc pacifique|f cfp"),
    )
)


def make_field(
    name: str,
    kind: FieldType,
    headings: str,
    *,
    words: Mapping[str, str] | None = None,
    most: int = 255,
    beside: str = "",
    is_last: bool = False,
) -> Field:
    """Make a field; the headings stand in one text, parted by ``|``."""
    texts = (name.replace("_", " "), *headings.split("|"))
    exact = tuple(dict.fromkeys(filter(None, map(heading_key, texts))))
    # One word that is left of several says too little: "valide du" is no "valide".
    loose = tuple(key for text in exact if " " in (key := loose_key(text)) or " " not in text)
    return Field(name, kind, exact, words or {}, most, beside, is_last, loose)
