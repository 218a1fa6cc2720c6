"""The fleet of ``benchmarks.fleet`` in PostgreSQL: its tables copied from SQLite, and analysed."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from parc.app import create_app
from parc.config import Settings
from parc.extensions import db
from parc.models import (
    Asset,
    Attachment,
    Base,
    Contract,
    ContractLine,
    ContractPeriod,
    Coverage,
    Department,
    Device,
    Incident,
    IncidentAsset,
    Interface,
    Location,
    Movement,
    Neighbor,
    Person,
    Supplier,
    SwitchPort,
    WallOutlet,
    table_of,
)
from parc.reconcile.bulk import insert_rows

# In the order in which foreign keys need them.
_MODELS: Final[tuple[type[Base], ...]] = (
    Location,
    Department,
    Person,
    Supplier,
    Asset,
    Contract,
    ContractPeriod,
    ContractLine,
    Coverage,
    Device,
    Interface,
    SwitchPort,
    Neighbor,
    Attachment,
    WallOutlet,
    Movement,
    Incident,
    IncidentAsset,
)
_PART: Final = 20_000


def copy_fleet(source: Settings, target: Settings) -> None:
    """Copy the tables of a fleet into an empty database of PostgreSQL."""
    app = create_app(target)
    engine = sa.create_engine(source.database_url)
    with app.app_context(), engine.connect() as connection:
        upgrade()
        for model in _MODELS:
            table = table_of(model)
            rows = connection.execution_options(yield_per=_PART).execute(sa.select(table))
            for part in rows.mappings().partitions():
                with Session(db.engine) as session, session.begin():
                    insert_rows(session, model, [dict(row) for row in part])
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
            for model in _MODELS:
                name = model.__tablename__
                if "id" in table_of(model).c:
                    admin.execute(
                        sa.text(
                            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id))"
                            f" FROM {name}"
                        )
                    )
            admin.execute(sa.text("VACUUM ANALYZE"))
        db.session.remove()
        db.engine.dispose()
    engine.dispose()
