"""Headers of answers, host names, cookies, and pages without anything inline."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from parc.app import create_app
from parc.config import ServerSettings, Settings
from parc.models import Role
from parc.web.headers import CONTENT_SECURITY_POLICY, trusted_hosts
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


def _remote() -> str | None:
    from flask import request

    return request.remote_addr


def test_pages_stay_within_their_weight(administrator: Browser) -> None:
    """An empty page is at most 12 kB and 180 elements, each page of the menu one click away."""
    page = administrator.get("/first-run").text
    assert len(page.encode()) < 12_000
    assert len(re.findall(r"<[a-z]", page)) <= 180
