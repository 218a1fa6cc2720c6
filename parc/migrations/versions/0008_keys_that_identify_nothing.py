"""Keys of which people say that they identify nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ignored_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "value", sa.String(length=255), nullable=False, comment="folded as planning compares it"
        ),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="name of the login, kept when it is deleted",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_ignored_key_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ignored_key")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_ignored_key_kind_value")),
    )
    with op.batch_alter_table("ignored_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ignored_key_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ignored_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ignored_key_user_id"))

    op.drop_table("ignored_key")
