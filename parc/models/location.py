"""Places: a tree of site, building, floor and room."""

from __future__ import annotations

import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue


class LocationKind(enum.StrEnum):
    """Levels of the tree (French: site, bâtiment, étage, salle)."""

    SITE = "site"
    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"


class Location(Base):
    """One place; a site has no parent."""

    __tablename__ = "location"
    __table_args__ = (
        sa.UniqueConstraint("parent_id", "name"),
        sa.Index(
            "uq_location_site_name",
            "name",
            unique=True,
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="RESTRICT"), index=True
    )
    kind: Mapped[LocationKind] = mapped_column(EnumValue(LocationKind))
    name: Mapped[str] = mapped_column(sa.String(200))
