"""``parc changes``."""

from __future__ import annotations

import json
import os
import pwd

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
    assert run.invoke(cli, ["list", "--state", "spoon"]).exit_code == 2
    assert "merge" in run.invoke(cli, ["list", "--state", "applied", "--text", "aD"]).output
    assert "merge" not in run.invoke(cli, ["list", "--state", "undone"]).output
    assert "merge" not in run.invoke(cli, ["list", "--text", "Zoe"]).output
    shown = json.loads(run.invoke(cli, ["show", str(act), "--json"]).output)
    assert shown["rows"][0]["before"] == {"name": "before"}
    assert "would be" in run.invoke(cli, ["undo", str(act)]).output
    assert run.invoke(cli, ["undo", str(act), "--apply", "--reason", "wrong one"]).exit_code == 0
    assert "wrong one" in run.invoke(cli, ["list", "--kind", "undo"]).output
    db.session.rollback()
    assert db.session.get_one(Asset, asset_id).name == "before"


def test_author_of_a_command_is_who_gave_it(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asset_id, act = edited()
    monkeypatch.setenv("SUDO_USER", "marie")
    run.invoke(cli, ["undo", str(act), "--apply"])
    (row,) = json.loads(run.invoke(cli, ["list", "--kind", "undo", "--json"]).output)
    assert row["author"] == "command line (marie)"
    monkeypatch.delenv("SUDO_USER")
    run.invoke(cli, ["undo", str(row["id"]), "--apply"])
    own = pwd.getpwuid(os.getuid()).pw_name
    assert f"command line ({own})" in run.invoke(cli, ["list"]).output


def test_command_tells_what_stands_in_the_way(run: CliRunner) -> None:
    asset_id, act = edited()
    with transaction() as session:
        session.get_one(Asset, asset_id).name = "third"
    answer = run.invoke(cli, ["undo", str(act), "--apply"])
    assert answer.exit_code == 1
    assert f"in the way: asset {asset_id} name changed" in answer.output
