"""Every route as every role and as nobody (T1), and without the token against forgery (T13)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from parc.extensions import db
from parc.models import Base, Role
from parc.web.access import check_all_routes_are_guarded, requires
from tests.web import Browser

ROLES = (
    Role.REQUESTER,
    Role.READ_ONLY,
    Role.TECHNICIAN,
    Role.MANAGER,
    Role.ADMINISTRATOR,
)
# The least role that is let in; None: nobody needs to sign in. Every route has its line, by
# endpoint, and the lines of a subject stand together.
LEAST_ROLE: dict[str, Role | None] = {
    "account.end_others": Role.REQUESTER,
    "account.send_password": Role.REQUESTER,
    "account.send_preferences": Role.REQUESTER,
    "account.shortcuts": Role.REQUESTER,
    "account.show": Role.REQUESTER,
    "agent_endpoint.receive": None,
    "agents.index": Role.READ_ONLY,
    "agents.revoke": Role.ADMINISTRATOR,
    "agents.send_revoke": Role.ADMINISTRATOR,
    "agents.send_token": Role.ADMINISTRATOR,
    "agents.send_upload": Role.TECHNICIAN,
    "agents.tokens": Role.ADMINISTRATOR,
    "agents.upload": Role.TECHNICIAN,
    "assets.accept_managed": Role.TECHNICIAN,
    "assets.bulk_edit": Role.TECHNICIAN,
    "assets.bulk_state": Role.TECHNICIAN,
    "assets.choose_columns": Role.READ_ONLY,
    "assets.delete": Role.MANAGER,
    "assets.edit": Role.TECHNICIAN,
    "assets.hardware": Role.READ_ONLY,
    "assets.history": Role.READ_ONLY,
    "assets.index": Role.READ_ONLY,
    "assets.interfaces": Role.READ_ONLY,
    "assets.software": Role.READ_ONLY,
    "assets.bulk_release": Role.TECHNICIAN,
    "assets.lock": Role.TECHNICIAN,
    "assets.managed": Role.READ_ONLY,
    "assets.merge": Role.TECHNICIAN,
    "assets.send_merge": Role.TECHNICIAN,
    "assets.split": Role.TECHNICIAN,
    "assets.send_split": Role.TECHNICIAN,
    "assets.new": Role.TECHNICIAN,
    "assets.observation": Role.TECHNICIAN,
    "assets.observations": Role.TECHNICIAN,
    "assets.ports": Role.READ_ONLY,
    "assets.ports_csv": Role.READ_ONLY,
    "assets.release": Role.TECHNICIAN,
    "assets.send_delete": Role.MANAGER,
    "assets.send_edit": Role.TECHNICIAN,
    "assets.send_new": Role.TECHNICIAN,
    "assets.send_state": Role.TECHNICIAN,
    "assets.settle": Role.TECHNICIAN,
    "assets.show": Role.READ_ONLY,
    "printed.short": Role.REQUESTER,
    "printed.one_label": Role.READ_ONLY,
    "printed.choose": Role.READ_ONLY,
    "printed.labels": Role.READ_ONLY,
    "assets.state": Role.TECHNICIAN,
    "assets.suggest": Role.READ_ONLY,
    "contracts.suggest": Role.READ_ONLY,
    "incidents.suggest": Role.READ_ONLY,
    "movements.suggest_orders": Role.TECHNICIAN,
    "changes.index": Role.READ_ONLY,
    "changes.send_undo": Role.TECHNICIAN,
    "changes.show": Role.READ_ONLY,
    "compliance.compare": Role.READ_ONLY,
    "compliance.export_csv": Role.READ_ONLY,
    "compliance.export_pdf": Role.READ_ONLY,
    "compliance.export_xlsx": Role.READ_ONLY,
    "compliance.index": Role.READ_ONLY,
    "compliance.show": Role.READ_ONLY,
    "compliance.snapshot": Role.TECHNICIAN,
    "compliance.uses_csv": Role.READ_ONLY,
    "compliance.uses_pdf": Role.READ_ONLY,
    "compliance.uses_xlsx": Role.READ_ONLY,
    "contracts.add_ticked": Role.MANAGER,
    "contracts.all_lines": Role.READ_ONLY,
    "contracts.covered": Role.READ_ONLY,
    "contracts.delete": Role.MANAGER,
    "contracts.delete_rule": Role.MANAGER,
    "contracts.edit": Role.MANAGER,
    "contracts.export_csv": Role.READ_ONLY,
    "contracts.export_ics": Role.READ_ONLY,
    "contracts.export_xlsx": Role.READ_ONLY,
    "contracts.index": Role.READ_ONLY,
    "contracts.lines": Role.READ_ONLY,
    "contracts.lines_csv": Role.READ_ONLY,
    "contracts.lines_xlsx": Role.READ_ONLY,
    "contracts.new": Role.MANAGER,
    "contracts.new_rule": Role.MANAGER,
    "contracts.notice": Role.MANAGER,
    "contracts.remove_lines": Role.MANAGER,
    "contracts.renew": Role.MANAGER,
    "contracts.send_delete": Role.MANAGER,
    "contracts.send_delete_rule": Role.MANAGER,
    "contracts.send_document": Role.MANAGER,
    "contracts.send_edit": Role.MANAGER,
    "contracts.send_lines": Role.MANAGER,
    "contracts.send_new": Role.MANAGER,
    "contracts.send_notice": Role.MANAGER,
    "contracts.send_renew": Role.MANAGER,
    "contracts.send_rule": Role.MANAGER,
    "contracts.show": Role.READ_ONLY,
    "contracts.timeline": Role.READ_ONLY,
    "credentials.delete": Role.ADMINISTRATOR,
    "credentials.edit": Role.ADMINISTRATOR,
    "credentials.index": Role.ADMINISTRATOR,
    "credentials.new": Role.ADMINISTRATOR,
    "credentials.send_delete": Role.ADMINISTRATOR,
    "credentials.send_edit": Role.ADMINISTRATOR,
    "credentials.send_new": Role.ADMINISTRATOR,
    "custom_fields.delete": Role.ADMINISTRATOR,
    "custom_fields.edit": Role.ADMINISTRATOR,
    "custom_fields.index": Role.ADMINISTRATOR,
    "custom_fields.new": Role.ADMINISTRATOR,
    "custom_fields.send_delete": Role.ADMINISTRATOR,
    "custom_fields.send_edit": Role.ADMINISTRATOR,
    "custom_fields.send_move": Role.ADMINISTRATOR,
    "custom_fields.send_new": Role.ADMINISTRATOR,
    "custom_fields.send_restore": Role.ADMINISTRATOR,
    "dashboard.show": Role.READ_ONLY,
    "departments.delete": Role.MANAGER,
    "departments.edit": Role.TECHNICIAN,
    "departments.export_csv": Role.READ_ONLY,
    "departments.export_xlsx": Role.READ_ONLY,
    "departments.index": Role.READ_ONLY,
    "departments.new": Role.TECHNICIAN,
    "departments.send_delete": Role.MANAGER,
    "departments.send_edit": Role.TECHNICIAN,
    "departments.send_new": Role.TECHNICIAN,
    "departments.show": Role.READ_ONLY,
    "departments.suggest": Role.READ_ONLY,
    "devices.attach": Role.TECHNICIAN,
    "devices.decide": Role.TECHNICIAN,
    "devices.ignore": Role.TECHNICIAN,
    "devices.ignored": Role.READ_ONLY,
    "devices.index": Role.READ_ONLY,
    "devices.show": Role.READ_ONLY,
    "devices.undo": Role.TECHNICIAN,
    "differences.export_csv": Role.READ_ONLY,
    "differences.export_xlsx": Role.READ_ONLY,
    "differences.index": Role.READ_ONLY,
    "documents.delete": Role.TECHNICIAN,
    "documents.download": Role.READ_ONLY,
    "documents.send_delete": Role.TECHNICIAN,
    "exports.agents_csv": Role.READ_ONLY,
    "exports.agents_xlsx": Role.READ_ONLY,
    "exports.assets_csv": Role.READ_ONLY,
    "exports.assets_xlsx": Role.READ_ONLY,
    "exports.changes_csv": Role.READ_ONLY,
    "exports.changes_xlsx": Role.READ_ONLY,
    "exports.history_csv": Role.READ_ONLY,
    "exports.history_xlsx": Role.READ_ONLY,
    "asset_tags.index": Role.MANAGER,
    "asset_tags.reset": Role.MANAGER,
    "asset_tags.send": Role.MANAGER,
    "field_rules.index": Role.MANAGER,
    "field_rules.reset": Role.MANAGER,
    "field_rules.send": Role.MANAGER,
    "first_run.ready": Role.TECHNICIAN,
    "first_run.send": None,
    "first_run.show": None,
    "first_run.sweep": Role.TECHNICIAN,
    "imports.apply": Role.TECHNICIAN,
    "imports.delete": Role.TECHNICIAN,
    "imports.delete_kept": Role.TECHNICIAN,
    "imports.index": Role.TECHNICIAN,
    "imports.live": Role.TECHNICIAN,
    "imports.plan_again": Role.TECHNICIAN,
    "imports.refused": Role.TECHNICIAN,
    "imports.send_columns": Role.TECHNICIAN,
    "imports.send_delete": Role.TECHNICIAN,
    "imports.send_delete_kept": Role.TECHNICIAN,
    "imports.send_reading": Role.TECHNICIAN,
    "imports.show": Role.TECHNICIAN,
    "imports.show_columns": Role.TECHNICIAN,
    "imports.show_reading": Role.TECHNICIAN,
    "imports.upload": Role.TECHNICIAN,
    "inbox.closed": Role.READ_ONLY,
    "inbox.decide": Role.TECHNICIAN,
    "inbox.export_closed_csv": Role.READ_ONLY,
    "inbox.export_closed_xlsx": Role.READ_ONLY,
    "inbox.export_open_csv": Role.READ_ONLY,
    "inbox.export_open_xlsx": Role.READ_ONLY,
    "inbox.export_snoozed_csv": Role.READ_ONLY,
    "inbox.export_snoozed_xlsx": Role.READ_ONLY,
    "inbox.index": Role.READ_ONLY,
    "inbox.show": Role.READ_ONLY,
    "inbox.snoozed": Role.READ_ONLY,
    "ignored_keys.index": Role.ADMINISTRATOR,
    "ignored_keys.remove": Role.ADMINISTRATOR,
    "ignored_keys.send_new": Role.ADMINISTRATOR,
    "incidents.decide": Role.TECHNICIAN,
    "incidents.drafts": Role.READ_ONLY,
    "incidents.edit": Role.TECHNICIAN,
    "incidents.every": Role.READ_ONLY,
    "incidents.every_csv": Role.READ_ONLY,
    "incidents.every_xlsx": Role.READ_ONLY,
    "incidents.figures": Role.READ_ONLY,
    "incidents.figures_csv": Role.READ_ONLY,
    "incidents.index": Role.READ_ONLY,
    "incidents.new": Role.TECHNICIAN,
    "incidents.open_csv": Role.READ_ONLY,
    "incidents.open_xlsx": Role.READ_ONLY,
    "incidents.rule": Role.MANAGER,
    "incidents.rules": Role.READ_ONLY,
    "incidents.send_document": Role.TECHNICIAN,
    "incidents.send_edit": Role.TECHNICIAN,
    "incidents.send_follow_up": Role.TECHNICIAN,
    "incidents.send_link": Role.TECHNICIAN,
    "incidents.send_new": Role.TECHNICIAN,
    "incidents.send_rule": Role.MANAGER,
    "incidents.send_step": Role.TECHNICIAN,
    "incidents.send_unlink": Role.TECHNICIAN,
    "incidents.show": Role.READ_ONLY,
    "my_incidents.download": Role.REQUESTER,
    "my_incidents.incident": Role.REQUESTER,
    "my_incidents.report": Role.REQUESTER,
    "my_incidents.report_asset": Role.REQUESTER,
    "my_incidents.send_follow_up": Role.REQUESTER,
    "my_incidents.send_reopen": Role.REQUESTER,
    "my_incidents.send_report": Role.REQUESTER,
    "my_incidents.send_report_asset": Role.REQUESTER,
    "my_incidents.show": Role.REQUESTER,
    "assets.move": Role.TECHNICIAN,
    "assets.of_asset": Role.READ_ONLY,
    "assets.send_move": Role.TECHNICIAN,
    "movements.basket": Role.TECHNICIAN,
    "movements.check_basket": Role.TECHNICIAN,
    "movements.send_basket": Role.TECHNICIAN,
    "movements.sheet": Role.READ_ONLY,
    "movements.export_csv": Role.READ_ONLY,
    "movements.export_xlsx": Role.READ_ONLY,
    "movements.index": Role.READ_ONLY,
    "movements.loans": Role.READ_ONLY,
    "movements.send_document": Role.TECHNICIAN,
    "movements.send_cancel": Role.TECHNICIAN,
    "movements.show": Role.READ_ONLY,
    "licences.allocate": Role.TECHNICIAN,
    "licences.delete": Role.MANAGER,
    "licences.delete_rule": Role.TECHNICIAN,
    "licences.delete_key": Role.TECHNICIAN,
    "licences.edit": Role.TECHNICIAN,
    "licences.edit_period": Role.TECHNICIAN,
    "licences.export_csv": Role.READ_ONLY,
    "licences.export_xlsx": Role.READ_ONLY,
    "licences.give_many": Role.TECHNICIAN,
    "licences.give_ticked": Role.TECHNICIAN,
    "licences.many": Role.TECHNICIAN,
    "licences.index": Role.READ_ONLY,
    "licences.new": Role.TECHNICIAN,
    "licences.period": Role.TECHNICIAN,
    "licences.release": Role.TECHNICIAN,
    "licences.remove_period": Role.TECHNICIAN,
    "licences.reveal": Role.TECHNICIAN,
    "licences.send_delete": Role.MANAGER,
    "licences.send_document": Role.TECHNICIAN,
    "licences.send_edit_period": Role.TECHNICIAN,
    "licences.send_edit": Role.TECHNICIAN,
    "licences.send_keys": Role.TECHNICIAN,
    "licences.send_new": Role.TECHNICIAN,
    "licences.send_period": Role.TECHNICIAN,
    "licences.take_back": Role.TECHNICIAN,
    "licences.show": Role.READ_ONLY,
    "menu.show": Role.REQUESTER,
    "network_map.show": Role.READ_ONLY,
    "patterns.show": Role.ADMINISTRATOR,
    "people.delete": Role.MANAGER,
    "people.edit": Role.TECHNICIAN,
    "people.export_csv": Role.READ_ONLY,
    "people.export_xlsx": Role.READ_ONLY,
    "people.index": Role.READ_ONLY,
    "people.new": Role.TECHNICIAN,
    "people.send_delete": Role.MANAGER,
    "people.send_edit": Role.TECHNICIAN,
    "people.send_new": Role.TECHNICIAN,
    "people.show": Role.READ_ONLY,
    "people.suggest": Role.READ_ONLY,
    "places.delete": Role.MANAGER,
    "places.delete_outlet": Role.TECHNICIAN,
    "places.edit": Role.TECHNICIAN,
    "places.edit_outlet": Role.TECHNICIAN,
    "places.export_csv": Role.READ_ONLY,
    "places.export_xlsx": Role.READ_ONLY,
    "places.index": Role.READ_ONLY,
    "places.new": Role.TECHNICIAN,
    "places.new_outlet": Role.TECHNICIAN,
    "places.send_delete": Role.MANAGER,
    "places.send_edit": Role.TECHNICIAN,
    "places.send_new": Role.TECHNICIAN,
    "places.send_new_outlet": Role.TECHNICIAN,
    "places.send_outlet": Role.TECHNICIAN,
    "places.show": Role.READ_ONLY,
    "places.suggest": Role.READ_ONLY,
    "ranges.delete": Role.MANAGER,
    "ranges.edit": Role.MANAGER,
    "ranges.index": Role.READ_ONLY,
    "ranges.new": Role.MANAGER,
    "ranges.send_delete": Role.MANAGER,
    "ranges.send_disable": Role.MANAGER,
    "ranges.send_edit": Role.MANAGER,
    "ranges.send_enable": Role.MANAGER,
    "ranges.send_new": Role.MANAGER,
    "ranges.send_sweep": Role.TECHNICIAN,
    "ranges.show": Role.READ_ONLY,
    "runs.index": Role.READ_ONLY,
    "runs.live": Role.READ_ONLY,
    "runs.plan": Role.TECHNICIAN,
    "runs.send_again": Role.TECHNICIAN,
    "runs.send_apply": Role.TECHNICIAN,
    "runs.send_drop": Role.TECHNICIAN,
    "runs.send_retry": Role.TECHNICIAN,
    "runs.send_stop": Role.TECHNICIAN,
    "runs.show": Role.READ_ONLY,
    "session.choose": None,
    "session.link": None,
    "session.send_sign_in": None,
    "session.sign_in": None,
    "session.sign_out": Role.REQUESTER,
    "session.use_link": None,
    "software.changes": Role.READ_ONLY,
    "software.export_changes_csv": Role.READ_ONLY,
    "software.export_changes_xlsx": Role.READ_ONLY,
    "software.export_csv": Role.READ_ONLY,
    "software.export_machines_csv": Role.READ_ONLY,
    "software.export_machines_xlsx": Role.READ_ONLY,
    "software.export_xlsx": Role.READ_ONLY,
    "software.index": Role.READ_ONLY,
    "software.machines": Role.READ_ONLY,
    "software.need": Role.TECHNICIAN,
    "software.new_rule": Role.MANAGER,
    "software.rules": Role.READ_ONLY,
    "software.send_need": Role.TECHNICIAN,
    "software.send_rule": Role.MANAGER,
    "software.send_status": Role.TECHNICIAN,
    "software.show": Role.READ_ONLY,
    "software.status": Role.TECHNICIAN,
    "software.take_back": Role.MANAGER,
    "suppliers.contact": Role.MANAGER,
    "suppliers.delete": Role.MANAGER,
    "suppliers.edit": Role.MANAGER,
    "suppliers.export_csv": Role.READ_ONLY,
    "suppliers.export_xlsx": Role.READ_ONLY,
    "suppliers.index": Role.READ_ONLY,
    "suppliers.new": Role.MANAGER,
    "suppliers.send_contact": Role.MANAGER,
    "suppliers.send_delete": Role.MANAGER,
    "suppliers.send_document": Role.MANAGER,
    "suppliers.send_edit": Role.MANAGER,
    "suppliers.send_edit_contact": Role.MANAGER,
    "suppliers.send_new": Role.MANAGER,
    "suppliers.show": Role.READ_ONLY,
    "users.edit": Role.ADMINISTRATOR,
    "users.index": Role.ADMINISTRATOR,
    "users.new": Role.ADMINISTRATOR,
    "users.reset_password": Role.ADMINISTRATOR,
    "users.send_edit": Role.ADMINISTRATOR,
    "users.send_new": Role.ADMINISTRATOR,
    "users.send_reset_password": Role.ADMINISTRATOR,
    "where.show": Role.READ_ONLY,
}
LET_IN = 299  # no page answers so: the stand-in of a view was reached


def rules(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Give every rule but that of built files, with each of its methods and an address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            address = re.sub(r"<[^>]+>", "1", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, address


def _put_stand_ins(app: Flask) -> None:
    """Put behind each guard a view that only says it was reached."""
    for name, view in list(app.view_functions.items()):
        if name != "static":
            guard = requires(cast("Any", view).required_action)
            app.view_functions[name] = guard(lambda **_arguments: ("", LET_IN))


def test_every_route_lets_in_who_is_expected_and_nobody_else(sqlite_app: Flask) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    _put_stand_ins(sqlite_app)
    browsers = {role: Browser(sqlite_app, role).client for role in ROLES}
    wrong = []
    for rule, method, address in rules(sqlite_app):
        if rule.endpoint not in LEAST_ROLE:
            wrong.append(f"{rule.endpoint} has no expectation")
            continue
        least = LEAST_ROLE[rule.endpoint]
        for role, client in browsers.items():
            is_expected = least is None or ROLES.index(role) >= ROLES.index(least)
            status = client.open(address, method=method).status_code
            if status != (LET_IN if is_expected else 404):
                wrong.append(f"{method} {address} as {role}: {status}")
        status = _as_nobody(sqlite_app.test_client(), method, address)
        if status != (LET_IN if least is None else 302):
            wrong.append(f"{method} {address} as nobody: {status}")
    assert wrong == []


def _as_nobody(client: FlaskClient, method: str, address: str) -> int:
    answer = client.open(address, method=method)
    if answer.status_code == 302:  # noqa: SIM102 -- the second only explains the first
        if not answer.headers["Location"].startswith("/sign-in"):
            return 0
    return answer.status_code


def test_expectations_name_no_route_that_is_gone(sqlite_app: Flask) -> None:
    endpoints = {rule.endpoint for rule, _, _ in rules(sqlite_app)}
    assert sorted(set(LEAST_ROLE) - endpoints) == []


def test_route_without_a_right_stops_the_start(sqlite_app: Flask) -> None:
    sqlite_app.view_functions["bare"] = lambda: ""
    with pytest.raises(Exception, match="routes without a right: bare"):
        check_all_routes_are_guarded(sqlite_app)


@pytest.mark.parametrize("token", ["", "IjAi.aaaaaa.bbbbbbbbbbbb"])
def test_no_route_changes_anything_without_the_token_of_the_session(
    sqlite_app: Flask, token: str
) -> None:
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    before = _dump()
    statuses = {
        f"{method} {address}": browser.client.open(
            address, method=method, data={"csrf_token": token} if token else {}
        ).status_code
        for rule, method, address in rules(sqlite_app)
        # Agents hold no session: test_agent_endpoint.py says what lets them in.
        if method != "GET" and rule.endpoint != "agent_endpoint.receive"
    }
    assert {name: status for name, status in statuses.items() if status != 400} == {}
    assert _dump() == before


def test_token_of_another_session_is_refused(sqlite_app: Flask) -> None:
    other = Browser(sqlite_app, Role.ADMINISTRATOR).get("/account").text
    token = other.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert token
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    browser.get("/account")
    answer = browser.client.post("/account/preferences", data={"csrf_token": token})
    assert answer.status_code == 400


def test_token_is_taken_from_the_header_that_htmx_sends(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.REQUESTER)
    page = browser.get("/account").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    answer = browser.client.post(
        "/account/preferences",
        data={"colour_scheme": "dark"},
        headers={"X-CSRFToken": token, "HX-Request": "true"},
    )
    assert answer.status_code == 302


def test_asking_for_a_page_changes_nothing(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    before = _dump()
    for _, method, address in rules(sqlite_app):
        if method == "GET":
            assert browser.get(address).status_code < 500, address
            browser.get(address)
    assert _dump() == before


def test_fragment_sends_nobody_to_the_sign_in_by_htmx(sqlite_app: Flask) -> None:
    Browser(sqlite_app, Role.REQUESTER)
    answer = sqlite_app.test_client().get("/users", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def _dump() -> dict[str, list[object]]:
    """Give all rows of all tables."""
    db.session.rollback()
    return {
        table.name: sorted(map(tuple, db.session.execute(table.select())), key=repr)
        for table in Base.metadata.sorted_tables
    }
