"""Keys of licences: sealed when they come in, shown only to who may, and that is recorded."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Entitlement, EntitlementKey
from parc.secret_box import SecretBox
from parc.services import audit
from parc.services.actor import Actor
from parc.services.permissions import Action, require

KEYS_SHOWN: Final = "keys_shown"
_SHOWN: Final = 4  # last signs of a key
_LEAST: Final = 10  # a shorter one shows nothing of itself


def add_keys(
    session: Session, box: SecretBox, entitlement_id: int, keys: Iterable[str]
) -> list[EntitlementKey]:
    """Seal keys for a licence; the caller records that there are new ones."""
    rows = []
    for key in keys:
        row = EntitlementKey(
            entitlement_id=entitlement_id,
            token=secrets.token_hex(16),
            ending=key[-_SHOWN:] if len(key) >= _LEAST else "",
        )
        seal_key(box, row, key)
        session.add(row)
        rows.append(row)
    return rows


def seal_key(box: SecretBox, row: EntitlementKey, key: str) -> None:
    """Seal a key into its row, with the key of the ring that seals."""
    row.key_id, sealed = box.seal_with_key(key.encode(), _place(row))
    row.sealed = base64.b64encode(sealed).decode()


def open_key(box: SecretBox, row: EntitlementKey) -> str:
    """Open one key.

    Raises:
        SecretError: the ring does not hold its key, or the value was moved.
    """
    return box.open(base64.b64decode(row.sealed), row.key_id, _place(row)).decode()


def keys_of(session: Session, entitlement_ids: Sequence[int]) -> dict[int, list[EntitlementKey]]:
    """Give the sealed keys of licences."""
    found: dict[int, list[EntitlementKey]] = {}
    query = sa.select(EntitlementKey).where(EntitlementKey.entitlement_id.in_(entitlement_ids))
    for row in session.scalars(query.order_by(EntitlementKey.id)):
        found.setdefault(row.entitlement_id, []).append(row)
    return found


def show_keys(
    session: Session, actor: Actor, box: SecretBox, entitlement_id: int, *, at: datetime
) -> list[str]:
    """Give the keys of a licence in clear; that they were shown stands in its history.

    Raises:
        NotAllowedError: the role may not see keys.
        NotFoundError: there is no such licence.
        SecretError: a key cannot be opened.
    """
    require(actor, Action.VIEW_LICENCE_KEY)
    row = session.get(Entitlement, entitlement_id)
    if row is None:
        raise NotFoundError(f"no licence {entitlement_id}")
    keys = [open_key(box, one) for one in keys_of(session, [entitlement_id]).get(row.id, [])]
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="entitlement",
        subject_id=row.id,
        subject_name=row.name,
        action=KEYS_SHOWN,
        changes={"keys": (None, len(keys))},
    )
    return keys


def _place(row: EntitlementKey) -> str:
    return f"entitlement_key:{row.token}"
