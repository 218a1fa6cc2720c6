"""Who sells, repairs, lets or insures, and whom to speak to there."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base


class SupplierRole(enum.StrEnum):
    """What a firm does for us; it may do several things."""

    SUPPLIER = "supplier"
    MAINTAINER = "maintainer"
    LESSOR = "lessor"
    INSURER = "insurer"
    SERVICE_PROVIDER = "service_provider"
    OPERATOR = "operator"


class Supplier(Base):
    """A firm (French: fournisseur)."""

    __tablename__ = "supplier"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never given to another

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    roles: Mapped[list[str]] = mapped_column(comment="of SupplierRole")
    support_phone: Mapped[str | None] = mapped_column(sa.String(60))
    support_email: Mapped[str | None] = mapped_column(sa.String(254))
    portal_url: Mapped[str | None] = mapped_column(sa.String(500), comment="https only")
    customer_number: Mapped[str | None] = mapped_column(sa.String(100), comment="ours, with them")
    address: Mapped[str | None] = mapped_column(sa.String(500))
    notes: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, comment="goes up with each change")
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: name, numbers, contacts"
    )


class SupplierContact(Base):
    """A person at a supplier."""

    __tablename__ = "supplier_contact"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never given to another

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(
        sa.ForeignKey("supplier.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[str | None] = mapped_column(sa.String(200), comment="what she does there")
    phone: Mapped[str | None] = mapped_column(sa.String(60))
    email: Mapped[str | None] = mapped_column(sa.String(254))
