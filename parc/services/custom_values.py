"""Writing into the fields that an organisation has added to its assets.

Values are kept as text in one spelling for each type, and once more so that they sort. In the
history and in plans the field ``colour`` is called ``custom/colour``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem
from parc.models import CustomField, CustomType, CustomValue, ValueSource
from parc.naming import folded
from parc.queries.custom_fields import is_of, read_fields
from parc.queries.scope import unlimited
from parc.services.actor import Actor
from parc.services.fields import FieldReader

PREFIX: Final = "custom/"
TEXT_CHARACTERS: Final = 255
LINK_CHARACTERS: Final = 1000
_NUMBER: Final = re.compile(r"-?\d{1,12}(\.\d{1,4})?", re.ASCII)
_LINK: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_YES: Final = frozenset({"yes", "oui", "true", "vrai", "1", "x"})
_NO: Final = frozenset({"no", "non", "false", "faux", "0"})
_SHIFT: Final = Decimal(10) ** 12
_SORT_CHARACTERS: Final = 255

Cleaned = dict[int, str | None]


def clean_custom(
    session: Session,
    values: Mapping[str, str],
    category: Category | str | None,
    asset_id: int | None,
) -> tuple[Cleaned, list[FieldProblem]]:
    """Read what was typed into fields, by key; a blank is None, one that is needed is a problem.

    Args:
        category: of the asset; fields of other categories are refused unless blank.
        asset_id: of the asset, None for a new one; a unique value of another is refused.
    """
    fields = {field.key: field for field in read_fields(session)} if values else {}
    cleaned, problems = read_custom(fields, values, category)
    for key in values:
        field = fields.get(key)
        value = cleaned.get(field.id) if field else None
        if field is None or value is None or not field.is_unique:
            continue
        holders = holders_of(session, field, [value])
        if any(number != asset_id for ids in holders.values() for number in ids):
            problems.append(FieldProblem(PREFIX + key, "taken", value[:60]))
    return cleaned, problems


def read_custom(
    fields: Mapping[str, CustomField],
    values: Mapping[str, str],
    category: Category | str | None,
) -> tuple[Cleaned, list[FieldProblem]]:
    """Read what was typed into fields, by key, without asking who holds a value that is unique.

    Args:
        fields: all that are not archived, by key.
        category: of the asset; fields of other categories are refused unless blank.
    """
    reader, cleaned = FieldReader(), Cleaned()
    for key, text in values.items():
        field, name = fields.get(key), PREFIX + key
        if field is None:
            reader.add(name, "unknown_field", key[:40])
            continue
        value = _read(reader, name, field, text.strip())
        if value is not None and not is_of(field, category):
            reader.add(name, "other_category")
        if value is None and field.is_required and not text.strip() and is_of(field, category):
            reader.add(name, "required")
        cleaned[field.id] = value
    return cleaned, reader.problems


def holders_of(
    session: Session, field: CustomField, values: Collection[str]
) -> dict[str, list[int]]:
    """Give the assets, seen or not, that hold one of some values, by what values are compared by.

    Args:
        values: as the field keeps them; not more than one statement takes.
    """
    row = CustomValue
    query = sa.select(row.sort_value, row.asset_id).where(
        row.field_id == field.id,
        row.sort_value.in_([sort_value(field.type, value) for value in values]),
    )
    found: dict[str, list[int]] = {}
    with unlimited(session):
        for text, asset_id in session.execute(query):
            found.setdefault(text, []).append(asset_id)
    return found


def clean_for_many(
    session: Session, values: Mapping[str, str], emptied: Collection[str]
) -> tuple[list[tuple[CustomField, str | None]], list[FieldProblem]]:
    """Read what many assets shall hold alike; whose category has the field is asked of each.

    Args:
        values: texts by key, none blank; a field whose values are unique is refused.
        emptied: keys.
    """
    fields = {field.key: field for field in read_fields(session)} if values or emptied else {}
    reader = FieldReader()
    wanted: list[tuple[CustomField, str | None]] = []
    for key, text in [*values.items(), *((key, "") for key in emptied)]:
        field, name = fields.get(key), PREFIX + key
        if field is None:
            reader.add(name, "unknown_field", key[:40])
            continue
        if key in values and key in emptied:
            reader.add(name, "set_and_emptied")
        if field.is_unique and text.strip():
            reader.add(name, "one_asset_only")
        if field.is_required and not text.strip():
            reader.add(name, "required")
        wanted.append((field, _read(reader, name, field, text.strip())))
    return wanted, list(dict.fromkeys(reader.problems))


def held_values(session: Session, asset_ids: Collection[int]) -> dict[tuple[int, int], str]:
    """Give what stands in fields by asset and field; not more assets than one statement takes."""
    query = sa.select(CustomValue.asset_id, CustomValue.field_id, CustomValue.value)
    found = session.execute(query.where(CustomValue.asset_id.in_(asset_ids)))
    return {(asset_id, field_id): value for asset_id, field_id, value in found}


def read_value(field: CustomField, text: str) -> str | None:
    """Give a text as the field keeps it; None when it is blank or not of its type."""
    reader = FieldReader()
    value = _read(reader, field.key, field, text.strip())
    return None if reader.problems else value


def _read(reader: FieldReader, name: str, field: CustomField, text: str) -> str | None:
    if not text:
        return None
    if field.type is CustomType.DATE:
        day = reader.date(name, text)
        return day.isoformat() if day else None
    if field.type is CustomType.NUMBER:
        return _known(reader, name, "not_a_decimal", text, _read_number(text))
    if field.type in {CustomType.YES_NO, CustomType.CHOICE}:
        return _known(reader, name, "unknown_choice", text, _read_word(field, text))
    if field.type is CustomType.LINK and not _LINK.fullmatch(text):
        return _known(reader, name, "not_a_link", text, None)
    most = LINK_CHARACTERS if field.type is CustomType.LINK else TEXT_CHARACTERS
    return reader.text(name, text, most=most)


def _read_word(field: CustomField, text: str) -> str | None:
    word = folded(text)
    if field.type is CustomType.YES_NO:
        return "yes" if word in _YES else "no" if word in _NO else None
    return next((one for one in field.choices if folded(one) == word), None)


def _known(reader: FieldReader, name: str, code: str, text: str, value: str | None) -> str | None:
    if value is None:
        reader.add(name, code, text[:60])
    return value


def _read_number(text: str) -> str | None:
    digits = "".join(text.split()).replace("\N{MINUS SIGN}", "-").replace(",", ".")
    if not _NUMBER.fullmatch(digits):
        return None
    written = f"{Decimal(digits):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def sort_value(kind: CustomType, value: str) -> str:
    """Give a value so that texts of one field sort as what they mean."""
    if kind is CustomType.NUMBER:
        return f"{Decimal(value) + _SHIFT:018.4f}"
    return folded(value)[:_SORT_CHARACTERS]


def write_custom(
    session: Session,
    actor: Actor,
    wanted: Mapping[int, Cleaned],
    *,
    source: ValueSource,
    at: datetime,
) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Write values into assets; gives what changed, by asset, as the history tells it.

    Args:
        wanted: by asset and field, as ``clean_custom`` gave it; not more assets than one statement
            takes.
    """
    if not any(wanted.values()):
        return {}
    fields = {field.id: field for field in read_fields(session)}
    rows = {
        (row.asset_id, row.field_id): row
        for row in session.scalars(sa.select(CustomValue).where(CustomValue.asset_id.in_(wanted)))
    }
    told: dict[int, dict[str, tuple[Any, Any]]] = {}
    for asset_id, values in wanted.items():
        for field_id, value in values.items():
            row, field = rows.get((asset_id, field_id)), fields[field_id]
            before = row.value if row else None
            if before == value:
                continue
            told.setdefault(asset_id, {})[PREFIX + field.key] = (before, value)
            if value is None:
                session.delete(row)
                continue
            if row is None:
                row = CustomValue(asset_id=asset_id, field_id=field_id)
                session.add(row)
            row.value, row.sort_value = value, sort_value(field.type, value)
            row.unique_value = row.sort_value if field.is_unique else None
            row.source, row.user_id, row.set_at = source, actor.user_id, at
    session.flush()
    return told


def doubled_values(session: Session, into_id: int, from_id: int) -> dict[str, tuple[Any, Any]]:
    """Give what a merge loses: values of which the record that stays has one of its own."""
    held = sa.select(CustomValue.field_id).where(CustomValue.asset_id == into_id)
    query = (
        sa.select(CustomField.key, CustomValue.value)
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .where(CustomValue.asset_id == from_id, CustomValue.field_id.in_(held))
    )
    return {PREFIX + key: (value, None) for key, value in session.execute(query)}


def searched_values(asset_ids: Sequence[int]) -> sa.Select[int, str, Any]:
    """Give the statement that reads what a search finds assets by in these fields."""
    return sa.select(CustomValue.asset_id, CustomValue.value, sa.null()).where(
        CustomValue.asset_id.in_(asset_ids)
    )
