"""Fields that an organisation adds to its assets, and the values that stand in them."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.observation import Category
from parc.models.base import Base, EnumValue, Json
from parc.precedence import ValueSource


class CustomType(enum.StrEnum):
    """What a field of one's own holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    LINK = "link"


class CustomField(Base):
    """One field; with values it is archived, never deleted."""

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(
        sa.String(40), unique=True, comment="for files and commands; never changes"
    )
    label_en: Mapped[str] = mapped_column(sa.String(80))
    label_fr: Mapped[str] = mapped_column(sa.String(80))
    category: Mapped[Category | None] = mapped_column(
        EnumValue(Category), comment="whose assets have it; None: all"
    )
    type: Mapped[CustomType] = mapped_column(EnumValue(CustomType))
    choices: Mapped[list[str]] = mapped_column(Json, comment="of a choice, in their order")
    is_required: Mapped[bool]
    is_unique: Mapped[bool]
    is_listed: Mapped[bool] = mapped_column(comment="a column of the list and of exports")
    position: Mapped[int] = mapped_column(comment="their order in forms, lists and files")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class CustomValue(Base):
    """What stands in a field of one asset, and who put it there."""

    __tablename__ = "custom_value"
    __table_args__ = (
        sa.UniqueConstraint("asset_id", "field_id"),
        sa.UniqueConstraint("field_id", "unique_value"),
        sa.Index(None, "field_id", "sort_value", "asset_id"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(sa.ForeignKey("asset.id", ondelete="CASCADE"))
    field_id: Mapped[int] = mapped_column(sa.ForeignKey("custom_field.id", ondelete="RESTRICT"))
    value: Mapped[str] = mapped_column(
        sa.String(1000), comment="2026-11-22, 12.5, yes, https://… or text"
    )
    sort_value: Mapped[str] = mapped_column(
        sa.String(255), comment="lower case without accents; numbers so that they sort"
    )
    unique_value: Mapped[str | None] = mapped_column(
        sa.String(255), comment="the same, of a field whose values are unique"
    )
    source: Mapped[ValueSource] = mapped_column(EnumValue(ValueSource))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    set_at: Mapped[datetime]
