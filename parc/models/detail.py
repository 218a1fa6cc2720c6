"""What only some kinds of device hold: counts, trays, batteries, outlets, software."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json
from parc.precedence import ValueSource


class LifeCount(Base):
    """What a printer has counted in its life, as it was last read."""

    __tablename__ = "life_count"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="total, color or mono")
    count: Mapped[int] = mapped_column(sa.BigInteger)
    unit: Mapped[str | None] = mapped_column(sa.String(40))
    gone_at: Mapped[dt.datetime | None]


class LifeCountReading(Base):
    """The last count of a day, of the days on which it differs from the one before."""

    __tablename__ = "life_count_reading"

    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    read_on: Mapped[dt.date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)


class Tray(Base):
    """One tray of a printer (Printer-MIB)."""

    __tablename__ = "tray"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="prtInputIndex as text")
    name: Mapped[str | None] = mapped_column(sa.String(255))
    media_name: Mapped[str | None] = mapped_column(sa.String(255))
    unit: Mapped[str | None] = mapped_column(sa.String(40))
    capacity: Mapped[int | None] = mapped_column(sa.BigInteger)
    level: Mapped[int | None] = mapped_column(sa.BigInteger)
    is_some_left: Mapped[bool | None]
    is_available: Mapped[bool | None]
    gone_at: Mapped[dt.datetime | None]


class Battery(Base):
    """Battery and output of a power supply (UPS-MIB)."""

    __tablename__ = "battery"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300))
    battery_status: Mapped[str | None] = mapped_column(sa.String(40))
    output_source: Mapped[str | None] = mapped_column(sa.String(40))
    charge_percent: Mapped[int | None]
    minutes_remaining: Mapped[int | None]
    seconds_on_battery: Mapped[int | None]
    temperature_celsius: Mapped[int | None]
    load_percent: Mapped[int | None]
    is_replacement_needed: Mapped[bool | None]
    gone_at: Mapped[dt.datetime | None]


class Outlet(Base):
    """One outlet of a power distribution unit."""

    __tablename__ = "outlet"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="its number")
    name: Mapped[str | None] = mapped_column(sa.String(255))
    is_on: Mapped[bool | None]
    gone_at: Mapped[dt.datetime | None]


def _recent(column: str) -> sa.Index:
    """Give an index of the few rows that have a moment."""
    has_one = sa.column(column).is_not(None)
    name = f"ix_installation_{column}"
    return sa.Index(name, column, sqlite_where=has_one, postgresql_where=has_one)


class Installation(Base):
    """Software that was found on a device, by one means; last seen with it until ``gone_at``."""

    __tablename__ = "installation"
    __table_args__ = (
        sa.UniqueConstraint("device_id", "source", "key"),
        sa.Index(None, "title_id", "gone_at", "device_id"),
        sa.Index(None, "title_id", "first_seen_at"),
        sa.Index(None, "first_seen_at"),
        _recent("gone_at"),
        _recent("retitled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    source: Mapped[ValueSource] = mapped_column(EnumValue(ValueSource))
    key: Mapped[str] = mapped_column(sa.String(300), comment="the name, cut to what fits")
    name: Mapped[str] = mapped_column(sa.String(300), comment="as it was found")
    version: Mapped[str | None] = mapped_column(sa.String(100))
    publisher: Mapped[str | None] = mapped_column(sa.String(255))
    architecture: Mapped[str | None] = mapped_column(sa.String(40))
    origin: Mapped[str | None] = mapped_column(sa.String(40), comment="registry, deb, rpm, uwp …")
    user_name: Mapped[str | None] = mapped_column(
        sa.String(100), comment="of whom it is, when it is not everybody's"
    )
    software_type: Mapped[str | None] = mapped_column(sa.String(40))
    installed_on: Mapped[str | None] = mapped_column(sa.String(10), comment="ISO date")
    title_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("software_title.id", ondelete="RESTRICT"),
        comment="made again from the texts beside; None: not yet",
    )
    retitled_at: Mapped[dt.datetime | None] = mapped_column(comment="when its version last changed")
    version_before: Mapped[str | None] = mapped_column(sa.String(100), comment="the one until then")
    first_seen_at: Mapped[dt.datetime]
    gone_at: Mapped[dt.datetime | None]


class HostEntry(Base):
    """One thing that an agent tells of the inside of its host: processor, disk, monitor."""

    __tablename__ = "host_entry"
    __table_args__ = (
        sa.UniqueConstraint("device_id", "key"),
        sa.Index(None, "kind", "serial_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="kind with serial number or name")
    kind: Mapped[str] = mapped_column(sa.String(40), comment="of collectors.agent.kinds")
    name: Mapped[str | None] = mapped_column(sa.String(255))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255))
    version: Mapped[str | None] = mapped_column(sa.String(255))
    state: Mapped[str | None] = mapped_column(sa.String(40))
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    used_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    core_count: Mapped[int | None] = mapped_column(comment="of a processor, all its cores")
    thread_count: Mapped[int | None]
    speed_mhz: Mapped[int | None]
    dated: Mapped[str | None] = mapped_column(sa.String(10), comment="ISO date")
    facts: Mapped[list[str]] = mapped_column(Json, comment="the rest, as word=value")
    first_seen_at: Mapped[dt.datetime]
    asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="SET NULL"),
        index=True,
        comment="that a monitor or a printer is",
    )
    gone_at: Mapped[dt.datetime | None]


class ManagedDevice(Base):
    """An access point of a controller or a virtual machine of a host, as those tell it."""

    __tablename__ = "managed_device"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), comment="the one that tells"
    )
    key: Mapped[str] = mapped_column(sa.String(300), comment="serial number, UUID or MAC")
    kind: Mapped[str] = mapped_column(sa.String(40), comment="a category")
    name: Mapped[str | None] = mapped_column(sa.String(255))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    mac_address: Mapped[str | None] = mapped_column(sa.String(17), index=True)
    address: Mapped[str | None] = mapped_column(sa.String(45))
    operating_system: Mapped[str | None] = mapped_column(sa.String(255))
    software_revision: Mapped[str | None] = mapped_column(sa.String(255))
    state: Mapped[str | None] = mapped_column(sa.String(40))
    asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="SET NULL"),
        index=True,
        comment="that a person made of it",
    )
    gone_at: Mapped[dt.datetime | None]


class MissedRow(Base):
    """A row of a device that complete readings lacked of late; it is gone after some of them."""

    __tablename__ = "missed_row"

    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True, comment="its table")
    key: Mapped[str] = mapped_column(sa.String(300), primary_key=True)
    count: Mapped[int] = mapped_column(comment="readings that lacked it, one a run")
    missed_at: Mapped[dt.datetime] = mapped_column(comment="when the last of them was taken")
