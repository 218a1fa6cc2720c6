"""The four operations of a queue behind one Protocol, and the small engine: our own table.

A larger installation may get an engine that is woken by its database or asks over HTTPS; handlers
and rows stay the same.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from parc.clock import Clock
from parc.extensions import reading, transaction
from parc.jobs.identity import is_gone
from parc.models import JobState
from parc.queries.jobs import has_due_job, has_expired_job, is_stop_requested
from parc.services import jobs, runs
from parc.services.jobs import ClaimedJob


class Engine(Protocol):
    """What a worker needs of a queue; each call is a short transaction of its own."""

    worker: str

    def claim(self) -> ClaimedJob | None:
        """Take a job that is due, or None."""
        ...

    def is_stop_requested(self, job_id: int) -> bool:
        """Tell whether a person asked for the job to stop."""
        ...

    def beat(self, job_id: int) -> None:
        """Renew the lease.

        Raises:
            LeaseLostError: the job is not this worker's any more.
        """
        ...

    def finish(self, job_id: int, state: JobState, error: str | None = None) -> None:
        """Write how a job ended, and close its run if that is still open.

        Raises:
            LeaseLostError: the job is not this worker's any more.
        """
        ...

    def give_back(self, job_id: int) -> None:
        """Queue a job again that was stopped because the worker stops.

        Raises:
            LeaseLostError: the job is not this worker's any more.
        """
        ...

    def reap(self, *, dead: Collection[str] = (), mine: Collection[int] = ()) -> int:
        """Take jobs over from workers that are gone; gives how many."""
        ...

    def dead_workers(self) -> set[str]:
        """Give the names of workers that hold jobs and are known to have ended."""
        ...


class TableEngine:
    """The queue in the application's database; needs an application context around each call.

    Asking whether there is anything to do only reads, so that an idle worker never takes SQLite's
    write lock.
    """

    def __init__(self, worker: str, clock: Clock) -> None:
        self.worker = worker
        self._clock = clock

    def claim(self) -> ClaimedJob | None:
        """Take a job that is due, or None."""
        with reading() as session:
            if not has_due_job(session, self._clock()):
                return None
        with transaction() as session:
            return jobs.claim(session, self.worker, self._clock())

    def is_stop_requested(self, job_id: int) -> bool:
        """Tell whether a person asked for the job to stop."""
        with reading() as session:
            return is_stop_requested(session, job_id)

    def beat(self, job_id: int) -> None:
        """Renew the lease."""
        with transaction() as session:
            jobs.beat(session, job_id, self.worker, self._clock())

    def finish(self, job_id: int, state: JobState, error: str | None = None) -> None:
        """Write how a job ended, and close its run if that is still open."""
        with transaction() as session:
            now = self._clock()
            jobs.finish(session, job_id, self.worker, now, state, error)
            runs.close_open_run(session, job_id, state, now, error)

    def give_back(self, job_id: int) -> None:
        """Queue a job again that was stopped because the worker stops."""
        with transaction() as session:
            now = self._clock()
            job = jobs.requeue(session, job_id, self.worker, now)
            runs.interrupt(session, [job], now)

    def reap(self, *, dead: Collection[str] = (), mine: Collection[int] = ()) -> int:
        """Take jobs over from workers that are gone; gives how many."""
        with reading() as session:
            if not dead and not has_expired_job(session, self._clock()):
                return 0
        with transaction() as session:
            now = self._clock()
            reaped = jobs.reap(session, now, dead=dead, mine=mine)
            runs.interrupt(session, reaped, now)
            return len(reaped)

    def dead_workers(self) -> set[str]:
        """Give the names of workers that hold jobs and are known to have ended."""
        with reading() as session:
            return {name for name in jobs.running_workers(session) if is_gone(name)}
