"""What requesters see and send: their own, and of other machines what the label says."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, transaction
from parc.models import (
    AuditEntry,
    Document,
    DocumentSubject,
    FollowUp,
    Incident,
    IncidentState,
    Level,
    Person,
    Priority,
    Role,
    User,
)
from parc.services import incident_links, incident_steps
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
from tests.pictures import PHOTO, PLACE, decoded
from tests.web import Browser

SENT = {"title": "No image", "text": "", "kind": "incident", "category": "hardware"}


@pytest.fixture
def requester(sqlite_app: Flask) -> Browser:
    """A requester who is a person and holds one machine; another machine is somebody else's."""
    browser = Browser(sqlite_app, Role.REQUESTER)
    with transaction() as session:
        person = save_person(session, SOME_PERSON, PersonDraft("Léa"), at=SOME_MOMENT)
        session.get_one(User, browser.user_id).person_id = person.id
        make_asset(session, asset_tag="P1", model_name="X1", custodian_person_id=person.id)
        make_asset(
            session,
            asset_tag="P2",
            name="secret-name",
            model_name="M402",
            serial_number="SECRET1",
            primary_address="192.0.2.7",
        )
    return browser


def only() -> Incident:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(Incident)).one()


def test_requester_begins_with_their_equipment_and_incidents(requester: Browser) -> None:
    assert requester.get("/my").status_code == 200
    page = requester.get("/my").text
    assert "P1" in page
    assert "P2" not in page
    assert "You have reported nothing." in page
    assert requester.get("/incidents").status_code == 404
    with_person = Browser(requester.app, Role.REQUESTER)
    assert "belongs to no person" in with_person.get("/my").text


def test_label_says_tag_and_model_and_nothing_else(requester: Browser) -> None:
    page = requester.get("/a/P2/report").text
    assert "P2" in page
    assert "M402" in page
    for secret in ("secret-name", "SECRET1", "192.0.2.7"):
        assert secret not in page
    assert requester.get("/a/P9/report").status_code == 404
    nobody = Browser(requester.app)
    assert nobody.get("/a/P2/report").headers["Location"] == "/sign-in?next=/a/P2/report"


def test_fault_is_reported_from_a_label_and_followed(requester: Browser) -> None:
    answer = requester.post("/a/P2/report", {**SENT, "is_blocking": "1"}, follow_redirects=True)
    assert "Thank you: I-000001 is open." in answer.text
    assert "secret-name" not in answer.text
    made = only()
    assert (made.requester_id, made.urgency) == (requester.user_id, Level.HIGH)
    assert made.priority is Priority.HIGH
    with transaction() as session:
        for text, is_public in (("for you", True), ("for us", False)):
            incident_links.follow_up(
                session, SYSTEM, made.id, text, at=SOME_MOMENT, is_public=is_public
            )
    page = requester.get(f"/my/incidents/{made.id}").text
    assert "for you" in page
    assert "for us" not in page
    requester.post(f"/my/incidents/{made.id}/follow-up", {"text": "thanks"})
    only()
    said = db.session.scalars(sa.select(FollowUp.text).order_by(FollowUp.id)).all()
    assert said == ["for you", "for us", "thanks"]
    assert requester.post(f"/my/incidents/{made.id}/follow-up", {"text": ""}).status_code == 422
    assert requester.post(f"/my/incidents/{made.id}/reopen", {"reason": "x"}).status_code == 422
    with transaction() as session:
        incident_steps.resolve(session, SYSTEM, made.id, "done", "other", at=SOME_MOMENT)
    assert "Is it not resolved?" in requester.get(f"/my/incidents/{made.id}").text
    requester.post(f"/my/incidents/{made.id}/reopen", {"reason": "still black"})
    assert only().state is IncidentState.NEW


def test_report_without_a_machine_keeps_what_was_typed(requester: Browser) -> None:
    assert requester.get("/my/report").status_code == 200
    answer = requester.post("/my/report", {**SENT, "title": "", "text": "kept"})
    assert answer.status_code == 422
    assert "kept" in answer.text
    requester.post("/my/report", SENT)
    assert only().title == "No image"
    assert "I-000001" in requester.get("/my").text


