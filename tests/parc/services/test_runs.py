"""Tests of asking for runs, stopping them, deciding on held ones, taking over broken ones."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from parc.errors import ConflictError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.models import (
    AuditEntry,
    JobRun,
    JobState,
    Role,
    Run,
    RunPhase,
    RunState,
    RunTrigger,
)
from parc.services import jobs, runs
from parc.services.actor import SYSTEM, Actor
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import SOME_PERSON, make_range, make_run

pytestmark = pytest.mark.usefixtures("sqlite_app")
READER = Actor(name="Eve", role=Role.READ_ONLY)


def _range_id() -> int:
    with transaction() as session:
        return make_range(session, name="Office").id


def _request(range_id: int, trigger: RunTrigger = RunTrigger.PERSON) -> Run:
    with transaction() as session:
        return runs.request_run(
            session, SOME_PERSON, range_id=range_id, trigger=trigger, now=SOME_MOMENT
        )


def _claim(worker: str = "one") -> int:
    with transaction() as session:
        job = jobs.claim(session, worker, SOME_MOMENT)
        assert job is not None
        return job.id


def _run(run_id: int) -> Run:
    db.session.expire_all()
    return db.session.get_one(Run, run_id)


def test_request_queues_a_run_with_its_job_and_says_who_asked() -> None:
    range_id = _range_id()
    run = _request(range_id)
    job = db.session.get_one(JobRun, run.job_id)
    assert (run.state, run.phase, run.range_name) == (RunState.QUEUED, RunPhase.WAITING, "Office")
    assert (job.kind, job.key, job.arguments) == ("sweep", f"sweep:{range_id}", {"run_id": run.id})
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.author, entry.action, entry.subject_id) == ("Ada", "requested", run.id)


def test_second_run_of_a_range_is_refused_and_leaves_no_trace() -> None:
    range_id = _range_id()
    _request(range_id)
    with transaction() as session, pytest.raises(ConflictError):
        runs.request_run(
            session,
            SOME_PERSON,
            range_id=range_id,
            trigger=RunTrigger.PERSON,
            now=SOME_MOMENT,
        )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Run)) == 1


def test_unknown_range_and_unknown_earlier_run_are_named() -> None:
    range_id = _range_id()
    with transaction() as session:
        with pytest.raises(NotFoundError, match="range 999"):
            runs.request_run(
                session, SYSTEM, range_id=999, trigger=RunTrigger.PERSON, now=SOME_MOMENT
            )
        with pytest.raises(NotFoundError, match="run 77"):
            runs.request_run(
                session,
                SYSTEM,
                range_id=range_id,
                trigger=RunTrigger.RETRY,
                now=SOME_MOMENT,
                retry_of_id=77,
            )


def test_reader_may_neither_start_nor_stop_nor_decide() -> None:
    range_id = _range_id()
    run = _request(range_id)
    with transaction() as session:
        with pytest.raises(NotAllowedError):
            runs.request_run(
                session, READER, range_id=range_id, trigger=RunTrigger.PERSON, now=SOME_MOMENT
            )
        for verb in (runs.request_stop, runs.decide_held, runs.drop_held):
            with pytest.raises(NotAllowedError):
                verb(session, READER, run.id, SOME_MOMENT)


def test_waiting_run_is_cancelled_at_once() -> None:
    run = _request(_range_id())
    with transaction() as session:
        runs.request_stop(session, SOME_PERSON, run.id, SOME_MOMENT)
    assert _run(run.id).state is RunState.CANCELLED
    with transaction() as session:
        assert jobs.claim(session, "one", SOME_MOMENT) is None


def test_running_run_is_asked_to_stop_and_an_ended_one_cannot_be() -> None:
    run = _request(_range_id())
    job_id = _claim()
    with transaction() as session:
        runs.request_stop(session, SOME_PERSON, run.id, SOME_MOMENT)
    with transaction() as session:
        assert jobs.beat(session, job_id, "one", SOME_MOMENT) is True
        jobs.finish(session, job_id, "one", SOME_MOMENT, JobState.CANCELLED)
        runs.close_open_run(session, job_id, JobState.CANCELLED, SOME_MOMENT, None)
    assert _run(run.id).state is RunState.CANCELLED
    with transaction() as session, pytest.raises(ConflictError):
        runs.request_stop(session, SOME_PERSON, run.id, SOME_MOMENT)


def test_run_of_a_dead_worker_is_interrupted_and_taken_up_by_a_new_run(
    clock: SteppingClock,
) -> None:
    run = _request(_range_id())
    _claim()
    clock.step(seconds=61)
    with transaction() as session:
        reaped = jobs.reap(session, clock())
        assert [one.id for one in runs.interrupt(session, reaped, clock())] == [run.id]
    broken = _run(run.id)
    assert (broken.state, broken.phase, broken.ended_at) == (
        RunState.INTERRUPTED,
        RunPhase.ENDED,
        clock(),
    )
    follower = db.session.scalars(sa.select(Run).where(Run.id != run.id)).one()
    assert (follower.state, follower.trigger) == (RunState.QUEUED, RunTrigger.CATCH_UP)
    assert db.session.get_one(JobRun, follower.job_id).arguments == {"run_id": follower.id}


def test_run_whose_attempts_are_used_up_is_interrupted_for_good(clock: SteppingClock) -> None:
    _request(_range_id())
    for _ in range(3):
        with transaction() as session:
            assert jobs.claim(session, "one", clock()) is not None
        clock.step(seconds=61)
        with transaction() as session:
            runs.interrupt(session, jobs.reap(session, clock()), clock())
        clock.step(seconds=60)
    states = db.session.scalars(sa.select(Run.state)).all()
    assert states == [RunState.INTERRUPTED] * 3
    assert db.session.scalars(sa.select(JobRun.state)).all() == [JobState.FAILED]


def test_run_that_ended_before_its_worker_died_stays_as_it_ended(clock: SteppingClock) -> None:
    run = _request(_range_id())
    _claim()
    with transaction() as session:
        runs.end_run(session.get_one(Run, run.id), RunState.DONE, clock(), error=None)
    clock.step(seconds=61)
    with transaction() as session:
        assert runs.interrupt(session, jobs.reap(session, clock()), clock()) == []
    assert _run(run.id).state is RunState.DONE


def _held() -> int:
    with transaction() as session:
        return make_run(session, state=RunState.HELD).id


def test_held_run_is_applied_by_a_job_that_survives_its_worker(clock: SteppingClock) -> None:
    run_id = _held()
    with transaction() as session:
        runs.decide_held(session, SOME_PERSON, run_id, clock())
    run = _run(run_id)
    assert run.state is RunState.QUEUED
    assert db.session.get_one(JobRun, run.job_id).kind == "apply"
    _claim()
    clock.step(seconds=61)
    with transaction() as session:
        assert runs.interrupt(session, jobs.reap(session, clock()), clock()) == []
    assert _run(run_id).state is RunState.QUEUED


def test_held_run_that_is_dropped_applies_nothing() -> None:
    run_id = _held()
    with transaction() as session:
        runs.drop_held(session, SOME_PERSON, run_id, SOME_MOMENT)
    assert _run(run_id).state is RunState.CANCELLED
    with transaction() as session:
        for verb in (runs.drop_held, runs.decide_held):
            with pytest.raises(ConflictError):
                verb(session, SOME_PERSON, run_id, SOME_MOMENT)


def test_held_run_is_out_of_date_once_a_later_sweep_has_ended() -> None:
    with transaction() as session:
        address_range = make_range(session)
        run_id = make_run(session, address_range, state=RunState.HELD).id
        make_run(session, address_range, state=RunState.DONE)
    with transaction() as session, pytest.raises(ConflictError, match="out of date"):
        runs.decide_held(session, SOME_PERSON, run_id, SOME_MOMENT)
    assert _run(run_id).state is RunState.HELD
