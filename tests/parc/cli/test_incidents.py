"""``parc incidents`` opens, lists, closes and settles as the pages and the server do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from parc.cli.incidents import incidents
from parc.errors import NotFoundError
from parc.extensions import db, transaction
from parc.models import Document, FollowUp, Incident, IncidentState, Supply
from parc.services.actor import SYSTEM
from parc.services.incident_links import link
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device, make_user
from tests.pictures import PHOTO

pytestmark = pytest.mark.usefixtures("sqlite_app")


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(incidents, arguments, catch_exceptions=code == 0)
    assert result.exit_code == code, result.output
    return result.output


def test_incident_is_opened_listed_and_closed() -> None:
    with transaction() as session:
        make_asset(session, asset_tag="P7", name="imp-7")
    opened = _run("open", "no paper", "--asset", "P7", "--category", "printing", "--impact", "high")
    assert opened == "I-000001\n"
    assert "no paper" in _run("list", "--category", "printing")
    assert "no paper" not in _run("list", "--category", "network")
    found = json.loads(_run("list", "--json", "--text", "i-000001"))["incidents"]
    assert (found[0]["assets"], found[0]["state"]) == (["P7 imp-7"], "new")
    assert "Nothing is closed yet" in _run("close", "1", "--resolution", "refilled")
    assert "1 closed" in _run("close", "I-000001", "--resolution", "refilled", "--apply")
    db.session.rollback()
    assert db.session.get_one(Incident, 1).state is IncidentState.CLOSED
    assert "no paper" not in _run("list")
    assert "no paper" in _run("list", "--view", "all")


def test_wrong_tag_or_number_is_told() -> None:
    with pytest.raises(NotFoundError, match="P9"):
        CliRunner().invoke(incidents, ["open", "x", "--asset", "P9"], catch_exceptions=False)
    assert "is no number of an incident" in _run("close", "x", code=2)


def test_incident_is_given_noted_and_counted() -> None:
    with transaction() as session:
        login = make_user(session).login
    _run("open", "no paper", "--category", "printing")
    assert _run("assign", "1", "--technician", login) == f"1 given to {login}\n"
    assert _run("note", "1", "Seen", "--minutes", "20") == "Added to I-000001\n"
    with pytest.raises(NotFoundError, match="nobody"):
        CliRunner().invoke(
            incidents, ["assign", "1", "--technician", "nobody"], catch_exceptions=False
        )
    db.session.rollback()
    row = db.session.get_one(Incident, 1)
    assert (row.technician_id is not None, row.minutes_spent) == (True, 20)
    assert db.session.scalars(sa.select(FollowUp.is_public)).all() == [False]
    lines = [line.split() for line in _run("figures").splitlines()]
    assert lines[0][:4] == ["CATEGORY", "OPENED", "RESOLVED", "BACKLOG"]
    assert lines[1:] == [[name, "1", "0", "1", "-", "-", "-", "-"] for name in ("printing", "all")]
    told = json.loads(_run("figures", "--by", "site", "--json"))
    assert (told["whole"]["opened"], told["groups"][0]["group"]) == (1, "-")


def test_incident_is_shown_with_what_hangs_on_it(tmp_path: Path) -> None:
    log = tmp_path / "script.log"
    log.write_text("disk 91 %\n", encoding="utf-8")
    for title in ("disk is full", "disk is full again"):
        _run("open", title, "--category", "hardware", "--text", "since noon")
    with transaction() as session:
        link(session, SYSTEM, 2, 1, "related", at=SOME_MOMENT)
    _run("note", "1", "Seen")
    assert _run("attach", "1", str(log), "--public") == "script.log is added to I-000001\n"
    told = json.loads(_run("show", "i-1", "--json"))
    assert (told["title"], told["text"]) == ("disk is full", "since noon")
    assert [row["text"] for row in told["follow_ups"]] == ["Seen"]
    assert told["links"] == [{"kind": "related", "incident": "I-000002"}]
    assert [(row["media_type"], row["is_public"]) for row in told["documents"]] == [
        ("text/plain", True)
    ]
    lines = _run("show", "1")
    for word in ("I-000001 disk is full", "Seen", "related I-000002", "document script.log"):
        assert word in lines
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(PHOTO)
    _run("attach", "1", str(photo))
    db.session.rollback()
    row = db.session.scalars(sa.select(Document).where(Document.name == "photo.jpg")).one()
    assert row.size_bytes < len(PHOTO)
    with pytest.raises(NotFoundError):
        CliRunner().invoke(incidents, ["show", "9"], catch_exceptions=False)


def test_rules_are_settled_by_command() -> None:
    with transaction() as session:
        device = make_linked_device(session, make_asset(session))
        session.add(Supply(device_id=device.id, key="1", capacity=100, level=1))
    assert _run("settle") == "1 opened, 0 closed, 0 noted\n"
    assert json.loads(_run("settle", "--json"))["opened"] == 0
    assert "supply_low" in _run("list", "--view", "drafts")
