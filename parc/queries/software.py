"""Found software: the list of products, and counts that are kept beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import ProductStatus, Publisher, SoftwareProduct, SoftwareTitle
from parc.naming import folded
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.software.licensing import LicenceNeed
from parc.software.rules import SoftwareKind

COUNT_LIMIT: Final = 10_000
NEED_UNKNOWN: Final = "unknown"
_PUBLISHERS: Final = 200
_BY_NAME: Final = SortColumn("name_folded", SoftwareProduct.name_folded, is_nullable=False)
SORTS: Mapping[str, SortColumn] = {
    "name": _BY_NAME,
    "machines": SortColumn(
        "machine_count",
        SoftwareProduct.machine_count,
        ValueKind.WHOLE,
        is_nullable=False,
        then=_BY_NAME,
    ),
    "first_seen": SortColumn("first_seen_at", SoftwareProduct.first_seen_at, ValueKind.MOMENT),
    "last_seen": SortColumn("last_seen_at", SoftwareProduct.last_seen_at, ValueKind.MOMENT),
}


@dataclass(frozen=True, slots=True)
class SoftwareFilter:
    """Which products: those whose name holds every word of ``text``; each list is an "or".

    Attributes:
        kinds: none for all.
        needs: of a licence: ``yes``, ``no``, ``unknown``.
        support_before: a version that is installed is supported until before this day.
        new_since: first seen since.
        is_gone: what is on no machine any more; else what is on some.
    """

    text: str = ""
    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    needs: Sequence[str] = ()
    publishers: Sequence[int] = ()
    support_before: date | None = None
    new_since: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class SoftwareList:
    """One page, the count of all, counts by filter, and what its titles say by product."""

    page: Page
    count: int
    by_kind: Mapping[str, int]
    by_status: Mapping[str, int]
    by_publisher: Mapping[str, int]
    publishers: Mapping[str, str]
    titles: Mapping[int, tuple[int, date | None]]


def list_software(
    session: Session, wanted: SoftwareFilter, order: Order, cursor: Cursor | None, size: int
) -> SoftwareList:
    """Read one page with its counts."""
    page = software_page(session, wanted, order, cursor, size)
    row = SoftwareProduct
    base = [*_words(wanted.text), _presence(wanted)]
    found = sa.select(row.id).where(*_conditions(wanted)).limit(COUNT_LIMIT + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    kinds = [row.kind.in_(wanted.kinds)] if wanted.kinds else []
    publishers = (
        sa.select(row.publisher_id, Publisher.name, sa.func.count())
        .join(Publisher, Publisher.id == row.publisher_id)
        .where(*base, *kinds)
        .group_by(row.publisher_id, Publisher.name)
        .order_by(sa.func.count().desc(), Publisher.name)
        .limit(_PUBLISHERS)
    )
    makers = session.execute(publishers).all()
    return SoftwareList(
        page,
        count,
        _counts(session, row.kind, base),
        _counts(session, row.status, [*base, *kinds]),
        {str(number): total for number, _name, total in makers},
        {str(number): name for number, name, _total in makers},
        read_versions(session, [one.id for one in page.rows]),
    )


def software_page(
    session: Session, wanted: SoftwareFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    row = SoftwareProduct
    query = (
        sa.select(
            row.id,
            row.name,
            row.name_folded,
            row.kind,
            row.status,
            row.status_reason,
            row.status_until,
            _need().label("need"),
            row.machine_count,
            row.first_seen_at,
            row.last_seen_at,
            row.removed_at,
            Publisher.name.label("publisher"),
        )
        .outerjoin(Publisher, Publisher.id == row.publisher_id)
        .where(*_conditions(wanted))
    )
    return read_page(session, query, order, cursor, size)


def find_ids(session: Session, wanted: SoftwareFilter, most: int) -> list[int]:
    """Give the products of a filter, at most so many."""
    row = SoftwareProduct
    query = sa.select(row.id).where(*_conditions(wanted)).order_by(row.id).limit(most)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a raw name means, whether it may be used, and until when it is supported."""

    product_id: int
    product: str
    status: ProductStatus
    status_until: date | None
    support_ends_on: date | None
    kind: SoftwareKind


