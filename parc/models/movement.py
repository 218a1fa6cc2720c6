"""Movements: what happened to an asset, each a record of its own.

State, place and holder of an asset are what its confirmed movements say, in the order of their
ids; a movement holds all three before and after, so that the next stands on it.
"""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.asset import LifecycleState
from parc.models.base import Base, EnumValue, Json


class MovementKind(enum.StrEnum):
    """What happened; which states each leads to is in ``services/movement_kinds.py``."""

    ENTRY = "entry"
    ASSIGNMENT = "assignment"
    TRANSFER = "transfer"
    LOAN = "loan"
    LOAN_EXTENSION = "loan_extension"
    RETURN = "return"
    RESERVATION = "reservation"
    PREPARATION = "preparation"
    SHIPMENT = "shipment"
    SEND_TO_REPAIR = "send_to_repair"
    BACK_FROM_REPAIR = "back_from_repair"
    STANDARD_EXCHANGE = "standard_exchange"
    PUT_IN_STOCK = "put_in_stock"
    COMPONENT_CHANGE = "component_change"
    LOSS = "loss"
    THEFT = "theft"
    FOUND = "found"
    DISPOSAL_DECISION = "disposal_decision"
    EXIT = "exit"
    STOCKTAKE = "stocktake"
    CORRECTION = "correction"


class MovementVariant(enum.StrEnum):
    """How an asset came in or went out."""

    PURCHASE = "purchase"
    DELIVERY = "delivery"
    GIFT_RECEIVED = "gift_received"
    REPAIR_RETURN = "repair_return"
    REGULARISATION = "regularisation"
    SCRAP = "scrap"
    DONATION = "donation"
    HANDED_OVER = "handed_over"
    SALE = "sale"
    LESSOR_RETURN = "lessor_return"


class MovementSource(enum.StrEnum):
    """By which way it came to be known."""

    HAND = "hand"
    IMPORT = "import"
    DISCOVERY = "discovery"


class MovementStatus(enum.StrEnum):
    """Whether it counts: only confirmed movements do."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


def _place(comment: str) -> Mapped[int | None]:
    return mapped_column(
        sa.ForeignKey("location.id", ondelete="RESTRICT"), index=True, comment=comment
    )


def _person(comment: str) -> Mapped[int | None]:
    return mapped_column(
        sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True, comment=comment
    )


def _department(comment: str) -> Mapped[int | None]:
    return mapped_column(
        sa.ForeignKey("department.id", ondelete="RESTRICT"), index=True, comment=comment
    )


class Movement(Base):
    """One thing that happened to one asset (French: mouvement)."""

    __tablename__ = "movement"
    __table_args__ = (
        sa.Index(None, "asset_id", "id"),
        sa.Index(None, "effective_on", "id"),
        sa.Index(None, "kind", "effective_on", "id"),
        sa.Index(None, "status", "effective_on", "id"),
        sa.Index(None, "author", "id"),
        sa.Index(
            "ix_movement_said",
            "search_text",
            sqlite_where=sa.text("search_text IS NOT NULL"),
            postgresql_where=sa.text("search_text IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "to_person_id IS NULL OR to_department_id IS NULL", name="one_holder_after"
        ),
        {"sqlite_autoincrement": True},  # their order is that of their ids
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(sa.ForeignKey("asset.id", ondelete="CASCADE"))
    kind: Mapped[MovementKind] = mapped_column(EnumValue(MovementKind))
    variant: Mapped[MovementVariant | None] = mapped_column(EnumValue(MovementVariant))
    status: Mapped[MovementStatus] = mapped_column(EnumValue(MovementStatus))
    source: Mapped[MovementSource] = mapped_column(EnumValue(MovementSource))
    effective_on: Mapped[dt.date]
    entered_at: Mapped[dt.datetime]
    author: Mapped[str] = mapped_column(sa.String(200))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    change_set_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("change_set.id", ondelete="SET NULL"),
        index=True,
        comment="the basket or other act that it is a part of",
    )
    from_state: Mapped[LifecycleState | None] = mapped_column(EnumValue(LifecycleState))
    to_state: Mapped[LifecycleState] = mapped_column(EnumValue(LifecycleState))
    from_location_id: Mapped[int | None] = _place("where it was")
    to_location_id: Mapped[int | None] = _place("where it is since")
    from_person_id: Mapped[int | None] = _person("who held it")
    to_person_id: Mapped[int | None] = _person("who holds it since")
    from_department_id: Mapped[int | None] = _department("which department held it")
    to_department_id: Mapped[int | None] = _department("which department holds it since")
    from_due_on: Mapped[dt.date | None] = mapped_column(comment="loan: when it was due")
    to_due_on: Mapped[dt.date | None] = mapped_column(comment="loan: when it is due since")
    set_dates: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, comment="dates of the asset that it set: column to [before, after]"
    )
    reason: Mapped[str | None] = mapped_column(sa.String(2000))
    accessories: Mapped[str | None] = mapped_column(sa.String(1000))
    condition: Mapped[str | None] = mapped_column(sa.String(1000))
    counterparty: Mapped[str | None] = mapped_column(
        sa.String(255), comment="who delivers, repairs or receives it"
    )
    incident_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("incident.id", ondelete="SET NULL"), index=True, comment="that it is about"
    )
    contract_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("contract.id", ondelete="SET NULL"), index=True, comment="under which it goes"
    )
    order_number: Mapped[str | None] = mapped_column(
        sa.String(120), comment="of the purchase order"
    )
    destination: Mapped[str | None] = mapped_column(sa.String(255))
    legal_basis: Mapped[str | None] = mapped_column(sa.String(500))
    unit_value: Mapped[Decimal | None] = mapped_column(comment="in the asset's currency")
    wiping_method: Mapped[str | None] = mapped_column(sa.String(255))
    wiped_on: Mapped[dt.date | None]
    wiped_by: Mapped[str | None] = mapped_column(sa.String(200))
    certificate_number: Mapped[str | None] = mapped_column(sa.String(120))
    slip_number: Mapped[str | None] = mapped_column(sa.String(120), comment="waste slip")
    cancelled_reason: Mapped[str | None] = mapped_column(sa.String(2000))
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(sa.String(200))
    search_text: Mapped[str | None] = mapped_column(
        sa.String(500), comment="lower case, no accents: what was said; None: nothing"
    )
