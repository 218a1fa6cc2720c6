"""On how many machines products were found, by the names that products have in a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Installation, SoftwareProduct, SoftwareTitle
from parc.naming import folded
from parc.software.folding import Folded, fold

T = TypeVar("T")
_MOST_TITLES: Final = 2_000  # of one product that are counted
_PART: Final = 500


def count_seen(session: Session, products: Collection[str]) -> dict[str, int]:
    """Count the machines on which products are installed now.

    A name that says edition or version asks for these; one that does not, for all of them.

    Args:
        products: by name, a few hundred at most: each is one question.

    Returns:
        The counts by name; what was not found is not there.
    """
    counts = {}
    for name, titles in _titles(session, products).items():
        devices: set[int] = set()
        for part in _parts(titles[:_MOST_TITLES]):
            query = sa.select(Installation.device_id).distinct()
            query = query.where(Installation.title_id.in_(part), Installation.gone_at.is_(None))
            devices.update(session.scalars(query))
        if devices:
            counts[name] = len(devices)
    return counts


def _titles(session: Session, products: Collection[str]) -> dict[str, list[int]]:
    """Give the titles that each product of a file goes by, of those that are installed."""
    wanted: dict[str, list[tuple[str, Folded]]] = {}
    for name in products:
        told = fold(name)
        for key in {folded(told.product), folded(name)}:
            wanted.setdefault(key, []).append((name, told))
    found: dict[str, list[int]] = {}
    columns = (
        SoftwareProduct.name_folded,
        SoftwareTitle.id,
        SoftwareTitle.edition,
        SoftwareTitle.version,
    )
    for part in _parts(sorted(wanted)):
        query = (
            sa.select(*columns)
            .join(SoftwareTitle, SoftwareTitle.product_id == SoftwareProduct.id)
            .where(SoftwareProduct.name_folded.in_(part))
            .order_by(SoftwareTitle.id)
        )
        for key, title_id, edition, version in session.execute(query):
            for name, asked in wanted[key]:
                if key == folded(name) or _is_meant(asked, edition, version):
                    found.setdefault(name, []).append(title_id)
    return found


def _is_meant(asked: Folded, edition: str | None, version: str | None) -> bool:
    """Tell whether a title is of the edition and version that a file names, if it does."""
    if asked.edition and folded(asked.edition) != folded(edition or ""):
        return False
    return not asked.version or (version or "").startswith(asked.version)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PART):
        yield items[start : start + _PART]
