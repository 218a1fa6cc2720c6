"""The words of the history: nothing that is written lacks a label, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from parc.clock import now
from parc.discovery.agents import AGENTS
from parc.extensions import transaction
from parc.models import Asset, ChangeSetKind, Location, LocationKind, Role
from parc.naming import TOLD_BY
from parc.reconcile.change import RowAction
from parc.reconcile.known import DEVICE_COLUMNS, ROW_COLUMNS, Table
from parc.services.actor import SYSTEM, Actor, for_command, for_run
from parc.services.assets import edit_asset
from parc.services.audit import Entry, record_all
from parc.services.change_sets import recording
from parc.web.history import (
    ACTIONS,
    FIELDS,
    ROW_ACTIONS,
    TABLES,
    field_label,
    plan_field_label,
    plan_kind_label,
    value_text,
)
from tests.architecture.sources import ROOT
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_run
from tests.web import Browser

_WRITERS = [*(ROOT / "parc" / "services").glob("*.py"), ROOT / "parc/reconcile/history.py"]


def _written_actions(path: Path) -> Iterator[str]:
    """Give the words that stand where an action is written: calls, choices, keys of entries."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        places: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record"):
            places = [*node.args, *(one.value for one in node.keywords if one.arg == "action")]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
            value = node.value
            places = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "self.entries":
            places = node.slice.elts[2:] if isinstance(node.slice, ast.Tuple) else []
        for place in places:
            if isinstance(place, ast.Constant) and isinstance(place.value, str):
                yield place.value


def test_every_action_that_is_written_has_a_label() -> None:
    written = {word for path in _WRITERS for word in _written_actions(path)}
    assert {"created", "linked", "absent", "corrected", "link_made", "rotated"} <= written
    assert written - set(ACTIONS) == set()


def test_every_field_that_a_run_writes_has_a_label() -> None:
    rows = {field for columns in ROW_COLUMNS.values() for field in columns}
    assert {*DEVICE_COLUMNS, *rows} - set(FIELDS) == set()
    assert {table.value for table in Table} == set(TABLES)
    assert {action.value for action in RowAction} == set(ROW_ACTIONS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("serial_number", "N° de série"),
        ("interface//", "Interface"),
        ("interface//Gi1/0/1", "Interface Gi1/0/1"),
        ("interface/if_alias/Gi1/0/1", "Interface Gi1/0/1 : Description"),
        ("something new", "something new"),
    ],
)
def test_fields_and_rows_are_named(sqlite_app: Flask, name: str, words: str) -> None:
    with sqlite_app.test_request_context(), force_locale("fr"):
        assert field_label(name) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("category", "printer", "Imprimante"),
        ("lifecycle_state", "in_use", "En service"),
        ("memory_bytes", 2**31, "2\u202fGio"),
        ("interface/if_high_speed/Gi1", 2500, "2,5\u202fGbit/s"),
        ("is_guess", True, "oui"),
        ("device_id", 7, "#7"),
        ("asset_id", 7, "#7"),
        ("addresses", ["192.0.2.1/24", "192.0.2.2/24"], "192.0.2.1/24, 192.0.2.2/24"),
        ("notes", None, "—"),
    ],
)
def test_values_are_written_for_the_reader(
    sqlite_app: Flask, name: str, value: object, words: str
) -> None:
    with sqlite_app.test_request_context(), force_locale("fr"):
        assert value_text(name, value) == words


