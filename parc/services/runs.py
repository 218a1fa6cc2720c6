"""Runs of discovery: ask for one, stop it, decide on one that was held, take over a broken one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import AddressRange, JobRun, JobState, Run, RunPhase, RunState, RunTrigger
from parc.services import audit
from parc.services.actor import Actor
from parc.services.jobs import enqueue
from parc.services.permissions import Action, require

SWEEP = "sweep"
APPLY = "apply"
_ATTEMPTS = 3
_OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


def request_run(
    session: Session,
    actor: Actor,
    *,
    range_id: int,
    trigger: RunTrigger,
    now: datetime,
    retry_of_id: int | None = None,
) -> Run:
    """Queue a sweep of a range; with ``retry_of_id`` only of the targets that failed then.

    Raises:
        NotAllowedError: the actor may not start runs.
        NotFoundError: there is no such range or earlier run.
        ConflictError: a sweep of this range is waiting or running.
    """
    require(actor, Action.START_RUN)
    address_range = session.get(AddressRange, range_id)
    if address_range is None:
        raise NotFoundError(f"There is no range {range_id}.")
    if retry_of_id is not None and session.get(Run, retry_of_id) is None:
        raise NotFoundError(f"There is no run {retry_of_id}.")
    run = Run(
        range_id=range_id,
        range_name=address_range.name,
        user_id=actor.user_id,
        retry_of_id=retry_of_id,
        trigger=trigger,
        state=RunState.QUEUED,
        phase=RunPhase.WAITING,
        created_at=now,
        warnings=[],
    )
    _queue(session, run, SWEEP, f"sweep:{range_id}", now)
    if trigger in (RunTrigger.PERSON, RunTrigger.RETRY):
        _record(session, actor, run, now, "requested")
    return run


def request_stop(session: Session, actor: Actor, run_id: int, now: datetime) -> None:
    """Ask a run to stop: at once when it waits, at its next beat when it is running.

    Raises:
        NotAllowedError: the actor may not stop runs.
        NotFoundError: there is no such run.
        ConflictError: it has ended already.
    """
    require(actor, Action.START_RUN)
    run = _get(session, run_id)
    job = session.get(JobRun, run.job_id, with_for_update=True) if run.job_id else None
    if job is None or job.state not in (JobState.QUEUED, JobState.RUNNING):
        raise ConflictError(f"Run {run_id} has ended.")
    job.is_cancel_requested = True
    if job.state is JobState.QUEUED:
        job.state = JobState.CANCELLED
        job.ended_at = now
        end_run(run, RunState.CANCELLED, now, error=None)
    _record(session, actor, run, now, "stopped")


def decide_held(session: Session, actor: Actor, run_id: int, now: datetime) -> None:
    """Apply a run's plan although it changes a large share; a job makes it again from evidence.

    Raises:
        NotAllowedError: the actor may not start runs.
        NotFoundError: there is no such run.
        ConflictError: it is not held, a sweep of its range is waiting or running, or a later one
            has ended: what this one saw is out of date then.
    """
    run = _get_held(session, actor, run_id)
    if _has_later_sweep(session, run):
        raise ConflictError(f"Run {run_id} is out of date: decide on the latest run of its range.")
    run.state = RunState.QUEUED
    run.phase = RunPhase.WAITING
    run.ended_at = None
    key = f"sweep:{run.range_id}" if run.range_id else f"apply:{run.id}"
    _queue(session, run, APPLY, key, now)
    _record(session, actor, run, now, "applied")


def drop_held(session: Session, actor: Actor, run_id: int, now: datetime) -> None:
    """Leave a held run's plan unapplied for good; its evidence stays.

    Raises:
        NotAllowedError: the actor may not start runs.
        NotFoundError: there is no such run.
        ConflictError: it is not held.
    """
    run = _get_held(session, actor, run_id)
    end_run(run, RunState.CANCELLED, now, error="The plan was dropped by a person.")
    _record(session, actor, run, now, "dropped")


def job_of_run(session: Session, run_id: int) -> int | None:
    """Give the job that carries a run out.

    Raises:
        NotFoundError: there is no such run.
    """
    return _get(session, run_id).job_id


def end_run(run: Run, state: RunState, now: datetime, *, error: str | None) -> None:
    """Write how a run ended."""
    run.state = state
    run.phase = RunPhase.ENDED
    run.ended_at = now
    run.error = error


def close_open_run(
    session: Session, job_id: int, state: JobState, now: datetime, error: str | None
) -> None:
    """End the run of a job that ended without having ended it: cancelled, or failed by an error."""
    run_state = RunState.CANCELLED if state is JobState.CANCELLED else RunState.FAILED
    for run in session.scalars(sa.select(Run).where(Run.job_id == job_id)):
        if run.state in _OPEN_STATES:
            end_run(run, run_state, now, error=error)


def interrupt(session: Session, jobs: Sequence[JobRun], now: datetime) -> list[Run]:
    """Close the runs of jobs whose worker is gone; queued-again jobs get a new run.

    The broken run says so for ever; what takes it up is a run of its own with its own log. An
    apply of a held plan is simply done again, since it is one transaction.

    Args:
        session: of the transaction that took the jobs from their worker.
        jobs: what ``reap`` gave, or the job that a stopping worker gave back.
        now: the present moment.

    Returns:
        the interrupted runs.
    """
    interrupted: list[Run] = []
    for job in jobs:
        for run in session.scalars(sa.select(Run).where(Run.job_id == job.id)):
            if run.state not in _OPEN_STATES:
                continue
            if job.kind == APPLY and job.state is JobState.QUEUED:
                run.state = RunState.QUEUED
                continue
            if job.state is JobState.CANCELLED:
                end_run(run, RunState.CANCELLED, now, error=None)
                continue
            end_run(run, RunState.INTERRUPTED, now, error="The server ended during this run.")
            interrupted.append(run)
            if job.state is JobState.QUEUED:
                _take_up(session, run, job, now)
    return interrupted


def _take_up(session: Session, run: Run, job: JobRun, now: datetime) -> None:
    follower = Run(
        range_id=run.range_id,
        range_name=run.range_name,
        job_id=job.id,
        user_id=run.user_id,
        retry_of_id=run.retry_of_id,
        trigger=RunTrigger.CATCH_UP,
        state=RunState.QUEUED,
        phase=RunPhase.WAITING,
        created_at=now,
        warnings=[],
    )
    session.add(follower)
    session.flush()
    job.arguments = {"run_id": follower.id}


def _queue(session: Session, run: Run, kind: str, key: str, now: datetime) -> None:
    """Add run and job together, or neither."""
    with session.begin_nested():
        session.add(run)
        session.flush()
        job = enqueue(
            session,
            kind=kind,
            arguments={"run_id": run.id},
            key=key,
            now=now,
            max_attempts=_ATTEMPTS,
        )
        run.job_id = job.id


def _get(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return run


def _get_held(session: Session, actor: Actor, run_id: int) -> Run:
    require(actor, Action.START_RUN)
    run = session.get(Run, run_id, with_for_update=True)
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    if run.state is not RunState.HELD:
        raise ConflictError(f"Run {run_id} is not held.")
    return run


def _has_later_sweep(session: Session, run: Run) -> bool:
    later = sa.exists().where(
        Run.range_id == run.range_id,
        Run.id > run.id,
        Run.retry_of_id.is_(None),
        Run.state.in_([RunState.DONE, RunState.HELD]),
    )
    return bool(session.scalar(sa.select(later)))


def _record(session: Session, actor: Actor, run: Run, now: datetime, action: str) -> None:
    audit.record(
        session,
        actor,
        at=now,
        subject_kind="run",
        subject_id=run.id,
        subject_name=run.range_name,
        action=action,
    )
