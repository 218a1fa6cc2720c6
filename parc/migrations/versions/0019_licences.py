"""Publishers, products, licences with their periods, keys and allocations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publisher",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_folded", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publisher")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_publisher_name_folded")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "software_product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publisher_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_folded", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["publisher_id"],
            ["publisher.id"],
            name=op.f("fk_software_product_publisher_id_publisher"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software_product")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("software_product", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_software_product_name_folded"), ["name_folded"], unique=False
        )
        batch_op.create_index(
            "uq_software_product_bare_name",
            ["name_folded"],
            unique=True,
            sqlite_where=sa.text("publisher_id IS NULL"),
            postgresql_where=sa.text("publisher_id IS NULL"),
        )
        batch_op.create_index(
            "uq_software_product_name",
            ["publisher_id", "name_folded"],
            unique=True,
            sqlite_where=sa.text("publisher_id IS NOT NULL"),
            postgresql_where=sa.text("publisher_id IS NOT NULL"),
        )

    op.create_table(
        "entitlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_folded", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False, comment="that was bought"),
        sa.Column("edition", sa.String(length=100), nullable=True),
        sa.Column("type", sa.String(40), nullable=True),
        sa.Column("metric", sa.String(40), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True, comment="None: no limit, or not known"),
        sa.Column("is_unlimited", sa.Boolean(), nullable=False),
        sa.Column(
            "has_downgrade",
            sa.Boolean(),
            nullable=False,
            comment="older versions may be used in its place",
        ),
        sa.Column(
            "reference",
            sa.String(length=255),
            nullable=True,
            comment="our number of it, or the seller's",
        ),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("contract_number", sa.String(length=255), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True, comment="answers for it"),
        sa.Column(
            "alert_days", sa.Integer(), nullable=True, comment="before its end; None: as usual"
        ),
        sa.Column(
            "details", JSON, nullable=False, comment="what other systems know of it: field to text"
        ),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True, comment="of its last term"),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="of its last term; None: no end"),
        sa.Column("maintenance_ends_on", sa.Date(), nullable=True),
        sa.Column("allocated_count", sa.Integer(), nullable=False, comment="seats that are given"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False, comment="goes up with each change"),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="lower case, no accents: name, product, publisher, numbers",
        ),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity >= 0", name=op.f("ck_entitlement_some_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_entitlement_contract_id_contract"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
            name=op.f("fk_entitlement_owner_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["software_product.id"],
            name=op.f("fk_entitlement_product_id_software_product"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
        sa.UniqueConstraint("reference", name=op.f("uq_entitlement_reference")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("entitlement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entitlement_contract_id"), ["contract_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_entitlement_created_at_id"), ["created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_entitlement_ends_on_id"), ["ends_on", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_entitlement_metric_id"), ["metric", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_entitlement_name_folded_version"),
            ["name_folded", "version"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_entitlement_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entitlement_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entitlement_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entitlement_type_id"), ["type", "id"], unique=False)

    op.create_table(
        "product_part",
        sa.Column("suite_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"],
            ["software_product.id"],
            name=op.f("fk_product_part_part_id_software_product"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["suite_id"],
            ["software_product.id"],
            name=op.f("fk_product_part_suite_id_software_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("suite_id", "part_id", name=op.f("pk_product_part")),
    )
    with op.batch_alter_table("product_part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_part_part_id"), ["part_id"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entitlement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (asset_id IS NULL)", name=op.f("ck_allocation_person_or_asset")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_allocation_asset_id_asset"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entitlement_id"],
            ["entitlement.id"],
            name=op.f("fk_allocation_entitlement_id_entitlement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_allocation_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint(
            "entitlement_id", "asset_id", name=op.f("uq_allocation_entitlement_id_asset_id")
        ),
        sa.UniqueConstraint(
            "entitlement_id", "person_id", name=op.f("uq_allocation_entitlement_id_person_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocation_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_person_id"), ["person_id"], unique=False)

    op.create_table(
        "entitlement_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entitlement_id", sa.Integer(), nullable=False),
        sa.Column(
            "token",
            sa.String(length=32),
            nullable=False,
            comment="what the sealed value is bound to",
        ),
        sa.Column("sealed", sa.Text(), nullable=False, comment="base64 of AES-256-GCM"),
        sa.Column("key_id", sa.String(length=16), nullable=False, comment="which key sealed it"),
        sa.Column("ending", sa.String(length=8), nullable=False, comment="its last signs, shown"),
        sa.ForeignKeyConstraint(
            ["entitlement_id"],
            ["entitlement.id"],
            name=op.f("fk_entitlement_key_entitlement_id_entitlement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement_key")),
        sa.UniqueConstraint("token", name=op.f("uq_entitlement_key_token")),
    )
    with op.batch_alter_table("entitlement_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entitlement_key_entitlement_id"), ["entitlement_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_entitlement_key_key_id"), ["key_id"], unique=False)

    op.create_table(
        "entitlement_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entitlement_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="None: no end"),
        sa.Column("purchased_on", sa.Date(), nullable=True),
        sa.Column(
            "cost", sa.BigInteger(), nullable=True, comment="of the whole period and quantity"
        ),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="ISO 4217"),
        sa.Column("is_tax_included", sa.Boolean(), nullable=True, comment="None: not known"),
        sa.Column("order_number", sa.String(length=120), nullable=True),
        sa.Column("invoice_number", sa.String(length=120), nullable=True),
        sa.Column("invoice_on", sa.Date(), nullable=True),
        sa.Column("supplier_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entitlement_id"],
            ["entitlement.id"],
            name=op.f("fk_entitlement_period_entitlement_id_entitlement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["supplier.id"],
            name=op.f("fk_entitlement_period_supplier_id_supplier"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement_period")),
    )
    with op.batch_alter_table("entitlement_period", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entitlement_period_entitlement_id_kind_id"),
            ["entitlement_id", "kind", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_entitlement_period_supplier_id"), ["supplier_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("entitlement_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entitlement_period_supplier_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_period_entitlement_id_kind_id"))

    op.drop_table("entitlement_period")
    with op.batch_alter_table("entitlement_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entitlement_key_key_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_key_entitlement_id"))

    op.drop_table("entitlement_key")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_person_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_asset_id"))

    op.drop_table("allocation")
    with op.batch_alter_table("product_part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_part_part_id"))

    op.drop_table("product_part")
    with op.batch_alter_table("entitlement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entitlement_type_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_product_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_owner_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_name_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_name_folded_version"))
        batch_op.drop_index(batch_op.f("ix_entitlement_metric_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_ends_on_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_entitlement_contract_id"))

    op.drop_table("entitlement")
    with op.batch_alter_table("software_product", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_software_product_name",
            sqlite_where=sa.text("publisher_id IS NOT NULL"),
            postgresql_where=sa.text("publisher_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_software_product_bare_name",
            sqlite_where=sa.text("publisher_id IS NULL"),
            postgresql_where=sa.text("publisher_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_software_product_name_folded"))

    op.drop_table("software_product")
    op.drop_table("publisher")
