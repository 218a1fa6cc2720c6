"""Tests of what happens by time: slots become runs, the purge comes once a night."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, transaction
from parc.jobs.clock import queue_purge, tick
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Execution
from parc.jobs.handlers import HANDLERS
from parc.models import JobRun, JobState, ScheduleKind, SignInFailure
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import make_range

PARIS = ZoneInfo("Europe/Paris")


def _purges() -> list[JobState]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(JobRun.state).where(JobRun.kind == "purge")))


@pytest.mark.usefixtures("sqlite_app")
def test_tick_queues_what_is_due_and_nothing_else(clock: SteppingClock) -> None:
    with transaction() as session:
        make_range(
            session,
            schedule_kind=ScheduleKind.CRON,
            schedule="0 12 * * *",
            next_due_at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
        )
    assert tick(clock) == 0
    clock.step(hours=2)
    assert tick(clock) == 1
    assert tick(clock) == 0


def test_purge_comes_once_a_night_and_is_caught_up(sqlite_app: Flask, clock: SteppingClock) -> None:
    with transaction() as session:
        old = datetime(2026, 1, 1, tzinfo=UTC)
        session.add(SignInFailure(login="ada", address="192.0.2.1", failed_at=old))
    clock.moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert queue_purge(clock, PARIS) is True
    assert queue_purge(clock, PARIS) is False
    engine = TableEngine("one", clock)
    job = engine.claim()
    assert job is not None
    Execution(sqlite_app, engine, clock, job).run(HANDLERS)
    assert _purges() == [JobState.DONE]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInFailure)) == 0
    clock.moment = datetime(2026, 11, 24, 2, 39, tzinfo=UTC)  # 03:39 in Paris
    assert queue_purge(clock, PARIS) is False
    clock.step(minutes=1)
    assert queue_purge(clock, PARIS) is True
    clock.step(days=1)
    assert queue_purge(clock, PARIS) is False  # last night's is still waiting
    assert len(_purges()) == 2


def test_job_whose_arguments_do_not_fit_fails_and_says_so(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    with transaction() as session:
        session.add(
            JobRun(
                kind="sweep",
                arguments={"run_id": "1; rm"},
                state=JobState.QUEUED,
                key="x",
                due_at=SOME_MOMENT,
                max_attempts=1,
                created_at=SOME_MOMENT,
            )
        )
    engine = TableEngine("one", clock)
    job = engine.claim()
    assert job is not None
    Execution(sqlite_app, engine, clock, job).run(HANDLERS)
    stored = db.session.scalars(sa.select(JobRun)).one()
    assert stored.state is JobState.FAILED
    assert stored.error is not None
    assert stored.error.startswith("the job's arguments do not fit")
