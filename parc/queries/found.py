"""How many records of each kind a search finds beside assets; some hundreds are counted at most."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Contract, Entitlement, Person, SoftwareProduct, Supplier
from parc.queries.incidents import found_incidents
from parc.queries.movements import found_movements
from parc.queries.search import words_in, words_of

MOST_COUNTED: Final = 500
_PLAIN: Final[Mapping[str, tuple[Any, Any]]] = {
    "person": (Person, Person.search_text),
    "contract": (Contract, Contract.search_text),
    "supplier": (Supplier, Supplier.search_text),
    "licence": (Entitlement, Entitlement.search_text),
    "software": (SoftwareProduct, SoftwareProduct.name_folded),
}


def count_found(session: Session, text: str, kinds: Collection[str]) -> dict[str, int]:
    """Count what a search finds of some kinds, each up to one more than ``MOST_COUNTED``."""
    if not (words_of(text) and kinds):
        return {}
    counts = []
    for kind in kinds:
        few = _found(session, text, kind).limit(MOST_COUNTED + 1).subquery()
        counts.append(sa.select(sa.literal(kind), sa.func.count()).select_from(few))
    return {row[0]: row[1] for row in session.execute(sa.union_all(*counts))}


def _found(session: Session, text: str, kind: str) -> sa.Select[int]:
    """Give the ids of what a search finds of one kind."""
    if kind == "movement":
        return found_movements(session, text)
    if kind == "incident":
        return found_incidents(session, text)
    model, column = _PLAIN[kind]
    found: sa.Select[int] = sa.select(model.id).where(*words_in(column, text))
    return found.where(model.machine_count > 0) if model is SoftwareProduct else found
