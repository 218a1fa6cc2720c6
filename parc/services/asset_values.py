"""What a person may write into an asset, and whether a value can be taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from collectors.registries.placeholders import is_placeholder
from collectors.text import normalise_mac
from parc.contract_dates import end_after
from parc.errors import FieldProblem
from parc.models import Asset, Location, Person, Supplier
from parc.naming import MACHINE_FIELDS
from parc.queries.scope import scope_of, unlimited
from parc.row_keys import row_key
from parc.services.fields import read_amount, read_day

DATE_FIELDS: Final = (
    "purchased_on",
    "delivered_on",
    "in_service_on",
    "warranty_starts_on",
    "warranty_ends_on",
    "last_stocktake_on",
    "disposed_on",
)
NUMBER_FIELDS: Final = (
    "order_number",
    "delivery_note_number",
    "invoice_number",
    "fixed_asset_number",
)
# What no machine knows: kept by people, and by imports on their behalf.
KEPT_FIELDS: Final = (
    *DATE_FIELDS,
    "warranty_months",
    "purchase_price",
    "currency",
    "depreciation_months",
    *NUMBER_FIELDS,
    "technician_person_id",
    "supplier_id",
)
EDITABLE_FIELDS: Final = (*MACHINE_FIELDS, "asset_tag", "location_id", "notes", *KEPT_FIELDS)
_LENGTHS: Final = {"asset_tag": 60, "notes": 20_000, **dict.fromkeys(NUMBER_FIELDS, 120)}
_MONTHS: Final = frozenset({"warranty_months", "depreciation_months"})
_MOST_MONTHS: Final = 600
_MOST_DIGITS: Final = 5
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_AMOUNT_FIELD: Final = "purchase_price"
_LINKS: Final = frozenset({"location_id", "technician_person_id", "supplier_id"})
_CODES: Final = {
    **dict.fromkeys(DATE_FIELDS, "not_a_date"),
    **dict.fromkeys(_MONTHS, "not_a_number"),
    _AMOUNT_FIELD: "not_an_amount",
}


def clean_values(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Read what was typed: blanks are None; what cannot be read is a problem, not an error."""
    cleaned: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, raw in values.items():
        text = raw.strip() if isinstance(raw, str) else raw
        value = None if text == "" else text
        if name not in EDITABLE_FIELDS:
            problems.append(FieldProblem(name, "unknown_field", name))
        elif value is None:
            cleaned[name] = None
        elif isinstance(value, str) and len(value) > (limit := _LENGTHS.get(name, 255)):
            problems.append(FieldProblem(name, "too_long", str(limit)))
        elif (converted := _convert(name, value)) is None:
            problems.append(FieldProblem(name, _CODES.get(name, "not_valid"), str(value)[:100]))
        else:
            cleaned[name] = converted
    return cleaned, problems


def _convert(name: str, value: Any) -> Any:
    """Give the value as the column takes it, or None when it cannot be."""
    if name == "category":
        return Category(value) if value in set(Category) else None
    if name == "base_mac_address":
        return normalise_mac(str(value))
    if name in _LINKS:
        return row_key(str(value))
    if name in KEPT_FIELDS:
        return _convert_kept(name, value)
    return str(value)


def _convert_kept(name: str, value: Any) -> Any:
    text = str(value)
    if name in DATE_FIELDS:
        return value if isinstance(value, date) else read_day(text)
    if name in _MONTHS:
        is_number = text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS
        return int(text) if is_number and int(text) <= _MOST_MONTHS else None
    if name == _AMOUNT_FIELD:
        return value if isinstance(value, Decimal) else read_amount(text)
    if name == "currency":
        return text.upper() if _CURRENCY.fullmatch(text.upper()) else None
    return text


def complete_warranty(changed: dict[str, Any], stored: Mapping[str, Any]) -> None:
    """Add the end of a warranty to changed values that set its start or its length, and no end."""
    if not {"warranty_starts_on", "warranty_months"} & changed.keys():
        return
    start = changed.get("warranty_starts_on", stored.get("warranty_starts_on"))
    months = changed.get("warranty_months", stored.get("warranty_months"))
    if start is not None and months and "warranty_ends_on" not in changed:
        changed["warranty_ends_on"] = end_after(start, months)


def _given_twice(
    session: Session, values: Mapping[str, Any], asset_id: int | None
) -> list[FieldProblem]:
    """Find tag, and serial number with maker, on another asset, seen or not."""
    problems: list[FieldProblem] = []
    others = Asset.id != asset_id if asset_id is not None else sa.true()
    if tag := values.get("asset_tag"):
        same = session.scalar(sa.select(Asset.name).where(Asset.asset_tag == tag, others))
        if same is not None:
            problems.append(FieldProblem("asset_tag", "taken", same))
    serial, manufacturer = values.get("serial_number"), values.get("manufacturer")
    if serial and manufacturer and not is_placeholder(serial):
        same = session.scalar(
            sa.select(Asset.asset_tag)
            .where(Asset.serial_number == serial, Asset.manufacturer == manufacturer, others)
            .limit(1)
        )
        if same is not None:
            problems.append(FieldProblem("serial_number", "taken", same))
    return problems


def taken_values(
    session: Session, values: Mapping[str, Any], asset_id: int | None
) -> list[FieldProblem]:
    """Check what must be there once, and what must be there at all."""
    with unlimited(session):
        problems = _given_twice(session, values, asset_id)
    if scope_of(session) is not None:  # whose it is may stand elsewhere
        problems = [replace(one, value=str(values[one.field])) for one in problems]
    person = values.get("technician_person_id")
    if person is not None and session.get(Person, person) is None:
        problems.append(FieldProblem("technician_person_id", "not_found", str(person)))
    supplier = values.get("supplier_id")
    if supplier is not None and session.get(Supplier, supplier) is None:
        problems.append(FieldProblem("supplier_id", "not_found", str(supplier)))
    place = values.get("location_id")
    if place is not None and session.get(Location, place) is None:
        problems.append(FieldProblem("location_id", "not_found", str(place)))
    return problems


def present_values(asset: Asset) -> dict[str, Any]:
    """Give what stands in the fields of an asset that people edit."""
    return {name: getattr(asset, name) for name in EDITABLE_FIELDS}
