"""Members of link aggregates, sizes of disks, assets made of what others tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('component', sa.Column('size_bytes', sa.BigInteger(), nullable=True, comment='of a disk'))
    with op.batch_alter_table('switch_port', schema=None) as batch_op:
        batch_op.add_column(sa.Column('aggregate_id', sa.Integer(), nullable=True, comment='the aggregate that it is a member of'))
        batch_op.create_foreign_key(batch_op.f('fk_switch_port_aggregate_id_interface'), 'interface', ['aggregate_id'], ['id'], ondelete='SET NULL')
        batch_op.create_index(batch_op.f('ix_switch_port_aggregate_id'), ['aggregate_id'], unique=False)
    with op.batch_alter_table('managed_device', schema=None) as batch_op:
        batch_op.add_column(sa.Column('asset_id', sa.Integer(), nullable=True, comment='that a person made of it'))
        batch_op.create_foreign_key(batch_op.f('fk_managed_device_asset_id_asset'), 'asset', ['asset_id'], ['id'], ondelete='SET NULL')
        batch_op.create_index(batch_op.f('ix_managed_device_asset_id'), ['asset_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('managed_device', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_managed_device_asset_id_asset'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_managed_device_asset_id'))
        batch_op.drop_column('asset_id')
    with op.batch_alter_table('switch_port', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_switch_port_aggregate_id_interface'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_switch_port_aggregate_id'))
        batch_op.drop_column('aggregate_id')
    op.drop_column('component', 'size_bytes')
