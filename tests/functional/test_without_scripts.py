"""Every task without JavaScript, in a browser that has it off."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Asset, JobRun
from parc.web.assets import forget_counts
from tests.browser import Live, Visit, chromium, live, visit
from tests.factories import make_asset, make_device, make_range

__all__ = ["chromium", "live", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.long]

PASSWORD = "a sentence that is long"
ASSETS = 70


def _fill(live: Live) -> None:
    with live.app.app_context():
        with transaction() as session:
            make_range(session, name="lab", include=["192.168.7.0/24"])
            for number in range(ASSETS):
                make_asset(session, name=f"host-{number:02}", search_text=f"host-{number:02}")
            make_asset(session, name="printer", category=Category.PRINTER, search_text="printer")
            make_device(session, sys_name="stranger-1")
            make_device(session, sys_name="stranger-2")
        forget_counts()  # these rows were written past the product
        db.session.remove()


def test_whole_day_without_scripts(live: Live, visit: Visit) -> None:
    page = visit(has_scripts=False)
    _come_in(page, live)
    _fill(live)
    _use_the_list(page, live)
    _edit(page)
    _decide(page, live)
    _sweep(page, live)
    with live.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == ASSETS + 2
        assert db.session.scalar(sa.select(sa.func.count()).select_from(JobRun)) == 1
        db.session.remove()


def _come_in(page: Page, live: Live) -> None:
    """First run without discovery, out and in again."""
    page.goto(live.url)
    page.fill("#display_name", "Alice")
    page.fill("#login", "alice")
    page.fill("#password", PASSWORD)
    page.fill("#repeated_password", PASSWORD)
    page.fill("#include", "")
    page.click("button.primary")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    page.locator(".drop.person > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.fill("#login", "alice")
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def _use_the_list(page: Page, live: Live) -> None:
    """Pages, filters, order, search."""
    page.goto(f"{live.url}/assets")
    first = page.locator("#list tbody th").first
    expect(first).to_have_text("host-00")
    page.get_by_role("link", name="Next").click()
    expect(first).to_have_text("host-50")
    page.get_by_role("link", name="Previous").click()
    expect(first).to_have_text("host-00")
    page.locator(".side").get_by_role("link", name="Printer").click()
    expect(first).to_have_text("printer")
    page.get_by_role("link", name="Remove the filter").click()
    page.locator("#list thead").get_by_role("link", name="Name").click()
    expect(first).to_have_text("printer")
    page.fill("#list-q", "host-3")
    page.locator("#list-search button").click()
    expect(page.locator("#list tbody tr")).to_have_count(10)
    expect(first).to_have_text("host-39")


def _edit(page: Page) -> None:
    """What is wrong is told, what was typed is kept."""
    page.locator("#list tbody th").first.get_by_role("link").click()
    page.get_by_role("link", name="Edit").click()
    page.fill("#base_mac_address", "not a MAC")
    page.fill("#notes", "beside the door")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#base_mac_address-error")).to_be_visible()
    expect(page.locator("#notes")).to_have_value("beside the door")
    page.fill("#base_mac_address", "02:00:00:00:00:39")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("02:00:00:00:00:39")


def _decide(page: Page, live: Live) -> None:
    """One is accepted, one is ignored with its reason."""
    page.goto(f"{live.url}/devices")
    page.get_by_label("Select stranger-1").check()
    page.get_by_role("button", name="Accept as asset").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_label("Select stranger-2").check()
    page.get_by_role("button", name="Ignore").click()
    page.fill("#reason", "a guest")
    page.get_by_role("button", name="Ignore").click()
    expect(page.locator("#list tbody tr")).to_have_count(0)


def _sweep(page: Page, live: Live) -> None:
    """A run is asked for, and can be stopped."""
    page.goto(f"{live.url}/ranges")
    page.get_by_role("button", name="Sweep now lab").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("lab")
    expect(page.get_by_role("link", name="Load this page again")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
