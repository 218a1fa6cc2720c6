"""Is the database of this code's age? And bring it there, with a copy kept before."""

from __future__ import annotations

import enum
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade as run_migrations

from parc.errors import StartError
from parc.extensions import db

_KEPT_COPIES = 5


class SchemaAge(enum.StrEnum):
    """How the tables compare with the code."""

    MISSING = "missing"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


_ADVICE = {
    SchemaAge.MISSING: "The database has no tables yet: run 'parc db upgrade'.",
    SchemaAge.OLDER: "The database is older than this version of Parc: run 'parc db upgrade'.",
    SchemaAge.NEWER: "The database was written by a newer version of Parc: install that version.",
}


def schema_age() -> SchemaAge:
    """Compare the database of the current application with the migrations of the code."""
    scripts = ScriptDirectory(str(Path(current_app.root_path) / "migrations"))
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return SchemaAge.MISSING
    if revision == scripts.get_current_head():
        return SchemaAge.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaAge.OLDER if revision in known else SchemaAge.NEWER


def check_schema() -> None:
    """Refuse to work on tables of another age.

    Raises:
        StartError: says what to do.
    """
    age = schema_age()
    if age is not SchemaAge.CURRENT:
        raise StartError(_ADVICE[age])


def upgrade_schema(data_folder: Path, now: datetime) -> SchemaAge:
    """Bring the tables to the code's age; gives what they were before.

    A SQLite file that is older is copied into ``backups`` first; the last five copies are kept.

    Raises:
        StartError: the database is newer than the code.
    """
    age = schema_age()
    if age is SchemaAge.NEWER:
        raise StartError(_ADVICE[age])
    if age is SchemaAge.OLDER and db.engine.dialect.name == "sqlite":
        _copy(data_folder / "backups", now)
    if age is not SchemaAge.CURRENT:
        run_migrations()
    return age


def _copy(folder: Path, now: datetime) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"parc-{now:%Y%m%dT%H%M%SZ}.db"
    # Past SQLAlchemy, which would begin a transaction: SQLite copies outside of one only.
    with closing(db.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    for old in sorted(folder.glob("parc-*.db"))[:-_KEPT_COPIES]:
        old.unlink()
