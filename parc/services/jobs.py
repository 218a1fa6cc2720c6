"""The queue: put in, claim, beat, finish, reap; a job is a row, an engine only wakes the worker.

Whatever a worker writes is conditional on "the row is running and mine", so that a worker which
lost its lease (a stopped laptop, a debugger, a long pause) cannot finish somebody else's job.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from parc.errors import ConflictError, ParcError
from parc.models import JobRun, JobState

LEASE = timedelta(seconds=60)
_RETRY_LIMIT_SECONDS = 900.0
_RETRY_JITTER = 0.2
_CANDIDATES = 5  # queued jobs looked at before giving up, when their locks are held


class LeaseLostError(ConflictError):
    """The job is no longer this worker's: its lease ran out and somebody took it over."""


class JobStoppedError(ParcError):
    """A job was asked to end before it was done, and did."""


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """What a worker needs to carry out a job; ``attempt`` counts from 1."""

    id: int
    kind: str
    arguments: Mapping[str, Any]
    attempt: int


def enqueue(  # noqa: PLR0913 -- the columns of a job
    session: Session,
    *,
    kind: str,
    arguments: Mapping[str, Any],
    key: str,
    now: datetime,
    due_at: datetime | None = None,
    lock: str | None = None,
    max_attempts: int = 1,
) -> JobRun:
    """Put a job into the queue.

    Args:
        session: of the caller's transaction.
        kind: its name in the registry of ``parc.jobs.handlers``.
        arguments: JSON, checked by the kind; ids, never secrets.
        key: at most one job of a key is queued or running.
        now: the present moment.
        due_at: not before; None for at once.
        lock: at most one job of a lock is running.
        max_attempts: how often it may be begun, when its worker dies.

    Raises:
        ConflictError: a job of this key is queued or running.
    """
    job = JobRun(
        kind=kind,
        arguments=dict(arguments),
        state=JobState.QUEUED,
        key=key,
        lock=lock,
        due_at=due_at or now,
        max_attempts=max_attempts,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
    except IntegrityError as error:
        raise ConflictError(f"{key} is already waiting or running") from error
    return job


def claim(
    session: Session, worker: str, now: datetime, *, job_id: int | None = None
) -> ClaimedJob | None:
    """Take the job that has been due for longest, or only ``job_id``; None when there is none.

    PostgreSQL skips rows that another worker is just taking; on SQLite the transaction holds the
    write lock from its beginning. The unique index on ``lock`` has the last word.
    """
    for job in _candidates(session, now, job_id):
        try:
            with session.begin_nested():
                job.state = JobState.RUNNING
                job.worker = worker
                job.lease_until = now + LEASE
                job.attempt += 1
                session.flush()
        except IntegrityError:  # a job of the same lock is running: leave it queued
            session.expire(job)
            continue
        return ClaimedJob(job.id, job.kind, job.arguments, job.attempt)
    return None


def _candidates(session: Session, now: datetime, job_id: int | None) -> Sequence[JobRun]:
    running = aliased(JobRun)
    is_locked = sa.exists().where(running.lock == JobRun.lock, running.state == JobState.RUNNING)
    chosen = [] if job_id is None else [JobRun.id == job_id]
    return session.scalars(
        sa.select(JobRun)
        .where(JobRun.state == JobState.QUEUED, JobRun.due_at <= now, ~is_locked, *chosen)
        .order_by(JobRun.due_at, JobRun.id)
        .limit(_CANDIDATES if session.get_bind().dialect.name == "sqlite" else 1)
        .with_for_update(skip_locked=True, of=JobRun)
    ).all()


def beat(session: Session, job_id: int, worker: str, now: datetime) -> bool:
    """Renew the lease; tell whether a person asked for the job to stop.

    Raises:
        LeaseLostError: the job is not this worker's any more.
    """
    row = session.execute(
        sa.update(JobRun)
        .where(JobRun.id == job_id, JobRun.worker == worker, JobRun.state == JobState.RUNNING)
        .values(lease_until=now + LEASE)
        .returning(JobRun.is_cancel_requested)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise LeaseLostError(f"job {job_id} is no longer held by {worker}")
    return bool(row[0])


def finish(
    session: Session,
    job_id: int,
    worker: str,
    now: datetime,
    state: JobState,
    error: str | None = None,
) -> None:
    """Write how a job ended.

    Raises:
        LeaseLostError: the job is not this worker's any more.
    """
    ended = session.execute(
        sa.update(JobRun)
        .where(JobRun.id == job_id, JobRun.worker == worker, JobRun.state == JobState.RUNNING)
        .values(state=state, error=error, ended_at=now, lease_until=None)
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if ended is None:
        raise LeaseLostError(f"job {job_id} is no longer held by {worker}")


def requeue(session: Session, job_id: int, worker: str, now: datetime) -> JobRun:
    """Give a job back that was stopped with its worker; the attempt does not count.

    Raises:
        LeaseLostError: the job is not this worker's any more.
    """
    beat(session, job_id, worker, now)
    job = session.get_one(JobRun, job_id)
    if job.is_cancel_requested:
        _end(job, now, JobState.CANCELLED, "stopped by a person")
    else:
        job.attempt -= 1
        _put_back(job, now)
    return job


def reap(
    session: Session, now: datetime, *, dead: Collection[str] = (), mine: Collection[int] = ()
) -> list[JobRun]:
    """Take running jobs from workers that are gone; give them, changed.

    A job with attempts left is queued again, after a pause that grows with each attempt; else it
    has failed.

    Args:
        session: of the caller's transaction.
        now: the present moment; leases that ended before it have expired.
        dead: names of workers known to be gone, whatever their leases say.
        mine: ids of jobs that the caller is running; its own long transaction is no death.
    """
    jobs = session.scalars(
        sa.select(JobRun)
        .where(
            JobRun.state == JobState.RUNNING,
            sa.or_(JobRun.lease_until < now, JobRun.worker.in_(dead)),
            JobRun.id.not_in(mine),
        )
        .order_by(JobRun.id)
        .with_for_update(skip_locked=True)
    ).all()
    for job in jobs:
        if job.is_cancel_requested:
            _end(job, now, JobState.CANCELLED, "stopped by a person")
        elif job.attempt >= job.max_attempts:
            _end(job, now, JobState.FAILED, "its worker ended while it was running")
        else:
            _put_back(job, now + retry_pause(job.attempt))
    return list(jobs)


def retry_pause(attempt: int) -> timedelta:
    """Give the pause before a further try: 2^n seconds, a fifth more or less, 15 minutes at most.

    The first comes at once: an interrupted run is expected back.
    """
    if attempt <= 1:
        return timedelta()
    seconds = min(2.0**attempt, _RETRY_LIMIT_SECONDS)
    return timedelta(seconds=seconds * random.uniform(1 - _RETRY_JITTER, 1 + _RETRY_JITTER))  # noqa: S311 -- spreads load, guards nothing


def running_workers(session: Session) -> set[str]:
    """Give the names of the workers that hold a job."""
    return {
        name
        for name in session.scalars(
            sa.select(JobRun.worker).where(JobRun.state == JobState.RUNNING).distinct()
        )
        if name
    }


def _put_back(job: JobRun, due_at: datetime) -> None:
    job.state = JobState.QUEUED
    job.worker = None
    job.lease_until = None
    job.due_at = due_at


def _end(job: JobRun, now: datetime, state: JobState, error: str) -> None:
    job.state = state
    job.error = error
    job.ended_at = now
    job.lease_until = None
