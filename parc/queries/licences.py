"""Licences: the list, and the sheet with periods, keys and who holds seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Allocation,
    AllocationRule,
    Asset,
    Entitlement,
    EntitlementKey,
    EntitlementPeriod,
    Person,
    Publisher,
    SoftwareProduct,
    Supplier,
)
from parc.naming import folded
from parc.queries.alerts import near_end
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.search import words_in

COUNT_LIMIT: Final = 10_000
SORTS: Mapping[str, SortColumn] = {
    "name": SortColumn("name_folded", Entitlement.name_folded, is_nullable=False),
    "ends_on": SortColumn("ends_on", Entitlement.ends_on, ValueKind.DAY),
    "created_at": SortColumn(
        "created_at", Entitlement.created_at, ValueKind.MOMENT, is_nullable=False
    ),
}
USES: Final = ("over", "full", "free", "none")
ENDS: Final = ("near", "ended")


@dataclass(frozen=True, slots=True)
class LicenceFilter:
    """Which licences: those that hold every word of ``text``; each list is an "or".

    Attributes:
        uses: of ``USES``: more seats given than bought, all, some left, none given.
        ends: of ``ENDS``: they, or their maintenance, end soon, or their term has ended.
    """

    today: date
    text: str = ""
    types: Sequence[str] = ()
    metrics: Sequence[str] = ()
    uses: Sequence[str] = ()
    ends: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LicenceList:
    """One page, the count of all, and counts by filter."""

    page: Page
    count: int
    by_type: Mapping[str, int]
    by_metric: Mapping[str, int]
    by_use: Mapping[str, int]
    by_end: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that is given."""

    id: int
    person_id: int | None
    person: str | None
    asset_id: int | None
    asset: str | None
    asset_tag: str | None
    since_on: Any


@dataclass(frozen=True, slots=True)
class LicenceSheet:
    """One licence with what hangs on it.

    Attributes:
        periods: the latest first, each with the name of its supplier.
        key_endings: of the keys that are kept, what is shown of them.
        seats: the first of those given; ``licence.allocated_count`` says how many there are.
    """

    licence: Entitlement
    product: str
    publisher: str
    owner: str | None
    periods: Sequence[tuple[EntitlementPeriod, str | None]]
    keys: Sequence[tuple[int, str]]
    seats: Sequence[Seat]


