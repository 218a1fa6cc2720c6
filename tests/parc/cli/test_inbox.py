"""``parc inbox`` lists, settles and decides as the page does."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from parc.cli.inbox import inbox
from parc.errors import NotFoundError
from parc.extensions import db, transaction
from parc.models import Asset, InboxKind, Role
from tests.factories import make_asset, make_device, make_user

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


@pytest.mark.parametrize("kind", list(InboxKind))
def test_every_kind_can_be_listed_alone(kind: InboxKind) -> None:
    assert json.loads(_run("list", "--json", "--kind", kind.value))["count"] == 0


def test_entry_is_given_to_a_colleague_taken_back_and_put_off() -> None:
    with transaction() as session:
        make_device(session, sys_name="newcomer")
        make_user(session, login="bob", display_name="Bob", role=Role.TECHNICIAN)
        make_user(session, login="eve", role=Role.READ_ONLY)
    _run("settle")
    number = str(json.loads(_run("list", "--json"))["entries"][0]["id"])
    assert _run("assign", number, "--to", "Bob") == "1 assigned to Bob\n"
    assert json.loads(_run("list", "--json"))["entries"][0]["assignee"] == "Bob"
    with pytest.raises(NotFoundError, match="eve"):
        _run("assign", number, "--to", "eve")
    _run("assign", number, "--nobody")
    assert json.loads(_run("list", "--json"))["entries"][0]["assignee"] is None
    assert CliRunner().invoke(inbox, ["assign", number]).exit_code == 2
    assert _run("snooze", number, "--until", "2999-01-31") == "1 put off until 2999-01-31\n"
    assert json.loads(_run("list", "--json"))["count"] == 0
    (entry,) = json.loads(_run("list", "--json", "--view", "snoozed"))["entries"]
    assert entry["due_at"].startswith("2999-01-31")
