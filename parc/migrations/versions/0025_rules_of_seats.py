"""Rules that give seats of licences to who comes to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocation_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entitlement_id", sa.Integer(), nullable=False),
        sa.Column(
            "department_id", sa.Integer(), nullable=True, comment="everyone in it and below it"
        ),
        sa.Column(
            "is_installed",
            sa.Boolean(),
            nullable=False,
            comment="machines on which the software was found",
        ),
        sa.Column("category", sa.String(40), nullable=True, comment="of machines"),
        sa.Column("location_id", sa.Integer(), nullable=True, comment="of machines"),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_allocation_rule_department_id_department"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entitlement_id"],
            ["entitlement.id"],
            name=op.f("fk_allocation_rule_entitlement_id_entitlement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_allocation_rule_location_id_location"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_rule")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("allocation_rule", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_allocation_rule_department_id"), ["department_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_allocation_rule_entitlement_id"), ["entitlement_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_allocation_rule_location_id"), ["location_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("allocation_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_rule_location_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_rule_entitlement_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_rule_department_id"))

    op.drop_table("allocation_rule")
