"""More keys of devices, and by which match each was made and found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "system_uuid",
                sa.String(length=36),
                nullable=True,
                comment="of the firmware (SMBIOS), in either order of octets",
            )
        )
        batch_op.add_column(
            sa.Column(
                "agent_id",
                sa.String(length=100),
                nullable=True,
                comment="how the agent on it names itself",
            )
        )
        batch_op.add_column(
            sa.Column(
                "asset_tag",
                sa.String(length=60),
                nullable=True,
                comment="the label that it holds itself",
            )
        )
        batch_op.add_column(
            sa.Column(
                "created_match",
                _JSON,
                nullable=True,
                comment="why it was taken for new: reconcile/found_by.py",
            )
        )
        batch_op.add_column(
            sa.Column(
                "last_match", _JSON, nullable=True, comment="what found it when it changed last"
            )
        )
        batch_op.create_index(batch_op.f("ix_device_system_uuid"), ["system_uuid"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_agent_id"), ["agent_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_agent_id"))
        batch_op.drop_index(batch_op.f("ix_device_system_uuid"))
        batch_op.drop_column("last_match")
        batch_op.drop_column("created_match")
        batch_op.drop_column("asset_tag")
        batch_op.drop_column("agent_id")
        batch_op.drop_column("system_uuid")
