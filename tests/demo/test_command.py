"""``parc demo`` as a person starts and stops it."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from parc.demo.network import load_network
from tests.demo.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 30


@contextmanager
def _demo(folder: Path, network_port: int) -> Iterator[str]:
    """Run the demo until the block ends, by Ctrl-C; gives its one-time link."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "parc", "demo", "--folder", str(folder)]
    errors = folder.with_suffix(".log")
    with (
        errors.open("a") as log,
        subprocess.Popen(
            [*command, "--port", str(port), "--network-port", str(network_port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as child,
    ):
        link = ""
        try:
            for line in child.stdout or ():
                if "/sign-in/link/" in line:
                    link = "http" + line.partition("http")[2].strip()
                if line.startswith("Parc is at"):
                    break
            assert link, errors.read_text()
            yield link
        finally:
            child.send_signal(signal.SIGINT)
            code = child.wait(_STOP_SECONDS)
        assert code == 0, errors.read_text()


@pytest.mark.long
def test_demo_stops_by_ctrl_c_and_keeps_all_at_the_next_start(tmp_path: Path) -> None:
    folder, network_port = tmp_path / "demo", free_port()
    links = []
    for _ in range(2):
        with _demo(folder, network_port) as link:
            links.append(link)
            with urllib.request.urlopen(link, timeout=30) as page:  # noqa: S310 -- our own
                assert page.status == 200
        _wait_until_free(load_network().devices[0].address, network_port)
    assert links[0] != links[1]
    with closing(sqlite3.connect(folder / "parc.db")) as connection:
        assert (
            _count(connection, "SELECT count(*) FROM user") == 4
        )  # with two technicians and a requester
        assert _count(connection, "SELECT count(*) FROM address_range") == len(
            load_network().ranges
        )


def test_list_of_devices_is_what_collect_takes() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "parc", "demo", "network", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = said.splitlines()
    assert len(lines) == len(load_network().devices)
    assert lines[0] == "127.0.10.1 1161 public"


def _wait_until_free(address: str, port: int) -> None:
    """Wait until the simulated network is gone, as it must be soon after its parent."""
    end = time.monotonic() + _STOP_SECONDS
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                assert time.monotonic() < end, "the simulated network still runs"
                time.sleep(0.1)
            else:
                return


def _count(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])
