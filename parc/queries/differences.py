"""What machines say against the values that stand: the list of all assets, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, AssetField, Difference, User, ValueSource
from parc.naming import MACHINE_FIELDS
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.search import words_in

COUNT_LIMIT: Final = 10_000
SORTS: Final[Mapping[str, SortColumn]] = {
    "since": SortColumn("since", Difference.since, ValueKind.MOMENT, is_nullable=False),
    "name": SortColumn("name", Asset.name, is_nullable=False),
    "field": SortColumn("field", Difference.field, is_nullable=False),
}
# What stands in the field that a difference is about, as text.
OWN_VALUE: Final = sa.case(
    *(
        (Difference.field == name, sa.cast(getattr(Asset, name), sa.String))
        for name in MACHINE_FIELDS
    ),
    else_=sa.null(),
)


@dataclass(frozen=True, slots=True)
class DifferenceFilter:
    """Which differences; empty: all that are open.

    Attributes:
        text: words of the asset.
        has_kept: those too whose own value is kept until the seen one changes.
    """

    text: str = ""
    fields: Sequence[str] = ()
    sources: Sequence[ValueSource] = ()
    has_kept: bool = False

    def conditions(self, without: str = "") -> list[sa.ColumnElement[bool]]:
        """Give the filter as conditions, but for that of one facet."""
        found = words_in(Asset.search_text, self.text)
        if not self.has_kept:
            found.append(Difference.is_kept.is_(False))
        if self.fields and without != "field":
            found.append(Difference.field.in_(self.fields))
        if self.sources and without != "source":
            found.append(Difference.source.in_(self.sources))
        return found


@dataclass(frozen=True, slots=True)
class DifferenceList:
    """A page of differences, how many there are, and by field and source."""

    page: Page
    count: int
    by_field: Mapping[str, int]
    by_source: Mapping[str, int]


def list_differences(
    session: Session, wanted: DifferenceFilter, order: Order, cursor: Cursor | None, size: int
) -> DifferenceList:
    """Read one page with its counts."""
    found = _joined(sa.select(Difference.id), wanted).limit(COUNT_LIMIT + 1).subquery()
    return DifferenceList(
        differences_page(session, wanted, order, cursor, size),
        session.scalar(sa.select(sa.func.count()).select_from(found)) or 0,
        _counts(session, Difference.field, wanted, "field"),
        _counts(session, Difference.source, wanted, "source"),
    )


def differences_page(
    session: Session, wanted: DifferenceFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page alone: what stands, whose it is and since when, and what is seen."""
    query = sa.select(
        Difference.id,
        Difference.asset_id,
        Asset.name,
        Asset.asset_tag,
        Difference.field,
        OWN_VALUE.label("own_value"),
        AssetField.source.label("own_source"),
        AssetField.set_at.label("own_since"),
        User.display_name.label("own_author"),
        Difference.seen_value,
        Difference.source,
        Difference.since,
        Difference.is_kept,
    )
    query = _joined(query, wanted)
    query = query.outerjoin(
        AssetField,
        sa.and_(AssetField.asset_id == Asset.id, AssetField.field == Difference.field),
    ).outerjoin(User, User.id == AssetField.user_id)
    return read_page(session, query, order, cursor, size)


def differing() -> sa.Select[int]:
    """Select the assets of which a machine says something else than what stands."""
    return sa.select(Difference.asset_id).where(Difference.is_kept.is_(False))


def count_differing(asset_id: Any) -> sa.ScalarSelect[int]:
    """Count, for the asset of a row, the fields of which a machine says something else."""
    query = sa.select(sa.func.count(Difference.id)).where(
        Difference.asset_id == asset_id, Difference.is_kept.is_(False)
    )
    return query.scalar_subquery()


def order_of(name: str, *, is_descending: bool) -> Order:
    """Give an order of the list by its name in addresses."""
    return Order(SORTS[name], Difference.id, is_descending)


def _joined(query: sa.Select[Any], wanted: DifferenceFilter, without: str = "") -> sa.Select[Any]:
    joined = query.join_from(Difference, Asset, Asset.id == Difference.asset_id)
    return joined.where(*wanted.conditions(without))


def _counts(session: Session, column: Any, wanted: DifferenceFilter, facet: str) -> dict[str, int]:
    query = _joined(sa.select(column, sa.func.count(Difference.id)), wanted, facet)
    return {str(value): count for value, count in session.execute(query.group_by(column))}
