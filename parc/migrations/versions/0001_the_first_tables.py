"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column(
            "parameters",
            JSON,
            nullable=False,
            comment="what is no secret: port, user_name, protocols, context_name",
        ),
        sa.Column(
            "networks",
            JSON,
            nullable=False,
            comment="CIDRs it may be tried on; empty: those of the ranges that name it",
        ),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="AES-256-GCM of the JSON of secrets"
        ),
        sa.Column("key_id", sa.String(length=16), nullable=False, comment="which key sealed it"),
        sa.Column("is_managed_by_file", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("name", name=op.f("uq_credential_name")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_key_id"), ["key_id"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.String(length=40), nullable=False, comment="name in the registry of jobs"
        ),
        sa.Column("arguments", JSON, nullable=False, comment="checked by the kind; no secrets"),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False, comment="one open job a key"),
        sa.Column("lock", sa.String(length=100), nullable=True, comment="one running job a lock"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_job_run_state_due_at"), ["state", "due_at"], unique=False
        )
        batch_op.create_index(
            "uq_job_run_key_open",
            ["key"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.create_index(
            "uq_job_run_lock_running",
            ["lock"],
            unique=True,
            sqlite_where=sa.text("state = 'running' AND lock IS NOT NULL"),
            postgresql_where=sa.text("state = 'running' AND lock IS NOT NULL"),
        )

    op.create_table(
        "location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["location.id"],
            name=op.f("fk_location_parent_id_location"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("parent_id", "name", name=op.f("uq_location_parent_id_name")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_location_site_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )

    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "login", sa.String(length=100), nullable=False, comment="as typed, folded and cut"
        ),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_failure_address_failed_at"),
            ["address", "failed_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_failure_login_failed_at"), ["login", "failed_at"], unique=False
        )

    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False, comment="folded to lower case"),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True, comment="argon2id"),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column(
            "language", sa.String(length=8), nullable=True, comment="None: as the browser asks"
        ),
        sa.Column(
            "colour_scheme", sa.String(length=8), nullable=False, comment="auto, light or dark"
        ),
        sa.Column("asset_columns", JSON, nullable=True, comment="chosen columns of the list"),
        sa.Column("has_shortcuts", sa.Boolean(), nullable=False, comment="single-letter keys on"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("login", name=op.f("uq_user_login")),
    )
    op.create_table(
        "address_range",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("include", JSON, nullable=False, comment="CIDRs and addresses, IPv4 and IPv6"),
        sa.Column("exclude", JSON, nullable=False, comment="CIDRs and addresses never asked"),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("schedule_kind", sa.String(40), nullable=False),
        sa.Column(
            "schedule",
            sa.String(length=100),
            nullable=False,
            comment="minutes for interval, five fields for cron",
        ),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("window_start", sa.Time(), nullable=True, comment="local time; None: any time"),
        sa.Column(
            "window_end", sa.Time(), nullable=True, comment="may be before the start: past midnight"
        ),
        sa.Column("packets_per_second", sa.Integer(), nullable=False),
        sa.Column("devices_at_once", sa.Integer(), nullable=False),
        sa.Column(
            "asset_categories",
            JSON,
            nullable=False,
            comment="categories that become assets without asking",
        ),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_managed_by_file", sa.Boolean(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_address_range_location_id_location"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_range")),
        sa.UniqueConstraint("name", name=op.f("uq_address_range_name")),
    )
    with op.batch_alter_table("address_range", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_address_range_location_id"), ["location_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_address_range_next_due_at"), ["next_due_at"], unique=False
        )

    op.create_table(
        "asset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_tag", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("lifecycle_state", sa.String(40), nullable=False),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("operating_system", sa.String(length=255), nullable=True),
        sa.Column("software_revision", sa.String(length=255), nullable=True),
        sa.Column("firmware_revision", sa.String(length=255), nullable=True),
        sa.Column("hardware_revision", sa.String(length=255), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column(
            "primary_address",
            sa.String(length=45),
            nullable=True,
            comment="address of its device last seen, copied for lists",
        ),
        sa.Column(
            "primary_address_sort",
            sa.String(length=34),
            nullable=True,
            comment="4 or 6 and the address in hex: sorts as numbers do",
        ),
        sa.Column("base_mac_address", sa.String(length=17), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="goes up with each change by a person"
        ),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="lower case, no accents: name, tag, serial, model, address, MACs",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_asset_location_id_location"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("asset_tag", name=op.f("uq_asset_asset_tag")),
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_category_id"), ["category", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_asset_created_at_id"), ["created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_last_seen_at_id"), ["last_seen_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_lifecycle_state_id"), ["lifecycle_state", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_location_id_id"), ["location_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_manufacturer_id"), ["manufacturer", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_model_name_id"), ["model_name", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_asset_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_asset_primary_address_sort_id"),
            ["primary_address_sort", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_asset_serial_number_id"), ["serial_number", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_asset_software_revision_id"), ["software_revision", "id"], unique=False
        )

    op.create_table(
        "credential_success",
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_credential_success_credential_id_credential"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_credential_success")),
    )
    with op.batch_alter_table("credential_success", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_credential_success_credential_id"), ["credential_id"], unique=False
        )

    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256, hex"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_sign_in_link_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256, hex"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("range_id", sa.Integer(), nullable=True, comment="where it was last seen"),
        sa.Column(
            "address", sa.String(length=45), nullable=False, comment="where it answered last"
        ),
        sa.Column("sys_name", sa.String(length=255), nullable=True),
        sa.Column("host_name", sa.String(length=255), nullable=True, comment="from reverse DNS"),
        sa.Column("sys_descr", sa.Text(), nullable=True),
        sa.Column("sys_object_id", sa.String(length=255), nullable=True),
        sa.Column("sys_location", sa.String(length=255), nullable=True),
        sa.Column("sys_contact", sa.String(length=255), nullable=True),
        sa.Column("engine_id", sa.String(length=64), nullable=True),
        sa.Column("chassis_id", sa.String(length=255), nullable=True),
        sa.Column("base_mac_address", sa.String(length=17), nullable=True),
        sa.Column("oui_manufacturer", sa.String(length=255), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("category", sa.String(40), nullable=True),
        sa.Column("category_source", sa.String(length=40), nullable=True, comment="snmp or nmap"),
        sa.Column("operating_system", sa.String(length=255), nullable=True),
        sa.Column("software_revision", sa.String(length=255), nullable=True),
        sa.Column("firmware_revision", sa.String(length=255), nullable=True),
        sa.Column("hardware_revision", sa.String(length=255), nullable=True),
        sa.Column("definition", sa.String(length=60), nullable=True),
        sa.Column("reasons", JSON, nullable=False, comment="where values were read"),
        sa.Column("processor_count", sa.Integer(), nullable=True),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "absent_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first sweep that covered its address and did not see it",
        ),
        sa.Column("ignore_reason", sa.String(length=255), nullable=True),
        sa.Column(
            "ignored_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="None with status ignored: always",
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name=op.f("fk_device_asset_id_asset"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["range_id"],
            ["address_range.id"],
            name=op.f("fk_device_range_id_address_range"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_device_base_mac_address"), ["base_mac_address"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_device_chassis_id"), ["chassis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_engine_id"), ["engine_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_device_range_id_address"), ["range_id", "address"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_device_serial_number"), ["serial_number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_device_status_last_seen_at"), ["status", "last_seen_at"], unique=False
        )

    op.create_table(
        "range_credential",
        sa.Column("range_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_range_credential_credential_id_credential"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["range_id"],
            ["address_range.id"],
            name=op.f("fk_range_credential_range_id_address_range"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("range_id", "credential_id", name=op.f("pk_range_credential")),
    )
    with op.batch_alter_table("range_credential", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_range_credential_credential_id"), ["credential_id"], unique=False
        )

    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("range_id", sa.Integer(), nullable=True),
        sa.Column(
            "range_name",
            sa.String(length=100),
            nullable=False,
            comment="kept when the range is deleted",
        ),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("retry_of_id", sa.Integer(), nullable=True, comment="only its failed targets"),
        sa.Column("trigger", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("phase", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address_count", sa.BigInteger(), nullable=False, comment="addresses to sweep"),
        sa.Column("swept_count", sa.BigInteger(), nullable=False),
        sa.Column("responder_count", sa.Integer(), nullable=False, comment="addresses that are up"),
        sa.Column("collected_count", sa.Integer(), nullable=False, comment="devices read by SNMP"),
        sa.Column(
            "failed_count",
            sa.Integer(),
            nullable=False,
            comment="responders that could not be read",
        ),
        sa.Column("created_count", sa.Integer(), nullable=False, comment="devices new to Parc"),
        sa.Column("changed_count", sa.Integer(), nullable=False, comment="devices that changed"),
        sa.Column("gone_count", sa.Integer(), nullable=False, comment="devices newly absent"),
        sa.Column("asset_count", sa.Integer(), nullable=False, comment="assets created"),
        sa.Column("difference_count", sa.Integer(), nullable=False),
        sa.Column("warnings", JSON, nullable=False, comment="nmap missing and the like"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job_run.id"], name=op.f("fk_run_job_id_job_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["range_id"],
            ["address_range.id"],
            name=op.f("fk_run_range_id_address_range"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["retry_of_id"], ["run.id"], name=op.f("fk_run_retry_of_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_run_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_range_id_id"), ["range_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_retry_of_id"), ["retry_of_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_user_id"), ["user_id"], unique=False)

    op.create_table(
        "asset_field",
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_asset_field_asset_id_asset"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_asset_field_run_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_asset_field_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("asset_id", "field", name=op.f("pk_asset_field")),
    )
    with op.batch_alter_table("asset_field", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_field_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_field_user_id"), ["user_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="name of the login or of the range, kept when either is deleted",
        ),
        sa.Column(
            "subject_kind",
            sa.String(length=40),
            nullable=False,
            comment="asset, device, user, credential …",
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("subject_name", sa.String(length=255), nullable=False),
        sa.Column(
            "action",
            sa.String(length=40),
            nullable=False,
            comment="created, changed, deleted, accepted …",
        ),
        sa.Column(
            "changes",
            JSON,
            nullable=False,
            comment="field to [before, after]; secrets appear as the word changed",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_audit_entry_run_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_audit_entry_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_run_id"), ["run_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entry_subject_kind_subject_id_id"),
            ["subject_kind", "subject_id", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_audit_entry_user_id"), ["user_id"], unique=False)

    op.create_table(
        "category_sign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_category_sign_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_sign")),
        sa.UniqueConstraint(
            "device_id",
            "category",
            "reason",
            name=op.f("uq_category_sign_device_id_category_reason"),
        ),
    )
    op.create_table(
        "component",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False, comment="entPhysicalIndex as text"),
        sa.Column("contained_in", sa.Integer(), nullable=True),
        sa.Column("component_class", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("hardware_revision", sa.String(length=255), nullable=True),
        sa.Column("firmware_revision", sa.String(length=255), nullable=True),
        sa.Column("software_revision", sa.String(length=255), nullable=True),
        sa.Column("is_field_replaceable", sa.Boolean(), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_component_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_component_device_id_key")),
    )
    with op.batch_alter_table("component", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_component_serial_number"), ["serial_number"], unique=False
        )

    op.create_table(
        "difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("seen_value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "is_kept",
            sa.Boolean(),
            nullable=False,
            comment="a person chose to keep theirs until the seen value changes",
        ),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_difference_asset_id_asset"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_difference_run_id_run"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference")),
        sa.UniqueConstraint("asset_id", "field", name=op.f("uq_difference_asset_id_field")),
    )
    with op.batch_alter_table("difference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_difference_run_id"), ["run_id"], unique=False)

    op.create_table(
        "interface",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=300),
            nullable=False,
            comment="ifName, else ifDescr, with the index only where that repeats",
        ),
        sa.Column("if_index", sa.Integer(), nullable=False),
        sa.Column("if_descr", sa.String(length=255), nullable=True),
        sa.Column("if_name", sa.String(length=255), nullable=True),
        sa.Column("if_alias", sa.String(length=255), nullable=True),
        sa.Column("if_type", sa.Integer(), nullable=True),
        sa.Column("if_mtu", sa.BigInteger(), nullable=True),
        sa.Column("if_high_speed", sa.BigInteger(), nullable=True, comment="Mbit/s"),
        sa.Column("if_phys_address", sa.String(length=64), nullable=True),
        sa.Column("if_admin_status", sa.Integer(), nullable=True),
        sa.Column("if_oper_status", sa.Integer(), nullable=True),
        sa.Column("addresses", JSON, nullable=False, comment="address/prefix length"),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_interface_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interface")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_interface_device_id_key")),
    )
    with op.batch_alter_table("interface", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_interface_if_phys_address"), ["if_phys_address"], unique=False
        )

    op.create_table(
        "observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True, comment="set when a plan was applied"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=False,
            comment="zlib of the JSON of collectors.observation",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_observation_device_id_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_observation_run_id_run"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_observation_device_id_id"), ["device_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_observation_observed_at"), ["observed_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_observation_run_id_address"), ["run_id", "address"], unique=False
        )

    op.create_table(
        "run_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False, comment="cause in words, without secrets"),
        sa.Column("credential_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_run_target_credential_id_credential"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_run_target_device_id_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_target_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_target")),
        sa.UniqueConstraint("run_id", "address", name=op.f("uq_run_target_run_id_address")),
    )
    with op.batch_alter_table("run_target", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_run_target_credential_id"), ["credential_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_run_target_device_id"), ["device_id"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False, comment="protocol/port"),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.Column("version", sa.String(length=100), nullable=True),
        sa.Column("is_guess", sa.Boolean(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_service_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_service_device_id_key")),
    )
    op.create_table(
        "storage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=300),
            nullable=False,
            comment="hrStorageDescr, index only where it repeats",
        ),
        sa.Column("storage_type", sa.String(length=40), nullable=True),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_storage_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_storage_device_id_key")),
    )
    op.create_table(
        "supply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.String(length=300), nullable=False, comment="prtMarkerSuppliesIndex as text"
        ),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("supply_type", sa.String(length=40), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("is_some_left", sa.Boolean(), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name=op.f("fk_supply_device_id_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_supply_device_id_key")),
    )

    _create_search_index()


def downgrade() -> None:
    _drop_search_index()
    op.drop_table("supply")
    op.drop_table("storage")
    op.drop_table("service")
    with op.batch_alter_table("run_target", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_target_device_id"))
        batch_op.drop_index(batch_op.f("ix_run_target_credential_id"))

    op.drop_table("run_target")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_observation_run_id_address"))
        batch_op.drop_index(batch_op.f("ix_observation_observed_at"))
        batch_op.drop_index(batch_op.f("ix_observation_device_id_id"))

    op.drop_table("observation")
    with op.batch_alter_table("interface", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interface_if_phys_address"))

    op.drop_table("interface")
    with op.batch_alter_table("difference", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_difference_run_id"))

    op.drop_table("difference")
    with op.batch_alter_table("component", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_component_serial_number"))

    op.drop_table("component")
    op.drop_table("category_sign")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_user_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_kind_subject_id_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_run_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("asset_field", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_field_user_id"))
        batch_op.drop_index(batch_op.f("ix_asset_field_run_id"))

    op.drop_table("asset_field")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_user_id"))
        batch_op.drop_index(batch_op.f("ix_run_state"))
        batch_op.drop_index(batch_op.f("ix_run_retry_of_id"))
        batch_op.drop_index(batch_op.f("ix_run_range_id_id"))
        batch_op.drop_index(batch_op.f("ix_run_job_id"))

    op.drop_table("run")
    with op.batch_alter_table("range_credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_range_credential_credential_id"))

    op.drop_table("range_credential")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_status_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_device_serial_number"))
        batch_op.drop_index(batch_op.f("ix_device_range_id_address"))
        batch_op.drop_index(batch_op.f("ix_device_engine_id"))
        batch_op.drop_index(batch_op.f("ix_device_chassis_id"))
        batch_op.drop_index(batch_op.f("ix_device_base_mac_address"))
        batch_op.drop_index(batch_op.f("ix_device_asset_id"))
        batch_op.drop_index(batch_op.f("ix_device_address"))

    op.drop_table("device")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_link_user_id"))

    op.drop_table("sign_in_link")
    with op.batch_alter_table("credential_success", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_success_credential_id"))

    op.drop_table("credential_success")
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_software_revision_id"))
        batch_op.drop_index(batch_op.f("ix_asset_serial_number_id"))
        batch_op.drop_index(batch_op.f("ix_asset_primary_address_sort_id"))
        batch_op.drop_index(batch_op.f("ix_asset_name_id"))
        batch_op.drop_index(batch_op.f("ix_asset_model_name_id"))
        batch_op.drop_index(batch_op.f("ix_asset_manufacturer_id"))
        batch_op.drop_index(batch_op.f("ix_asset_location_id_id"))
        batch_op.drop_index(batch_op.f("ix_asset_lifecycle_state_id"))
        batch_op.drop_index(batch_op.f("ix_asset_last_seen_at_id"))
        batch_op.drop_index(batch_op.f("ix_asset_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_asset_category_id"))

    op.drop_table("asset")
    with op.batch_alter_table("address_range", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_range_next_due_at"))
        batch_op.drop_index(batch_op.f("ix_address_range_location_id"))

    op.drop_table("address_range")
    op.drop_table("user")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_login_failed_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_address_failed_at"))

    op.drop_table("sign_in_failure")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_location_site_name",
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_location_parent_id"))

    op.drop_table("location")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_run_lock_running",
            sqlite_where=sa.text("state = 'running' AND lock IS NOT NULL"),
            postgresql_where=sa.text("state = 'running' AND lock IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_job_run_key_open",
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_job_run_state_due_at"))

    op.drop_table("job_run")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_key_id"))

    op.drop_table("credential")
    op.drop_table("counter")


# The folded text of an asset, found by any part of it: FTS5 with trigrams on SQLite, pg_trgm on
# PostgreSQL. The triggers keep SQLite's copy in step; a later migration that rebuilds the table
# asset must create them again.
_SQLITE_UP = (
    "CREATE VIRTUAL TABLE asset_search USING fts5(search_text, content='asset',"
    " content_rowid='id', tokenize='trigram', detail='none', columnsize=0)",
    "CREATE TRIGGER asset_search_insert AFTER INSERT ON asset BEGIN"
    " INSERT INTO asset_search(rowid, search_text) VALUES (new.id, new.search_text); END",
    "CREATE TRIGGER asset_search_delete AFTER DELETE ON asset BEGIN"
    " INSERT INTO asset_search(asset_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text); END",
    "CREATE TRIGGER asset_search_update AFTER UPDATE OF search_text ON asset"
    " WHEN old.search_text IS NOT new.search_text BEGIN"
    " INSERT INTO asset_search(asset_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text);"
    " INSERT INTO asset_search(rowid, search_text) VALUES (new.id, new.search_text); END",
)


def _create_search_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_UP:
            op.execute(statement)
    else:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute(
            "CREATE INDEX ix_asset_search_text_trigram ON asset"
            " USING gin (search_text gin_trgm_ops)"
        )


def _drop_search_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER asset_search_{event}")
        op.execute("DROP TABLE asset_search")
    else:
        op.execute("DROP INDEX ix_asset_search_text_trigram")
