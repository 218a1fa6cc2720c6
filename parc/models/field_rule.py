"""Which source wins in a field, where people have changed the default."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json
from parc.precedence import LockRule


class FieldRule(Base):
    """The rule of one field of assets; a field without one follows the default."""

    __tablename__ = "field_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(sa.String(40), unique=True)
    order: Mapped[list[str]] = mapped_column(Json, comment="all sources, the one that wins first")
    lock: Mapped[LockRule] = mapped_column(
        EnumValue(LockRule), comment="of a value that a person types"
    )
    lock_days: Mapped[int]
    changed_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(
        sa.String(200), comment="name of the login, kept when it is deleted"
    )
