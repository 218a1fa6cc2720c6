"""Movements as they are typed or stand in a file: read into orders, each problem by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError
from parc.models import (
    Asset,
    Contract,
    Device,
    Incident,
    LifecycleState,
    MovementKind,
    MovementVariant,
    Storage,
    Supplier,
)
from parc.row_keys import row_key
from parc.services.departments import find_department
from parc.services.fields import FieldReader
from parc.services.incident_values import number_of
from parc.services.movement_kinds import KINDS, Holder, Order
from parc.services.people import find_person
from parc.services.places import find_place

_LENGTHS: Final[Mapping[str, int]] = {
    "accessories": 1000,
    "condition": 1000,
    "counterparty": 255,
    "order_number": 120,
    "destination": 255,
    "legal_basis": 500,
    "wiping_method": 255,
    "wiped_by": 200,
    "certificate_number": 120,
    "slip_number": 120,
}
_REASON_CHARACTERS: Final = 2000
_EXIT: Final = (
    "counterparty",
    "destination",
    "legal_basis",
    "unit_value",
    "wiping_method",
    "wiped_on",
    "wiped_by",
    "certificate_number",
    "slip_number",
)
_HANDED: Final = ("accessories", "condition")
_ABOUT: Final = ("incident", "contract")
# What else the form of a kind asks, beside day, place, holder and reason.
_EXTRA: Final[Mapping[MovementKind, tuple[str, ...]]] = {
    MovementKind.ENTRY: ("counterparty", "order_number", *_HANDED),
    MovementKind.ASSIGNMENT: _HANDED,
    MovementKind.LOAN: _HANDED,
    MovementKind.RETURN: _HANDED,
    MovementKind.SHIPMENT: ("counterparty", "accessories"),
    MovementKind.SEND_TO_REPAIR: ("counterparty", *_ABOUT, *_HANDED),
    MovementKind.BACK_FROM_REPAIR: ("counterparty", *_ABOUT, "condition"),
    MovementKind.STANDARD_EXCHANGE: ("counterparty", *_ABOUT, "condition"),
    MovementKind.COMPONENT_CHANGE: _ABOUT,
    MovementKind.PUT_IN_STOCK: ("condition",),
    MovementKind.FOUND: ("condition",),
    MovementKind.STOCKTAKE: ("condition",),
    MovementKind.EXIT: _EXIT,
}
# Categories that hold data whether or not somebody has read their disks.
_WITH_STORAGE: Final = frozenset(
    {
        Category.WORKSTATION,
        Category.SERVER,
        Category.HYPERVISOR,
        Category.NAS,
        Category.SAN,
        Category.TAPE,
        Category.MOBILE,
        Category.NVR,
    }
)
# What has to be said of data that was wiped.
PROOF: Final = ("wiping_method", "wiped_on", "wiped_by")
_DISKS: Final = ("fixedDisk", "flashMemory")


@dataclass(frozen=True, slots=True)
class MovementDraft:
    """What is wanted of a movement, as typed.

    Attributes:
        person: what ``find_person`` reads; place, department: paths.
        incident: its number; contract: its number or name, or number and supplier.
    """

    kind: str = ""
    effective_on: str = ""
    person: str = ""
    department: str = ""
    place: str = ""
    to_state: str = ""
    variant: str = ""
    due_on: str = ""
    reason: str = ""
    accessories: str = ""
    condition: str = ""
    counterparty: str = ""
    incident: str = ""
    contract: str = ""
    order_number: str = ""
    destination: str = ""
    legal_basis: str = ""
    unit_value: str = ""
    wiping_method: str = ""
    wiped_on: str = ""
    wiped_by: str = ""
    certificate_number: str = ""
    slip_number: str = ""


def asked_fields(kind: MovementKind) -> list[str]:
    """Give the fields that the form of a kind shows, in their order."""
    rule = KINDS[kind]
    fields = []
    if rule.variants:
        fields.append("variant")
    if rule.holder is Holder.PERSON_NEEDED:
        fields.append("person")
    elif rule.holder in {Holder.OPTIONAL, Holder.HOLDER_OR_PLACE}:
        fields += ["person", "department"]
    if rule.has_place:
        fields.append("place")
    if rule.needs_due:
        fields.append("due_on")
    if len(rule.states) > 1:
        fields.append("to_state")
    return [*fields, "effective_on", *_EXTRA.get(kind, ()), "reason"]


def read_order(session: Session, draft: MovementDraft, *, today: date) -> Order:
    """Read what was typed.

    Args:
        today: the day of effect when none is given.

    Raises:
        InvalidInputError: by field.
    """
    reader = FieldReader()
    kind = reader.word("kind", draft.kind, MovementKind, MovementKind.TRANSFER)
    asked = asked_fields(kind)
    texts = _texts(reader, draft, asked)
    texts |= _about(session, reader, draft, asked)
    order = Order(
        kind,
        reader.date("effective_on", draft.effective_on) or today,
        due_on=reader.date("due_on", draft.due_on) if "due_on" in asked else None,
        texts=texts,
    )
    if draft.to_state.strip() and "to_state" in asked:
        word = reader.word("to_state", draft.to_state, LifecycleState, LifecycleState.IN_STOCK)
        order = replace(order, to_state=word)
    order = _with_variant(reader, draft, order)
    order = _with_links(session, reader, draft, order, asked)
    if KINDS[kind].needs_reason and not texts.get("reason"):
        reader.add("reason", "required")
    if kind is MovementKind.EXIT and not texts.get("counterparty"):
        reader.add("counterparty", "required")
    reader.raise_problems()
    return order


def missing_proof(session: Session, asset_ids: Sequence[int], order: Order) -> list[FieldProblem]:
    """Say what an exit lacks of the proof that data was wiped, where there is storage."""
    if order.kind is not MovementKind.EXIT or not holds_data(session, asset_ids):
        return []
    return [FieldProblem(name, "wiping_unproven") for name in PROOF if not order.texts.get(name)]


def holds_data(session: Session, asset_ids: Sequence[int]) -> bool:
    """Tell whether one of the assets has storage, as was read or as its category has."""
    by_category = sa.select(Asset.id).where(
        Asset.id.in_(asset_ids), Asset.category.in_(_WITH_STORAGE)
    )
    if session.scalar(by_category.limit(1)) is not None:
        return True
    by_disk = (
        sa.select(Storage.id)
        .join(Device, Device.id == Storage.device_id)
        .where(
            Device.asset_id.in_(asset_ids),
            Storage.storage_type.in_(_DISKS),
            Storage.gone_at.is_(None),
        )
    )
    return session.scalar(by_disk.limit(1)) is not None


def _texts(reader: FieldReader, draft: MovementDraft, asked: Sequence[str]) -> dict[str, Any]:
    texts: dict[str, Any] = {
        name: reader.text(name, getattr(draft, name), most=most)
        for name, most in _LENGTHS.items()
        if name in asked
    }
    texts["reason"] = reader.text("reason", draft.reason, most=_REASON_CHARACTERS)
    if "unit_value" in asked:
        texts["unit_value"] = reader.amount("unit_value", draft.unit_value)
    if "wiped_on" in asked:
        texts["wiped_on"] = reader.date("wiped_on", draft.wiped_on)
    return {name: value for name, value in texts.items() if value not in (None, "")}


def _about(
    session: Session, reader: FieldReader, draft: MovementDraft, asked: Sequence[str]
) -> dict[str, int]:
    """Read the incident and the contract that a movement is about."""
    found: dict[str, int | None] = {}
    if "incident" in asked and draft.incident.strip():
        found["incident"] = _find_incident(session, draft.incident.strip())
    if "contract" in asked and draft.contract.strip():
        found["contract"] = _find_contract(session, draft.contract.strip())
    for name, number in found.items():
        if number is None:
            reader.add(name, "not_found", getattr(draft, name).strip()[:100])
    return {f"{name}_id": number for name, number in found.items() if number is not None}


def _find_incident(session: Session, text: str) -> int | None:
    number = row_key(text) or number_of(text)
    if number is None:
        return None
    return session.scalar(sa.select(Incident.id).where(Incident.id == number))


def _find_contract(session: Session, text: str) -> int | None:
    """Find the one contract of this number, else of this name; None where there are several.

    Number and supplier, as a field offers them, are one contract's only.
    """
    full = Contract.number + " (" + Supplier.name + ")"
    for column in (full, Contract.number, Contract.name):
        query = sa.select(Contract.id).join(Supplier, Supplier.id == Contract.supplier_id)
        is_same = sa.or_(column == text, sa.func.lower(column) == text.lower())
        query = query.where(is_same)
        if found := session.scalars(query.limit(2)).all():
            return found[0] if len(found) == 1 else None
    return None


def _with_variant(reader: FieldReader, draft: MovementDraft, order: Order) -> Order:
    variants = KINDS[order.kind].variants
    if not variants:
        return order
    if not draft.variant.strip():
        if order.kind is MovementKind.EXIT:
            reader.add("variant", "required")
        return order
    word = reader.word("variant", draft.variant, MovementVariant, variants[0])
    return replace(order, variant=word)


def _with_links(
    session: Session,
    reader: FieldReader,
    draft: MovementDraft,
    order: Order,
    asked: Sequence[str],
) -> Order:
    if draft.person.strip() and "person" in asked:
        try:
            order = replace(order, person_id=find_person(session, draft.person))
        except InvalidInputError as error:
            reader.problems += error.problems
    if draft.department.strip() and "department" in asked:
        number = find_department(session, draft.department)
        if number is None:
            reader.add("department", "not_found", draft.department[:100])
        order = replace(order, department_id=number)
    if draft.place.strip() and "place" in asked:
        number = find_place(session, draft.place)
        if number is None:
            reader.add("place", "not_found", draft.place[:100])
        order = replace(order, location_id=number)
    return order
