"""Imports of files: one that is under way or has ended, and mappings that are kept by name."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json


class ImportState(enum.StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"
    PLANNING = "planning"
    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class ImportRun(Base):
    """One file on its way into the inventory; the file itself lies in the data folder."""

    __tablename__ = "import_run"
    __table_args__ = (
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "state", "id"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), comment="kind of record: licences, assets …")
    file_name: Mapped[str] = mapped_column(sa.String(255))
    file_hash: Mapped[str] = mapped_column(sa.String(64), comment="SHA-256, hex: its name on disk")
    file_octets: Mapped[int] = mapped_column(sa.BigInteger)
    source: Mapped[str] = mapped_column(
        sa.String(20), default="upload", comment="upload, or folder for a watched one"
    )
    author: Mapped[str] = mapped_column(sa.String(200))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    state: Mapped[ImportState] = mapped_column(EnumValue(ImportState))
    choices: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, comment="how it is read, columns, formats, key, policy"
    )
    report: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, comment="counts of the plan, of what was done, and what is told"
    )
    done_count: Mapped[int] = mapped_column(default=0, comment="rows planned or written so far")
    row_count: Mapped[int] = mapped_column(default=0, comment="rows of the file, once known")
    change_set_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("change_set.id", ondelete="SET NULL"), index=True
    )
    job_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("job_run.id", ondelete="SET NULL"), index=True
    )
    error: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(comment="then the file is thrown away")


class ImportMapping(Base):
    """Choices that are kept under a name, and found again by the headings of a file."""

    __tablename__ = "import_mapping"
    __table_args__ = (sa.UniqueConstraint("kind", "name"), sa.Index(None, "signature"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(100))
    signature: Mapped[str] = mapped_column(sa.String(64), comment="of the headings, hex")
    choices: Mapped[dict[str, Any]] = mapped_column(
        Json, comment="headings by field, formats, key, policy"
    )
    author: Mapped[str] = mapped_column(sa.String(200))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    updated_at: Mapped[datetime]
