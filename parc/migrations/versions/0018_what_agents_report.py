"""Agents, their tokens and uploads, what they tell of their hosts, and more of software."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256"),
        sa.Column(
            "location_id",
            sa.Integer(),
            nullable=True,
            comment="where assets of its machines are put when they are created",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="kept when the login is deleted",
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_agent_token_location_id_location"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_token")),
        sa.UniqueConstraint("name", name=op.f("uq_agent_token_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_agent_token_token_hash")),
    )
    with op.batch_alter_table("agent_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agent_token_location_id"), ["location_id"], unique=False
        )

    op.create_table(
        "host_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.String(length=300), nullable=False, comment="kind with serial number or name"
        ),
        sa.Column(
            "kind", sa.String(length=40), nullable=False, comment="of collectors.agent.kinds"
        ),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("version", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
        sa.Column(
            "core_count", sa.Integer(), nullable=True, comment="of a processor, all its cores"
        ),
        sa.Column("thread_count", sa.Integer(), nullable=True),
        sa.Column("speed_mhz", sa.Integer(), nullable=True),
        sa.Column("dated", sa.String(length=10), nullable=True, comment="ISO date"),
        sa.Column("facts", JSON, nullable=False, comment="the rest, as word=value"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "asset_id", sa.Integer(), nullable=True, comment="that a monitor or a printer is"
        ),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_host_entry_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_host_entry_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_entry")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_host_entry_device_id_key")),
    )
    with op.batch_alter_table("host_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_host_entry_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_host_entry_kind_serial_number"), ["kind", "serial_number"], unique=False
        )

    op.create_table(
        "agent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=100),
            nullable=False,
            comment="GLPI-Agent-ID, else its device id; images copy both",
        ),
        sa.Column("name", sa.String(length=100), nullable=False, comment="its device id"),
        sa.Column("client", sa.String(length=100), nullable=True, comment="program and version"),
        sa.Column("tag", sa.String(length=255), nullable=True, comment="free text that it sends"),
        sa.Column("address", sa.String(length=45), nullable=True, comment="where it reported from"),
        sa.Column("token_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column(
            "observation_id", sa.Integer(), nullable=True, comment="what its last inventory said"
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inventoried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "is_whole",
            sa.Boolean(),
            nullable=False,
            comment="all its sections are known, so that a partial inventory will do",
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=True,
            comment="of what its last inventory said, but for what changes all the time",
        ),
        sa.Column(
            "sections",
            sa.LargeBinary(),
            nullable=True,
            comment="zlib of the JSON of its last state",
        ),
        sa.Column(
            "problem", sa.Text(), nullable=True, comment="why its last inventory was not taken over"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_agent_device_id_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["observation.id"],
            name=op.f("fk_agent_observation_id_observation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["agent_token.id"],
            name=op.f("fk_agent_token_id_agent_token"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_key")),
    )
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_device_id"), ["device_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_agent_last_seen_at_id"), ["last_seen_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_agent_observation_id"), ["observation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_agent_token_id"), ["token_id"], unique=False)

    op.create_table(
        "agent_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("observation_id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.id"],
            name=op.f("fk_agent_upload_agent_id_agent"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["observation.id"],
            name=op.f("fk_agent_upload_observation_id_observation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_upload")),
        sa.UniqueConstraint("observation_id", name=op.f("uq_agent_upload_observation_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("agent_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_upload_agent_id"), ["agent_id"], unique=False)

    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("publisher", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("architecture", sa.String(length=40), nullable=True))
        batch_op.add_column(
            sa.Column(
                "origin", sa.String(length=40), nullable=True, comment="registry, deb, rpm, uwp …"
            )
        )
        batch_op.add_column(
            sa.Column(
                "user_name",
                sa.String(length=100),
                nullable=True,
                comment="of whom it is, when it is not everybody's",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.drop_column("user_name")
        batch_op.drop_column("origin")
        batch_op.drop_column("architecture")
        batch_op.drop_column("publisher")
        batch_op.drop_column("version")

    with op.batch_alter_table("agent_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_upload_agent_id"))

    op.drop_table("agent_upload")
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_token_id"))
        batch_op.drop_index(batch_op.f("ix_agent_observation_id"))
        batch_op.drop_index(batch_op.f("ix_agent_last_seen_at_id"))
        batch_op.drop_index(batch_op.f("ix_agent_device_id"))

    op.drop_table("agent")
    with op.batch_alter_table("host_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_host_entry_kind_serial_number"))
        batch_op.drop_index(batch_op.f("ix_host_entry_asset_id"))

    op.drop_table("host_entry")
    with op.batch_alter_table("agent_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_token_location_id"))

    op.drop_table("agent_token")
