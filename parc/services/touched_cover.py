"""The cover of assets that an act has touched, as the running contracts have it now.

Only what concerns these assets is read, in a number of statements that grows neither with them nor
with the contracts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
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
    Location,
)
from parc.services.coverage import fold_serial, match_lines, refresh

_CHUNK: Final = 500
_Pair = tuple[int, int]


def cover_assets(session: Session, asset_ids: Sequence[int], *, today: date, now: datetime) -> None:
    """Bring the cover of some assets up to date, as the running contracts have it."""
    session.flush()
    serials = session.scalars(
        sa.select(Asset.serial_number).where(
            Asset.id.in_(asset_ids), Asset.serial_number.is_not(None)
        )
    )
    folded = {fold_serial(serial or "") for serial in serials}
    if folded:
        match_lines(session, now, serials=sorted(folded))
    wanted = _wanted(session, asset_ids, today)
    _write(session, asset_ids, wanted, today)
    refresh(session, Asset.id.in_(asset_ids))


def _wanted(session: Session, asset_ids: Sequence[int], today: date) -> dict[_Pair, CoverSource]:
    """Give what running contracts cover of some assets; what was chosen comes before rules."""
    is_running = (Contract.starts_on <= today, Contract.ends_on >= today)
    by_rule = (
        sa.select(Contract.id, Asset.id)
        .join(ContractRule, ContractRule.contract_id == Contract.id)
        .join(Asset, _takes_in(asset_ids))
        .where(Asset.id.in_(asset_ids), *is_running)
    )
    chosen = (
        sa.select(Contract.id, ContractLine.asset_id)
        .join(ContractLine, ContractLine.contract_id == Contract.id)
        .where(ContractLine.asset_id.in_(asset_ids), *is_running)
    )
    found: dict[_Pair, CoverSource] = {}
    for query, source in ((by_rule, CoverSource.RULE), (chosen, CoverSource.CHOICE)):
        pairs: list[_Pair] = [(row[0], row[1] or 0) for row in session.execute(query)]
        found |= dict.fromkeys(pairs, source)
    return found


def _takes_in(asset_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Say of a rule and an asset that the one takes the other in, as ``assets_of_rule`` does."""
    rule = ContractRule
    above = _places_above(asset_ids)
    in_place = sa.exists().where(
        above.c.place_id == Asset.location_id, above.c.above_id == rule.location_id
    )
    same = (
        sa.or_(column.is_(None), column == own)
        for column, own in (
            (rule.category, Asset.category),
            (rule.manufacturer, Asset.manufacturer),
            (rule.model_name, Asset.model_name),
        )
    )
    return sa.and_(
        Asset.lifecycle_state != LifecycleState.DISPOSED,
        sa.or_(rule.location_id.is_(None), in_place),
        sa.or_(rule.purchased_from.is_(None), Asset.purchased_on >= rule.purchased_from),
        sa.or_(rule.purchased_to.is_(None), Asset.purchased_on <= rule.purchased_to),
        *same,
    )


def _places_above(asset_ids: Sequence[int]) -> sa.CTE:
    """Give the places of some assets, each with itself and all that it lies in."""
    place: Any = Asset.location_id
    own = sa.select(place.label("place_id"), place.label("above_id")).where(
        Asset.id.in_(asset_ids), place.is_not(None)
    )
    above = own.distinct().cte("above", recursive=True)
    parents = (
        sa.select(above.c.place_id, Location.parent_id)
        .join(Location, Location.id == above.c.above_id)
        .where(Location.parent_id.is_not(None))
    )
    return above.union(parents)


def _write(
    session: Session, asset_ids: Sequence[int], wanted: dict[_Pair, CoverSource], today: date
) -> None:
    """Open, close and take back, so that the day's last look is what counts for the day."""
    rows = session.execute(
        sa.select(
            Coverage.id,
            Coverage.contract_id,
            Coverage.asset_id,
            Coverage.from_on,
            Coverage.until_on,
        )
        .join(Contract, Contract.id == Coverage.contract_id)
        .where(
            Coverage.asset_id.in_(asset_ids),
            sa.or_(Coverage.until_on.is_(None), Coverage.until_on == today),
            Contract.starts_on <= today,
            Contract.ends_on >= today,
        )
        .order_by(Coverage.id)
    ).all()
    opened = {(row.contract_id, row.asset_id): row for row in rows if row.until_on is None}
    closed = {(row.contract_id, row.asset_id): row for row in rows if row.until_on is not None}
    over = [row for row in rows if row.until_on is None and (row[1], row[2]) not in wanted]
    for part in _ids(row.id for row in over if row.from_on >= today):
        session.execute(sa.delete(Coverage).where(Coverage.id.in_(part)))
    for part in _ids(row.id for row in over if row.from_on < today):
        session.execute(_until(part, today))
    missing = [pair for pair in wanted if pair not in opened]
    for part in _ids(closed[pair].id for pair in missing if pair in closed):
        session.execute(_until(part, None))
    new = [
        {"contract_id": pair[0], "asset_id": pair[1], "source": wanted[pair], "from_on": today}
        for pair in missing
        if pair not in closed
    ]
    if new:
        session.execute(sa.insert(Coverage), new)


def _until(ids: Sequence[int], day: date | None) -> Any:
    statement = sa.update(Coverage).where(Coverage.id.in_(ids)).values(until_on=day)
    return statement.execution_options(synchronize_session=False)


def _ids(found: Iterator[int]) -> Iterator[list[int]]:
    ids = list(found)
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
