"""Contracts: the list with its counts, the sheet, and those that need somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.contract_dates import (
    SOON_DAYS,
    ContractState,
    Notice,
    Renewal,
    Standing,
    state_on,
)
from parc.errors import NotFoundError
from parc.models import (
    Contract,
    ContractLine,
    ContractPeriod,
    ContractRule,
    ContractType,
    Coverage,
    Supplier,
)
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, by_name, read_page
from parc.queries.search import words_in

COUNT_LIMIT: Final = 10_000

_SUPPLIER = aliased(Supplier)
_MAINTAINER = aliased(Supplier)


def _day(label: str, column: Any, *, is_nullable: bool = False) -> SortColumn:
    return SortColumn(label, column, ValueKind.DAY, is_nullable)


SORTS: Final = ("name", "number", "notice_by", "ends_on", "created_at")


def sort_column(name: str, today: date) -> SortColumn:
    """Give a column by which the list is sorted.

    By notice, those come first of which a date is near: the last day to give notice, or else the
    end; what has ended comes last.
    """
    match name:
        case "notice_by":
            return _day("due_on", _due_on(today), is_nullable=True)
        case "ends_on":
            return _day("ends_on", Contract.ends_on)
        case "created_at":
            column = Contract.created_at
            return SortColumn("created_at", column, ValueKind.MOMENT, is_nullable=False)
        case "number":
            return SortColumn("number", Contract.number, is_nullable=False)
        case _:
            return by_name(Contract.search_text)


def _due_on(today: date) -> sa.ColumnElement[Any]:
    can_notice = sa.and_(Contract.notice_by >= today, Contract.notice_given_on.is_(None))
    due = sa.case(
        (Contract.ends_on < today, sa.null()),
        (can_notice, Contract.notice_by),
        else_=Contract.ends_on,
    )
    return sa.type_coerce(due, sa.Date())


@dataclass(frozen=True, slots=True)
class ContractFilter:
    """Which contracts; an empty part narrows nothing."""

    today: date
    text: str = ""
    states: Sequence[ContractState] = ()
    types: Sequence[ContractType] = ()
    suppliers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class ContractList:
    """One page, the count of all, counts by value of each filter, and assets by contract."""

    page: Page
    count: int
    by_state: Mapping[str, int]
    by_type: Mapping[str, int]
    by_supplier: Mapping[str, int]
    supplier_names: Mapping[str, str]
    assets: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ContractSheet:
    """One contract with its firms, terms, rules and counts."""

    contract: Contract
    supplier: Supplier
    maintainer: Supplier | None
    periods: Sequence[ContractPeriod]
    rules: Sequence[ContractRule]
    covered_count: int
    line_count: int
    waiting_count: int

    @property
    def firm(self) -> Supplier:
        """Give who is called: the maintainer, or else the supplier."""
        return self.maintainer or self.supplier

    def state(self, day: date) -> ContractState:
        """Say how it stands on a day."""
        return contract_state(self.contract, day)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a contract, and what those to come are made by.

    Attributes:
        known: first and last day of each that was asked for.
        months: of all terms that there are.
    """

    known: list[tuple[date, date]]
    months: int
    renewal_months: int
    notice: Notice


def contract_state(row: Any, day: date) -> ContractState:
    """Say how a contract, or a row of the list, stands on a day."""
    is_noticed = row.notice_given_on is not None
    standing = Standing(row.starts_on, row.ends_on, row.notice_by, row.renewal, is_noticed)
    return state_on(standing, day)


