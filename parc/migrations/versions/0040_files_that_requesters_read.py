"""Which files of an incident its requester reads, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# SQLite makes the table anew, and would give ids again.
_KEPT = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "is_public",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
                comment="of an incident: its requester reads it, too",
            )
        )
    with op.batch_alter_table("document", schema=None, table_kwargs=_KEPT) as batch_op:
        batch_op.alter_column("is_public", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("document", schema=None, table_kwargs=_KEPT) as batch_op:
        batch_op.drop_column("is_public")
