"""Indexes for what was installed, removed and updated of late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_installation_first_seen_at"), "installation", ["first_seen_at"], unique=False
    )
    for column in ("gone_at", "retitled_at"):
        has_one = sa.column(column).is_not(None)
        op.create_index(
            f"ix_installation_{column}",
            "installation",
            [column],
            unique=False,
            sqlite_where=has_one,
            postgresql_where=has_one,
        )


def downgrade() -> None:
    op.drop_index("ix_installation_retitled_at", table_name="installation")
    op.drop_index("ix_installation_gone_at", table_name="installation")
    op.drop_index(op.f("ix_installation_first_seen_at"), table_name="installation")
