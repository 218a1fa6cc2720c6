"""Ends of support asked of a site: taken over, bounded, and never before what a person says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import Settings
from parc.errors import ParcError
from parc.extensions import transaction
from parc.jobs import clock as job_clock
from parc.jobs.contracts import Work
from parc.jobs.end_of_life import refresh_support
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.jobs.software import bring_software_up
from parc.models import EndOfSupport, Installation, Role, SoftwareTitle, ValueSource
from parc.services.software_refolding import take_ends
from parc.software.end_of_life import AnswerError, asked_products, read_answer
from parc.software.rules import usual_rules
from parc.software.support import SupportEnd
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import make_device
from tests.web import Browser

NODE = next(one for one in asked_products() if one.slug == "nodejs")
TODAY = date(2026, 11, 27)


def _releases(*pairs: tuple[str, str | None]) -> bytes:
    releases = [
        {"name": name, "label": f"{name} (LTS)", "isEol": False, "eolFrom": day, "custom": None}
        for name, day in pairs
    ]
    return json.dumps(
        {"schema_version": "1.2.1", "result": {"name": "nodejs", "releases": releases}}
    ).encode()


class Site(ThreadingHTTPServer):
    """A site on this machine; ``answers`` are by slug, ``asked`` is what was asked for."""

    answers: dict[str, tuple[int, bytes]]
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        slug = self.path.strip("/").rpartition("/")[2]
        self.server.asked.append(self.path)
        status, body = self.server.answers.get(slug, (404, b"{}"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), _Handler)
    server.answers, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def work(sqlite_app: Flask, site: Site, clock: SteppingClock) -> Work:
    settings: Settings = sqlite_app.extensions["parc_settings"]
    url = f"http://127.0.0.1:{site.server_port}/api/v1"
    with transaction() as session:
        device = make_device(session)
        for name, version in (("Node.js", "22.11.0"), ("PostgreSQL 16", "16.4"), ("7-Zip", "1")):
            session.add(
                Installation(
                    device_id=device.id, source=ValueSource.AGENT, key=name, name=name,
                    version=version, first_seen_at=SOME_MOMENT,
                )
            )  # fmt: skip
    software = replace(settings.software, support_url=url)
    done = Work(transaction, clock, replace(settings, software=software))
    bring_software_up(done)
    sqlite_app.extensions["parc_settings"] = done.settings
    return done


def _end(product: str, version: str) -> EndOfSupport:
    with transaction() as session:
        row = session.scalars(
            sa.select(EndOfSupport).where(
                EndOfSupport.product == product, EndOfSupport.version_prefix == version
            )
        ).one()
        session.expunge(row)
        return row


def test_answers_are_taken_over_with_their_source_and_the_second_time_changes_nothing(
    work: Work, site: Site, sqlite_app: Flask
) -> None:
    site.answers["nodejs"] = (200, _releases(("22", "2028-01-31"), ("99", None), ("x-1", "y")))
    site.answers["postgresql"] = (200, _releases(("16", "2030-12-24")))
    with transaction() as session:
        take_ends(
            session,
            [SupportEnd("", "PostgreSQL", "16", date(2027, 1, 1), "our contract", TODAY)],
        )
    done = refresh_support(work)
    assert (done.asked, done.changed, done.failures) == (2, 1, [])
    assert sorted(site.asked) == [
        "/api/v1/products/nodejs/",
        "/api/v1/products/postgresql/",
    ]
    node, postgres = _end("Node.js", "22"), _end("PostgreSQL", "16")
    assert (node.ends_on, node.source, node.origin) == (
        date(2028, 1, 31),
        "endoflife.date/nodejs",
        "online",
    )
    assert (postgres.ends_on, postgres.source) == (date(2027, 1, 1), "our contract")
    with transaction() as session:
        ends = set(session.scalars(sa.select(SoftwareTitle.support_ends_on)))
        product = session.scalars(
            sa.select(SoftwareTitle.product_id).where(SoftwareTitle.raw_name == "Node.js")
        ).one()
    assert date(2028, 1, 31) in ends
    sheet = Browser(sqlite_app, Role.READ_ONLY).get(f"/software/{product}").text
    assert "endoflife.date/nodejs" in sheet
    again = refresh_support(work)
    assert (again.changed, again.titles) == (0, 0)
    bring_software_up(work)  # the table that comes with Parc does not win it back
    assert _end("Node.js", "22").ends_on == date(2028, 1, 31)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((500, b""), "500"),
        ((302, b""), "302"),
        ((200, b"<html>"), "another form"),
        ((200, b'{"result": {"releases": 7}}'), "another form"),
        ((200, b"[" * 100_000), "another form"),
        ((200, b'"' + b"x" * 2_100_000), "larger than"),
        ((200, _releases(*(("1", None),) * 1_001)), "more than 1000 releases"),
    ],
)
def test_answer_that_cannot_be_taken_is_told_and_the_rest_goes_on(
    work: Work, site: Site, answer: tuple[int, bytes], text: str
) -> None:
    site.answers["nodejs"] = answer
    site.answers["postgresql"] = (200, _releases(("16", "2030-12-24")))
    done = refresh_support(work)
    assert len(done.failures) == 1
    assert text in done.failures[0]
    assert _end("PostgreSQL", "16").ends_on == date(2030, 12, 24)


def test_days_out_of_all_reason_are_left_out() -> None:
    octets = _releases(("1", "0001-01-01"), ("2", "9999-12-31"), ("3", "soon"), ("4", "2030-01-01"))
    assert [end.version_prefix for end in read_answer(octets, NODE, TODAY)] == ["4"]
    with pytest.raises(AnswerError):
        read_answer(b"\xff\xfe", NODE, TODAY)


def test_job_comes_once_a_week_and_fails_when_nothing_can_be_had(
    work: Work, sqlite_app: Flask, clock: SteppingClock
) -> None:
    assert not work.settings.software.ask_support
    assert job_clock.queue_online_support(clock)
    assert not job_clock.queue_online_support(clock)
    clock.step(days=6)
    assert not job_clock.queue_online_support(clock)
    context = JobContext(sqlite_app, clock, lambda: False, transaction)
    with pytest.raises(ParcError, match="404"):
        HANDLERS["online_support"](context, {})


def test_products_that_are_asked_for_are_those_of_rules() -> None:
    names = {rule.product for rule in usual_rules()}
    assert {one.product for one in asked_products()} <= names
