"""The page and the command of keys that identify nothing, and what a run makes of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli.ignored_keys import ignored_keys
from parc.config import InboxSettings
from parc.errors import InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.key_texts import IgnoredKind
from parc.models import (
    AuditEntry,
    IgnoredKey,
    InboxEntry,
    InboxKind,
    InboxState,
    Interface,
    Role,
)
from parc.reconcile.inbox import settle
from parc.reconcile.load import load_ignored
from parc.reconcile.suspects import Suspect, keep_search, list_suspects, search_suspects
from parc.services.actor import SYSTEM, Actor
from parc.services.ignored_keys import ignore_key, stop_ignoring
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_device
from tests.web import Browser

UUID = "4c4c4544-0051-3610-8052-b4c04f4a4d32"


def _suspects() -> list[Suspect]:
    return list_suspects(db.session(), search_suspects(db.session(), SOME_MOMENT))


def _rows() -> list[tuple[str, str, str]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(IgnoredKey).order_by(IgnoredKey.id))
    return [(row.kind.value, row.value, row.reason) for row in rows]


def test_key_is_added_and_removed_with_entries_in_the_history(administrator: Browser) -> None:
    sent = {"kind": "serial", "value": "  Not  Filled ", "reason": "a whole batch"}
    assert administrator.post("/ignored-keys", sent).status_code == 302
    assert _rows() == [("serial", "not filled", "a whole batch")]
    page = administrator.get("/ignored-keys").text
    assert "<code>not filled</code>" in page
    assert "identifies no machine from the next run on" in page
    number = db.session.scalars(sa.select(IgnoredKey.id)).one()
    administrator.post(f"/ignored-keys/{number}/remove", {})
    assert _rows() == []
    query = sa.select(AuditEntry).where(AuditEntry.subject_kind == "ignored_key")
    entries = db.session.scalars(query.order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["created", "deleted"]
    assert entries[0].changes["reason"] == [None, "a whole batch"]
    assert administrator.post(f"/ignored-keys/{number}/remove", {}).status_code == 404


def test_what_is_no_key_or_has_no_reason_is_refused_beside_its_field(
    administrator: Browser,
) -> None:
    sent = {"kind": "mac", "value": "4711", "reason": ""}
    answer = administrator.post("/ignored-keys", sent)
    assert answer.status_code == 422
    assert "4711 is no key of this kind." in answer.text
    assert _rows() == []


def test_what_several_machines_show_is_proposed_until_it_is_ignored(
    administrator: Browser,
) -> None:
    with transaction() as session:
        for maker in ("Dell", "Lenovo"):
            make_device(session, manufacturer=maker, serial_number="BATCH77X")
        for _ in range(3):
            make_device(session, system_uuid=UUID)
            make_device(session, serial_number="Default string")
        for _ in range(2):
            make_device(session, base_mac_address="00:1b:21:00:00:01")
    found = {(one.kind, one.value) for one in _suspects()}
    assert found == {(IgnoredKind.SERIAL, "BATCH77X"), (IgnoredKind.UUID, UUID)}
    assert "BATCH77X" in administrator.get("/ignored-keys").text
    administrator.post("/ignored-keys", {"kind": "uuid", "value": UUID, "reason": "cloned"})
    db.session.rollback()
    assert [one.value for one in _suspects()] == ["BATCH77X"]


def test_card_that_three_machines_have_had_is_proposed_unless_its_maker_is_known_for_it(
    sqlite_app: Flask,
) -> None:
    del sqlite_app
    with transaction() as session:
        for number in range(3):
            device = make_device(session, manufacturer="Dell", serial_number=f"S{number}X")
            for mac in ("00:1b:21:00:00:07", "8c:ae:4c:00:00:01", "02:00:00:00:00:01"):
                session.add(
                    Interface(
                        device_id=device.id,
                        key=mac,
                        if_index=1,
                        if_phys_address=mac,
                        addresses=[],
                        gone_at=SOME_MOMENT if number else None,
                    )
                )
    (one,) = _suspects()
    assert (one.kind, one.value, one.machine_count) == (IgnoredKind.MAC, "00:1b:21:00:00:07", 3)
    with transaction() as session:
        ignore_key(
            session, SOME_PERSON, kind="mac", value="00:1b:21", reason="docks", at=SOME_MOMENT
        )
    assert _suspects() == []


def test_of_many_machines_the_page_shows_what_the_worker_has_found(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parc.reconcile.suspects.MANY_DEVICES", 2)
    with transaction() as session:
        for _ in range(3):
            make_device(session, serial_number="BATCH77X")
    page = administrator.get("/ignored-keys").text
    assert "BATCH77X" not in page
    assert "will be proposed here" in page
    context = JobContext(administrator.app, lambda: SOME_MOMENT, lambda: False, transaction)
    HANDLERS["inbox"](context, {})
    page = administrator.get("/ignored-keys").text
    assert "BATCH77X" in page
    assert "Looked for at" in page
    with transaction() as session:
        for _ in range(3):
            make_device(session, serial_number="BATCH88Y")
        keep_search(session, SOME_MOMENT + timedelta(minutes=1))
    assert "BATCH88Y" not in administrator.get("/ignored-keys").text
    with transaction() as session:
        keep_search(session, SOME_MOMENT + timedelta(minutes=11))
    assert "BATCH88Y" in administrator.get("/ignored-keys").text
    sent = {"kind": "serial", "value": "BATCH77X", "reason": "x"}
    administrator.post("/ignored-keys", sent)
    assert "<code>BATCH77X</code>" not in administrator.get("/ignored-keys").text


def test_form_is_filled_from_the_address_that_leads_there(administrator: Browser) -> None:
    page = administrator.get(f"/ignored-keys?kind=uuid&value={UUID}").text
    assert f'value="{UUID}"' in page


def test_long_list_is_shown_a_page_at_a_time(administrator: Browser) -> None:
    with transaction() as session:
        for number in range(101):
            ignore_key(
                session, SOME_PERSON, kind="serial", value=f"N{number}X", reason="r", at=SOME_MOMENT
            )
    page = administrator.get("/ignored-keys").text
    assert "<code>n100x</code>" in page
    assert "<code>n0x</code>" not in page
    oldest = db.session.scalars(sa.select(IgnoredKey.id).order_by(IgnoredKey.id)).all()[1]
    assert "<code>n0x</code>" in administrator.get(f"/ignored-keys?before={oldest}").text


def test_planning_loads_what_is_ignored_in_one_spelling(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        for kind, value in (("uuid", UUID.upper()), ("mac", "00-1B-21"), ("serial", "S 1")):
            ignore_key(session, SOME_PERSON, kind=kind, value=value, reason="r", at=SOME_MOMENT)
        with pytest.raises(InvalidInputError, match="taken"):
            ignore_key(session, SOME_PERSON, kind="mac", value="001b21", reason="r", at=SOME_MOMENT)
    ignored = load_ignored(db.session())
    assert ignored.mac("00:1b:21:aa:bb:cc") is None
    assert ignored.mac("00:1b:22:aa:bb:cc") == "00:1b:22:aa:bb:cc"
    assert ignored.serial("s 1") is None
    assert len(ignored.uuids) == 1


def run(*arguments: str) -> str:
    result = CliRunner().invoke(ignored_keys, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_command_adds_lists_and_removes(sqlite_app: Flask) -> None:
    del sqlite_app
    assert "identifies no machine" in run("add", "serial", "ABC 1", "--reason", "shared")
    assert "abc 1" in run("list")
    assert json.loads(run("list", "--json"))[0]["reason"] == "shared"
    run("remove", "serial", "abc  1")
    assert _rows() == []
    with pytest.raises(NotFoundError):
        run("remove", "serial", "abc 1")
    with transaction() as session:
        for maker in ("Dell", "Lenovo"):
            make_device(session, manufacturer=maker, serial_number="BATCH77X")
    assert "BATCH77X" in run("list", "--suspects")
    assert json.loads(run("list", "--suspects", "--json"))[0]["maker_count"] == 2


@pytest.mark.parametrize(
    ("kind", "value", "column"),
    [
        ("serial", "8HK21T3", "serial_number"),
        ("uuid", UUID, "system_uuid"),
        ("mac", "00:1b:21:00:00:07", "base_mac_address"),
        ("mac", "00:1b:21", "chassis_id"),
    ],
)
def test_page_brings_the_inbox_up_to_date_at_once(
    administrator: Browser, kind: str, value: str, column: str
) -> None:
    with transaction() as session:
        shown = "001B.2100.0007" if column == "chassis_id" else value
        for _ in range(2):
            make_device(session, manufacturer="Dell", sys_name="pc", **{column: shown})
        settle(session, SYSTEM, InboxSettings(), SOME_MOMENT)

    def states() -> list[InboxState]:
        db.session.rollback()
        query = sa.select(InboxEntry.state).where(InboxEntry.kind == InboxKind.IDENTITY_CONFLICT)
        return list(db.session.scalars(query.order_by(InboxEntry.id)))

    assert states() == [InboxState.OPEN]
    administrator.post("/ignored-keys", {"kind": kind, "value": value, "reason": "stickers"})
    assert states() == [InboxState.CLOSED]
    number = db.session.scalars(sa.select(IgnoredKey.id)).one()
    administrator.post(f"/ignored-keys/{number}/remove")
    assert states() == [InboxState.CLOSED, InboxState.OPEN]


def test_only_administrators_ignore_keys(sqlite_app: Flask) -> None:
    assert Browser(sqlite_app, Role.TECHNICIAN).get("/ignored-keys").status_code == 404
    technician = Actor(name="Bob", role=Role.TECHNICIAN)
    with transaction() as session, pytest.raises(NotAllowedError):
        stop_ignoring(session, technician, 1, SOME_MOMENT)


def test_command_brings_the_inbox_up_to_date_at_once(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        for _ in range(2):
            make_device(session, manufacturer="Dell", serial_number="8HK21T3")

    def states() -> list[InboxState]:
        db.session.rollback()
        query = sa.select(InboxEntry.state).where(InboxEntry.kind == InboxKind.IDENTITY_CONFLICT)
        return list(db.session.scalars(query))

    run("add", "serial", "8HK21T3", "--reason", "stickers")
    assert states() == []
    run("remove", "serial", "8HK21T3")
    assert states() == [InboxState.OPEN]
    run("add", "serial", "8HK21T3", "--reason", "stickers")
    assert states() == [InboxState.CLOSED]
