"""The position of products: as it was last worked out, and as it was on days that are kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base


class ProductPosition(Base):
    """What is held, needed and missing of one product; made again when anything of it changes.

    Products have one that a licence names, or that need one and are on a machine.
    """

    __tablename__ = "product_position"
    __table_args__ = (
        sa.Index(None, "is_stale", "product_id"),
        sa.Index(None, "missing", "product_id"),
    )

    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    is_stale: Mapped[bool] = mapped_column(default=True, comment="something of it has changed")
    is_licensed: Mapped[bool] = mapped_column(
        default=True, server_default=sa.true(), comment="a licence of it or of a suite is entered"
    )
    computed_at: Mapped[dt.datetime | None]
    held: Mapped[int | None] = mapped_column(default=0, comment="None: without limit")
    needed: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0, comment="units without a right")
    unused: Mapped[int] = mapped_column(default=0, comment="seats given and not used")
    true_up: Mapped[Decimal | None] = mapped_column(comment="what is missing, at the last price")
    reclaimable: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR", comment="ISO 4217")


class PositionSnapshot(Base):
    """The position of one product on one day, kept."""

    __tablename__ = "position_snapshot"
    __table_args__ = (sa.UniqueConstraint("taken_on", "product_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    taken_on: Mapped[dt.date]
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="CASCADE"), index=True
    )
    held: Mapped[int | None] = mapped_column(comment="None: without limit")
    needed: Mapped[int]
    missing: Mapped[int]
    unused: Mapped[int]
    true_up: Mapped[Decimal | None]
    reclaimable: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(sa.String(3), comment="ISO 4217")
