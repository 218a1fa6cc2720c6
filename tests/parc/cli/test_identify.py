"""``parc identify``: values with their sources, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from parc.cli.identify import identify
from parc.errors import ParcError
from tests.collectors.conftest import Agent, agent
from tests.parc.jobs.small_network import free_udp_port, prepare_range, switches

__all__ = ["agent"]

_WALKS = Path(__file__).parents[2] / "walks"
_UNKNOWN = """\
.1.3.6.1.2.1.1.1.0 = STRING: "Widget W-2000
made with care"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.1
.1.3.6.1.2.1.1.3.0 = Timeticks: (123) 0:00:01.23
.1.3.6.1.4.1.99999.1.1.0 = STRING: "AB1234567"
.1.3.6.1.4.1.99999.1.2.0 = STRING: "CD7654321"
"""


def _walk(recording: Path, *options: str) -> Result:
    return CliRunner().invoke(identify, ["--walk", str(recording), *options])


def _unknown(folder: Path) -> Path:
    recording = folder / "walk.txt"
    recording.write_text(_UNKNOWN)
    return recording


def test_recorded_device_is_named_with_the_source_of_each_value() -> None:
    recording = _WALKS / "apc_ups" / "walk.snmprec"
    result = _walk(recording, "--explain")
    assert result.exit_code == 0
    assert "manufacturer       APC\n" in result.output
    told = "get of definition apc_ups at upsBasicIdentModel 1.3.6.1.4.1.318.1.1.1.1.1.1.0"
    assert f"model_name         Smart-UPS 1500\n    from {told}\n" in result.output
    assert "also 'American Power Conversion Corp.', from object at upsIdentM" in result.output
    assert "Definition apc_ups fits (maker: APC)." in result.output
    assert "from" not in _walk(recording).output


def test_unknown_device_is_told_with_what_is_missing_and_where_it_may_stand(
    tmp_path: Path,
) -> None:
    output = _walk(_unknown(tmp_path), "--explain").output
    assert "No definition fits sysObjectID 1.3.6.1.4.1.99999.1 (maker: unknown)." in output
    assert "Missing: manufacturer, model_name, serial_number" in output
    assert "serial_number      1.3.6.1.4.1.99999.1.1.0 = 'AB1234567'" in output


def test_json_holds_origins_missing_fields_and_leads(tmp_path: Path) -> None:
    told = json.loads(_walk(_WALKS / "apc_ups" / "walk.snmprec", "--json").output)
    assert told["identity"]["model_name"] == "Smart-UPS 1500"
    assert told["maker"] == "APC"
    assert any(one["how"]["definition"] == "apc_ups" for one in told["identity"]["origins"])
    told = json.loads(_walk(_unknown(tmp_path), "--json").output)
    assert "serial_number" in told["missing"]
    assert told["leads"][0] == {
        "field": "serial_number",
        "oid": "1.3.6.1.4.1.99999.1.1.0",
        "value": "AB1234567",
    }


def test_definition_of_ones_own_speaks_for_a_recording(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "widget.toml").write_text(
        'id = "widget"\ntitle = "Widget"\nmanufacturer = "Acme"\nsource = "WIDGET-MIB"\n'
        '[[match]]\nsys_object_id = ["1.3.6.1.4.1.99999.1"]\n'
        '[[read.serial_number]]\nverb = "get"\noid = "1.3.6.1.4.1.99999.1.1.0"\n'
    )
    output = _walk(_unknown(tmp_path), "--definitions", str(folder), "--explain").output
    assert "serial_number      AB1234567\n    from get of definition widget" in output


def test_recording_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    recording = tmp_path / "walk.txt"
    recording.write_text("1.3.6.1.2.1.1.1.0|4|x\nnonsense\n")
    result = _walk(recording)
    assert isinstance(result.exception, ParcError)
    assert str(result.exception).endswith("walk.txt: line 2: is not OID|TAG|VALUE")


def test_device_or_recording_must_be_named() -> None:
    for arguments in ([], ["192.0.2.1", "--walk", __file__], ["switch.example.net"]):
        assert CliRunner().invoke(identify, arguments).exit_code == 2


def test_device_is_asked_with_what_is_stored_for_its_range(sqlite_app: Flask) -> None:
    port = free_udp_port()
    prepare_range(sqlite_app, port)
    with switches(port):
        output = CliRunner().invoke(identify, ["127.44.0.3", "--explain"]).output
    assert "127.44.0.3\nmanufacturer       " in output
    assert "serial_number      CN19FP03S0\n" in output
    result = CliRunner().invoke(identify, ["192.0.2.200"])
    assert isinstance(result.exception, ParcError)
    assert "No range that covers 192.0.2.200" in str(result.exception)


@pytest.mark.network
def test_community_comes_from_environment_or_prompt_and_is_not_shown(agent: Agent) -> None:
    asked = ["127.0.0.1", "--port", str(agent.port)]
    from_environment = CliRunner().invoke(
        identify, [*asked, "--community-env", "THEIRS"], env={"THEIRS": "correct"}
    )
    assert "operating_system   Linux" in from_environment.output
    prompted = CliRunner().invoke(identify, [*asked, "--ask", "--explain"], input="correct\n")
    assert "Missing: " in prompted.output
    assert "correct" not in prompted.output
    unset = CliRunner().invoke(identify, [*asked, "--community-env", "NOWHERE_SET"])
    assert "NOWHERE_SET is not set" in str(unset.exception)
