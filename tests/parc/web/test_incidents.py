"""Pages of incidents: lists, the sheet with what helps, its steps, and acts on several at once."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs import clock as job_clock
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.models import (
    AuditEntry,
    Incident,
    IncidentAsset,
    IncidentCause,
    IncidentLink,
    IncidentReport,
    IncidentState,
    LifecycleState,
    MovementKind,
    Priority,
    Role,
)
from parc.queries.incident_reports import KEPT
from parc.services import movements
from parc.services.actor import SYSTEM
from parc.services.contract_lines import add_typed
from parc.services.incident_values import IncidentInput, number_text
from parc.services.incidents import open_incident
from parc.services.jobs import JobStoppedError
from parc.services.movement_kinds import Order
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from parc.services.users import limit_to_places
from parc.web.incident_figures import duration
from tests.conftest import SOME_MOMENT
from tests.contract_world import TODAY, make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset, make_linked_device, make_range
from tests.parc.services.test_incidents import make_draft
from tests.pictures import PHOTO, PLACE
from tests.statements import statements
from tests.web import Browser

NEW = {
    "title": "No paper",
    "text": "since this morning",
    "kind": "incident",
    "category": "printing",
    "impact": "high",
    "urgency": "high",
    "priority": "",
    "priority_reason": "",
    "requester": "Léa",
    "location_id": "",
    "technician_id": "0",
    "assets": "",
}


def make_incident(**values: Any) -> int:
    with transaction() as session:
        given = IncidentInput(**{"title": "no paper", **values})
        return open_incident(session, SOME_PERSON, given, at=now()).id


def read(number: int) -> Incident:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Incident, number)


@pytest.fixture
def technician(sqlite_app: Flask) -> Browser:
    return Browser(sqlite_app, Role.TECHNICIAN)


def test_incident_is_opened_by_the_form_and_shown(technician: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, asset_tag="P55", name="imp-2")
        number = save_person(session, SOME_PERSON, PersonDraft("Léa Roux"), at=SOME_MOMENT).id
    page = technician.get("/incidents/new?asset=P55")
    assert 'value="P55"' in page.text
    sent = {**NEW, "assets": "P55", "requester": "léa roux"}
    answer = technician.post("/incidents/new", sent, follow_redirects=True)
    assert answer.status_code == 200
    assert "I-000001 No paper" in answer.text
    assert "imp-2" in answer.text
    made = read(1)
    assert (made.requester_person_id, made.requester_name) == (number, "Léa Roux")
    assert made.priority is Priority.HIGH
    assert [row.asset_id for row in db.session.scalars(sa.select(IncidentAsset))] == [asset.id]


def test_form_keeps_what_was_typed_when_it_is_refused(technician: Browser) -> None:
    answer = technician.post("/incidents/new", {**NEW, "assets": "P1 P2", "title": "kept"})
    assert answer.status_code == 422
    assert 'value="kept"' in answer.text
    assert "There is no P1, P2." in answer.text
    answer = technician.post("/incidents/new", {**NEW, "title": "", "location_id": "x"})
    assert answer.status_code == 422
    answer = technician.post("/incidents/new", {**NEW, "priority": "major"})
    assert "This field is needed." in answer.text


def test_same_name_of_two_people_is_told(technician: Browser) -> None:
    with transaction() as session:
        for email in ("a@x.fr", "b@x.fr"):
            save_person(session, SOME_PERSON, PersonDraft("Léa", email), at=SOME_MOMENT)
    answer = technician.post("/incidents/new", NEW)
    assert answer.status_code == 422
    assert db.session.scalars(sa.select(Incident)).all() == []


def test_edit_keeps_the_requester_whose_name_stays(technician: Browser) -> None:
    with transaction() as session:
        key = save_person(session, SOME_PERSON, PersonDraft("Léa"), at=SOME_MOMENT).id
    number = make_incident(requester_person_id=key)
    page = technician.get(f"/incidents/{number}/edit")
    assert 'value="Léa"' in page.text
    sent = {**NEW, "title": "Other", "version": "1"}
    del sent["technician_id"]
    technician.post(f"/incidents/{number}/edit", sent)
    assert (read(number).title, read(number).requester_person_id) == ("Other", key)
    technician.post(f"/incidents/{number}/edit", {**sent, "version": "2", "requester": "Tom"})
    assert (read(number).requester_name, read(number).requester_person_id) == ("Tom", None)
    assert technician.post(f"/incidents/{number}/edit", {**sent, "version": "x"}).status_code == 400
    refused = technician.post(f"/incidents/{number}/edit", {**sent, "title": "", "version": "3"})
    assert refused.status_code == 422
    assert technician.post(f"/incidents/{number}/edit", sent).status_code == 409


def test_sheet_shows_what_helps_to_understand(technician: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, name="pc-1", asset_tag="P1", last_seen_at=SOME_MOMENT)
        make_linked_device(session, asset)
        spare = make_asset(session, name="spare", lifecycle_state=LifecycleState.IN_STOCK)
        session.add(
            AuditEntry(
                at=technician.app.extensions["parc_clock"]() - timedelta(days=2),
                author="Ada",
                subject_kind="asset",
                subject_id=asset.id,
                action="changed",
                changes={"memory_bytes": [2**34, 2**33]},
            )
        )
        key, other = asset.id, spare.id
    old = make_incident(title="an old one", asset_ids=[key])
    number = make_incident(asset_ids=[key])
    page = technician.get(f"/incidents/{number}").text
    assert f"{number_text(old)} an old one" in page
    assert "16\u202fGiB" in page
    assert f"/assets/{other}" in page
    sheet = technician.get(f"/assets/{key}").text
    assert f"{number_text(number)} no paper" in sheet
    assert f"/incidents/all?asset={key}" in sheet
    assert technician.get("/incidents/99").status_code == 404


def test_sheets_show_the_incidents_of_what_they_are_about(technician: Browser) -> None:
    with transaction() as session:
        room = create_path(session, SOME_PERSON, "Lyon > A > 1", at=SOME_MOMENT).id
        person = save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT).id
        seller, maintainer = make_supplier(session).id, make_supplier(session).id
        asset = make_asset(
            session, asset_tag="P9", model_name="X1", supplier_id=seller, location_id=room
        )
        key = asset.id
        contract = make_contract(session, supplier_id=maintainer, initial_months="1200").id
        add_typed(session, SOME_PERSON, contract, "P9", today=TODAY, now=SOME_MOMENT)
    number = make_incident(title="jam", asset_ids=[key], requester_person_id=person)
    make_incident(title="other")
    for path, filtered in (
        (f"/assets/{key}", f"asset={key}"),
        (f"/assets/{key}", "model=X1"),
        (f"/people/{person}", f"person={person}"),
        (f"/places/{room}", f"place={room}"),
        (f"/contracts/{contract}", f"contract={contract}"),
        (f"/suppliers/{seller}", f"supplier={seller}"),
        (f"/suppliers/{maintainer}", f"supplier={maintainer}"),
    ):
        sheet = technician.get(path).text
        assert f"{number_text(number)} jam" in sheet, path
        assert f"/incidents/all?{filtered}" in sheet, path
        listed = technician.get(f"/incidents/all?{filtered}").text
        assert ("jam" in listed, "other</a>" in listed) == (True, False), filtered


def test_what_changed_in_thirty_days_is_hardware_software_address_and_movements(
    technician: Browser,
) -> None:
    clock = technician.app.extensions["parc_clock"]
    with transaction() as session:
        asset = make_asset(session, lifecycle_state=LifecycleState.IN_STOCK)
        device = make_linked_device(session, asset).id
        for days, changes in (
            (3, {"memory_bytes": [2**34, 2**33]}),
            (4, {"address": ["192.0.2.7", "192.0.2.8"]}),
            (5, {"package/version/Firefox": ["140.0", "141.0"]}),
            (40, {"package/version/Gimp": ["2.0", "3.0"]}),
        ):
            session.add(
                AuditEntry(
                    at=clock() - timedelta(days=days),
                    author="Lyon",
                    subject_kind="device",
                    subject_id=device,
                    action="changed",
                    changes=changes,
                )
            )
        order = Order(MovementKind.TRANSFER, clock().date() - timedelta(days=6))
        place = create_path(session, SOME_PERSON, "Lyon > A > 2", at=SOME_MOMENT).id
        movements.apply(
            session, SOME_PERSON, asset.id, replace(order, location_id=place), at=clock()
        )
        key = asset.id
    page = technician.get(f"/incidents/{make_incident(asset_ids=[key])}").text
    for told in ("16\u202fGiB", "192.0.2.8", "Firefox", "141.0", "Lyon &gt; A &gt; 2"):
        assert told in page, told
    assert "<b>Move</b>" not in page  # the history tells of it already
    assert "Gimp" not in page


def test_steps_lead_from_new_to_closed_and_back(technician: Browser) -> None:
    number = make_incident()
    step = f"/incidents/{number}/step"
    later = (technician.app.extensions["parc_clock"]() + timedelta(days=3)).strftime(
        "%Y-%m-%dT%H:%M"
    )
    for values, state in (
        ({"action": "plan", "planned_for": later}, IncidentState.PLANNED),
        ({"action": "wait", "waiting_for": "a part"}, IncidentState.WAITING),
        ({"action": "take"}, IncidentState.IN_PROGRESS),
        ({"action": "resolve", "resolution": "new fuser", "cause": "wear"}, IncidentState.RESOLVED),
        ({"action": "close"}, IncidentState.CLOSED),
        ({"action": "reopen", "reason": "again"}, IncidentState.IN_PROGRESS),
    ):
        answer = technician.post(step, values, follow_redirects=True)
        assert answer.status_code == 200
        assert read(number).state is state
    assert read(number).technician_id == technician.user_id
    technician.post(step, {"action": "assign", "technician_id": "0"})
    assert read(number).technician_id is None
    for values in (
        {"action": "plan", "planned_for": ""},
        {"action": "plan", "planned_for": "soon"},
        {"action": "resolve", "resolution": "", "cause": "wear"},
        {"action": "close"},
        {"action": "assign", "technician_id": "x"},
        {"action": "dance"},
    ):
        assert technician.post(step, values).status_code == 422


def test_follow_ups_are_public_or_internal(technician: Browser) -> None:
    number = make_incident()
    where = f"/incidents/{number}/follow-up"
    technician.post(where, {"text": "line one\nline two", "minutes": "15", "is_public": "1"})
    page = technician.post(where, {"text": "for us"}, follow_redirects=True).text
    assert "line one\nline two" in page
    assert page.count("internal") == 1
    assert "15 min" in page
    assert technician.post(where, {"text": ""}).status_code == 422


def test_incidents_are_linked_and_duplicates_closed_after_a_look(technician: Browser) -> None:
    one, other, third = make_incident(), make_incident(title="the same"), make_incident()
    where = f"/incidents/{one}/link"
    technician.post(where, {"other": str(third), "link_kind": "related"})
    assert f"I-{third:06d}" in technician.get(f"/incidents/{one}").text
    technician.post(f"/incidents/{one}/unlink/{third}")
    assert db.session.scalars(sa.select(IncidentLink)).all() == []
    asked = technician.post(where, {"other": "i-2", "link_kind": "duplicate_of"})
    assert "the same" in asked.text
    assert read(one).state is IncidentState.NEW
    sent = {"other": "I-000002", "link_kind": "duplicate_of", "is_confirmed": "1"}
    page = technician.post(where, sent, follow_redirects=True)
    assert "Has the duplicate" in page.text
    assert "is closed as a duplicate of I-000002." in page.text
    assert (read(one).state, read(one).cause) == (IncidentState.CLOSED, IncidentCause.DUPLICATE)
    for text in ("", "no", "I-000099", str(one)):
        for kind in ("related", "duplicate_of"):
            assert technician.post(where, {"other": text, "link_kind": kind}).status_code == 422
    assert read(other).state is IncidentState.NEW


def test_lists_are_narrowed_by_what_the_address_says(technician: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, model_name="ThinkPad X1")
        key = asset.id
    first = make_incident(title="screen black", category="hardware", asset_ids=[key])
    second = make_incident(title="mail slow", category="messaging", impact="very_high")
    make_incident(title="toner", category="supply", technician_id=technician.user_id)
    page = technician.get("/incidents").text
    assert page.index("mail slow") < page.index("screen black")
    for query, titles in (
        ("category=hardware", {"screen black"}),
        ("priority=high", {"mail slow"}),
        (f"technician={technician.user_id}", {"toner"}),
        ("technician=nobody", {"screen black", "mail slow"}),
        (f"asset={key}", {"screen black"}),
        ("model=ThinkPad+X1", {"screen black"}),
        ("q=SCR%C3%89EN", {"screen black"}),
        ("q=mail+i-00", {"mail slow"}),
        ("q=to", {"toner"}),
        ("state=waiting", set()),
        ("age=day", {"screen black", "mail slow", "toner"}),
        ("age=older", set()),
        ("person=5&place=7", set()),
    ):
        page = technician.get(f"/incidents?{query}").text
        found = {title for title in ("screen black", "mail slow", "toner") if title in page}
        assert found == titles, query
    answer = technician.get(f"/incidents?q={number_text(second)}")
    assert answer.headers["Location"] == f"/incidents/{second}"
    for query in ("state=odd", "technician=me", "asset=x", "age=eon", "colour=red"):
        assert technician.get(f"/incidents?{query}").status_code == 422, query
    assert f"/incidents/{first}" in technician.get("/incidents/all?sort=-resolved_at").text


def test_word_of_many_incidents_is_found_by_walking_and_counted_up_to_a_bound(
    technician: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_incident(title=f"toner {number}")
    make_incident(title="screen")
    whole = technician.get("/incidents?q=toner").text
    monkeypatch.setattr("parc.queries.incidents.SEARCH_COUNT_LIMIT", 2)
    cut = technician.get("/incidents?q=toner").text
    assert ("4 incidents" in whole, "2+ incidents" in cut) == (True, True)
    for page in (whole, cut):
        assert [f"toner {number}" in page for number in range(4)] == [True] * 4
        assert "screen" not in page
    assert "toner 3" in technician.get("/incidents?q=toner+3").text


def test_lists_are_given_as_files(technician: Browser) -> None:
    make_incident(title="=cmd()", text="x")
    rows = technician.get("/incidents/export-open.csv").text.splitlines()
    assert rows[0].startswith("Number,Title,Kind,State,Priority,Category,Assets,Requester")
    assert rows[1].startswith("I-000001,'=cmd(),Incident,New,Medium,Other,")
    assert technician.get("/incidents/export.csv?q=nothing").text.count("\n") == 1
    assert technician.get("/incidents/export-open.xlsx").data[:2] == b"PK"
    assert technician.get("/incidents/export.xlsx").data[:2] == b"PK"


def test_several_incidents_are_given_and_closed_after_a_look(technician: Browser) -> None:
    one, other = make_incident(), make_incident()
    with transaction() as session:
        draft = make_draft(session).id
    where = "/incidents/decide"
    technician.post(where, {"action": "mine", "id": [one], "filters": "/incidents"})
    assert read(one).technician_id == technician.user_id
    ticked: dict[str, Any] = {"id": [one, other, draft], "filters": "/incidents?q=paper"}
    page = technician.post(where, {"action": "close", **ticked}).text
    assert "2 incidents are changed." in page
    assert "1 is left as it is" in page
    sent = {"action": "close", **ticked, "is_confirmed": "1", "cause": "wear"}
    assert technician.post(where, {**sent, "resolution": ""}).status_code == 422
    assert read(one).state is IncidentState.NEW
    answer = technician.post(where, {**sent, "resolution": "refilled"})
    assert answer.headers["Location"] == "/incidents?q=paper"
    assert {read(number).state for number in (one, other)} == {IncidentState.CLOSED}
    assert read(draft).state is IncidentState.DRAFT
    address = re.search(r'href="(/changes/\d+)"', technician.get("/incidents").text)
    assert address is not None
    page = technician.get(address[1]).text
    assert "Incidents closed (2)" in page
    assert f'href="/incidents/{one}"' in page
    technician.post(f"{address[1]}/undo", {"reason": ""})
    assert {read(number).state for number in (one, other)} == {IncidentState.NEW}
    technician.post(where, {**sent, "resolution": "refilled"})
    every = {"action": "assign", "all": "1", "filters": "/incidents/all?state=closed"}
    assert "2 are left as they are" in technician.post(where, every).text
    for wrong, code in (
        ({"action": "odd", "id": [one]}, 422),
        ({"action": "close"}, 400),
        ({"action": "close", "id": ["x"]}, 422),
    ):
        assert technician.post(where, wrong).status_code == code


def test_drafts_are_confirmed_or_dismissed_from_their_list(technician: Browser) -> None:
    with transaction() as session:
        rows = [
            make_draft(session, f"asset:{n}", evidence={"before": 2**34, "after": 2**33})
            for n in range(3)
        ]
        one, other, third = (row.id for row in rows)
    page = technician.get("/incidents/drafts").text
    assert page.count("memory smaller") >= 3
    assert "memory smaller" not in technician.get("/incidents/all").text
    assert "8\u202fGiB" in technician.get(f"/incidents/{one}").text
    where = "/incidents/decide"
    technician.post(where, {"action": "confirm", "id": [one], "is_confirmed": "1"})
    assert read(one).state is IncidentState.NEW
    technician.post(
        where, {"action": "dismiss", "id": [other], "is_confirmed": "1", "reason": "ok"}
    )
    assert read(other).state is IncidentState.DISMISSED
    assert (
        technician.post(
            where, {"action": "dismiss", "id": [third], "is_confirmed": "1"}
        ).status_code
        == 422
    )
    technician.post(f"/incidents/{third}/step", {"action": "dismiss", "reason": "ok"})
    assert read(third).state is IncidentState.DISMISSED
    assert technician.get(f"/incidents/{third}").status_code == 200
    assert technician.post(f"/incidents/{third}/step", {"action": "confirm"}).status_code == 409


def test_list_and_sheet_cost_the_same_however_many_there_are(technician: Browser) -> None:
    with transaction() as session:
        keys = [make_asset(session).id for _number in range(12)]
    number = make_incident(asset_ids=keys[:1])
    counts = {}
    for path in ("/incidents", "/incidents/all", f"/incidents/{number}"):
        technician.get(path)
        with statements() as seen:
            technician.get(path)
        counts[path] = len(seen)
    for key in keys:
        make_incident(asset_ids=keys, requester_name=str(key))
    for path, before in counts.items():
        with statements() as seen:
            technician.get(path)
        assert len(seen) == before, path
    assert max(counts.values()) <= 24


def test_sheet_says_whom_to_call_and_takes_documents(technician: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, warranty_ends_on=date(2099, 1, 31))
        key = asset.id
    number = make_incident(asset_ids=[key])
    page = technician.get(f"/incidents/{number}").text
    assert "Covered" in page
    assert "until 31 Jan 2099" in page
    sent = {"file": (io.BytesIO(b"a photo"), "photo.txt")}
    where = f"/incidents/{number}/documents"
    page = technician.post(where, sent, follow_redirects=True).text
    assert "photo.txt" in page
    assert technician.get("/documents/1").data == b"a photo"
    assert Browser(technician.app, Role.REQUESTER).get("/documents/1").status_code == 404
    pictures = {"photo.jpg": PHOTO, "cut.jpg": PHOTO[:-99]}
    for name, body in pictures.items():
        page = technician.post(
            where, {"file": (io.BytesIO(body), name)}, follow_redirects=True
        ).text
    assert "The picture cut.jpg cannot be read" in page
    assert PLACE not in technician.get("/documents/2").data
    assert technician.get("/documents/3").status_code == 404
    technician.post("/documents/1/delete", follow_redirects=True)
    assert "/documents/1" not in technician.get(f"/incidents/{number}").text


def test_rules_are_shown_and_set_by_managers(sqlite_app: Flask) -> None:
    manager = Browser(sqlite_app, Role.MANAGER)
    with transaction() as session:
        network = make_range(session, name="Core").id
    assert "Supply is low" in manager.get("/incidents/rules").text
    assert "no range" in manager.get("/incidents/rules").text
    assert "Core" in manager.get("/incidents/rule?code=unknown_device").text
    assert manager.get("/incidents/rule?code=odd").status_code == 404
    levels = {"impact": "high", "urgency": "high"}
    sent = {"code": "unknown_device", "is_enabled": "1", "range_ids": [network], **levels}
    page = manager.post("/incidents/rule", sent, follow_redirects=True).text
    assert "1 range" in page
    wrong = {"code": "supply_low", "threshold": "99", **levels}
    assert manager.post("/incidents/rule", wrong).status_code == 422
    assert manager.post("/incidents/rule", {**sent, "range_ids": ["x"]}).status_code == 400
    manager.post("/incidents/rule", {**wrong, "threshold": "20"})
    assert "Off" in manager.get("/incidents/rules").text


def test_indicators_are_shown_drawn_and_given_as_a_file(technician: Browser) -> None:
    assert "No incident in this period." in technician.get("/incidents/figures").text
    with transaction() as session:
        key = make_asset(session, model_name="X1").id
    number = make_incident(category="printing", asset_ids=[key])
    technician.post(f"/incidents/{number}/step", {"action": "take"})
    page = technician.get("/incidents/figures").text
    assert "Printing" in page
    assert page.count('<svg class="chart-drawing"') == 2
    assert 'class="opened"' in page
    for by, name in (("category", "Printing"), ("model", "X1"), ("site", "\u2014")):
        rows = technician.get(f"/incidents/export-figures.csv?by={by}").text.splitlines()
        assert rows[1].startswith(f"{name},1,0,1,0,0,,")
        assert name in technician.get(f"/incidents/figures?days=364&by={by}").text
    for query in ("days=5", "by=colour", "x=1"):
        assert technician.get(f"/incidents/figures?{query}").status_code == 422
    assert duration(None) == "\u2014"


def test_figures_of_many_incidents_stand_for_some_minutes(
    technician: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> str:
        rows = technician.get("/incidents/export-figures.csv").text.splitlines()
        return rows[1].split(",")[1]

    make_incident(category="printing")
    assert "Computed at" not in technician.get("/incidents/figures").text
    monkeypatch.setattr("parc.web.incident_figures.MANY", 0)
    assert "Computed at" in technician.get("/incidents/figures").text
    make_incident(category="printing")
    assert opened() == "1"
    monkeypatch.setattr("parc.queries.incident_reports.KEPT", timedelta(0))
    assert opened() == "2"
    technician.get("/incidents/figures?by=model")
    assert len(technician.app.extensions["parc_incident_reports"]) == 1  # what is old has gone


def test_figures_of_many_incidents_are_made_before_anybody_asks(
    technician: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = technician.app

    def opened(browser: Browser, days: int = 28) -> str:
        browser.app.extensions.pop("parc_incident_reports", None)  # another server process
        address = f"/incidents/export-figures.csv?days={days}"
        return browser.get(address).text.splitlines()[1].split(",")[1]

    make_incident(category="printing")
    with app.app_context():
        assert not job_clock.queue_incident_reports(now)  # of so few it is no work
        monkeypatch.setattr("parc.queries.incident_reports.MANY", 0)
        assert job_clock.queue_incident_reports(now)
        assert not job_clock.queue_incident_reports(now)
        monkeypatch.setattr("parc.jobs.incident_reports.MANY", 0)
        HANDLERS["incident_reports"](JobContext(app, now, lambda: False, transaction), {})
        HANDLERS["incident_reports"](JobContext(app, now, lambda: False, transaction), {})
        with pytest.raises(JobStoppedError):
            HANDLERS["incident_reports"](JobContext(app, now, lambda: True, transaction), {})
    make_incident(category="printing")
    assert (opened(technician), opened(technician, 364)) == ("1", "1")
    limited = Browser(app, Role.TECHNICIAN)
    with transaction() as session:
        create_path(session, SOME_PERSON, "Lyon", at=SOME_MOMENT)
        assert limited.user_id is not None
        limit_to_places(session, SYSTEM, limited.user_id, ["Lyon"], SOME_MOMENT)
        session.execute(sa.update(Incident).values(technician_id=limited.user_id))
    limited.sign_in(limited.user_id)
    assert opened(limited) == "2"  # what is kept is of all there is, and not for them
    with transaction() as session:
        session.execute(sa.update(IncidentReport).values(made_at=now() - KEPT))
    assert opened(technician) == "2"


def test_long_times_are_said_in_days(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        assert duration(2 * 86_400 + 3 * 3_600 + 5) == "2\u202fj 3\u202fh"


def test_read_only_looks_and_changes_nothing(sqlite_app: Flask) -> None:
    number = make_incident()
    reader = Browser(sqlite_app, Role.READ_ONLY, language="fr")
    page = reader.get(f"/incidents/{number}").text
    assert "Prendre en charge" not in page
    assert "Nouveau" in page
    assert reader.get("/incidents/new").status_code == 404
    requester = Browser(sqlite_app, Role.REQUESTER)
    assert requester.get(f"/incidents/{number}").status_code == 404