def list_licences(
    session: Session, wanted: LicenceFilter, order: Order, cursor: Cursor | None, size: int
) -> LicenceList:
    """Read one page with its counts."""
    page = licence_page(session, wanted, order, cursor, size)
    found = sa.select(Entitlement.id).where(*_conditions(wanted)).limit(COUNT_LIMIT + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    words = words_in(Entitlement.search_text, wanted.text)
    use = sa.case(*((_use(name), name) for name in USES), else_="")
    return LicenceList(
        page,
        count,
        _counts(session, Entitlement.type, words),
        _counts(session, Entitlement.metric, words),
        _counts(session, use, words),
        {
            name: session.scalar(
                sa.select(sa.func.count())
                .select_from(Entitlement)
                .where(_end(name, wanted), *words)
            )
            or 0
            for name in ENDS
        },
    )


def count_to_see(session: Session, today: date) -> tuple[int, int]:
    """Count the licences that end soon, and those of which more seats are given than bought."""
    near = sa.select(sa.func.count()).select_from(Entitlement).where(near_end(today))
    over = sa.select(sa.func.count()).select_from(Entitlement).where(_use("over"))
    row = session.execute(sa.select(near.scalar_subquery(), over.scalar_subquery())).one()
    return int(row[0]), int(row[1])


def licence_page(
    session: Session, wanted: LicenceFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    query = (
        sa.select(
            Entitlement.id,
            Entitlement.name,
            Entitlement.version,
            Entitlement.edition,
            Entitlement.type,
            Entitlement.metric,
            Entitlement.quantity,
            Entitlement.is_unlimited,
            Entitlement.allocated_count,
            Entitlement.reference,
            Entitlement.contract_number,
            Entitlement.starts_on,
            Entitlement.ends_on,
            Entitlement.maintenance_ends_on,
            Entitlement.notes,
            Entitlement.created_at,
            SoftwareProduct.name.label("product"),
            Publisher.name.label("publisher"),
        )
        .join(SoftwareProduct, SoftwareProduct.id == Entitlement.product_id)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .where(*_conditions(wanted))
    )
    return read_page(session, query, order, cursor, size)


def get_licence(session: Session, entitlement_id: int) -> Entitlement:
    """Give one licence.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Entitlement, entitlement_id)
    if row is None:
        raise NotFoundError(f"There is no licence {entitlement_id}.")
    return row


def get_period(session: Session, period_id: int) -> tuple[EntitlementPeriod, Entitlement, str]:
    """Give one period with its licence and the name of its supplier.

    Raises:
        NotFoundError: there is none.
    """
    query = (
        sa.select(EntitlementPeriod, Entitlement, sa.func.coalesce(Supplier.name, ""))
        .join(Entitlement, Entitlement.id == EntitlementPeriod.entitlement_id)
        .outerjoin(Supplier, Supplier.id == EntitlementPeriod.supplier_id)
        .where(EntitlementPeriod.id == period_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no period {period_id}.")
    return found[0], found[1], found[2]


def find_licence(session: Session, text: str) -> int | None:
    """Give the licence of a reference, or of a name that one alone has; None when there is none."""
    if not text:
        return None
    by_reference = sa.select(Entitlement.id).where(Entitlement.reference == text)
    by_name = sa.select(Entitlement.id).where(Entitlement.name_folded == folded(text)[:255])
    for query in (by_reference, by_name):
        found = session.scalars(query.limit(2)).all()
        if len(found) == 1:
            return found[0]
    return None


def rules_of(session: Session, entitlement_id: int) -> Sequence[AllocationRule]:
    """Give the rules that give seats of a licence."""
    query = sa.select(AllocationRule).where(AllocationRule.entitlement_id == entitlement_id)
    return session.scalars(query.order_by(AllocationRule.id)).all()


def offered_licences(session: Session, most: int) -> Sequence[str]:
    """Give names of licences to choose from."""
    query = sa.select(Entitlement.name).distinct().order_by(Entitlement.name)
    return session.scalars(query.limit(most)).all()


def licence_sheet(session: Session, entitlement_id: int, most_seats: int) -> LicenceSheet:
    """Give one licence with what stands around it.

    Raises:
        NotFoundError: there is none.
    """
    row = get_licence(session, entitlement_id)
    product, publisher, owner = session.execute(
        sa.select(SoftwareProduct.name, Publisher.name, Person.name)
        .select_from(Entitlement)
        .join(SoftwareProduct, SoftwareProduct.id == Entitlement.product_id)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .outerjoin(Person, Person.id == Entitlement.owner_id)
        .where(Entitlement.id == entitlement_id)
    ).one()
    periods = session.execute(
        sa.select(EntitlementPeriod, Supplier.name)
        .outerjoin(Supplier, Supplier.id == EntitlementPeriod.supplier_id)
        .where(EntitlementPeriod.entitlement_id == entitlement_id)
        .order_by(EntitlementPeriod.id.desc())
    ).all()
    keys = session.execute(
        sa.select(EntitlementKey.id, EntitlementKey.ending)
        .where(EntitlementKey.entitlement_id == entitlement_id)
        .order_by(EntitlementKey.id)
    ).all()
    seats = session.execute(
        sa.select(
            Allocation.id,
            Allocation.person_id,
            Person.name,
            Allocation.asset_id,
            Asset.name,
            Asset.asset_tag,
            Allocation.since_on,
        )
        .outerjoin(Person, Person.id == Allocation.person_id)
        .outerjoin(Asset, Asset.id == Allocation.asset_id)
        .where(Allocation.entitlement_id == entitlement_id)
        .order_by(Allocation.id)
        .limit(most_seats)
    ).all()
    return LicenceSheet(
        row,
        product,
        publisher or "",
        owner,
        [(period, supplier) for period, supplier in periods],
        [(number, ending) for number, ending in keys],
        [Seat(*seat) for seat in seats],
    )


def _conditions(wanted: LicenceFilter) -> list[sa.ColumnElement[bool]]:
    conditions = words_in(Entitlement.search_text, wanted.text)
    if wanted.types:
        conditions.append(Entitlement.type.in_(wanted.types))
    if wanted.metrics:
        conditions.append(Entitlement.metric.in_(wanted.metrics))
    if wanted.uses:
        conditions.append(sa.or_(*(_use(name) for name in wanted.uses)))
    if wanted.ends:
        conditions.append(sa.or_(*(_end(name, wanted) for name in wanted.ends)))
    return conditions


def _end(name: str, wanted: LicenceFilter) -> sa.ColumnElement[bool]:
    return near_end(wanted.today) if name == "near" else Entitlement.ends_on < wanted.today


def _use(name: str) -> sa.ColumnElement[bool]:
    given, bought = Entitlement.allocated_count, Entitlement.quantity
    match name:
        case "over":
            return sa.and_(bought.is_not(None), given > bought)
        case "full":
            return sa.and_(bought.is_not(None), given == bought, given > 0)
        case "free":
            return sa.and_(bought.is_not(None), given > 0, given < bought)
        case _:
            return given == 0


def _counts(
    session: Session, column: Any, conditions: Sequence[sa.ColumnElement[bool]]
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).select_from(Entitlement).where(*conditions)
    rows = session.execute(query.group_by(column))
    return {str(getattr(value, "value", value)): count for value, count in rows if value}


def suggest_titles(session: Session, text: str, limit: int) -> list[Any]:
    """Give licences and software that hold every word, for the search box: never by a key.

    Returns:
        Rows of kind (``licence``, ``software``), id, name and number; software the commonest first.
    """
    product = SoftwareProduct
    if not (words := words_in(Entitlement.search_text, text)):
        return []
    reference = sa.func.coalesce(Entitlement.reference, "").label("number")
    kind = sa.literal("licence").label("kind")
    licences = (
        sa.select(kind, Entitlement.id, Entitlement.name, reference)
        .where(*words)
        .order_by(Entitlement.name, Entitlement.id)
        .limit(limit)
        .subquery()
    )
    kind, none = sa.literal("software").label("kind"), sa.literal("").label("number")
    titles = (
        sa.select(kind, product.id, product.name, none)
        .where(product.machine_count > 0, *words_in(product.name_folded, text))
        .order_by(product.machine_count.desc(), product.id)
        .limit(limit)
        .subquery()
    )
    return list(session.execute(sa.union_all(sa.select(licences), sa.select(titles))))