def list_contracts(
    session: Session, wanted: ContractFilter, order: Order, cursor: Cursor | None, size: int
) -> ContractList:
    """Read one page with its counts."""
    page = contract_page(session, wanted, order, cursor, size)
    found = sa.select(Contract.id).where(*_conditions(wanted)).limit(COUNT_LIMIT + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    state = _state(wanted.today)
    kind: Any = sa.type_coerce(Contract.type, sa.String)
    by_supplier = _counts(session, wanted, Contract.supplier_id, "suppliers")
    names = session.execute(
        sa.select(Supplier.id, Supplier.name).where(Supplier.id.in_(map(int, by_supplier)))
    )
    return ContractList(
        page,
        count,
        _counts(session, wanted, state, "states"),
        _counts(session, wanted, kind, "types"),
        by_supplier,
        {str(row.id): row.name for row in names},
        _covered(session, [row.id for row in page.rows]),
    )


def contract_page(
    session: Session, wanted: ContractFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    columns = (
        Contract.id,
        Contract.number,
        Contract.name,
        Contract.type,
        Contract.starts_on,
        Contract.ends_on,
        Contract.notice_by,
        Contract.notice_given_on,
        Contract.renewal,
        Contract.amount,
        Contract.currency,
        Contract.billing,
        Contract.created_at,
        _due_on(wanted.today).label("due_on"),
        _SUPPLIER.name.label("supplier"),
        _MAINTAINER.name.label("maintainer"),
    )
    query = (
        sa.select(*columns)
        .join(_SUPPLIER, _SUPPLIER.id == Contract.supplier_id)
        .outerjoin(_MAINTAINER, _MAINTAINER.id == Contract.maintainer_id)
        .where(*_conditions(wanted))
    )
    return read_page(session, query, order, cursor, size)


def terms_of(session: Session, ids: Sequence[int], since: date) -> dict[int, Terms]:
    """Give the terms of some contracts that end after a day, with what follows: two statements."""
    total = sa.func.sum(ContractPeriod.months)
    heads = session.execute(
        sa.select(
            Contract.id, Contract.renewal_months, Contract.notice_count, Contract.notice_unit, total
        )
        .join(ContractPeriod, ContractPeriod.contract_id == Contract.id)
        .where(Contract.id.in_(ids))
        .group_by(Contract.id)
    )
    found = {
        row.id: Terms([], int(row[4]), row.renewal_months or 0, Notice(row[2], row[3]))
        for row in heads
    }
    periods = (
        sa.select(ContractPeriod.contract_id, ContractPeriod.starts_on, ContractPeriod.ends_on)
        .where(ContractPeriod.contract_id.in_(ids), ContractPeriod.ends_on >= since)
        .order_by(ContractPeriod.contract_id, ContractPeriod.position)
    )
    for number, starts_on, ends_on in session.execute(periods):
        found[number].known.append((starts_on, ends_on))
    return found


def get_contract(session: Session, contract_id: int) -> Contract:
    """Give one contract.

    Raises:
        NotFoundError: no such contract.
    """
    row = session.get(Contract, contract_id)
    if row is None:
        raise NotFoundError(f"There is no contract {contract_id}.")
    return row


def find_contract(session: Session, number: str) -> Contract:
    """Give the one contract of a number.

    Raises:
        NotFoundError: there is none, or suppliers share the number.
    """
    rows = session.scalars(sa.select(Contract).where(Contract.number == number).limit(2)).all()
    if len(rows) != 1:
        raise NotFoundError(
            f"There is no contract {number}." if not rows else f"Several contracts are {number}."
        )
    return rows[0]


def contract_sheet(session: Session, contract_id: int) -> ContractSheet:
    """Give one contract with what stands around it.

    Raises:
        NotFoundError: no such contract.
    """
    row = get_contract(session, contract_id)
    periods = sa.select(ContractPeriod).where(ContractPeriod.contract_id == contract_id)
    rules = sa.select(ContractRule).where(ContractRule.contract_id == contract_id)
    lines = session.execute(
        sa.select(
            sa.func.count(), sa.func.sum(sa.case((ContractLine.asset_id.is_(None), 1), else_=0))
        ).where(ContractLine.contract_id == contract_id)
    ).one()
    return ContractSheet(
        row,
        session.get_one(Supplier, row.supplier_id),
        session.get(Supplier, row.maintainer_id) if row.maintainer_id else None,
        session.scalars(periods.order_by(ContractPeriod.position.desc())).all(),
        session.scalars(rules.order_by(ContractRule.id)).all(),
        _covered(session, [contract_id]).get(contract_id, 0),
        lines[0],
        lines[1] or 0,
    )


def contracts_of_supplier(session: Session, supplier_id: int, limit: int) -> Sequence[Contract]:
    """Give the contracts that name a supplier, the last to end first."""
    of_it = sa.or_(Contract.supplier_id == supplier_id, Contract.maintainer_id == supplier_id)
    query = sa.select(Contract).where(of_it).order_by(Contract.ends_on.desc(), Contract.id)
    return session.scalars(query.limit(limit)).all()


def open_contracts(session: Session, today: date, limit: int) -> Sequence[Any]:
    """Give number and name of the contracts that have not ended, to choose from."""
    query = sa.select(Contract.number, Contract.name).where(Contract.ends_on >= today)
    return session.execute(query.order_by(Contract.name, Contract.id).limit(limit)).all()


def suggest_contracts(session: Session, text: str, limit: int) -> Sequence[Any]:
    """Give number, name and supplier of the contracts that hold every word, the last to end first.

    Number and supplier together are one contract's only.
    """
    if not (words := words_in(Contract.search_text, text)):
        return []
    query = (
        sa.select(Contract.number, Contract.name, Supplier.name.label("supplier"))
        .join(Supplier, Supplier.id == Contract.supplier_id)
        .where(*words)
        .order_by(Contract.ends_on.desc(), Contract.id)
    )
    return session.execute(query.limit(limit)).all()


def count_notice_due(session: Session, today: date) -> int:
    """Count the contracts of which notice must be given soon, and those that end soon."""
    states = (ContractState.NOTICE_DUE.value, ContractState.ENDING.value)
    query = sa.select(sa.func.count()).select_from(Contract).where(_state(today).in_(states))
    return session.scalar(query) or 0


def _conditions(wanted: ContractFilter, without: str = "") -> list[sa.ColumnElement[bool]]:
    conditions = words_in(Contract.search_text, wanted.text)
    if wanted.states and without != "states":
        conditions.append(_state(wanted.today).in_([state.value for state in wanted.states]))
    if wanted.types and without != "types":
        conditions.append(Contract.type.in_(wanted.types))
    if wanted.suppliers and without != "suppliers":
        conditions.append(
            sa.or_(
                Contract.supplier_id.in_(wanted.suppliers),
                Contract.maintainer_id.in_(wanted.suppliers),
            )
        )
    return conditions


def _counts(session: Session, wanted: ContractFilter, value: Any, name: str) -> dict[str, int]:
    """Count by value of one filter, under the choices of all others."""
    query = sa.select(value, sa.func.count()).where(*_conditions(wanted, name)).group_by(value)
    return {str(found): count for found, count in session.execute(query)}


def _state(today: date) -> sa.ColumnElement[str]:
    """Say in SQL what ``contract_dates.state_on`` says."""
    soon = today + timedelta(days=SOON_DAYS)
    is_plain = sa.or_(Contract.renewal == Renewal.NONE, Contract.notice_by.is_(None))
    is_tacit = Contract.renewal == Renewal.TACIT
    return sa.case(
        (Contract.starts_on > today, ContractState.UPCOMING.value),
        (Contract.ends_on < today, ContractState.ENDED.value),
        (Contract.notice_given_on.is_not(None), ContractState.ENDING.value),
        (sa.and_(is_plain, Contract.ends_on <= soon), ContractState.ENDING.value),
        (is_plain, ContractState.RUNNING.value),
        (sa.and_(Contract.notice_by < today, is_tacit), ContractState.RENEWING.value),
        (Contract.notice_by < today, ContractState.ENDING.value),
        (Contract.notice_by <= soon, ContractState.NOTICE_DUE.value),
        else_=ContractState.RUNNING.value,
    )


def _covered(session: Session, ids: Sequence[int]) -> dict[int, int]:
    query = (
        sa.select(Coverage.contract_id, sa.func.count())
        .where(Coverage.contract_id.in_(ids), Coverage.until_on.is_(None))
        .group_by(Coverage.contract_id)
    )
    return {int(number): int(count) for number, count in session.execute(query)}
