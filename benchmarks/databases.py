"""Empty databases for measuring: a file of SQLite, or a server of PostgreSQL of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from parc.config import DatabaseSettings, Settings
from tests.postgresql import find_programs, start_cluster

NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@contextmanager
def new_database(name: str) -> Iterator[Settings]:
    """Give the settings of a database without tables; it ends with this."""
    with tempfile.TemporaryDirectory() as folder:
        if name == "sqlite":
            yield Settings(data_folder=Path(folder))
            return
        programs = find_programs()
        if programs is None:
            sys.exit("PostgreSQL's programs are not installed (Debian: postgresql)")
        with start_cluster(programs) as cluster:
            database = DatabaseSettings(url=cluster.url("postgres"))
            yield Settings(data_folder=Path(folder), database=database)
