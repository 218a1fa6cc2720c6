"""Tests of the queue: who may run what, whose word counts, who takes over."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import ConflictError
from parc.extensions import db, transaction
from parc.models import JobRun, JobState
from parc.services import jobs
from parc.services.jobs import LEASE, ClaimedJob, LeaseLostError, retry_pause
from tests.conftest import SOME_MOMENT, SteppingClock

pytestmark = pytest.mark.usefixtures("app")


def _enqueue(
    key: str, *, lock: str | None = None, attempts: int = 1, wait: timedelta | None = None
) -> int:
    with transaction() as session:
        return jobs.enqueue(
            session,
            kind="test",
            arguments={"run_id": 1},
            key=key,
            lock=lock,
            now=SOME_MOMENT,
            due_at=None if wait is None else SOME_MOMENT + wait,
            max_attempts=attempts,
        ).id


def _claim(worker: str, clock: SteppingClock) -> ClaimedJob | None:
    with transaction() as session:
        return jobs.claim(session, worker, clock())


def _reap(clock: SteppingClock, **who: tuple[str, ...] | tuple[int, ...]) -> list[int]:
    with transaction() as session:
        return [job.id for job in jobs.reap(session, clock(), **who)]  # type: ignore[arg-type]  # either


def _job(job_id: int) -> JobRun:
    db.session.expire_all()
    return db.session.get_one(JobRun, job_id)


def test_job_is_given_to_one_worker_only(clock: SteppingClock) -> None:
    job_id = _enqueue("a")
    assert _claim("one", clock) == ClaimedJob(job_id, "test", {"run_id": 1}, 1)
    assert _claim("two", clock) is None
    assert _job(job_id).lease_until == clock() + LEASE


def test_job_that_is_due_longest_comes_first_and_none_before_its_time(
    clock: SteppingClock,
) -> None:
    later = _enqueue("later", wait=timedelta(minutes=1))
    first = _enqueue("first")
    claimed = _claim("one", clock)
    assert claimed is not None
    assert claimed.id == first
    assert _claim("one", clock) is None
    clock.step(minutes=1)
    claimed = _claim("one", clock)
    assert claimed is not None
    assert claimed.id == later


def test_second_open_job_of_a_key_is_refused_and_the_transaction_goes_on(
    clock: SteppingClock,
) -> None:
    _enqueue("a")
    with transaction() as session:
        with pytest.raises(ConflictError):
            jobs.enqueue(session, kind="test", arguments={}, key="a", now=clock())
        jobs.enqueue(session, kind="test", arguments={}, key="b", now=clock())
    assert sorted(db.session.scalars(sa.select(JobRun.key))) == ["a", "b"]


def test_key_is_free_again_when_its_job_has_ended(clock: SteppingClock) -> None:
    job_id = _enqueue("a")
    _claim("one", clock)
    with transaction() as session:
        jobs.finish(session, job_id, "one", clock(), JobState.DONE)
    assert _enqueue("a") != job_id


def test_two_jobs_of_a_lock_never_run_at_once(clock: SteppingClock) -> None:
    first = _enqueue("a", lock="device:1")
    second = _enqueue("b", lock="device:1")
    free = _enqueue("c")
    taken = [_claim(worker, clock) for worker in ("one", "two", "three")]
    assert [job.id for job in taken if job] == [first, free]
    with transaction() as session:
        jobs.finish(session, first, "one", clock(), JobState.DONE)
    claimed = _claim("two", clock)
    assert claimed is not None
    assert claimed.id == second


def test_worker_without_the_lease_can_neither_beat_nor_finish_nor_give_back(
    clock: SteppingClock,
) -> None:
    job_id = _enqueue("a", attempts=3)
    _claim("one", clock)
    clock.step(seconds=61)
    assert _reap(clock) == [job_id]
    claimed = _claim("two", clock)
    assert claimed is not None
    assert claimed.attempt == 2
    with transaction() as session:
        with pytest.raises(LeaseLostError):
            jobs.beat(session, job_id, "one", clock())
        with pytest.raises(LeaseLostError):
            jobs.finish(session, job_id, "one", clock(), JobState.DONE)
        with pytest.raises(LeaseLostError):
            jobs.requeue(session, job_id, "one", clock())
    assert _job(job_id).worker == "two"
    assert _job(job_id).state is JobState.RUNNING


def test_beat_renews_the_lease_and_tells_of_a_stop(clock: SteppingClock) -> None:
    job_id = _enqueue("a")
    _claim("one", clock)
    clock.step(seconds=50)
    with transaction() as session:
        assert jobs.beat(session, job_id, "one", clock()) is False
    clock.step(seconds=50)
    assert _reap(clock) == []
    with transaction() as session:
        session.get_one(JobRun, job_id).is_cancel_requested = True
        session.flush()
        assert jobs.beat(session, job_id, "one", clock()) is True


def test_expired_job_without_attempts_left_has_failed(clock: SteppingClock) -> None:
    job_id = _enqueue("a", attempts=1)
    _claim("one", clock)
    clock.step(seconds=61)
    assert _reap(clock) == [job_id]
    job = _job(job_id)
    assert job.state is JobState.FAILED
    assert job.error == "its worker ended while it was running"
    assert job.ended_at == clock()


def test_expired_job_that_a_person_stopped_is_cancelled_not_taken_up(
    clock: SteppingClock,
) -> None:
    job_id = _enqueue("a", attempts=3)
    _claim("one", clock)
    with transaction() as session:
        session.get_one(JobRun, job_id).is_cancel_requested = True
    clock.step(seconds=61)
    _reap(clock)
    assert _job(job_id).state is JobState.CANCELLED


def test_job_of_a_dead_worker_is_taken_before_its_lease_ends_and_own_jobs_never(
    clock: SteppingClock,
) -> None:
    first = _enqueue("a", attempts=2)
    second = _enqueue("b", attempts=2)
    _claim("dead", clock)
    _claim("me", clock)
    assert _reap(clock, dead=("dead",)) == [first]
    clock.step(seconds=120)
    assert _reap(clock, mine=(second,)) == []
    assert _reap(clock) == [second]


def test_job_given_back_does_not_use_up_an_attempt(clock: SteppingClock) -> None:
    job_id = _enqueue("a", attempts=1)
    _claim("one", clock)
    with transaction() as session:
        jobs.requeue(session, job_id, "one", clock())
    job = _job(job_id)
    assert (job.state, job.attempt, job.worker) == (JobState.QUEUED, 0, None)


def test_pauses_before_further_tries_grow_to_a_quarter_of_an_hour() -> None:
    assert retry_pause(1) == timedelta()
    for attempt, seconds in ((2, 4), (5, 32), (30, 900)):
        pause = retry_pause(attempt).total_seconds()
        assert seconds * 0.8 <= pause <= seconds * 1.2


def test_every_job_runs_once_however_many_workers_ask(app: Flask, clock: SteppingClock) -> None:

    expected = {_enqueue(f"key {number}") for number in range(60)}
    taken: list[int] = []
    guard = threading.Lock()

    def work(name: str) -> None:
        with app.app_context():
            while True:
                with transaction() as session:
                    job = jobs.claim(session, name, clock())
                if job is None:
                    with transaction() as session:
                        left = session.scalar(
                            sa.select(sa.func.count()).where(JobRun.state == JobState.QUEUED)
                        )
                    if not left:
                        return
                    continue
                with guard:
                    taken.append(job.id)
                with transaction() as session:
                    jobs.finish(session, job.id, name, clock(), JobState.DONE)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(expected)
