"""What needs a person: one entry a cause, open while the cause stands and nobody has decided."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json

_OPEN = sa.text("state = 'open'")


class InboxKind(enum.StrEnum):
    """Kinds of entries, in the order in which they are offered."""

    HELD_RUN = "held_run"
    GONE_SEEN = "gone_seen"
    IDENTITY_CONFLICT = "identity_conflict"
    MIXED_RECORD = "mixed_record"
    DUPLICATE_ADDRESS = "duplicate_address"
    STOCK_SEEN = "stock_seen"
    HOLDER_LEFT = "holder_left"
    SEAT_RELEASE = "seat_release"
    DIFFERENCE = "difference"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_GROUP = "unknown_group"
    SILENT = "silent"


class InboxState(enum.StrEnum):
    """How an entry stands or ended."""

    OPEN = "open"
    DECIDED = "decided"
    CLOSED = "closed"
    EXPIRED = "expired"


class InboxEntry(Base):
    """One thing to decide; its kind and key are unique while it is open."""

    __tablename__ = "inbox_entry"
    __table_args__ = (
        sa.Index(
            "uq_inbox_entry_kind_key_open",
            "kind",
            "key",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        sa.Index(None, "kind", "key"),
        sa.Index(None, "state", "due_at", "id"),
        sa.Index(None, "state", "opened_at", "id"),
        sa.Index(None, "state", "closed_at", "id"),
        sa.Index(None, "batch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[InboxKind] = mapped_column(EnumValue(InboxKind))
    key: Mapped[str] = mapped_column(sa.String(400), comment="what it is about, within its kind")
    state: Mapped[InboxState] = mapped_column(EnumValue(InboxState))
    subject: Mapped[str] = mapped_column(sa.String(255), comment="name of what it is about")
    asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="SET NULL"), index=True
    )
    device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    range_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("address_range.id", ondelete="SET NULL"), index=True
    )
    site_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="SET NULL"), index=True
    )
    batch: Mapped[str | None] = mapped_column(
        sa.String(60), comment="range and run that first saw it: the flood guard counts by it"
    )
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, comment="parameters of the words")
    fingerprint: Mapped[str] = mapped_column(
        sa.String(64), comment="of the evidence: what was decided comes back only with another"
    )
    count: Mapped[int] = mapped_column(default=1, comment="devices of a group")
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    snoozed_until: Mapped[datetime | None] = mapped_column(comment="out of sight until then")
    assignee_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(
        sa.String(200), comment="name of the login, the range, or system"
    )
    reason: Mapped[str | None] = mapped_column(
        sa.String(40), comment="code of the decision, or of why it closed by itself"
    )
    is_binding: Mapped[bool] = mapped_column(
        default=False, comment="the cause may stand: only another fingerprint opens it again"
    )


class InboxDevice(Base):
    """A device that an entry is about, beside the one that it names first."""

    __tablename__ = "inbox_device"

    entry_id: Mapped[int] = mapped_column(
        sa.ForeignKey("inbox_entry.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
