"""Acts that changed many rows: the list, and what one did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    """What a list is narrowed to; empty: not at all.

    Attributes:
        text: a part of the author's name or of the reason.
        since, until: the first moment, and the last.
    """

    kinds: Sequence[ChangeSetKind] = ()
    states: Sequence[ChangeSetState] = ()
    authors: Sequence[str] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, without: str = "") -> list[sa.ColumnElement[bool]]:
        """Give the filter as conditions, but for that of one facet."""
        act = ChangeSet
        found: list[sa.ColumnElement[bool]] = []
        if self.kinds and without != "kind":
            found.append(act.kind.in_(self.kinds))
        if self.states and without != "state":
            found.append(act.state.in_(self.states))
        if self.authors and without != "author":
            found.append(act.author.in_(self.authors))
        if self.text:
            texts = (act.author, act.reason)
            found.append(sa.or_(*(one.icontains(self.text, autoescape=True) for one in texts)))
        if self.since is not None:
            found.append(act.at >= self.since)
        if self.until is not None:
            found.append(act.at <= self.until)
        return found


@dataclass(frozen=True, slots=True)
class ChangeSetList:
    """A page of acts, with how many there are of each kind, state and author."""

    page: Page
    count: int
    by_kind: Mapping[str, int]
    by_state: Mapping[str, int]
    by_author: Mapping[str, int]


def list_change_sets(
    session: Session, chosen: ChangeSetFilter, order: Order, cursor: Cursor | None, size: int
) -> ChangeSetList:
    """Give a page of acts, the latest first unless asked otherwise."""
    count = sa.select(sa.func.count(ChangeSet.id)).where(*chosen.conditions())
    return ChangeSetList(
        page=page_of_acts(session, chosen, order, cursor, size),
        count=session.scalar(count) or 0,
        by_kind=_counts(session, ChangeSet.kind, chosen, "kind"),
        by_state=_counts(session, ChangeSet.state, chosen, "state"),
        by_author=_counts(session, ChangeSet.author, chosen, "author"),
    )


def page_of_acts(
    session: Session, chosen: ChangeSetFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Give a page of acts alone."""
    act = ChangeSet
    columns = (act.id, act.kind, act.title, act.author, act.reason, act.run_id, act.at, act.state)
    query = sa.select(*columns, act.row_count, act.undone_at, act.undone_by, act.undo_of_id).where(
        *chosen.conditions()
    )
    return read_page(session, query, order, cursor, size)


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


def _counts(session: Session, column: Any, chosen: ChangeSetFilter, facet: str) -> dict[str, int]:
    query = sa.select(column, sa.func.count(ChangeSet.id)).where(*chosen.conditions(facet))
    return {str(value): count for value, count in session.execute(query.group_by(column))}
