"""Tests that example, dataclasses and reference of the settings say the same."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

from parc.config import Settings, load_settings
from tools.settings_reference import (
    EXAMPLE,
    REFERENCE,
    TABLES,
    read_example,
    render,
    uncommented,
)

TEXT = EXAMPLE.read_text(encoding="utf-8")


def test_example_as_it_stands_is_the_defaults() -> None:
    loaded = load_settings(EXAMPLE, {})
    expected = Settings(data_folder=loaded.data_folder, path=EXAMPLE)
    assert loaded == expected


def test_example_with_its_commented_entries_loads(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(uncommented(TEXT), encoding="utf-8")
    settings = load_settings(path, {})
    assert [entry.name for entry in settings.credentials] == ["office"]
    assert [entry.credentials for entry in settings.ranges] == [("office",)]


def test_every_setting_stands_in_the_example_with_unit_and_reason() -> None:
    described = {(one.table, one.key): one for one in read_example(TEXT)}
    known = {
        (table, entry.name) for table, kind in TABLES.items() for entry in dataclasses.fields(kind)
    }
    assert set(described) == known
    assert [one for one in described.values() if not one.unit or not one.reason] == []


def test_every_default_of_a_table_is_written_out() -> None:
    document = tomllib.loads(TEXT)
    for table, kind in TABLES.items():
        if table in document:
            assert set(document[table]) == {entry.name for entry in dataclasses.fields(kind)}


def test_reference_is_up_to_date_and_names_every_setting() -> None:
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == render(TEXT), "run 'python -m tools.settings_reference'"
    for kind in TABLES.values():
        for entry in dataclasses.fields(kind):
            assert f"| `{entry.name}` |" in written