def test_lines_of_a_plan_are_named(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context(), force_locale("fr"):
        assert plan_kind_label("create device") == "Nouvel équipement"
        assert plan_kind_label("interface added") == "Interface, ajout"
        assert plan_field_label("interface changed", "Gi1 if_alias") == "Gi1 Description"


def test_dashboard_tells_a_run_as_one_line_and_a_person_apart(administrator: Browser) -> None:
    moment = now()
    with transaction() as session:
        make_run(
            session, range_name="Lyon", ended_at=moment, created_count=20, asset_count=19,
            changed_count=1,
        )  # fmt: skip
        make_run(session, range_name="Quiet", ended_at=moment)
        make_run(session, range_name="Old", ended_at=moment - timedelta(days=2), gone_count=1)
        asset = make_asset(session, name="sw-17")
        ada = Actor(name="Ada", role=Role.ADMINISTRATOR)
        edit_asset(
            session, ada, asset.id, version=asset.version, values={"notes": "new"}, at=moment
        )
    page = administrator.get("/").text
    assert "20 new devices, 19 assets added, 1 device changed" in page
    assert page.count("Lyon") == 1
    assert "Quiet" not in page
    assert "Old" not in page
    assert ">sw-17</a>: Changed" in page
    assert "Ada" in page


def test_history_is_narrowed_and_goes_out_as_a_file(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session)
        version = asset.version
        for number, values in enumerate(({"model_name": "=X9"}, {"notes": "why"})):
            ada = SOME_PERSON.because("" if number else "=label read")
            edit_asset(session, ada, asset.id, version=version + number, values=values, at=now())
    path = f"/assets/{asset.id}/history"
    assert "=X9" not in administrator.get(f"{path}?field=notes").text
    assert "=X9" in administrator.get(f"{path}?field=model_name&author=ad&source=server").text
    assert "Nothing matches." in administrator.get(f"{path}?source=discovery").text
    assert "Nothing matches." in administrator.get(f"{path}?since=2999-01-01").text
    for wrong in ("source=x", "field=x", "since=tomorrow"):
        assert administrator.get(f"{path}?{wrong}").status_code == 422
    lines = administrator.get(f"{path}.csv?field=model_name").text.splitlines()
    assert len(lines) == 2
    assert "'=X9" in lines[1]
    assert lines[1].endswith(",'=label read")
    assert "label read" in administrator.get(f"{path}?reason=LABEL").text
    assert administrator.get(f"{path}.xlsx?field=model_name").data[:2] == b"PK"
    assert "Nothing matches." in administrator.get(f"{path}?until=1999-01-01").text


def test_command_and_server_are_named_in_the_readers_language(administrator: Browser) -> None:
    with transaction() as session:
        place = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(place)
        session.flush()
        asset = make_asset(session, location_id=place.id)
        for author in (for_command("marie"), SYSTEM):
            values = {"model_name": author.name}
            edit_asset(
                session, author, asset.id, version=asset.version, values=values, at=SOME_MOMENT
            )
    path = f"/assets/{asset.id}/history"
    english = administrator.get(path).text
    assert "command line (marie)" in english
    assert ">Lyon</a></dd>" in english
    reader = {"Accept-Language": "fr"}
    french = administrator.get(path, headers=reader).text
    assert "ligne de commande (marie)" in french
    assert "système" in french
    assert "ligne de commande (marie)" in administrator.get(f"{path}.csv", headers=reader).text


def test_history_says_of_each_entry_by_which_source(administrator: Browser) -> None:
    moment = now()
    with transaction() as session:
        number = make_asset(session).id
        run = for_run("Lyon", make_run(session, range_name="Lyon").id)
        for author, kind, word, source in (
            (run, None, "by run", "snmp"),
            (AGENTS, ChangeSetKind.AGENTS, "by agent", "agent"),
            (SOME_PERSON, ChangeSetKind.IMPORT, "by file", ""),
            (SYSTEM, None, "by server", ""),
        ):
            changes: dict[str, tuple[Any, Any]] = {"notes": (None, word)}
            changes |= {TOLD_BY: (None, [source])} if source else {}
            act = recording(session, author, kind, {"code": "x"}, moment) if kind else None
            with act or nullcontext():
                session.get_one(Asset, number).notes = word
                session.flush()
                entry = Entry("asset", number, "x", "changed", changes)
                record_all(session, author, at=moment, entries=[entry])
    path = f"/assets/{number}/history"
    for source, word, text in (
        ("discovery", "by run", "Discovery: SNMP"),
        ("snmp", "by run", "Discovery: SNMP"),
        ("agent", "by agent", ">Agent<"),
        ("file", "by file", ">File<"),
        ("server", "by server", ">Server<"),
    ):
        page = administrator.get(f"{path}?source={source}").text
        assert text in page
        words = {"by run", "by agent", "by file", "by server"}
        assert {one for one in words if one in page} == {word}
    assert "Nothing matches." in administrator.get(f"{path}?source=nmap").text
    lines = administrator.get(f"{path}.csv?source=snmp").text.splitlines()
    assert len(lines) == 2
    assert "Lyon,Discovery: SNMP,Changed,Notes,—,by run," in lines[1]
    assert "=X9" not in administrator.get(f"{path}?reason=invoice").text
    assert administrator.get("/assets/99999/history.csv").status_code == 404
