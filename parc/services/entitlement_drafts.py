"""Licences and their periods as forms send them, read into values; all mistakes told at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import (
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    EntitlementType,
    Metric,
)
from parc.services.actor import Actor
from parc.services.entitlements import (
    add_period,
    change_entitlement,
    change_period,
    create_entitlement,
)
from parc.services.fields import FieldReader
from parc.services.people import find_person
from parc.services.products import product_for, publisher_for
from parc.services.suppliers import find_or_add

_TEXTS: Final = {"edition": 100, "reference": 255, "contract_number": 255}
_MOST: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class EntitlementDraft:
    """A licence as typed; ``owner`` is what ``find_person`` reads."""

    name: str = ""
    product: str = ""
    publisher: str = ""
    version: str = ""
    edition: str = ""
    type: str = ""
    metric: str = ""
    quantity: str = ""
    is_unlimited: bool = False
    has_downgrade: bool = False
    reference: str = ""
    contract_number: str = ""
    owner: str = ""
    alert_days: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class PeriodDraft:
    """A period as typed."""

    kind: str = EntitlementPeriodKind.TERM.value
    starts_on: str = ""
    ends_on: str = ""
    purchased_on: str = ""
    cost: str = ""
    is_tax_included: bool = False
    order_number: str = ""
    invoice_number: str = ""
    invoice_on: str = ""
    supplier: str = ""


def save_draft(
    session: Session,
    actor: Actor,
    draft: EntitlementDraft,
    *,
    at: datetime,
    entitlement_id: int | None = None,
    version: int | None = None,
) -> Entitlement:
    """Add a licence, or change the one of ``entitlement_id``; its product is made if it is new.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        ConflictError: somebody changed it since ``version``.
        InvalidInputError: by field.
    """
    values = _read(session, draft)
    maker = (
        publisher_for(session, actor, draft.publisher, at=at) if draft.publisher.strip() else None
    )
    product = draft.product if draft.product.strip() else draft.name
    values["product_id"] = product_for(session, actor, product, maker, at=at)
    if entitlement_id is None:
        return create_entitlement(session, actor, values, at=at)
    return change_entitlement(session, actor, entitlement_id, values, at=at, version=version)


def add_period_draft(
    session: Session, actor: Actor, entitlement_id: int, draft: PeriodDraft, *, at: datetime
) -> EntitlementPeriod:
    """Add a period: a renewal, or the first.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        InvalidInputError: by field.
    """
    reader = FieldReader()
    kind = reader.word("kind", draft.kind, EntitlementPeriodKind, EntitlementPeriodKind.TERM)
    values = _read_period(session, actor, draft, reader, at)
    return add_period(session, actor, entitlement_id, kind, values, at=at)


def change_period_draft(
    session: Session, actor: Actor, period_id: int, draft: PeriodDraft, *, at: datetime
) -> EntitlementPeriod:
    """Correct a period; its kind stays.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such period.
        InvalidInputError: by field.
    """
    values = _read_period(session, actor, draft, FieldReader(), at)
    return change_period(session, actor, period_id, values, at=at)


def _read_period(
    session: Session, actor: Actor, draft: PeriodDraft, reader: FieldReader, at: datetime
) -> dict[str, Any]:
    """Give the values of the columns; a supplier that nobody knows is made."""
    values: dict[str, Any] = {
        name: reader.date(name, getattr(draft, name))
        for name in ("starts_on", "ends_on", "purchased_on", "invoice_on")
    }
    values["cost"] = reader.amount("cost", draft.cost)
    values["is_tax_included"] = draft.is_tax_included if values["cost"] is not None else None
    for name in ("order_number", "invoice_number"):
        values[name] = reader.text(name, getattr(draft, name), most=120) or None
    reader.raise_problems()
    values["supplier_id"] = None
    if draft.supplier.strip():
        values["supplier_id"] = find_or_add(session, actor, draft.supplier, now=at).id
    return values


def _read(session: Session, draft: EntitlementDraft) -> dict[str, Any]:
    reader = FieldReader()
    values: dict[str, Any] = {
        "name": reader.text("name", draft.name, most=255, is_required=True),
        "version": reader.text("version", draft.version, most=60),
        "has_downgrade": draft.has_downgrade,
        "is_unlimited": draft.is_unlimited,
        "notes": reader.lines("notes", draft.notes, most=20_000) or None,
        "quantity": None,
        "alert_days": None,
        "owner_id": None,
        "type": None,
        "metric": None,
    }
    for name, most in _TEXTS.items():
        values[name] = reader.text(name, getattr(draft, name), most=most) or None
    if draft.type:
        values["type"] = reader.word("type", draft.type, EntitlementType, EntitlementType.PERPETUAL)
    if draft.metric:
        values["metric"] = reader.word("metric", draft.metric, Metric, Metric.DEVICE)
    if draft.quantity.strip() and not draft.is_unlimited:
        values["quantity"] = reader.number("quantity", draft.quantity, 0, _MOST)
    if draft.alert_days.strip():
        values["alert_days"] = reader.number("alert_days", draft.alert_days, 0, 3650)
    if draft.owner.strip():
        try:
            values["owner_id"] = find_person(session, draft.owner)
        except InvalidInputError as error:
            reader.problems += [FieldProblem("owner", p.code, p.value) for p in error.problems]
    reader.raise_problems()
    return values
