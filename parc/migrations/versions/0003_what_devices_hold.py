"""Counts and trays of printers, batteries, outlets, installed software."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('battery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('battery_status', sa.String(length=40), nullable=True),
    sa.Column('output_source', sa.String(length=40), nullable=True),
    sa.Column('charge_percent', sa.Integer(), nullable=True),
    sa.Column('minutes_remaining', sa.Integer(), nullable=True),
    sa.Column('seconds_on_battery', sa.Integer(), nullable=True),
    sa.Column('temperature_celsius', sa.Integer(), nullable=True),
    sa.Column('load_percent', sa.Integer(), nullable=True),
    sa.Column('is_replacement_needed', sa.Boolean(), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_battery_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_battery')),
    sa.UniqueConstraint('device_id', 'key', name=op.f('uq_battery_device_id_key'))
    )
    op.create_table('installation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(40), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False, comment='the name, cut to what fits'),
    sa.Column('name', sa.String(length=300), nullable=False, comment='as it was found'),
    sa.Column('software_type', sa.String(length=40), nullable=True),
    sa.Column('installed_on', sa.String(length=10), nullable=True, comment='ISO date'),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_installation_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installation')),
    sa.UniqueConstraint('device_id', 'source', 'key', name=op.f('uq_installation_device_id_source_key'))
    )
    with op.batch_alter_table('installation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_installation_name'), ['name'], unique=False)

    op.create_table('life_count',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False, comment='total, color or mono'),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.String(length=40), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_life_count_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_life_count')),
    sa.UniqueConstraint('device_id', 'key', name=op.f('uq_life_count_device_id_key'))
    )
    op.create_table('life_count_reading',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('read_on', sa.Date(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_life_count_reading_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('device_id', 'kind', 'read_on', name=op.f('pk_life_count_reading'))
    )
    op.create_table('outlet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False, comment='its number'),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('is_on', sa.Boolean(), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_outlet_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outlet')),
    sa.UniqueConstraint('device_id', 'key', name=op.f('uq_outlet_device_id_key'))
    )
    op.create_table('tray',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False, comment='prtInputIndex as text'),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('media_name', sa.String(length=255), nullable=True),
    sa.Column('unit', sa.String(length=40), nullable=True),
    sa.Column('capacity', sa.BigInteger(), nullable=True),
    sa.Column('level', sa.BigInteger(), nullable=True),
    sa.Column('is_some_left', sa.Boolean(), nullable=True),
    sa.Column('is_available', sa.Boolean(), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_tray_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tray')),
    sa.UniqueConstraint('device_id', 'key', name=op.f('uq_tray_device_id_key'))
    )
    with op.batch_alter_table('device', schema=None) as batch_op:
        batch_op.add_column(sa.Column('console_message', sa.String(length=255), nullable=True, comment='of a printer; empty when it says nothing'))


def downgrade() -> None:
    with op.batch_alter_table('device', schema=None) as batch_op:
        batch_op.drop_column('console_message')

    op.drop_table('tray')
    op.drop_table('outlet')
    op.drop_table('life_count_reading')
    op.drop_table('life_count')
    with op.batch_alter_table('installation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_installation_name'))

    op.drop_table('installation')
    op.drop_table('battery')
