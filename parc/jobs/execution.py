"""Carrying out one job: its heart beats in a thread of its own, its end is always written."""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from parc.clock import Clock
from parc.errors import ParcError
from parc.extensions import DatabaseError, TransactionMaker, checked_transaction
from parc.jobs.engine import Engine
from parc.models import JobState
from parc.services.jobs import ClaimedJob, JobStoppedError, LeaseLostError, beat

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0  # how soon a person's stop is seen
_BEAT_EVERY = 15  # looks between two renewals of a lease of 60 s


class StopReason(enum.StrEnum):
    """Why a job should end before it is done."""

    CANCELLED = "cancelled"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease_lost"


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is handed.

    Attributes:
        app: whose settings and secrets are used; its context is entered.
        clock: what time it is.
        should_stop: asked between steps; the handler then raises ``JobStoppedError``.
        transaction: like ``parc.extensions.transaction``, but rolls back when the job is no
            longer this worker's: two workers never both write.
    """

    app: Flask
    clock: Clock
    should_stop: Callable[[], bool]
    transaction: TransactionMaker


Handler = Callable[[JobContext, Mapping[str, Any]], None]


class Execution:
    """One claimed job on its way; made by the worker, run in a thread of it."""

    def __init__(self, app: Flask, engine: Engine, clock: Clock, job: ClaimedJob) -> None:
        self.job = job
        self._app = app
        self._engine = engine
        self._clock = clock
        self._stop_reason: StopReason | None = None
        self._ended = threading.Event()

    def stop(self, reason: StopReason) -> None:
        """Ask the handler to end soon; the first reason stands."""
        self._stop_reason = self._stop_reason or reason

    def run(self, handlers: Mapping[str, Handler]) -> None:
        """Carry the job out and write how it ended; raises nothing."""
        heart = threading.Thread(target=self._beat, name=f"beat-{self.job.id}", daemon=True)
        heart.start()
        try:
            with self._app.app_context():
                self._run(handlers)
        except LeaseLostError as error:
            _LOG.warning("%s: what it did last was rolled back", error)
        except DatabaseError as error:
            # The end could not be written: the lease runs out and the job is taken up again.
            _LOG.error("job %d: the database failed: %s", self.job.id, error.orig)
        finally:
            self._ended.set()
            heart.join()

    def _run(self, handlers: Mapping[str, Handler]) -> None:
        handler = handlers.get(self.job.kind)
        if handler is None:
            self._engine.finish(self.job.id, JobState.FAILED, f"no such kind: {self.job.kind}")
            return
        # The lease is checked at the end of a transaction: on PostgreSQL the row of the job is
        # then not held while a plan is applied.
        guarded = checked_transaction(
            lambda session: beat(session, self.job.id, self._engine.worker, self._clock())
        )
        context = JobContext(self._app, self._clock, self._should_stop, guarded)
        try:
            handler(context, self.job.arguments)
        except JobStoppedError:
            self._end_stopped()
        except (LeaseLostError, DatabaseError):
            raise
        except ParcError as error:
            _LOG.error("job %d (%s) failed: %s", self.job.id, self.job.kind, error)
            self._engine.finish(self.job.id, JobState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 -- the scheduler's one place for it
            # A bug: its text may hold anything, so that only its kind is stored; the trace goes
            # to the server's log.
            _LOG.exception("job %d (%s) failed", self.job.id, self.job.kind)
            self._engine.finish(
                self.job.id, JobState.FAILED, f"internal error ({type(error).__name__})"
            )
        else:
            self._engine.finish(self.job.id, JobState.DONE)

    def _should_stop(self) -> bool:
        return self._stop_reason is not None

    def _end_stopped(self) -> None:
        if self._stop_reason is StopReason.SHUTDOWN:
            self._engine.give_back(self.job.id)
        elif self._stop_reason is StopReason.CANCELLED:
            self._engine.finish(self.job.id, JobState.CANCELLED)

    def _beat(self) -> None:
        looks = 0
        while not self._ended.wait(_LOOK_SECONDS):
            looks += 1
            try:
                with self._app.app_context():
                    if looks % _BEAT_EVERY == 0:
                        self._engine.beat(self.job.id)
                    if self._engine.is_stop_requested(self.job.id):
                        self.stop(StopReason.CANCELLED)
            except LeaseLostError:
                if not self._ended.is_set():
                    self.stop(StopReason.LEASE_LOST)
                return
            except DatabaseError as error:
                _LOG.warning("job %d: no beat: %s", self.job.id, error.orig)
