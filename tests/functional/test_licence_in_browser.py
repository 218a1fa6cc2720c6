"""A seat is given until there is none left, taken back, and the position says so, in a browser."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from parc.extensions import transaction
from parc.models import Installation, SoftwareTitle, ValueSource
from parc.services.actor import SYSTEM
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
from parc.services.positions import mark_all, refresh_some
from parc.software.rules import SoftwareKind
from tests.browser import Live, Visit, axe_violations, chromium, live, visit
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device

__all__ = ["chromium", "live", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.long]


def _office(live: Live) -> int:
    """Add one seat of Office, and two machines that have it."""
    with live.app.app_context(), transaction() as session:
        draft = EntitlementDraft(name="Office 2021", product="Office", quantity="1", version="2021")
        row = save_draft(session, SYSTEM, draft, at=SOME_MOMENT)
        period = PeriodDraft(kind="term", cost="200")
        add_period_draft(session, SYSTEM, row.id, period, at=SOME_MOMENT)
        title = SoftwareTitle(
            digest="office", raw_name="Microsoft Office", product_id=row.product_id,
            version="2021", kind=SoftwareKind.PRODUCT, folded_by="", first_seen_at=SOME_MOMENT,
            last_seen_at=SOME_MOMENT,
        )  # fmt: skip
        session.add(title)
        session.flush()
        for number in (1, 2):
            asset = make_asset(session, name=f"pc-{number}", asset_tag=f"OF-{number}")
            device = make_device(session, asset_id=asset.id)
            session.add(
                Installation(
                    device_id=device.id, source=ValueSource.AGENT, key="office", name="Office",
                    title_id=title.id, first_seen_at=SOME_MOMENT,
                )
            )  # fmt: skip
        return row.id


def _work_out(live: Live) -> None:
    with live.app.app_context(), transaction() as session:
        mark_all(session)
        refresh_some(session, SOME_MOMENT.date(), SOME_MOMENT, 10)
        session.execute(sa.select(1))


def test_seat_is_given_to_a_machine_and_the_position_says_which_is_missing(
    live: Live, visit: Visit
) -> None:
    number = _office(live)
    for language, width in (("fr-FR", 1280), ("en-GB", 390)):
        page = visit(language=language, width=width)
        live.sign_in(page)
        found: list[str] = []

        def look(name: str) -> None:
            found.extend(axe_violations(page))  # noqa: B023 -- called in this turn only
            assert page.evaluate("document.documentElement.scrollWidth") <= width  # noqa: B023
            if folder := os.environ.get("PARC_TEST_PICTURES"):
                page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)  # noqa: B023

        page.goto(f"{live.url}/licences/{number}")
        page.fill("#asset", "OF-2" if width > 640 else "OF-1")
        page.click("#seats form button:has-text('e')")
        expect(page.locator("#seats ul a")).to_have_count(1 if width > 640 else 2)
        look("licence")
        page.goto(f"{live.url}/licences/{number}/seats/many")
        page.fill("#lines", "OF-1\nOF-2\nOF-3")
        page.click("form.card button.primary")
        expect(page.locator("#plan code")).to_have_text("OF-3")
        look("many")
        _work_out(live)
        page.goto(f"{live.url}/compliance")
        expect(page.get_by_role("link", name="Office", exact=True)).to_be_visible()
        look("list")
        page.get_by_role("link", name="Office", exact=True).click()
        expect(page.locator("td .badge.bad")).to_have_count(1)
        look("sheet")
        page.goto(f"{live.url}/compliance/compare")
        look("compare")
        assert found == []
