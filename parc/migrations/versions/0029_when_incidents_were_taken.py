"""When incidents were taken in charge, as indicators ask for it.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_incident_taken_at_id", "incident", ["taken_at", "id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_incident_taken_at_id", table_name="incident")
