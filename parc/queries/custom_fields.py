"""Fields that an organisation has added to its assets, and the values that stand in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import NotFoundError
from parc.models import CustomField, CustomValue, User
from parc.queries.provenance import FieldSource

_CHUNK = 500


def read_fields(session: Session, *, has_archived: bool = False) -> Sequence[CustomField]:
    """Give the fields in their order, those that are archived last and only when asked for."""
    query = sa.select(CustomField).order_by(CustomField.position, CustomField.id)
    if not has_archived:
        query = query.where(CustomField.archived_at.is_(None))
    return session.scalars(query).all()


def read_field(session: Session, field_id: int) -> CustomField:
    """Give one field.

    Raises:
        NotFoundError: there is none.
    """
    field = session.get(CustomField, field_id)
    if field is None:
        raise NotFoundError(f"there is no field {field_id}")
    return field


def is_of(field: CustomField, category: Category | str | None) -> bool:
    """Tell whether assets of a category have the field."""
    return field.category is None or field.category == category


def value_counts(session: Session) -> dict[int, int]:
    """Count in how many assets each field holds a value."""
    query = sa.select(CustomValue.field_id, sa.func.count()).group_by(CustomValue.field_id)
    return {row[0]: row[1] for row in session.execute(query)}


def values_of(session: Session, asset_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Give the values of assets by key, by asset; of fields that are not archived."""
    found: dict[int, dict[str, str]] = {}
    ordered = sorted(set(asset_ids))
    for start in range(0, len(ordered), _CHUNK):
        query = (
            sa.select(CustomValue.asset_id, CustomField.key, CustomValue.value)
            .join(CustomField, CustomField.id == CustomValue.field_id)
            .where(
                CustomValue.asset_id.in_(ordered[start : start + _CHUNK]),
                CustomField.archived_at.is_(None),
            )
        )
        for asset_id, key, value in session.execute(query):
            found.setdefault(asset_id, {})[key] = value
    return found


def read_values(session: Session, asset_id: int) -> dict[int, CustomValue]:
    """Give the values of one asset by the id of their field, with who put them there."""
    query = sa.select(CustomValue).where(CustomValue.asset_id == asset_id)
    return {row.field_id: row for row in session.scalars(query)}


def own_values(session: Session, asset_id: int) -> dict[str, tuple[str, FieldSource]]:
    """Give the values of one asset by key, with their origin; of fields that are not archived."""
    query = (
        sa.select(CustomField.key, CustomValue, User.display_name)
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .outerjoin(User, User.id == CustomValue.user_id)
        .where(CustomValue.asset_id == asset_id, CustomField.archived_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
    )
    return {
        key: (row.value, FieldSource(row.source, row.set_at, author))
        for key, row, author in session.execute(query)
    }
