"""Address ranges: what is swept, when, with which credentials and how gently."""

from __future__ import annotations

import enum
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from parc.models.base import Base, EnumValue
from parc.models.credential import Credential


class ScheduleKind(enum.StrEnum):
    """How the next sweep of a range is found."""

    NONE = "none"
    INTERVAL = "interval"
    CRON = "cron"


class AddressRange(Base):
    """A set of addresses that belong together (French: plage IP)."""

    __tablename__ = "address_range"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    include: Mapped[list[str]] = mapped_column(comment="CIDRs and addresses, IPv4 and IPv6")
    exclude: Mapped[list[str]] = mapped_column(comment="CIDRs and addresses never asked")
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="SET NULL"), index=True
    )
    schedule_kind: Mapped[ScheduleKind] = mapped_column(EnumValue(ScheduleKind))
    schedule: Mapped[str] = mapped_column(
        sa.String(100), default="", comment="minutes for interval, five fields for cron"
    )
    time_zone: Mapped[str] = mapped_column(sa.String(60), default="Europe/Paris")
    window_start: Mapped[time | None] = mapped_column(comment="local time; None: any time")
    window_end: Mapped[time | None] = mapped_column(
        comment="may be before the start: past midnight"
    )
    packets_per_second: Mapped[int] = mapped_column(default=500)
    devices_at_once: Mapped[int] = mapped_column(default=50)
    asset_categories: Mapped[list[str]] = mapped_column(
        comment="categories that become assets without asking"
    )
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_managed_by_file: Mapped[bool] = mapped_column(default=False)
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    credentials: Mapped[list[Credential]] = relationship(
        secondary="range_credential", order_by="RangeCredential.position", viewonly=True
    )


class RangeCredential(Base):
    """A credential of a range, in the order in which they are tried."""

    __tablename__ = "range_credential"

    range_id: Mapped[int] = mapped_column(
        sa.ForeignKey("address_range.id", ondelete="CASCADE"), primary_key=True
    )
    credential_id: Mapped[int] = mapped_column(
        sa.ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
