"""Saying of a key that it identifies nothing, and taking that back.

The next plan takes it into account: what the key alone held together is told apart by the others.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.key_texts import IgnoredKind, fold_key
from parc.models import IgnoredKey
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

_MOST_CHARACTERS = 255


def ignore_key(
    session: Session, actor: Actor, *, kind: str, value: str, reason: str, at: datetime
) -> IgnoredKey:
    """Say of a serial number, UUID or beginning of a MAC address that it identifies nothing.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: it is no such key, it is ignored already, or the reason is missing.
    """
    require(actor, Action.EDIT_IGNORED_KEY)
    fields = FieldReader()
    word = fields.word("kind", kind, IgnoredKind, IgnoredKind.SERIAL)
    text = fields.text("value", value, most=_MOST_CHARACTERS, is_required=True)
    why = fields.text("reason", reason, most=_MOST_CHARACTERS, is_required=True)
    key = fold_key(word, text)
    if text and key is None:
        fields.add("value", "not_a_key", text[:60])
    elif key is not None and _find(session, word, key) is not None:
        fields.add("value", "taken", text[:60])
    fields.raise_problems()
    row = IgnoredKey(
        kind=word,
        value=key or "",
        reason=why,
        created_at=at,
        user_id=actor.user_id,
        author=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "created", at)
    return row


def stop_ignoring(session: Session, actor: Actor, key_id: int, at: datetime) -> IgnoredKey:
    """Let a key identify machines again.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: it is not ignored.
    """
    require(actor, Action.EDIT_IGNORED_KEY)
    row = session.get(IgnoredKey, key_id)
    if row is None:
        raise NotFoundError("This key is not ignored any more.")
    _record(session, actor, row, "deleted", at)
    session.delete(row)
    session.flush()
    return row


def _find(session: Session, kind: IgnoredKind, value: str) -> IgnoredKey | None:
    query = sa.select(IgnoredKey).where(IgnoredKey.kind == kind, IgnoredKey.value == value)
    return session.scalar(query)


def _record(session: Session, actor: Actor, row: IgnoredKey, action: str, at: datetime) -> None:
    fields = (("kind", row.kind.value), ("value", row.value), ("reason", row.reason))
    is_new = action == "created"
    record(
        session,
        actor,
        at=at,
        subject_kind="ignored_key",
        subject_id=row.id,
        subject_name=row.value,
        action=action,
        changes={name: (None, value) if is_new else (value, None) for name, value in fields},
    )
