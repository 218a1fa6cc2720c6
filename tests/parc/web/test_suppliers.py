"""Tests of the pages of suppliers and of documents."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.clock import now
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AuditEntry,
    ChangeSet,
    Document,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    Role,
    SoftwareProduct,
    Supplier,
    SupplierContact,
)
from parc.services.actor import SYSTEM
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract, make_supplier
from tests.factories import make_asset
from tests.statements import statements
from tests.web import Browser

FORM = {
    "name": "Alpha",
    "roles": ["supplier", "maintainer"],
    "support_phone": "+33 1 23 45 67 89",
    "support_email": "help@alpha.example",
    "portal_url": "https://alpha.example/help",
    "customer_number": "K-77",
}


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app, Role.MANAGER)


def _supplier() -> Supplier:
    db.session.rollback()
    return db.session.scalars(sa.select(Supplier)).one()


def test_supplier_is_added_shown_changed_and_deleted(browser: Browser) -> None:
    added = browser.post("/suppliers/new", FORM)
    row = _supplier()
    assert added.headers["Location"] == f"/suppliers/{row.id}"
    page = browser.get(f"/suppliers/{row.id}").text
    assert 'href="tel:+33123456789"' in page
    assert 'href="https://alpha.example/help" rel="noopener noreferrer external"' in page
    assert "Maintainer" in page
    form = {**FORM, "customer_number": "K-78", "version": str(row.version)}
    assert browser.post(f"/suppliers/{row.id}/edit", form).status_code == 302
    assert _supplier().customer_number == "K-78"
    assert "K-78" in browser.get("/suppliers").text
    assert browser.post(f"/suppliers/{row.id}/edit", form).status_code == 409
    assert "Delete Alpha?" in browser.get(f"/suppliers/{row.id}/delete").text
    assert browser.post(f"/suppliers/{row.id}/delete").status_code == 302
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Supplier)) == 0
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))
    assert [action for action in actions if action != "link_made"][-3:] == [
        "created",
        "changed",
        "deleted",
    ]


def test_deleted_supplier_leaves_a_line_in_each_asset_and_comes_back_when_undone(
    browser: Browser,
) -> None:
    browser.post("/suppliers/new", FORM)
    number = _supplier().id
    browser.post(f"/suppliers/{number}/contacts", {"name": "Zoé Petit"})
    with transaction() as session:
        sold = [make_asset(session, supplier_id=number).id for _number in range(3)]
        other = make_asset(session).id
    assert "3 assets no longer say" in browser.get(f"/suppliers/{number}/delete").text
    assert browser.post(f"/suppliers/{number}/delete").status_code == 302
    db.session.rollback()
    lines = sa.select(AuditEntry).where(AuditEntry.subject_kind == "asset")
    told = {row.subject_id: row.changes for row in db.session.scalars(lines)}
    assert told == {asset_id: {"supplier_id": ["Alpha", None]} for asset_id in sold}
    assert "Alpha" in browser.get(f"/assets/{sold[0]}/history").text
    assert "Supplier deleted: Alpha" in browser.get("/changes").text
    with transaction() as session:
        act = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first() or 0
        undo(session, SYSTEM, act, at=SOME_MOMENT)
    db.session.rollback()
    assert (_supplier().id, _supplier().name) == (number, "Alpha")
    assert db.session.scalars(sa.select(SupplierContact.name)).all() == ["Zoé Petit"]
    found = sa.select(Asset.id).where(Asset.supplier_id == number).order_by(Asset.id)
    assert db.session.scalars(found).all() == sold
    assert other not in sold


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("portal_url", "http://alpha.example"),
        ("portal_url", "javascript:alert(1)"),
        ("portal_url", "https://user@alpha.example"),
        ("portal_url", "https://"),
        ("support_email", "nobody"),
        ("roles", "king"),
    ],
)
def test_supplier_is_refused_beside_the_field(browser: Browser, field: str, value: str) -> None:
    answer = browser.post("/suppliers/new", {**FORM, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_name_is_taken_once(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    assert browser.post("/suppliers/new", FORM).status_code == 422


def test_supplier_of_a_contract_stays(browser: Browser) -> None:
    with transaction() as session:
        number = make_contract(session).supplier_id
    assert "1 contract</li>" in browser.get(f"/suppliers/{number}/delete").text
    assert browser.post(f"/suppliers/{number}/delete").status_code == 409


def test_supplier_of_a_licence_stays(browser: Browser) -> None:
    with transaction() as session:
        number = make_supplier(session).id
        product = SoftwareProduct(name="Tool", name_folded="tool")
        session.add(product)
        session.flush()
        licence = Entitlement(
            name="Tool",
            name_folded="tool",
            product_id=product.id,
            created_at=now(),
            updated_at=now(),
        )
        session.add(licence)
        session.flush()
        kind = EntitlementPeriodKind.TERM
        period = EntitlementPeriod(entitlement_id=licence.id, kind=kind, supplier_id=number)
        session.add(period)
    assert "1 period of a licence" in browser.get(f"/suppliers/{number}/delete").text
    assert browser.post(f"/suppliers/{number}/delete").status_code == 409


def test_contacts_are_added_changed_deleted_and_found(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    number = _supplier().id
    assert browser.post(f"/suppliers/{number}/contacts", {"name": ""}).status_code == 422
    browser.post(f"/suppliers/{number}/contacts", {"name": "Zoé Petit", "phone": "06"})
    db.session.rollback()
    contact = db.session.scalars(sa.select(SupplierContact)).one()
    assert "Zoé Petit" in browser.get(f"/suppliers/{number}").text
    assert "Alpha" in browser.get("/suppliers?q=zoe").text
    path = f"/suppliers/{number}/contacts/{contact.id}"
    assert "Zoé Petit" in browser.get(path).text
    assert browser.post(path, {"name": ""}).status_code == 422
    browser.post(path, {"name": "Zoé Grand"})
    assert "Zoé Grand" in browser.get(f"/suppliers/{number}").text
    browser.post(path, {"delete": "1"})
    db.session.rollback()
    assert db.session.scalars(sa.select(SupplierContact)).all() == []
    assert browser.get(path).status_code == 404


def test_list_is_filtered_by_role_and_exported(browser: Browser) -> None:
    with transaction() as session:
        make_supplier(session, name="Seller")
        make_supplier(session, name="=Mender", roles=("maintainer",))
    page = browser.get("/suppliers?role=maintainer").text
    assert "=Mender" in page
    assert "Seller" not in page
    body = browser.get("/suppliers/export.csv?role=maintainer").text
    assert "'=Mender" in body
    assert browser.get("/suppliers/export.xlsx").data[:2] == b"PK"
    assert browser.get("/suppliers?role=king").status_code == 422
    assert "Nothing matches" in browser.get("/suppliers?q=nowhere").text


def test_list_of_suppliers_asks_a_fixed_number_of_statements(browser: Browser) -> None:
    with transaction() as session:
        for _ in range(60):
            make_supplier(session)
    browser.get("/suppliers")
    with statements() as seen:
        assert browser.get("/suppliers").status_code == 200
    assert len([text for text in seen if text.lstrip().startswith("SELECT")]) <= 9


def _document() -> Document:
    db.session.rollback()
    return db.session.scalars(sa.select(Document)).one()


def _send(browser: Browser, number: int, body: bytes, name: str = "contrat.pdf") -> None:
    """Send a form as a browser does; the test client's own way leaves large files open."""
    page = browser.get("/account").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    answer = browser.client.post(
        f"/suppliers/{number}/documents",
        data=head.encode() + body + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 302


def test_document_is_given_out_as_a_download_only(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    number = _supplier().id
    _send(browser, number, b"<script>alert(1)</script>" + b" " * 3_000_000, 'x".html')
    row = _document()
    answer = browser.get(f"/documents/{row.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert len(answer.data) > 3_000_000
    assert browser.get(f"/documents/{row.id}/delete").status_code == 200
    assert browser.post(f"/documents/{row.id}/delete").headers["Location"].endswith(str(number))
    assert browser.get(f"/documents/{row.id}").status_code == 404


def test_document_without_its_file_is_not_found(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    _send(browser, _supplier().id, b"x")
    row = _document()
    folder = browser.app.extensions["parc_settings"].data_folder / "documents"
    (folder / row.content_hash[:2] / row.content_hash).unlink()
    assert browser.get(f"/documents/{row.id}").status_code == 404


def test_form_without_file_says_so(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    number = _supplier().id
    browser.post(f"/suppliers/{number}/documents")
    assert "This field is needed" in browser.get(f"/suppliers/{number}").text


def test_technician_neither_adds_documents_to_suppliers_nor_deletes_them(app: Flask) -> None:
    manager = Browser(app, Role.MANAGER)
    manager.post("/suppliers/new", FORM)
    _send(manager, _supplier().id, b"x")
    row = _document()
    technician = Browser(app, Role.TECHNICIAN)
    assert technician.get(f"/documents/{row.id}").status_code == 200
    assert technician.get(f"/documents/{row.id}/delete").status_code == 404
    assert technician.post(f"/documents/{row.id}/delete").status_code == 404


def test_large_body_is_taken_only_where_files_are(browser: Browser) -> None:
    browser.post("/suppliers/new", FORM)
    answer = browser.post("/suppliers/new", {**FORM, "notes": "x" * 3_000_000})
    assert answer.status_code == 413


def test_search_finds_contracts_and_suppliers(app: Flask) -> None:
    with transaction() as session:
        supplier = make_supplier(session, name="Énergie Services")
        contract = make_contract(session, supplier_id=supplier.id, name="Onduleurs", number="O-1")
        numbers = (contract.id, supplier.id)
    reader = Browser(app, Role.READ_ONLY)
    for path in ("/assets?q=energie", "/assets/suggest?q=energie"):
        page = reader.get(path).text
        assert f'href="/contracts/{numbers[0]}"' in page
        assert f'href="/suppliers/{numbers[1]}"' in page
    assert "Onduleurs" in reader.get("/assets/suggest?q=o-1").text
    sheet = reader.get(f"/suppliers/{numbers[1]}").text
    assert "Onduleurs" in sheet
    assert "Running" in sheet or "Ending" in sheet or "Ended" in sheet
