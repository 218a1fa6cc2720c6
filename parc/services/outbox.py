"""Letters that wait: written with what they tell, claimed, sent, tried again.

What was claimed and neither sent nor given up in ten minutes belonged to a process that has ended:
it is claimed again. Nothing here speaks to a mail server, and nothing commits.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import MessageState, OutgoingMessage

MOST_ATTEMPTS: Final = 12
_LEASE: Final = timedelta(minutes=10)
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_MOST_DOUBLINGS: Final = 10
_OPEN: Final = (MessageState.WAITING, MessageState.SENDING)
_MOST_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail server is handed."""

    id: int
    message_id: str
    recipient: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a letter was not taken; a final one is not tried again."""

    text: str
    is_final: bool


def queue_message(
    session: Session, *, key: str, recipient: str, subject: str, body: str, host: str, now: datetime
) -> bool:
    """Put a letter out to be sent, once for its key; tells whether it is new."""
    if session.scalar(sa.select(OutgoingMessage.id).where(OutgoingMessage.key == key)) is not None:
        return False
    session.add(
        OutgoingMessage(
            key=key,
            message_id=f"<{secrets.token_hex(16)}@{host}>",
            recipient=recipient,
            subject=subject,
            body=body,
            state=MessageState.WAITING,
            attempts=0,
            next_try_at=now,
            created_at=now,
        )
    )
    session.flush()
    return True


def claim_message(session: Session, now: datetime) -> Letter | None:
    """Take the letter that has been due for longest; None when there is none."""
    row = session.scalar(
        sa.select(OutgoingMessage)
        .where(OutgoingMessage.state.in_(_OPEN), OutgoingMessage.next_try_at <= now)
        .order_by(OutgoingMessage.next_try_at, OutgoingMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.state = MessageState.SENDING
    row.attempts += 1
    row.next_try_at = now + _LEASE
    session.flush()
    return Letter(row.id, row.message_id, row.recipient, row.subject, row.body)


def mark_sent(session: Session, message_id: int, now: datetime) -> None:
    """Note that the mail server has taken a letter."""
    row = session.get_one(OutgoingMessage, message_id, with_for_update=True)
    row.state, row.sent_at, row.error = MessageState.SENT, now, None


def mark_failed(session: Session, message_id: int, problem: Problem, now: datetime) -> None:
    """Note why a letter was not taken, and when it is tried again, if it is."""
    row = session.get_one(OutgoingMessage, message_id, with_for_update=True)
    row.error = problem.text[:_MOST_CHARACTERS]
    is_over = problem.is_final or row.attempts >= MOST_ATTEMPTS
    row.state = MessageState.FAILED if is_over else MessageState.WAITING
    row.next_try_at = now + pause_after(row.attempts)


def pause_after(attempts: int) -> timedelta:
    """Give the pause before a further try: a minute, two, four … six hours at most."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def has_due_message(session: Session, now: datetime) -> bool:
    """Tell whether a letter waits to be sent now."""
    due = sa.exists().where(OutgoingMessage.state.in_(_OPEN), OutgoingMessage.next_try_at <= now)
    return bool(session.scalar(sa.select(due)))
