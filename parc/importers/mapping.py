"""Which column of a file is which field: found by headings, saved under a name, found again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parc.importers.kinds import KINDS
from parc.importers.kinds.fields import Field, FieldType, Kind, heading_key, loose_key

# Systems that are known by headings that no other writes; nothing depends on it but a sentence.
_SYSTEMS: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    ("Snipe-IT", ("licensed to name", "reassignable")),
    ("Snipe-IT", ("e mail de la licence", "maintenu")),
    ("Snipe-IT", ("asset tag", "asset name", "checked out to")),
    ("Snipe-IT", ("etiquette de l actif", "nom de l actif")),
    ("GLPI", ("version in use", "purchase version")),
    ("GLPI", ("version utilisee", "version d achat")),
    ("GLPI", ("technicien en charge du materiel",)),
    ("GLPI", ("technician in charge of the hardware",)),
    ("iTop", ("usage limit", "licence key")),
    ("Ralph", ("number bought", "valid thru")),
    ("Microsoft 365", ("consumed units", "warning units")),
    ("Microsoft 365", ("product title", "assigned licenses")),
    ("Microsoft 365", ("titre du produit", "licences affectees")),
)
LINE_HEADING: Final = "Parc: line"
REASON_HEADING: Final = "Parc: reason"
_ADDED: Final = frozenset(map(heading_key, (LINE_HEADING, REASON_HEADING)))
_NO_SPACES: Final = str.maketrans("", "", " ")
_LOOSE: Final = 100  # a heading that is nearly the same counts as the hundredth of its field


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which field each column is.

    Attributes:
        columns: field to the place of its column, counted from 0.
        constants: field to what all rows shall say.
    """

    columns: Mapping[str, int] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)


def is_known_heading(text: str) -> bool:
    """Tell whether any field of any kind goes by this heading."""
    return (
        heading_key(text).translate(_NO_SPACES) in _ALL
        or loose_key(text).translate(_NO_SPACES) in _ALL_LOOSE
        or is_added_heading(text)
    )


def is_added_heading(text: str) -> bool:
    """Tell whether a column is one that Parc adds to the file of refused rows."""
    return heading_key(text) in _ADDED


def find_columns(kind: Kind, headings: Sequence[str]) -> dict[str, int]:
    """Give the column of each field that a heading names.

    A field whose usual heading is there is not given to a less usual one, nor to one that is only
    nearly the same; each column is one field.
    """
    return {name: place for name, (_rank, place) in _matches(kind, headings).items()}


def _matches(kind: Kind, headings: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Give of each field how unusual its heading is, and the column."""
    exact = [heading_key(text).translate(_NO_SPACES) for text in headings]
    loose = [loose_key(text).translate(_NO_SPACES) for text in headings]
    wanted = [
        (level, rank, -place if one.is_last else place, place, one.name)
        for one in kind.fields
        for level, keys, own in ((0, exact, one.headings), (1, loose, one.loose))
        for rank, text in enumerate(own)
        for place, key in enumerate(keys)
        if key and key == text.translate(_NO_SPACES)
    ]
    found: dict[str, tuple[int, int]] = {}
    taken: set[int] = set()
    for level, rank, _order, place, name in sorted(wanted):
        if name not in found and place not in taken:
            found[name] = (level * _LOOSE + rank, place)
            taken.add(place)
    return found


def _fit(kind: Kind, headings: Sequence[str]) -> tuple[int, int]:
    """Say how well headings fit a kind: how many are fields, and how usual they are for them."""
    found = _matches(kind, headings)
    return len(found), -sum(rank for rank, _place in found.values())


def best_kind(headings: Sequence[str]) -> Kind:
    """Give the kind of record that most headings belong to."""
    return max(KINDS.values(), key=lambda kind: _fit(kind, headings))


def system_of(headings: Iterable[str]) -> str:
    """Give the system that writes such headings; empty when none is known to."""
    keys = {heading_key(text) for text in headings}
    return next((name for name, signs in _SYSTEMS if keys.issuperset(signs)), "")


def signature(kind: Kind, headings: Iterable[str]) -> str:
    """Give what a saved mapping is found by again: the headings, in any order."""
    keys = sorted(filter(None, map(heading_key, headings)))
    return hashlib.sha256("\n".join([kind.name, *keys]).encode()).hexdigest()


def as_headings(columns: Mapping[str, int], headings: Sequence[str]) -> dict[str, str]:
    """Give the heading of each field, for keeping: the order of columns may change."""
    return {name: headings[place] for name, place in columns.items() if place < len(headings)}


def from_headings(kept: Mapping[str, str], headings: Sequence[str]) -> dict[str, int]:
    """Give the columns of a kept mapping in this file; what is not there any more is left out."""
    places = {heading_key(text): place for place, text in reversed(list(enumerate(headings)))}
    exact = {text: place for place, text in enumerate(headings)}
    found = {}
    for name, text in kept.items():
        place = exact.get(text, places.get(heading_key(text)))
        if place is not None:
            found[name] = place
    return found


def taken_fields(kind: Kind) -> tuple[Field, ...]:
    """Give the fields that can be imported."""
    return tuple(one for one in kind.fields if one.type is not FieldType.OWN)


_ALL: Final = frozenset(
    text.translate(_NO_SPACES)
    for kind in KINDS.values()
    for one in kind.fields
    for text in one.headings
)
_ALL_LOOSE: Final = frozenset(
    text.translate(_NO_SPACES)
    for kind in KINDS.values()
    for one in kind.fields
    for text in one.loose
)
