"""What the organisation owns or answers for; it may never be on a network."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.observation import Category
from parc.models.base import Base, EnumValue, Json
from parc.precedence import LockRule, ValueSource


class LifecycleState(enum.StrEnum):
    """States of an asset's life; transitions are in ``services/assets.py``."""

    EXPECTED = "expected"
    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    IN_PREPARATION = "in_preparation"
    IN_USE = "in_use"
    ON_LOAN = "on_loan"
    IN_REPAIR = "in_repair"
    IN_TRANSIT = "in_transit"
    MISSING = "missing"
    STOLEN = "stolen"
    TO_DISPOSE = "to_dispose"
    DISPOSED = "disposed"


class Asset(Base):
    """One thing of the fleet (French: matériel). Lists read this table alone."""

    __tablename__ = "asset"
    __table_args__ = (
        sa.Index(None, "category", "id"),
        sa.Index(None, "lifecycle_state", "id"),
        sa.Index(None, "manufacturer", "id"),
        sa.Index(None, "model_name", "id"),
        sa.Index(None, "serial_number", "id"),
        sa.Index(None, "name", "id"),
        sa.Index(None, "primary_address_sort", "id"),
        sa.Index(None, "software_revision", "id"),
        sa.Index(None, "location_id", "id"),
        sa.Index(None, "last_seen_at", "id"),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "supplier_id", "id"),
        sa.Index(None, "covered_until", "id"),
        sa.Index(None, "custodian_person_id", "id"),
        sa.Index(None, "custodian_department_id", "id"),
        sa.Index(None, "technician_person_id", "id"),
        sa.Index(None, "loan_due_on", "id"),
        sa.Index(None, "warranty_ends_on", "id"),
        sa.Index(None, "purchased_on", "id"),
        sa.Index(None, "fixed_asset_number", "id"),
        sa.CheckConstraint(
            "custodian_person_id IS NULL OR custodian_department_id IS NULL", name="one_custodian"
        ),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_tag: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    category: Mapped[Category] = mapped_column(EnumValue(Category))
    lifecycle_state: Mapped[LifecycleState] = mapped_column(EnumValue(LifecycleState))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255))
    operating_system: Mapped[str | None] = mapped_column(sa.String(255))
    software_revision: Mapped[str | None] = mapped_column(sa.String(255))
    firmware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    hardware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="SET NULL")
    )
    custodian_person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="RESTRICT"), comment="holder; or else a department"
    )
    custodian_department_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("department.id", ondelete="RESTRICT")
    )
    technician_person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="RESTRICT"), comment="who looks after it"
    )
    loan_due_on: Mapped[date | None] = mapped_column(comment="of the loan that it is on")
    purchased_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    in_service_on: Mapped[date | None]
    warranty_starts_on: Mapped[date | None]
    warranty_months: Mapped[int | None]
    warranty_ends_on: Mapped[date | None]
    last_stocktake_on: Mapped[date | None]
    disposed_on: Mapped[date | None]
    purchase_price: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR", server_default="EUR")
    depreciation_months: Mapped[int | None]
    order_number: Mapped[str | None] = mapped_column(sa.String(120))
    delivery_note_number: Mapped[str | None] = mapped_column(sa.String(120))
    invoice_number: Mapped[str | None] = mapped_column(sa.String(120))
    fixed_asset_number: Mapped[str | None] = mapped_column(
        sa.String(120), comment="the accountants' number"
    )
    primary_address: Mapped[str | None] = mapped_column(
        sa.String(45), comment="address of its device last seen, copied for lists"
    )
    primary_address_sort: Mapped[str | None] = mapped_column(
        sa.String(34), comment="4 or 6 and the address in hex: sorts as numbers do"
    )
    base_mac_address: Mapped[str | None] = mapped_column(sa.String(17))
    supplier_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("supplier.id", ondelete="SET NULL"), comment="who sold it"
    )
    covered_until: Mapped[date | None] = mapped_column(
        comment="last day of warranty and contracts, copied for lists by services/coverage.py"
    )
    notes: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, comment="goes up with each change by a person")
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: name, tag, serial, model, address, MACs"
    )


class AssetField(Base):
    """Where the present value of an asset's field comes from, and since when."""

    __tablename__ = "asset_field"

    asset_id: Mapped[int] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    source: Mapped[ValueSource] = mapped_column(EnumValue(ValueSource))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    set_at: Mapped[datetime]
    lock: Mapped[LockRule | None] = mapped_column(
        EnumValue(LockRule), comment="of a person's value: when scanners may write it again"
    )
    locked_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None] = mapped_column(
        comment="when the lock runs out or ended; None: it holds"
    )
    locked_by: Mapped[str | None] = mapped_column(
        sa.String(200), comment="name of the login, kept when it is deleted"
    )
    kept_against: Mapped[str | None] = mapped_column(
        sa.String(80), comment="sources, with blanks: what they say makes no difference here"
    )


class Difference(Base):
    """What a machine says where a person's value stands; shown until a person settles it."""

    __tablename__ = "difference"
    __table_args__ = (
        sa.UniqueConstraint("asset_id", "field"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(sa.ForeignKey("asset.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(sa.String(40))
    seen_value: Mapped[str]
    source: Mapped[ValueSource] = mapped_column(EnumValue(ValueSource))
    since: Mapped[datetime]
    is_kept: Mapped[bool] = mapped_column(
        default=False, comment="a person chose to keep theirs until the seen value changes"
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )


class Counter(Base):
    """The next number of a series, such as asset tags."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[int]


class TagPattern(Base):
    """How the asset tags of a category are made; without one, those of all others' series."""

    __tablename__ = "tag_pattern"

    category: Mapped[Category] = mapped_column(EnumValue(Category), primary_key=True)
    pattern: Mapped[str] = mapped_column(sa.String(40), comment="such as PC-{number:05d}")


class AuditEntry(Base):
    """One change, written in the transaction that made it; never updated."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index(None, "subject_kind", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    author: Mapped[str] = mapped_column(
        sa.String(200), comment="name of the login or of the range, kept when either is deleted"
    )
    subject_kind: Mapped[str] = mapped_column(
        sa.String(40), comment="asset, device, user, credential …"
    )
    subject_id: Mapped[int]
    subject_name: Mapped[str] = mapped_column(sa.String(255), default="")
    action: Mapped[str] = mapped_column(
        sa.String(40), comment="created, changed, deleted, accepted …"
    )
    changes: Mapped[dict[str, Any]] = mapped_column(
        Json, comment="field to [before, after]; secrets appear as the word changed"
    )
    reason: Mapped[str | None] = mapped_column(
        sa.String(255), comment="why, in the words of who did it"
    )
    change_set_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("change_set.id", ondelete="SET NULL"),
        index=True,
        comment="the act that it is a part of",
    )
