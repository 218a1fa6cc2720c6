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


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server."""

    socket_folder: Path

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
