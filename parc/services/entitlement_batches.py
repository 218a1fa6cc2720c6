"""Licences made and changed many at once: as each would be, with some statements for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Contract,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    Publisher,
    SoftwareProduct,
)
from parc.naming import folded
from parc.services import audit
from parc.services.actor import Actor
from parc.services.entitlements import (
    KIND,
    check_days,
    plain_value,
    put_dates,
    search_of,
    touch,
)
from parc.services.permissions import Action, require
from parc.services.positions import mark_rights, mark_stale

T = TypeVar("T")
_PART: Final = 500
_TERM: Final = EntitlementPeriodKind.TERM
_MAINTENANCE: Final = EntitlementPeriodKind.MAINTENANCE


@dataclass(frozen=True, slots=True)
class NewEntitlement:
    """One licence to be.

    Attributes:
        values: by the columns of a licence, as they take them.
        term, maintenance: by the columns of a period; empty for no such period.
    """

    values: Mapping[str, Any]
    term: Mapping[str, Any] = field(default_factory=dict)
    maintenance: Mapping[str, Any] = field(default_factory=dict)

    def periods(self) -> Iterator[tuple[EntitlementPeriodKind, Mapping[str, Any]]]:
        """Give the periods that it has."""
        if self.term:
            yield _TERM, self.term
        if self.maintenance:
            yield _MAINTENANCE, self.maintenance


@dataclass(frozen=True, slots=True)
class PeriodWrite:
    """A period that is added, or corrected.

    Attributes:
        values: by the columns of a period.
        period_id: of the one that is corrected; None adds one.
    """

    kind: EntitlementPeriodKind
    values: Mapping[str, Any]
    period_id: int | None = None


@dataclass(frozen=True, slots=True)
class EntitlementChange:
    """What one licence gets.

    Attributes:
        values: by the columns of a licence, as they take them.
    """

    entitlement_id: int
    values: Mapping[str, Any] = field(default_factory=dict)
    periods: Sequence[PeriodWrite] = ()


def create_entitlements(
    session: Session, actor: Actor, wanted: Sequence[NewEntitlement], *, at: datetime
) -> list[int]:
    """Create all licences with their periods, or none; gives their ids in that order.

    Raises:
        NotAllowedError: the role may not edit licences.
        InvalidInputError: of any of them, as ``create_entitlement`` and ``add_period``.
    """
    require(actor, Action.EDIT_LICENCE)
    _check(session, wanted)
    contracts = _contracts(session, [one.values for one in wanted])
    products = _products(session, {one.values["product_id"] for one in wanted})
    rows = []
    for one in wanted:
        values = one.values
        texts = (values["name"], *products[values["product_id"]], values.get("version"))
        row = Entitlement(
            **values,
            name_folded=folded(values["name"])[:255],
            contract_id=contracts.get(values.get("contract_number") or ""),
            starts_on=one.term.get("starts_on"),
            ends_on=one.term.get("ends_on"),
            maintenance_ends_on=one.maintenance.get("ends_on"),
            search_text=search_of(*texts, values.get("reference"), values.get("contract_number")),
            created_at=at,
            updated_at=at,
        )
        row.row_version = 1 + len(list(one.periods()))
        rows.append(row)
    session.add_all(rows)
    session.flush()
    entries: list[audit.Entry] = []
    for one, row in zip(wanted, rows, strict=True):
        entries.append(_entry(row, "created", {n: v for n, v in one.values.items() if v}))
        for kind, values in one.periods():
            session.add(EntitlementPeriod(entitlement_id=row.id, kind=kind, **values))
            entries.append(_entry(row, f"{kind.value}_added", values))
    session.flush()
    audit.record_all(session, actor, at=at, entries=entries)
    mark_rights(session, set(products))
    return [row.id for row in rows]


def change_entitlements(
    session: Session, actor: Actor, wanted: Sequence[EntitlementChange], *, at: datetime
) -> None:
    """Change all licences and their periods, or none; what does not differ is left as it is.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: one of them, or a period, is not there.
        InvalidInputError: of any of them, as ``change_entitlement`` and ``change_period``.
    """
    require(actor, Action.EDIT_LICENCE)
    rows, periods = _held(session, [one.entitlement_id for one in wanted])
    _check_changes(session, wanted, rows)
    contracts = _contracts(session, [one.values for one in wanted])
    before = {row.product_id for row in rows.values()}
    entries: list[audit.Entry] = []
    renamed: list[Entitlement] = []
    for one in wanted:
        row, told = rows[one.entitlement_id], []
        if changes := _set(row, one.values):
            row.name_folded = folded(row.name)[:255]
            if "contract_number" in changes:
                row.contract_id = contracts.get(row.contract_number or "")
            renamed.append(row)
            told.append(audit.Entry(KIND, row.id, row.name, "changed", _plain(changes)))
        told += _write_periods(session, row, one.periods, periods[row.id])
        for _change in told:
            touch(row, at)
        entries += told
    session.flush()
    products = _products(session, {row.product_id for row in renamed})
    for row in renamed:
        texts = (row.name, *products[row.product_id], row.version)
        row.search_text = search_of(*texts, row.reference, row.contract_number)
    session.flush()
    audit.record_all(session, actor, at=at, entries=entries)
    mark_stale(session, before)
    mark_rights(session, {row.product_id for row in rows.values()} - before)


def _held(
    session: Session, ids: Collection[int]
) -> tuple[dict[int, Entitlement], dict[int, list[EntitlementPeriod]]]:
    """Give licences, locked, and the periods of each in the order in which they came."""
    rows: dict[int, Entitlement] = {}
    periods: dict[int, list[EntitlementPeriod]] = {}
    for part in _parts(sorted(set(ids))):
        query = sa.select(Entitlement).where(Entitlement.id.in_(part)).order_by(Entitlement.id)
        for row in session.scalars(
            query.with_for_update(), execution_options={"populate_existing": True}
        ):
            rows[row.id], periods[row.id] = row, []
        of_them = sa.select(EntitlementPeriod).where(EntitlementPeriod.entitlement_id.in_(part))
        for period in session.scalars(
            of_them.order_by(EntitlementPeriod.id), execution_options={"populate_existing": True}
        ):
            periods[period.entitlement_id].append(period)
    if missing := set(ids) - set(rows):
        raise NotFoundError(f"no licence {min(missing)}")
    return rows, periods


def _set(row: Entitlement | EntitlementPeriod, values: Mapping[str, Any]) -> audit.Changes:
    """Set the values that differ; gives them before and after."""
    changes = {n: (getattr(row, n), v) for n, v in values.items() if getattr(row, n) != v}
    for name, (_before, value) in changes.items():
        setattr(row, name, value)
    return changes


def _write_periods(
    session: Session,
    row: Entitlement,
    wanted: Sequence[PeriodWrite],
    periods: list[EntitlementPeriod],
) -> list[audit.Entry]:
    """Add and correct periods of a licence, and copy its dates; gives what the history says."""
    entries = []
    for one in wanted:
        kind = one.kind
        if one.period_id is None:
            check_days(one.values)
            period = EntitlementPeriod(entitlement_id=row.id, kind=kind, **one.values)
            session.add(period)
            periods.append(period)
            entries.append(_entry(row, f"{kind.value}_added", one.values))
            continue
        found = next((period for period in periods if period.id == one.period_id), None)
        if found is None:
            raise NotFoundError(f"no period {one.period_id} of licence {row.id}")
        if changes := _set(found, one.values):
            check_days({name: getattr(found, name) for name in ("starts_on", "ends_on")})
            code = f"{kind.value}_changed"
            entries.append(audit.Entry(KIND, row.id, row.name, code, _plain(changes)))
    if entries:
        put_dates(row, periods)
    return entries


def _check(session: Session, wanted: Sequence[NewEntitlement]) -> None:
    problems = []
    for one in wanted:
        if not one.values.get("name"):
            problems.append(FieldProblem("name", "required"))
        problems += _check_quantity(one.values)
        for _kind, values in one.periods():
            check_days(values)
    problems += _taken(session, [one.values.get("reference") for one in wanted])
    if problems:
        raise InvalidInputError(problems)


def _check_changes(
    session: Session, wanted: Sequence[EntitlementChange], rows: Mapping[int, Entitlement]
) -> None:
    problems = []
    for one in wanted:
        if "name" in one.values and not one.values["name"]:
            problems.append(FieldProblem("name", "required"))
        problems += _check_quantity(one.values)
    references = {one.entitlement_id: one.values.get("reference") for one in wanted}
    other = [text for number, text in references.items() if text != rows[number].reference]
    problems += _taken(session, other)
    if problems:
        raise InvalidInputError(problems)


def _check_quantity(values: Mapping[str, Any]) -> list[FieldProblem]:
    quantity = values.get("quantity")
    is_wrong = quantity is not None and quantity < 0
    return [FieldProblem("quantity", "out_of_bounds", "0-")] if is_wrong else []


def _taken(session: Session, wanted: Collection[str | None]) -> list[FieldProblem]:
    """Find references that are there, or meant twice."""
    references = [text for text in wanted if text]
    problems = []
    if len(set(references)) < len(references):
        problems.append(FieldProblem("reference", "taken"))
    for part in _parts(references):
        query = sa.select(Entitlement.name).where(Entitlement.reference.in_(part))
        problems += [FieldProblem("reference", "taken", name) for name in session.scalars(query)]
    return problems


def _contracts(session: Session, wanted: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Give the contracts of numbers that only one contract has."""
    numbers = {text for values in wanted if (text := values.get("contract_number"))}
    found: dict[str, list[int]] = {}
    for part in _parts(sorted(numbers)):
        query = sa.select(Contract.number, Contract.id).where(Contract.number.in_(part))
        for number, contract_id in session.execute(query):
            found.setdefault(number, []).append(contract_id)
    return {number: ids[0] for number, ids in found.items() if len(ids) == 1}


def _products(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str | None]]:
    """Give the names of products and of their publishers."""
    found: dict[int, tuple[str, str | None]] = {}
    for part in _parts(sorted(ids)):
        query = (
            sa.select(SoftwareProduct.id, SoftwareProduct.name, Publisher.name)
            .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
            .where(SoftwareProduct.id.in_(part))
        )
        for number, product, publisher in session.execute(query):
            found[number] = (product, publisher)
    if missing := set(ids) - set(found):
        raise InvalidInputError([FieldProblem("product_id", "not_found", str(min(missing)))])
    return found


def _entry(row: Entitlement, action: str, values: Mapping[str, Any]) -> audit.Entry:
    changes = _plain({n: (None, v) for n, v in values.items() if v is not None})
    return audit.Entry(KIND, row.id, row.name, action, changes)


def _plain(changes: audit.Changes) -> audit.Changes:
    return {name: (plain_value(old), plain_value(new)) for name, (old, new) in changes.items()}


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PART):
        yield items[start : start + _PART]
