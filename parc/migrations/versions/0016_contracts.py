"""Suppliers, contracts, what they cover, documents, alerts and letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


# The triggers that keep SQLite's search table in step go with the table that is rebuilt.
_TRIGGERS = {
    "insert": "CREATE TRIGGER asset_search_insert AFTER INSERT ON asset BEGIN"
    " INSERT INTO asset_search(rowid, search_text) VALUES (new.id, new.search_text); END",
    "delete": "CREATE TRIGGER asset_search_delete AFTER DELETE ON asset BEGIN"
    " INSERT INTO asset_search(asset_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text); END",
    "update": "CREATE TRIGGER asset_search_update AFTER UPDATE OF search_text ON asset"
    " WHEN old.search_text IS NOT new.search_text BEGIN"
    " INSERT INTO asset_search(asset_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text);"
    " INSERT INTO asset_search(rowid, search_text) VALUES (new.id, new.search_text); END",
}


def _drop_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in _TRIGGERS:
            op.execute(f"DROP TRIGGER asset_search_{name}")


def _make_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _TRIGGERS.values():
            op.execute(statement)


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column(
            "subject_id",
            sa.Integer(),
            nullable=False,
            comment="contract or asset, as the kind says",
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, comment="how near it had come"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False, comment="it stands in a letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "kind",
            "subject_id",
            "due_on",
            "days",
            name=op.f("uq_alert_kind_subject_id_due_on_days"),
        ),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_due_on_id"), ["due_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_is_told_id"), ["is_told", "id"], unique=False)

    op.create_table(
        "outgoing_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=200),
            nullable=False,
            comment="one letter of a kind, a day and a recipient",
        ),
        sa.Column(
            "message_id",
            sa.String(length=200),
            nullable=False,
            comment="the same at each try: mail servers drop what they know",
        ),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_message_key")),
    )
    with op.batch_alter_table("outgoing_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outgoing_message_state_next_try_at_id"),
            ["state", "next_try_at", "id"],
            unique=False,
        )

    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("roles", JSON, nullable=False, comment="of SupplierRole"),
        sa.Column("support_phone", sa.String(length=60), nullable=True),
        sa.Column("support_email", sa.String(length=254), nullable=True),
        sa.Column("portal_url", sa.String(length=500), nullable=True, comment="https only"),
        sa.Column(
            "customer_number", sa.String(length=100), nullable=True, comment="ours, with them"
        ),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="goes up with each change"),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="lower case, no accents: name, numbers, contacts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_supplier_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False, comment="the supplier's"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column(
            "maintainer_id", sa.Integer(), nullable=True, comment="who comes, if another firm"
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("initial_months", sa.Integer(), nullable=False),
        sa.Column("renewal", sa.String(40), nullable=False),
        sa.Column("renewal_months", sa.Integer(), nullable=True),
        sa.Column("notice_count", sa.Integer(), nullable=False),
        sa.Column("notice_unit", sa.String(40), nullable=False),
        sa.Column("notice_given_on", sa.Date(), nullable=True, comment="it ends with its term"),
        sa.Column("notice_note", sa.String(length=500), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="of the last term"),
        sa.Column("notice_by", sa.Date(), nullable=True, comment="last day; None: it just ends"),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="of one bill, before tax"),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="ISO 4217"),
        sa.Column("billing", sa.String(40), nullable=False),
        sa.Column("support_phone", sa.String(length=60), nullable=True, comment="None: the firm's"),
        sa.Column(
            "support_email", sa.String(length=254), nullable=True, comment="None: the firm's"
        ),
        sa.Column("how_to_call", sa.String(length=2000), nullable=True),
        sa.Column("week_from", sa.Time(), nullable=True, comment="support hours, local time"),
        sa.Column(
            "week_to", sa.Time(), nullable=True, comment="equal to week_from: around the clock"
        ),
        sa.Column("saturday_from", sa.Time(), nullable=True),
        sa.Column("saturday_to", sa.Time(), nullable=True),
        sa.Column("sunday_from", sa.Time(), nullable=True, comment="and holidays"),
        sa.Column("sunday_to", sa.Time(), nullable=True),
        sa.Column(
            "time_zone", sa.String(length=60), nullable=False, comment="of the support hours"
        ),
        sa.Column("response_minutes", sa.Integer(), nullable=True, comment="French: GTI"),
        sa.Column("restoration_minutes", sa.Integer(), nullable=True, comment="French: GTR"),
        sa.Column(
            "alert_days",
            JSON,
            nullable=True,
            comment="days before, of this contract; None: the usual ones",
        ),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="goes up with each change"),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="lower case, no accents: name, number, firms",
        ),
        sa.ForeignKeyConstraint(
            ["maintainer_id"],
            ["supplier.id"],
            name=op.f("fk_contract_maintainer_id_supplier"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["supplier.id"],
            name=op.f("fk_contract_supplier_id_supplier"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("supplier_id", "number", name=op.f("uq_contract_supplier_id_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_created_at_id"), ["created_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_ends_on_id"), ["ends_on", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_contract_maintainer_id"), ["maintainer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_contract_notice_by_id"), ["notice_by", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_number_id"), ["number", "id"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(40), nullable=False),
        sa.Column(
            "subject_id", sa.Integer(), nullable=False, comment="of the table that the kind names"
        ),
        sa.Column(
            "name", sa.String(length=255), nullable=False, comment="as it was sent; only shown"
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="SHA-256, hex"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False, comment="by what is in it"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="kept when the login is deleted",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_document_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_content_hash"), ["content_hash"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_document_subject_kind_subject_id_id"),
            ["subject_kind", "subject_id", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_document_user_id"), ["user_id"], unique=False)

    op.create_table(
        "supplier_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=True, comment="what she does there"),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["supplier.id"],
            name=op.f("fk_supplier_contact_supplier_id_supplier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_contact")),
    )
    with op.batch_alter_table("supplier_contact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_supplier_contact_supplier_id"), ["supplier_id"], unique=False
        )

    op.create_table(
        "contract_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column(
            "serial_number", sa.String(length=255), nullable=True, comment="as the list has it"
        ),
        sa.Column(
            "serial_folded", sa.String(length=255), nullable=True, comment="as it is compared"
        ),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="of one bill, before tax"),
        sa.Column("source", sa.String(length=255), nullable=False, comment="file and line, if any"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "matched_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its asset was found",
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_contract_line_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_line_contract_id_contract"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_line")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contract_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_line_asset_id_id"), ["asset_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_line_contract_id_id"), ["contract_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_contract_line_waiting",
            ["serial_folded"],
            unique=False,
            sqlite_where=sa.text("asset_id IS NULL"),
            postgresql_where=sa.text("asset_id IS NULL"),
        )

    op.create_table(
        "contract_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="of one bill, before tax"),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_period_contract_id_contract"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_period")),
        sa.UniqueConstraint(
            "contract_id", "position", name=op.f("uq_contract_period_contract_id_position")
        ),
    )
    op.create_table(
        "contract_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True, comment="and all in it"),
        sa.Column("category", sa.String(40), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column(
            "purchased_from", sa.Date(), nullable=True, comment="bought on that day or later"
        ),
        sa.Column(
            "purchased_to", sa.Date(), nullable=True, comment="bought on that day or earlier"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_rule_contract_id_contract"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_contract_rule_location_id_location"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_rule")),
    )
    with op.batch_alter_table("contract_rule", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_rule_contract_id"), ["contract_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_rule_location_id"), ["location_id"], unique=False
        )

    op.create_table(
        "coverage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False, comment="first day"),
        sa.Column("until_on", sa.Date(), nullable=True, comment="first day without; None: still"),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on > from_on", name=op.f("ck_coverage_some_days")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name=op.f("fk_coverage_asset_id_asset"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_coverage_contract_id_contract"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
    )
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_coverage_asset_id_until_on"), ["asset_id", "until_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_coverage_contract_id_until_on_asset_id"),
            ["contract_id", "until_on", "asset_id"],
            unique=False,
        )

    _drop_triggers()
    words = {"sqlite_autoincrement": True}
    with op.batch_alter_table("asset", schema=None, table_kwargs=words) as batch_op:
        batch_op.add_column(
            sa.Column("supplier_id", sa.Integer(), nullable=True, comment="who sold it")
        )
        batch_op.add_column(
            sa.Column(
                "covered_until",
                sa.Date(),
                nullable=True,
                comment="last day of warranty and contracts, copied for lists by services/coverage.py",
            )
        )
        batch_op.create_index(
            batch_op.f("ix_asset_covered_until_id"), ["covered_until", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_supplier_id_id"), ["supplier_id", "id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_asset_supplier_id_supplier"),
            "supplier",
            ["supplier_id"],
            ["id"],
            ondelete="SET NULL",
        )
    _make_triggers()


def downgrade() -> None:
    _drop_triggers()
    words = {"sqlite_autoincrement": True}
    with op.batch_alter_table("asset", schema=None, table_kwargs=words) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_asset_supplier_id_supplier"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_asset_supplier_id_id"))
        batch_op.drop_index(batch_op.f("ix_asset_covered_until_id"))
        batch_op.drop_column("covered_until")
        batch_op.drop_column("supplier_id")
    _make_triggers()

    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_coverage_contract_id_until_on_asset_id"))
        batch_op.drop_index(batch_op.f("ix_coverage_asset_id_until_on"))

    op.drop_table("coverage")
    with op.batch_alter_table("contract_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_rule_location_id"))
        batch_op.drop_index(batch_op.f("ix_contract_rule_contract_id"))

    op.drop_table("contract_rule")
    op.drop_table("contract_period")
    with op.batch_alter_table("contract_line", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_contract_line_waiting",
            sqlite_where=sa.text("asset_id IS NULL"),
            postgresql_where=sa.text("asset_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_contract_line_contract_id_id"))
        batch_op.drop_index(batch_op.f("ix_contract_line_asset_id_id"))

    op.drop_table("contract_line")
    with op.batch_alter_table("supplier_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supplier_contact_supplier_id"))

    op.drop_table("supplier_contact")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_user_id"))
        batch_op.drop_index(batch_op.f("ix_document_subject_kind_subject_id_id"))
        batch_op.drop_index(batch_op.f("ix_document_content_hash"))

    op.drop_table("document")
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_number_id"))
        batch_op.drop_index(batch_op.f("ix_contract_notice_by_id"))
        batch_op.drop_index(batch_op.f("ix_contract_name_id"))
        batch_op.drop_index(batch_op.f("ix_contract_maintainer_id"))
        batch_op.drop_index(batch_op.f("ix_contract_ends_on_id"))
        batch_op.drop_index(batch_op.f("ix_contract_created_at_id"))

    op.drop_table("contract")
    op.drop_table("supplier")
    with op.batch_alter_table("outgoing_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_message_state_next_try_at_id"))

    op.drop_table("outgoing_message")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_is_told_id"))
        batch_op.drop_index(batch_op.f("ix_alert_due_on_id"))

    op.drop_table("alert")
