"""Headers of answers, host names, cookies, and pages without anything inline."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from flask import Flask

from parc.app import create_app
from parc.config import ServerSettings, Settings
from parc.models import Role
from parc.web.headers import CONTENT_SECURITY_POLICY, trusted_hosts
from parc.web.navigation import MENU
from tests.parc.web.test_access import rules
from tests.web import Browser

INLINE = re.compile(r"(?i)<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:")


def test_every_page_has_the_strict_headers_and_nothing_inline(administrator: Browser) -> None:
    for _, method, address in rules(administrator.app):
        if method != "GET":
            continue
        answer = administrator.get(address)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store", address
        if answer.mimetype == "text/html":
            assert not INLINE.search(answer.text), address


def test_policy_allows_no_inline_script_and_no_foreign_host() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'self'; script-src 'self';")


def test_session_cookie_is_closed_to_scripts_and_other_sites(administrator: Browser) -> None:
    fresh = administrator.app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert fresh.startswith("parc_session=")
    assert "HttpOnly" in fresh
    assert "SameSite=Lax" in fresh
    assert "Secure" not in fresh


def test_session_cookie_insists_on_tls_where_browsers_come_by_tls(
    sqlite_settings: Settings,
) -> None:
    server = ServerSettings(base_url="https://parc.example.org")
    app = create_app(replace(sqlite_settings, server=server))
    answer = app.test_client().get("/first-run", base_url="https://parc.example.org")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("server", "hosts"),
    [
        (ServerSettings(), {"localhost", "127.0.0.1", "[::1]"}),
        (
            ServerSettings(host="0.0.0.0", trusted_hosts=("parc.lan", "10.0.0.5")),  # noqa: S104
            {"localhost", "127.0.0.1", "[::1]", "parc.lan", "10.0.0.5"},
        ),
        (
            ServerSettings(base_url="https://parc.example.org:8443/"),
            {"localhost", "127.0.0.1", "[::1]", "parc.example.org"},
        ),
        (
            ServerSettings(host="2001:db8::1"),
            {"localhost", "127.0.0.1", "[::1]", "[2001:db8::1]"},
        ),
    ],
)
def test_trusted_names_come_from_the_settings(
    sqlite_settings: Settings, server: ServerSettings, hosts: set[str]
) -> None:
    assert set(trusted_hosts(replace(sqlite_settings, server=server))) == hosts


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil"])
def test_foreign_host_name_is_refused(sqlite_app: Flask, host: str) -> None:
    answer = sqlite_app.test_client().get("/sign-in", headers={"Host": host})
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_loopback_names_are_served(sqlite_app: Flask, host: str) -> None:
    Browser(sqlite_app, Role.REQUESTER)
    answer = sqlite_app.test_client().get("/sign-in", headers={"Host": host})
    assert answer.status_code == 200


def test_forwarding_headers_count_only_behind_trusted_proxies(sqlite_settings: Settings) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "parc.example.org"}
    addresses = {}
    for count in (0, 1):
        server = ServerSettings(base_url="https://parc.example.org", trusted_proxies=count)
        app = create_app(replace(sqlite_settings, server=server))
        seen: list[str | None] = []
        hooks = app.before_request_funcs.setdefault(None, [])
        hooks.insert(0, lambda seen=seen: seen.append(_remote()))
        app.test_client().get("/sign-in", headers=forwarded)
        addresses[count] = seen[0]
    assert addresses == {0: "127.0.0.1", 1: "203.0.113.9"}
    past_it = {"REMOTE_ADDR": "198.51.100.7"}
    app.test_client().get("/sign-in", headers=forwarded, environ_overrides=past_it)
    assert seen[1:] == ["198.51.100.7"]


def _remote() -> str | None:
    from flask import request

    return request.remote_addr


@pytest.mark.parametrize(
    "address", ["/first-run", "/places/new", "/contracts/new", "/ranges/new", "/users/new"]
)
def test_pages_stay_within_their_weight(administrator: Browser, address: str) -> None:
    """The frame of a page is at most 12 kB and 150 elements, whichever group is open."""
    page = administrator.get(address).text
    frame, _, rest = page.partition('<div class="head">')
    frame += rest.partition("</main>")[2]
    assert len(frame.encode()) < 12_000
    assert len(re.findall(r"<[a-z]", frame)) <= 150


def test_empty_page_is_within_its_weight(administrator: Browser) -> None:
    page = administrator.get("/first-run").text
    assert len(page.encode()) < 12_000
    assert len(re.findall(r"<[a-z]", page)) <= 150


def test_every_page_of_the_menu_is_two_clicks_away(administrator: Browser) -> None:
    start = administrator.get("/account").text
    linked = set(re.findall(r'<a href="([^"]+)"', start))
    groups = {address for address in linked if address.startswith("/menu/")}
    assert len(groups) == len([group for group in MENU if group.slug])
    for address in groups:
        linked |= set(re.findall(r'<a href="([^"]+)"', administrator.get(address).text))
    with administrator.app.test_request_context():
        wanted = {entry.url for group in MENU for entry in group.entries}
    assert wanted <= linked


def test_letters_lead_to_pages_of_closed_groups_too(administrator: Browser) -> None:
    page = administrator.get("/people/new").text
    assert 'data-go="l"' in page, "of the group that is open"
    assert 'data-go="p"' not in page
    assert html.unescape(page).count('"p": "/ranges"') == 1


def test_group_without_pages_for_a_role_is_not_found(administrator: Browser) -> None:
    assert administrator.get("/menu/administration").status_code == 200
    assert administrator.get("/menu/unknown").status_code == 404
    requester = Browser(administrator.app, Role.REQUESTER)
    assert requester.get("/menu/administration").status_code == 404
