"""Signing in and out, links, throttling, the life of sessions, languages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from parc.extensions import transaction
from parc.models import Role
from parc.services.actor import SYSTEM
from parc.services.sign_in import make_link
from parc.services.users import UserInput, change_user, set_password
from tests.conftest import SteppingClock
from tests.web import Browser, make_user

ATTRIBUTES = re.compile(r'value="[^"]*"|content="[^"]*"')
PASSWORD = "correct horse battery"


@pytest.fixture
def app(sqlite_app: Flask, clock: SteppingClock) -> Flask:
    """The application with a clock that tests set, and one login of each kind."""
    sqlite_app.extensions["parc_clock"] = clock
    make_user(sqlite_app, Role.ADMINISTRATOR, "alice", PASSWORD)
    return sqlite_app


def sign_in(browser: Browser, login: str = "alice", password: str = PASSWORD, **more: str) -> int:
    return browser.post("/sign-in", {"login": login, "password": password, **more}).status_code


def test_right_password_signs_in_and_goes_on_to_the_page_asked_for(app: Flask) -> None:
    browser = Browser(app)
    answer = browser.get("/users")
    assert answer.headers["Location"] == "/sign-in?next=/users"
    answer = browser.post(
        "/sign-in", {"login": " Alice ", "password": PASSWORD, "next": "/users?x=1"}
    )
    assert answer.headers["Location"] == "/users?x=1"
    assert browser.get("/users").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
def test_only_a_path_of_ours_is_gone_on_to(app: Flask, target: str) -> None:
    answer = Browser(app).post("/sign-in", {"login": "alice", "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert "evil" not in location


def test_unknown_and_known_login_are_answered_alike(app: Flask) -> None:
    pages = []
    for login in ("alice", "nobody-of-that-name"):
        browser = Browser(app)
        answer = browser.post("/sign-in", {"login": login, "password": "wrong password!"})
        pages.append((answer.status_code, ATTRIBUTES.sub("", answer.text)))
    assert pages[0] == pages[1]
    assert pages[0][0] == 422


def test_inactive_login_is_answered_as_a_wrong_password(app: Flask) -> None:
    user_id = make_user(app, Role.TECHNICIAN, "bob", PASSWORD)
    entered = UserInput("bob", "Bob", "technician", is_active=False)
    with transaction() as session:
        change_user(session, SYSTEM, user_id, entered, app.extensions["parc_clock"]())
    assert sign_in(Browser(app), "bob") == 422


def test_five_failures_slow_the_login_down_and_say_for_how_long(
    app: Flask, clock: SteppingClock
) -> None:
    browser = Browser(app)
    for _ in range(5):
        assert sign_in(browser, password="wrong") == 422
    answer = browser.post("/sign-in", {"login": "alice", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "32"
    assert "wait 32 seconds" in answer.text
    clock.step(seconds=33)
    assert sign_in(browser) == 302


def test_guessing_from_one_address_is_slowed_down_over_all_logins(app: Flask) -> None:
    browser = Browser(app)
    for number in range(5):
        sign_in(browser, login=f"guess{number}", password="wrong")
    assert sign_in(browser) == 429


def test_signing_in_gives_a_new_cookie_and_a_new_token(app: Flask) -> None:
    browser = Browser(app)
    browser.get("/sign-in")
    with browser.client.session_transaction() as before:
        token_before = before["csrf_token"]
        before["planted"] = "by somebody else"
    sign_in(browser)
    browser.get("/account")
    with browser.client.session_transaction() as after:
        assert "planted" not in after
        assert after["csrf_token"] != token_before


def test_session_ends_when_idle_and_at_its_age(app: Flask, clock: SteppingClock) -> None:
    browser = Browser(app)
    sign_in(browser)
    for _ in range(14 * 4 - 1):
        clock.step(hours=6)
        assert browser.get("/account").status_code == 200
    clock.step(hours=7)
    assert browser.get("/account").status_code == 302
    sign_in(browser)
    clock.step(hours=8, minutes=1)
    assert browser.get("/account").status_code == 302


def test_signing_out_ends_the_session_on_the_server(app: Flask) -> None:
    browser = Browser(app)
    sign_in(browser)
    stolen = browser.client.get_cookie("parc_session")
    assert stolen is not None
    browser.user_id = 1
    assert browser.post("/sign-out").status_code == 302
    thief = app.test_client()
    thief.set_cookie("parc_session", stolen.value)
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize("change", ["password", "role", "activity"])
def test_changed_rights_end_all_sessions(app: Flask, clock: SteppingClock, change: str) -> None:
    browser = Browser(app, Role.TECHNICIAN)
    assert browser.user_id is not None
    assert browser.get("/account").status_code == 200
    with transaction() as session:
        if change == "password":
            set_password(session, SYSTEM, browser.user_id, PASSWORD, clock())
        else:
            entered = UserInput("x", "X", "manager", is_active=change == "role")
            change_user(session, SYSTEM, browser.user_id, entered, clock())
    assert browser.get("/account").status_code == 302


def test_link_signs_in_once_and_only_by_its_button(app: Flask, clock: SteppingClock) -> None:
    with transaction() as session:
        token = make_link(session, SYSTEM, 1, clock())
    first, second = Browser(app), Browser(app)
    for _ in range(3):
        page = first.get(f"/sign-in/link/{token}")
        assert page.status_code == 200
        assert f'action="/sign-in/link/{token}"' in page.text
    assert first.post(f"/sign-in/link/{token}").status_code == 302
    assert first.get("/account").status_code == 200
    assert second.post(f"/sign-in/link/{token}").status_code == 404
    assert second.get(f"/sign-in/link/{token}").status_code == 404


def test_link_expires(app: Flask, clock: SteppingClock) -> None:
    with transaction() as session:
        token = make_link(session, SYSTEM, 1, clock(), hours=2)
    clock.step(hours=2)
    assert Browser(app).post(f"/sign-in/link/{token}").status_code == 404


def test_who_has_no_password_yet_is_told_to_choose_one(app: Flask, clock: SteppingClock) -> None:
    user_id = make_user(app, Role.REQUESTER, "carol")
    with transaction() as session:
        token = make_link(session, SYSTEM, user_id, clock())
    browser = Browser(app)
    answer = browser.post(f"/sign-in/link/{token}", follow_redirects=True)
    assert "Choose a password" in answer.text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en"), ("de", "fr"), ("de, en;q=0.5", "en"), ("", "fr")],
)
def test_language_is_the_browsers_else_the_settings(app: Flask, asked: str, expected: str) -> None:
    page = app.test_client().get("/sign-in", headers={"Accept-Language": asked}).text
    assert f'<html lang="{expected}"' in page
    assert ("Se connecter" in page) == (expected == "fr")


def test_language_chosen_before_signing_in_is_kept_by_the_browser(app: Flask) -> None:
    browser = Browser(app)
    assert browser.post("/language", {"language": "fr"}).status_code == 302
    assert '<html lang="fr"' in browser.get("/sign-in").text


def test_language_chosen_by_a_login_is_kept_with_it(app: Flask) -> None:
    browser = Browser(app, Role.REQUESTER)
    answer = browser.post("/language", {"language": "fr", "next": "/account"})
    assert answer.headers["Location"] == "/account"
    assert '<html lang="fr"' in browser.get("/account").text
    assert browser.post("/language", {"language": "xx"}).status_code == 400


def test_field_that_is_not_in_the_form_is_refused(app: Flask) -> None:
    assert Browser(app).post("/sign-in", {"login": "alice", "role": "x"}).status_code == 400


OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"name": "Élise <b>Martin</b>", "notes": "line 1\r\nline 2", "community": "hidden"}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def _hidden(page: str) -> dict[str, str]:
    _frame, _main, content = page.partition("<main")
    return {name: unescape(value) for name, value in _HIDDEN.findall(content)}


def test_what_was_typed_outlives_the_session(app: Flask) -> None:
    browser = Browser(app)
    late = browser.post("/people/new", TYPED, headers=OURS)
    assert late.status_code == 401
    assert "what you typed is kept" in late.text
    assert "hidden&#34;" not in late.text
    kept = _hidden(late.text)["again"]
    wrong = browser.post("/sign-in", {"login": "alice", "password": "no", "again": kept})
    assert _hidden(wrong.text)["again"] == kept
    page = browser.post("/sign-in", {"login": "alice", "password": PASSWORD, "again": kept}).text
    assert 'action="/people/new"' in page
    assert "Passwords and files are not kept" in page
    fields = _hidden(page)
    assert fields["name"] == TYPED["name"]
    assert fields["notes"] == TYPED["notes"]
    assert "community" not in fields
    assert browser.client.post("/people/new", data=fields).status_code == 302


def test_form_of_an_older_session_is_sent_once_more_by_a_button(app: Flask) -> None:
    browser = Browser(app, Role.TECHNICIAN)
    late = browser.client.post(
        "/people/new", data={"csrf_token": "old", **TYPED}, headers={"Origin": "http://localhost"}
    )
    assert late.status_code == 400
    assert browser.client.post("/people/new", data=_hidden(late.text)).status_code == 302


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {**OURS, "HX-Request": "true"},
    ],
)
def test_form_of_another_site_is_not_kept(app: Flask, headers: dict[str, str]) -> None:
    for role in (None, Role.TECHNICIAN):
        late = Browser(app, role).client.post("/people/new", data=TYPED, headers=headers)
        assert late.status_code == 400
        assert "lise" not in late.text


def test_sign_in_page_left_open_asks_once_more(app: Flask) -> None:
    late = Browser(app).client.post("/sign-in", data={"login": "alice", "next": "/users"})
    assert late.status_code == 400
    assert 'value="alice"' in late.text
    assert _hidden(late.text)["next"] == "/users"


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "null",
        "[]",
        '["https://evil.example/",[],true]',
        '["/nothing-here",[],true]',
        '["/static/app.css",[],true]',
        '["/people/new",[["a"]],true]',
        '["/people/new",7,true]',
        "[" * 5000,
    ],
)
def test_only_a_form_of_ours_is_sent_once_more(app: Flask, kept: str) -> None:
    browser = Browser(app)
    answer = browser.post("/sign-in", {"login": "alice", "password": PASSWORD, "again": kept})
    assert answer.status_code == 302
