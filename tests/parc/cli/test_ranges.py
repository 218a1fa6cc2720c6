"""Tests of ``parc ranges``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from parc.cli.ranges import ranges
from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db

pytestmark = pytest.mark.usefixtures("sqlite_app")


def _run(*words: str, typed: str | None = None) -> Result:
    db.session.rollback()
    return CliRunner().invoke(ranges, words, input=typed)


def _rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(_run("list", "--json").output)
    return rows


def test_added_range_is_listed_and_shown_with_its_next_runs() -> None:
    result = _run("add", "Lyon", "10.0.0.0/24", "10.0.1.7", "--cron", "0 4 * * *", "--site", "Lyon")
    assert result.exit_code == 0, result.output
    (row,) = _rows()
    assert (row["name"], row["site"], row["schedule"]) == ("Lyon", "Lyon", "0 4 * * *")
    assert row["include"] == ["10.0.0.0/24", "10.0.1.7"]
    assert "Lyon" in _run("list").output
    shown = json.loads(_run("show", "Lyon", "--json").output)
    assert len(shown["next_due"]) == 5
    assert "10.0.0.0/24, 10.0.1.7" in _run("show", "Lyon").output


def test_disabled_range_is_due_again_when_enabled() -> None:
    _run("add", "Lyon", "10.0.0.0/24", "--every", "60")
    assert _run("disable", "Lyon").exit_code == 0
    assert _rows()[0]["next_due_at"] is None
    assert _run("enable", "Lyon").exit_code == 0
    assert _rows()[0]["next_due_at"] is not None


def test_deletion_asks_first() -> None:
    _run("add", "Lyon", "10.0.0.0/24")
    assert _run("delete", "Lyon", typed="n\n").exit_code == 1
    assert len(_rows()) == 1
    assert _run("delete", "Lyon", typed="y\n").exit_code == 0
    assert _rows() == []


def test_wrong_input_names_the_fields() -> None:
    result = _run("add", "Lyon", "8.8.8.8", "--cron", "x")
    assert isinstance(result.exception, InvalidInputError)
    assert {problem.field for problem in result.exception.problems} == {"include", "cron"}
    assert isinstance(_run("show", "Paris").exception, NotFoundError)


def test_two_schedules_are_wrong_use() -> None:
    result = _run("add", "Lyon", "10.0.0.0/24", "--cron", "0 4 * * *", "--every", "5")
    assert result.exit_code == 2


def test_asset_categories_by_default_are_those_of_the_settings() -> None:
    _run("add", "Lyon", "10.0.0.0/24")
    _run("add", "Paris", "10.1.0.0/24", "--asset-category", "printer")
    lyon, paris = (row["asset_categories"] for row in _rows())
    assert isinstance(lyon, list)
    assert "switch" in lyon
    assert paris == ["printer"]
