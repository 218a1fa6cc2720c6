"""Places that logins are limited to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_place",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_user_place_location_id_location"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_place_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "location_id", name=op.f("pk_user_place")),
    )
    with op.batch_alter_table("user_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_place_location_id"), ["location_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("user_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_place_location_id"))

    op.drop_table("user_place")
