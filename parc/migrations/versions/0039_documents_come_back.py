"""Files that undoing an act needs again; and an id of what comes back is never given to another.

Only SQLite gives one again; PostgreSQL never does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_TABLES = ("document", "supplier_contact", "difference", "custom_value")
_FILES = "change_set_file"


def upgrade() -> None:
    op.create_table(
        _FILES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False, comment="SHA-256, hex"),
        sa.ForeignKeyConstraint(
            ["part_id"],
            ["change_set_part.id"],
            name=op.f(f"fk_{_FILES}_part_id_change_set_part"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_FILES}")),
    )
    op.create_index(op.f(f"ix_{_FILES}_part_id"), _FILES, ["part_id"])
    _rebuild(is_kept=True)


def downgrade() -> None:
    _rebuild(is_kept=False)
    op.drop_table(_FILES)


def _rebuild(*, is_kept: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in _TABLES:
        words = {"sqlite_autoincrement": is_kept}
        with op.batch_alter_table(name, recreate="always", table_kwargs=words):
            pass
