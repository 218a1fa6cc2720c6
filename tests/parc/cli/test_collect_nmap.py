"""``parc collect nmap``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parc.cli.collect_nmap import nmap_command
from tests.collectors.nmap.fake_nmap import FINISHED, START, host_xml, mac_xml, make_fake_nmap


def run(*words: str) -> Result:
    return CliRunner().invoke(nmap_command, words, catch_exceptions=False)


def test_responders_are_printed_as_json_lines(tmp_path: Path) -> None:
    hosts = host_xml("10.0.0.1", inside=mac_xml("00:1B:54:AA:00:15")) + host_xml("10.0.0.2")
    fake = make_fake_nmap(tmp_path, START + hosts + FINISHED)
    words = ("--profile", "presence", "--no-names", "--nmap-path", str(fake.path))
    result = run("10.0.0.0/29", "--exclude", "10.0.0.2", *words)
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    responder = json.loads(line)
    assert responder["address"] == "10.0.0.1"
    assert responder["presence"]["oui_manufacturer"] == "Cisco"
    assert result.stderr == ""


def test_an_incomplete_sweep_ends_with_1_and_says_why(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, messages="no route to host", end="exit 1")
    result = run("10.0.0.1", "--no-names", "--nmap-path", str(fake.path))
    assert result.exit_code == 1
    assert "nmap_failed: no route to host" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("10.0.0.5/24", "--", "nonsense"), "10.0.0.0/24"),
        (("10.0.0.5/24", "-oN"), "No such option"),
        (("--", "-oN"), "not an address"),
        (("2001:db8::/64",), "/112"),
        (("8.8.8.8",), "--allow-public"),
        (("10.0.0.0/24", "--exclude", "$(reboot)"), "not an address"),
        (("10.0.0.0/24", "--profile", "vuln"), "vuln"),
        ((), "NETWORK"),
    ],
)
def test_wrong_use_is_answered_with_what_to_write(words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_command_needs_neither_flask_nor_a_database() -> None:
    code = (
        "import sys, parc.cli.collect_nmap;"
        "sys.exit(bool({'flask', 'sqlalchemy', 'pysnmp', 'netaddr'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
