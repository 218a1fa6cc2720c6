"""Where things are plugged in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bridge_vlan",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("vlan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_bridge_vlan_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", "vlan_id", name=op.f("pk_bridge_vlan")),
    )
    with op.batch_alter_table("bridge_vlan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bridge_vlan_vlan_id"), ["vlan_id"], unique=False)

    op.create_table(
        "mapped_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False, comment="who told it"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_mapped_address_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapped_address")),
        sa.UniqueConstraint(
            "address",
            "mac_address",
            "device_id",
            name=op.f("uq_mapped_address_address_mac_address_device_id"),
        ),
    )
    with op.batch_alter_table("mapped_address", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mapped_address_device_id"), ["device_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_mapped_address_last_seen_at"), ["last_seen_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_mapped_address_mac_address"), ["mac_address"], unique=False
        )

    op.create_table(
        "wireless_station",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column(
            "device_id",
            sa.Integer(),
            nullable=False,
            comment="who told it: the controller, or the access point itself",
        ),
        sa.Column(
            "access_point",
            sa.String(length=255),
            nullable=False,
            comment="as its controller names it; empty: the device itself",
        ),
        sa.Column("ssid", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("host_name", sa.String(length=255), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_wireless_station_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wireless_station")),
        sa.UniqueConstraint(
            "mac_address",
            "device_id",
            "access_point",
            "ssid",
            name=op.f("uq_wireless_station_mac_address_device_id_access_point_ssid"),
        ),
    )
    with op.batch_alter_table("wireless_station", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wireless_station_address"), ["address"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_wireless_station_device_id"), ["device_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_wireless_station_last_seen_at"), ["last_seen_at"], unique=False
        )

    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("interface_id", sa.Integer(), nullable=False),
        sa.Column(
            "vlan_id",
            sa.Integer(),
            nullable=False,
            comment="0 where the table does not tell VLANs apart",
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_attachment_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_attachment_interface_id_interface"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attachment_device_id_mac_address"),
            ["device_id", "mac_address"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_attachment_interface_id"), ["interface_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_attachment_last_seen_at"), ["last_seen_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_attachment_mac_address"), ["mac_address"], unique=False
        )

    op.create_table(
        "neighbor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=300),
            nullable=False,
            comment="protocol, own port, chassis and port",
        ),
        sa.Column("interface_id", sa.Integer(), nullable=True),
        sa.Column("far_device_id", sa.Integer(), nullable=True, comment="if it is known"),
        sa.Column("protocol", sa.String(length=10), nullable=False, comment="lldp or cdp"),
        sa.Column("local_port", sa.String(length=255), nullable=True),
        sa.Column("chassis_id", sa.String(length=255), nullable=True),
        sa.Column("port_id", sa.String(length=255), nullable=True),
        sa.Column("port_description", sa.String(length=255), nullable=True),
        sa.Column("sys_name", sa.String(length=255), nullable=True),
        sa.Column("sys_descr", sa.Text(), nullable=True),
        sa.Column("platform", sa.String(length=255), nullable=True),
        sa.Column("capabilities", JSON, nullable=False),
        sa.Column("management_address", sa.String(length=45), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_neighbor_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["far_device_id"],
            ["device.id"],
            name=op.f("fk_neighbor_far_device_id_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_neighbor_interface_id_interface"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neighbor")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_neighbor_device_id_key")),
    )
    with op.batch_alter_table("neighbor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_neighbor_chassis_id"), ["chassis_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_neighbor_far_device_id"), ["far_device_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_neighbor_interface_id"), ["interface_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_neighbor_last_seen_at"), ["last_seen_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_neighbor_management_address"), ["management_address"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_neighbor_sys_name"), ["sys_name"], unique=False)

    op.create_table(
        "switch_port",
        sa.Column("interface_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("native_vlan", sa.Integer(), nullable=True, comment="dot1qPvid"),
        sa.Column("untagged_vlans", JSON, nullable=False),
        sa.Column("tagged_vlans", JSON, nullable=False),
        sa.Column("is_power_enabled", sa.Boolean(), nullable=True),
        sa.Column(
            "power_status",
            sa.String(length=40),
            nullable=True,
            comment="pethPsePortDetectionStatus",
        ),
        sa.Column("power_class", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column(
            "role_reason",
            sa.String(length=40),
            nullable=True,
            comment="why it is no edge port: neighbor, bridge, many",
        ),
        sa.Column(
            "far_device_id",
            sa.Integer(),
            nullable=True,
            comment="the one known device that stands directly behind it",
        ),
        sa.Column("mac_count", sa.Integer(), nullable=False, comment="learned at the last reading"),
        sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "read_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time that the forwarding table was read to its end",
        ),
        sa.Column(
            "last_used_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last seen up, or with a machine",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_switch_port_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["far_device_id"],
            ["device.id"],
            name=op.f("fk_switch_port_far_device_id_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_switch_port_interface_id_interface"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interface_id", name=op.f("pk_switch_port")),
    )
    with op.batch_alter_table("switch_port", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_switch_port_device_id"), ["device_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_switch_port_far_device_id"), ["far_device_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("switch_port", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_switch_port_far_device_id"))
        batch_op.drop_index(batch_op.f("ix_switch_port_device_id"))

    op.drop_table("switch_port")
    with op.batch_alter_table("neighbor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_neighbor_sys_name"))
        batch_op.drop_index(batch_op.f("ix_neighbor_management_address"))
        batch_op.drop_index(batch_op.f("ix_neighbor_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_neighbor_interface_id"))
        batch_op.drop_index(batch_op.f("ix_neighbor_far_device_id"))
        batch_op.drop_index(batch_op.f("ix_neighbor_chassis_id"))

    op.drop_table("neighbor")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_mac_address"))
        batch_op.drop_index(batch_op.f("ix_attachment_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_attachment_interface_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_device_id_mac_address"))

    op.drop_table("attachment")
    with op.batch_alter_table("wireless_station", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wireless_station_address"))
        batch_op.drop_index(batch_op.f("ix_wireless_station_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_wireless_station_device_id"))

    op.drop_table("wireless_station")
    with op.batch_alter_table("mapped_address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mapped_address_mac_address"))
        batch_op.drop_index(batch_op.f("ix_mapped_address_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_mapped_address_device_id"))

    op.drop_table("mapped_address")
    with op.batch_alter_table("bridge_vlan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bridge_vlan_vlan_id"))

    op.drop_table("bridge_vlan")
