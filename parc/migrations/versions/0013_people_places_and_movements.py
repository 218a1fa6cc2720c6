"""People, departments, outlets in rooms, movements, and what else is kept of an asset."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0013"
down_revision = "0012"
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
_AUTOINCREMENT = {"sqlite_autoincrement": True}


def _drop_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in _TRIGGERS:
            op.execute(f"DROP TRIGGER asset_search_{name}")


def _make_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _TRIGGERS.values():
            op.execute(statement)


def upgrade() -> None:
    op.create_table('department',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['department.id'], name=op.f('fk_department_parent_id_department'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department')),
    sa.UniqueConstraint('parent_id', 'name', name=op.f('uq_department_parent_id_name'))
    )
    with op.batch_alter_table('department', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_department_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index('uq_department_root_name', ['name'], unique=True, sqlite_where=sa.text('parent_id IS NULL'), postgresql_where=sa.text('parent_id IS NULL'))

    op.create_table('tag_pattern',
    sa.Column('category', sa.String(40), nullable=False),
    sa.Column('pattern', sa.String(length=40), nullable=False, comment='such as PC-{number:05d}'),
    sa.PrimaryKeyConstraint('category', name=op.f('pk_tag_pattern'))
    )
    op.create_table('person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=True, comment='folded to lower case'),
    sa.Column('phone', sa.String(length=60), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('manager_id', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True, comment='place of work'),
    sa.Column('arrived_on', sa.Date(), nullable=True),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('external_id', sa.String(length=120), nullable=True, comment='number in the directory or the payroll'),
    sa.Column('notes', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False, comment='lower case, no accents: name, e-mail, external id, phone'),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_person_department_id_department'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['manager_id'], ['person.id'], name=op.f('fk_person_manager_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['location.id'], name=op.f('fk_person_site_id_location'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email')),
    sa.UniqueConstraint('external_id', name=op.f('uq_person_external_id')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_department_id_id'), ['department_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_left_on_id'), ['left_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_manager_id'), ['manager_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_name_id'), ['name', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_site_id_id'), ['site_id', 'id'], unique=False)

    op.create_table('wall_outlet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('location_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False, comment='as written on the wall'),
    sa.Column('switch_asset_id', sa.Integer(), nullable=True),
    sa.Column('if_name', sa.String(length=255), nullable=True, comment='port of the switch'),
    sa.Column('notes', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_wall_outlet_location_id_location'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['switch_asset_id'], ['asset.id'], name=op.f('fk_wall_outlet_switch_asset_id_asset'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wall_outlet')),
    sa.UniqueConstraint('location_id', 'label', name=op.f('uq_wall_outlet_location_id_label')),
    sa.UniqueConstraint('switch_asset_id', 'if_name', name=op.f('uq_wall_outlet_switch_asset_id_if_name'))
    )
    op.create_table('movement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('asset_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(40), nullable=False),
    sa.Column('variant', sa.String(40), nullable=True),
    sa.Column('status', sa.String(40), nullable=False),
    sa.Column('source', sa.String(40), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('author', sa.String(length=200), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('change_set_id', sa.Integer(), nullable=True, comment='the basket or other act that it is a part of'),
    sa.Column('from_state', sa.String(40), nullable=True),
    sa.Column('to_state', sa.String(40), nullable=False),
    sa.Column('from_location_id', sa.Integer(), nullable=True, comment='where it was'),
    sa.Column('to_location_id', sa.Integer(), nullable=True, comment='where it is since'),
    sa.Column('from_person_id', sa.Integer(), nullable=True, comment='who held it'),
    sa.Column('to_person_id', sa.Integer(), nullable=True, comment='who holds it since'),
    sa.Column('from_department_id', sa.Integer(), nullable=True, comment='which department held it'),
    sa.Column('to_department_id', sa.Integer(), nullable=True, comment='which department holds it since'),
    sa.Column('from_due_on', sa.Date(), nullable=True, comment='loan: when it was due'),
    sa.Column('to_due_on', sa.Date(), nullable=True, comment='loan: when it is due since'),
    sa.Column('set_dates', JSON, nullable=False, comment='dates of the asset that it set: column to [before, after]'),
    sa.Column('reason', sa.String(length=2000), nullable=True),
    sa.Column('accessories', sa.String(length=1000), nullable=True),
    sa.Column('condition', sa.String(length=1000), nullable=True),
    sa.Column('counterparty', sa.String(length=255), nullable=True, comment='who delivers, repairs or receives it'),
    sa.Column('destination', sa.String(length=255), nullable=True),
    sa.Column('legal_basis', sa.String(length=500), nullable=True),
    sa.Column('unit_value', sa.BigInteger(), nullable=True, comment="in the asset's currency"),
    sa.Column('wiping_method', sa.String(length=255), nullable=True),
    sa.Column('wiped_on', sa.Date(), nullable=True),
    sa.Column('wiped_by', sa.String(length=200), nullable=True),
    sa.Column('certificate_number', sa.String(length=120), nullable=True),
    sa.Column('slip_number', sa.String(length=120), nullable=True, comment='waste slip'),
    sa.Column('cancelled_reason', sa.String(length=2000), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', sa.String(length=200), nullable=True),
    sa.CheckConstraint('to_person_id IS NULL OR to_department_id IS NULL', name=op.f('ck_movement_one_holder_after')),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_movement_asset_id_asset'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['change_set_id'], ['change_set.id'], name=op.f('fk_movement_change_set_id_change_set'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['from_department_id'], ['department.id'], name=op.f('fk_movement_from_department_id_department'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['from_location_id'], ['location.id'], name=op.f('fk_movement_from_location_id_location'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['from_person_id'], ['person.id'], name=op.f('fk_movement_from_person_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_movement_run_id_run'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['to_department_id'], ['department.id'], name=op.f('fk_movement_to_department_id_department'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['to_location_id'], ['location.id'], name=op.f('fk_movement_to_location_id_location'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['to_person_id'], ['person.id'], name=op.f('fk_movement_to_person_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_movement_user_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('movement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_movement_asset_id_id'), ['asset_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_author_id'), ['author', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_change_set_id'), ['change_set_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_effective_on_id'), ['effective_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_from_department_id'), ['from_department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_from_location_id'), ['from_location_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_from_person_id'), ['from_person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_kind_effective_on_id'), ['kind', 'effective_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_run_id'), ['run_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_status_effective_on_id'), ['status', 'effective_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_to_department_id'), ['to_department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_to_location_id'), ['to_location_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_to_person_id'), ['to_person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_user_id'), ['user_id'], unique=False)

    _drop_triggers()
    with op.batch_alter_table('asset', table_kwargs=_AUTOINCREMENT) as batch_op:
        batch_op.add_column(sa.Column('custodian_person_id', sa.Integer(), nullable=True, comment='holder; or else a department'))
        batch_op.add_column(sa.Column('custodian_department_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('technician_person_id', sa.Integer(), nullable=True, comment='who looks after it'))
        batch_op.add_column(sa.Column('loan_due_on', sa.Date(), nullable=True, comment='of the loan that it is on'))
        batch_op.add_column(sa.Column('purchased_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('delivered_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('in_service_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('warranty_starts_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('warranty_months', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('warranty_ends_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('last_stocktake_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('disposed_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('purchase_price', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('currency', sa.String(length=3), server_default='EUR', nullable=False))
        batch_op.add_column(sa.Column('depreciation_months', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('order_number', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('delivery_note_number', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('invoice_number', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('fixed_asset_number', sa.String(length=120), nullable=True, comment="the accountants' number"))
        batch_op.create_index(batch_op.f('ix_asset_custodian_department_id_id'), ['custodian_department_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_custodian_person_id_id'), ['custodian_person_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_fixed_asset_number_id'), ['fixed_asset_number', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_loan_due_on_id'), ['loan_due_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_purchased_on_id'), ['purchased_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_technician_person_id_id'), ['technician_person_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_warranty_ends_on_id'), ['warranty_ends_on', 'id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_asset_custodian_department_id_department'), 'department', ['custodian_department_id'], ['id'], ondelete='RESTRICT')
        batch_op.create_foreign_key(batch_op.f('fk_asset_technician_person_id_person'), 'person', ['technician_person_id'], ['id'], ondelete='RESTRICT')
        batch_op.create_foreign_key(batch_op.f('fk_asset_custodian_person_id_person'), 'person', ['custodian_person_id'], ['id'], ondelete='RESTRICT')
        batch_op.create_check_constraint(batch_op.f('ck_asset_one_custodian'), 'custodian_person_id IS NULL OR custodian_department_id IS NULL')
    _make_triggers()

    with op.batch_alter_table('location', schema=None) as batch_op:
        batch_op.add_column(sa.Column('code', sa.String(length=40), nullable=True, comment='short sign, as on a door'))
        batch_op.add_column(sa.Column('address', sa.String(length=500), nullable=True, comment='street, on some lines'))
        batch_op.add_column(sa.Column('postal_code', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('city', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('time_zone', sa.String(length=60), nullable=True, comment='IANA name; None: that of the place above it'))
        batch_op.add_column(sa.Column('notes', sa.Text(), nullable=True))

    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.add_column(sa.Column('person_id', sa.Integer(), nullable=True, comment='whose login it is'))
        batch_op.create_unique_constraint(batch_op.f('uq_user_person_id'), ['person_id'])
        batch_op.create_foreign_key(batch_op.f('fk_user_person_id_person'), 'person', ['person_id'], ['id'], ondelete='SET NULL')



def downgrade() -> None:
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_user_person_id_person'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_user_person_id'), type_='unique')
        batch_op.drop_column('person_id')

    with op.batch_alter_table('location', schema=None) as batch_op:
        batch_op.drop_column('notes')
        batch_op.drop_column('time_zone')
        batch_op.drop_column('city')
        batch_op.drop_column('postal_code')
        batch_op.drop_column('address')
        batch_op.drop_column('code')

    _drop_triggers()
    with op.batch_alter_table('asset', table_kwargs=_AUTOINCREMENT) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_asset_one_custodian'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_asset_custodian_person_id_person'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_asset_technician_person_id_person'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_asset_custodian_department_id_department'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_asset_warranty_ends_on_id'))
        batch_op.drop_index(batch_op.f('ix_asset_technician_person_id_id'))
        batch_op.drop_index(batch_op.f('ix_asset_purchased_on_id'))
        batch_op.drop_index(batch_op.f('ix_asset_loan_due_on_id'))
        batch_op.drop_index(batch_op.f('ix_asset_fixed_asset_number_id'))
        batch_op.drop_index(batch_op.f('ix_asset_custodian_person_id_id'))
        batch_op.drop_index(batch_op.f('ix_asset_custodian_department_id_id'))
        batch_op.drop_column('fixed_asset_number')
        batch_op.drop_column('invoice_number')
        batch_op.drop_column('delivery_note_number')
        batch_op.drop_column('order_number')
        batch_op.drop_column('depreciation_months')
        batch_op.drop_column('currency')
        batch_op.drop_column('purchase_price')
        batch_op.drop_column('disposed_on')
        batch_op.drop_column('last_stocktake_on')
        batch_op.drop_column('warranty_ends_on')
        batch_op.drop_column('warranty_months')
        batch_op.drop_column('warranty_starts_on')
        batch_op.drop_column('in_service_on')
        batch_op.drop_column('delivered_on')
        batch_op.drop_column('purchased_on')
        batch_op.drop_column('loan_due_on')
        batch_op.drop_column('technician_person_id')
        batch_op.drop_column('custodian_department_id')
        batch_op.drop_column('custodian_person_id')
    _make_triggers()

    with op.batch_alter_table('movement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_movement_user_id'))
        batch_op.drop_index(batch_op.f('ix_movement_to_person_id'))
        batch_op.drop_index(batch_op.f('ix_movement_to_location_id'))
        batch_op.drop_index(batch_op.f('ix_movement_to_department_id'))
        batch_op.drop_index(batch_op.f('ix_movement_status_effective_on_id'))
        batch_op.drop_index(batch_op.f('ix_movement_run_id'))
        batch_op.drop_index(batch_op.f('ix_movement_kind_effective_on_id'))
        batch_op.drop_index(batch_op.f('ix_movement_from_person_id'))
        batch_op.drop_index(batch_op.f('ix_movement_from_location_id'))
        batch_op.drop_index(batch_op.f('ix_movement_from_department_id'))
        batch_op.drop_index(batch_op.f('ix_movement_effective_on_id'))
        batch_op.drop_index(batch_op.f('ix_movement_change_set_id'))
        batch_op.drop_index(batch_op.f('ix_movement_author_id'))
        batch_op.drop_index(batch_op.f('ix_movement_asset_id_id'))

    op.drop_table('movement')
    op.drop_table('wall_outlet')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_site_id_id'))
        batch_op.drop_index(batch_op.f('ix_person_name_id'))
        batch_op.drop_index(batch_op.f('ix_person_manager_id'))
        batch_op.drop_index(batch_op.f('ix_person_left_on_id'))
        batch_op.drop_index(batch_op.f('ix_person_department_id_id'))

    op.drop_table('person')
    op.drop_table('tag_pattern')
    with op.batch_alter_table('department', schema=None) as batch_op:
        batch_op.drop_index('uq_department_root_name', sqlite_where=sa.text('parent_id IS NULL'), postgresql_where=sa.text('parent_id IS NULL'))
        batch_op.drop_index(batch_op.f('ix_department_parent_id'))

    op.drop_table('department')
