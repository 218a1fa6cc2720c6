"""Rows that hang on an asset: what follows it when records are merged or split.

What an asset can have only once, such as a seat of a licence or a line of a contract, is one while
two records are; the other row is kept aside until they part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Base, Contract, ContractLine, Coverage, table_of
from parc.services.row_images import Row, as_row

# What a merge settles itself, and what finds itself anew (the inbox); any other table with a key to
# ``asset`` follows the machine.
_SETTLED: Final = frozenset({"device", "asset_field", "difference", "merged_asset", "inbox_entry"})
# What an asset can have once besides what the database lets stand only once.
_ONCE: Final[dict[type[Base], list[str]]] = {ContractLine: ["contract_id"]}


@dataclass(frozen=True, slots=True)
class LineChoice:
    """A contract that names both records: one of its lines can stay.

    Attributes:
        token: names the line of the record that ends, as ``link_token`` does.
    """

    token: str
    contract: Contract
    stays: ContractLine
    goes: ContractLine


def linked_models() -> list[type[Base]]:
    """Give the models whose rows follow a machine when its record is merged."""
    found = []
    for mapper in Base.registry.mappers:
        table = table_of(mapper.class_)
        targets = {key.column.table.name for key in table.foreign_keys}
        if "asset" in targets and table.name not in _SETTLED:
            found.append(mapper.class_)
    return sorted(found, key=lambda model: model.__tablename__)


def link_token(row: Base) -> str:
    """Name a row that hangs on an asset: its table and its id."""
    (key,) = sa.inspect(row).mapper.primary_key_from_instance(row)
    return f"{row.__tablename__}:{key}"


def link_column(model: type[Base]) -> sa.Column[Any]:
    """Give the column by which rows hang on an asset."""
    found: sa.Column[Any] = next(
        key.parent for key in table_of(model).foreign_keys if key.column.table.name == "asset"
    )
    return found


def move_links(
    session: Session,
    models: Iterable[type[Base]],
    tokens: Collection[str],
    asset: Asset,
    new: Asset,
) -> None:
    """Let the named rows that hang on one asset hang on another."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for token in tokens:
        table, _colon, number = token.partition(":")
        if number.isdecimal():
            wanted[table].add(int(number))
    for model in models:
        column = link_column(model)
        attribute = sa.inspect(model).get_property_by_column(column)
        key = sa.inspect(model).primary_key[0]
        ids = sorted(wanted.get(model.__tablename__, ()))
        for row in session.scalars(sa.select(model).where(key.in_(ids), column == asset.id)):
            setattr(row, attribute.key, new.id)
    session.flush()


class Doubles:
    """What of the rows of a model an asset can have only once: a seat of a licence, an incident."""

    def __init__(self, session: Session, model: type[Base], asset_id: int) -> None:
        """Read what the asset has."""
        table, column = table_of(model), link_column(model)
        self._names = [
            [one.name for one in constraint.columns if one.name != column.name]
            for constraint in table.constraints
            if isinstance(constraint, sa.UniqueConstraint) and column.name in constraint.columns
        ]
        if model in _ONCE:
            self._names.append(_ONCE[model])
        has_any = self._names or model is Coverage
        rows = session.scalars(sa.select(model).where(column == asset_id)) if has_any else ()
        self._held: list[Base] = list(rows)

    def twin(self, row: Base) -> Base | None:
        """Give the row that the asset has instead of this one."""
        if isinstance(row, Coverage):
            return next((one for one in self._held if _overlap(one, row)), None)
        keys = set(self._keys(row))
        return next((one for one in self._held if not keys.isdisjoint(self._keys(one))), None)

    def put(self, row: Base) -> None:
        """Let the asset have a row, too."""
        self._held.append(row)

    def drop(self, row: Base) -> None:
        """Let the asset have a row no more."""
        self._held.remove(row)

    def _keys(self, row: object) -> Iterator[tuple[int, tuple[Any, ...]]]:
        for number, names in enumerate(self._names):
            values = tuple(getattr(row, name) for name in names)
            if None not in values:
                yield number, values


def _overlap(one: Any, other: Coverage) -> bool:
    """Tell whether two rows say of the same contract that it covered on the same day."""
    if one.contract_id != other.contract_id:
        return False
    return one.from_on < _end(other) and other.from_on < _end(one)


def _end(row: Coverage) -> date:
    return row.until_on or date.max


def line_choices(session: Session, into_id: int, from_id: int) -> list[LineChoice]:
    """Give the contracts that name two records, with the line of each."""
    held = Doubles(session, ContractLine, into_id)
    line = ContractLine
    query = sa.select(line, Contract).join(Contract, Contract.id == line.contract_id)
    query = query.where(line.asset_id == from_id).order_by(Contract.name, line.id)
    return [
        LineChoice(link_token(goes), contract, stays, goes)
        for goes, contract in session.execute(query)
        if isinstance(stays := held.twin(goes), ContractLine)
    ]


@dataclass(slots=True)
class Taken:
    """What a record took over from another.

    Attributes:
        moved: rows that came over, by ``link_token``.
        doubled: rows as they were that are not there while both are one, by table.
    """

    moved: list[str]
    doubled: dict[str, list[Row]]


def take_over(session: Session, into: Asset, other: Asset, chosen: Collection[str]) -> Taken:
    """Let all rows that point at the other record point at the one that stays.

    Args:
        chosen: rows of the other record that stand instead of what the one that stays has.
    """
    taken = Taken([], {})
    for model in linked_models():
        column, held = link_column(model), Doubles(session, model, into.id)
        attribute = sa.inspect(model).get_property_by_column(column)
        for row in session.scalars(sa.select(model).where(column == other.id)).all():
            if _stands(session, row, held, chosen, taken):
                held.put(row)
                taken.moved.append(link_token(row))
                setattr(row, attribute.key, into.id)
    session.flush()
    return taken


def _stands(
    session: Session, row: Base, held: Doubles, chosen: Collection[str], taken: Taken
) -> bool:
    """Put aside what cannot stand beside a row, or the row itself; tell whether the row stands."""
    aside = taken.doubled.setdefault
    while (twin := held.twin(row)) is not None:
        stands = link_token(row) in chosen
        if isinstance(row, Coverage) and isinstance(twin, Coverage):
            stands = row.from_on < twin.from_on
            first, last = (row, twin) if stands else (twin, row)
            if _end(first) < _end(last):
                aside("coverage", []).append(as_row(first))
                first.until_on = last.until_on
        gone = twin if stands else row
        aside(gone.__tablename__, []).append(as_row(gone))
        session.delete(gone)
        if not stands:
            return False
        held.drop(twin)
    return True
