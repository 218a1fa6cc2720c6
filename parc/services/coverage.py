"""What contracts cover: lines find their assets, rules are evaluated, and what was is kept.

Everything is done by statements over many rows, contract by contract; a day's last evaluation is
what counts for that day, so that a row of ``coverage`` never lasts less than one. Lists read
``asset.covered_until``, which is made from warranties and open cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    Contract,
    ContractLine,
    ContractRule,
    Coverage,
    CoverSource,
    LifecycleState,
)
from parc.queries.locations import Places, read_places

_CHUNK: Final = 500
_ONE_DAY: Final = timedelta(days=1)
Ids = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation changed."""

    matched: int = 0
    opened: int = 0
    closed: int = 0

    def __add__(self, other: Evaluated) -> Evaluated:
        """Add what another changed."""
        return Evaluated(
            self.matched + other.matched, self.opened + other.opened, self.closed + other.closed
        )


def evaluate_contracts(
    session: Session,
    contract_ids: Sequence[int],
    *,
    today: date,
    now: datetime,
    has_refresh: bool = True,
) -> Evaluated:
    """Bring the cover of some contracts up to date, with what lists show of their assets.

    Args:
        has_refresh: False when the caller makes what lists show anew for all assets at the end.
    """
    places = read_places(session)
    done = Evaluated(matched=match_lines(session, now, contract_ids))
    for number in contract_ids:
        row = session.get(Contract, number, with_for_update=True, populate_existing=True)
        if row is not None:
            done += _evaluate(session, row, places, today)
    if has_refresh:
        refresh(session, _touched_by(contract_ids, done))
    return done


def contracts_to_evaluate(session: Session) -> list[int]:
    """Give the contracts that have lines, rules or open cover."""
    has_any = sa.or_(
        *(
            sa.exists().where(table.contract_id == Contract.id)
            for table in (ContractLine, ContractRule)
        ),
        sa.exists().where(Coverage.contract_id == Contract.id, Coverage.until_on.is_(None)),
    )
    return list(session.scalars(sa.select(Contract.id).where(has_any).order_by(Contract.id)))


def refresh_all(session: Session) -> int:
    """Make anew until when every asset is covered; writes only what differs, gives how many."""
    return refresh(session, sa.true())


def match_lines(
    session: Session,
    now: datetime,
    contract_ids: Sequence[int] | None = None,
    serials: Sequence[str] | None = None,
) -> int:
    """Give lines that wait the asset of their serial number, where there is just one.

    Args:
        contract_ids: of these contracts only.
        serials: of these folded serial numbers only.
    """
    waiting = sa.select(ContractLine.id, ContractLine.serial_number, ContractLine.serial_folded)
    waiting = waiting.where(
        ContractLine.asset_id.is_(None), ContractLine.serial_folded.is_not(None)
    )
    if contract_ids is not None:
        waiting = waiting.where(ContractLine.contract_id.in_(contract_ids))
    if serials is not None:
        waiting = waiting.where(ContractLine.serial_folded.in_(serials))
    lines = session.execute(waiting.order_by(ContractLine.id)).all()
    count = 0
    for start in range(0, len(lines), _CHUNK):
        part = lines[start : start + _CHUNK]
        found = assets_of_serials(session, [line.serial_number or "" for line in part])
        rows = [
            {"id": line.id, "asset_id": found[line.serial_folded], "matched_at": now}
            for line in part
            if line.serial_folded in found
        ]
        if rows:
            session.execute(sa.update(ContractLine), rows)
        count += len(rows)
    return count


def assets_of_serials(session: Session, serials: Sequence[str]) -> dict[str, int]:
    """Give the asset of each folded serial number that just one asset in the fleet bears.

    Of several, one that is disposed of does not count.
    """
    spelt = {spelling for serial in serials for spelling in _spellings(serial)}
    query = sa.select(Asset.id, Asset.serial_number, Asset.lifecycle_state).where(
        Asset.serial_number.in_(sorted(spelt))
    )
    found: dict[str, list[int]] = {}
    for number, serial, state in session.execute(query.order_by(Asset.id)):
        is_gone = state is LifecycleState.DISPOSED
        ids = found.setdefault(fold_serial(serial or ""), [])
        ids.append(-number if is_gone else number)
    single: dict[str, int] = {}
    for folded, ids in found.items():
        live = [number for number in ids if number > 0] or [-number for number in ids]
        if len(live) == 1:
            single[folded] = live[0]
    return single


def fold_serial(serial: str) -> str:
    """Give a serial number as it is compared: without blanks and hyphens, in capitals."""
    return "".join(serial.split()).replace("-", "").upper()


def assets_of_rule(rule: Any, places: Places) -> Ids:
    """Give the assets that a rule takes in; one that is disposed of is none."""
    conditions = [Asset.lifecycle_state != LifecycleState.DISPOSED]
    if rule.location_id is not None:
        conditions.append(Asset.location_id.in_(places.within(rule.location_id)))
    for name in ("category", "manufacturer", "model_name"):
        value = getattr(rule, name)
        if value is not None:
            conditions.append(getattr(Asset, name) == value)
    if rule.purchased_from is not None:
        conditions.append(Asset.purchased_on >= rule.purchased_from)
    if rule.purchased_to is not None:
        conditions.append(Asset.purchased_on <= rule.purchased_to)
    return sa.select(Asset.id).where(*conditions)


