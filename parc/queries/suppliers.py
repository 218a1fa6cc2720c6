"""Suppliers: the list, the sheet, and those to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Asset, Contract, Supplier, SupplierContact, SupplierRole
from parc.naming import folded
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, by_name, read_page
from parc.queries.search import words_in, words_of

COUNT_LIMIT: Final = 10_000

SORTS: Mapping[str, SortColumn] = {
    "name": by_name(Supplier.search_text),
    "customer_number": SortColumn("customer_number", Supplier.customer_number),
    "created_at": SortColumn(
        "created_at", Supplier.created_at, ValueKind.MOMENT, is_nullable=False
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found beside assets, of any kind, with its number."""

    kind: str
    id: int
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class SupplierFilter:
    """Which suppliers: those that hold every word of ``text`` and one of the roles."""

    text: str = ""
    roles: Sequence[SupplierRole] = ()


@dataclass(frozen=True, slots=True)
class SupplierList:
    """One page, the count of all, counts by role, and how many contracts each of the page has."""

    page: Page
    count: int
    by_role: Mapping[str, int]
    contracts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class SupplierSheet:
    """One supplier with its contacts, and how much names it."""

    supplier: Supplier
    contacts: Sequence[SupplierContact]
    contract_count: int
    asset_count: int


def list_suppliers(
    session: Session, wanted: SupplierFilter, order: Order, cursor: Cursor | None, size: int
) -> SupplierList:
    """Read one page with its counts."""
    page = supplier_page(session, wanted, order, cursor, size)
    found = sa.select(Supplier.id).where(*_conditions(wanted)).limit(COUNT_LIMIT + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    counts = count_contracts(session, [row.id for row in page.rows])
    return SupplierList(page, count, _by_role(session, wanted), counts)


def supplier_page(
    session: Session, wanted: SupplierFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    columns = (
        Supplier.id,
        Supplier.name,
        Supplier.roles,
        Supplier.support_phone,
        Supplier.support_email,
        Supplier.portal_url,
        Supplier.customer_number,
        Supplier.created_at,
    )
    query = sa.select(*columns).where(*_conditions(wanted))
    return read_page(session, query, order, cursor, size)


def get_supplier(session: Session, supplier_id: int) -> Supplier:
    """Give one supplier.

    Raises:
        NotFoundError: no such supplier.
    """
    row = session.get(Supplier, supplier_id)
    if row is None:
        raise NotFoundError(f"There is no supplier {supplier_id}.")
    return row


def count_contracts(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Count the contracts that name each of some suppliers, as seller or as maintainer."""
    firm: Any = sa.union_all(
        sa.select(Contract.supplier_id.label("firm"), Contract.id).where(
            Contract.supplier_id.in_(ids)
        ),
        sa.select(Contract.maintainer_id.label("firm"), Contract.id).where(
            Contract.maintainer_id.in_(ids), Contract.maintainer_id != Contract.supplier_id
        ),
    ).subquery()
    rows = session.execute(sa.select(firm.c.firm, sa.func.count()).group_by(firm.c.firm))
    return {int(number): int(count) for number, count in rows}


def supplier_named(session: Session, name: str) -> Supplier | None:
    """Give the supplier of a name, whatever its case and accents."""
    wanted = folded(" ".join(name.split()))
    rows = session.scalars(sa.select(Supplier).order_by(Supplier.id))
    return next((row for row in rows if folded(row.name) == wanted), None)


def supplier_sheet(session: Session, supplier_id: int) -> SupplierSheet:
    """Give one supplier with what stands around it.

    Raises:
        NotFoundError: no such supplier.
    """
    row = get_supplier(session, supplier_id)
    contacts = session.scalars(
        sa.select(SupplierContact)
        .where(SupplierContact.supplier_id == supplier_id)
        .order_by(SupplierContact.name, SupplierContact.id)
    ).all()
    of_it = sa.or_(Contract.supplier_id == supplier_id, Contract.maintainer_id == supplier_id)
    sold = sa.select(sa.func.count()).select_from(Asset).where(Asset.supplier_id == supplier_id)
    return SupplierSheet(
        row,
        contacts,
        session.scalar(sa.select(sa.func.count()).select_from(Contract).where(of_it)) or 0,
        session.scalar(sold) or 0,
    )


def get_contact(session: Session, supplier_id: int, contact_id: int) -> SupplierContact:
    """Give a contact of a supplier.

    Raises:
        NotFoundError: no such contact.
    """
    row = session.get(SupplierContact, contact_id)
    if row is None or row.supplier_id != supplier_id:
        raise NotFoundError(f"There is no contact {contact_id}.")
    return row


def assets_sold_by(session: Session, supplier_id: int, limit: int) -> Sequence[Any]:
    """Give the first assets that a supplier sold, by name."""
    query = sa.select(Asset.id, Asset.name, Asset.asset_tag, Asset.model_name)
    # Not by the index of names: SQLite would walk all of it where most assets have no supplier.
    by_name = sa.func.coalesce(Asset.name, "")
    sold = query.where(Asset.supplier_id == supplier_id).order_by(by_name, Asset.id)
    return session.execute(sold.limit(limit)).all()


def suggest_records(session: Session, text: str, limit: int) -> list[Found]:
    """Give contracts and suppliers that hold every word, for the search box."""
    if not words_of(text):
        return []
    contracts = (
        sa.select(sa.literal("contract").label("kind"), Contract.id, Contract.name, Contract.number)
        .where(*words_in(Contract.search_text, text))
        .order_by(Contract.ends_on.desc(), Contract.id)
        .limit(limit)
        .subquery()
    )
    suppliers = (
        sa.select(
            sa.literal("supplier").label("kind"),
            Supplier.id,
            Supplier.name,
            sa.func.coalesce(Supplier.customer_number, "").label("number"),
        )
        .where(*words_in(Supplier.search_text, text))
        .order_by(Supplier.name)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(sa.union_all(sa.select(contracts), sa.select(suppliers)))
    return [Found(*row) for row in rows]


def supplier_names(session: Session) -> list[tuple[int, str]]:
    """Give number and name of all suppliers, by name, to choose from."""
    rows = session.execute(sa.select(Supplier.id, Supplier.name).order_by(Supplier.name))
    return [(row.id, row.name) for row in rows]


def _conditions(wanted: SupplierFilter) -> list[sa.ColumnElement[bool]]:
    conditions = words_in(Supplier.search_text, wanted.text)
    if wanted.roles:
        conditions.append(sa.or_(*(_has_role(role) for role in wanted.roles)))
    return conditions


def _has_role(role: SupplierRole) -> sa.ColumnElement[bool]:
    return sa.cast(Supplier.roles, sa.Text).like(f'%"{role.value}"%')


def _by_role(session: Session, wanted: SupplierFilter) -> dict[str, int]:
    counts = [
        sa.func.coalesce(sa.func.sum(sa.case((_has_role(role), 1), else_=0)), 0)
        for role in SupplierRole
    ]
    row = session.execute(
        sa.select(*counts).where(*words_in(Supplier.search_text, wanted.text))
    ).one()
    return {role.value: int(count) for role, count in zip(SupplierRole, row, strict=True)}
