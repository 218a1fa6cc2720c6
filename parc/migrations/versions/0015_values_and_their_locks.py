"""Which source wins, locks of people's values, rows that readings lack."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Fields of an asset that machines know as well as people.
_FIELDS = (
    "name",
    "category",
    "manufacturer",
    "model_name",
    "serial_number",
    "operating_system",
    "software_revision",
    "firmware_revision",
    "hardware_revision",
    "base_mac_address",
)

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('field_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('order', JSON, nullable=False, comment='all sources, the one that wins first'),
    sa.Column('lock', sa.String(40), nullable=False, comment='of a value that a person types'),
    sa.Column('lock_days', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('author', sa.String(length=200), nullable=False, comment='name of the login, kept when it is deleted'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_rule')),
    sa.UniqueConstraint('field', name=op.f('uq_field_rule_field'))
    )
    op.create_table('missed_row',
    sa.Column('device_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='its table'),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False, comment='readings that lacked it, one a run'),
    sa.Column('missed_at', sa.DateTime(timezone=True), nullable=False, comment='when the last of them was taken'),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_missed_row_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('device_id', 'kind', 'key', name=op.f('pk_missed_row'))
    )
    with op.batch_alter_table('asset_field', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lock', sa.String(40), nullable=True, comment="of a person's value: when scanners may write it again"))
        batch_op.add_column(sa.Column('locked_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True, comment='when the lock runs out or ended; None: it holds'))
        batch_op.add_column(sa.Column('locked_by', sa.String(length=200), nullable=True, comment='name of the login, kept when it is deleted'))
        batch_op.add_column(sa.Column('kept_against', sa.String(length=80), nullable=True, comment='sources, with blanks: what they say makes no difference here'))

    _lock_what_people_typed()
    with op.batch_alter_table('component', schema=None) as batch_op:
        batch_op.add_column(sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.add_column(sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=True))



def _lock_what_people_typed() -> None:
    """Show the padlock that their values had until now without its name: nothing wins over them."""
    names = {"field": sa.String, "source": sa.String, "user_id": sa.Integer}
    moments = {"set_at": sa.DateTime(timezone=True), "locked_at": sa.DateTime(timezone=True)}
    texts = {"lock": sa.String, "locked_by": sa.String}
    columns = [sa.column(name, kind) for name, kind in {**names, **moments, **texts}.items()]
    field = sa.table("asset_field", *columns)
    user = sa.table("user", sa.column("id", sa.Integer), sa.column("display_name", sa.String))
    author = sa.select(user.c.display_name).where(user.c.id == field.c.user_id).scalar_subquery()
    op.execute(
        sa.update(field)
        .where(field.c.source == "person", field.c.field.in_(_FIELDS))
        .values(lock="never", locked_at=field.c.set_at, locked_by=author)
    )


def downgrade() -> None:
    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.drop_column('first_seen_at')

    with op.batch_alter_table('component', schema=None) as batch_op:
        batch_op.drop_column('first_seen_at')

    with op.batch_alter_table('asset_field', schema=None) as batch_op:
        batch_op.drop_column('kept_against')
        batch_op.drop_column('locked_by')
        batch_op.drop_column('locked_until')
        batch_op.drop_column('locked_at')
        batch_op.drop_column('lock')

    op.drop_table('missed_row')
    op.drop_table('field_rule')
