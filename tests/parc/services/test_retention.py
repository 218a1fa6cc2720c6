"""Tests of what is thrown away by age, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from parc.extensions import db, transaction
from parc.models import (
    Alert,
    AlertKind,
    JobRun,
    JobState,
    MessageState,
    OutgoingMessage,
    Run,
    RunState,
    SignInFailure,
    SignInLink,
    StoredObservation,
    UserSession,
)
from parc.services.retention import Ages, purge_batch
from tests.conftest import SOME_MOMENT
from tests.factories import make_device, make_run, make_user

pytestmark = pytest.mark.usefixtures("app")
AGES = Ages(
    observations=timedelta(days=90),
    runs=timedelta(days=365),
    sessions=timedelta(days=14),
    links=timedelta(days=365),
)


def _evidence(
    device_id: int | None, days: int, source: str = "snmp", run_id: int | None = None
) -> StoredObservation:
    return StoredObservation(
        run_id=run_id,
        device_id=device_id,
        address=f"{source} {days}",
        source=source,
        observed_at=SOME_MOMENT - timedelta(days=days),
        body=b"",
    )


def _purge() -> int:
    with transaction() as session:
        return purge_batch(session, AGES, SOME_MOMENT)


def _left() -> set[str]:
    return set(db.session.scalars(sa.select(StoredObservation.address)))


def test_old_evidence_goes_except_the_last_of_each_device_and_means() -> None:
    with transaction() as session:
        device = make_device(session)
        for days in (200, 150, 100):
            session.add(_evidence(device.id, days))
            session.flush()
        session.add(_evidence(device.id, 300, "nmap"))
        session.add(_evidence(None, 400))
    assert _purge() == 3
    assert _left() == {"snmp 100", "nmap 300"}
    assert _purge() == 0


def test_evidence_of_a_held_run_stays_until_it_is_decided() -> None:
    with transaction() as session:
        run = make_run(session, state=RunState.HELD)
        session.add(_evidence(None, 100, run_id=run.id))
    assert _purge() == 0
    with transaction() as session:
        session.execute(sa.update(Run).values(state=RunState.CANCELLED))
    assert _purge() == 1


def test_old_runs_and_jobs_go_but_not_open_ones() -> None:
    old = SOME_MOMENT - timedelta(days=366)
    with transaction() as session:
        make_run(session, created_at=old)
        kept = make_run(session, created_at=old, state=RunState.HELD).id
        for state in (JobState.DONE, JobState.QUEUED):
            session.add(
                JobRun(
                    kind="x", arguments={}, state=state, key=state.value, due_at=old, created_at=old
                )
            )
    assert _purge() == 2
    assert db.session.scalars(sa.select(Run.id)).all() == [kept]
    assert db.session.scalars(sa.select(JobRun.state)).all() == [JobState.QUEUED]


def test_dead_sessions_used_links_and_old_failures_go() -> None:
    long_ago = SOME_MOMENT - timedelta(days=31)
    with transaction() as session:
        user = make_user(session)
        for number, at in enumerate((long_ago, SOME_MOMENT)):
            session.add_all(
                [
                    UserSession(
                        user_id=user.id, token_hash=f"{number}", created_at=at, last_seen_at=at
                    ),
                    SignInLink(user_id=user.id, token_hash=f"{number}", expires_at=at),
                    SignInFailure(login="ada", address="192.0.2.1", failed_at=at),
                ]
            )
    assert _purge() == 3
    assert _purge() == 0
    for model in (UserSession, SignInLink, SignInFailure):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 1


def test_old_alerts_and_letters_that_went_out_go() -> None:
    old = SOME_MOMENT - timedelta(days=400)
    with transaction() as session:
        for number, due in enumerate((old.date(), SOME_MOMENT.date())):
            session.add(
                Alert(
                    kind=AlertKind.NOTICE,
                    subject_id=number,
                    due_on=due,
                    days=7,
                    raised_at=old,
                    is_told=True,
                )
            )
        for state in MessageState:
            session.add(
                OutgoingMessage(
                    key=state.value,
                    message_id="<1@parc>",
                    recipient="a@example.org",
                    subject="s",
                    body="b",
                    state=state,
                    next_try_at=old,
                    created_at=old,
                )
            )
    assert _purge() == 3
    states = set(db.session.scalars(sa.select(OutgoingMessage.state)))
    assert states == {MessageState.WAITING, MessageState.SENDING}
