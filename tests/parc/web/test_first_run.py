"""The first run: safe, whole or nothing, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from parc.app import create_app
from parc.config import ServerSettings, Settings
from parc.extensions import db
from parc.models import AddressRange, Credential, Role, Run, User
from parc.services.sign_in import setup_code
from parc.web.first_run import needs_setup_code
from parc.web.own_network import find_private_network
from tests.web import Browser

ANSWERS = {
    "display_name": "Alice Martin",
    "login": "alice",
    "password": "correct horse battery",
    "repeated_password": "correct horse battery",
    "language": "en",
    "range_name": "Main network",
    "include": "192.168.7.0/24",
    "site": "Paris",
    "every_minutes": "60",
    "snmp": "v2c",
    "community": "a secret community",
}


def test_every_page_leads_to_the_first_run_while_there_is_no_login(sqlite_app: Flask) -> None:
    for path in ("/", "/users", "/sign-in", "/nothing"):
        answer = sqlite_app.test_client().get(path)
        assert answer.headers["Location"] == "/first-run", path


def test_one_page_makes_everything_signs_in_and_sweeps(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app)
    answer = browser.post("/first-run", ANSWERS)
    ready = answer.headers["Location"]
    assert ready.startswith("/first-run/ready/")
    assert "Sweep now" in browser.get(ready).text
    browser.user_id = 1
    assert browser.post(ready).status_code == 302
    stored = db.session.scalars(select(AddressRange)).one()
    assert (stored.include, stored.schedule) == (["192.168.7.0/24"], "60")
    assert db.session.scalar(select(func.count()).select_from(Run)) == 1
    assert db.session.scalars(select(User.role)).one() is Role.ADMINISTRATOR


def test_second_submission_is_refused(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app)
    browser.post("/first-run", ANSWERS)
    other = Browser(sqlite_app)
    assert other.get("/first-run").status_code == 404
    answer = other.post("/first-run", {**ANSWERS, "login": "mallory"})
    assert answer.status_code == 404
    assert db.session.scalars(select(User.login)).all() == ["alice"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "short", "repeated_password": "short"}, "password"),
        ({"repeated_password": "another password"}, "repeated_password"),
        ({"login": ""}, "login"),
        ({"include": "192.168.7.0/33"}, "include"),
        ({"range_name": ""}, "range_name"),
        ({"every_minutes": "often"}, "every_minutes"),
        ({"community": ""}, "community"),
        ({"community": "", "include": "192.168.7.0/33"}, "include"),
    ],
)
def test_wrong_answer_is_told_beside_its_field_and_nothing_is_made(
    sqlite_app: Flask, wrong: dict[str, str], field: str
) -> None:
    answer = Browser(sqlite_app).post("/first-run", {**ANSWERS, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="Alice Martin"' in answer.text
    assert ANSWERS["community"] not in answer.text
    for model in (User, AddressRange, Credential):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_discovery_can_wait(sqlite_app: Flask) -> None:
    answer = Browser(sqlite_app).post("/first-run", {**ANSWERS, "include": ""})
    assert answer.status_code == 302
    assert db.session.scalar(select(func.count()).select_from(AddressRange)) == 0


@pytest.mark.parametrize(
    ("server", "is_needed"),
    [
        (ServerSettings(), False),
        (ServerSettings(host="localhost", base_url="http://127.0.0.1:8000"), False),
        (ServerSettings(host="::1"), False),
        (ServerSettings(host="0.0.0.0"), True),  # noqa: S104
        (ServerSettings(host="192.168.1.5"), True),
        (ServerSettings(base_url="https://parc.example.org"), True),
        (ServerSettings(trusted_proxies=1), True),
        (ServerSettings(trusted_hosts=("parc.lan",)), True),
    ],
)
def test_set_up_code_is_asked_where_strangers_reach_the_server(
    sqlite_settings: Settings, server: ServerSettings, *, is_needed: bool
) -> None:
    assert needs_setup_code(replace(sqlite_settings, server=server)) is is_needed


def test_stranger_without_the_set_up_code_cannot_take_over(sqlite_settings: Settings) -> None:
    server = ServerSettings(host="0.0.0.0")  # noqa: S104
    app = create_app(replace(sqlite_settings, server=server))
    with app.app_context():
        browser = Browser(app)
        assert 'name="setup_code"' in browser.get("/first-run").text
        assert browser.post("/first-run", ANSWERS).status_code == 422
        for _ in range(4):
            browser.post("/first-run", {**ANSWERS, "setup_code": "0000-0000-0000"})
        code = setup_code(app.extensions["parc_box"].signing_key)
        assert browser.post("/first-run", {**ANSWERS, "setup_code": code}).status_code == 429
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
        db.session.remove()
        db.engine.dispose()


def test_set_up_code_lets_in_however_it_is_typed(sqlite_settings: Settings) -> None:
    app = create_app(replace(sqlite_settings, server=ServerSettings(host="0.0.0.0")))  # noqa: S104
    with app.app_context():
        code = setup_code(app.extensions["parc_box"].signing_key)
        typed = {**ANSWERS, "setup_code": f" {code.lower().replace('-', '')} "}
        assert Browser(app).post("/first-run", typed).status_code == 302
        db.session.remove()
        db.engine.dispose()


HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"


@pytest.mark.parametrize(
    ("routes", "network"),
    [
        ("eth0\t0007A8C0\t00000000\t1\t0\t0\t0\t00FFFFFF\n", "192.168.7.0/24"),
        (
            (
                "docker0\t000011AC\t00000000\t1\t0\t0\t0\t0000FFFF\n"
                "eth0\t00000000\t0100000A\t3\t0\t0\t0\t00000000\n"
                "eth0\t0000000A\t00000000\t1\t0\t0\t0\t00FCFFFF\n"
            ),
            "10.0.0.0/22",
        ),
        ("eth0\t00000008\t00000000\t1\t0\t0\t0\t00FFFFFF\n", ""),
        ("", ""),
    ],
)
def test_own_network_is_read_from_the_routes(tmp_path: Path, routes: str, network: str) -> None:
    path = tmp_path / "route"
    path.write_text(HEAD + routes)
    assert find_private_network(path) == network


def test_machine_without_routes_fills_nothing_in(tmp_path: Path) -> None:
    assert find_private_network(tmp_path / "missing") == ""
