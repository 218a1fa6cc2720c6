"""Merging, splitting, bulk changes and undoing them in a real browser, on a phone and a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from parc.extensions import db, transaction
from parc.models import Asset
from parc.services.asset_search import refresh_search_texts
from tests.browser import Live, Visit, axe_violations, chromium, live, visit
from tests.factories import make_asset, make_linked_device

__all__ = ["chromium", "live", "visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.xdist_group("changes"),  # one browser for all
]


def two(live: Live) -> tuple[int, int]:
    with live.app.app_context(), transaction() as session:
        one = make_asset(session, name="poste-012", notes="à l'accueil", asset_tag="P000012")
        other = make_asset(session, name="PC ACCUEIL", manufacturer="HP", asset_tag="P000044")
        make_linked_device(session, one, sys_name="poste-012", serial_number="CZC1234")
        make_linked_device(session, other, base_mac_address="00:1b:21:00:00:01")
        refresh_search_texts(session, [one.id, other.id])
        return one.id, other.id


@pytest.mark.parametrize(("language", "width"), [("fr-FR", 1280), ("en-GB", 390)])
def test_records_are_merged_split_and_the_acts_undone(
    live: Live, visit: Visit, language: str, width: int
) -> None:
    one, _other = two(live)
    page = visit(language=language, width=width)
    live.sign_in(page)
    found = []

    def look() -> None:
        found.extend(axe_violations(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(f"{live.url}/assets/{one}/merge")
    page.fill("#q", "accueil")
    page.click("form[role=search] .buttons button")
    look()
    page.locator("main form").last.locator("button.primary").click()
    look()
    page.check("input[name=keep-name][value=goes]")
    page.click("button.primary")
    expect(page.get_by_role("heading", name="PC ACCUEIL")).to_be_visible()
    page.goto(f"{live.url}/assets/{one}/split")
    look()
    page.locator("input[name=device]").last.check()
    page.click("button.primary")
    page.goto(f"{live.url}/changes")
    look()
    for _act in range(2):
        page.goto(f"{live.url}/changes?state=applied&kind=merge&kind=split")
        page.click("tbody th a >> nth=0")
        look()
        page.locator("form[action$='/undo'] button").click()
        expect(page.locator("#messages")).not_to_be_empty()
    assert found == []
    with live.app.app_context():
        db.session.rollback()
        assert db.session.get_one(Asset, one).name == "poste-012"
        db.session.remove()


def test_bulk_edit_shows_its_plan_first(live: Live, visit: Visit) -> None:
    one, other = two(live)
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/assets")
    page.locator("input[name=id]").first.check()
    page.locator("input[name=id]").last.check()
    page.get_by_role("button", name="Edit fields").click()
    page.fill("#manufacturer", "HP")
    page.click("button.primary")
    expect(page.get_by_text("1 asset would change.")).to_be_visible()
    assert axe_violations(page) == []
    page.click("button.primary")
    expect(page.locator("#messages")).to_contain_text("1 asset was changed.")
    with live.app.app_context():
        db.session.rollback()
        makers = [db.session.get_one(Asset, number).manufacturer for number in (one, other)]
        assert makers == ["HP", "HP"]
        db.session.remove()
