"""Acts that changed many rows: the list, and what one did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import AuditEntry, ChangeSet, ChangeSetKind, ChangeSetPart, ChangeSetState
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page

SORTS: Mapping[str, SortColumn] = {
    "at": SortColumn("at", ChangeSet.at, ValueKind.MOMENT, is_nullable=False)
}


@dataclass(frozen=True, slots=True)
class ChangeSetFilter:
    """What a list is narrowed to; empty: not at all."""

    kinds: Sequence[ChangeSetKind] = ()
    states: Sequence[ChangeSetState] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChangeSetList:
    """A page of acts, with how many there are of each kind and state."""

    page: Page
    count: int
    by_kind: Mapping[str, int]
    by_state: Mapping[str, int]


def list_change_sets(
    session: Session, chosen: ChangeSetFilter, order: Order, cursor: Cursor | None, size: int
) -> ChangeSetList:
    """Give a page of acts, the latest first unless asked otherwise."""
    act = ChangeSet
    of_kind = [act.kind.in_(chosen.kinds)] if chosen.kinds else []
    in_state = [act.state.in_(chosen.states)] if chosen.states else []
    of_author = [act.author.icontains(chosen.text, autoescape=True)] if chosen.text else []
    conditions = [*of_kind, *in_state, *of_author]
    columns = (act.id, act.kind, act.title, act.author, act.run_id, act.at, act.state)
    query = sa.select(*columns, act.row_count).where(*conditions)
    return ChangeSetList(
        page=read_page(session, query, order, cursor, size),
        count=session.scalar(sa.select(sa.func.count(act.id)).where(*conditions)) or 0,
        by_kind=_counts(session, act.kind, *in_state, *of_author),
        by_state=_counts(session, act.state, *of_kind, *of_author),
    )


def read_change_set(session: Session, number: int) -> ChangeSet:
    """Give one act.

    Raises:
        NotFoundError: there is none.
    """
    act = session.get(ChangeSet, number)
    if act is None:
        raise NotFoundError(f"There is no change {number}.")
    return act


def has_rows(session: Session, number: int) -> bool:
    """Tell whether the rows of an act are still kept, so that it could be undone."""
    parts = sa.exists().where(ChangeSetPart.change_set_id == number)
    return bool(session.scalar(sa.select(parts)))


def read_entries(
    session: Session, number: int, before_id: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Give entries of the history that an act wrote, the latest first."""
    query = sa.select(AuditEntry).where(AuditEntry.change_set_id == number)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()


def change_set_of_run(session: Session, run_id: int) -> int | None:
    """Give the act of what a run did, if it changed anything."""
    query = sa.select(ChangeSet.id).where(
        ChangeSet.run_id == run_id, ChangeSet.kind == ChangeSetKind.RUN
    )
    return session.scalar(query.order_by(ChangeSet.id.desc()).limit(1))


def _counts(session: Session, column: Any, *conditions: Any) -> dict[str, int]:
    query = sa.select(column, sa.func.count(ChangeSet.id)).where(*conditions).group_by(column)
    return {member.value: count for member, count in session.execute(query)}
