"""Tests of carrying out one job: how each kind of end is written, and who may write."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import ParcError
from parc.extensions import db, transaction
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Execution, Handler, JobContext, StopReason
from parc.models import Counter, JobRun, JobState, Run, RunState, RunTrigger
from parc.services.jobs import JobStoppedError
from parc.services.runs import request_run, request_stop
from tests.conftest import SteppingClock
from tests.factories import SOME_PERSON, make_range
from tests.parc.jobs.small_network import wait_until


@pytest.fixture
def engine(sqlite_app: Flask, clock: SteppingClock) -> TableEngine:
    del sqlite_app
    with transaction() as session:
        range_id = make_range(session).id
        request_run(session, SOME_PERSON, range_id=range_id, trigger=RunTrigger.PERSON, now=clock())
    return TableEngine("one", clock)


def _execution(app: Flask, engine: TableEngine, clock: SteppingClock) -> Execution:
    job = engine.claim()
    assert job is not None
    return Execution(app, engine, clock, job)


def _ends(run_index: int = 0) -> tuple[JobState, str | None, RunState]:
    db.session.expire_all()
    job = db.session.scalars(sa.select(JobRun)).one()
    run = db.session.scalars(sa.select(Run).order_by(Run.id)).all()[run_index]
    return job.state, job.error, run.state


def _count(context: JobContext, arguments: Mapping[str, Any]) -> None:
    del arguments
    with context.transaction() as session:
        session.add(Counter(name="written", value=1))


def _refuse(context: JobContext, arguments: Mapping[str, Any]) -> None:
    raise ParcError(f"cannot do {sorted(arguments)} in {context.app.name}")


def _break(context: JobContext, arguments: Mapping[str, Any]) -> None:
    raise ValueError(f"a bug with a secret in it {context} {arguments}")


def _wait_for_stop(context: JobContext, arguments: Mapping[str, Any]) -> None:
    del arguments
    wait_until(context.should_stop, seconds=10)
    raise JobStoppedError("stopped")


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (_refuse, (JobState.FAILED, "cannot do ['run_id'] in parc", RunState.FAILED)),
        (_break, (JobState.FAILED, "internal error (ValueError)", RunState.FAILED)),
        (None, (JobState.FAILED, "no such kind: sweep", RunState.FAILED)),
    ],
)
def test_job_that_fails_closes_its_run_and_says_why(
    sqlite_app: Flask,
    engine: TableEngine,
    clock: SteppingClock,
    handler: Handler | None,
    expected: tuple[JobState, str, RunState],
) -> None:
    _execution(sqlite_app, engine, clock).run({"sweep": handler} if handler else {})
    assert _ends() == expected


def test_job_that_ends_well_is_done(
    sqlite_app: Flask, engine: TableEngine, clock: SteppingClock
) -> None:
    _execution(sqlite_app, engine, clock).run({"sweep": _count})
    assert _ends()[0] is JobState.DONE
    assert db.session.get_one(Counter, "written").value == 1


def test_worker_that_lost_its_lease_writes_nothing(
    sqlite_app: Flask, engine: TableEngine, clock: SteppingClock
) -> None:
    execution = _execution(sqlite_app, engine, clock)
    clock.step(seconds=61)
    assert TableEngine("two", clock).reap() == 1
    execution.run({"sweep": _count})
    assert db.session.get(Counter, "written") is None
    assert _ends()[0] is JobState.QUEUED
    assert [_ends(0)[2], _ends(1)[2]] == [RunState.INTERRUPTED, RunState.QUEUED]


def test_person_who_stops_a_run_is_heard_within_seconds(
    sqlite_app: Flask, engine: TableEngine, clock: SteppingClock
) -> None:
    execution = _execution(sqlite_app, engine, clock)
    thread = threading.Thread(target=execution.run, args=({"sweep": _wait_for_stop},))
    thread.start()
    run_id = db.session.scalars(sa.select(Run.id)).one()
    with transaction() as session:
        request_stop(session, SOME_PERSON, run_id, clock())
    thread.join(timeout=10)
    assert _ends() == (JobState.CANCELLED, None, RunState.CANCELLED)


def test_job_that_is_stopped_with_its_worker_is_queued_again_by_a_new_run(
    sqlite_app: Flask, engine: TableEngine, clock: SteppingClock
) -> None:
    execution = _execution(sqlite_app, engine, clock)
    execution.stop(StopReason.SHUTDOWN)
    execution.run({"sweep": _wait_for_stop})
    assert _ends()[0] is JobState.QUEUED
    assert [_ends(0)[2], _ends(1)[2]] == [RunState.INTERRUPTED, RunState.QUEUED]
