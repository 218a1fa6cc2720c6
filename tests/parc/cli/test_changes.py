"""``parc changes``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask

from parc.cli.changes import changes as cli
from parc.extensions import db, transaction
from parc.models import Asset
from tests.parc.web.test_changes import edited


@pytest.fixture
def run(sqlite_app: Flask) -> CliRunner:
    """A runner inside the application."""
    del sqlite_app
    return CliRunner()


def test_act_is_listed_shown_tried_and_undone(run: CliRunner) -> None:
    asset_id, act = edited()
    assert "merge" in run.invoke(cli, ["list"]).output
    narrowed = ["list", "--kind", "merge", "--author", "Ada", "--since", "2026-01-01", "--json"]
    assert [row["id"] for row in json.loads(run.invoke(cli, narrowed).output)] == [act]
    assert "merge" not in run.invoke(cli, ["list", "--until", "2026-01-01"]).output
    assert run.invoke(cli, ["list", "--kind", "spoon"]).exit_code == 2
    shown = json.loads(run.invoke(cli, ["show", str(act), "--json"]).output)
    assert shown["rows"][0]["before"] == {"name": "before"}
    assert "would be" in run.invoke(cli, ["undo", str(act)]).output
    assert run.invoke(cli, ["undo", str(act), "--apply", "--reason", "wrong one"]).exit_code == 0
    assert "wrong one" in run.invoke(cli, ["list", "--kind", "undo"]).output
    db.session.rollback()
    assert db.session.get_one(Asset, asset_id).name == "before"


def test_command_tells_what_stands_in_the_way(run: CliRunner) -> None:
    asset_id, act = edited()
    with transaction() as session:
        session.get_one(Asset, asset_id).name = "third"
    answer = run.invoke(cli, ["undo", str(act), "--apply"])
    assert answer.exit_code == 1
    assert f"in the way: asset {asset_id} name changed" in answer.output
