"""The position of products, as it is and as it was on kept days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "position_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=True, comment="None: without limit"),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("unused", sa.Integer(), nullable=False),
        sa.Column("true_up", sa.BigInteger(), nullable=True),
        sa.Column("reclaimable", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="ISO 4217"),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["software_product.id"],
            name=op.f("fk_position_snapshot_product_id_software_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_snapshot")),
        sa.UniqueConstraint(
            "taken_on", "product_id", name=op.f("uq_position_snapshot_taken_on_product_id")
        ),
    )
    with op.batch_alter_table("position_snapshot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_position_snapshot_product_id"), ["product_id"], unique=False
        )

    op.create_table(
        "product_position",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False, comment="something of it has changed"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", sa.Integer(), nullable=True, comment="None: without limit"),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False, comment="units without a right"),
        sa.Column("unused", sa.Integer(), nullable=False, comment="seats given and not used"),
        sa.Column(
            "true_up", sa.BigInteger(), nullable=True, comment="what is missing, at the last price"
        ),
        sa.Column("reclaimable", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="ISO 4217"),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["software_product.id"],
            name=op.f("fk_product_position_product_id_software_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_position")),
    )
    with op.batch_alter_table("product_position", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_position_is_stale_product_id"),
            ["is_stale", "product_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_product_position_missing_product_id"),
            ["missing", "product_id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("product_position", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_position_missing_product_id"))
        batch_op.drop_index(batch_op.f("ix_product_position_is_stale_product_id"))

    op.drop_table("product_position")
    with op.batch_alter_table("position_snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_position_snapshot_product_id"))

    op.drop_table("position_snapshot")
