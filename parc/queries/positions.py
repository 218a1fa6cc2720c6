"""The positions that are kept: the list, those of days that were kept, and one in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    Person,
    PositionSnapshot,
    ProductPosition,
    Publisher,
    SoftwareProduct,
)
from parc.naming import folded
from parc.queries.inbox_cause import parts
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.position_facts import position_facts, related_products
from parc.queries.search import words_in
from parc.row_keys import row_key
from parc.software.position import positions
from parc.software.position_facts import Position

COUNT_LIMIT: Final = 10_000
STATES: Final = ("short", "unlicensed", "spare", "unused", "even")
_BY_NAME: Final = SortColumn("product", SoftwareProduct.name_folded, is_nullable=False)
SORTS: Mapping[str, SortColumn] = {
    "missing": SortColumn(
        "missing", ProductPosition.missing, ValueKind.WHOLE, is_nullable=False, then=_BY_NAME
    ),
    "product": _BY_NAME,
}


@dataclass(frozen=True, slots=True)
class PositionFilter:
    """Which positions: those that hold every word of ``text``; each list is an "or"."""

    text: str = ""
    states: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PositionList:
    """One page, the count of all, and counts by state."""

    page: Page
    count: int
    by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PositionSheet:
    """The position of one product in full, with the names that it needs."""

    product: str
    publisher: str
    position: Position
    rights: Mapping[int, str]
    machines: Mapping[int, str]
    people: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One position, as commands list it."""

    product: str
    held: int | None
    needed: int
    missing: int
    true_up: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The position of a product on two days; None: it had none."""

    product_id: int
    product: str
    before: Any | None
    after: Any | None


def list_positions(
    session: Session, wanted: PositionFilter, order: Order, cursor: Cursor | None, size: int
) -> PositionList:
    """Read one page with its counts."""
    page = position_page(session, wanted, order, cursor, size)
    words = _words(wanted)
    return PositionList(
        page,
        _count(session, *_conditions(wanted)),
        {name: _count(session, _state(name), *words) for name in STATES},
    )


def position_page(
    session: Session, wanted: PositionFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    query = (
        sa.select(
            SoftwareProduct.id,
            SoftwareProduct.name.label("name"),
            SoftwareProduct.name_folded.label("product"),
            Publisher.name.label("publisher"),
            ProductPosition.held,
            ProductPosition.needed,
            ProductPosition.missing,
            ProductPosition.unused,
            ProductPosition.true_up,
            ProductPosition.reclaimable,
            ProductPosition.currency,
            ProductPosition.computed_at,
            ProductPosition.is_stale,
        )
        .select_from(ProductPosition)
        .join(SoftwareProduct, SoftwareProduct.id == ProductPosition.product_id)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .where(*_conditions(wanted))
    )
    return read_page(session, query, order, cursor, size)


def position_sheet(session: Session, product_id: int, on: date) -> PositionSheet:
    """Work the position of one product out anew, with the reason of every single use.

    Raises:
        NotFoundError: there is no such product.
    """
    found = session.execute(
        sa.select(SoftwareProduct.name, Publisher.name)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .where(SoftwareProduct.id == product_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no software {product_id}.")
    facts = position_facts(session, related_products(session, [product_id]), on)
    (mine,) = (one for one in positions(facts) if one.product_id == product_id)
    people = {one.person_id for one in mine.unused if one.person_id is not None}
    return PositionSheet(
        found[0],
        found[1] or "",
        mine,
        {right.id: right.name for right in facts.rights},
        {number: machine.name for number, machine in facts.machines.items()},
        _names(session, people),
    )


def find_product(session: Session, text: str) -> int:
    """Give the product of a number or a name, whatever its case.

    Raises:
        NotFoundError: none has it, or several have.
    """
    key = row_key(text)
    query = sa.select(SoftwareProduct.id).where(
        SoftwareProduct.id == key
        if key is not None
        else sa.func.lower(SoftwareProduct.name) == text.casefold()
    )
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise NotFoundError(f"{'no' if not found else 'more than one'} software is named {text}")
    return found[0]


def all_positions(session: Session) -> list[PositionLine]:
    """Give the positions that are kept, those with most missing first."""
    query = (
        sa.select(SoftwareProduct.name, ProductPosition)
        .join(SoftwareProduct, SoftwareProduct.id == ProductPosition.product_id)
        .order_by(ProductPosition.missing.desc(), SoftwareProduct.name_folded)
    )
    return [
        PositionLine(name, row.held, row.needed, row.missing, row.true_up, row.currency)
        for name, row in session.execute(query)
    ]


def positions_on(session: Session, on: date) -> list[PositionLine]:
    """Work all positions out as the rights of a day would have them; nothing is kept.

    What was found is what is there now, so that a day to come says what lapses until then.
    """
    row = SoftwareProduct
    query = sa.select(ProductPosition.product_id).order_by(ProductPosition.product_id)
    wanted = set(session.scalars(query))
    names: dict[int, str] = {}
    for part in parts(wanted):
        found = session.execute(sa.select(row.id, row.name).where(row.id.in_(part)))
        names |= {one.id: one.name for one in found}
    lines: dict[int, PositionLine] = {}
    for number in sorted(wanted):
        if number in lines:
            continue
        facts = position_facts(session, related_products(session, [number]), on)
        for one in positions(facts):
            if one.product_id in wanted:
                lines[one.product_id] = PositionLine(
                    names[one.product_id],
                    one.held,
                    one.needed,
                    one.missing,
                    one.true_up,
                    one.currency,
                )
    return sorted(lines.values(), key=lambda line: (-line.missing, folded(line.product)))


def has_stale(session: Session) -> bool:
    """Tell whether any position waits to be made again."""
    query = sa.select(ProductPosition.product_id).where(ProductPosition.is_stale.is_(True))
    return session.scalars(query.limit(1)).first() is not None


def snapshot_days(session: Session, most: int) -> Sequence[date]:
    """Give the days of which positions are kept, the latest first."""
    query = sa.select(PositionSnapshot.taken_on).distinct()
    return session.scalars(query.order_by(PositionSnapshot.taken_on.desc()).limit(most)).all()


def compare_days(session: Session, before: date, after: date) -> list[Compared]:
    """Give the products whose position differs between two kept days."""
    query = (
        sa.select(PositionSnapshot, SoftwareProduct.name)
        .join(SoftwareProduct, SoftwareProduct.id == PositionSnapshot.product_id)
        .where(PositionSnapshot.taken_on.in_((before, after)))
        .order_by(SoftwareProduct.name_folded, SoftwareProduct.id)
    )
    found: dict[int, tuple[str, dict[date, PositionSnapshot]]] = {}
    for row, name in session.execute(query):
        found.setdefault(row.product_id, (name, {}))[1][row.taken_on] = row
    pairs = [
        Compared(number, name, days.get(before), days.get(after))
        for number, (name, days) in found.items()
    ]
    return [one for one in pairs if _figures(one.before) != _figures(one.after)]


def _figures(row: Any) -> tuple[Any, ...] | None:
    return None if row is None else (row.held, row.needed, row.missing, row.unused)


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in parts(ids):
        rows = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(part)))
        found |= {row.id: row.name for row in rows}
    return found


def _words(wanted: PositionFilter) -> list[sa.ColumnElement[bool]]:
    return words_in(SoftwareProduct.name_folded, wanted.text)


def _conditions(wanted: PositionFilter) -> list[sa.ColumnElement[bool]]:
    conditions = _words(wanted)
    if wanted.states:
        conditions.append(sa.or_(*(_state(name) for name in wanted.states)))
    return conditions


def _state(name: str) -> sa.ColumnElement[bool]:
    held, needed = ProductPosition.held, ProductPosition.needed
    match name:
        case "short":
            return ProductPosition.missing > 0
        case "unlicensed":
            return sa.and_(ProductPosition.missing > 0, ProductPosition.is_licensed.is_(False))
        case "spare":
            return sa.and_(ProductPosition.missing == 0, held.is_not(None), held > needed)
        case "unused":
            return ProductPosition.unused > 0
        case _:
            return sa.and_(ProductPosition.missing == 0, sa.or_(held.is_(None), held == needed))


def _count(session: Session, *conditions: sa.ColumnElement[bool]) -> int:
    found = (
        sa.select(ProductPosition.product_id)
        .join(SoftwareProduct, SoftwareProduct.id == ProductPosition.product_id)
        .where(*conditions)
        .limit(COUNT_LIMIT + 1)
        .subquery()
    )
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def asset_tags(session: Session, ids: set[int]) -> dict[int, str]:
    """Give the tags of machines, for exports."""
    found: dict[int, str] = {}
    for part in parts({number for number in ids if number > 0}):
        rows = session.execute(sa.select(Asset.id, Asset.asset_tag).where(Asset.id.in_(part)))
        found |= {row.id: row.asset_tag for row in rows}
    return found
