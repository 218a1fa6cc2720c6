"""The address of agents: who is let in, what is answered, what is stored."""

from __future__ import annotations

import gzip
import io
import json
import logging
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from collectors.observation import from_json
from parc.app import create_app
from parc.config import AgentSettings, ServerSettings, Settings
from parc.extensions import db, transaction
from parc.models import Agent, AgentToken, AgentUpload, StoredObservation
from parc.services.agent_tokens import make_token, revoke_token
from tests.agent_samples import body, computer, sample
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import SOME_PERSON
from tests.web import FreshClient

AGENT = "6f1c0e5a-5f0d-4c36-9a53-0f2f7a1b0042"
PROLOG = b"<REQUEST><DEVICEID>pc-1</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>1</TOKEN></REQUEST>"


class Site:
    """A server with a token, and an agent that reports to it."""

    def __init__(self, settings: Settings, agents: AgentSettings) -> None:
        self.app = create_app(
            replace(settings, agents=agents, server=ServerSettings(trusted_proxies=1))
        )
        self.app.test_client_class = FreshClient
        self.clock = SteppingClock()
        self.app.extensions["parc_clock"] = self.clock
        with self.app.app_context(), transaction() as session:
            row, self.token = make_token(
                session, SOME_PERSON, name="Lyon", location_id=None, at=SOME_MOMENT
            )
            self.token_id = row.id
        self.client = self.app.test_client()

    def post(self, data: bytes, path: str = "", **headers: str) -> TestResponse:
        """Send what an agent sends."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path or f"/inventory/{self.token}", data=data, headers=named)

    def count(self, model: Any) -> int:
        with self.app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0

    def agent(self) -> Agent:
        with self.app.app_context():
            found = db.session.scalars(sa.select(Agent)).one()
            db.session.expunge(found)
            return found

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """A server with the usual settings, on each of the two databases."""
    yield from _site(settings, AgentSettings())


@pytest.fixture
def talks_json(sqlite_settings: Settings) -> Iterator[Site]:
    """A server that lets agents send only what changed."""
    yield from _site(sqlite_settings, AgentSettings(always_whole=False))


def _site(settings: Settings, agents: AgentSettings) -> Iterator[Site]:
    made = Site(settings, agents)
    yield made
    made.close()


def _unpacked(response: TestResponse) -> bytes:
    kind = response.content_type
    if "zlib" in kind:
        return zlib.decompress(response.data)
    return gzip.decompress(response.data) if "gzip" in kind else response.data


def test_a_prolog_is_answered_in_its_own_compression(site: Site) -> None:
    for packed in (PROLOG, zlib.compress(PROLOG), gzip.compress(PROLOG)):
        answer = site.post(packed)
        assert answer.status_code == 200
        assert b"<RESPONSE>SEND</RESPONSE><PROLOG_FREQ>24</PROLOG_FREQ>" in _unpacked(answer)
        assert answer.data[:2] == packed[:2] or packed is PROLOG
    assert site.count(Agent) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/inventory",
        "/inventory/",
        "/front/inventory.php",
        "/plugins/fusioninventory/",
        "/plugins/glpiinventory/",
        "/marketplace/glpiinventory",
        "/ocsinventory",
    ],
)
def test_every_usual_address_takes_the_token_as_password(site: Site, path: str) -> None:
    answer = site.client.post(path, data=PROLOG, auth=("agent", site.token))
    assert (answer.status_code, b"SEND" in answer.data) == (200, True)


def test_whoever_has_no_token_is_refused_and_told_how_to_send_one(site: Site) -> None:
    other = f"{site.token[:-1]}{'B' if site.token.endswith('A') else 'A'}"
    for path in ("/inventory", "/inventory/pa_wrong", f"/inventory/{other}"):
        answer = site.post(sample("fusion_laptop.xml"), path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert b"<ERROR>" in answer.data
    assert site.count(StoredObservation) == 0


def test_a_revoked_token_opens_nothing(site: Site) -> None:
    with site.app.app_context(), transaction() as session:
        revoke_token(session, SOME_PERSON, site.token_id, SOME_MOMENT)
    assert site.post(PROLOG).status_code == 401


def test_only_the_hash_of_a_token_is_stored_and_its_use_noted_to_the_hour(site: Site) -> None:
    site.post(sample("glpi_laptop.json"))
    site.clock.step(minutes=5)
    site.post(sample("glpi_laptop.json"))
    with site.app.app_context():
        row = db.session.scalars(sa.select(AgentToken)).one()
        assert site.token not in row.token_hash
        assert row.last_used_at == SOME_MOMENT


def test_networks_and_client_certificates_let_in_as_well(sqlite_settings: Settings) -> None:
    agents = AgentSettings(networks=("192.0.2.0/24",), certificate_header="X-Verified")
    for made in _site(sqlite_settings, agents):
        inside = {"X-Forwarded-For": "192.0.2.9"}
        assert made.client.post("/inventory", data=PROLOG, headers=inside).status_code == 200
        outside = {"X-Forwarded-For": "198.51.100.9"}
        assert made.client.post("/inventory", data=PROLOG, headers=outside).status_code == 401
        checked = outside | {"X-Verified": "SUCCESS"}
        assert made.client.post("/inventory", data=PROLOG, headers=checked).status_code == 200
        failed = outside | {"X-Verified": "FAILED:expired"}
        assert made.client.post("/inventory", data=PROLOG, headers=failed).status_code == 401


def test_who_connects_past_the_proxy_is_not_believed(sqlite_settings: Settings) -> None:
    agents = AgentSettings(networks=("192.0.2.0/24",), certificate_header="X-Verified")
    said = {"X-Forwarded-For": "192.0.2.9", "X-Verified": "SUCCESS"}
    for made in _site(sqlite_settings, agents):
        past_it = {"REMOTE_ADDR": "198.51.100.7"}
        answer = made.client.post(
            "/inventory", data=PROLOG, headers=said, environ_overrides=past_it
        )
        assert answer.status_code == 401


def test_a_header_of_a_certificate_counts_only_behind_a_proxy(sqlite_settings: Settings) -> None:
    agents = AgentSettings(certificate_header="X-Verified")
    app = create_app(replace(sqlite_settings, agents=agents))
    app.test_client_class = FreshClient
    answer = app.test_client().post("/inventory", data=PROLOG, headers={"X-Verified": "SUCCESS"})
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["glpi_laptop.json", "fusion_laptop.xml", "ocs_linux.xml"])
def test_an_inventory_is_stored_as_evidence_and_waits(site: Site, name: str) -> None:
    answer = site.post(zlib.compress(sample(name)), User_Agent="Agent_v1")
    assert answer.status_code == 200
    assert _unpacked(answer).startswith(b"{" if name.endswith("json") else b"<?xml")
    agent = site.agent()
    assert agent.is_whole
    assert (agent.token_id, agent.last_seen_at) == (site.token_id, SOME_MOMENT)
    assert agent.client is not None
    with site.app.app_context():
        (stored,) = db.session.scalars(sa.select(StoredObservation)).all()
        seen = from_json(zlib.decompress(stored.body))
        assert (stored.source, stored.device_id) == ("agent", None)
        assert seen.details.packages.rows
    assert site.count(AgentUpload) == 1


def test_a_newer_inventory_takes_the_place_of_one_that_waits(site: Site) -> None:
    site.post(sample("glpi_laptop.json"))
    site.post(sample("glpi_laptop.json"))
    assert [site.count(one) for one in (Agent, AgentUpload, StoredObservation)] == [1, 1, 1]


def test_network_tasks_and_polls_are_answered_and_leave_nothing(site: Site) -> None:
    said = b"<REQUEST><DEVICEID>a</DEVICEID><QUERY>NETDISCOVERY</QUERY><CONTENT/></REQUEST>"
    assert b"<REPLY>" in site.post(said).data
    poll = site.client.get(f"/inventory/{site.token}?action=getConfig&machineid=a")
    assert (poll.status_code, poll.json) == (200, {})
    again = site.client.get(f"/inventory/{site.token}", headers={"GLPI-Request-ID": "A0D53508"})
    assert again.json == {"status": "ok", "expiration": 24}
    assert site.count(Agent) == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"hello", 400),
        (b"<html/>", 400),
        (zlib.compress(sample("glpi_laptop.json"))[:-9], 400),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><REQUEST>&x;</REQUEST>', 400),
        (zlib.compress(b" " * 70_000_000), 413),
        (b"<REQUEST>" + b" " * 11_000_000, 413),
    ],
)
def test_hostile_bodies_are_refused_in_words_that_agents_log(
    site: Site, data: bytes, status: int
) -> None:
    answer = site.post(data, Content_Type="application/xml")
    assert answer.status_code == status
    assert b"<ERROR>" in answer.data
    told = site.post(data, GLPI_Agent_ID=AGENT)
    assert told.json is not None
    assert told.json["status"] == "error"
    assert [site.count(one) for one in (Agent, StoredObservation)] == [0, 0]


def test_a_large_inventory_is_taken_where_a_form_would_be_refused(site: Site) -> None:
    softwares = [{"name": f"Program {n}", "comments": "x" * 100} for n in range(20_000)]
    data = body(computer(softwares=softwares))
    assert len(data) > 2 * 1024 * 1024
    assert site.post(data).status_code == 200


def test_one_address_is_slowed_down_and_another_is_not(sqlite_settings: Settings) -> None:
    for made in _site(sqlite_settings, AgentSettings(requests_per_minute=3)):
        first = {"X-Forwarded-For": "192.0.2.1"}
        url = f"/inventory/{made.token}"
        answers = [made.client.post(url, data=PROLOG, headers=first) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["Retry-After"]
        other = made.client.post(url, data=PROLOG, headers={"X-Forwarded-For": "192.0.2.2"})
        assert other.status_code == 200
        made.clock.step(seconds=20)
        assert made.client.post(url, data=PROLOG, headers=first).status_code == 200


def test_while_too_many_wait_agents_are_asked_to_come_later(sqlite_settings: Settings) -> None:
    for made in _site(sqlite_settings, AgentSettings(most_waiting=1)):
        made.post(body(computer("A0001", "PC-1")))
        assert b"SEND" in made.post(PROLOG).data
        made.post(body(computer("A0002", "PC-2")))
        answer = made.post(PROLOG).data
        assert b"<RESPONSE>STOP</RESPONSE><PROLOG_FREQ>1</PROLOG_FREQ>" in answer


def test_what_is_sent_all_the_same_is_refused_before_it_fills_the_disk(
    sqlite_settings: Settings,
) -> None:
    for made in _site(sqlite_settings, AgentSettings(most_waiting=1)):
        sent = [made.post(body(computer(f"A{n}", f"PC-{n}"))) for n in range(4)]
        assert [one.status_code for one in sent] == [200, 200, 200, 503]
        assert b"wait here" in sent[-1].data
        assert made.count(AgentUpload) == 3


def test_a_machine_with_the_ids_of_another_does_not_take_its_place_in_the_queue(site: Site) -> None:
    site.post(body(computer("SN0001")), GLPI_Agent_ID=AGENT)
    site.post(body(computer("SN0002")), GLPI_Agent_ID=AGENT)
    assert [site.count(one) for one in (Agent, AgentUpload)] == [1, 2]


def test_a_body_in_chunks_is_refused_by_its_size_and_not_cut(sqlite_settings: Settings) -> None:
    for made in _site(sqlite_settings, AgentSettings(body_megabytes=1)):
        answer = made.client.post(
            f"/inventory/{made.token}",
            input_stream=io.BytesIO(b"<REQUEST>" + b" " * 1_500_000),
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert answer.status_code == 413
        assert b"larger than 1048576 octets" in answer.data


def test_agents_can_be_switched_off(sqlite_settings: Settings) -> None:
    for made in _site(sqlite_settings, AgentSettings(is_enabled=False)):
        assert made.post(PROLOG).status_code == 404


def test_an_agent_is_asked_in_xml_until_all_of_it_is_known(talks_json: Site) -> None:
    site = talks_json
    assert b"<RESPONSE>SEND" in site.post(PROLOG, GLPI_Agent_ID=AGENT).data
    refused = site.post(sample("glpi_contact.json"), GLPI_Agent_ID=AGENT)
    assert refused.status_code == 400
    site.post(sample("glpi_laptop.json"), GLPI_Agent_ID=AGENT)
    assert site.post(PROLOG, GLPI_Agent_ID=AGENT).json == {"status": "pending"}
    site.clock.step(hours=1)
    contact = site.post(zlib.compress(sample("glpi_contact.json")), GLPI_Agent_ID=AGENT)
    told = json.loads(_unpacked(contact))
    assert (told["status"], told["expiration"]) == ("ok", 24)
    assert told["tasks"]["inventory"]["no-category"] == "process,environment"
    assert site.agent().last_seen_at == site.clock.moment


def test_whole_inventories_are_asked_for_by_default(site: Site) -> None:
    site.post(sample("glpi_laptop.json"), GLPI_Agent_ID=AGENT)
    assert b"SEND" in site.post(PROLOG, GLPI_Agent_ID=AGENT).data
    assert site.post(sample("glpi_contact.json"), GLPI_Agent_ID=AGENT).status_code == 400


def test_a_part_is_merged_with_what_is_known(talks_json: Site) -> None:
    talks_json.post(sample("glpi_laptop.json"), GLPI_Agent_ID=AGENT)
    talks_json.post(sample("glpi_partial.json"), GLPI_Agent_ID=AGENT)
    seen = _last(talks_json)
    names = [row.name for row in seen.details.packages.rows]
    assert names == ["LibreOffice 24.2", "Microsoft Windows 11 Professionnel"]
    assert any(row.kind == "disk" for row in seen.details.host_entries.rows)
    assert seen.details.packages.complete
    assert talks_json.agent().is_whole


def test_a_part_of_another_machine_with_the_same_id_is_not_mixed_in(talks_json: Site) -> None:
    talks_json.post(sample("glpi_laptop.json"), GLPI_Agent_ID=AGENT)
    part = json.loads(sample("glpi_partial.json"))
    part["content"]["bios"]["ssn"] = "CLONE0002"
    talks_json.post(body(part), GLPI_Agent_ID=AGENT)
    seen = _last(talks_json)
    assert not any(row.kind == "disk" for row in seen.details.host_entries.rows)
    assert not seen.details.packages.complete
    assert not talks_json.agent().is_whole


def test_a_part_of_an_unknown_agent_is_kept_and_a_whole_one_asked_for(talks_json: Site) -> None:
    talks_json.post(sample("glpi_partial.json"), GLPI_Agent_ID=AGENT)
    assert not _last(talks_json).details.packages.complete
    assert b"SEND" in talks_json.post(PROLOG, GLPI_Agent_ID=AGENT).data


def test_people_are_left_out_where_the_settings_say_so(sqlite_settings: Settings) -> None:
    agents = AgentSettings(keep_people=False, always_whole=False)
    for made in _site(sqlite_settings, agents):
        made.post(sample("glpi_laptop.json"), GLPI_Agent_ID=AGENT)
        with made.app.app_context():
            agent = db.session.scalars(sa.select(Agent)).one()
            assert agent.sections is not None
            kept = (
                zlib.decompress(agent.sections).decode() + msgspec.json.encode(_last(made)).decode()
            )
        assert "Administrateur" not in kept
        told = made.post(sample("glpi_contact.json"), GLPI_Agent_ID=AGENT).json
        assert told is not None
        assert "local_user" in told["tasks"]["inventory"]["no-category"]


def test_a_token_stands_in_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site.post(b"hello")
    site.client.put(f"/inventory/{site.token}")
    site.client.post("/inventory/pa_" + "B" * 32, data=PROLOG)
    assert site.token not in caplog.text
    assert "B" * 32 not in caplog.text


def _last(site: Site) -> Any:
    with site.app.app_context():
        query = sa.select(StoredObservation.body).order_by(StoredObservation.id.desc()).limit(1)
        return from_json(zlib.decompress(db.session.scalars(query).one()))