def test_own_page_is_of_own_incidents_whatever_the_role(requester: Browser) -> None:
    requester.post("/my/report", SENT)
    number = only().id
    for role in (Role.REQUESTER, Role.TECHNICIAN):
        other = Browser(requester.app, role)
        assert other.get(f"/my/incidents/{number}").status_code == 404
        for act in ("follow-up", "reopen"):
            where = f"/my/incidents/{number}/{act}"
            assert other.post(where, {}).status_code == 404


def test_own_incidents_are_shown_page_by_page(requester: Browser) -> None:
    for _number in range(51):
        requester.post("/my/report", SENT)
    page = requester.get("/my").text
    assert page.count("/my/incidents/") == 50
    found = re.search(r'href="(/my\?before=\d+)"', page)
    assert found is not None
    assert requester.get(found[1]).text.count("/my/incidents/") == 1


def sent(*files: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(body), name) for name, body in files]


def files_of(number: int) -> list[tuple[str, str, bool]]:
    db.session.rollback()
    query = sa.select(Document).where(
        Document.subject_kind == DocumentSubject.INCIDENT, Document.subject_id == number
    )
    rows = db.session.scalars(query.order_by(Document.id))
    return [(row.name, row.media_type, row.is_public) for row in rows]


def test_fault_is_reported_with_a_photo_and_answered_with_another(requester: Browser) -> None:
    page = requester.get("/a/P2/report").text
    assert 'accept="image/*" capture="environment"' in page
    sending = {**SENT, "photo": sent(("photo.jpg", PHOTO)), "file": sent(("", b""))}
    requester.post("/a/P2/report", sending)
    number = only().id
    assert files_of(number) == [("photo.jpg", "image/jpeg", True)]
    answer = requester.post(
        f"/my/incidents/{number}/follow-up",
        {"text": "", "file": sent(("log.txt", b"line"), ("scan.pdf", b"%PDF-1.7"))},
        follow_redirects=True,
    )
    assert "Your message is added." in answer.text
    db.session.rollback()
    assert db.session.scalars(sa.select(FollowUp.text)).all() == ["log.txt, scan.pdf"]
    found = re.findall(rf"/my/incidents/{number}/documents/\d+", answer.text)
    assert len(found) == 3
    given = requester.get(found[-1])
    assert PLACE not in given.data
    assert decoded(given.data).size == (20, 40)
    assert given.headers["Content-Disposition"] == "attachment; filename=photo.jpg"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    history = db.session.scalars(
        sa.select(AuditEntry.changes).where(AuditEntry.action == "changed")
    ).all()
    assert {"document": [None, "photo.jpg"]} in history


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("tool.exe", b"MZ\x90\x00\x03")], "tool.exe is no picture"),
        ([("cut.jpg", PHOTO[:-99])], "The picture cut.jpg cannot be read: it is damaged"),
        ([("empty.jpg", b"")], "The file empty.jpg is empty."),
        ([(f"{n}.jpg", PHOTO) for n in range(6)], "too many files: at most 5"),
    ],
)
def test_file_that_is_not_taken_reports_nothing_and_loses_nothing(
    requester: Browser, files: list[tuple[str, bytes]], said: str
) -> None:
    answer = requester.post("/my/report", {**SENT, "text": "kept", "file": sent(*files)})
    assert answer.status_code == 422
    assert said in answer.text
    assert "kept" in answer.text
    assert db.session.scalars(sa.select(Incident)).all() == []


def test_requester_adds_twenty_files_and_no_more(requester: Browser) -> None:
    requester.post("/my/report", SENT)
    where = f"/my/incidents/{only().id}/follow-up"
    for _ in range(4):
        five = sent(*((f"{n}.txt", b"text") for n in range(5)))
        assert requester.post(where, {"text": "", "file": five}).status_code == 302
    answer = requester.post(where, {"text": "kept", "file": sent(("a.jpg", PHOTO))})
    assert answer.status_code == 422
    assert "too many documents: at most 20" in answer.text
    assert "kept" in answer.text


