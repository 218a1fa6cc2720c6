"""A real browser on a real server: fixtures for tests marked ``browser``.

Import the fixtures that a test file uses: ``from tests.browser import live, chromium, visit``. The
browser is Debian's chromium, driven by Playwright; where there is none the tests are skipped and
say so. Pages need the assets built (``npm run build``).
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from parc.clock import now
from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import Role
from parc.services.actor import SYSTEM
from parc.services.sign_in import make_link
from parc.web.bundles import require_bundles
from tests.web import make_user

# A busy machine answers late; what never comes fails all the same.
expect.set_options(timeout=20_000)

AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Live:
    """A server that listens, and its application."""

    app: Flask
    url: str

    def sign_in(self, page: Page, role: Role = Role.ADMINISTRATOR) -> int:
        """Sign a page in as a new login of this role, by a one-time link; give its id."""
        with self.app.app_context():
            user_id = make_user(self.app, role)
            with transaction() as session:
                token = make_link(session, SYSTEM, user_id, now())
            db.session.remove()
        page.goto(f"{self.url}/sign-in/link/{token}")
        page.click("button.primary")
        return user_id


@pytest.fixture
def live(sqlite_settings: Settings) -> Iterator[Live]:
    """Give a server on a free port of loopback, in a thread, with an empty database."""
    from parc.app import create_app

    app = create_app(sqlite_settings)
    require_bundles(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Give Debian's chromium, without a screen.

    Not for the whole session: while Playwright runs, its event loop is the thread's, and no test
    in the same process could start one of its own.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed (Debian: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Chromium) -> Iterator[Visit]:
    """Give a maker of pages; what the page's console complains of fails the test at its end."""
    complaints: list[str] = []
    contexts = []

    def make(
        *,
        width: int = 1440,
        language: str = "en-GB",
        scheme: Literal["light", "dark"] = "light",
        has_scripts: bool = True,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > 640 else 844},
            locale=language,
            color_scheme=scheme,
            java_script_enabled=has_scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def follow(page: Page, selector: str) -> None:
    """Click what leads to another page, and wait until that page stands."""
    with page.expect_navigation():
        page.click(selector)


def axe_violations(page: Page) -> list[str]:
    """Give what axe finds against WCAG 2.2 AA: rule, and the first element that breaks it."""
    result = Axe().run(page, options=AXE_RULES)
    return [
        f"{page.url} {found['id']}: {found['nodes'][0]['html'][:200]} "
        f"{found['nodes'][0].get('failureSummary', '')}"
        for found in result.response["violations"]
    ]
