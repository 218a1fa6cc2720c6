"""Contracts: their terms, what they name, what they cover by rule, and what was covered when."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.observation import Category
from parc.contract_dates import NoticeUnit, Renewal
from parc.models.base import Base, EnumValue


class ContractType(enum.StrEnum):
    """What is bought (French: maintenance matérielle … télécom)."""

    HARDWARE_MAINTENANCE = "hardware_maintenance"
    SOFTWARE_MAINTENANCE = "software_maintenance"
    RENTAL = "rental"
    LEASE = "lease"
    INSURANCE = "insurance"
    SERVICE = "service"
    TELECOM = "telecom"


class BillingRhythm(enum.StrEnum):
    """How often it is paid."""

    ONCE = "once"
    MONTHLY = "monthly"
    BIMONTHLY = "bimonthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


class PeriodKind(enum.StrEnum):
    """How a term came to be."""

    INITIAL = "initial"
    TACIT = "tacit"
    EXPRESS = "express"


class CoverSource(enum.StrEnum):
    """Why an asset is covered: it was chosen, or a rule takes it in."""

    CHOICE = "choice"
    RULE = "rule"


class Contract(Base):
    """An agreement with a supplier; its present term is copied here for lists."""

    __tablename__ = "contract"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "number"),
        sa.Index(None, "maintainer_id"),
        sa.Index(None, "name", "id"),
        sa.Index(None, "number", "id"),
        sa.Index(None, "notice_by", "id"),
        sa.Index(None, "ends_on", "id"),
        sa.Index(None, "created_at", "id"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(100), comment="the supplier's")
    name: Mapped[str] = mapped_column(sa.String(255))
    type: Mapped[ContractType] = mapped_column(EnumValue(ContractType))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id", ondelete="RESTRICT"))
    maintainer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("supplier.id", ondelete="RESTRICT"), comment="who comes, if another firm"
    )
    starts_on: Mapped[date]
    initial_months: Mapped[int]
    renewal: Mapped[Renewal] = mapped_column(EnumValue(Renewal))
    renewal_months: Mapped[int | None]
    notice_count: Mapped[int]
    notice_unit: Mapped[NoticeUnit] = mapped_column(EnumValue(NoticeUnit))
    notice_given_on: Mapped[date | None] = mapped_column(comment="it ends with its term")
    notice_note: Mapped[str | None] = mapped_column(sa.String(500))
    ends_on: Mapped[date] = mapped_column(comment="of the last term")
    notice_by: Mapped[date | None] = mapped_column(comment="last day; None: it just ends")
    amount: Mapped[Decimal | None] = mapped_column(comment="of one bill, before tax")
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR", comment="ISO 4217")
    billing: Mapped[BillingRhythm] = mapped_column(EnumValue(BillingRhythm))
    support_phone: Mapped[str | None] = mapped_column(sa.String(60), comment="None: the firm's")
    support_email: Mapped[str | None] = mapped_column(sa.String(254), comment="None: the firm's")
    how_to_call: Mapped[str | None] = mapped_column(sa.String(2000))
    week_from: Mapped[time | None] = mapped_column(comment="support hours, local time")
    week_to: Mapped[time | None] = mapped_column(comment="equal to week_from: around the clock")
    saturday_from: Mapped[time | None]
    saturday_to: Mapped[time | None]
    sunday_from: Mapped[time | None] = mapped_column(comment="and holidays")
    sunday_to: Mapped[time | None]
    time_zone: Mapped[str] = mapped_column(sa.String(60), comment="of the support hours")
    response_minutes: Mapped[int | None] = mapped_column(comment="French: GTI")
    restoration_minutes: Mapped[int | None] = mapped_column(comment="French: GTR")
    alert_days: Mapped[list[int] | None] = mapped_column(
        comment="days before, of this contract; None: the usual ones"
    )
    notes: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, comment="goes up with each change")
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: name, number, firms"
    )


class ContractPeriod(Base):
    """One term of a contract; a renewal adds one, what was stays."""

    __tablename__ = "contract_period"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "position"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contract.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(comment="from 1")
    kind: Mapped[PeriodKind] = mapped_column(EnumValue(PeriodKind))
    months: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    amount: Mapped[Decimal | None] = mapped_column(comment="of one bill, before tax")
    note: Mapped[str | None] = mapped_column(sa.String(500))
    author: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]


class ContractLine(Base):
    """An asset that a contract names; one that is not known yet waits by its serial number."""

    __tablename__ = "contract_line"
    __table_args__ = (
        sa.Index(None, "contract_id", "id"),
        sa.Index(None, "asset_id", "id"),
        sa.Index(
            "ix_contract_line_waiting",
            "serial_folded",
            sqlite_where=sa.text("asset_id IS NULL"),
            postgresql_where=sa.text("asset_id IS NULL"),
        ),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contract.id", ondelete="CASCADE"))
    asset_id: Mapped[int | None] = mapped_column(sa.ForeignKey("asset.id", ondelete="SET NULL"))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255), comment="as the list has it")
    serial_folded: Mapped[str | None] = mapped_column(sa.String(255), comment="as it is compared")
    description: Mapped[str | None] = mapped_column(sa.String(500))
    amount: Mapped[Decimal | None] = mapped_column(comment="of one bill, before tax")
    source: Mapped[str] = mapped_column(sa.String(255), default="", comment="file and line, if any")
    created_at: Mapped[datetime]
    matched_at: Mapped[datetime | None] = mapped_column(comment="when its asset was found")


class ContractRule(Base):
    """Which assets a contract covers without naming them; all its conditions must hold."""

    __tablename__ = "contract_rule"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never given to another

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(
        sa.ForeignKey("contract.id", ondelete="CASCADE"), index=True
    )
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="RESTRICT"), index=True, comment="and all in it"
    )
    category: Mapped[Category | None] = mapped_column(EnumValue(Category))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    purchased_from: Mapped[date | None] = mapped_column(comment="bought on that day or later")
    purchased_to: Mapped[date | None] = mapped_column(comment="bought on that day or earlier")
    created_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(sa.String(200))


class Coverage(Base):
    """From when until when a contract covered an asset; never changed but by being closed."""

    __tablename__ = "coverage"
    __table_args__ = (
        sa.Index(None, "asset_id", "until_on"),
        sa.Index(None, "contract_id", "until_on", "asset_id"),
        sa.CheckConstraint("until_on IS NULL OR until_on > from_on", name="some_days"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contract.id", ondelete="CASCADE"))
    asset_id: Mapped[int] = mapped_column(sa.ForeignKey("asset.id", ondelete="CASCADE"))
    source: Mapped[CoverSource] = mapped_column(EnumValue(CoverSource))
    from_on: Mapped[date] = mapped_column(comment="first day")
    until_on: Mapped[date | None] = mapped_column(comment="first day without; None: still")
