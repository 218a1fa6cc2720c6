"""What a person may write into an asset, and whether a value can be taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from collectors.registries.placeholders import is_placeholder
from collectors.text import normalise_mac
from parc.errors import FieldProblem
from parc.models import Asset, Location
from parc.naming import MACHINE_FIELDS

EDITABLE_FIELDS: Final = (*MACHINE_FIELDS, "asset_tag", "location_id", "notes")
_LENGTHS: Final = {"asset_tag": 60, "notes": 20_000}


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
            problems.append(FieldProblem(name, "not_valid", str(value)[:100]))
        else:
            cleaned[name] = converted
    return cleaned, problems


def _convert(name: str, value: Any) -> Any:
    """Give the value as the column takes it, or None when it cannot be."""
    if name == "category":
        return Category(value) if value in set(Category) else None
    if name == "base_mac_address":
        return normalise_mac(str(value))
    if name == "location_id":
        return int(value) if str(value).isdecimal() else None
    return str(value)


def taken_values(
    session: Session, values: Mapping[str, Any], asset_id: int | None
) -> list[FieldProblem]:
    """Check what must be there once, and what must be there at all."""
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
    place = values.get("location_id")
    if place is not None and session.get(Location, place) is None:
        problems.append(FieldProblem("location_id", "not_found", str(place)))
    return problems
