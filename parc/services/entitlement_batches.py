"""New licences, many at once: as each would be made, with some statements for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
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
from parc.services.entitlements import KIND, check_days, plain_value, search_of
from parc.services.permissions import Action, require

T = TypeVar("T")
_PART: Final = 500
_TERM: Final = EntitlementPeriodKind.TERM
_MAINTENANCE: Final = EntitlementPeriodKind.MAINTENANCE


@dataclass(frozen=True, slots=True)
class NewEntitlement:
    """One licence to be.

    Attributes:
        values: of ``entitlements.FIELDS``, as the columns take them.
        term, maintenance: of ``entitlements.PERIOD_FIELDS``; empty for no such period.
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
    contracts = _contracts(session, wanted)
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
    return [row.id for row in rows]


def _check(session: Session, wanted: Sequence[NewEntitlement]) -> None:
    problems = []
    references: list[str] = []
    for one in wanted:
        if not one.values.get("name"):
            problems.append(FieldProblem("name", "required"))
        quantity = one.values.get("quantity")
        if quantity is not None and quantity < 0:
            problems.append(FieldProblem("quantity", "out_of_bounds", "0-"))
        if reference := one.values.get("reference"):
            references.append(reference)
        for _kind, values in one.periods():
            check_days(values)
    if len(set(references)) < len(references):
        problems.append(FieldProblem("reference", "taken"))
    for part in _parts(references):
        query = sa.select(Entitlement.name).where(Entitlement.reference.in_(part))
        problems += [FieldProblem("reference", "taken", name) for name in session.scalars(query)]
    if problems:
        raise InvalidInputError(problems)


def _contracts(session: Session, wanted: Sequence[NewEntitlement]) -> dict[str, int]:
    """Give the contracts of numbers that only one contract has."""
    numbers = {text for one in wanted if (text := one.values.get("contract_number"))}
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
    changes = {n: (None, plain_value(v)) for n, v in values.items() if v is not None}
    return audit.Entry(KIND, row.id, row.name, action, changes)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PART):
        yield items[start : start + _PART]
