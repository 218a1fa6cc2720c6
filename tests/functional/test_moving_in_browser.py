"""A day of moving in a browser: assign, a basket of ten, loan to return, the sheet to sign."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdfium2
import pytest
from playwright.sync_api import expect

from parc.clock import now
from parc.extensions import db, transaction
from parc.models import LifecycleState
from parc.services.people import PersonDraft, save_person
from tests.browser import Live, Visit, axe_violations, chromium, follow, live, visit
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset

pytestmark = [pytest.mark.browser, pytest.mark.long]
__all__ = ["chromium", "live", "visit"]


def test_assign_basket_loan_return_and_sheet(live: Live, visit: Visit) -> None:
    with live.app.app_context(), transaction() as session:
        save_person(session, SOME_PERSON, PersonDraft(name="Ada Lovelace"), at=SOME_MOMENT)
        stock = LifecycleState.IN_STOCK
        first = make_asset(session, name="pc-first", lifecycle_state=stock).id
        tags = [
            make_asset(session, name=f"pc-{n}", asset_tag=f"PC-{n:03d}", lifecycle_state=stock)
            for n in range(10)
        ]
        pasted = "\n".join(asset.asset_tag for asset in tags)
        db.session.remove()
    page = visit(width=390)
    live.sign_in(page)

    # Assign: the button of the sheet, a name, Save.
    page.goto(f"{live.url}/assets/{first}")
    page.click(f'a[href*="/assets/{first}/move?kind=assignment"]')
    page.fill("#person", "Ada Lovelace")
    follow(page, "main form .buttons button.primary")
    expect(page.locator("main")).to_contain_text("Ada Lovelace")

    # A basket of ten: paste, choose the kind, the plan, the act.
    page.goto(f"{live.url}/movements/basket")
    page.fill("#tags", pasted)
    page.select_option("#kind", "loan")
    follow(page, "main form .buttons button.primary")
    page.fill("#person", "Ada Lovelace")
    page.fill("#due_on", (now().date() + timedelta(days=7)).isoformat())
    follow(page, "main form .buttons button.primary")
    expect(page.locator("main")).to_contain_text("PC-009")
    assert axe_violations(page) == []
    follow(page, "main form .buttons button.primary")
    expect(page.locator("main")).to_contain_text("10 assets were moved.")

    # Loan to return.
    page.goto(f"{live.url}/loans")
    page.click('main a:has-text("pc-3")')
    page.click('a[href*="move?kind=return"]')
    follow(page, "main form .buttons button.primary")
    page.goto(f"{live.url}/loans")
    expect(page.locator("main")).not_to_contain_text("pc-3")
    expect(page.locator("main")).to_contain_text("pc-4")

    # The sheet to sign, rendered.
    page.goto(f"{live.url}/movements?kind=loan")
    follow(page, 'main table a:has-text("pc-4")')
    assert axe_violations(page) == []
    address = page.get_attribute('a[href$="/sheet.pdf"], a[href*="/sheet"]', "href")
    answer = page.request.get(f"{live.url}{address}")
    text = "".join(
        p.get_textpage().get_text_bounded()
        for p in pypdfium2.PdfDocument(io.BytesIO(answer.body()))
    )
    assert all(f"PC-{n:03d}" in text for n in range(10))
    assert "Ada Lovelace" in text
