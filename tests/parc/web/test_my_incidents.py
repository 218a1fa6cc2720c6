"""What requesters see and send: their own, and of other machines what the label says."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, transaction
from parc.models import FollowUp, Incident, IncidentState, Level, Priority, Role, User
from parc.services import incident_links, incident_steps
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
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
