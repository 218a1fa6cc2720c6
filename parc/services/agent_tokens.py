"""Tokens of agents: made, revoked, found again by their hash; shown once, never stored."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import AgentToken, Location
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

PREFIX: Final = "pa_"
_OCTETS: Final = 24
_SHAPE: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{32}}")
_NAME_CHARACTERS: Final = 100
_USE_IS_NOTED_EVERY: Final = timedelta(hours=1)


def make_token(
    session: Session, actor: Actor, *, name: str, location_id: int | None, at: datetime
) -> tuple[AgentToken, str]:
    """Make a token; gives its row and the secret, which nobody can read again.

    Args:
        location_id: where assets of its machines are put when they are created.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: the name is missing or taken, or there is no such place.
    """
    require(actor, Action.ENROL_AGENT)
    fields = FieldReader()
    text = fields.text("name", name, most=_NAME_CHARACTERS, is_required=True)
    if text and session.scalar(sa.select(AgentToken.id).where(AgentToken.name == text)):
        fields.add("name", "taken", text[:60])
    if location_id is not None and session.get(Location, location_id) is None:
        fields.add("location_id", "no_such_place", str(location_id))
    fields.raise_problems()
    secret = PREFIX + secrets.token_urlsafe(_OCTETS)
    row = AgentToken(
        name=text,
        token_hash=_hash(secret),
        location_id=location_id,
        created_at=at,
        author=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "created", at)
    return row, secret


def revoke_token(session: Session, actor: Actor, token_id: int, at: datetime) -> AgentToken:
    """Let a token no longer open anything; agents that have it are refused.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such token.
        ConflictError: it is revoked already.
    """
    require(actor, Action.ENROL_AGENT)
    row = session.get(AgentToken, token_id)
    if row is None:
        raise NotFoundError(f"there is no token {token_id}")
    if row.revoked_at is not None:
        raise ConflictError(f"{row.name} is revoked already")
    row.revoked_at = at
    session.flush()
    _record(session, actor, row, "revoked", at)
    return row


def find_token(session: Session, secret: str) -> AgentToken | None:
    """Give the token of a secret, when it has the shape of one and was not revoked."""
    if not _SHAPE.fullmatch(secret):
        return None
    query = sa.select(AgentToken).where(
        AgentToken.token_hash == _hash(secret), AgentToken.revoked_at.is_(None)
    )
    return session.scalar(query)


def note_use(session: Session, token_id: int, at: datetime) -> None:
    """Write when a token was used last, to the hour: not each agent costs a write."""
    row = session.get(AgentToken, token_id)
    if row is not None and (
        row.last_used_at is None or at - row.last_used_at >= _USE_IS_NOTED_EVERY
    ):
        row.last_used_at = at


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _record(session: Session, actor: Actor, row: AgentToken, action: str, at: datetime) -> None:
    record(
        session,
        actor,
        at=at,
        subject_kind="agent_token",
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes={"name": (None, row.name) if action == "created" else (row.name, row.name)},
    )
