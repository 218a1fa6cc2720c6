"""``parc collect snmp``: its input, its lines, its exit codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from parc.cli.collect import collect
from tests.collectors.conftest import Agent, agent

__all__ = ["agent"]


def test_every_wrong_line_is_told_and_nothing_is_asked(tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    targets.write_text("# address port community\n10.0.0.1 161\nhost 161 x\n10.0.0.1 70000 x\n")
    result = CliRunner().invoke(collect, ["snmp", "--targets", str(targets)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "line 2: needs address, port and community" in result.stderr
    assert "line 3: 'host' does not appear to be an IPv4 or IPv6 address" in result.stderr
    assert "line 4: '70000' is no port" in result.stderr


@pytest.mark.network
def test_each_target_gets_one_line_whether_it_answers_or_not(agent: Agent) -> None:
    lines = f"127.0.0.1 {agent.port} correct\n127.0.0.2 {agent.port} correct\n\n# the end\n"
    arguments = ["snmp", "--targets", "-", "--timeout", "0.3", "--retries", "0"]
    result = CliRunner().invoke(collect, arguments, input=lines)
    assert result.exit_code == 0
    found = {one["address"]: one for one in map(msgspec.json.decode, result.stdout.splitlines())}
    assert found["127.0.0.1"]["hostname"] == "test-agent"
    assert found["127.0.0.1"]["os"] == "Linux"
    assert found["127.0.0.2"] == {
        "address": "127.0.0.2",
        "error": "no_answer: no reply in 0.3 s",
    }
    assert "2 targets, 1 answered" in result.stderr
    assert "correct" not in result.stderr


def test_definitions_of_ones_own_are_read_and_their_mistakes_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('id = "mine"\ntitel = "x"\n')
    arguments = ["snmp", "--targets", "-", "--definitions", str(tmp_path)]
    result = CliRunner().invoke(collect, arguments, input="")
    assert result.exit_code == 1
    assert "mine.toml: titel" in result.stderr
