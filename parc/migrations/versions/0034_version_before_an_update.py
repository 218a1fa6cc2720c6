"""The version that a program had before it was updated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "installation",
        sa.Column(
            "version_before", sa.String(length=100), nullable=True, comment="the one until then"
        ),
    )


def downgrade() -> None:
    op.drop_column("installation", "version_before")
