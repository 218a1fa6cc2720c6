"""Requests that no page sends: extra fields, forged tokens, hosts, methods (T3, T12-T14)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db
from parc.models import Base, Role, UserSession
from parc.row_keys import MOST_KEY
from parc.services.asset_values import EDITABLE_FIELDS
from tests.conftest import SOME_MOMENT
from tests.security.world import World, dump, make_world
from tests.web import Browser, make_user

NEXTS = (
    "https://evil.example/",
    "//evil.example/x",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "javascript:evil()",
    "//[",
    "http://[evil",
    "/%0d%0aSet-Cookie:evil=1",
    "/\r\nSet-Cookie: evil=1",
    "//evil.example@localhost/",
    "https:evil.example",
    "evil.example",
    "\x00//evil.example",
    "/" + "a" * 9_000,
    "/?a\r\nSet-Cookie: evil=1",
    "/?" + "&".join(["q=1"] * 1_200),
)
# What each form takes when nothing else is sent with it; the names that it has come from here.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "difference": ("/assets/{asset_id}/difference", {"field": "name", "decision": "take"}),
    "asset": (
        "/assets/{asset_id}/edit",
        {"name": "sw", "category": "switch", "version": "1"},
    ),
    "user": ("/users/{user_id}", {"display_name": "Eve", "role": "technician", "is_active": "1"}),
    "address_range": (
        "/ranges/{range_id}/edit",
        {
            "name": "lab",
            "include": "192.168.7.0/24",
            "schedule_kind": "none",
            "time_zone": "Europe/Paris",
            "packets_per_second": "50",
            "devices_at_once": "5",
        },
    ),
    "credential": ("/credentials/{credential_id}", {"name": "c", "version": "v2c", "port": "161"}),
    "user_session": ("/account/preferences", {"language": "en", "colour_scheme": "dark"}),
    "device": ("/devices/decide", {"id": "{device_id}", "action": "accept"}),
    "run": ("/runs/{run_id}/again", {}),
}
# Columns that the form of their table may change.
_IN_FORM = {
    "asset": {*EDITABLE_FIELDS, "version"},
    "user": {"display_name", "is_active", "role"},
    "address_range": {
        "asset_categories", "devices_at_once", "exclude", "include", "is_enabled", "name",
        "packets_per_second", "schedule_kind", "time_zone", "window_end", "window_start",
    },
    "credential": {"name", "networks", "version"},
    "device": {"id"},
    "difference": {"field"},
}  # fmt: skip


@pytest.fixture
def browser(sqlite_app: Flask) -> Browser:
    """An administrator, on a clock that stands still."""
    sqlite_app.extensions["parc_clock"] = lambda: SOME_MOMENT
    return Browser(sqlite_app, Role.ADMINISTRATOR)


@pytest.fixture
def world(browser: Browser) -> World:
    return make_world(browser.app)


@pytest.mark.parametrize("table", FORMS)
def test_field_that_a_form_has_not_is_refused_whole(
    browser: Browser, world: World, table: str
) -> None:
    path, fields = FORMS[table]
    valid = {name: value.format(**world.ids) for name, value in fields.items()}
    before = dump()
    columns = set(Base.metadata.tables[table].columns.keys()) - _IN_FORM.get(table, set())
    for extra in sorted(columns | {"actor", "user_id", "password_hash", "is_admin", "_method"}):
        answer = browser.post(path.format(**world.ids), {**valid, extra: "1"})
        assert answer.status_code == 400, extra
    assert dump() == before
    # And without it the same form is taken.
    answer = browser.post(path.format(**world.ids), valid)
    assert answer.status_code == 302


def test_no_route_takes_a_field_that_it_does_not_name(browser: Browser, world: World) -> None:
    before = dump()
    for address in world.addresses(browser.app, "POST"):
        answer = browser.post(address, {"surprise": "1"})
        assert answer.status_code in {400, 404}, address
    assert dump() == before


def test_asking_twice_for_every_page_changes_nothing(browser: Browser, world: World) -> None:
    before = dump()
    for address in world.addresses(browser.app, "GET"):
        for _ in range(2):
            answer = browser.get(address)
            is_door = any(
                word in address for word in ("first-run", "link", "/documents/", "/my/incidents/")
            )
            assert answer.status_code < 400 or is_door, address
        browser.client.head(address)
    assert dump() == before


def test_every_change_needs_the_token_of_its_own_session(browser: Browser, world: World) -> None:
    stranger = Browser(browser.app, Role.ADMINISTRATOR).get("/account").text
    found = re.search(r'name="csrf-token" content="([^"]+)"', stranger)
    assert found
    browser.get("/account")
    before = dump()
    for address in world.addresses(browser.app, "POST"):
        for token in ({}, {"csrf_token": "x"}, {"csrf_token": found[1]}):
            answer = browser.client.post(address, data=token)
            assert answer.status_code == 400, address
            answer = browser.client.post(f"{address}?csrf_token={found[1]}")
            assert answer.status_code == 400, address
    assert dump() == before


def test_other_methods_are_refused_everywhere(browser: Browser, world: World) -> None:
    before = dump()
    for rule in browser.app.url_map.iter_rules():
        for method in {"PUT", "PATCH", "DELETE", "TRACE"} - (rule.methods or set()):
            address = world.address(rule).replace("<path:filename>", "x")
            answer = browser.client.open(address, method=method)
            assert answer.status_code == 405, f"{method} {address}"
    assert dump() == before


def test_key_that_no_row_has_breaks_nothing(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browser = Browser(app, Role.ADMINISTRATOR)
    for rule in app.url_map.iter_rules():
        for key in (str(MOST_KEY), str(MOST_KEY + 1), "9" * 5_000) if "<int:" in rule.rule else ():
            address = re.sub("<[^>]*>", key, rule.rule)
            for method in (rule.methods or set()) & {"GET", "POST"}:
                answer = browser.client.open(address, method=method)
                assert answer.status_code < 500, f"{method} {rule.rule}"


@pytest.mark.parametrize("target", NEXTS, ids=range(len(NEXTS)))
def test_no_door_leads_out_of_the_house(browser: Browser, world: World, target: str) -> None:
    nobody = Browser(browser.app)
    answers = [
        browser.get("/sign-in", query_string={"next": target}),
        browser.post("/language", {"language": "en", "next": target}),
        nobody.post("/language", {"language": "en", "next": target}),
        browser.post("/assets/columns", {"column": "name", "next": target}),
        browser.post(
            "/assets/bulk-state",
            {"id": str(world.ids["asset_id"]), "to": "in_stock", "filters": target},
        ),
        browser.post(
            "/devices/decide",
            {"id": str(world.ids["device_id"]), "action": "ignore", "filters": target},
        ),
    ]
    for answer in answers:
        assert answer.status_code < 500
        location = answer.headers.get("Location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "\n" not in location
        assert "evil" not in (answer.headers.get("Set-Cookie") or "")


@pytest.mark.parametrize("filters", ["//[", "/assets?" + "&".join(["q=nothing"] * 1_200)])
def test_filters_that_cannot_be_read_do_not_mean_everything(
    browser: Browser, world: World, filters: str
) -> None:
    assert world
    before = dump()
    every = {"all": "1", "filters": filters}
    assert browser.post("/assets/bulk-state", {**every, "to": "in_stock"}).status_code == 400
    assert browser.post("/devices/decide", {**every, "action": "accept"}).status_code == 400
    assert dump() == before


def test_host_and_forwarding_headers_change_no_link(browser: Browser) -> None:
    for name in ("X-Forwarded-Host", "X-Forwarded-For", "X-Host", "Forwarded", "X-Original-URL"):
        headers = {name: "host=evil.example" if name == "Forwarded" else "evil.example"}
        fields = {"login": f"u{len(name)}", "display_name": "U", "role": "technician"}
        answer = browser.post("/users/new", fields, headers=headers, follow_redirects=True)
        assert answer.status_code == 200
        assert "/sign-in/link/" in answer.text
        assert "evil.example" not in answer.text
    for host in ("evil.example", "127.0.0.1:80@evil.example", "", "localhost\tevil", "[::1", "*"):
        answer = browser.client.get("/users", headers={"Host": host})
        assert answer.status_code == 400, host
        assert "evil.example" not in answer.headers.get("Location", "")


def test_cookie_that_was_made_up_or_ended_is_nobodys(browser: Browser) -> None:
    cookie = browser.client.get_cookie("parc_session")
    assert cookie is not None
    value = cookie.value
    payload, rest = value.rsplit(".", 2)[0], ".".join(value.rsplit(".", 2)[1:])
    forged = [
        payload,
        f"{payload}.{'A' * len(rest)}",
        f"{payload[:-1]}A.{rest}",
        f"eyJ0b2tlbiI6MX0.{rest}",
        "",
        "." * 3,
        value + "A",
    ]
    for text in forged:
        stranger = Browser(browser.app)
        stranger.client.set_cookie("parc_session", text)
        answer = stranger.get("/users")
        assert answer.status_code == 302, text
        assert answer.headers["Location"].startswith("/sign-in")
    browser.post("/sign-out")
    thief = Browser(browser.app)
    thief.client.set_cookie("parc_session", value)
    assert thief.get("/users").headers["Location"].startswith("/sign-in")


def test_session_that_was_planted_before_signing_in_is_worth_nothing(sqlite_app: Flask) -> None:
    password = "correct horse battery"
    make_user(sqlite_app, Role.ADMINISTRATOR, "alice", password)
    victim, planted = Browser(sqlite_app), "A" * 43
    with victim.client.session_transaction() as cookie:
        cookie["token"] = planted
    answer = victim.post("/sign-in", {"login": "alice", "password": password, "next": "/users"})
    assert answer.headers["Location"] == "/users"
    with victim.client.session_transaction() as cookie:
        assert cookie["token"] != planted
    attacker = Browser(sqlite_app)
    with attacker.client.session_transaction() as cookie:
        cookie["token"] = planted
    assert attacker.get("/users").status_code == 302
    flags = _flags(answer.headers.getlist("Set-Cookie"))
    assert {"httponly", "samesite=lax", "path=/"} <= flags


@pytest.mark.parametrize("token", [1, None, ["a"], {"a": 1}, True, "", "x" * 100_000, "\x00"])
def test_token_of_a_wrong_shape_is_nobodys(sqlite_app: Flask, token: Any) -> None:
    stranger = Browser(sqlite_app, Role.ADMINISTRATOR)
    with stranger.client.session_transaction() as cookie:
        cookie["token"] = token
    assert stranger.get("/users").status_code == 302


def test_sessions_are_stored_by_hash_alone(browser: Browser) -> None:
    with browser.client.session_transaction() as cookie:
        token = cookie["token"]
    hashes = db.session.scalars(sa.select(UserSession.token_hash)).all()
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in hashes)
    assert token not in repr(dump())


def _flags(cookies: list[str]) -> set[str]:
    (cookie,) = [one for one in cookies if one.startswith("parc_session=")]
    return {part.strip().casefold() for part in cookie.split(";")[1:]}
