"""Moving assets from their sheets, the list of movements, loans, and cancelling."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import sqlalchemy as sa

from collectors.observation import Category
from parc.clock import now
from parc.extensions import db, reading, transaction
from parc.models import Asset, Document, LifecycleState, Movement, MovementKind, Person, Role
from parc.services.actor import SYSTEM
from parc.services.asset_removal import delete_asset
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.movement_drafts import asked_fields
from parc.services.movement_kinds import possible_kinds
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset
from tests.parc.web.conftest import Browse
from tests.web import Browser

TODAY = now().astimezone(ZoneInfo("Europe/Paris")).date()  # as the settings have it


@pytest.fixture
def technician(browse: Browse) -> Browser:
    """A browser that is signed in as a technician."""
    return browse(Role.TECHNICIAN)


def _setting(**values: Any) -> int:
    with transaction() as session:
        create_path(session, SOME_PERSON, "Lyon > A", at=SOME_MOMENT)
        draft = PersonDraft(name="Ada", email="ada@example.org")
        save_person(session, SOME_PERSON, draft, at=SOME_MOMENT)
        return make_asset(
            session, name="pc-1", **{"lifecycle_state": LifecycleState.IN_STOCK, **values}
        ).id


def _last(asset_id: int) -> Movement:
    db.session.rollback()
    query = sa.select(Movement).where(Movement.asset_id == asset_id)
    return db.session.scalars(query.order_by(Movement.id.desc())).first() or Movement()


def test_document_stands_with_its_movement_and_goes_with_the_asset(
    technician: Browser, browse: Browse
) -> None:
    number = _setting()
    assign = {"kind": "assignment", "person": "ada", "effective_on": ""}
    technician.post(f"/assets/{number}/move", data=assign)
    where = f"/movements/{_last(number).id}"
    sent = {"file": (io.BytesIO(b"signed"), "hand-over.txt")}
    page = technician.post(f"{where}/documents", sent, follow_redirects=True).text
    assert "hand-over.txt" in page
    db.session.rollback()
    document_id = db.session.scalars(sa.select(Document.id)).one()
    given = technician.get(f"/documents/{document_id}")
    assert given.data == b"signed"
    assert given.headers["Content-Disposition"].startswith("attachment")
    reader = browse(Role.READ_ONLY)
    assert "hand-over.txt" in reader.get(where).text
    with transaction() as session:
        delete_asset(session, SYSTEM, number, at=SOME_MOMENT)
    assert db.session.scalars(sa.select(Document.id)).all() == []


def test_asset_is_assigned_from_its_sheet_in_two_clicks_and_a_name(technician: Browser) -> None:
    number = _setting()
    sheet = technician.get(f"/assets/{number}").text
    assert f"/assets/{number}/move?kind=assignment" in sheet
    form = technician.get(f"/assets/{number}/move?kind=assignment").text
    assert f'value="{TODAY.isoformat()}"' in form
    data = {"kind": "assignment", "person": "ada", "place": "lyon > a", "effective_on": ""}
    assert technician.post(f"/assets/{number}/move", data=data).status_code == 302
    sheet = technician.get(f"/assets/{number}").text
    assert "Ada" in sheet
    assert f"/assets/{number}/move?kind=return" in sheet
    with transaction() as session:
        person = session.scalars(sa.select(Person.id)).one()
    assert "pc-1" in technician.get(f"/people/{person}").text
    movements = technician.get(f"/assets/{number}/movements").text
    assert "Assignment" in movements
    assert "Entry" in movements
    listed = technician.get(f"/movements?person={person}&kind=assignment&status=confirmed").text
    assert "pc-1" in listed
    place = _last(number).to_location_id
    assert "pc-1" in technician.get(f"/movements?place={place}&since=2020-01-01").text
    assert "pc-1" in technician.get(f"/places/{place}").text
    assert "Ada" in technician.get("/movements/export.csv").text
    assert technician.get("/movements/export.xlsx").status_code == 200
    assert "No movement matches" in technician.get("/movements?q=nothing").text
    for query in ("kind=x", "person=x", "since=x", "place=x"):
        assert technician.get(f"/movements?{query}").status_code == 422


def test_what_is_missing_is_told_and_nothing_typed_is_lost(technician: Browser) -> None:
    number = _setting()
    data = {"kind": "loan", "person": "nobody", "accessories": "a bag"}
    refused = technician.post(f"/assets/{number}/move", data=data)
    assert refused.status_code == 422
    assert "There is no nobody" in refused.text
    assert "a bag" in refused.text
    assert technician.post(f"/assets/{number}/move", data={"kind": "x"}).status_code == 422
    assert technician.post(f"/assets/{number}/move", data={}).status_code == 422
    assert technician.get(f"/assets/{number}/move?kind=x").status_code == 422
    wrong = technician.post(
        f"/assets/{number}/move",
        data={"kind": "assignment", "department": "none", "place": "Mars", "effective_on": "x"},
    ).text
    for text in ("There is no none", "There is no Mars", "x is not a date"):
        assert text in wrong
    assert "Send to repair" in technician.get(f"/assets/{number}/move").text
    assert "Correct a mistake" not in technician.get(f"/assets/{number}/move").text


def test_first_loans_are_shown_with_the_number_of_all(technician: Browser) -> None:
    with transaction() as session:
        for number in range(101):
            make_asset(session, name=f"lent-{number}", lifecycle_state=LifecycleState.ON_LOAN)
    page = technician.get("/loans").text
    assert '<span class="count">101</span>' in page
    assert page.count("lent-") == 3 * 100
    assert "The first 100 lines." in page
    assert 'href="/assets?state=on_loan"' in page


@pytest.mark.parametrize(("state", "holder"), [("in_stock", None), ("in_use", "Ada")])
def test_machine_that_comes_back_from_repair_into_stock_is_held_by_nobody(
    technician: Browser, state: str, holder: str | None
) -> None:
    number = _setting()
    for data in (
        {"kind": "assignment", "person": "ada"},
        {"kind": "send_to_repair"},
        {"kind": "back_from_repair", "to_state": state},
    ):
        assert technician.post(f"/assets/{number}/move", data=data).status_code == 302
    with reading() as session:
        person = session.get_one(Asset, number).custodian_person_id
        name = session.get_one(Person, person).name if person else None
    assert name == holder


def test_loan_is_seen_when_it_is_overdue_and_comes_back(technician: Browser) -> None:
    number = _setting()
    past = (TODAY - timedelta(days=9)).isoformat()
    due = (TODAY - timedelta(days=2)).isoformat()
    data = {"kind": "loan", "person": "ada", "effective_on": past, "due_on": due}
    assert "Nothing is on loan" in technician.get("/loans").text
    assert technician.post(f"/assets/{number}/move", data=data).status_code == 302
    assert "due since" in technician.get("/loans").text
    assert "Overdue loans" in technician.get("/").text
    form = technician.get(f"/assets/{number}/move?kind=loan_extension").text
    assert f"It was to come back by {TODAY - timedelta(days=2):%-d %b %Y}." in form
    longer = {"kind": "loan_extension", "due_on": (TODAY + timedelta(days=9)).isoformat()}
    assert technician.post(f"/assets/{number}/move", data=longer).status_code == 302
    assert "due since" not in technician.get("/loans").text
    technician.post(f"/assets/{number}/move", data={"kind": "return", "place": "Lyon"})
    assert _last(number).to_state is LifecycleState.IN_STOCK


def test_movement_is_cancelled_with_a_reason_while_nothing_stands_on_it(
    technician: Browser,
) -> None:
    number = _setting()
    for person, place in (("ada", ""), ("", "Lyon")):
        data = {"kind": "assignment", "person": person, "place": place}
        technician.post(f"/assets/{number}/move", data=data)
    last = _last(number).id
    assert "A later movement stands on it" in technician.get(f"/movements/{last - 1}").text
    assert technician.post(f"/movements/{last - 1}/cancel", data={"reason": "x"}).status_code == 409
    assert technician.post(f"/movements/{last}/cancel", data={"reason": ""}).status_code == 422
    done = technician.post(f"/movements/{last}/cancel", data={"reason": "wrong one"})
    assert done.status_code == 302
    page = technician.get(f"/movements/{last}").text
    assert "wrong one" in page
    assert "Cancel this movement" not in page
    assert "Cancel this movement" in technician.get(f"/movements/{last - 1}").text
    assert technician.get("/movements/99999").status_code == 404


def test_exit_asks_for_recipient_and_proof_of_wiping_where_there_is_storage(
    technician: Browser,
) -> None:
    number = _setting(lifecycle_state=LifecycleState.TO_DISPOSE, category=Category.WORKSTATION)
    form = technician.get(f"/assets/{number}/move?kind=exit").text
    assert "It holds data" in form
    for name in ("counterparty", "wiping_method", "wiped_on", "wiped_by"):
        assert re.search(rf'<input id="{name}"[^>]* required', form), name
    assert 'for="counterparty">Recipient</label>' in form
    refused = technician.post(f"/assets/{number}/move", data={"kind": "exit", "variant": ""})
    assert refused.status_code == 422
    data = {"kind": "exit", "variant": "donation", "counterparty": "School", "unit_value": "12,5"}
    refused = technician.post(f"/assets/{number}/move", data=data)
    assert "It holds data" in refused.text
    proof = {"wiping_method": "3 passes", "wiped_on": TODAY.isoformat(), "wiped_by": "Tess"}
    assert technician.post(f"/assets/{number}/move", data={**data, **proof}).status_code == 302
    row = _last(number)
    assert (row.kind, row.counterparty, str(row.unit_value)) == (
        MovementKind.EXIT, "School", "12.50",
    )  # fmt: skip
    page = technician.get(f"/movements/{row.id}").text
    for text in ("3 passes", "School", "€12.50"):
        assert text in page
    assert "Nothing more can happen" in technician.get(f"/assets/{number}/move").text
    with transaction() as session:
        assert session.get_one(Asset, number).disposed_on == TODAY


def test_empty_list_says_what_to_do(technician: Browser) -> None:
    assert "Nothing has moved yet" in technician.get("/movements").text


def test_basket_says_what_it_reads_shows_its_plan_and_moves_all_at_once(
    technician: Browser,
) -> None:
    number = _setting(asset_tag="PC 1")
    with transaction() as session:
        make_asset(session, asset_tag="PC2", lifecycle_state=LifecycleState.IN_STOCK)
        make_asset(session, asset_tag="OLD", lifecycle_state=LifecycleState.DISPOSED)
    tags = "pc 1\nhttps://parc.example/a/PC2;PC2\nnone"
    said = technician.post("/movements/basket/check", data={"tags": tags}).text
    for text in ("2 assets in the basket", "unknown", "more than once"):
        assert text in said
    assert "Scan, type or paste" in technician.get("/movements/basket").text
    refused = technician.post(
        "/movements/basket", data={"step": "fields", "kind": "assignment", "tags": tags}
    )
    assert refused.status_code == 422
    assert (
        technician.post(
            "/movements/basket", data={"step": "fields", "kind": "loan", "tags": " "}
        ).status_code
        == 422
    )
    assert technician.post("/movements/basket", data={"step": "x", "kind": "x"}).status_code == 422
    given = {"kind": "assignment", "tags": "PC 1, PC2", "person": "ada"}
    fields = technician.post("/movements/basket", data={**given, "step": "fields"}).text
    assert "Show the plan" in fields
    wrong = technician.post("/movements/basket", data={**given, "step": "plan", "person": "x"})
    assert wrong.status_code == 422
    empty = {**given, "step": "plan", "person": ""}
    assert technician.post("/movements/basket", data=empty).status_code == 422
    plan = technician.post("/movements/basket", data={**given, "step": "plan"}).text
    assert "Move 2 assets" in plan
    assert "Ada" in plan
    back = technician.post("/movements/basket", data={**given, "step": "tags"}).text
    assert "2 assets in the basket" in back
    held = {**given, "tags": "PC 1, OLD"}
    stopped = technician.post("/movements/basket", data={**held, "step": "plan"}).text
    assert "1 asset cannot make this movement" in stopped
    assert technician.post("/movements/basket", data={**held, "step": "apply"}).status_code == 422
    assert _last(number).kind is MovementKind.ENTRY
    assert technician.post("/movements/basket", data={**given, "step": "apply"}).status_code == 302
    assert _last(number).kind is MovementKind.ASSIGNMENT
    moved = technician.get("/movements").text
    assert f'/movements/{_last(number).id}/sheet.pdf">Sheet to sign (PDF)</a>' in moved
    undo_url = re.search(r'action="(/changes/\d+/undo)"', moved)
    assert undo_url is not None
    assert "Movements: Assignment" in technician.get("/changes").text
    assert technician.post(undo_url.group(1), {}).status_code == 302
    assert _last(number).kind is MovementKind.ENTRY


def test_ticked_assets_of_a_list_become_a_basket(technician: Browser) -> None:
    number = _setting(asset_tag="PC1")
    page = technician.post("/movements/basket", data={"id": str(number), "filters": "/assets"})
    assert "1 asset in the basket" in page.text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_sheet_to_sign_is_a_pdf_of_all_that_moved_together(
    technician: Browser, language: str
) -> None:
    number = _setting(asset_tag="PC1")
    technician.language = language
    data = {"step": "apply", "kind": "assignment", "tags": "PC1", "person": "ada"}
    technician.post("/movements/basket", data=data)
    made = technician.get(f"/movements/{_last(number).id}/sheet.pdf")
    assert made.mimetype == "application/pdf"
    assert made.data.startswith(b"%PDF-")
    for kind in ("return", "send_to_repair"):
        technician.post(f"/assets/{number}/move", data={"kind": kind})
        assert technician.get(f"/movements/{_last(number).id}/sheet.pdf").status_code == 200


def test_what_is_said_of_all_machines_stands_once_on_their_sheet(technician: Browser) -> None:
    number = _setting(asset_tag="PC1")
    with transaction() as session:
        make_asset(session, asset_tag="PC2", lifecycle_state=LifecycleState.IN_STOCK)
    data = {"step": "apply", "kind": "assignment", "tags": "PC1, PC2"}
    said = {"person": "ada", "accessories": "Sacoche et chargeur", "condition": "neuf"}
    technician.post("/movements/basket", data=data | said)
    made = technician.get(f"/movements/{_last(number).id}/sheet.pdf")
    document = pypdfium2.PdfDocument(made.data)
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    assert text.count("Sacoche et chargeur") == text.count("Accessories") == 1
    assert "PC1" in text
    assert "PC2" in text


def test_repair_names_its_incident_and_contract_and_both_show_it(technician: Browser) -> None:
    with transaction() as session:
        number = make_asset(session, name="pc-9").id
        contract = make_contract(session, number="MC-7", name="Printers").id
        values = IncidentInput(title="Fan is loud", asset_ids=(number,))
        incident = open_incident(session, SOME_PERSON, values, at=SOME_MOMENT).id
    form = technician.get(f"/assets/{number}/move?kind=send_to_repair").text
    assert 'name="incident"' in form
    assert 'name="order_number"' not in form
    sent = {"kind": "send_to_repair", "effective_on": TODAY.isoformat(), "reason": "fan"}
    wrong = technician.post(
        f"/assets/{number}/move", data=sent | {"incident": "I-999999", "contract": "none"}
    )
    assert wrong.status_code == 422
    named = {"incident": f"i-{incident:06d}", "contract": "mc-7"}
    assert technician.post(f"/assets/{number}/move", data=sent | named).status_code == 302
    row = _last(number)
    assert (row.incident_id, row.contract_id) == (incident, contract)
    page = technician.get(f"/movements/{row.id}").text
    assert f"/incidents/{incident}" in page
    assert f"/contracts/{contract}" in page
    for sheet in (f"/incidents/{incident}", f"/contracts/{contract}"):
        assert f"/movements/{row.id}" in technician.get(sheet).text
    assert "Contract MC-7" in technician.get(f"/assets/{number}/movements").text
    for query in (f"incident={incident}", f"contract={contract}"):
        listed = technician.get(f"/movements?{query}").text
        assert "1 movement<" in listed
    file = technician.get(f"/movements/export.csv?incident={incident}").text
    assert "MC-7" in file
    assert f"I-{incident:06d}" in file


def test_entry_keeps_the_number_of_its_order(technician: Browser) -> None:
    number = _setting(lifecycle_state=LifecycleState.EXPECTED)
    sent = {"kind": "entry", "effective_on": TODAY.isoformat(), "to_state": "in_stock"}
    sent |= {"variant": "delivery", "order_number": "PO-2026-1"}
    assert technician.post(f"/assets/{number}/move", data=sent).status_code == 302
    assert _last(number).order_number == "PO-2026-1"
    assert "PO-2026-1" in technician.get(f"/movements/{_last(number).id}").text


def test_fields_offer_incidents_contracts_and_orders_while_one_types(
    technician: Browser,
) -> None:
    with transaction() as session:
        number = make_asset(session, name="pc-9", order_number="PO-2026-1").id
        firms = [make_supplier(session, name=name).id for name in ("Alpha", "BÉTA")]
        first, second = (
            make_contract(session, number="MC-7", name="Printers", supplier_id=firm).id
            for firm in firms
        )
        values = IncidentInput(title="Fan is loud", asset_ids=(number,))
        incident = open_incident(session, SOME_PERSON, values, at=SOME_MOMENT).id
    form = technician.get(f"/assets/{number}/move?kind=send_to_repair").text
    for address in ("/incidents/suggest", "/contracts/suggest"):
        assert f'hx-get="{address}"' in form
    offered = technician.get("/contracts/suggest?contract=mc beta").text
    assert '<option value="MC-7 (BÉTA)">Printers</option>' in offered
    assert "Alpha" not in offered
    offered = technician.get("/incidents/suggest?incident=loud").text
    assert f'<option value="I-{incident:06d}">Fan is loud</option>' in offered
    offered = technician.get("/movements/orders?order_number=o-2026").text
    assert "PO-2026-1" in offered
    for address in ("/movements/orders", "/contracts/suggest?c=", "/incidents/suggest?i=%25"):
        assert "<option" not in technician.get(address).text
    sent = {"kind": "send_to_repair", "effective_on": TODAY.isoformat(), "reason": "fan"}
    two = technician.post(f"/assets/{number}/move", data=sent | {"contract": "MC-7"})
    assert two.status_code == 422
    chosen = sent | {"contract": "MC-7 (BÉTA)"}
    assert technician.post(f"/assets/{number}/move", data=chosen).status_code == 302
    assert _last(number).contract_id == second != first


def test_form_of_every_kind_that_can_be_asks_what_it_needs(technician: Browser) -> None:
    asked = {}
    for state in LifecycleState:
        with transaction() as session:
            number = make_asset(session, lifecycle_state=state).id
        for kind in possible_kinds(state):
            answer = technician.get(f"/assets/{number}/move?kind={kind}")
            assert answer.status_code == 200, (state, kind)
            for name in asked_fields(kind):
                assert f'name="{name}"' in answer.text, (state, kind, name)
            asked[kind] = asked_fields(kind)
    assert set(asked) == set(MovementKind) - {MovementKind.CORRECTION}
