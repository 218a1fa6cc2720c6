"""The assets of contracts: what they cover, what they name, and lines that need a look."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Asset, Contract, ContractLine, ContractRule, Coverage, LifecycleState
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page

COUNT_LIMIT: Final = 10_000
UNSEEN_DAYS: Final = 60
RETIRED: Final = (LifecycleState.TO_DISPOSE, LifecycleState.DISPOSED, LifecycleState.STOLEN)


class LineProblem(enum.StrEnum):
    """What may be wrong with a line that is paid for."""

    WAITING = "waiting"
    RETIRED = "retired"
    UNSEEN = "unseen"


LINE_SORTS: Mapping[str, SortColumn] = {
    "line": SortColumn("id", ContractLine.id, ValueKind.WHOLE, is_nullable=False),
}
COVER_SORTS: Mapping[str, SortColumn] = {
    "from_on": SortColumn("from_on", Coverage.from_on, ValueKind.DAY, is_nullable=False),
    "asset": SortColumn("name", Asset.name, is_nullable=False),
}


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines: of one contract or of all that run, with one of the problems."""

    now: datetime
    today: date
    contract_id: int | None = None
    problems: Sequence[LineProblem] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class LineList:
    """One page, the count of all, and counts by problem."""

    page: Page
    count: int
    by_problem: Mapping[str, int]


def list_lines(
    session: Session, wanted: LineFilter, order: Order, cursor: Cursor | None, size: int
) -> LineList:
    """Read one page with its counts."""
    page = line_page(session, wanted, order, cursor, size)
    found = _joined(sa.select(ContractLine.id)).where(*_conditions(wanted))
    count = session.scalar(
        sa.select(sa.func.count()).select_from(found.limit(COUNT_LIMIT + 1).subquery())
    )
    return LineList(page, count or 0, count_problems(session, wanted))


def line_page(
    session: Session, wanted: LineFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page, without counting."""
    columns = (
        ContractLine.id,
        ContractLine.contract_id,
        ContractLine.asset_id,
        ContractLine.serial_number,
        ContractLine.description,
        ContractLine.amount,
        ContractLine.source,
        Contract.name.label("contract"),
        Contract.number.label("contract_number"),
        Contract.currency,
        Asset.name.label("asset"),
        Asset.asset_tag,
        Asset.lifecycle_state,
        Asset.last_seen_at,
    )
    query = _joined(sa.select(*columns)).where(*_conditions(wanted))
    return read_page(session, query, order, cursor, size)


def count_problems(session: Session, wanted: LineFilter) -> dict[str, int]:
    """Count the lines with each problem, whatever problems are chosen, up to a limit.

    Each count begins with the assets that have the problem, which an index gives.
    """
    others = _conditions(wanted, is_any_problem=True)
    counts = {}
    for problem in LineProblem:
        found = sa.select(ContractLine.id).join(Contract, Contract.id == ContractLine.contract_id)
        if wanted.text:
            found = found.outerjoin(Asset, Asset.id == ContractLine.asset_id)
        found = found.where(*others, _has(problem, wanted)).limit(COUNT_LIMIT + 1)
        count = sa.select(sa.func.count()).select_from(found.subquery())
        counts[problem.value] = session.scalar(count) or 0
    return counts


def problem_of(row: Any, now: datetime) -> LineProblem | None:
    """Say what may be wrong with a line that was read."""
    if row.asset_id is None:
        return LineProblem.WAITING
    if row.lifecycle_state in RETIRED:
        return LineProblem.RETIRED
    is_silent = row.last_seen_at is not None and row.last_seen_at < now - _unseen()
    return LineProblem.UNSEEN if is_silent else None


def cover_page(
    session: Session,
    contract_id: int,
    order: Order,
    cursor: Cursor | None,
    size: int,
    *,
    has_past: bool,
) -> Page:
    """Read assets that a contract covers, and if asked for those that it did."""
    query = (
        sa.select(
            Coverage.id,
            Coverage.asset_id,
            Coverage.from_on,
            Coverage.until_on,
            Coverage.source,
            Asset.name,
            Asset.asset_tag,
            Asset.serial_number,
            Asset.category,
            Asset.manufacturer,
            Asset.model_name,
            Asset.lifecycle_state,
        )
        .join(Asset, Asset.id == Coverage.asset_id)
        .where(Coverage.contract_id == contract_id)
    )
    if not has_past:
        query = query.where(Coverage.until_on.is_(None))
    return read_page(session, query, order, cursor, size)


def count_cover(session: Session, contract_id: int) -> dict[str, int]:
    """Count what a contract covers now, and what it did."""
    is_past = Coverage.until_on.is_not(None)
    query = sa.select(is_past, sa.func.count()).where(Coverage.contract_id == contract_id)
    found = {bool(past): count for past, count in session.execute(query.group_by(is_past))}
    return {"now": found.get(False, 0), "past": found.get(True, 0)}


def _joined(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    return (
        query.select_from(ContractLine)
        .join(Contract, Contract.id == ContractLine.contract_id)
        .outerjoin(Asset, Asset.id == ContractLine.asset_id)
    )


def _conditions(
    wanted: LineFilter, *, is_any_problem: bool = False
) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.contract_id is not None:
        conditions.append(ContractLine.contract_id == wanted.contract_id)
    else:
        conditions += [Contract.starts_on <= wanted.today, Contract.ends_on >= wanted.today]
    if wanted.problems and not is_any_problem:
        conditions.append(sa.or_(*(_has(problem, wanted) for problem in wanted.problems)))
    if wanted.text:
        columns = (ContractLine.serial_number, ContractLine.description, Asset.name)
        conditions.append(
            sa.or_(*(column.icontains(wanted.text, autoescape=True) for column in columns))
        )
    return conditions


def _has(problem: LineProblem, wanted: LineFilter) -> sa.ColumnElement[bool]:
    is_retired = Asset.lifecycle_state.in_(RETIRED)
    is_silent = sa.and_(Asset.last_seen_at < wanted.now - _unseen(), ~is_retired)
    match problem:
        case LineProblem.WAITING:
            return ContractLine.asset_id.is_(None)
        case LineProblem.RETIRED:
            return ContractLine.asset_id.in_(sa.select(Asset.id).where(is_retired).correlate(None))
        case LineProblem.UNSEEN:
            return ContractLine.asset_id.in_(sa.select(Asset.id).where(is_silent).correlate(None))


def _unseen() -> timedelta:
    return timedelta(days=UNSEEN_DAYS)


def get_rule(session: Session, contract_id: int, rule_id: int) -> ContractRule:
    """Give a rule of a contract.

    Raises:
        NotFoundError: there is no such rule.
    """
    row = session.get(ContractRule, rule_id)
    if row is None or row.contract_id != contract_id:
        raise NotFoundError(f"There is no rule {rule_id}.")
    return row
