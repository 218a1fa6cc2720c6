"""Keys of which people have said that they identify nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.key_texts import IgnoredKind
from parc.models.base import Base, EnumValue


class IgnoredKey(Base):
    """One serial number, UUID or beginning of a MAC address that several machines show."""

    __tablename__ = "ignored_key"
    __table_args__ = (sa.UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[IgnoredKind] = mapped_column(EnumValue(IgnoredKind))
    value: Mapped[str] = mapped_column(sa.String(255), comment="folded as planning compares it")
    reason: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    author: Mapped[str] = mapped_column(
        sa.String(200), comment="name of the login, kept when it is deleted"
    )


class SuspectSearch(Base):
    """What the last look at the keys of all machines has found; one row, where they are many."""

    __tablename__ = "suspect_search"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    made_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(
        sa.LargeBinary, comment="JSON of what reconcile/suspects.py has found"
    )