def test_requester_reads_public_files_of_their_own_incidents_only(requester: Browser) -> None:
    technician = Browser(requester.app, Role.TECHNICIAN)
    requester.post("/my/report", {**SENT, "file": sent(("mine.jpg", PHOTO))})
    requester.post("/my/report", SENT)
    number, second = db.session.scalars(sa.select(Incident.id).order_by(Incident.id))
    for name, shared in (("inside.txt", {}), ("shared.txt", {"is_public": "1"})):
        technician.post(f"/incidents/{number}/documents", {"file": sent((name, b"text")), **shared})
    db.session.rollback()
    ids = {row.name: row.id for row in db.session.scalars(sa.select(Document))}
    page = requester.get(f"/my/incidents/{number}").text
    assert "shared.txt" in page
    assert "inside.txt" not in page
    told = technician.get(f"/incidents/{number}").text
    assert "inside.txt" in told
    assert '<span class="muted">Document: </span>' in told
    where = f"/my/incidents/{number}/documents"
    statuses = {name: requester.get(f"{where}/{key}").status_code for name, key in ids.items()}
    assert statuses == {"mine.jpg": 200, "shared.txt": 200, "inside.txt": 404}
    assert requester.get(f"/my/incidents/{second}/documents/{ids['mine.jpg']}").status_code == 404
    assert requester.get(f"/documents/{ids['mine.jpg']}").status_code == 404
    for other in (Browser(requester.app, Role.REQUESTER), technician):
        assert other.get(f"{where}/{ids['mine.jpg']}").status_code == 404
        sending = {"text": "x", "file": sent(("x.jpg", PHOTO))}
        assert other.post(f"/my/incidents/{number}/follow-up", sending).status_code == 404
    assert len(files_of(number)) == 3
    # One that is the requester's no more, by an edit, is not theirs to read.
    with transaction() as session:
        session.get_one(Incident, number).requester_id = None
    assert requester.get(f"{where}/{ids['mine.jpg']}").status_code == 404


def test_list_shows_who_waits_for_an_answer(requester: Browser) -> None:
    technician = Browser(requester.app, Role.TECHNICIAN)
    requester.post("/my/report", SENT)
    number = only().id
    mine, theirs = f"/my/incidents/{number}/follow-up", f"/incidents/{number}/follow-up"
    assert "Answered" not in technician.get("/incidents").text
    requester.post(mine, {"text": "it smells"})
    assert "Answered" in technician.get("/incidents").text
    technician.post(theirs, {"text": "I come"})
    assert "Answered" not in technician.get("/incidents").text
    requester.post(mine, {"text": "thanks"})
    assert "Answered" in technician.get("/incidents").text
    technician.post(
        f"/incidents/{number}/step", {"action": "resolve", "resolution": "dust", "cause": "wear"}
    )
    assert "Answered" not in technician.get("/incidents/all").text


def test_sheet_leads_to_the_requester_and_says_how_to_reach_them(requester: Browser) -> None:
    with transaction() as session:
        person = session.scalars(sa.select(Person)).one()
        person.phone = "01 23 45 67 89"
        key = person.id
    requester.post("/a/P1/report", SENT)
    page = Browser(requester.app, Role.TECHNICIAN).get(f"/incidents/{only().id}").text
    assert page.count(f'href="/people/{key}"') == 2  # who asks, and who holds the machine
    assert 'href="tel:0123456789"' in page


def test_requester_of_a_duplicate_is_told_so(requester: Browser) -> None:
    for _ in range(2):
        requester.post("/my/report", SENT)
    first, second = db.session.scalars(sa.select(Incident.id).order_by(Incident.id))
    with transaction() as session:
        incident_links.merge_duplicate(session, SYSTEM, second, first, at=SOME_MOMENT)
    page = requester.get(f"/my/incidents/{second}").text
    assert "It is the same as I-000001, which goes on." in page
