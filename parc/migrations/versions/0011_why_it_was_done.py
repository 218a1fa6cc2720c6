"""Why somebody did what stands in the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("audit_entry", "change_set")


def upgrade() -> None:
    for table in _TABLES:
        reason = sa.Column(
            "reason",
            sa.String(length=255),
            nullable=True,
            comment="why, in the words of who did it",
        )
        op.add_column(table, reason)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "reason")
