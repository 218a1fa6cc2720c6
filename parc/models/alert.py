"""Dates that people are told of in time, and the letters that tell them."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue


class AlertKind(enum.StrEnum):
    """What comes near."""

    NOTICE = "notice"
    CONTRACT_END = "contract_end"
    WARRANTY_END = "warranty_end"
    LICENCE_END = "licence_end"
    MAINTENANCE_END = "maintenance_end"


class MessageState(enum.StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Alert(Base):
    """One date of one record that has come as near as ``days``; raised once, for ever."""

    __tablename__ = "alert"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id", "due_on", "days"),
        sa.Index(None, "is_told", "id"),
        sa.Index(None, "due_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlertKind] = mapped_column(EnumValue(AlertKind))
    subject_id: Mapped[int] = mapped_column(comment="contract, asset or licence, as the kind says")
    due_on: Mapped[date]
    days: Mapped[int] = mapped_column(comment="how near it had come")
    raised_at: Mapped[datetime]
    is_told: Mapped[bool] = mapped_column(default=False, comment="it stands in a letter")


class OutgoingMessage(Base):
    """A letter that waits, is being sent or was sent; made with what it tells, in one step."""

    __tablename__ = "outgoing_message"
    __table_args__ = (sa.Index(None, "state", "next_try_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(
        sa.String(200), unique=True, comment="one letter of a kind, a day and a recipient"
    )
    message_id: Mapped[str] = mapped_column(
        sa.String(200), comment="the same at each try: mail servers drop what they know"
    )
    recipient: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(255))
    body: Mapped[str]
    state: Mapped[MessageState] = mapped_column(EnumValue(MessageState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
