"""The incident, the contract and the order that a movement is about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COMMENTS = {"incident": "that it is about", "contract": "under which it goes"}


def _kept() -> dict[str, Any]:
    """Say what SQLite does not tell of the table that it copies."""
    one_holder = sa.CheckConstraint(
        "to_person_id IS NULL OR to_department_id IS NULL",
        name=op.f("ck_movement_one_holder_after"),  # only while a migration runs
    )
    return {"table_args": (one_holder,), "table_kwargs": {"sqlite_autoincrement": True}}


def upgrade() -> None:
    with op.batch_alter_table("movement", schema=None, **_kept()) as batch_op:
        for table, comment in _COMMENTS.items():
            column = sa.Column(f"{table}_id", sa.Integer(), nullable=True, comment=comment)
            batch_op.add_column(column)
            batch_op.create_foreign_key(
                batch_op.f(f"fk_movement_{table}_id_{table}"),
                table,
                [f"{table}_id"],
                ["id"],
                ondelete="SET NULL",
            )
            batch_op.create_index(batch_op.f(f"ix_movement_{table}_id"), [f"{table}_id"])
        batch_op.add_column(
            sa.Column(
                "order_number", sa.String(120), nullable=True, comment="of the purchase order"
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("movement", schema=None, **_kept()) as batch_op:
        batch_op.drop_column("order_number")
        for table in reversed(_COMMENTS):
            batch_op.drop_index(batch_op.f(f"ix_movement_{table}_id"))
            batch_op.drop_constraint(
                batch_op.f(f"fk_movement_{table}_id_{table}"), type_="foreignkey"
            )
            batch_op.drop_column(f"{table}_id")
