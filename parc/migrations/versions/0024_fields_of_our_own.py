"""Fields that an organisation adds to its assets, and their values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table('custom_field',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False, comment='for files and commands; never changes'),
    sa.Column('label_en', sa.String(length=80), nullable=False),
    sa.Column('label_fr', sa.String(length=80), nullable=False),
    sa.Column('category', sa.String(40), nullable=True, comment='whose assets have it; None: all'),
    sa.Column('type', sa.String(40), nullable=False),
    sa.Column('choices', JSON, nullable=False, comment='of a choice, in their order'),
    sa.Column('is_required', sa.Boolean(), nullable=False),
    sa.Column('is_unique', sa.Boolean(), nullable=False),
    sa.Column('is_listed', sa.Boolean(), nullable=False, comment='a column of the list and of exports'),
    sa.Column('position', sa.Integer(), nullable=False, comment='their order in forms, lists and files'),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_field')),
    sa.UniqueConstraint('key', name=op.f('uq_custom_field_key'))
    )
    op.create_table('custom_value',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('asset_id', sa.Integer(), nullable=False),
    sa.Column('field_id', sa.Integer(), nullable=False),
    sa.Column('value', sa.String(length=1000), nullable=False, comment='2026-11-22, 12.5, yes, https://… or text'),
    sa.Column('sort_value', sa.String(length=255), nullable=False, comment='lower case without accents; numbers so that they sort'),
    sa.Column('unique_value', sa.String(length=255), nullable=True, comment='the same, of a field whose values are unique'),
    sa.Column('source', sa.String(40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_custom_value_asset_id_asset'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['field_id'], ['custom_field.id'], name=op.f('fk_custom_value_field_id_custom_field'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_custom_value_user_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_value')),
    sa.UniqueConstraint('asset_id', 'field_id', name=op.f('uq_custom_value_asset_id_field_id')),
    sa.UniqueConstraint('field_id', 'unique_value', name=op.f('uq_custom_value_field_id_unique_value'))
    )
    with op.batch_alter_table('custom_value', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custom_value_field_id_sort_value_asset_id'), ['field_id', 'sort_value', 'asset_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_custom_value_user_id'), ['user_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('custom_value', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_custom_value_user_id'))
        batch_op.drop_index(batch_op.f('ix_custom_value_field_id_sort_value_asset_id'))

    op.drop_table('custom_value')
    op.drop_table('custom_field')
