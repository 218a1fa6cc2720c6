"""Acts that can be undone, and merged records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = '0006'
down_revision = '0005'
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


def upgrade() -> None:
    _rebuild(is_autoincrement=True)
    op.create_table('merged_asset',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False, comment='of the asset that was merged'),
    sa.Column('asset_id', sa.Integer(), nullable=False, comment='which has it now'),
    sa.Column('asset_tag', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('device_ids', JSON, nullable=False, comment='devices that it had, for a split that gives it back'),
    sa.Column('person_values', JSON, nullable=False, comment='what people had typed into it'),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_merged_asset_asset_id_asset'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merged_asset')),
    sa.UniqueConstraint('asset_tag', name=op.f('uq_merged_asset_asset_tag'))
    )
    with op.batch_alter_table('merged_asset', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merged_asset_asset_id'), ['asset_id'], unique=False)

    op.create_table('change_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(40), nullable=False),
    sa.Column('title', JSON, nullable=False, comment='code and parameters; in words where it is shown'),
    sa.Column('author', sa.String(length=200), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(40), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.String(length=200), nullable=True),
    sa.Column('undo_of_id', sa.Integer(), nullable=True),
    sa.Column('row_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_change_set_run_id_run'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['undo_of_id'], ['change_set.id'], name=op.f('fk_change_set_undo_of_id_change_set'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_change_set_user_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_set'))
    )
    with op.batch_alter_table('change_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_set_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_set_kind_id'), ['kind', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_set_run_id'), ['run_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_set_undo_of_id'), ['undo_of_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_set_user_id'), ['user_id'], unique=False)

    op.create_table('change_set_part',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('change_set_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False, comment='zlib of JSON: table, key, before, after; null where the row was not there'),
    sa.ForeignKeyConstraint(['change_set_id'], ['change_set.id'], name=op.f('fk_change_set_part_change_set_id_change_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_set_part'))
    )
    with op.batch_alter_table('change_set_part', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_set_part_change_set_id'), ['change_set_id'], unique=False)

    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('change_set_id', sa.Integer(), nullable=True, comment='the act that it is a part of'))
        batch_op.create_index(batch_op.f('ix_audit_entry_change_set_id'), ['change_set_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_audit_entry_change_set_id_change_set'), 'change_set', ['change_set_id'], ['id'], ondelete='SET NULL')



def _rebuild(*, is_autoincrement: bool) -> None:
    """Let SQLite never give the id of a record that is gone to another; PostgreSQL never does."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER asset_search_{name}")
    for table in ("asset", "device"):
        words = {"sqlite_autoincrement": is_autoincrement}
        with op.batch_alter_table(table, recreate="always", table_kwargs=words):
            pass
    for statement in _TRIGGERS.values():
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_audit_entry_change_set_id_change_set'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_audit_entry_change_set_id'))
        batch_op.drop_column('change_set_id')

    with op.batch_alter_table('change_set_part', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_set_part_change_set_id'))

    op.drop_table('change_set_part')
    with op.batch_alter_table('change_set', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_set_user_id'))
        batch_op.drop_index(batch_op.f('ix_change_set_undo_of_id'))
        batch_op.drop_index(batch_op.f('ix_change_set_run_id'))
        batch_op.drop_index(batch_op.f('ix_change_set_kind_id'))
        batch_op.drop_index(batch_op.f('ix_change_set_at'))

    op.drop_table('change_set')
    with op.batch_alter_table('merged_asset', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merged_asset_asset_id'))

    op.drop_table('merged_asset')
    _rebuild(is_autoincrement=False)
