"""A sweep over devices that misbehave: each says why, and those beside them are complete (T8)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from msgspec import structs

from collectors import oids
from collectors.snmp.replay import ReplayTransport
from collectors.snmp.transport import Tag, VarBind
from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs.foreground import sweep_now
from parc.models import Interface, Role, RunTarget, TargetOutcome
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from tests.collectors.misbehaving import (
    Answer,
    CutsRepliesToTables,
    Endless,
    Healthy,
    OidsThatDoNotIncrease,
    SilentAfter,
    WrongRequestId,
    _Server,
    device,
)
from tests.conftest import SOME_MOMENT
from tests.demo.conftest import free_port
from tests.factories import SOME_PERSON
from tests.security.test_markers import MARK, PAYLOADS, judge
from tests.web import Browser

pytestmark = [pytest.mark.long, pytest.mark.network]

NETWORK = "127.0.63."
ROWS = 30


def _healthy(number: int) -> Healthy:
    """A device whose ports and name are its own, so that it is nobody else."""
    agent = Healthy(ROWS)
    found = [
        structs.replace(one, value=one.value[:4] + bytes([number, one.value[5]]))
        if one.oid.startswith(oids.encode("1.3.6.1.2.1.2.2.1.6"))
        else one
        for one in device(ROWS)
        if one.oid != oids.encode("1.3.6.1.2.1.1.5.0")
    ]
    name = VarBind(oids.encode("1.3.6.1.2.1.1.5.0"), Tag.OCTET_STRING, b"healthy-%d" % number)
    agent.replay = ReplayTransport([*found, name])
    return agent


def _liar() -> Healthy:
    """A device that says markup wherever it can say text."""
    agent = _healthy(99)
    said = [
        structs.replace(one, value=PAYLOADS[place % len(PAYLOADS)].encode())
        if one.tag == Tag.OCTET_STRING and len(one.value) != 6
        else one
        for place, one in enumerate([*device(ROWS)])
    ]
    agent.replay = ReplayTransport(said)
    return agent


def _garbage(_request: object) -> bytes:
    return b"\x30\x82\xff\xff" + bytes(range(256))


@contextmanager
def _answering(agents: Mapping[str, Answer], port: int) -> Iterator[None]:
    """Let agents answer on their addresses in a thread while the block runs."""
    loop = asyncio.new_event_loop()
    is_ready, ended = threading.Event(), asyncio.Event()

    async def run() -> None:
        transports = []
        for address, answer in agents.items():
            made = await loop.create_datagram_endpoint(
                lambda answer=answer: _Server(answer),  # type: ignore[misc]
                local_addr=(address, port),
            )
            transports.append(made[0])
        is_ready.set()
        await ended.wait()
        for transport in transports:
            transport.close()
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert is_ready.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


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
    broken: dict[str, Callable[[], Answer]] = {
        "5": OidsThatDoNotIncrease,
        "6": Endless,
        "7": lambda: SilentAfter(4),
        "8": CutsRepliesToTables,
        "9": WrongRequestId,
        "10": lambda: _garbage,
        "11": _liar,
    }
    agents: dict[str, Answer] = {f"{NETWORK}{n}": _healthy(n) for n in range(1, 5)}
    agents |= {f"{NETWORK}{last}": make() for last, make in broken.items()}
    port = free_port()
    range_id = _prepare(sqlite_app, port)
    with _answering(agents, port):
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
