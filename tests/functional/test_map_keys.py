"""The arrow keys on the network map, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from parc.extensions import transaction
from tests.browser import Live, Visit, chromium, live, visit
from tests.links import connect, make_switch

__all__ = ["chromium", "live", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.long]


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.querySelector('title')?.textContent ?? ''"))


def test_arrows_lead_to_the_nearest_device_on_that_side(live: Live, visit: Visit) -> None:
    with live.app.app_context(), transaction() as session:
        _core, core = make_switch(session, "core")
        for number in (1, 2):
            connect(session, core, number, make_switch(session, f"sw{number}")[1], f"sw{number}")
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/map")
    page.locator(".map-node", has_text="core").focus()
    page.keyboard.press("ArrowDown")
    first = _focused(page)
    assert first in {"sw1", "sw2"}
    page.keyboard.press("ArrowLeft" if first == "sw2" else "ArrowRight")
    assert _focused(page) == ({"sw1", "sw2"} - {first}).pop()
    page.keyboard.press("ArrowUp")
    assert _focused(page) == "core"
    page.keyboard.press("ArrowUp")
    assert _focused(page) == "core"
    page.keyboard.press("Enter")
    page.wait_for_url("**/assets/*")
    expect(page.locator("h1")).to_contain_text("core")
