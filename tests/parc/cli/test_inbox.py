"""``parc inbox`` lists, settles and decides as the page does."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from parc.cli.inbox import inbox
from parc.extensions import db, transaction
from parc.models import Asset
from tests.factories import make_asset, make_device

pytestmark = pytest.mark.usefixtures("sqlite_app")


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(inbox, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_entries_are_settled_listed_and_decided() -> None:
    with transaction() as session:
        make_asset(session, name="twin", serial_number="FOC9")
        make_device(session, sys_name="newcomer", serial_number="FOC9")
    assert _run("settle") == "1 opened, 0 renewed, 0 closed\n"
    assert json.loads(_run("settle", "--json"))["opened"] == 0
    assert "newcomer" in _run("list")
    entry = json.loads(_run("list", "--json", "--kind", "unknown_device"))["entries"][0]
    assert entry["evidence"]["candidates"][0]["by"] == ["serial"]
    number = str(entry["id"])
    assert "Nothing is decided yet" in _run("decide", "accept", number)
    assert _run("decide", "accept", number, "--apply").endswith("1 decided\n")
    assert db.session.query(Asset).count() == 2
    assert "newcomer" not in _run("list")
    assert "newcomer" in _run("list", "--view", "closed")
