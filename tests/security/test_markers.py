"""What strangers can write stays text: on every page, in every export, in a real browser (T4)."""

from __future__ import annotations

import csv
import io
import re
import secrets
import zipfile
from html.parser import HTMLParser
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from playwright.sync_api import Dialog

from parc.models import Role
from parc.naming import DANGEROUS
from tests.browser import Live, Visit, chromium, live, visit
from tests.security.world import make_world
from tests.web import Browser

__all__ = ["chromium", "live", "visit"]

MARK = f"mark{secrets.token_hex(3)}"
PAYLOADS = (
    f"<script>window.{MARK}=1</script>",
    f'"onmouseover="window.{MARK}=1" x="',
    f"'><img src=//{MARK}.invalid onerror={MARK}()>",
    f"{{{{7*7}}}}{{%raw%}}{MARK}",
    f"=cmd|' /C calc'!{MARK}",
    f"\u202e{MARK}\u2066\u0085\u2028",
    f"javascript:{MARK}()",
    f"]]></style></textarea><svg/onload={MARK}()>",
    MARK + "a" * 4_000,
    f"nul\x00{MARK}\x1b[31m",
)
_PLAIN_ATTRIBUTES = {
    "data-label",
    "value",
    "aria-label",
    "title",
    "content",
    "placeholder",
    "href",
    "action",
}
_RAW_TEXT = {"script", "style"}


class _Judge(HTMLParser):
    """Lists every place of a page where the marker is more than text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.count = 0
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the name and the attributes."""
        self._open = tag
        if MARK in tag:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if MARK in name or name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}>")
            if MARK not in (value or ""):
                continue
            self.count += 1
            is_link = name in {"href", "action"} or name.startswith("hx-")
            if is_link and not (value or "").startswith("/"):
                self.faults.append(f"<{tag} {name}={value}>")
            if name not in _PLAIN_ATTRIBUTES and not name.startswith("hx-"):
                self.faults.append(f"<{tag} {name}=…>")

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Look at text."""
        if MARK in data:
            self.count += 1
            if self._open in _RAW_TEXT:
                self.faults.append(f"text of <{self._open}>")

    def handle_comment(self, data: str) -> None:
        """Nothing of a stranger belongs into a comment."""
        if MARK in data:
            self.faults.append("comment")


def _is_download(address: str) -> bool:
    return "export" in address or address.endswith((".csv", ".pdf", ".xlsx"))


def judge(page: str) -> _Judge:
    judged = _Judge()
    judged.feed(page)
    judged.close()
    return judged


def test_judge_finds_what_is_not_escaped() -> None:
    for number in (0, 1, 2, 7):
        page = f'<input value="{PAYLOADS[number]}"><p>{PAYLOADS[number]}</p>'
        assert judge(page).faults, PAYLOADS[number]
    assert judge(f'<a href="javascript:{MARK}()">x</a>').faults


@pytest.mark.parametrize("turn", [0, 3, 7])
def test_text_of_strangers_is_text_on_every_page_and_fragment(sqlite_app: Flask, turn: int) -> None:
    """Each field holds another of the payloads, and others at each turn."""
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    world = make_world(sqlite_app, lambda number: PAYLOADS[(number + turn) % len(PAYLOADS)])
    wrong: list[str] = []
    seen: set[str] = set()
    for place, address in enumerate(world.addresses(sqlite_app, "GET")):
        if _is_download(address):
            continue
        typed = quote(PAYLOADS[(place + turn) % len(PAYLOADS)][:150])
        for query, headers in (
            ("", {}),
            (f"?q={typed}", {"HX-Request": "true", "HX-Target": "list"}),
            (f"?sort={typed}&category={typed}&after={typed}", {}),
        ):
            answer = browser.get(address + query, headers=headers)
            assert answer.status_code < 500, address + query
            judged = judge(answer.text)
            wrong += [f"{address}{query}: {fault}" for fault in judged.faults]
            if judged.count:
                seen.add(address)
            assert f"49{MARK}" not in answer.text
    assert wrong == []
    # The sweep is worth something only where the text is shown at all.
    assert len(seen) > 20, sorted(seen)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_text_of_strangers_is_text_in_every_export(sqlite_app: Flask, payload: str) -> None:
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    make_world(sqlite_app, lambda _number: payload)
    browser.post("/assets/columns", {"column": ["name", "serial_number", "notes", "model_name"]})
    body = browser.get("/assets/export.csv").data.decode()
    rows = list(csv.reader(io.StringIO(body, newline="")))
    cells = [cell for row in rows for cell in row if MARK in cell]
    assert len(cells) >= 3
    assert all(cell[:1] not in DANGEROUS for cell in cells)
    with zipfile.ZipFile(io.BytesIO(browser.get("/assets/export.xlsx").data)) as book:
        for name in book.namelist():
            tree = ET.fromstring(book.read(name))  # noqa: S314 -- we wrote it
            assert not tree.findall(".//{*}f"), name
            assert not tree.findall(".//{*}hyperlink"), name


def test_text_of_strangers_is_text_in_refused_forms(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    make_world(sqlite_app)
    fields = {
        "/users/new": ("login", "display_name", "role"),
        "/assets/new": ("name", "category", "base_mac_address", "notes", "location_id"),
        "/credentials/new": ("name", "version", "port", "user_name", "networks"),
        "/ranges/new": ("name", "include", "exclude", "site", "cron", "time_zone"),
        "/account/preferences": ("language", "colour_scheme"),
        "/sign-in": ("login", "next"),
    }
    for payload in PAYLOADS:
        for path, names in fields.items():
            answer = browser.post(path, dict.fromkeys(names, payload))
            assert answer.status_code < 500, path
            assert judge(answer.text).faults == [], path


@pytest.mark.browser
@pytest.mark.long
def test_no_script_of_strangers_runs_and_nothing_leaves(live: Live, visit: Visit) -> None:
    page = visit()
    asked: set[str] = set()
    dialogs: list[Dialog] = []
    page.on("request", lambda request: asked.add(re.sub(r"(://[^/]+).*", r"\1", request.url)))
    page.on("dialog", lambda dialog: dialogs.append(dialog))  # noqa: PLW0108 -- Playwright marks it
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " event => console.error('policy: ' + event.violatedDirective))"
    )
    live.sign_in(page)
    with live.app.app_context():
        world = make_world(live.app, lambda number: PAYLOADS[number % (len(PAYLOADS) - 1)])
    for address in world.addresses(live.app, "GET"):
        if _is_download(address):
            continue
        page.goto(live.url + address, wait_until="load")
        page.evaluate(
            "for (const one of document.querySelectorAll('main *'))"
            " one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
        )
        assert page.evaluate(f"'{MARK}' in window") is False, address
    page.goto(f"{live.url}/assets")
    page.locator("#search").press_sequentially(MARK[:5])
    page.locator(".suggestion-box").wait_for()
    assert page.evaluate(f"'{MARK}' in window") is False
    assert dialogs == []
    assert asked == {live.url}
