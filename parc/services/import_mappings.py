"""Mappings of imports, kept by name: saved, taken up again, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import ImportMapping
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require


def save_mapping(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    name: str,
    signature: str,
    choices: Mapping[str, Any],
    at: datetime,
) -> ImportMapping:
    """Keep choices under a name; one of the same name and kind is written over.

    Raises:
        NotAllowedError: the role may not import.
        InvalidInputError: of ``name``.
    """
    require(actor, Action.IMPORT_RECORDS)
    reader = FieldReader()
    name = reader.text("name", name, most=100, is_required=True)
    reader.raise_problems()
    query = sa.select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.name == name)
    row = session.scalars(query.with_for_update()).first()
    before = dict(row.choices) if row else {}
    if row is None:
        row = ImportMapping(kind=kind, name=name)
        session.add(row)
    row.signature, row.choices = signature, dict(choices)
    row.author, row.user_id, row.updated_at = actor.name, actor.user_id, at
    session.flush()
    if before != row.choices:
        changes = {key: (before.get(key), value) for key, value in row.choices.items()}
        _record(session, actor, row, "changed" if before else "created", changes, at)
    return row


def delete_mapping(session: Session, actor: Actor, mapping_id: int, *, at: datetime) -> str:
    """Delete a kept mapping and give its name.

    Raises:
        NotAllowedError: the role may not import.
        NotFoundError: there is no such mapping.
    """
    require(actor, Action.IMPORT_RECORDS)
    row = session.get(ImportMapping, mapping_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no mapping {mapping_id}")
    _record(session, actor, row, "deleted", {"name": (row.name, None)}, at)
    session.delete(row)
    session.flush()
    return row.name


def named_mapping(session: Session, kind: str, name: str) -> ImportMapping:
    """Give the mapping of a name.

    Raises:
        NotFoundError: there is none.
    """
    query = sa.select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.name == name)
    row = session.scalars(query).first()
    if row is None:
        raise NotFoundError(f"There is no mapping {name!r} for {kind}.")
    return row


def _record(
    session: Session,
    actor: Actor,
    row: ImportMapping,
    action: str,
    changes: Mapping[str, tuple[Any, Any]],
    at: datetime,
) -> None:
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="import_mapping",
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes=changes,
    )
