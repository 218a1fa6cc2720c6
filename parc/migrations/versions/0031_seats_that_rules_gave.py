"""Which rule gave a seat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "allocation",
        sa.Column(
            "rule_id",
            sa.Integer(),
            nullable=True,
            comment="of the rule that gave it, which may be gone since",
        ),
    )
    op.create_index(op.f("ix_allocation_rule_id"), "allocation", ["rule_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_allocation_rule_id"), table_name="allocation")
    op.drop_column("allocation", "rule_id")
