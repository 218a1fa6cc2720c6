"""Files that belong to a record; what is in them lies in the data folder, by its hash."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue


class DocumentSubject(enum.StrEnum):
    """The records that may have documents."""

    CONTRACT = "contract"
    SUPPLIER = "supplier"
    MOVEMENT = "movement"
    INCIDENT = "incident"
    ENTITLEMENT = "entitlement"


class Document(Base):
    """One file of one record; equal files of many records lie there once."""

    __tablename__ = "document"
    __table_args__ = (
        sa.Index(None, "subject_kind", "subject_id", "id"),
        sa.Index(None, "content_hash"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[DocumentSubject] = mapped_column(EnumValue(DocumentSubject))
    subject_id: Mapped[int] = mapped_column(comment="of the table that the kind names")
    name: Mapped[str] = mapped_column(sa.String(255), comment="as it was sent; only shown")
    content_hash: Mapped[str] = mapped_column(sa.String(64), comment="SHA-256, hex")
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(100), comment="by what is in it")
    created_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    author: Mapped[str] = mapped_column(sa.String(200), comment="kept when the login is deleted")
    is_public: Mapped[bool] = mapped_column(
        default=False, comment="of an incident: its requester reads it, too"
    )
