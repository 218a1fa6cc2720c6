"""Incidents, their follow-ups and links, and the rules that make drafts of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "incident_rule",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "threshold", sa.Integer(), nullable=False, comment="percent or runs, as the rule counts"
        ),
        sa.Column(
            "range_ids",
            _JSON,
            nullable=False,
            comment="critical ranges, of the rule about unknown devices",
        ),
        sa.Column("impact", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_incident_rule")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column(
            "is_open",
            sa.Boolean(),
            nullable=False,
            comment="of its state: somebody has to do something",
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("impact", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column(
            "priority_rank",
            sa.Integer(),
            nullable=False,
            comment="of the priority: 1 is major, 6 very low",
        ),
        sa.Column(
            "priority_reason",
            sa.String(length=255),
            nullable=True,
            comment="why it is not the computed one; None when it is",
        ),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=True),
        sa.Column("requester_person_id", sa.Integer(), nullable=True),
        sa.Column(
            "requester_name",
            sa.String(length=200),
            nullable=False,
            comment="who asks, kept when login and person are deleted",
        ),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("technician_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "taken_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first taken in charge or planned",
        ),
        sa.Column("planned_for", sa.DateTime(timezone=True), nullable=True, comment="of a visit"),
        sa.Column("waiting_for", sa.String(length=255), nullable=True, comment="what it waits for"),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("minutes_spent", sa.Integer(), nullable=False, comment="sum of the follow-ups"),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column(
            "rule_key",
            sa.String(length=60),
            nullable=True,
            comment="asset or device that the rule told of",
        ),
        sa.Column(
            "live_key",
            sa.String(length=120),
            nullable=True,
            comment="rule and key while no other draft may be opened: services/incident_drafts.py",
        ),
        sa.Column("evidence", _JSON, nullable=False, comment="parameters of the rule's words"),
        sa.Column(
            "cause_gone_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when the inventory shows the rule's cause no more",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="lower case, no accents: number, title, requester, text",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_incident_location_id_location"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["user.id"],
            name=op.f("fk_incident_requester_id_user"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requester_person_id"],
            ["person.id"],
            name=op.f("fk_incident_requester_person_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["user.id"],
            name=op.f("fk_incident_technician_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("live_key", name=op.f("uq_incident_live_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_is_open_priority_rank_id"),
            ["is_open", "priority_rank", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_incident_location_id_id"), ["location_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_opened_at_id"), ["opened_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_priority_rank_id"), ["priority_rank", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_requester_id_id"), ["requester_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_requester_person_id_id"),
            ["requester_person_id", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_incident_resolved_at_id"), ["resolved_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_state_priority_rank_id"),
            ["state", "priority_rank", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_incident_technician_id_is_open_priority_rank_id"),
            ["technician_id", "is_open", "priority_rank", "id"],
            unique=False,
        )

    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False, comment="the requester reads it, too"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column(
            "author",
            sa.String(length=200),
            nullable=False,
            comment="name of the login, kept when it is deleted",
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False, comment="time spent"),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_follow_up_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_follow_up_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_follow_up_incident_id_id"), ["incident_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_follow_up_user_id"), ["user_id"], unique=False)

    op.create_table(
        "incident_asset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column(
            "asset_name",
            sa.String(length=320),
            nullable=False,
            comment="tag and name, kept when the asset is deleted",
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_incident_asset_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_asset_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_asset")),
        sa.UniqueConstraint(
            "incident_id", "asset_id", name=op.f("uq_incident_asset_incident_id_asset_id")
        ),
    )
    with op.batch_alter_table("incident_asset", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_asset_asset_id_incident_id"),
            ["asset_id", "incident_id"],
            unique=False,
        )

    op.create_table(
        "incident_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_link_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["incident.id"],
            name=op.f("fk_incident_link_other_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_link")),
        sa.UniqueConstraint(
            "incident_id", "other_id", name=op.f("uq_incident_link_incident_id_other_id")
        ),
    )
    with op.batch_alter_table("incident_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_link_other_id"), ["other_id"], unique=False)
    _create_search_index()


def downgrade() -> None:
    _drop_search_index()
    with op.batch_alter_table("incident_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_link_other_id"))

    op.drop_table("incident_link")
    with op.batch_alter_table("incident_asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_asset_asset_id_incident_id"))

    op.drop_table("incident_asset")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_user_id"))
        batch_op.drop_index(batch_op.f("ix_follow_up_incident_id_id"))

    op.drop_table("follow_up")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_technician_id_is_open_priority_rank_id"))
        batch_op.drop_index(batch_op.f("ix_incident_state_priority_rank_id"))
        batch_op.drop_index(batch_op.f("ix_incident_resolved_at_id"))
        batch_op.drop_index(batch_op.f("ix_incident_requester_person_id_id"))
        batch_op.drop_index(batch_op.f("ix_incident_requester_id_id"))
        batch_op.drop_index(batch_op.f("ix_incident_priority_rank_id"))
        batch_op.drop_index(batch_op.f("ix_incident_opened_at_id"))
        batch_op.drop_index(batch_op.f("ix_incident_location_id_id"))
        batch_op.drop_index(batch_op.f("ix_incident_is_open_priority_rank_id"))

    op.drop_table("incident")
    op.drop_table("incident_rule")


# The folded text of an incident, found by any part of it, as that of an asset (0001).
_SQLITE_UP = (
    "CREATE VIRTUAL TABLE incident_search USING fts5(search_text, content='incident',"
    " content_rowid='id', tokenize='trigram', detail='none', columnsize=0)",
    "CREATE TRIGGER incident_search_insert AFTER INSERT ON incident BEGIN"
    " INSERT INTO incident_search(rowid, search_text) VALUES (new.id, new.search_text); END",
    "CREATE TRIGGER incident_search_delete AFTER DELETE ON incident BEGIN"
    " INSERT INTO incident_search(incident_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text); END",
    "CREATE TRIGGER incident_search_update AFTER UPDATE OF search_text ON incident"
    " WHEN old.search_text IS NOT new.search_text BEGIN"
    " INSERT INTO incident_search(incident_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text);"
    " INSERT INTO incident_search(rowid, search_text) VALUES (new.id, new.search_text); END",
)


def _create_search_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_UP:
            op.execute(statement)
    else:
        op.execute(
            "CREATE INDEX ix_incident_search_text_trigram ON incident"
            " USING gin (search_text gin_trgm_ops)"
        )


def _drop_search_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER incident_search_{event}")
        op.execute("DROP TABLE incident_search")
    else:
        op.execute("DROP INDEX ix_incident_search_text_trigram")
