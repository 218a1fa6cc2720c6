"""Rights held: publishers, products, what was bought of them, for how long, and who has it."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.observation import Category
from parc.models.base import Base, EnumValue, Json
from parc.software.licensing import LicenceNeed
from parc.software.rules import SoftwareKind


class Metric(enum.StrEnum):
    """What is counted against a licence."""

    DEVICE = "device"
    NAMED_USER = "named_user"
    CONCURRENT = "concurrent"
    CORE = "core"
    PROCESSOR = "processor"
    CAL = "cal"
    SITE = "site"


class EntitlementType(enum.StrEnum):
    """How a licence was had; perpetual ones do not end with their maintenance."""

    PERPETUAL = "perpetual"
    SUBSCRIPTION = "subscription"
    OEM = "oem"
    VOLUME = "volume"
    TRIAL = "trial"
    FREE = "free"


class EntitlementPeriodKind(enum.StrEnum):
    """What a period is of: the right itself, or its maintenance."""

    TERM = "term"
    MAINTENANCE = "maintenance"


class ProductStatus(enum.StrEnum):
    """Whether a product may be used here."""

    UNDECIDED = "undecided"
    AUTHORISED = "authorised"
    TOLERATED = "tolerated"
    FORBIDDEN = "forbidden"


class Publisher(Base):
    """Who makes a product (French: éditeur)."""

    __tablename__ = "publisher"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    name_folded: Mapped[str] = mapped_column(sa.String(255), unique=True)


class SoftwareProduct(Base):
    """What can be licensed; a suite holds others (French: logiciel)."""

    __tablename__ = "software_product"
    __table_args__ = (
        sa.Index(
            "uq_software_product_name",
            "publisher_id",
            "name_folded",
            unique=True,
            sqlite_where=sa.text("publisher_id IS NOT NULL"),
            postgresql_where=sa.text("publisher_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_software_product_bare_name",
            "name_folded",
            unique=True,
            sqlite_where=sa.text("publisher_id IS NULL"),
            postgresql_where=sa.text("publisher_id IS NULL"),
        ),
        sa.Index(None, "kind", "machine_count", "id"),
        sa.Index(None, "kind", "name_folded", "id"),
        sa.Index(None, "status", "machine_count"),
        sa.Index(None, "first_seen_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publisher_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("publisher.id", ondelete="RESTRICT")
    )
    name: Mapped[str] = mapped_column(sa.String(255))
    name_folded: Mapped[str] = mapped_column(sa.String(255), index=True)
    kind: Mapped[SoftwareKind] = mapped_column(
        EnumValue(SoftwareKind), default=SoftwareKind.PRODUCT, server_default="product"
    )
    status: Mapped[ProductStatus] = mapped_column(
        EnumValue(ProductStatus), default=ProductStatus.UNDECIDED, server_default="undecided"
    )
    status_reason: Mapped[str | None]
    status_until: Mapped[dt.date | None] = mapped_column(comment="of what is tolerated")
    status_owner_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="SET NULL"), index=True, comment="answers for it"
    )
    licence_need: Mapped[LicenceNeed | None] = mapped_column(
        EnumValue(LicenceNeed), comment="as a person says; None: as the table says"
    )
    usual_need: Mapped[LicenceNeed | None] = mapped_column(
        EnumValue(LicenceNeed), comment="as the table that comes with Parc says"
    )
    machine_count: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="devices on which it is now"
    )
    first_seen_at: Mapped[dt.datetime | None]
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(comment="brought up once a day")
    removed_at: Mapped[dt.datetime | None] = mapped_column(comment="from the last machine")

    @classmethod
    def needs_licence(cls) -> sa.ColumnElement[bool]:
        """Tell of each product whether it must have been bought; who knows nothing says no."""
        return sa.func.coalesce(cls.licence_need, cls.usual_need) == LicenceNeed.YES.value


class ProductPart(Base):
    """A product that a suite or bundle holds."""

    __tablename__ = "product_part"

    suite_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="CASCADE"), primary_key=True
    )
    part_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Entitlement(Base):
    """What was bought (French: licence); its present periods are copied here for lists."""

    __tablename__ = "entitlement"
    __table_args__ = (
        sa.Index(None, "name", "id"),
        sa.Index(None, "ends_on", "id"),
        sa.Index(None, "type", "id"),
        sa.Index(None, "metric", "id"),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "name_folded", "version"),
        sa.CheckConstraint("quantity IS NULL OR quantity >= 0", name="some_quantity"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    name_folded: Mapped[str] = mapped_column(sa.String(255))
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="RESTRICT"), index=True
    )
    version: Mapped[str] = mapped_column(sa.String(60), default="", comment="that was bought")
    edition: Mapped[str | None] = mapped_column(sa.String(100))
    type: Mapped[EntitlementType | None] = mapped_column(EnumValue(EntitlementType))
    metric: Mapped[Metric | None] = mapped_column(EnumValue(Metric))
    quantity: Mapped[int | None] = mapped_column(comment="None: no limit, or not known")
    is_unlimited: Mapped[bool] = mapped_column(default=False)
    has_downgrade: Mapped[bool] = mapped_column(
        default=False, comment="older versions may be used in its place"
    )
    reference: Mapped[str | None] = mapped_column(
        sa.String(255), unique=True, comment="our number of it, or the seller's"
    )
    contract_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("contract.id", ondelete="SET NULL"), index=True
    )
    contract_number: Mapped[str | None] = mapped_column(sa.String(255))
    owner_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True, comment="answers for it"
    )
    alert_days: Mapped[int | None] = mapped_column(comment="before its end; None: as usual")
    details: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, comment="what other systems know of it: field to text"
    )
    notes: Mapped[str | None]
    starts_on: Mapped[dt.date | None] = mapped_column(comment="of its last term")
    ends_on: Mapped[dt.date | None] = mapped_column(comment="of its last term; None: no end")
    maintenance_ends_on: Mapped[dt.date | None]
    allocated_count: Mapped[int] = mapped_column(default=0, comment="seats that are given")
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    row_version: Mapped[int] = mapped_column(default=1, comment="goes up with each change")
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: name, product, publisher, numbers"
    )


class EntitlementPeriod(Base):
    """One term of a licence, or of its maintenance; a renewal adds one, what was stays."""

    __tablename__ = "entitlement_period"
    __table_args__ = (sa.Index(None, "entitlement_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entitlement_id: Mapped[int] = mapped_column(sa.ForeignKey("entitlement.id", ondelete="CASCADE"))
    kind: Mapped[EntitlementPeriodKind] = mapped_column(EnumValue(EntitlementPeriodKind))
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None] = mapped_column(comment="None: no end")
    purchased_on: Mapped[dt.date | None]
    cost: Mapped[Decimal | None] = mapped_column(comment="of the whole period and quantity")
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR", comment="ISO 4217")
    is_tax_included: Mapped[bool | None] = mapped_column(comment="None: not known")
    order_number: Mapped[str | None] = mapped_column(sa.String(120))
    invoice_number: Mapped[str | None] = mapped_column(sa.String(120))
    invoice_on: Mapped[dt.date | None]
    supplier_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("supplier.id", ondelete="RESTRICT"), index=True
    )


class EntitlementKey(Base):
    """A key of a licence, sealed; what is shown of it is its end."""

    __tablename__ = "entitlement_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    entitlement_id: Mapped[int] = mapped_column(
        sa.ForeignKey("entitlement.id", ondelete="CASCADE"), index=True
    )
    token: Mapped[str] = mapped_column(
        sa.String(32), unique=True, comment="what the sealed value is bound to"
    )
    sealed: Mapped[str] = mapped_column(comment="base64 of AES-256-GCM")
    key_id: Mapped[str] = mapped_column(sa.String(16), index=True, comment="which key sealed it")
    ending: Mapped[str] = mapped_column(sa.String(8), default="", comment="its last signs, shown")


class Allocation(Base):
    """A seat of a licence given to a person or a machine (French: affectation de licence)."""

    __tablename__ = "allocation"
    __table_args__ = (
        sa.UniqueConstraint("entitlement_id", "person_id"),
        sa.UniqueConstraint("entitlement_id", "asset_id"),
        sa.CheckConstraint("(person_id IS NULL) <> (asset_id IS NULL)", name="person_or_asset"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entitlement_id: Mapped[int] = mapped_column(sa.ForeignKey("entitlement.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True
    )
    asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    since_on: Mapped[dt.date]
    rule_id: Mapped[int | None] = mapped_column(
        index=True, comment="of the rule that gave it, which may be gone since"
    )
    author: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[dt.datetime]


class AllocationRule(Base):
    """Who gets a seat of a licence as soon as they come to it; looked at again each night."""

    __tablename__ = "allocation_rule"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    entitlement_id: Mapped[int] = mapped_column(
        sa.ForeignKey("entitlement.id", ondelete="CASCADE"), index=True
    )
    department_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("department.id", ondelete="CASCADE"),
        index=True,
        comment="everyone in it and below it",
    )
    is_installed: Mapped[bool] = mapped_column(
        default=False, comment="machines on which the software was found"
    )
    category: Mapped[Category | None] = mapped_column(EnumValue(Category), comment="of machines")
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="CASCADE"), index=True, comment="of machines"
    )
    author: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[dt.datetime]
