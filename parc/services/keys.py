"""Rotation of the master key: every secret sealed anew, in small transactions.

The steps can be interrupted anywhere and done again: a ring with two keys opens everything, and
the old key is dropped only when nothing is sealed with it and nobody is about to seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import SecretError
from parc.models import Credential, EntitlementKey
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.credentials import open_secrets, seal_secrets
from parc.services.licence_keys import open_key, seal_key
from parc.services.permissions import Action, require

BATCH = 20


@dataclass(frozen=True, slots=True)
class DamagedSecret:
    """A credential or licence whose secrets cannot be opened, and why."""

    credential: str
    reason: str


def reseal_batch(session: Session, actor: Actor, box: SecretBox, *, limit: int = BATCH) -> int:
    """Seal the secrets of some credentials with the first key; 0 when all are.

    Raises:
        NotAllowedError: not an administrator.
        SecretError: names a credential that cannot be opened; its key is lost.
    """
    require(actor, Action.EDIT_CREDENTIAL)
    rows = session.scalars(
        sa.select(Credential)
        .where(Credential.key_id != box.key_id)
        .order_by(Credential.id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        try:
            secrets = open_secrets(box, row)
        except SecretError as error:
            raise SecretError(
                f"{error} Type the secrets of the credential {row.name!r} again, or delete it."
            ) from error
        seal_secrets(box, row, secrets)
    session.flush()
    return len(rows) + _reseal_licence_keys(session, box, limit)


def _reseal_licence_keys(session: Session, box: SecretBox, limit: int) -> int:
    rows = session.scalars(
        sa.select(EntitlementKey)
        .where(EntitlementKey.key_id != box.key_id)
        .order_by(EntitlementKey.id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        try:
            key = open_key(box, row)
        except SecretError as error:
            raise SecretError(
                f"{error} Delete the key of licence {row.entitlement_id} that ends in "
                f"{row.ending or '?'} and type it again."
            ) from error
        seal_key(box, row, key)
    session.flush()
    return len(rows)


def is_rotation_complete(session: Session, actor: Actor, box: SecretBox, now: datetime) -> bool:
    """Tell whether no secret is sealed with another key, and keep it so until the commit.

    The caller drops the other keys before it commits. On PostgreSQL the table is locked against
    whoever saves a credential (SQLite's write transaction is alone anyway): who comes later
    reads the ring anew before sealing.

    Raises:
        NotAllowedError: not an administrator.
    """
    require(actor, Action.EDIT_CREDENTIAL)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE credential, entitlement_key IN EXCLUSIVE MODE"))
    for model in (Credential, EntitlementKey):
        if session.scalar(sa.select(sa.exists().where(model.key_id != box.key_id))):
            return False
    record(
        session,
        actor,
        at=now,
        subject_kind="key_ring",
        subject_id=0,
        subject_name=box.key_id,
        action="rotated",
    )
    session.flush()
    return True


def find_damaged(session: Session, box: SecretBox) -> tuple[int, list[DamagedSecret]]:
    """Open every credential and licence key; gives their number and what cannot be opened."""
    damaged = []
    rows = session.scalars(sa.select(Credential).order_by(Credential.name)).all()
    for row in rows:
        try:
            open_secrets(box, row)
        except SecretError as error:
            damaged.append(DamagedSecret(row.name, str(error)))
    keys = session.scalars(sa.select(EntitlementKey).order_by(EntitlementKey.id)).all()
    for key in keys:
        try:
            open_key(box, key)
        except SecretError as error:
            damaged.append(DamagedSecret(f"licence {key.entitlement_id}", str(error)))
    return len(rows) + len(keys), damaged
