"""Access points of controllers, virtual machines of hosts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('managed_device',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False, comment='the one that tells'),
    sa.Column('key', sa.String(length=300), nullable=False, comment='serial number, UUID or MAC'),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='a category'),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('manufacturer', sa.String(length=255), nullable=True),
    sa.Column('model_name', sa.String(length=255), nullable=True),
    sa.Column('serial_number', sa.String(length=255), nullable=True),
    sa.Column('mac_address', sa.String(length=17), nullable=True),
    sa.Column('address', sa.String(length=45), nullable=True),
    sa.Column('operating_system', sa.String(length=255), nullable=True),
    sa.Column('software_revision', sa.String(length=255), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_managed_device_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_managed_device')),
    sa.UniqueConstraint('device_id', 'key', name=op.f('uq_managed_device_device_id_key'))
    )
    with op.batch_alter_table('managed_device', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_managed_device_mac_address'), ['mac_address'], unique=False)
        batch_op.create_index(batch_op.f('ix_managed_device_serial_number'), ['serial_number'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('managed_device', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_managed_device_serial_number'))
        batch_op.drop_index(batch_op.f('ix_managed_device_mac_address'))

    op.drop_table('managed_device')
