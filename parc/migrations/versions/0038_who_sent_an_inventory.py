"""Who sent the file of an inventory that waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent_upload", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "sent_by",
                sa.String(200),
                nullable=True,
                comment="who sent the file; None: the agent has sent it",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("agent_upload", schema=None) as batch_op:
        batch_op.drop_column("sent_by")