def _evaluate(session: Session, row: Contract, places: Places, today: date) -> Evaluated:
    is_running = row.starts_on <= today <= row.ends_on
    chosen: Ids = sa.select(ContractLine.asset_id).where(
        ContractLine.contract_id == row.id, ContractLine.asset_id.is_not(None)
    )
    rules = session.scalars(sa.select(ContractRule).where(ContractRule.contract_id == row.id))
    parts: list[Ids] = [chosen, *(assets_of_rule(rule, places) for rule in rules)]
    _join_doubles(session, row.id)
    if not is_running:
        last = min(today, max(row.ends_on + _ONE_DAY, row.starts_on))
        return Evaluated(closed=_close(session, row.id, None, last))
    wanted = sa.union(*parts).subquery()
    ids: Ids = sa.select(wanted.c[0])
    closed = _close(session, row.id, ids, today)
    _reopen(session, row.id, ids, today)
    opened = sum(
        _open(session, row.id, ids_of, source, today)
        for ids_of, source in (
            (chosen, CoverSource.CHOICE),
            *((part, CoverSource.RULE) for part in parts[1:]),
        )
    )
    return Evaluated(opened=opened, closed=closed)


def _close(session: Session, contract_id: int, wanted: Ids | None, day: date) -> int:
    """Close what is no longer covered; what was opened on that day has never been."""
    is_over = [Coverage.contract_id == contract_id, Coverage.until_on.is_(None)]
    if wanted is not None:
        is_over.append(Coverage.asset_id.not_in(wanted))
    gone = sa.delete(Coverage).where(*is_over, Coverage.from_on >= day)
    over = sa.update(Coverage).where(*is_over).values(until_on=day)
    return sum(_rowcount(session, statement) for statement in (gone, over))


def _reopen(session: Session, contract_id: int, wanted: Ids, day: date) -> None:
    """Take back what was closed earlier on the same day."""
    reopened = sa.update(Coverage).where(
        Coverage.contract_id == contract_id,
        Coverage.until_on == day,
        Coverage.asset_id.in_(wanted),
        Coverage.asset_id.not_in(_open_assets(contract_id)),
    )
    _rowcount(session, reopened.values(until_on=None))


def _open(session: Session, contract_id: int, wanted: Ids, source: CoverSource, day: date) -> int:
    column = wanted.subquery().c[0]
    new = (
        sa.select(
            sa.literal(contract_id),
            column,
            sa.literal(source.value),
            sa.literal(day, sa.Date()),
        )
        .where(column.not_in(_open_assets(contract_id)))
        .distinct()
    )
    names = ["contract_id", "asset_id", "source", "from_on"]
    return _rowcount(session, sa.insert(Coverage).from_select(names, new))


def _open_assets(contract_id: int) -> Ids:
    return sa.select(Coverage.asset_id).where(
        Coverage.contract_id == contract_id, Coverage.until_on.is_(None)
    )


def _join_doubles(session: Session, contract_id: int) -> None:
    """Let one row stand where a merge of two assets has left two that are open: the older."""
    rows = session.execute(
        sa.select(Coverage.asset_id, sa.func.min(Coverage.from_on), sa.func.min(Coverage.id))
        .where(Coverage.contract_id == contract_id, Coverage.until_on.is_(None))
        .group_by(Coverage.asset_id)
        .having(sa.func.count() > 1)
    ).all()
    for asset_id, from_on, kept in rows:
        session.execute(
            sa.delete(Coverage).where(
                Coverage.contract_id == contract_id,
                Coverage.asset_id == asset_id,
                Coverage.until_on.is_(None),
                Coverage.id != kept,
            )
        )
        session.execute(sa.update(Coverage).where(Coverage.id == kept).values(from_on=from_on))


def _touched_by(contract_ids: Sequence[int], done: Evaluated) -> sa.ColumnElement[bool]:
    """Give the assets whose cover may have changed; rows that were taken away name none."""
    of_them = sa.select(Coverage.asset_id).where(Coverage.contract_id.in_(contract_ids))
    touched: sa.ColumnElement[bool] = Asset.id.in_(of_them)
    return touched | Asset.covered_until.is_not(None) if done.closed else touched


def refresh(session: Session, which: sa.ColumnElement[bool]) -> int:
    """Copy the later of warranty and open cover onto assets, where it is not so already."""
    by_contract = (
        sa.select(sa.func.max(Contract.ends_on))
        .join(Coverage, Coverage.contract_id == Contract.id)
        .where(Coverage.asset_id == Asset.id, Coverage.until_on.is_(None))
        .scalar_subquery()
    )
    warranty = Asset.warranty_ends_on
    later = sa.case(
        (by_contract.is_(None), warranty),
        (warranty.is_(None), by_contract),
        (warranty > by_contract, warranty),
        else_=by_contract,
    )
    statement = sa.update(Asset).where(which, Asset.covered_until.is_distinct_from(later))
    return _rowcount(session, statement.values(covered_until=later))


def _rowcount(session: Session, statement: Any) -> int:
    options = {"synchronize_session": False, "preserve_rowcount": True}
    result: Any = session.execute(statement.execution_options(**options))
    return int(result.rowcount)


def _spellings(serial: str) -> set[str]:
    plain = " ".join(serial.split())
    folded = fold_serial(serial)
    return {plain, plain.upper(), plain.lower(), folded, folded.lower()} - {""}
