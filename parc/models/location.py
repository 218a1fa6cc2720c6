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
    code: Mapped[str | None] = mapped_column(sa.String(40), comment="short sign, as on a door")
    address: Mapped[str | None] = mapped_column(sa.String(500), comment="street, on some lines")
    postal_code: Mapped[str | None] = mapped_column(sa.String(20))
    city: Mapped[str | None] = mapped_column(sa.String(120))
    time_zone: Mapped[str | None] = mapped_column(
        sa.String(60), comment="IANA name; None: that of the place above it"
    )
    notes: Mapped[str | None]


class WallOutlet(Base):
    """A network outlet in a room (French: prise murale), patched to a port of a switch or not.

    The port is named by the switch's asset and the interface's name: both outlive a new reading.
    """

    __tablename__ = "wall_outlet"
    __table_args__ = (
        sa.UniqueConstraint("location_id", "label"),
        sa.UniqueConstraint("switch_asset_id", "if_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(sa.String(60), comment="as written on the wall")
    switch_asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="SET NULL")
    )
    if_name: Mapped[str | None] = mapped_column(sa.String(255), comment="port of the switch")
    notes: Mapped[str | None] = mapped_column(sa.String(500))
