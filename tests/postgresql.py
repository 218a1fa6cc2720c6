"""A real PostgreSQL server for tests, run as an ordinary user on a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg

TEMPLATE: Final = "parc_template"
_DATABASE: Final = "parc_test"
_ROWS: Final = """
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
# Everything that a test may have left: rows, and numbers that were given out. To truncate tables
# would truncate all those that refer to them too, which takes as long as a copy.
_EMPTY: Final = f"""
    DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT relname {_ROWS} LOOP
        EXECUTE format('DELETE FROM %I', one.relname);
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        PERFORM setval(format('%I', one.sequencename)::regclass, 1, false);
    END LOOP;
    END $$
"""
# What the migrations made; a test that changed it gets its successor a new database.
_SHAPE: Final = """
    SELECT count(*), max(oid), max(version_num) FROM pg_class, alembic_version
    WHERE relnamespace = 'public'::regnamespace
"""


@dataclass(slots=True)
class Cluster:
    """A running server."""

    socket_folder: Path
    _shape: object = None

    def make_template(self) -> None:
        """Make the empty database that the migrations are to fill."""
        self._administer(f"CREATE DATABASE {TEMPLATE}")

    def fresh_database(self) -> str:
        """Give the name of a database as the migrations made it; the one before ends.

        A copy of the template costs four times what it costs to empty the tables that were used.
        """
        if self._shape is None or not self._empty():
            self._administer(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
            self._administer(f"CREATE DATABASE {_DATABASE} TEMPLATE {TEMPLATE}")
            with self._connect(_DATABASE) as connection:
                self._shape = connection.execute(_SHAPE).fetchone()
                filled = connection.execute(f"SELECT relname {_ROWS}").fetchall()
                assert filled == [], "migrations leave rows, which a test would lose"
        return _DATABASE

    def _empty(self) -> bool:
        """Empty the database; tell whether it is what the migrations made."""
        self._administer(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{_DATABASE}'"
        )
        try:
            with self._connect(_DATABASE) as connection:
                if connection.execute(_SHAPE).fetchone() != self._shape:
                    return False
                connection.execute(_EMPTY)
        except psycopg.Error:
            return False
        return True

    def _administer(self, statement: LiteralString) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement)

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.url(database, driver=""), autocommit=True)

    def url(self, database: str, driver: str = "+psycopg") -> str:
        """Give the address of one of its databases."""
        return f"postgresql{driver}://postgres@/{database}?host={self.socket_folder}"


def find_programs() -> Path | None:
    """Give the folder of ``initdb`` and ``pg_ctl``: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def start_cluster(programs: Path) -> Iterator[Cluster]:
    """Make and start a server in a folder of its own; stop and remove it at the end.

    Not in pytest's temporary folders: another run of the same user tidies those up, and takes
    the rights away that PostgreSQL's user needs there.
    """
    with tempfile.TemporaryDirectory(prefix="parc-pg-", ignore_cleanup_errors=True) as name:
        yield from _run_cluster(programs, Path(name))


def _run_cluster(programs: Path, folder: Path) -> Iterator[Cluster]:
    prefix = _as_ordinary_user(folder)
    data = folder / "data"
    _call(
        [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
    )
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [*prefix, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    _call([*control, "-o", options, "-l", str(folder / "log"), "start"])
    try:
        yield Cluster(folder)
    finally:
        _call([*control, "-m", "immediate", "stop"])


def _as_ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to the user postgres then."""
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _call(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
