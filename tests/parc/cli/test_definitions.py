"""``parc definitions``: mistakes told, platforms listed, definitions tried on recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parc.cli.definitions import definitions
from parc.errors import ParcError

_WIDGET = """\
id = "widget"
title = "Acme widgets"
manufacturer = "Acme"
category = "environment"
source = "WIDGET-MIB"

[[match]]
sys_object_id = ["1.3.6.1.4.1.99999.1"]

[[read.serial_number]]
verb = "get"
oid = "1.3.6.1.4.1.99999.1.1.0"
"""
_WALK = """\
.1.3.6.1.2.1.1.1.0 = STRING: "Widget"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.1
.1.3.6.1.4.1.99999.1.1.0 = STRING: "AB1234567"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "widget.toml").write_text(_WIDGET)
    (tmp_path / "widget.txt").write_text(_WALK)
    return tmp_path


def test_own_definitions_are_counted_and_listed(folder: Path) -> None:
    result = CliRunner().invoke(definitions, ["check", str(folder)])
    assert "definitions can be used, 1 of them your own." in result.output
    rows = json.loads(CliRunner().invoke(definitions, ["list", str(folder), "--json"]).output)
    assert [row["id"] for row in rows if row["is_own"]] == ["widget"]
    table = CliRunner().invoke(definitions, ["list", str(folder)]).output
    assert any(line.startswith("widget ") and "yes" in line for line in table.splitlines())


def test_every_mistake_is_told_with_file_and_key(folder: Path) -> None:
    (folder / "broken.toml").write_text('id = "other"\ntitel = "x"\n')
    error = CliRunner().invoke(definitions, ["check", str(folder)]).exception
    assert isinstance(error, ParcError)
    assert "broken.toml: titel: unknown key" in str(error)
    assert "broken.toml: id: is not the file's name" in str(error)


def test_definition_is_tried_on_the_recording_beside_it(folder: Path) -> None:
    result = CliRunner().invoke(definitions, ["test", str(folder)])
    assert result.exit_code == 0
    assert "widget: good\n" in result.output
    assert "    serial_number      AB1234567\n" in result.output


def test_definition_that_reads_too_little_or_does_not_speak_is_told(folder: Path) -> None:
    recording = folder / "widget.txt"
    recording.write_text(_WALK.replace("99999.1.1.0", "99999.1.7.0"))
    result = CliRunner().invoke(definitions, ["test", str(folder)])
    assert isinstance(result.exception, ParcError)
    assert "serial_number      not read" in result.output
    recording.write_text(_WALK.replace("OID: .1.3.6.1.4.1.99999.1", "OID: .1.3.6.1.4.1.99998.1"))
    result = CliRunner().invoke(definitions, ["test", str(folder)])
    assert "widget: WRONG: no definition speaks" in result.output
    recording.unlink()
    assert "no recording beside it" in CliRunner().invoke(definitions, ["test", str(folder)]).output


def test_folder_of_the_settings_is_taken_when_none_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PARC_CONFIG", raising=False)
    monkeypatch.delenv("PARC_DISCOVERY_DEFINITIONS_FOLDER", raising=False)
    result = CliRunner().invoke(definitions, ["test"])
    assert "Name a folder" in str(result.exception)
    monkeypatch.setenv("PARC_DISCOVERY_DEFINITIONS_FOLDER", str(folder))
    assert "widget: good" in CliRunner().invoke(definitions, ["test"]).output
