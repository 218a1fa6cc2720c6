"""Stays of learned MACs take their switch from the interface, and no index holds a last sight."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SEEN = ("neighbor", "mapped_address", "wireless_station")
_KNOWN = sa.text("far_device_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_attachment_device_id_mac_address", table_name="attachment")
    op.drop_index("ix_attachment_interface_id", table_name="attachment")
    op.drop_index("ix_attachment_last_seen_at", table_name="attachment")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_constraint("fk_attachment_device_id_device", type_="foreignkey")
        batch_op.drop_column("device_id")
    op.create_index(
        "ix_attachment_interface_id_mac_address", "attachment", ["interface_id", "mac_address"]
    )
    for table in _SEEN:
        op.drop_index(f"ix_{table}_last_seen_at", table_name=table)
    op.drop_index("ix_neighbor_far_device_id", table_name="neighbor")
    op.create_index(
        "ix_neighbor_far_device_id",
        "neighbor",
        ["far_device_id"],
        sqlite_where=_KNOWN,
        postgresql_where=_KNOWN,
    )


def downgrade() -> None:
    op.drop_index("ix_neighbor_far_device_id", table_name="neighbor")
    op.create_index("ix_neighbor_far_device_id", "neighbor", ["far_device_id"])
    for table in _SEEN:
        op.create_index(f"ix_{table}_last_seen_at", table, ["last_seen_at"])
    op.drop_index("ix_attachment_interface_id_mac_address", table_name="attachment")
    op.add_column("attachment", sa.Column("device_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE attachment SET device_id ="
        " (SELECT device_id FROM interface WHERE interface.id = attachment.interface_id)"
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.alter_column("device_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(
            "fk_attachment_device_id_device", "device", ["device_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index(
        "ix_attachment_device_id_mac_address", "attachment", ["device_id", "mac_address"]
    )
    op.create_index("ix_attachment_interface_id", "attachment", ["interface_id"])
    op.create_index("ix_attachment_last_seen_at", "attachment", ["last_seen_at"])
