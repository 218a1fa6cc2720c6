"""On how many machines products were found, by the names that products have in a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Installation
from parc.naming import folded
from parc.software.folding import Folded, fold

_MOST_NAMES: Final = 100_000  # raw names that are looked at
_MOST_PER_PRODUCT: Final = 500  # raw names of one product that are counted
_WORD: Final = 3  # letters of a word that says something


def count_seen(session: Session, products: Collection[str]) -> dict[str, int]:
    """Count the machines on which products are installed now.

    A name that says edition or version asks for these; one that does not, for all of them.

    Args:
        products: by name, a few hundred at most: each is one question.

    Returns:
        The counts by name; what was not found is not there.
    """
    counts = {}
    for product, names in _raw_names(session, products).items():
        query = sa.select(sa.func.count(sa.distinct(Installation.device_id)))
        part = names[:_MOST_PER_PRODUCT]
        query = query.where(Installation.name.in_(part), Installation.gone_at.is_(None))
        if count := session.scalar(query):
            counts[product] = count
    return counts


def _raw_names(session: Session, products: Collection[str]) -> Mapping[str, list[str]]:
    """Give the raw names that each product goes by, among all that were ever found."""
    wanted: dict[str, list[tuple[str, Folded]]] = {}
    words: set[str] = set()
    for name in products:
        told = fold(name)
        wanted.setdefault(folded(told.product), []).append((name, told))
        words.update(_words(folded(told.product)), _words(folded(name)))
    found: dict[str, list[str]] = {}
    if not words:
        return found
    names = sa.select(Installation.name).distinct().limit(_MOST_NAMES)
    for raw in session.scalars(names.execution_options(yield_per=5_000)):
        if words.isdisjoint(_words(folded(raw))):
            continue  # folding costs far more than this look at its words
        told = fold(raw)
        for name, asked in wanted.get(folded(told.product), ()):
            if _is_meant(asked, told):
                found.setdefault(name, []).append(raw)
    return found


def _is_meant(asked: Folded, told: Folded) -> bool:
    """Tell whether a raw name is of the edition and version that a file names, if it does."""
    if asked.edition and folded(asked.edition) != folded(told.edition or ""):
        return False
    return not asked.version or (told.version or "").startswith(asked.version)


def _words(key: str) -> Sequence[str]:
    return [word for word in key.split() if len(word) >= _WORD and not word.isdecimal()]
