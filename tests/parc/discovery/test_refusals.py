"""Tests of runs over the real transport: agents that answer, but let nobody in."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from collectors.errors import Failure
from parc.config import DiscoverySettings
from parc.discovery.collectors_network import collectors_network
from parc.discovery.run import Tools, discover
from parc.extensions import db, transaction
from parc.models import Device, Run, RunState, RunTarget, RunTrigger, TargetOutcome
from parc.services.actor import SYSTEM
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from parc.services.runs import request_run
from tests.collectors.conftest import Agent, agent
from tests.conftest import SteppingClock
from tests.hostile_agent import serving_beside
from tests.hostile_behaviours import named

__all__ = ["agent"]


def _sweep(app: Flask, clock: SteppingClock, *drafts: CredentialDraft) -> Run:
    with transaction() as session:
        for draft in drafts:
            save_credential(session, SYSTEM, app.extensions["parc_box"], draft, now=clock())
        names = tuple(draft.name for draft in drafts)
        wanted = RangeDraft(name="Loop", include="127.0.0.1", credentials=names)
        range_id = save_range(session, SYSTEM, wanted, now=clock()).id
        run = request_run(
            session, SYSTEM, range_id=range_id, trigger=RunTrigger.PERSON, now=clock()
        )
    settings = app.extensions["parc_settings"]
    discover(
        Tools(
            transaction=transaction,
            clock=clock,
            settings=settings,
            box=app.extensions["parc_box"],
            open_network=collectors_network(
                DiscoverySettings(timeout_seconds=0.5, retries=0), clock
            ),
            should_stop=lambda: False,
        ),
        run.id,
    )
    return db.session.get_one(Run, run.id)


def _assert_refused(run: Run, words: str) -> None:
    assert (run.state, run.responder_count, run.failed_count) == (RunState.DONE, 1, 1)
    target = db.session.scalars(sa.select(RunTarget)).one()
    assert (target.address, target.outcome, target.failure) == (
        "127.0.0.1",
        TargetOutcome.FAILED,
        Failure.WRONG_CREDENTIALS,
    )
    assert words in target.detail
    assert db.session.scalars(sa.select(Device.address)).all() == ["127.0.0.1"]


def test_agent_that_answers_authorization_error_has_failed_by_wrong_credentials(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    behaviour = replace(named("everything is not authorised"), community=None)
    with serving_beside({"127.0.0.1": behaviour}) as ports:
        drafts = [
            CredentialDraft(name=name, community=name, port=str(ports[0]))
            for name in ("one", "two")
        ]
        run = _sweep(sqlite_app, clock, *drafts)
    _assert_refused(run, "lets this user in, but not read")


@pytest.mark.network
@pytest.mark.parametrize(
    ("user_name", "words"),
    [
        ("nobody", "does not know this SNMPv3 user"),
        ("sha1-aes128", "wrong authentication passphrase"),
    ],
)
def test_agent_of_version_3_that_refuses_the_user_has_failed_by_wrong_credentials(
    sqlite_app: Flask, clock: SteppingClock, agent: Agent, user_name: str, words: str
) -> None:
    draft = CredentialDraft(
        name="user",
        version=SnmpVersion.V3,
        port=str(agent.port),
        user_name=user_name,
        auth_protocol=AuthProtocol.SHA1,
        auth_passphrase="wrong passphrase",
        priv_protocol=PrivProtocol.AES128,
        priv_passphrase="wrong passphrase",
    )
    run = _sweep(sqlite_app, clock, draft)
    _assert_refused(run, words)
