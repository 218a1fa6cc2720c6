"""Tests of the worker in this process: it claims, carries out, and stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask

from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Handler, JobContext
from parc.jobs.worker import Worker
from parc.models import JobRun, JobState, Run, RunState, RunTrigger
from parc.services.jobs import ClaimedJob, JobStoppedError
from parc.services.runs import SWEEP, request_run
from tests.factories import SOME_PERSON, make_range
from tests.parc.jobs.small_network import wait_until


def _request(count: int = 1) -> None:
    with transaction() as session:
        for _ in range(count):
            range_id = make_range(session).id
            request_run(
                session, SOME_PERSON, range_id=range_id, trigger=RunTrigger.PERSON, now=now()
            )


def _jobs() -> list[JobState]:
    db.session.rollback()
    query = sa.select(JobRun.state).where(JobRun.kind == SWEEP).order_by(JobRun.id)
    return list(db.session.scalars(query))


def _runs() -> list[tuple[RunState, str | None]]:
    db.session.rollback()
    return [(row.state, row.error) for row in db.session.execute(sa.select(Run.state, Run.error))]


@contextmanager
def _worker(app: Flask, handler: Handler) -> Iterator[None]:
    """Run a worker; at the end all its jobs must stop in time."""
    worker = Worker(app, TableEngine("one", now), now, {SWEEP: handler})
    worker.start()
    try:
        yield
    finally:
        is_clean = worker.stop()
    assert is_clean


def test_worker_carries_on_after_a_job_that_broke(app: Flask) -> None:
    calls: list[object] = []

    def break_first(context: JobContext, arguments: Mapping[str, Any]) -> None:
        del context
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyError("a bug")

    _request(2)
    with _worker(app, break_first):
        wait_until(lambda: sorted(_jobs()) == [JobState.DONE, JobState.FAILED])
    assert (RunState.FAILED, "internal error (KeyError)") in _runs()


def test_worker_that_stops_gives_its_jobs_back_and_takes_no_more(sqlite_app: Flask) -> None:
    begun = threading.Event()

    def wait_for_stop(context: JobContext, arguments: Mapping[str, Any]) -> None:
        del arguments
        begun.set()
        wait_until(context.should_stop, seconds=10)
        raise JobStoppedError("stopped")

    _request()
    with _worker(sqlite_app, wait_for_stop):
        assert begun.wait(10)
    assert _jobs() == [JobState.QUEUED]
    assert sorted(state for state, _ in _runs()) == [RunState.INTERRUPTED, RunState.QUEUED]


def test_worker_that_has_stopped_has_no_tick_at_work(sqlite_app: Flask) -> None:
    began, ended = threading.Event(), threading.Event()

    class SlowEngine(TableEngine):
        def claim(self) -> ClaimedJob | None:
            began.set()
            threading.Event().wait(1.0)
            job = super().claim()
            ended.set()
            return job

    worker = Worker(sqlite_app, SlowEngine("one", now), now, {})
    worker.start()
    assert began.wait(20)
    assert worker.stop()
    assert ended.is_set()
