"""Debian's own agents, unmodified, report to a server that runs; their machine comes out right."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.served import ROOT, Served, serving_parc

_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_SECONDS = 90


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose own network needs no token: loopback."""
    folder = tmp_path_factory.mktemp("agents") / "var"
    settings = {"PARC_AGENTS_NETWORKS": "127.0.0.1/32"}
    with serving_parc(folder, settings) as running:
        yield running


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: {name})")
    return found


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_SECONDS * 2,
        cwd=folder,
        env={"PATH": _PATH, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _rows(served: Served, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(served.folder / "parc.db") as connection:
        return connection.execute(query).fetchall()


def _wait(served: Served, agent: str) -> tuple[Any, ...]:
    """Give the device of an agent, once its inventory was taken over."""
    query = (
        "SELECT device.id, device.sys_name, device.operating_system, device.memory_bytes,"
        " device.asset_id FROM agent JOIN device ON device.id = agent.device_id"
        f" WHERE agent.client LIKE '{agent}%'"
        " AND NOT EXISTS (SELECT 1 FROM agent_upload WHERE agent_upload.agent_id = agent.id)"
    )
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        rows = _rows(served, query)
        if rows:
            return rows[0]
        time.sleep(0.5)
    pytest.fail(f"nothing of {agent} was taken over: {served.log.read_text()[-2000:]}")


def _judge(served: Served, device: tuple[Any, ...]) -> None:
    """Compare what was taken over with what this machine says of itself."""
    number, name, system, memory, asset_id = device
    assert name.casefold() == socket.gethostname().partition(".")[0].casefold()
    assert platform.freedesktop_os_release()["ID"] in system.casefold()
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert memory == pytest.approx(total, rel=0.1)
    assert asset_id is not None
    software = dict(
        _rows(served, f"SELECT name, version FROM installation WHERE device_id = {number}")
    )
    told = subprocess.run(
        ["/usr/bin/dpkg-query", "-W", "-f", "${Package} ${Version}\n"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    packages = dict(line.split(" ", 1) for line in told.splitlines())
    assert len(software) >= 0.9 * len(packages)
    assert "bash" in software
    assert packages["bash"].startswith(str(software["bash"])[:3])
    kinds = {kind for (kind,) in _rows(served, "SELECT DISTINCT kind FROM host_entry")}
    assert kinds >= {"processor", "operating_system"}


@pytest.mark.long
def test_fusioninventory_reports_and_its_machine_is_right(served: Served, tmp_path: Path) -> None:
    program = _program("fusioninventory-agent")
    if not os.access("/var/lib/fusioninventory-agent", os.W_OK):
        pytest.skip("the agent keeps its state in /var/lib/fusioninventory-agent: root runs it")
    url = f"{served.url}/plugins/fusioninventory/"
    command = (
        program, f"--server={url}", "--force", "--debug",
        "--no-task=deploy,collect,esx,wakeonlan,netdiscovery,netinventory", "--config=none",
        "--logger=stderr", "--tag=SITE-A",
    )  # fmt: skip
    _run(tmp_path, *command)
    device = _wait(served, "FusionInventory")
    _judge(served, device)
    counts = "SELECT (SELECT count(*) FROM device), (SELECT count(*) FROM audit_entry)"
    before = _rows(served, counts)
    _run(tmp_path, *command)
    time.sleep(3)
    assert _wait(served, "FusionInventory")[0] == device[0]
    assert _rows(served, counts)[0][0] == before[0][0]


def _token_address(served: Served) -> str:
    """Give the address with a token, as the guide says to make it."""
    environment = {"PARC_DATA": str(served.folder), "PYTHONPATH": str(ROOT), "PATH": _PATH}
    done = subprocess.run(
        [sys.executable, "-m", "parc", "agents", "add-token", "Lyon"],
        capture_output=True, text=True, check=True, env=environment, cwd=served.folder.parent,
    )  # fmt: skip
    token = done.stdout.rpartition("/inventory/")[2].split()[0]
    return f"{served.url}/inventory/{token}"


@pytest.mark.long
def test_ocs_reports_with_a_token_and_its_machine_is_the_same_asset(
    served: Served, tmp_path: Path
) -> None:
    program = _program("ocsinventory-agent")
    output = _run(
        tmp_path, program, f"--server={_token_address(served)}", "--local=0",
        f"--basevardir={tmp_path}",
        "--debug", "--force",
    )  # fmt: skip
    tokens = "SELECT count(*) FROM agent WHERE client LIKE 'OCS%' AND token_id IS NOT NULL"
    assert _rows(served, tokens) == [(1,)]
    assert "Deflating problem" not in output
    _judge(served, _wait(served, "OCS"))
