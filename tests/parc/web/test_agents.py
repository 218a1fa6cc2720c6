"""The pages of agents: the list, files of machines off the network, tokens."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from parc.extensions import db, transaction
from parc.models import Agent, AgentToken, AgentUpload, Role
from parc.services.agent_tokens import find_token
from tests.agent_samples import body, computer, sample
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device
from tests.statements import statements
from tests.web import Browser


def _agents(count: int = 1, **values: Any) -> None:
    with transaction() as session:
        for number in range(count):
            session.add(
                Agent(
                    **{
                        "key": f"k{number}",
                        "name": f"pc-{number}",
                        "client": "GLPI-Agent_v1.11",
                        "first_seen_at": SOME_MOMENT,
                        "last_seen_at": SOME_MOMENT,
                        **values,
                    }
                )
            )


def test_an_empty_list_says_what_to_do(administrator: Browser) -> None:
    page = administrator.get("/agents").text
    assert "No agent has reported yet." in page
    assert 'href="/agents/tokens"' in page


def test_the_list_shows_each_agent_with_its_asset(administrator: Browser) -> None:
    with transaction() as session:
        device = make_linked_device(session, make_asset(session, name="PC-COMPTA-03")).id
    _agents(device_id=device, tag="MAIRIE", problem=None)
    page = administrator.get("/agents").text
    assert "PC-COMPTA-03" in page
    assert "MAIRIE" in page
    assert "pc-0" not in administrator.get("/agents?q=other").text
    assert "pc-0" in administrator.get("/agents?q=mairie").text
    assert administrator.get("/agents?token=x").status_code == 422
    export = administrator.get("/agents/export.csv").text
    assert "pc-0" in export
    assert administrator.get("/agents/export.xlsx").status_code == 200


def test_the_list_costs_no_more_for_more_agents(administrator: Browser) -> None:
    _agents(2)
    administrator.get("/agents")  # the first page of all asks a little more
    with statements() as few:
        administrator.get("/agents")
    with transaction() as session:
        for number in range(100, 140):
            session.add(
                Agent(key=f"k{number}", name=f"pc-{number}", first_seen_at=SOME_MOMENT,
                      last_seen_at=SOME_MOMENT)
            )  # fmt: skip
    with statements() as many:
        administrator.get("/agents")
    assert len(many) == len(few)


def test_a_token_is_shown_once_and_opens(administrator: Browser) -> None:
    page = administrator.post("/agents/tokens", {"name": "Lyon", "place_id": ""}).text
    found = re.search(r"/inventory/(pa_[\w-]{32})", page)
    assert found
    row = find_token(db.session(), found[1])
    assert row is not None
    assert row.name == "Lyon"
    assert found[1] not in administrator.get("/agents/tokens").text


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "Lyon"}, {"name": "x", "place_id": "7"}])
def test_a_token_that_cannot_be_made_is_refused(
    administrator: Browser, data: dict[str, str]
) -> None:
    administrator.post("/agents/tokens", {"name": "Lyon"})
    assert administrator.post("/agents/tokens", data).status_code == 422
    assert administrator.post("/agents/tokens", {"name": "x", "place_id": "a"}).status_code == 422


def test_revoking_asks_with_the_number_of_agents(administrator: Browser) -> None:
    administrator.post("/agents/tokens", {"name": "Lyon"})
    number = db.session.scalars(sa.select(AgentToken.id)).one()
    _agents(1, token_id=number)
    assert "1 agent reported" in administrator.get(f"/agents/tokens/{number}/revoke").text
    done = administrator.post(f"/agents/tokens/{number}/revoke")
    assert done.status_code == 302
    assert "revoked" in administrator.get("/agents/tokens").text
    assert administrator.post(f"/agents/tokens/{number}/revoke").status_code == 409
    assert administrator.get("/agents/tokens/99/revoke").status_code == 404


def _upload(browser: Browser, *files: tuple[str, bytes]) -> Any:
    data: MultiDict[str, Any] = MultiDict(
        [("file", (io.BytesIO(octets), name)) for name, octets in files]
    )
    page = browser.get("/account").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    data.add("csrf_token", token)
    headers = {"Accept-Language": "en"}
    return browser.client.post(
        "/agents/upload", data=data, headers=headers, content_type="multipart/form-data"
    )


def test_files_are_stored_and_wait(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    answer = _upload(
        browser, ("a.json", sample("glpi_laptop.json")), ("b.xml", sample("ocs_linux.xml"))
    )
    assert answer.status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(AgentUpload.id))) == 2
    assert "2 inventories are stored" in browser.get("/agents").text


def test_a_file_older_than_what_is_known_is_said_to_be(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _upload(browser, ("a.json", body(computer())))
    old = computer(accesslog={"logdate": "2020-01-03 09:00:00"})
    assert _upload(browser, ("a.json", body(old))).status_code == 302
    assert "1 is older than what its agent has said since" in browser.get("/agents").text


def test_what_is_no_inventory_is_named_and_the_rest_stored(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    answer = _upload(
        browser,
        ("good.json", body(computer())),
        ("<b>bad", b"hello"),
        ("contact.json", sample("glpi_contact.json")),
        ("empty", b""),
    )
    assert answer.status_code == 422
    assert "&lt;b&gt;bad" in answer.text
    assert "3 files cannot be taken" in answer.text
    assert "1 inventory is stored" in answer.text
    assert db.session.scalar(sa.select(sa.func.count(AgentUpload.id))) == 1


def test_more_files_than_are_taken_at_once_are_named(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    answer = _upload(browser, *((f"{n}.json", b"") for n in range(201)))
    assert answer.text.count("Too many files at once") == 1
    assert "200.json" in answer.text


def test_no_file_at_all_is_said(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    answer = browser.post("/agents/upload")
    assert answer.status_code == 422
    assert "Choose at least one file." in answer.text
