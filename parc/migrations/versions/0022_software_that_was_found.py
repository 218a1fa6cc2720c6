"""Software that was found: titles, own rules, ends of support, and what products may be used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_KEEPS_IDS = {"sqlite_autoincrement": True}

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "end_of_support",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publisher_folded", sa.String(length=255), nullable=False),
        sa.Column("product_folded", sa.String(length=255), nullable=False),
        sa.Column("publisher", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=255), nullable=False),
        sa.Column(
            "version_prefix",
            sa.String(length=60),
            nullable=False,
            comment="whole parts of a version; empty: all versions",
        ),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False, comment="who says so"),
        sa.Column("sourced_on", sa.Date(), nullable=False, comment="when it was noted"),
        sa.Column("origin", sa.String(length=10), nullable=False, comment="parc, file or online"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_end_of_support")),
        sa.UniqueConstraint(
            "publisher_folded", "product_folded", "version_prefix", name="uq_end_of_support_version"
        ),
    )
    with op.batch_alter_table("end_of_support", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_end_of_support_product_folded"), ["product_folded"], unique=False
        )

    op.create_table(
        "software_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "pattern", sa.String(length=200), nullable=False, comment="see parc.software.patterns"
        ),
        sa.Column("product", sa.String(length=255), nullable=False),
        sa.Column("publisher", sa.String(length=255), nullable=True),
        sa.Column("edition", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False, comment="false: taken back"),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="kept when the login is deleted",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software_rule")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "software_title",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False, comment="of the raw texts"),
        sa.Column("raw_name", sa.String(length=300), nullable=False, comment="as it was found"),
        sa.Column("raw_publisher", sa.String(length=255), nullable=True),
        sa.Column("raw_version", sa.String(length=100), nullable=True),
        sa.Column("raw_architecture", sa.String(length=40), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=300), nullable=True),
        sa.Column("version", sa.String(length=300), nullable=True, comment="as the rules read it"),
        sa.Column(
            "version_sort", sa.String(length=200), nullable=False, comment="orders as versions do"
        ),
        sa.Column("architecture", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column(
            "rule",
            sa.String(length=60),
            nullable=True,
            comment="that knew it: file and place, or own and id",
        ),
        sa.Column(
            "folded_by",
            sa.String(length=16),
            nullable=False,
            comment="print of the rules that folded it; empty: fold again",
        ),
        sa.Column("support_ends_on", sa.Date(), nullable=True, comment="of this version"),
        sa.Column("installation_count", sa.Integer(), nullable=False, comment="that are not gone"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["software_product.id"],
            name=op.f("fk_software_title_product_id_software_product"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software_title")),
        sa.UniqueConstraint("digest", name=op.f("uq_software_title_digest")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("software_title", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_software_title_folded_by"), ["folded_by"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_software_title_product_id_version_sort"),
            ["product_id", "version_sort"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_software_title_rule"), ["rule"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_software_title_support_ends_on_product_id"),
            ["support_ends_on", "product_id"],
            unique=False,
        )

    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "title_id",
                sa.Integer(),
                nullable=True,
                comment="made again from the texts beside; None: not yet",
            )
        )
        batch_op.add_column(
            sa.Column(
                "retitled_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="when its version last changed",
            )
        )
        batch_op.drop_index(batch_op.f("ix_installation_name"))
        batch_op.create_index(
            batch_op.f("ix_installation_title_id_first_seen_at"),
            ["title_id", "first_seen_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_installation_title_id_gone_at_device_id"),
            ["title_id", "gone_at", "device_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_installation_title_id_software_title"),
            "software_title",
            ["title_id"],
            ["id"],
            ondelete="RESTRICT",
        )

    with op.batch_alter_table("software_product", schema=None, table_kwargs=_KEEPS_IDS) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(40), server_default="product", nullable=False)
        )
        batch_op.add_column(
            sa.Column("status", sa.String(40), server_default="undecided", nullable=False)
        )
        batch_op.add_column(sa.Column("status_reason", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("status_until", sa.Date(), nullable=True, comment="of what is tolerated")
        )
        batch_op.add_column(
            sa.Column("status_owner_id", sa.Integer(), nullable=True, comment="answers for it")
        )
        batch_op.add_column(
            sa.Column(
                "machine_count",
                sa.Integer(),
                server_default="0",
                nullable=False,
                comment="devices on which it is now",
            )
        )
        batch_op.add_column(sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "last_seen_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="brought up once a day",
            )
        )
        batch_op.add_column(
            sa.Column(
                "removed_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="from the last machine",
            )
        )
        batch_op.create_index(
            batch_op.f("ix_software_product_first_seen_at_id"),
            ["first_seen_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_software_product_kind_machine_count_id"),
            ["kind", "machine_count", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_software_product_kind_name_folded_id"),
            ["kind", "name_folded", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_software_product_status_machine_count"),
            ["status", "machine_count"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_software_product_status_owner_id"), ["status_owner_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_software_product_status_owner_id_person"),
            "person",
            ["status_owner_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("software_product", schema=None, table_kwargs=_KEEPS_IDS) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_software_product_status_owner_id_person"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_software_product_status_owner_id"))
        batch_op.drop_index(batch_op.f("ix_software_product_status_machine_count"))
        batch_op.drop_index(batch_op.f("ix_software_product_kind_name_folded_id"))
        batch_op.drop_index(batch_op.f("ix_software_product_kind_machine_count_id"))
        batch_op.drop_index(batch_op.f("ix_software_product_first_seen_at_id"))
        batch_op.drop_column("removed_at")
        batch_op.drop_column("last_seen_at")
        batch_op.drop_column("first_seen_at")
        batch_op.drop_column("machine_count")
        batch_op.drop_column("status_owner_id")
        batch_op.drop_column("status_until")
        batch_op.drop_column("status_reason")
        batch_op.drop_column("status")
        batch_op.drop_column("kind")

    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_installation_title_id_software_title"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_installation_title_id_gone_at_device_id"))
        batch_op.drop_index(batch_op.f("ix_installation_title_id_first_seen_at"))
        batch_op.create_index(batch_op.f("ix_installation_name"), ["name"], unique=False)
        batch_op.drop_column("retitled_at")
        batch_op.drop_column("title_id")

    with op.batch_alter_table("software_title", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_software_title_support_ends_on_product_id"))
        batch_op.drop_index(batch_op.f("ix_software_title_rule"))
        batch_op.drop_index(batch_op.f("ix_software_title_product_id_version_sort"))
        batch_op.drop_index(batch_op.f("ix_software_title_folded_by"))

    op.drop_table("software_title")
    op.drop_table("software_rule")
    with op.batch_alter_table("end_of_support", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_end_of_support_product_folded"))

    op.drop_table("end_of_support")
