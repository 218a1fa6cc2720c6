"""The log of changes: one entry a change, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from parc.models import AuditEntry
from parc.services.actor import Actor

Changes = Mapping[str, tuple[Any, Any]]


def record(  # noqa: PLR0913 -- the columns of an entry
    session: Session,
    actor: Actor,
    *,
    at: datetime,
    subject_kind: str,
    subject_id: int,
    subject_name: str,
    action: str,
    changes: Changes | None = None,
) -> None:
    """Add one entry; ``changes`` maps a field to its value before and after, as JSON allows.

    Secrets never come here: a changed secret is the pair ``(None, "changed")``.
    """
    session.add(
        AuditEntry(
            at=at,
            user_id=actor.user_id,
            run_id=actor.run_id,
            author=actor.name,
            subject_kind=subject_kind,
            subject_id=subject_id,
            subject_name=subject_name[:255],
            action=action,
            changes={name: list(pair) for name, pair in (changes or {}).items()},
        )
    )
