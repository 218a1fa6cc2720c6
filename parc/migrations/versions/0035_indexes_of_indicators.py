"""Indexes that hold all that indicators of incidents read."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_INDEXES = (
    ("opened_at", "state", "location_id", "category"),
    ("taken_at", "state", "location_id", "category", "opened_at"),
    ("resolved_at", "state", "location_id", "category", "opened_at"),
)


def upgrade() -> None:
    for columns in _INDEXES:
        op.create_index(f"ix_incident_{'_'.join(columns)}", "incident", list(columns))
    op.drop_index("ix_incident_taken_at_id", table_name="incident")


def downgrade() -> None:
    op.create_index("ix_incident_taken_at_id", "incident", ["taken_at", "id"])
    for columns in _INDEXES:
        op.drop_index(f"ix_incident_{'_'.join(columns)}", table_name="incident")
