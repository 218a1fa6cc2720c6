"""Remember how an address must be asked by SNMP.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import parc.models.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the addresses that have answered."""
    with op.batch_alter_table("credential_success") as batch:
        batch.add_column(
            sa.Column(
                "manner",
                sa.String(length=200),
                nullable=True,
                comment="JSON: how the device must be asked, where it is not as usual",
            )
        )
        batch.add_column(
            sa.Column("manner_learnt_at", parc.models.base.UtcDateTime(), nullable=True)
        )


def downgrade() -> None:
    """It is learnt again."""
    with op.batch_alter_table("credential_success") as batch:
        batch.drop_column("manner_learnt_at")
        batch.drop_column("manner")
