"""Where things are plugged in: ports and VLANs of a switch, what they learned, and neighbours.

What moves (machines, addresses, Wi-Fi clients) is kept as periods with a first and a last sight;
what a device says of itself (VLANs, ports) is its present state.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json
from parc.topology import PortRole

# Rows that may come by the million; SQLite counts up only what is called INTEGER.
LongKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NO_VLAN = 0  # where a table does not tell VLANs apart


class BridgeVlan(Base):
    """One VLAN that a switch knows."""

    __tablename__ = "bridge_vlan"
    __table_args__ = (sa.Index(None, "vlan_id"),)

    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True
    )
    vlan_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(sa.String(255))


class SwitchPort(Base):
    """What an interface is as a port of a bridge; beside ``interface``, which every device has."""

    __tablename__ = "switch_port"

    interface_id: Mapped[int] = mapped_column(
        sa.ForeignKey("interface.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), index=True
    )
    native_vlan: Mapped[int | None] = mapped_column(comment="dot1qPvid")
    untagged_vlans: Mapped[list[int]] = mapped_column(Json, default=list)
    tagged_vlans: Mapped[list[int]] = mapped_column(Json, default=list)
    is_power_enabled: Mapped[bool | None]
    power_status: Mapped[str | None] = mapped_column(
        sa.String(40), comment="pethPsePortDetectionStatus"
    )
    power_class: Mapped[int | None]
    aggregate_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("interface.id", ondelete="SET NULL"),
        index=True,
        comment="the aggregate that it is a member of",
    )
    role: Mapped[PortRole] = mapped_column(EnumValue(PortRole))
    role_reason: Mapped[str | None] = mapped_column(
        sa.String(40), comment="why it is no edge port: neighbor, bridge, many"
    )
    far_device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"),
        index=True,
        comment="the one known device that stands directly behind it",
    )
    mac_count: Mapped[int] = mapped_column(default=0, comment="learned at the last reading")
    first_read_at: Mapped[datetime]
    read_at: Mapped[datetime | None] = mapped_column(
        comment="last time that the forwarding table was read to its end"
    )
    last_used_at: Mapped[datetime | None] = mapped_column(comment="last seen up, or with a machine")


class Attachment(Base):
    """A period in which a port had learned a MAC; a new one begins when it was elsewhere.

    The most numerous rows of all, prolonged at each reading: no column that changes is in an index,
    and the switch is that of the interface.
    """

    __tablename__ = "attachment"
    __table_args__ = (sa.Index(None, "interface_id", "mac_address"),)

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    mac_address: Mapped[str] = mapped_column(sa.String(17), index=True)
    interface_id: Mapped[int] = mapped_column(sa.ForeignKey("interface.id", ondelete="CASCADE"))
    vlan_id: Mapped[int] = mapped_column(comment="0 where the table does not tell VLANs apart")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Neighbor(Base):
    """What stands at the far end of a link, by LLDP or CDP."""

    __tablename__ = "neighbor"
    __table_args__ = (
        sa.UniqueConstraint("device_id", "key"),
        # Without those that wait for a device: PostgreSQL would look for these few, as it believes.
        sa.Index(
            None,
            "far_device_id",
            postgresql_where=sa.text("far_device_id IS NOT NULL"),
            sqlite_where=sa.text("far_device_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(300), comment="protocol, own port, chassis and port")
    interface_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("interface.id", ondelete="SET NULL"), index=True
    )
    far_device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"), comment="if it is known"
    )
    protocol: Mapped[str] = mapped_column(sa.String(10), comment="lldp or cdp")
    local_port: Mapped[str | None] = mapped_column(sa.String(255))
    chassis_id: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    port_id: Mapped[str | None] = mapped_column(sa.String(255))
    port_description: Mapped[str | None] = mapped_column(sa.String(255))
    sys_name: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    sys_descr: Mapped[str | None]
    platform: Mapped[str | None] = mapped_column(sa.String(255))
    capabilities: Mapped[list[str]] = mapped_column(Json, default=list)
    management_address: Mapped[str | None] = mapped_column(sa.String(45), index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class MappedAddress(Base):
    """A period in which a device knew an IP address by a MAC (ARP, neighbour discovery)."""

    __tablename__ = "mapped_address"
    __table_args__ = (sa.UniqueConstraint("address", "mac_address", "device_id"),)

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(45))
    mac_address: Mapped[str] = mapped_column(sa.String(17), index=True)
    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"), index=True, comment="who told it"
    )
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class WirelessStation(Base):
    """A period in which a Wi-Fi client was on an access point."""

    __tablename__ = "wireless_station"
    __table_args__ = (sa.UniqueConstraint("mac_address", "device_id", "access_point", "ssid"),)

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    mac_address: Mapped[str] = mapped_column(sa.String(17))
    device_id: Mapped[int] = mapped_column(
        sa.ForeignKey("device.id", ondelete="CASCADE"),
        index=True,
        comment="who told it: the controller, or the access point itself",
    )
    access_point: Mapped[str] = mapped_column(
        sa.String(255), comment="as its controller names it; empty: the device itself"
    )
    ssid: Mapped[str] = mapped_column(sa.String(64))
    address: Mapped[str | None] = mapped_column(sa.String(45), index=True)
    host_name: Mapped[str | None] = mapped_column(sa.String(255))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
