"""Imports of files on their way, and mappings that are kept by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "signature", sa.String(length=64), nullable=False, comment="of the headings, hex"
        ),
        sa.Column(
            "choices", JSON, nullable=False, comment="headings by field, formats, key, policy"
        ),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_import_mapping_user_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_import_mapping_kind_name")),
    )
    with op.batch_alter_table("import_mapping", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_mapping_signature"), ["signature"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_import_mapping_user_id"), ["user_id"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=40),
            nullable=False,
            comment="kind of record: licences, assets …",
        ),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column(
            "file_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256, hex: its name on disk",
        ),
        sa.Column("file_octets", sa.BigInteger(), nullable=False),
        sa.Column(
            "source",
            sa.String(length=20),
            nullable=False,
            comment="upload, or folder for a watched one",
        ),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column(
            "choices", JSON, nullable=False, comment="how it is read, columns, formats, key, policy"
        ),
        sa.Column(
            "report",
            JSON,
            nullable=False,
            comment="counts of the plan, of what was done, and what is told",
        ),
        sa.Column(
            "done_count", sa.Integer(), nullable=False, comment="rows planned or written so far"
        ),
        sa.Column(
            "row_count", sa.Integer(), nullable=False, comment="rows of the file, once known"
        ),
        sa.Column("change_set_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="then the file is thrown away",
        ),
        sa.ForeignKeyConstraint(
            ["change_set_id"],
            ["change_set.id"],
            name=op.f("fk_import_run_change_set_id_change_set"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["job_run.id"],
            name=op.f("fk_import_run_job_id_job_run"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_import_run_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_run_change_set_id"), ["change_set_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_import_run_created_at_id"), ["created_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_import_run_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_run_state_id"), ["state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_run_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_user_id"))
        batch_op.drop_index(batch_op.f("ix_import_run_state_id"))
        batch_op.drop_index(batch_op.f("ix_import_run_job_id"))
        batch_op.drop_index(batch_op.f("ix_import_run_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_import_run_change_set_id"))

    op.drop_table("import_run")
    with op.batch_alter_table("import_mapping", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_mapping_user_id"))
        batch_op.drop_index(batch_op.f("ix_import_mapping_signature"))

    op.drop_table("import_mapping")
