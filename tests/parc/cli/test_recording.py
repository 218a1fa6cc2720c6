"""``parc collect snmp --record``: a scrubbed walk of one device, for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parc.cli.collect import collect
from parc.cli.identify import identify
from parc.errors import ParcError
from tests.collectors.conftest import Agent, agent

__all__ = ["agent"]


def _record(lines: str, file: Path, *options: str) -> Result:
    arguments = ["snmp", "--targets", "-", "--record", str(file), *options]
    return CliRunner().invoke(collect, arguments, input=lines)


@pytest.mark.network
def test_recording_is_scrubbed_private_and_can_be_identified(agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "agent.snmprec"
    result = _record(f"127.0.0.1 {agent.port} correct\n", file)
    assert result.exit_code == 0, result.output
    assert "Left out: " in result.stderr
    assert "read the file before" in result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    for secret in ("test-agent", "Room 4", "somebody@example.com"):
        assert secret not in text
    assert "operating_system   Linux" in CliRunner().invoke(identify, ["--walk", str(file)]).output


@pytest.mark.network
def test_file_that_is_there_is_replaced_by_force_only(agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "agent.snmprec"
    file.write_text("mine")
    file.chmod(0o644)
    line = f"127.0.0.1 {agent.port} correct\n"
    result = _record(line, file)
    assert isinstance(result.exception, ParcError)
    assert file.read_text() == "mine"
    assert _record(line, file, "--force").exit_code == 0
    assert file.read_text().startswith("1.")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_one_device_is_recorded(tmp_path: Path) -> None:
    lines = "192.0.2.1 161 x\n192.0.2.2 161 x\n"
    result = _record(lines, tmp_path / "both")
    assert result.exit_code == 2
    assert "exactly one target" in result.output
