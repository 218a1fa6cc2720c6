"""The inbox in a real browser: decided by key, in bulk, without scripts, on a phone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from parc.clock import now
from parc.config import InboxSettings
from parc.extensions import db, transaction
from parc.models import Device, DeviceStatus, InboxEntry, InboxState
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM
from tests.browser import Live, Visit, axe_violations, chromium, follow, live, visit
from tests.functional.inbox_world import fill

__all__ = ["chromium", "live", "visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.xdist_group("inbox"),  # one browser for all
]


def test_axe_finds_nothing_and_pages_fit(live: Live, visit: Visit) -> None:
    fill(live)
    page = visit(width=390)
    live.sign_in(page)
    found = []
    for path in ("/inbox", "/inbox?kind=identity_conflict", "/inbox/snoozed", "/inbox/closed"):
        page.goto(live.url + path)
        found += axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for kind in ("identity_conflict", "unknown_device", "held_run"):
        page.goto(f"{live.url}/inbox?kind={kind}")
        follow(page, "tbody th a")
        found += axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert found == []


def test_row_in_hand_is_decided_by_key(live: Live, visit: Visit) -> None:
    fill(live)
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/inbox?kind=unknown_device&q=sw-03")
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Attach to an asset")).to_be_visible()
    page.keyboard.press("y")
    expect(page.locator("#messages")).to_contain_text("sw-03-new: Attach to an asset. Done.")
    expect(page.locator("table[data-list]")).to_have_count(0)


def test_entry_is_taken_on_and_put_off_by_key(live: Live, visit: Visit) -> None:
    fill(live)
    page = visit(language="fr-FR")
    live.sign_in(page)
    page.goto(f"{live.url}/inbox?kind=silent")
    page.click("tbody th a")
    expect(page.get_by_role("link", name="Ouvrir le matériel")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("#messages")).to_contain_text("1 entrée est attribuée.")
    page.get_by_role("link", name="Les miennes", exact=True).first.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Remettre 1 entrée à plus tard")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("#messages")).to_contain_text("remise au")
    page.get_by_role("link", name="Plus tard", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_flood_is_ignored_at_once_with_a_reason(live: Live, visit: Visit) -> None:
    fill(live)
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/inbox?kind=unknown_device&q=198.51")
    page.check("[data-tick-all]")
    page.keyboard.press("i")
    page.fill("#reason", "guests")
    page.click("form.card button.primary")
    expect(page.locator("#messages")).to_contain_text("20 entries: Ignore. Done.")
    page.goto(f"{live.url}/inbox?kind=unknown_group")
    page.click("tbody th a")
    expect(page.get_by_role("link", name="Look at the devices")).to_be_visible()
    page.keyboard.press("i")
    page.fill("#reason", "guests")
    page.click("form.card button.primary")
    with live.app.app_context():
        ignored = sa.select(sa.func.count()).where(Device.status == DeviceStatus.IGNORED)
        assert db.session.scalar(ignored.select_from(Device)) == 24
        db.session.remove()


def test_decision_works_without_scripts(live: Live, visit: Visit) -> None:
    fill(live, unknown=3)
    page = visit(has_scripts=False)
    live.sign_in(page)
    page.goto(f"{live.url}/inbox?kind=unknown_device&q=198.51")
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.click("button[value=accept]")
    expect(page.locator("form.card")).to_contain_text("3 entries are decided so.")
    page.click("form.card button.primary")
    expect(page.locator("#messages")).to_contain_text("3 entries: Accept as asset. Done.")


def test_entry_closes_by_itself_and_says_why(live: Live, visit: Visit) -> None:
    fill(live, unknown=1)
    page = visit()
    live.sign_in(page)
    with live.app.app_context():
        with transaction() as session:
            device = session.scalars(sa.select(Device).where(Device.sys_name == "PC-COMPTA-07"))
            device.one().serial_number = "7GJ10S2"
            settle(session, SYSTEM, InboxSettings(), now())
            open_ones = sa.select(InboxEntry).where(InboxEntry.state == InboxState.OPEN)
            assert "serial:dell 8hk21t3" not in {e.key for e in session.scalars(open_ones)}
        db.session.remove()
    page.goto(f"{live.url}/inbox/closed")
    expect(page.locator("tbody tr")).to_contain_text("Its cause is gone")
    expect(page.locator("tbody tr")).to_contain_text("system")
