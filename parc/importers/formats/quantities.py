"""How many: numbers with or without a unit, and the words for no limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from parc.importers.formats.cells import Said, Unreadable, empty_cell, key_of

_UNLIMITED: Final = frozenset(
    {
        *("illimite", "illimitee", "illimites", "illimitees", "unlimited", "infini", "\u221e"),
        *("sans limite", "no limit", "-1", "nombre illimite", "utilisateurs illimites"),
        *("postes illimites", "unlimited users", "unlimited seats", "licence illimitee"),
    }
)
_SITE: Final = frozenset({"site", "licence site", "site licence", "site license", "tout le site"})
_COUNTED: Final = re.compile(
    r"([0-9]{1,3}(?:[ '.,][0-9]{3})+|[0-9]+)(?:[.,]0{1,4})? ?([a-z][a-z ()/'-]*)?"
)
_MOST_DIGITS: Final = 8
_MONTHS: Final = re.compile(r"(?:m|mois|months?)?")
_YEARS: Final = re.compile(r"(?:a|an|annee|year|yr)(?:s|\(s\))?")
_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many.

    Attributes:
        count: None for no limit.
        unit: the word behind the number, folded; ``site`` for a licence of a whole site.
    """

    count: int | None
    unit: str = ""


def read_quantity(text: str) -> Quantity | Said | Unreadable:
    """Read how many; -1 is how several systems write no limit, 0 is none."""
    if (empty := empty_cell(text)) is not None:
        return empty
    plain = key_of(text)
    if plain in _UNLIMITED:
        return Quantity(None)
    if plain in _SITE:
        return Quantity(None, "site")
    found = _COUNTED.fullmatch(plain)
    digits = re.sub(r"[ '.,]", "", found[1]).lstrip("0") if found else ""
    if found is None or len(digits) > _MOST_DIGITS:
        return Unreadable("not_a_quantity", text[:60])
    return Quantity(int(digits or "0"), (found[2] or "").strip())


def read_months(text: str) -> Quantity | Said | Unreadable:
    """Read a length of time in months; what is said in years is made months of."""
    found = read_quantity(text)
    if not isinstance(found, Quantity) or found.count is None:
        return found
    if _YEARS.fullmatch(found.unit):
        return Quantity(found.count * _YEAR)
    return Quantity(found.count) if _MONTHS.fullmatch(found.unit) else _no_months(text)


def _no_months(text: str) -> Unreadable:
    return Unreadable("not_months", text[:60])
