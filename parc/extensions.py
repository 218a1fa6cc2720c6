"""The Flask extensions, and ``transaction()``: the one place that commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app, g
from flask_babel import Babel
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.orm import Session

from parc.clock import Clock
from parc.config import Settings
from parc.models import Base
from parc.queries.scope import narrow, unlimited
from parc.services import scope as _scope  # noqa: F401 -- looks at what limited logins write
from parc.services.touched_assets import follow_noted

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True, compare_type=True, compare_server_default=True)
csrf = CSRFProtect()
babel = Babel()

# The database refused or is out of reach: what the doors, which write no SQL, catch by this name.
DatabaseError = sa.exc.DBAPIError
# Two acts at once would have left two rows of what there is one of, or a row that names a gone one.
RaceError = sa.exc.IntegrityError
TransactionMaker = Callable[[], AbstractContextManager[Session]]


@event.listens_for(sa.Engine, "connect")
def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Let SQLAlchemy begin transactions itself, and make SQLite safe and concurrent.

    The driver's own way begins only at the first write, so that what was read before is outside
    the transaction and updates are lost without any error.
    """
    del record
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=30000",
        ):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(sa.Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once, unless the transaction only reads."""
    if connection.dialect.name == "sqlite":
        is_write = connection.get_execution_options().get("parc_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


@contextmanager
def transaction() -> Iterator[Session]:
    """Give a session of its own that writes, commit at the end, roll back on any error.

    Reading goes through ``db.session``, which never commits; after a transaction it forgets what
    it has read, so that the page that follows shows what was written. What follows from the assets
    that were touched is brought up to date before the commit.
    """
    engine = db.engine.execution_options(parc_write=True)
    with _session(engine) as session, session.begin():
        yield session
        if session.in_transaction():  # not when the block has rolled back by itself
            with unlimited(session):
                _follow(session)
    db.session.rollback()


def _follow(session: Session) -> None:
    settings: Settings = current_app.extensions["parc_settings"]
    clock: Clock = current_app.extensions["parc_clock"]
    now = clock()
    zone = ZoneInfo(settings.interface.time_zone)
    follow_noted(session, today=now.astimezone(zone).date(), now=now)


def checked_transaction(check: Callable[[Session], object]) -> TransactionMaker:
    """Give a maker of transactions that commit only if ``check`` raises nothing at their end."""

    @contextmanager
    def make() -> Iterator[Session]:
        with transaction() as session:
            yield session
            session.flush()
            check(session)

    return make


@contextmanager
def reading() -> Iterator[Session]:
    """Give a session of its own for reading outside a request; nothing is committed."""
    with _session(db.engine) as session:
        yield session


def limit_sessions(user_id: int | None) -> None:
    """Narrow all sessions of this request to the places of a login; None: to nobody's."""
    g.parc_scope = user_id
    narrow(db.session(), user_id)


def _session(engine: sa.Engine) -> Session:
    """Make a session that knows what services need of the settings, and what it may see."""
    known = current_app.extensions.get("parc_session_info", {})
    session = Session(engine, expire_on_commit=False, info=dict(known))
    narrow(session, g.get("parc_scope"))
    return session
