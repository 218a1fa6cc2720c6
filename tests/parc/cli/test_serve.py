"""Tests of the server as a real process: how it refuses to start, how it ends, how it is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parc.config import Settings
from tests.parc.jobs.small_network import ROOT, wait_until

pytestmark = pytest.mark.long


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARC_")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(folder),
        "PARC_SERVER_PORT": str(port),
    }


def _run(folder: Path, port: int, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "parc", *words],
        cwd="/",
        env=_environment(folder, port),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def _server(settings: Settings, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "parc", "serve"],
            cwd="/",
            env=_environment(settings.data_folder, port),
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: _answers(port) and "is ready" in log.read_text(), seconds=40)
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _family(pid: int) -> list[int]:
    """Give the children of a process, whichever thread began them."""
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(word) for words in lists for word in words.split()]


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_server_stops_cleanly_within_seconds_and_restarts_a_dead_worker(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with _server(sqlite_settings, _free_port(), log) as process:
        wait_until(lambda: log.read_text().count("is ready") == 1, seconds=40)
        os.kill(_worker_of(process.pid), signal.SIGKILL)
        wait_until(lambda: log.read_text().count("is ready") == 2, seconds=40)
        family = _family(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=40) == 0
        assert not any(map(_is_alive, family))
    assert "Traceback" not in log.read_text()


def test_server_that_is_killed_takes_its_processes_with_it(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    with _server(sqlite_settings, _free_port(), tmp_path / "log") as process:
        family = _family(process.pid)
        assert len(family) >= 3
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(_is_alive, family)), seconds=40)


FORKS_WHILE_STARTING = """
import os, threading
from parc.cli.serve import keep_forks_from_starts, start_program

def start():
    for _ in range(100):
        start_program(["/bin/true"]).wait()

keep_forks_from_starts()
thread = threading.Thread(target=start, daemon=True)
thread.start()
gate, key = os.pipe()
for _ in range(60):
    if not os.fork():
        os.close(key)
        os.read(gate, 1)  # lives until the parent ends, as a web process does
        os._exit(0)
thread.join(30)
os._exit(int(thread.is_alive()))
"""


def test_program_starts_though_another_thread_forks() -> None:
    done = subprocess.run([sys.executable, "-c", FORKS_WHILE_STARTING], timeout=60, check=False)
    assert done.returncode == 0


def _worker_of(pid: int) -> int:
    for child in _family(pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if b"worker" in words:
            return child
    pytest.fail("the server has no worker")


def test_server_refuses_a_port_in_use_in_one_line(sqlite_settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        done = _run(sqlite_settings.data_folder, port, "serve")
    advice = "is in use: stop what listens there, or set another server.port."
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"parc: 127.0.0.1:{port} {advice}\n"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_missing_tables_are_told_in_one_line(tmp_path: Path, command: str) -> None:
    done = _run(tmp_path / "var", _free_port(), command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "parc: The database has no tables yet: run 'parc db upgrade'.\n"


def test_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _run(tmp_path / "file" / "var", _free_port(), "db", "upgrade")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_database_is_brought_up_to_date_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    assert _run(folder, _free_port(), "db", "check").returncode == 1
    first = _run(folder, _free_port(), "db", "upgrade")
    assert (first.returncode, first.stdout) == (
        0,
        "The database is up to date (it was missing).\n",
    )
    assert _run(folder, _free_port(), "db", "check").returncode == 0


def test_collecting_starts_without_flask_and_database() -> None:
    program = (
        "import sys; from parc.__main__ import parc;"
        "parc(['collect', 'snmp', '--help'], standalone_mode=False);"
        "sys.exit(any(name in sys.modules for name in ('flask', 'sqlalchemy', 'apscheduler')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
