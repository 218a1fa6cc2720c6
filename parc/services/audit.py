"""The log of changes: one entry a change, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AuditEntry
from parc.services.actor import Actor

# Where a session keeps the id of the act that is recorded (``change_sets.recording``).
CHANGE_SET: Final = "parc_change_set"

Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change to record among many; the parts are those of ``record``."""

    subject_kind: str
    subject_id: int
    subject_name: str
    action: str
    changes: Changes = field(default_factory=dict)


def plain(value: Any) -> Any:
    """Give a value as JSON takes it: days and amounts as text."""
    return str(value) if isinstance(value, date | Decimal) else value


def record_all(session: Session, actor: Actor, *, at: datetime, entries: Iterable[Entry]) -> None:
    """Add many entries of one author at one moment, in their order."""
    rows = [
        {
            "at": at,
            "user_id": actor.user_id,
            "run_id": actor.run_id,
            "author": actor.name,
            "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id,
            "subject_name": entry.subject_name[:255],
            "action": entry.action,
            "reason": actor.reason or None,
            "changes": {name: [plain(v) for v in pair] for name, pair in entry.changes.items()},
            "change_set_id": session.info.get(CHANGE_SET),
        }
        for entry in entries
    ]
    if rows:
        session.execute(sa.insert(AuditEntry), rows)


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
            reason=actor.reason or None,
            changes={name: [plain(v) for v in pair] for name, pair in (changes or {}).items()},
            change_set_id=session.info.get(CHANGE_SET),
        )
    )


def record_difference(  # noqa: PLR0913 -- the columns of an entry
    session: Session,
    actor: Actor,
    *,
    at: datetime,
    subject_kind: str,
    subject_id: int,
    subject_name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Add an entry for what differs between a record's values; nothing for none.

    Args:
        before, after: by field; none before is ``created``, none after is ``deleted``.
    """
    changes = {
        name: (before.get(name), after.get(name))
        for name in (after or before)
        if before.get(name) != after.get(name)
    }
    if changes:
        record(
            session,
            actor,
            at=at,
            subject_kind=subject_kind,
            subject_id=subject_id,
            subject_name=subject_name,
            action="created" if not before else "changed" if after else "deleted",
            changes=changes,
        )
