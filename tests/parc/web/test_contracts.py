"""Tests of the pages of contracts, from the form to what they cover."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Contract, ContractLine, ContractRule, LifecycleState, Role
from tests.contract_world import make_contract, make_supplier
from tests.factories import make_asset
from tests.statements import statements
from tests.web import Browser

FORM = {
    "number": "M-2026",
    "name": "Printers of Lyon",
    "type": "hardware_maintenance",
    "starts_on": "2026-01-01",
    "initial_months": "36",
    "renewal": "tacit",
    "renewal_months": "12",
    "notice_count": "3",
    "notice_unit": "months",
    "amount": "1 200,50",
    "currency": "EUR",
    "billing": "quarterly",
    "week_from": "08:00",
    "week_to": "18:00",
    "saturday_from": "0h",
    "saturday_to": "24h",
    "time_zone": "Europe/Paris",
    "response_hours": "4",
    "restoration_hours": "0,5",
    "how_to_call": "Say the number on the sticker.",
    "alert_days": "120, 30",
}


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app, Role.MANAGER)


def _supplier() -> str:
    with transaction() as session:
        return str(make_supplier(session, name="Alpha", support_phone="01 23 45").id)


def _make(**values: Any) -> int:
    with transaction() as session:
        return make_contract(session, **values).id


def _contract() -> Contract:
    db.session.rollback()
    return db.session.scalars(sa.select(Contract)).one()


def test_contract_is_added_shown_changed_renewed_and_deleted(browser: Browser) -> None:
    assert "Add a supplier" in browser.get("/contracts/new").text
    form = {**FORM, "supplier_id": _supplier()}
    assert "Alpha" in browser.get("/contracts/new").text
    answer = browser.post("/contracts/new", form)
    row = _contract()
    assert answer.headers["Location"] == f"/contracts/{row.id}"
    page = browser.get(f"/contracts/{row.id}").text
    for text in ("around the clock", "€1,200.50", "4 h", "30 min", "120, 30", "31 Dec 2028"):
        assert text in page
    edit = browser.get(f"/contracts/{row.id}/edit").text
    assert 'value="0.5"' in edit
    assert 'value="120, 30"' in edit
    changed = {**form, "name": "Printers", "version": str(row.version)}
    assert browser.post(f"/contracts/{row.id}/edit", changed).status_code == 302
    assert browser.post(f"/contracts/{row.id}/edit", changed).status_code == 409
    assert 'value="12"' in browser.get(f"/contracts/{row.id}/renew").text
    assert browser.post(f"/contracts/{row.id}/renew", {"months": "x"}).status_code == 422
    browser.post(f"/contracts/{row.id}/renew", {"months": "12", "note": "by mail"})
    assert "by mail" in browser.get(f"/contracts/{row.id}").text
    assert "0 assets are no longer covered" in browser.get(f"/contracts/{row.id}/delete").text
    browser.post(f"/contracts/{row.id}/delete")
    assert browser.get(f"/contracts/{row.id}").status_code == 404
    assert "Contract deleted: Printers (M-2026)" in browser.get("/changes").text


def test_contract_is_refused_beside_the_field(browser: Browser) -> None:
    answer = browser.post("/contracts/new", {**FORM, "supplier_id": _supplier(), "amount": "many"})
    assert answer.status_code == 422
    assert 'id="amount-error"' in answer.text
    assert "Printers of Lyon" in answer.text


def test_notice_is_given_and_taken_back(browser: Browser) -> None:
    number = _make(renewal="tacit", starts_on="2026-06-01")
    path = f"/contracts/{number}/notice"
    assert browser.post(path, {"given_on": "2020-01-01"}).status_code == 422
    browser.post(path, {"given_on": "2026-11-01", "note": "RAR"})
    assert "Notice given on" in browser.get(f"/contracts/{number}").text
    assert "Take the notice back" in browser.get(path).text
    browser.post(path, {"withdraw": "1"})
    assert "Notice given on</dt>" not in browser.get(f"/contracts/{number}").text


def test_list_is_filtered_sorted_and_exported(browser: Browser) -> None:
    with transaction() as session:
        supplier = make_supplier(session, name="Beta")
        make_contract(session, supplier_id=supplier.id, name="Old", starts_on="2020-01-01")
        make_contract(session, name="=Present", type="lease")
    page = browser.get("/contracts").text
    assert page.index("=Present") < page.index("Old")
    assert "Ended" in page
    for query, there in (
        ("?state=ended", "Old"),
        ("?type=lease", "=Present"),
        (f"?supplier={supplier.id}", "Old"),
        ("?q=beta", "Old"),
    ):
        text = browser.get(f"/contracts{query}").text
        assert (">Old<" in text, ">=Present<" in text) == (there == "Old", there != "Old")
    for sort in ("name", "-name", "number", "-notice_by", "ends_on", "-ends_on", "created_at"):
        first = browser.get(f"/contracts?sort={sort}&size=25")
        assert first.status_code == 200
    assert "'=Present" in browser.get("/contracts/export.csv?type=lease").text
    assert browser.get("/contracts/export.xlsx").data[:2] == b"PK"
    assert browser.get("/contracts?state=dancing").status_code == 422
    assert browser.get("/contracts?supplier=x").status_code == 422


def test_list_is_read_page_by_page(browser: Browser) -> None:
    with transaction() as session:
        supplier = make_supplier(session)
        for day in range(30):
            make_contract(
                session,
                supplier_id=supplier.id,
                name=f"C{day:02}",
                starts_on=f"2026-01-{day + 1:02}",
            )
    page = browser.get("/contracts?sort=ends_on&size=25").text
    assert "C24" in page
    assert "C25" not in page
    after = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(after).text
    assert "C25" in second
    assert browser.get("/contracts?sort=ends_on&after=WyJ4IiwxXQ").status_code == 422
    with statements() as seen:
        browser.get("/contracts")
    assert len([text for text in seen if text.lstrip().startswith("SELECT")]) <= 11


def test_assets_are_added_by_tag_and_serial_and_taken_off(browser: Browser) -> None:
    with transaction() as session:
        make_asset(session, asset_tag="P1", name="printer 1")
        number = make_contract(session).id
    assert browser.post(f"/contracts/{number}/lines", {"lines": " "}).status_code == 422
    browser.post(f"/contracts/{number}/lines", {"lines": "P1\nS-9"})
    page = browser.get(f"/contracts/{number}/lines").text
    assert "printer 1 (P1)" in page
    assert "Serial unknown" in page
    assert "printer 1" in browser.get(f"/contracts/{number}/assets").text
    everywhere = browser.get("/contracts/lines?problem=waiting").text
    assert "S-9" in everywhere
    assert "printer 1" not in everywhere
    assert "S-9" in browser.get("/contracts/lines?q=s-9").text
    assert "S-9" in browser.get("/contracts/lines/export.csv").text
    assert browser.get("/contracts/lines/export.xlsx").data[:2] == b"PK"
    db.session.rollback()
    ids = [str(one) for one in db.session.scalars(sa.select(ContractLine.id))]
    asked = browser.post(f"/contracts/{number}/lines/remove", {"id": ids}).text
    assert "2 lines would be taken off" in asked
    browser.post(f"/contracts/{number}/lines/remove", {"id": ids, "is_confirmed": "1"})
    assert "names no asset" in browser.get(f"/contracts/{number}/lines").text


def test_lines_of_retired_and_silent_assets_are_shown(browser: Browser) -> None:
    with transaction() as session:
        make_asset(session, asset_tag="P1", lifecycle_state=LifecycleState.DISPOSED)
        number = make_contract(session).id
    browser.post(f"/contracts/{number}/lines", {"lines": "P1"})
    assert "Asset retired" in browser.get("/contracts/lines?problem=retired").text
    assert "Nothing matches" in browser.get("/contracts/lines?problem=unseen").text


def test_rule_shows_what_it_takes_in_before_it_is_added(browser: Browser) -> None:
    with transaction() as session:
        make_asset(session, name="printer 1", category=Category.PRINTER, manufacturer="HP")
        number = make_contract(session).id
    path = f"/contracts/{number}/rules/new"
    assert "HP" in browser.get(path).text
    assert browser.post(path, {}).status_code == 422
    page = browser.post(path, {"category": "printer", "preview": "1"}).text
    assert "This rule takes 1 asset in today." in page
    assert "printer 1" in page
    db.session.rollback()
    assert db.session.scalars(sa.select(ContractRule)).all() == []
    rule = {"category": "printer", "manufacturer": "hp", "purchased_to": ""}
    assert browser.post(path, rule).status_code == 302
    db.session.rollback()
    rule_id = db.session.scalars(sa.select(ContractRule.id)).one()
    sheet = browser.get(f"/contracts/{number}").text
    assert "Printer · HP" in sheet
    assert "Printer, HP" in sheet  # in its history
    delete = f"/contracts/{number}/rules/{rule_id}/delete"
    assert "It takes 1 asset in" in browser.get(delete).text
    browser.post(delete)
    assert browser.get(delete).status_code == 404
    past = browser.get(f"/contracts/{number}/assets?past=1").text
    assert "covers no asset" in past


def test_technician_reads_and_changes_nothing(app: Flask) -> None:
    number = _make()
    page = Browser(app, Role.TECHNICIAN).get(f"/contracts/{number}").text
    assert "Add a rule" not in page
    assert f"/contracts/{number}/edit" not in page


def test_ticked_assets_are_covered_by_a_contract(browser: Browser) -> None:
    with transaction() as session:
        ids = [str(make_asset(session).id) for _ in range(2)]
        make_contract(session, number="M-7")
    asked = browser.post("/contracts/add-assets", {"id": ids, "to": "in_use"}).text
    assert "2 assets are added" in asked
    assert 'value="M-7"' in asked
    chosen = {"chosen": ",".join(ids), "is_confirmed": "1"}
    wrong = browser.post("/contracts/add-assets", {**chosen, "number": "nowhere"})
    assert wrong.status_code == 422
    browser.post("/contracts/add-assets", {**chosen, "number": "M-7"})
    again = browser.post(
        "/contracts/add-assets", {**chosen, "number": "M-7"}, follow_redirects=True
    )
    assert "2 stood there already" in again.text
    db.session.rollback()
    assert len(db.session.scalars(sa.select(ContractLine)).all()) == 2