def read_meanings(session: Session, title_ids: Sequence[int]) -> dict[int, Meaning]:
    """Give what the titles of one page mean."""
    title, product = SoftwareTitle, SoftwareProduct
    query = (
        sa.select(
            title.id,
            product.id,
            product.name,
            product.status,
            product.status_until,
            title.support_ends_on,
            title.kind,
        )
        .join(product, product.id == title.product_id)
        .where(title.id.in_(title_ids))
    )
    return {row[0]: Meaning(*row[1:]) for row in session.execute(query)}


def count_forbidden(session: Session) -> int:
    """Count the forbidden products that are on some machine."""
    row = SoftwareProduct
    query = sa.select(sa.func.count()).where(row.status == "forbidden", row.machine_count > 0)
    return session.scalar(query) or 0


def installed_names(session: Session, names: Sequence[str]) -> set[str]:
    """Give those of these names that are products which are on some machine."""
    row = SoftwareProduct
    by_key = {folded(name): name for name in names}
    query = sa.select(row.name_folded).where(
        row.name_folded.in_(sorted(by_key)), row.machine_count > 0
    )
    return {by_key[key] for key in session.scalars(query)}


def read_versions(
    session: Session, product_ids: Sequence[int]
) -> dict[int, tuple[int, date | None]]:
    """Give how many versions of each product are installed, and the first end of their support."""
    title = SoftwareTitle
    query = (
        sa.select(
            title.product_id,
            sa.func.count(title.version_sort.distinct()),
            sa.func.min(title.support_ends_on),
        )
        .where(title.product_id.in_(product_ids), title.installation_count > 0)
        .group_by(title.product_id)
    )
    return {number: (count, end) for number, count, end in session.execute(query)}


def _need() -> sa.ColumnElement[LicenceNeed | None]:
    return sa.func.coalesce(SoftwareProduct.licence_need, SoftwareProduct.usual_need)


def _presence(wanted: SoftwareFilter) -> sa.ColumnElement[bool]:
    row = SoftwareProduct
    if wanted.is_gone:
        return sa.and_(row.machine_count == 0, row.removed_at.is_not(None))
    return row.machine_count > 0


def _words(text: str) -> list[sa.ColumnElement[bool]]:
    return [
        SoftwareProduct.name_folded.contains(word, autoescape=True) for word in folded(text).split()
    ]


def _conditions(wanted: SoftwareFilter) -> list[sa.ColumnElement[bool]]:
    row = SoftwareProduct
    conditions = [*_words(wanted.text), _presence(wanted)]
    if wanted.kinds:
        conditions.append(row.kind.in_(wanted.kinds))
    if wanted.statuses:
        conditions.append(row.status.in_(wanted.statuses))
    if wanted.needs:
        known = [name for name in wanted.needs if name != NEED_UNKNOWN]
        is_unknown = _need().is_(None) if NEED_UNKNOWN in wanted.needs else sa.false()
        conditions.append(sa.or_(_need().in_(known), is_unknown))
    if wanted.publishers:
        conditions.append(row.publisher_id.in_(wanted.publishers))
    if wanted.support_before is not None:
        ended = sa.select(SoftwareTitle.product_id).where(
            SoftwareTitle.support_ends_on < wanted.support_before,
            SoftwareTitle.installation_count > 0,
        )
        conditions.append(row.id.in_(ended))
    if wanted.new_since is not None:
        conditions.append(row.first_seen_at >= wanted.new_since)
    return conditions


def _counts(
    session: Session, column: Any, conditions: Sequence[sa.ColumnElement[bool]]
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).select_from(SoftwareProduct).where(*conditions)
    rows = session.execute(query.group_by(column))
    return {str(getattr(value, "value", value)): count for value, count in rows if value}
