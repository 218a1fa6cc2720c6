"""The commands that look after logins."""

from __future__ import annotations

import json

from click.testing import CliRunner
from flask import Flask

from parc.cli.users import users
from parc.errors import NotFoundError, StartError
from parc.extensions import transaction
from parc.models import Location, LocationKind, Role
from parc.services.sign_in import is_setup_code
from tests.web import Browser, make_user

PASSWORD = "correct horse battery"


def run(*arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(users, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_added_login_signs_in_with_the_password_that_was_asked_for(sqlite_app: Flask) -> None:
    output = run("add", "Alice", "--role", "administrator", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert "Added alice, administrator." in output
    assert PASSWORD not in output
    sent = {"login": "alice", "password": PASSWORD}
    assert Browser(sqlite_app).post("/sign-in", sent).status_code == 302
    rows = json.loads(run("list", "--json"))
    assert [(row["login"], row["role"]) for row in rows] == [("alice", "administrator")]
    assert "administrator  everything  active" in run("list")


def test_link_signs_in_without_a_password(sqlite_app: Flask) -> None:
    output = run("add", "alice", "--role", "administrator", "--link")
    address = output.splitlines()[-1]
    assert address.startswith("http://127.0.0.1:8000/sign-in/link/")
    browser = Browser(sqlite_app)
    assert browser.post(address.removeprefix("http://127.0.0.1:8000")).status_code == 302
    assert run("link", "alice").startswith("http://127.0.0.1:8000/sign-in/link/")


def test_password_command_signs_out_everywhere(sqlite_app: Flask) -> None:
    user_id = make_user(sqlite_app, Role.TECHNICIAN, "bob")
    browser = Browser(sqlite_app)
    browser.sign_in(user_id)
    assert browser.get("/account").status_code == 200
    run("password", "bob", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert browser.get("/account").status_code == 302


def test_last_administrator_cannot_be_deactivated_by_command(sqlite_app: Flask) -> None:
    make_user(sqlite_app, Role.ADMINISTRATOR, "alice")
    make_user(sqlite_app, Role.TECHNICIAN, "bob")
    assert "bob is deactivated" in run("deactivate", "bob")
    result = CliRunner().invoke(users, ["deactivate", "alice"])
    assert isinstance(result.exception, StartError)
    result = CliRunner().invoke(users, ["link", "bob"])
    assert isinstance(result.exception, NotFoundError)
    result = CliRunner().invoke(users, ["link", "nobody"])
    assert isinstance(result.exception, NotFoundError)


def test_login_is_limited_to_places_and_freed_again_by_command(sqlite_app: Flask) -> None:
    bob = Browser(sqlite_app, Role.TECHNICIAN)
    with transaction() as session:
        session.add(Location(kind=LocationKind.SITE, name="Lyon"))
    login = json.loads(run("list", "--json"))[0]["login"]
    assert f"{login} sees lyon." in run("limit", login, "lyon")
    assert bob.get("/account").status_code == 302  # signed out
    assert json.loads(run("list", "--json"))[0]["places"] == ["Lyon"]
    result = CliRunner().invoke(users, ["limit", login, "Nowhere"])
    assert isinstance(result.exception, StartError)
    assert f"{login} is as before" in str(result.exception)
    assert f"{login} sees everything." in run("limit", login)
    assert "technician  everything" in run("list")
    make_user(sqlite_app, Role.ADMINISTRATOR, "alice")
    result = CliRunner().invoke(users, ["limit", "alice", "Lyon"])
    assert isinstance(result.exception, StartError)


def test_set_up_code_is_printed(sqlite_app: Flask) -> None:
    code = run("setup-code").strip()
    assert is_setup_code(sqlite_app.extensions["parc_box"].signing_key, code)
