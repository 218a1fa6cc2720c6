"""Alembic's environment: runs migrations on the application's own engine.

SQLite rebuilds a table to change it; with foreign keys on, dropping the old one would delete the
rows that point at it. They are off during a migration and checked before it is committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from parc.models import Base
from parc.models.base import EnumValue, Money, UtcDateTime


def _engine() -> sa.Engine:
    engine: sa.Engine = current_app.extensions["migrate"].db.engine
    return engine


def _include_name(name: str | None, kind: str, parents: object) -> bool:
    """Leave out tables that migrations make by hand: the full-text indexes of SQLite."""
    del parents
    made_by_hand = ("asset_search", "incident_search")
    return kind != "table" or name is None or not name.startswith(made_by_hand)


def _include_object(
    item: object, name: str | None, kind: str, reflected: bool, other: object
) -> bool:
    """Leave out indexes that only one database knows; the models do not declare them."""
    del item, other
    return not (kind == "index" and reflected and name is not None and name.endswith("_trigram"))


def _render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own types as the plain ones below them: a migration must not follow the models."""
    del autogen
    if kind != "type":
        return False
    if isinstance(item, EnumValue):
        return "sa.String(40)"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Money):
        return "sa.BigInteger()"
    return "JSON" if isinstance(item, sa.JSON) else False


def _broken(rows: Iterable[Any]) -> Counter[tuple[str, str]]:
    """Count references to rows that are not there, by the table that refers and the other."""
    return Counter((row[0], row[2]) for row in rows)


def run_migrations() -> None:
    """Run them in one transaction, with SQLite's write lock held from the start."""
    with _engine().execution_options(parc_write=True).connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        broken_before: Counter[tuple[str, str]] = Counter()
        if is_sqlite and raw is not None:
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
            broken_before = _broken(raw.cursor().execute("PRAGMA foreign_key_check"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            include_name=_include_name,
            include_object=_include_object,
            render_item=_render_item,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite:
                broken = _broken(connection.execute(sa.text("PRAGMA foreign_key_check")))
                if count := (broken - broken_before).total():
                    message = f"the migration breaks {count} references: nothing was changed"
                    raise RuntimeError(message)
    if is_sqlite:
        _engine().dispose()  # this connection watches no references: another one begins


run_migrations()
