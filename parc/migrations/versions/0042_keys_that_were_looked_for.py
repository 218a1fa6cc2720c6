"""What the last look at the keys of many machines has found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from parc.models.base import UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect_search",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON of what reconcile/suspects.py has found",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect_search")),
    )


def downgrade() -> None:
    op.drop_table("suspect_search")
