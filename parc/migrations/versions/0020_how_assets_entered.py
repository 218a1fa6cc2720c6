"""The movement by which each asset entered: state and place are what movements say."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    nothing = "CAST('{}' AS jsonb)" if is_postgresql else "'{}'"
    op.execute(
        "INSERT INTO movement (asset_id, kind, variant, status, source, effective_on, entered_at,"
        " author, to_state, to_location_id, to_person_id, to_department_id, to_due_on, set_dates)"
        " SELECT id, 'entry', 'regularisation', 'confirmed',"
        " CASE WHEN EXISTS (SELECT 1 FROM device WHERE device.asset_id = asset.id)"
        " THEN 'discovery' ELSE 'hand' END,"
        " date(created_at), created_at, 'Parc', lifecycle_state, location_id,"
        f" custodian_person_id, custodian_department_id, loan_due_on, {nothing}"
        " FROM asset WHERE NOT EXISTS"
        " (SELECT 1 FROM movement WHERE movement.asset_id = asset.id)"
    )


def downgrade() -> None:
    """Leave them: they are true, and the tables that hold them go with an earlier step."""
