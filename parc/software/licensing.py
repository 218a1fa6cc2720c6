"""Which software needs a licence, and which may be used by anybody: a table with notes, not code.

What is not in the table is not known, and nobody is blamed for it. A person may say otherwise.
"""

from __future__ import annotations

import csv
import enum
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from parc.naming import folded

_FILE: Final = Path(__file__).parent / "data" / "licensing.csv"


class LicenceNeed(enum.StrEnum):
    """Whether one may use a software without having bought it; None stands for not known."""

    YES = "yes"
    NO = "no"


def usual_need(product: str, publisher: str | None = None) -> LicenceNeed | None:
    """Give what the table says of a product; one of another publisher is another product."""
    found = _table().get((folded(product), ""))
    return found[1] if found and _is_of(found[0], publisher) else None


def is_free_edition(product: str, edition: str | None) -> bool:
    """Tell whether an edition of a product that is sold may be used by anybody: Express."""
    found = _table().get((folded(product), folded(edition or "")))
    return bool(edition) and found is not None and found[1] is LicenceNeed.NO


@cache
def has_free_edition(product: str) -> bool:
    """Tell whether any edition of a product may be used by anybody, so that it matters which."""
    wanted = folded(product)
    return any(
        name == wanted and edition and need is LicenceNeed.NO
        for (name, edition), (_maker, need) in _table().items()
    )


def known_names() -> frozenset[str]:
    """Give the products of the table, as they are compared."""
    return frozenset(product for product, _edition in _table())


def _is_of(maker: str, publisher: str | None) -> bool:
    return not maker or not publisher or maker == folded(publisher)


@cache
def _table() -> Mapping[tuple[str, str], tuple[str, LicenceNeed]]:
    """Read the table: publisher and need by product and edition."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            (folded(row["product"]), folded(row["edition"])): (
                folded(row["publisher"]),
                LicenceNeed(row["needs_licence"]),
            )
            for row in csv.DictReader(file, delimiter=";")
        }
