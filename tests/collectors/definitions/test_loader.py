"""Definition files: what is refused, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.definitions.loader import DefinitionsError, load_definitions

RIGHT = """\
id = "my_switch"
title = "My switch"
manufacturer = "Me"
category = "switch"
source = "MY-MIB"
[[match]]
sys_object_id = ["1.3.6.1.4.1.99999.1."]
sys_descr = 'Switch'
[[read.serial_number]]
verb = "get"
oid = "1.3.6.1.4.1.99999.1.1.0"
[[read.model_name]]
verb = "sys_descr_regex"
pattern = 'model (?P<value>.+)'
"""


def problems_of(folder: Path, text: str, name: str = "my_switch.toml") -> list[str]:
    (folder / name).write_text(text)
    with pytest.raises(DefinitionsError) as caught:
        load_definitions(folder)
    return caught.value.problems


def test_an_operators_definition_joins_ours(tmp_path: Path) -> None:
    (tmp_path / "my_switch.toml").write_text(RIGHT)
    assert len(load_definitions(tmp_path)) == len(load_definitions()) + 1


def test_an_operators_definition_replaces_ours_of_the_same_id(tmp_path: Path) -> None:
    text = RIGHT.replace('"my_switch"', '"arista_eos"')
    (tmp_path / "arista_eos.toml").write_text(text)
    found = {one.id: one for one in load_definitions(tmp_path)}
    assert found["arista_eos"].title == "My switch"


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("id = ")
    wrong = RIGHT.replace('title = "My switch"', "titel = 1").replace('"switch"', '"switsch"')
    problems = problems_of(tmp_path, wrong)
    assert [problem.partition(":")[0] for problem in problems] == [
        "broken.toml",
        "my_switch.toml",
        "my_switch.toml",
        "my_switch.toml",
    ]
    assert any("titel: unknown key" in problem for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('id = "my_switch"', 'id = "other"', "id"),
        ('verb = "get"', 'verb = "fetch"', "read.serial_number 1.verb"),
        ('oid = "1.3.6.1.4.1.99999.1.1.0"', "", "read.serial_number 1.oid"),
        ('oid = "1.3.6.1.4.1.99999.1.1.0"', 'oid = "one.two"', "read.serial_number 1.oid"),
        ('verb = "get"', 'verb = "get"\ncolour = "red"', "read.serial_number 1.colour"),
        ("(?P<value>.+)", "(.+)", "read.model_name 1.pattern"),
        ("(?P<value>.+)", "(?P<value>", "read.model_name 1.pattern"),
        ("read.serial_number", "read.colour", "read.colour"),
        ("'Switch'", "'('", "match 1.sys_descr"),
        ('["1.3.6.1.4.1.99999.1."]', '["x"]', "match 1.sys_object_id"),
        ('["1.3.6.1.4.1.99999.1."]', '"1.3"', "match 1.sys_object_id"),
        ("sys_descr =", "sysdescr =", "match 1.sysdescr"),
    ],
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in RIGHT
    problems = problems_of(tmp_path, RIGHT.replace(old, new))
    assert any(problem.startswith(f"my_switch.toml: {key}: ") for problem in problems)


def test_a_column_that_components_do_not_have_is_refused(tmp_path: Path) -> None:
    step = '[[read.asset_tag]]\nverb = "entity_chassis"\ncolumn = "colour"\n'
    assert "read.asset_tag 1.column" in problems_of(tmp_path, RIGHT + step)[0]


def test_two_files_that_claim_the_same_devices_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "another.toml").write_text(RIGHT.replace("my_switch", "another"))
    assert "is also in another.toml" in problems_of(tmp_path, RIGHT)[0]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionsError, match="is not a folder"):
        load_definitions(tmp_path / "nowhere")


def test_a_word_that_is_no_category_is_refused(tmp_path: Path) -> None:
    step = '[[read.category]]\nverb = "sys_descr_says"\nwords = "x"\nvalue = "switsch"\n'
    assert "switsch" in problems_of(tmp_path, RIGHT + step)[0]
