"""What answers on the network, linked to an asset or not, and what it is made of."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.observation import Category
from parc.models.base import Base, EnumValue, Json


class DeviceStatus(enum.StrEnum):
    """Whether a person or a rule has said what the device is."""

    UNKNOWN = "unknown"
    LINKED = "linked"
    IGNORED = "ignored"


class Device(Base):
    """One thing that answers; its identity keys are what a later sweep finds it by."""

    __tablename__ = "device"
    __table_args__ = (
        sa.Index(None, "status", "last_seen_at"),
        sa.Index(None, "range_id", "address"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[DeviceStatus] = mapped_column(EnumValue(DeviceStatus))
    asset_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="SET NULL"), index=True
    )
    range_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("address_range.id", ondelete="SET NULL"), comment="where it was last seen"
    )
    address: Mapped[str] = mapped_column(
        sa.String(45), index=True, comment="where it answered last"
    )
    sys_name: Mapped[str | None] = mapped_column(sa.String(255))
    host_name: Mapped[str | None] = mapped_column(sa.String(255), comment="from reverse DNS")
    sys_descr: Mapped[str | None]
    sys_object_id: Mapped[str | None] = mapped_column(sa.String(255))
    sys_location: Mapped[str | None] = mapped_column(sa.String(255))
    sys_contact: Mapped[str | None] = mapped_column(sa.String(255))
    engine_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    chassis_id: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    base_mac_address: Mapped[str | None] = mapped_column(sa.String(17), index=True)
    oui_manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    category: Mapped[Category | None] = mapped_column(EnumValue(Category))
    category_source: Mapped[str | None] = mapped_column(sa.String(40), comment="snmp or nmap")
    operating_system: Mapped[str | None] = mapped_column(sa.String(255))
    software_revision: Mapped[str | None] = mapped_column(sa.String(255))
    firmware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    hardware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    definition: Mapped[str | None] = mapped_column(sa.String(60))
    reasons: Mapped[list[str]] = mapped_column(Json, default=list, comment="where values were read")
    system_uuid: Mapped[str | None] = mapped_column(
        sa.String(36), index=True, comment="of the firmware (SMBIOS), in either order of octets"
    )
    agent_id: Mapped[str | None] = mapped_column(
        sa.String(100), index=True, comment="how the agent on it names itself"
    )
    asset_tag: Mapped[str | None] = mapped_column(
        sa.String(60), index=True, comment="the label that it holds itself"
    )
    created_match: Mapped[dict[str, Any] | None] = mapped_column(
        comment="why it was taken for new: reconcile/found_by.py"
    )
    last_match: Mapped[dict[str, Any] | None] = mapped_column(
        comment="what found it when it changed last"
    )
    processor_count: Mapped[int | None]
    memory_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    console_message: Mapped[str | None] = mapped_column(
        sa.String(255), comment="of a printer; empty when it says nothing"
    )
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    absent_since: Mapped[datetime | None] = mapped_column(
        comment="first sweep that covered its address and did not see it"
    )
    heard: Mapped[dict[str, Any] | None] = mapped_column(
        deferred=True, comment="when each source spoke last"
    )
    words: Mapped[dict[str, Any] | None] = mapped_column(
        deferred=True,
        comment="what each source last said of the fields that several tell: told_values.py",
    )
    ignore_reason: Mapped[str | None] = mapped_column(sa.String(255))
    ignored_until: Mapped[datetime | None] = mapped_column(
        comment="None with status ignored: always"
    )


class Interface(Base):
    """One interface; matched by name, never by ``if_index``, which changes at restarts."""

    __tablename__ = "interface"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(
        sa.String(300), comment="ifName, else ifDescr, with the index only where that repeats"
    )
    if_index: Mapped[int]
    if_descr: Mapped[str | None] = mapped_column(sa.String(255))
    if_name: Mapped[str | None] = mapped_column(sa.String(255))
    if_alias: Mapped[str | None] = mapped_column(sa.String(255))
    if_type: Mapped[int | None]
    if_mtu: Mapped[int | None] = mapped_column(sa.BigInteger)
    if_high_speed: Mapped[int | None] = mapped_column(sa.BigInteger, comment="Mbit/s")
    if_phys_address: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    if_admin_status: Mapped[int | None]
    if_oper_status: Mapped[int | None]
    addresses: Mapped[list[str]] = mapped_column(Json, comment="address/prefix length")
    first_seen_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]


class Component(Base):
    """One part of a device (ENTITY-MIB)."""

    __tablename__ = "component"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="entPhysicalIndex as text")
    contained_in: Mapped[int | None]
    component_class: Mapped[str | None] = mapped_column(sa.String(40))
    name: Mapped[str | None] = mapped_column(sa.String(255))
    description: Mapped[str | None] = mapped_column(sa.String(255))
    manufacturer: Mapped[str | None] = mapped_column(sa.String(255))
    model_name: Mapped[str | None] = mapped_column(sa.String(255))
    serial_number: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    hardware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    firmware_revision: Mapped[str | None] = mapped_column(sa.String(255))
    software_revision: Mapped[str | None] = mapped_column(sa.String(255))
    is_field_replaceable: Mapped[bool | None]
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger, comment="of a disk")
    first_seen_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]


class Supply(Base):
    """One supply of a printer (Printer-MIB)."""

    __tablename__ = "supply"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="prtMarkerSuppliesIndex as text")
    description: Mapped[str | None] = mapped_column(sa.String(255))
    supply_type: Mapped[str | None] = mapped_column(sa.String(40))
    unit: Mapped[str | None] = mapped_column(sa.String(40))
    capacity: Mapped[int | None] = mapped_column(sa.BigInteger)
    level: Mapped[int | None] = mapped_column(sa.BigInteger)
    is_some_left: Mapped[bool | None]
    gone_at: Mapped[datetime | None]


class Storage(Base):
    """Memory or a file system of a host (HOST-RESOURCES-MIB)."""

    __tablename__ = "storage"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(
        sa.String(300), comment="hrStorageDescr, index only where it repeats"
    )
    storage_type: Mapped[str | None] = mapped_column(sa.String(40))
    description: Mapped[str | None] = mapped_column(sa.String(255))
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    used_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    gone_at: Mapped[datetime | None]


class Service(Base):
    """An open port as nmap saw it."""

    __tablename__ = "service"
    __table_args__ = (sa.UniqueConstraint("device_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="protocol/port")
    name: Mapped[str | None] = mapped_column(sa.String(100))
    product: Mapped[str | None] = mapped_column(sa.String(200))
    version: Mapped[str | None] = mapped_column(sa.String(100))
    is_guess: Mapped[bool]
    gone_at: Mapped[datetime | None]


class CategorySign(Base):
    """One sign of what a device is, from ports, banners and OUI, with its weight."""

    __tablename__ = "category_sign"
    __table_args__ = (sa.UniqueConstraint("device_id", "category", "reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    category: Mapped[Category] = mapped_column(EnumValue(Category))
    weight: Mapped[float]
    reason: Mapped[str] = mapped_column(sa.String(200))


class StoredObservation(Base):
    """Evidence: what an address said in a run, compressed; append only, purged by age."""

    __tablename__ = "observation"
    __table_args__ = (sa.Index(None, "device_id", "id"), sa.Index(None, "run_id", "address"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("run.id", ondelete="SET NULL"))
    device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"), comment="set when a plan was applied"
    )
    address: Mapped[str] = mapped_column(sa.String(45))
    source: Mapped[str] = mapped_column(sa.String(20))
    observed_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[bytes] = mapped_column(comment="zlib of the JSON of collectors.observation")
