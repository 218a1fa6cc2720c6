"""Carrying out one run in the process that asks for it, through the same code as the worker.

The job is put in and claimed in one transaction, so that no worker can take it in between.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from parc.clock import Clock
from parc.errors import ConflictError
from parc.extensions import transaction
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Execution
from parc.jobs.handlers import HANDLERS
from parc.jobs.identity import worker_name
from parc.models import RunTrigger
from parc.services.actor import Actor
from parc.services.jobs import ClaimedJob, claim
from parc.services.runs import decide_held, job_of_run, request_run


def sweep_now(
    app: Flask,
    actor: Actor,
    range_id: int,
    clock: Clock,
    *,
    started: Callable[[Execution], None] = lambda _execution: None,
) -> int:
    """Sweep a range here and now; gives the id of the run, which has ended.

    Args:
        started: handed the execution before it begins, so that a signal can stop it.

    Raises:
        NotFoundError: there is no such range.
        ConflictError: it is being swept already.
    """
    worker = worker_name()
    with transaction() as session:
        run = request_run(session, actor, range_id=range_id, trigger=RunTrigger.PERSON, now=clock())
        job = claim(session, worker, clock(), job_id=run.job_id)
    _carry_out(app, job, worker, clock, started)
    return run.id


def apply_now(
    app: Flask,
    actor: Actor,
    run_id: int,
    clock: Clock,
) -> None:
    """Apply the plan of a held run here and now.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: it is not held, or its range is being swept.
    """
    worker = worker_name()
    with transaction() as session:
        decide_held(session, actor, run_id, clock())
        job = claim(session, worker, clock(), job_id=job_of_run(session, run_id))
    _carry_out(app, job, worker, clock, lambda _execution: None)


def _carry_out(
    app: Flask,
    job: ClaimedJob | None,
    worker: str,
    clock: Clock,
    started: Callable[[Execution], None],
) -> None:
    if job is None:
        raise ConflictError("The job was put in, but could not be taken: look at its run.")
    execution = Execution(app, TableEngine(worker, clock), clock, job)
    started(execution)
    execution.run(HANDLERS)
