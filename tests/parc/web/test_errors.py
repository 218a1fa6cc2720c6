"""Every family of errors as a page, and what nobody foresaw."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.exceptions import RequestEntityTooLarge

from parc.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SecretError,
    StartError,
)
from parc.extensions import db, transaction
from parc.models import Person, Role
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.bundles import require_bundles
from tests.conftest import SOME_MOMENT
from tests.web import Browser


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (NotFoundError("x"), 404, "There is nothing here"),
        (NotAllowedError("x"), 403, "You may not do this"),
        (ConflictError("x"), 409, "Somebody was faster"),
        (InvalidInputError([FieldProblem("name", "required")]), 422, "This field is needed."),
        (InvalidInputError([FieldProblem("name", "no such code")]), 422, "This cannot be taken"),
        (RequestEntityTooLarge(), 413, "too large"),
        (KeyError("a secret value"), 500, "Something broke"),
    ],
)
def test_error_becomes_a_page_that_says_what_to_do(
    sqlite_app: Flask,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    text: str,
) -> None:
    @requires(Action.PUBLIC)
    def fail() -> str:
        raise error

    sqlite_app.add_url_rule("/fail", "fail", fail)
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = Browser(sqlite_app, Role.REQUESTER)
    with caplog.at_level(logging.ERROR):
        answer = browser.get("/fail?community=public")
    assert answer.status_code == status
    assert text in answer.text
    assert "a secret value" not in answer.text
    logged = [record.getMessage() for record in caplog.records if record.name == "parc.web.errors"]
    assert logged == (["GET /fail failed"] if status == 500 else [])


def test_race_that_the_database_ends_says_that_somebody_was_faster(sqlite_app: Flask) -> None:
    @requires(Action.PUBLIC)
    def double() -> str:
        with transaction() as session:
            for _ in range(2):
                session.add(
                    Person(
                        name="A",
                        email="a@example.org",
                        created_at=SOME_MOMENT,
                        updated_at=SOME_MOMENT,
                    )
                )
        return ""

    sqlite_app.add_url_rule("/double", "double", double)
    answer = Browser(sqlite_app, Role.REQUESTER).get("/double")
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    assert "a@example.org" not in answer.text


def test_what_a_failed_statement_carried_is_not_logged(
    sqlite_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"canary{7_319}"  # no line of this source, which the trace shows, holds it

    @requires(Action.PUBLIC)
    def fail() -> str:
        db.session.execute(sa.text("SELECT gone FROM person WHERE name = :name"), {"name": name})
        return ""

    sqlite_app.add_url_rule("/fail", "fail", fail)
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = False
    assert Browser(sqlite_app, Role.REQUESTER).get("/fail").status_code == 500
    assert "no such column: gone" in caplog.text
    assert name not in caplog.text


@pytest.mark.parametrize(("language", "shown"), [("en", "1 Mar 2026"), ("fr", "01/03/2026")])
def test_day_in_a_problem_is_written_as_its_reader_writes_it(
    sqlite_app: Flask, language: str, shown: str
) -> None:
    sent = {"name": "Ann", "arrived_on": "2026-03-01", "left_on": "2026-02-01"}
    browser = Browser(sqlite_app, Role.MANAGER, language=language)
    answer = browser.post("/people/new", sent)
    assert answer.status_code == 422
    assert shown in answer.text


def test_nul_is_refused_wherever_it_stands(app: Flask) -> None:
    browser = Browser(app, Role.ADMINISTRATOR)
    assert browser.get("/ignored-keys?value=%00").status_code == 400
    assert browser.get("/a/P%00").status_code == 400
    sent = {"login": "a\x00", "password": "b", "next": ""}
    assert browser.post("/sign-in", sent).status_code == 400


def test_body_that_is_too_large_is_refused(sqlite_app: Flask) -> None:
    Browser(sqlite_app, Role.REQUESTER)
    answer = sqlite_app.test_client().post("/sign-in", data={"login": "x" * (2 * 1024 * 1024 + 1)})
    assert answer.status_code == 413


def test_server_without_its_assets_says_what_to_run(sqlite_app: Flask) -> None:
    sqlite_app.extensions["parc_bundles"] = {}
    with pytest.raises(StartError, match="npm run build"):
        require_bundles(sqlite_app)


def test_lost_key_gives_503_and_says_what_to_do(
    sqlite_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @requires(Action.VIEW_INVENTORY)
    def fail() -> str:
        raise SecretError("The key ring does not hold key k1: restore the key file.")

    sqlite_app.add_url_rule("/locked", "locked", fail)
    answer = Browser(sqlite_app, Role.ADMINISTRATOR).get("/locked")
    assert answer.status_code == 503
    assert "The key ring does not hold key k1: restore the key file." in answer.text
    assert "Traceback" not in caplog.text


def test_what_a_view_says_of_its_refusal_stands_on_the_page(sqlite_app: Flask) -> None:
    technician = Browser(sqlite_app, Role.TECHNICIAN)
    answer = technician.post("/incidents/decide", {"action": "assign"})
    assert (answer.status_code, "Nothing is ticked." in answer.text) == (400, True)
    answer = technician.get("/incidents?state=%3Cb%3E")
    assert (answer.status_code, "The filter state cannot be read." in answer.text) == (422, True)
    assert "No asset has the tag &lt;b&gt;." in technician.get("/a/%3Cb%3E").text
    assert "<li>" not in technician.get("/nowhere").text.partition("<main")[2]
