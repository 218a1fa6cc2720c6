"""What still points at a record that somebody wants to delete, counted by table and column."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError
from parc.models import Base
from parc.queries.scope import unlimited


@dataclass(frozen=True, slots=True)
class Use:
    """Rows of one table that point at a record by one column."""

    table: str
    column: str
    count: int


class InUseError(ConflictError):
    """It cannot be deleted while others point at it; ``uses`` says which and how many."""

    def __init__(self, name: str, uses: list[Use]) -> None:
        parts = ", ".join(f"{use.count} {use.table} ({use.column})" for use in uses)
        super().__init__(f"{name} is in use: {parts}")
        self.name = name
        self.uses = uses


def count_uses(
    session: Session, table: str, number: int, *, but: Collection[str] = ()
) -> list[Use]:
    """Count the rows, seen or not, that point at row ``number`` of ``table``.

    Args:
        but: tables whose rows go along with it.
    """
    with unlimited(session):
        return _uses(session, table, number, but)


def _uses(session: Session, table: str, number: int, but: Collection[str]) -> list[Use]:
    found = []
    for other in Base.metadata.sorted_tables:
        if other.name in but:
            continue
        for key in sorted(other.foreign_keys, key=lambda key: key.parent.name):
            if key.column.table.name == table:
                query = sa.select(sa.func.count()).where(key.parent == number)
                if count := session.scalar(query.select_from(other)):
                    found.append(Use(other.name, key.parent.name, count))
    return found
