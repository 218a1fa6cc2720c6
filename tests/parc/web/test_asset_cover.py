"""Tests of the cover of an asset: one line on its sheet, whom to call, the list, the dashboard."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import Asset, Role
from parc.queries.cover import cover_of, history_of, whom_to_call
from parc.services.contract_lines import add_typed
from parc.services.coverage import refresh_all
from tests.contract_world import make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset
from tests.statements import statements
from tests.web import Browser

# Tuesday 24 November 2026, 10:00 in Paris.
OFFICE_HOUR = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
DAY = OFFICE_HOUR.date()
HOURS = {"week_from": "8:00", "week_to": "18:00"}
AROUND = {
    f"{kind}_{end}": "0:00" for kind in ("week", "saturday", "sunday") for end in ("from", "to")
}


def _covered(**values: Any) -> int:
    """Add an asset and a contract that covers it."""
    with transaction() as session:
        asset = make_asset(session, asset_tag="P1")
        supplier = make_supplier(
            session, name="Alpha", support_phone="01 23 45 67", customer_number="K-1"
        )
        _cover(session, supplier.id, **values)
        return asset.id


def _cover(session: Any, supplier_id: int, **values: Any) -> int:
    row = make_contract(session, supplier_id=supplier_id, today=DAY, **values)
    add_typed(session, SOME_PERSON, row.id, "P1", today=DAY, now=OFFICE_HOUR)
    return row.id


@pytest.fixture
def at_work(app: Flask) -> Flask:
    app.extensions["parc_clock"] = lambda: OFFICE_HOUR
    return app


def test_sheet_says_in_one_line_by_what_until_when_and_whom_to_call(at_work: Flask) -> None:
    asset = _covered(**HOURS, number="M-7", response_hours="4", restoration_hours="24")
    page = Browser(at_work, Role.TECHNICIAN).get(f"/assets/{asset}").text
    line = page.partition('id="cover"')[2].partition("</p>")[0]
    for text in (
        "Covered",
        "Printers",
        "until 31 Dec 2026",
        "call Alpha",
        'href="tel:01234567"',
        "customer no. K-1",
        "contract no. M-7",
        "answers now",
        "GTI 4 h",
        "GTR 24 h",
    ):
        assert text in line
    assert "since 24 Nov 2026" in page


def test_sheet_says_when_somebody_answers_next(at_work: Flask) -> None:
    at_work.extensions["parc_clock"] = lambda: NIGHT
    asset = _covered(**HOURS)
    page = Browser(at_work, Role.READ_ONLY).get(f"/assets/{asset}").text
    assert "answers from 25 Nov 2026 08:00 on" in page


def test_sheet_of_what_nothing_covers_says_so(at_work: Flask) -> None:
    with transaction() as session:
        asset = make_asset(session).id
    page = Browser(at_work, Role.READ_ONLY).get(f"/assets/{asset}").text
    assert "Not covered" in page


def test_warranty_covers_and_its_seller_is_called(at_work: Flask) -> None:
    with transaction() as session:
        seller = make_supplier(session, name="Seller", support_email="help@seller.example")
        asset = make_asset(
            session,
            supplier_id=seller.id,
            warranty_starts_on=date(2025, 1, 1),
            warranty_ends_on=date(2027, 12, 31),
        ).id
    page = Browser(at_work, Role.READ_ONLY).get(f"/assets/{asset}").text
    assert "Warranty" in page
    assert "call Seller help@seller.example" in page
    assert cover_of(db.session(), asset, date(2024, 12, 31)) == []
    assert cover_of(db.session(), asset, date(2028, 1, 1)) == []


def test_who_answers_now_is_called_before_who_comes_first(app: Flask) -> None:
    del app
    asset = _covered(**HOURS)
    with transaction() as session:
        maintainer = make_supplier(session, name="Night", support_phone="09")
        night = _cover(session, maintainer.id, **AROUND, type="service")
        _cover(session, make_supplier(session, name="Mute").id, type="insurance")
    covers = cover_of(db.session(), asset, DAY)
    assert [one.firm for one in covers] == ["Alpha", "Night", "Mute"]
    by_day, by_night = (whom_to_call(covers, at) for at in (OFFICE_HOUR, NIGHT))
    assert by_day
    assert by_day.cover.firm == "Alpha"
    assert by_night
    assert (by_night.cover.contract_id, by_night.is_open) == (night, True)
    only_office = whom_to_call(covers[:1], NIGHT)
    assert only_office
    assert only_office.opens_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    assert whom_to_call(covers[2:], NIGHT) is None


def test_numbers_of_the_contract_come_before_those_of_the_firms(app: Flask) -> None:
    del app
    with transaction() as session:
        maintainer = make_supplier(session, name="Mend", customer_number="K-2").id
    asset = _covered(maintainer_id=str(maintainer), support_phone="0800")
    cover = cover_of(db.session(), asset, DAY)[0]
    assert (cover.firm, cover.phone, cover.customer_number) == ("Mend", "0800", "K-2")
    with transaction() as session:
        other = make_asset(session, asset_tag="P9").id
    assert cover_of(db.session(), other, DAY) == []
    assert len(history_of(db.session(), asset)) == 1
    with statements() as seen:
        cover_of(db.session(), asset, DAY)
    assert len([text for text in seen if text.startswith("SELECT")]) == 2


def test_list_of_assets_is_filtered_by_cover(at_work: Flask) -> None:
    with transaction() as session:
        make_asset(session, name="long", warranty_ends_on=DAY + timedelta(days=91))
        make_asset(session, name="short", warranty_ends_on=DAY + timedelta(days=90))
        make_asset(
            session, name="over", search_text="over", warranty_ends_on=DAY - timedelta(days=1)
        )
        make_asset(session, name="never")
        refresh_all(session)
    browser = Browser(at_work, Role.MANAGER)
    for query, names in (
        ("cover=yes", {"long"}),
        ("cover=soon", {"short"}),
        ("cover=no", {"over", "never"}),
        ("cover=no&state=in_use&q=over", {"over"}),
        ("cover=yes&cover=soon", {"long", "short"}),
    ):
        page = browser.get(f"/assets?{query}").text
        found = {name for name in ("long", "short", "over", "never") if f">{name}</a>" in page}
        assert found == names, query
    assert browser.get("/assets?cover=perhaps").status_code == 422
    browser.post("/assets/columns", {"column": ["name", "covered_until"]})
    page = browser.get("/assets?sort=covered_until").text
    places = [page.index(f">{name}</a>") for name in ("over", "short", "long", "never")]
    assert places == sorted(places)
    assert "2027-02-23" in browser.get("/assets/export.csv?cover=yes").text
    board = browser.get("/").text
    assert "<b>2</b> <span>In use without cover</span>" in board


def test_seller_of_an_asset_is_typed_and_shown(at_work: Flask) -> None:
    with transaction() as session:
        seller = make_supplier(session, name="Seller").id
        asset = make_asset(session)
        number, version = asset.id, asset.version
    browser = Browser(at_work, Role.TECHNICIAN)
    assert "Seller" in browser.get(f"/assets/{number}/edit").text
    sent = {"version": str(version), "supplier_id": str(seller)}
    assert browser.post(f"/assets/{number}/edit", sent).status_code == 302
    db.session.rollback()
    assert db.session.get_one(Asset, number).supplier_id == seller
    page = browser.get(f"/assets/{number}").text
    assert f'href="/suppliers/{seller}"' in page
    wrong = {"version": str(version + 1), "supplier_id": "4711"}
    assert browser.post(f"/assets/{number}/edit", wrong).status_code == 422


def test_dashboard_counts_what_must_be_done(at_work: Flask) -> None:
    with transaction() as session:
        contract = make_contract(
            session, today=DAY, renewal="tacit", starts_on="2026-03-01", notice_count="2"
        )
        add_typed(session, SOME_PERSON, contract.id, "S-9", today=DAY, now=OFFICE_HOUR)
    board = Browser(at_work, Role.READ_ONLY).get("/").text
    assert "<b>1</b> <span>Contracts to renew or to end</span>" in board
    assert "<b>1</b> <span>Contract lines to look at</span>" in board
