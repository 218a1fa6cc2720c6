"""What administrators do with fields of their own: add, change, order, archive, delete.

The key, the type and the category of a field that holds values stay as they are: what stands in it
would mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import CustomField, CustomType, CustomValue
from parc.queries.custom_fields import read_field, read_fields
from parc.services.actor import Actor
from parc.services.audit import plain, record, record_difference
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

MOST_FIELDS: Final = 100
_MOST_CHOICES: Final = 100
_CHOICE_CHARACTERS: Final = 120
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIXED: Final = ("key", "type", "category")
_KEPT: Final = (
    *("key", "label_en", "label_fr", "category", "type", "choices"),
    *("is_required", "is_unique", "is_listed"),
)


def save_field(
    session: Session,
    actor: Actor,
    field_id: int | None,
    values: Mapping[str, str | bool],
    *,
    at: datetime,
) -> CustomField:
    """Add a field, or change one.

    Args:
        values: as typed: ``key``, ``label_en``, ``label_fr``, ``category`` (empty: all), ``type``,
            ``choices`` (one a line), ``is_required``, ``is_unique``, ``is_listed``.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such field.
        InvalidInputError: by field.
    """
    require(actor, Action.EDIT_CUSTOM_FIELD)
    field = read_field(session, field_id) if field_id is not None else None
    before = _present(field) if field is not None else {}
    wanted = _read(session, field, values)
    if field is None:
        last = session.scalar(sa.select(sa.func.max(CustomField.position))) or 0
        field = CustomField(position=last + 1, created_at=at)
        session.add(field)
    had_unique = bool(before.get("is_unique"))
    for name, value in wanted.items():
        setattr(field, name, value)
    session.flush()
    if field.is_unique is not had_unique:
        _mark_unique(session, field)
    record_difference(
        session,
        actor,
        at=at,
        subject_kind="custom_field",
        subject_id=field.id,
        subject_name=field.key,
        before=before,
        after=_present(field),
    )
    return field


def _read(
    session: Session, field: CustomField | None, values: Mapping[str, str | bool]
) -> dict[str, Any]:
    reader = FieldReader()
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    key = texts.get("key", "").strip()
    if not _KEY.fullmatch(key):
        reader.add("key", "key_shape" if key else "required")
    elif _other_with(session, key, field) is not None:
        reader.add("key", "taken", key)
    if field is None and len(read_fields(session, has_archived=True)) >= MOST_FIELDS:
        reader.add("key", "too_many_fields", str(MOST_FIELDS))
    category = texts.get("category", "")
    of_category = reader.word("category", category, Category, Category.OTHER) if category else None
    kind = reader.word("type", texts.get("type", ""), CustomType, CustomType.TEXT)
    wanted: dict[str, Any] = {
        "key": key,
        "label_en": reader.text("label_en", texts.get("label_en", ""), most=80, is_required=True),
        "label_fr": reader.text("label_fr", texts.get("label_fr", ""), most=80, is_required=True),
        "category": of_category,
        "type": kind,
        "choices": _choices(reader, texts.get("choices", "")) if kind is CustomType.CHOICE else [],
        "is_required": values.get("is_required") is True,
        "is_unique": values.get("is_unique") is True,
        "is_listed": values.get("is_listed") is True,
    }
    if kind in {CustomType.YES_NO, CustomType.CHOICE} and wanted["is_unique"]:
        reader.add("is_unique", "never_unique")
    if field is not None and not reader.problems:
        _check_change(session, reader, field, wanted)
    reader.raise_problems()
    return wanted


def _choices(reader: FieldReader, text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    choices = list(dict.fromkeys(line for line in lines if line))
    if not choices:
        reader.add("choices", "required")
    if len(choices) > _MOST_CHOICES:
        reader.add("choices", "too_many_lines", str(_MOST_CHOICES))
    for choice in choices:
        reader.text("choices", choice, most=_CHOICE_CHARACTERS)
    return choices


def _check_change(
    session: Session, reader: FieldReader, field: CustomField, wanted: Mapping[str, Any]
) -> None:
    """Refuse what the values that stand in the field do not bear."""
    rows = sa.select(CustomValue).where(CustomValue.field_id == field.id)
    if session.scalar(rows.limit(1)) is None:
        return
    for name in _FIXED:
        if wanted[name] != getattr(field, name):
            reader.add(name, "holds_values")
    for choice in field.choices:
        if choice not in wanted["choices"] and wanted["type"] is CustomType.CHOICE:
            used = session.scalar(rows.where(CustomValue.value == choice).limit(1))
            if used is not None:
                reader.add("choices", "choice_in_use", choice)
    if wanted["is_unique"] and not field.is_unique:
        doubled = session.scalar(
            sa.select(CustomValue.sort_value)
            .where(CustomValue.field_id == field.id)
            .group_by(CustomValue.sort_value)
            .having(sa.func.count() > 1)
            .limit(1)
        )
        if doubled is not None:
            reader.add("is_unique", "stands_twice", doubled)


def _mark_unique(session: Session, field: CustomField) -> None:
    unique = CustomValue.sort_value if field.is_unique else None
    session.execute(
        sa.update(CustomValue)
        .where(CustomValue.field_id == field.id)
        .values(unique_value=unique)
        .execution_options(synchronize_session=False)
    )


def move_field(
    session: Session, actor: Actor, field_id: int, *, is_up: bool, at: datetime
) -> CustomField:
    """Let a field change places with the one before or after it; the first and last stay.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such field.
    """
    require(actor, Action.EDIT_CUSTOM_FIELD)
    field = read_field(session, field_id)
    fields = list(read_fields(session))
    place = fields.index(field) if field in fields else -1
    other = place - 1 if is_up else place + 1
    if place >= 0 and 0 <= other < len(fields):
        fields[place], fields[other] = fields[other], fields[place]
        before = field.position
        for number, one in enumerate(fields, 1):
            one.position = number
        session.flush()
        changes = {"position": (before, field.position)}
        _record(session, actor, field, "changed", at, changes)
    return field


def remove_field(session: Session, actor: Actor, field_id: int, *, at: datetime) -> bool:
    """Delete a field, or archive it when values stand in it; tells whether it was deleted.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such field.
    """
    require(actor, Action.EDIT_CUSTOM_FIELD)
    field = read_field(session, field_id)
    held = sa.select(CustomValue.id).where(CustomValue.field_id == field.id).limit(1)
    if session.scalar(held) is not None:
        if field.archived_at is None:
            field.archived_at = at
            _record(session, actor, field, "archived", at, {})
        return False
    gone = {name: (value, None) for name, value in _present(field).items()}
    _record(session, actor, field, "deleted", at, gone)
    session.delete(field)
    session.flush()
    return True


def restore_field(session: Session, actor: Actor, field_id: int, *, at: datetime) -> CustomField:
    """Bring an archived field back, with its values.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such field.
    """
    require(actor, Action.EDIT_CUSTOM_FIELD)
    field = read_field(session, field_id)
    if field.archived_at is not None:
        field.archived_at = None
        _record(session, actor, field, "restored", at, {})
    return field


def _other_with(session: Session, key: str, field: CustomField | None) -> int | None:
    query = sa.select(CustomField.id).where(CustomField.key == key)
    if field is not None:
        query = query.where(CustomField.id != field.id)
    return session.scalar(query)


def _present(field: CustomField) -> dict[str, Any]:
    values = {name: getattr(field, name) for name in _KEPT}
    return {name: plain(getattr(value, "value", value)) for name, value in values.items()}


def _record(
    session: Session,
    actor: Actor,
    field: CustomField,
    action: str,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    record(
        session,
        actor,
        at=at,
        subject_kind="custom_field",
        subject_id=field.id,
        subject_name=field.key,
        action=action,
        changes=changes,
    )
