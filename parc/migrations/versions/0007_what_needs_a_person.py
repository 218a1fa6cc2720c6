"""The inbox: what needs a person, one entry a cause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_OPEN = sa.text("state = 'open'")
_LINKS = (
    ("asset_id", "asset"),
    ("device_id", "device"),
    ("run_id", "run"),
    ("range_id", "address_range"),
    ("site_id", "location"),
    ("assignee_id", "user"),
)


def upgrade() -> None:
    op.create_table(
        "inbox_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "key", sa.String(length=400), nullable=False, comment="what it is about, within its kind"
        ),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column(
            "subject", sa.String(length=255), nullable=False, comment="name of what it is about"
        ),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("range_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column(
            "batch",
            sa.String(length=60),
            nullable=True,
            comment="range and run that first saw it: the flood guard counts by it",
        ),
        sa.Column("evidence", _JSON, nullable=False, comment="parameters of the words"),
        sa.Column(
            "fingerprint",
            sa.String(length=64),
            nullable=False,
            comment="of the evidence: what was decided comes back only with another",
        ),
        sa.Column("count", sa.Integer(), nullable=False, comment="devices of a group"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "snoozed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="out of sight until then",
        ),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "closed_by",
            sa.String(length=200),
            nullable=True,
            comment="name of the login, the range, or system",
        ),
        sa.Column(
            "reason",
            sa.String(length=40),
            nullable=True,
            comment="code of the decision, or of why it closed by itself",
        ),
        sa.Column(
            "is_binding",
            sa.Boolean(),
            nullable=False,
            comment="the cause may stand: only another fingerprint opens it again",
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_inbox_entry_{column}_{table}"),
                ondelete="SET NULL",
            )
            for column, table in _LINKS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_entry")),
    )
    op.create_index(
        "uq_inbox_entry_kind_key_open",
        "inbox_entry",
        ["kind", "key"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    for columns in (
        ["kind", "key"],
        ["state", "due_at", "id"],
        ["state", "opened_at", "id"],
        ["state", "closed_at", "id"],
        ["batch"],
        *([column] for column, _table in _LINKS),
    ):
        op.create_index(op.f(f"ix_inbox_entry_{'_'.join(columns)}"), "inbox_entry", columns)
    op.create_table(
        "inbox_device",
        sa.Column("entry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_inbox_device_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["inbox_entry.id"],
            name=op.f("fk_inbox_device_entry_id_inbox_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "device_id", name=op.f("pk_inbox_device")),
    )
    op.create_index(op.f("ix_inbox_device_device_id"), "inbox_device", ["device_id"])


def downgrade() -> None:
    op.drop_table("inbox_device")
    op.drop_table("inbox_entry")
