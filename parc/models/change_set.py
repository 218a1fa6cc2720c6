"""Acts that change many rows at once, kept so that they can be undone as a whole."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json


class ChangeSetKind(enum.StrEnum):
    """What sort of act it was."""

    RUN = "run"
    IMPORT = "import"
    MERGE = "merge"
    SPLIT = "split"
    EDIT = "edit"
    BULK_EDIT = "bulk_edit"
    BULK_STATE = "bulk_state"
    BULK_RELEASE = "bulk_release"
    MOVEMENTS = "movements"
    SEATS = "seats"
    DECISION = "decision"
    AGENTS = "agents"
    INCIDENTS = "incidents"
    UNDO = "undo"


class ChangeSetState(enum.StrEnum):
    """Whether what it did still stands."""

    APPLIED = "applied"
    UNDONE = "undone"


class ChangeSet(Base):
    """One act: its author, its moment, and what it was, as a code and parameters."""

    __tablename__ = "change_set"
    __table_args__ = (sa.Index(None, "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChangeSetKind] = mapped_column(EnumValue(ChangeSetKind))
    title: Mapped[dict[str, Any]] = mapped_column(
        Json, comment="code and parameters; in words where it is shown"
    )
    author: Mapped[str] = mapped_column(sa.String(200))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    reason: Mapped[str | None] = mapped_column(
        sa.String(255), comment="why, in the words of who did it"
    )
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ChangeSetState] = mapped_column(EnumValue(ChangeSetState))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(sa.String(200))
    undo_of_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("change_set.id", ondelete="SET NULL"), index=True
    )
    row_count: Mapped[int] = mapped_column(default=0)


class ChangeSetPart(Base):
    """A part of the rows of an act: those of one transaction, or of some thousand rows."""

    __tablename__ = "change_set_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_set_id: Mapped[int] = mapped_column(
        sa.ForeignKey("change_set.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[bytes] = mapped_column(
        comment="zlib of JSON: table, key, before, after; null where the row was not there"
    )


class ChangeSetFile(Base):
    """A file that undoing an act needs again: it stays in the store as long as the part does."""

    __tablename__ = "change_set_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(
        sa.ForeignKey("change_set_part.id", ondelete="CASCADE"), index=True
    )
    content_hash: Mapped[str] = mapped_column(sa.String(64), comment="SHA-256, hex")
