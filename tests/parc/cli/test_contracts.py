"""Tests of ``parc contracts`` and ``parc alerts``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli.alerts import alerts
from parc.cli.changes import changes
from parc.cli.contracts import contracts
from parc.cli.suppliers import suppliers
from parc.config import MailSettings
from parc.errors import NotFoundError, ParcError
from parc.extensions import db, transaction
from parc.models import Contract, ContractLine, LifecycleState
from tests.contract_world import make_contract
from tests.factories import make_asset
from tests.mail_server import mail_server

TODAY = datetime.now(UTC).date()  # noqa: TID251 -- commands take the real time


def _make(**values: Any) -> None:
    begin = (TODAY - timedelta(days=100)).isoformat()
    with transaction() as session:
        given: dict[str, Any] = {"starts_on": begin, "number": "M-7", **values}
        make_contract(session, today=TODAY, **given)


def _run(*arguments: str, text: str = "") -> str:
    result = CliRunner().invoke(contracts, arguments, input=text, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("sqlite_app")
def test_contracts_are_listed_for_people_and_for_programs() -> None:
    _make(renewal="tacit", notice_count="1")
    assert "M-7" in _run("list")
    assert "M-7" not in _run("list", "--state", "ended")
    found = json.loads(_run("list", "--json", "--supplier", "printers"))["contracts"]
    assert [(row["number"], row["state"]) for row in found] == [("M-7", "running")]
    wrong = CliRunner().invoke(contracts, ["list", "--state", "dancing"])
    assert wrong.exit_code == 2
    assert "notice_due" in wrong.output


@pytest.mark.usefixtures("sqlite_app")
def test_contract_is_renewed_by_its_number() -> None:
    _make()
    before = db.session.scalars(sa.select(Contract.ends_on)).one()
    assert "renewed until" in _run("renew", "M-7", "24", "--amount", "12,50", "--note", "mail")
    db.session.rollback()
    db.session.expire_all()
    after = db.session.scalars(sa.select(Contract)).one()
    assert after.ends_on > before
    assert str(after.amount) == "12.50"
    with pytest.raises(NotFoundError):
        _run("renew", "nowhere", "12")


@pytest.mark.usefixtures("sqlite_app")
def test_assets_are_added_from_a_list_and_cover_is_brought_up() -> None:
    _make()
    with transaction() as session:
        make_asset(session, asset_tag="P1")
    assert "1 asset(s) added, 1 wait" in _run("add", "M-7", "-", text="P1\nS-9\n")
    with transaction() as session:
        make_asset(session, serial_number="S-9")
    assert "1 line(s) found their asset, 1 time(s) of cover began" in _run("cover")
    db.session.rollback()
    assert None not in list(db.session.scalars(sa.select(ContractLine.asset_id)))


@pytest.mark.usefixtures("sqlite_app")
def test_notice_is_given_and_taken_back() -> None:
    _make()
    assert "notice given, it ends on" in _run("notice", "M-7", "--note", "letter")
    assert json.loads(_run("list", "--json"))["contracts"][0]["state"] == "ending"
    assert "taken back" in _run("notice", "M-7", "--withdraw")
    assert json.loads(_run("list", "--json"))["contracts"][0]["state"] == "running"


@pytest.mark.usefixtures("sqlite_app")
def test_lines_that_need_a_look_are_listed() -> None:
    _make()
    with transaction() as session:
        make_asset(session, asset_tag="P1", name="hp", lifecycle_state=LifecycleState.TO_DISPOSE)
        make_asset(session, asset_tag="P2", name="xerox")
    _run("add", "M-7", "-", text="P1\nP2\nS-9\n")
    found = json.loads(_run("lines", "--contract", "M-7", "--json"))["lines"]
    assert [one["problem"] for one in found] == ["retired", None, "waiting"]
    assert "hp" in (said := _run("lines", "--problem", "retired"))
    assert "xerox" not in said


@pytest.mark.usefixtures("sqlite_app")
def test_contract_and_supplier_are_deleted_and_come_back() -> None:
    _make()
    firm = json.loads(_run_of(suppliers, "list", "--json"))["suppliers"][0]["name"]
    assert "is in use" in str(_refusal(suppliers, "delete", firm, "--yes"))
    said = _run("delete", "M-7", text="y\n")
    assert "0 asset(s) are no longer covered" in said
    assert json.loads(_run("list", "--json"))["contracts"] == []
    gone = _run_of(suppliers, "delete", firm.upper(), "--yes")
    assert firm not in _run_of(suppliers, "list")
    for text in (gone, said):
        number = text.rsplit("undo ", 1)[1].split()[0]
        _run_of(changes, "undo", number, "--apply")
    assert [one["number"] for one in json.loads(_run("list", "--json"))["contracts"]] == ["M-7"]
    assert "There is no supplier" in str(_refusal(suppliers, "delete", "Nobody", "--yes"))


def _run_of(group: click.Group, *words: str) -> str:
    result = CliRunner().invoke(group, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _refusal(group: click.Group, *words: str) -> BaseException | None:
    return CliRunner().invoke(group, words).exception


def test_letters_are_sent_by_command(sqlite_app: Flask) -> None:
    begin = (TODAY - timedelta(days=350)).isoformat()
    _make(starts_on=begin)
    with pytest.raises(ParcError, match="No mail server"):
        CliRunner().invoke(alerts, ["send"], catch_exceptions=False)
    with mail_server() as server:
        mail = MailSettings(
            host="127.0.0.1",
            port=server.port,
            security="none",
            from_address="parc@example.org",
            addresses=("a@example.org",),
        )
        settings = sqlite_app.extensions["parc_settings"]
        sqlite_app.extensions["parc_settings"] = replace(settings, mail=mail)
        server.answers = ["451 later"]
        first = CliRunner().invoke(alerts, ["send"], catch_exceptions=False)
        assert (first.exit_code, first.output) == (
            1,
            "1 letter(s) written, 0 sent, 1 not taken.\n",
        )
        again = CliRunner().invoke(alerts, ["send"], catch_exceptions=False)
        assert (again.exit_code, again.output) == (
            0,
            "0 letter(s) written, 0 sent, 0 not taken.\n",
        )
