"""A sweep over devices that misbehave: each says why, and those beside them are complete (T8)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from msgspec import structs

from collectors.snmp.transport import Tag
from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs.foreground import sweep_now
from parc.models import Interface, Role, RunTarget, TargetOutcome
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from tests.conftest import SOME_MOMENT
from tests.demo.conftest import free_port
from tests.factories import SOME_PERSON
from tests.hostile_agent import SYS_NAME, Behaviour, arcs, bind, healthy_tree, serving_beside
from tests.hostile_behaviours import named
from tests.security.test_markers import MARK, PAYLOADS, judge
from tests.web import Browser

pytestmark = [pytest.mark.long, pytest.mark.network]

NETWORK = "127.0.63."
ROWS = 30
_MACS = arcs("1.3.6.1.2.1.2.2.1.6")


def _healthy(number: int) -> Behaviour:
    """A device whose ports and name are its own, so that it is nobody else."""
    held = healthy_tree(ROWS)
    for place, one in held.items():
        if place[: len(_MACS)] == _MACS:
            held[place] = structs.replace(one, value=one.value[:4] + bytes([number, place[-1]]))
    held[arcs(SYS_NAME)] = bind(SYS_NAME, Tag.OCTET_STRING, b"healthy-%d" % number)
    return Behaviour("it behaves", tree=lambda: held)


def _liar() -> Behaviour:
    """A device that says markup wherever it can say text."""
    held = _healthy(99).tree()
    for number, (place, one) in enumerate(held.items()):
        if one.tag == Tag.OCTET_STRING and len(one.value) != 6:
            said = PAYLOADS[number % len(PAYLOADS)].encode()
            held[place] = structs.replace(one, value=said)
    return Behaviour("it lies", tree=lambda: held)


def _prepare(app: Flask, port: int) -> int:
    """Add the range; give its id."""
    settings = app.extensions["parc_settings"]
    hurried = replace(
        settings.discovery, timeout_seconds=0.3, retries=1, device_seconds=8, nmap_path="/none"
    )
    app.extensions["parc_settings"] = replace(settings, discovery=hurried)
    with transaction() as session:
        draft = CredentialDraft(name="usual", community="public", port=str(port))
        save_credential(session, SOME_PERSON, app.extensions["parc_box"], draft, now=SOME_MOMENT)
        wanted = RangeDraft(name="lab", include=f"{NETWORK}0/28", credentials=("usual",))
        return save_range(session, SOME_PERSON, wanted, now=SOME_MOMENT).id


def test_broken_devices_say_why_and_leave_the_others_alone(sqlite_app: Flask) -> None:
    broken = {
        "5": named("tables give their first rows for ever"),
        "6": named("tables never end"),
        "7": named("it dies after some requests"),
        "8": named("long replies are cut in half"),
        "9": named("replies carry the next request's number"),
        "10": named("replies are noise"),
        "11": _liar(),
    }
    agents = {f"{NETWORK}{n}": _healthy(n) for n in range(1, 5)}
    agents |= {f"{NETWORK}{last}": behaviour for last, behaviour in broken.items()}
    port = free_port()
    range_id = _prepare(sqlite_app, port)
    with serving_beside(agents, port):
        run_id = sweep_now(sqlite_app, SOME_PERSON, range_id, now)
    db.session.rollback()
    targets = {one.address: one for one in db.session.scalars(sa.select(RunTarget))}
    for number in range(1, 5):
        target = targets[f"{NETWORK}{number}"]
        assert target.outcome is TargetOutcome.COLLECTED
        own = Interface.device_id == target.device_id
        assert db.session.scalar(sa.select(sa.func.count()).where(own)) == ROWS
    browser = Browser(sqlite_app, Role.ADMINISTRATOR)
    page = browser.get(f"/runs/{run_id}")
    assert page.status_code == 200
    assert judge(page.text).faults == []
    for last in ("5", "6", "7", "8"):
        target = targets[f"{NETWORK}{last}"]
        assert target.outcome is not TargetOutcome.COLLECTED, last
        assert target.failure is not None, last
        assert target.detail, last
        assert target.address in page.text
    assert MARK in browser.get("/devices").text + browser.get("/assets").text
    for path in ("/devices", "/assets", "/", f"/runs/{run_id}/live"):
        assert judge(browser.get(path).text).faults == [], path
