"""A fault from a label on a phone, and a draft that becomes an incident and is resolved."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from parc.extensions import db, transaction
from parc.models import Incident, IncidentState, Role, Supply
from parc.reconcile.incidents import settle_incidents
from parc.services.actor import SYSTEM
from parc.services.contract_lines import add_typed
from tests.browser import Live, Visit, axe_violations, chromium, follow, live, visit
from tests.conftest import SOME_MOMENT
from tests.contract_world import TODAY, make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset, make_linked_device
from tests.pictures import PHOTO

__all__ = ["chromium", "live", "visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.xdist_group("incidents"),  # one browser for all
]


def state_of(live: Live, number: int) -> IncidentState:
    with live.app.app_context():
        found = db.session.get_one(Incident, number).state
        db.session.remove()
        return found


def test_fault_is_reported_by_phone_from_a_label(live: Live, visit: Visit) -> None:
    with live.app.app_context(), transaction() as session:
        make_asset(session, asset_tag="P000077", name="secret-name", model_name="LaserJet M402")
    page = visit(language="fr-FR", width=320)
    live.sign_in(page, Role.REQUESTER)
    page.goto(f"{live.url}/a/P000077")
    expect(page.get_by_text("LaserJet M402")).to_be_visible()
    follow(page, "main a.button.primary")
    assert "secret-name" not in page.content()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.fill("#title", "Bourrage papier")
    page.check("#is_blocking")
    photo = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=PHOTO)
    page.set_input_files("#photo", photo)
    page.click("main form button.primary")
    expect(page.get_by_role("heading", name="I-000001 Bourrage papier")).to_be_visible()
    expect(page.get_by_role("link", name="photo.jpg")).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{live.url}/my")
    expect(page.get_by_role("link", name="I-000001 Bourrage papier")).to_be_visible()


def test_draft_becomes_an_incident_with_whom_to_call_and_is_resolved(
    live: Live, visit: Visit
) -> None:
    with live.app.app_context(), transaction() as session:
        asset = make_asset(session, asset_tag="P000078", name="imp-78")
        firm = make_supplier(session, name="Alpha", support_phone="01 23 45 67 89").id
        contract = make_contract(
            session, supplier_id=firm, number="M-17", initial_months="1200", week_from="00:00",
            week_to="24:00", saturday_from="00:00", saturday_to="24:00", sunday_from="00:00",
            sunday_to="24:00",
        ).id  # fmt: skip
        add_typed(session, SOME_PERSON, contract, "P000078", today=TODAY, now=SOME_MOMENT)
        device = make_linked_device(session, asset)
        session.add(
            Supply(device_id=device.id, key="1", description="Toner", capacity=100, level=3)
        )
        settle_incidents(session, SYSTEM, SOME_MOMENT)
    page = visit(language="en-GB", width=1280)
    live.sign_in(page, Role.TECHNICIAN)
    page.goto(f"{live.url}/incidents/drafts")
    page.click("tbody th a")
    expect(page.get_by_text("Toner: 3% left.")).to_be_visible()
    expect(page.locator("#cover")).to_contain_text("Covered")
    expect(page.locator("#cover")).to_contain_text("call Alpha 01 23 45 67 89")
    expect(page.locator("#cover")).to_contain_text("M-17")
    follow(page, "button[value=confirm]")
    follow(page, "button[value=take]")
    page.click("summary:has-text('Resolve')")
    page.fill("#resolution", "Toner replaced")
    page.select_option("#cause", "wear")
    assert axe_violations(page) == []
    page.click("details[open] button.primary")
    expect(page.get_by_text("Toner replaced").first).to_be_visible()
    assert state_of(live, 1) is IncidentState.RESOLVED
