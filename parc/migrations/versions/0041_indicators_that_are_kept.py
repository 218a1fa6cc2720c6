"""Indicators of many incidents, as the worker made them last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from parc.models.base import UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_report",
        sa.Column("period_days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grouped_by", sa.String(20), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON of a Report of queries/incident_figures.py",
        ),
        sa.PrimaryKeyConstraint("period_days", "grouped_by", name=op.f("pk_incident_report")),
    )


def downgrade() -> None:
    op.drop_table("incident_report")
