"""A contract from zero to covering the printers of a site by rule, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from collectors.observation import Category
from parc.extensions import transaction
from parc.models import Location, LocationKind
from tests.browser import Live, Visit, axe_violations, chromium, live, visit
from tests.factories import make_asset

__all__ = ["chromium", "live", "visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.xdist_group("contract"),  # one browser for all
]


def _printers(live: Live) -> None:
    with live.app.app_context(), transaction() as session:
        site = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(site)
        session.flush()
        for number in range(3):
            make_asset(
                session, name=f"imp-{number}", category=Category.PRINTER, location_id=site.id
            )
        make_asset(session, name="imp-ailleurs", category=Category.PRINTER)


@pytest.mark.parametrize(("language", "width"), [("fr-FR", 1280), ("en-GB", 390)])
def test_contract_from_zero_covers_the_printers_of_a_site_by_rule(
    live: Live, visit: Visit, language: str, width: int
) -> None:
    _printers(live)
    page = visit(language=language, width=width)
    live.sign_in(page)
    found: list[str] = []

    def look() -> None:
        found.extend(axe_violations(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(f"{live.url}/contracts/new")
    page.click(".empty a.button")
    page.fill("#name", "Alpha Bureautique")
    page.check("input[name=roles][value=maintainer]")
    page.fill("#support_phone", "01 23 45 67 89")
    page.fill("#customer_number", "K-778")
    look()
    page.click("button.primary")
    page.click("a[href^='/contracts/new']")
    page.fill("#name", "Imprimantes de Lyon")
    page.fill("#number", "M-17")
    page.fill("#response_hours", "4")
    look()
    page.click("button.primary")
    expect(page.get_by_role("heading", name="Imprimantes de Lyon")).to_be_visible()
    page.click("#rules a.button")
    page.select_option("#location_id", label="Lyon")
    page.select_option("#category", "printer")
    page.click("button[name=preview]")
    expect(page.locator("main [role=status][data-focus]")).to_contain_text("3")
    look()
    page.locator("main form button.primary").click()
    expect(page.locator("#cover .count")).to_have_text("3")
    look()
    page.locator("#cover .card-head a").click()
    page.get_by_role("link", name="imp-1", exact=True).click()
    line = page.locator("#cover")
    expect(line).to_contain_text("Imprimantes de Lyon")
    expect(line).to_contain_text("Alpha Bureautique 01 23 45 67 89")
    expect(line).to_contain_text("K-778")
    expect(line).to_contain_text("M-17")
    assert [one for one in found if "target-size" not in one] == []
