"""The worker process: APScheduler's threads poll the queue, run jobs and keep the clock.

Its job store is its memory: what must survive a restart is in our tables. Never started inside a
web process: each would be a worker more.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import UTC
from types import FrameType
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from parc.clock import Clock, now
from parc.config import Settings
from parc.extensions import DatabaseError, db
from parc.jobs import clock as job_clock
from parc.jobs.engine import Engine, TableEngine
from parc.jobs.execution import Execution, Handler, StopReason
from parc.jobs.handlers import HANDLERS
from parc.jobs.identity import worker_name
from parc.schema import check_schema

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 10.0
_PURGE_LOOK_SECONDS = 300
_MAIL_LOOK_SECONDS = 30
_WATCH_LOOK_SECONDS = 30


class Worker:
    """Claims jobs and runs them, at most ``runs_at_once``; knows nothing of what they do."""

    def __init__(
        self, app: Flask, engine: Engine, clock: Clock, handlers: Mapping[str, Handler]
    ) -> None:
        settings: Settings = app.extensions["parc_settings"]
        self._app = app
        self._engine = engine
        self._clock = clock
        self._handlers = handlers
        self._limit = settings.discovery.runs_at_once
        self._zone = ZoneInfo(settings.interface.time_zone)
        self._has_mail_server = bool(settings.mail.host)
        self._watched = settings.imports
        self._is_support_asked = settings.software.ask_support
        self._running: dict[int, Execution] = {}
        self._changed = threading.Condition()
        self._ticking = 0
        self._is_stopping = False
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(2),
                "jobs": ThreadPoolExecutor(self._limit),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Take over from dead workers, then begin to tick and poll."""
        with self._app.app_context():
            taken = self._engine.reap(dead=self._engine.dead_workers())
        if taken:
            _LOG.warning("%d job(s) of a worker that ended are taken up again", taken)
        self._every(1, self._poll)
        self._every(1, self._tick)
        self._every(_PURGE_LOOK_SECONDS, self._purge, is_at_once=True)
        self._every(_MAIL_LOOK_SECONDS, self._mail)
        self._every(_WATCH_LOOK_SECONDS, self._watch)
        self._scheduler.start()

    def stop(self, seconds: float = _STOP_SECONDS) -> bool:
        """Ask all jobs to stop and wait; tell whether they and the ticks did within ``seconds``.

        A tick still holds a connection; one that has just claimed a job starts it first, so that
        it is given back. The scheduler's own waiting would lock out what it waits for.
        """
        with self._changed:
            self._is_stopping = True
            for execution in self._running.values():
                execution.stop(StopReason.SHUTDOWN)
            is_clean = self._changed.wait_for(self._is_idle, timeout=seconds)
        self._scheduler.shutdown(wait=False)
        return is_clean

    def _every(self, seconds: int, tick: Callable[[], None], *, is_at_once: bool = False) -> None:
        first = {"next_run_time": self._clock()} if is_at_once else {}
        self._scheduler.add_job(
            self._guard, "interval", seconds=seconds, args=[tick], id=tick.__name__, **first
        )

    def _is_idle(self) -> bool:
        return not self._running and not self._ticking

    def _guard(self, tick: Callable[[], None]) -> None:
        with self._changed:
            if self._is_stopping:
                return
            self._ticking += 1
        try:
            with self._app.app_context():
                tick()
        except DatabaseError as error:
            _LOG.error("%s: the database failed: %s", tick.__name__.strip("_"), error.orig)
        finally:
            with self._changed:
                self._ticking -= 1
                self._changed.notify_all()

    def _poll(self) -> None:
        with self._changed:
            mine = tuple(self._running)
        self._engine.reap(mine=mine)
        while self._has_room():
            job = self._engine.claim()
            if job is None:
                return
            execution = Execution(self._app, self._engine, self._clock, job)
            with self._changed:
                self._running[job.id] = execution
                if self._is_stopping:
                    execution.stop(StopReason.SHUTDOWN)
            self._scheduler.add_job(
                self._carry_out, args=[execution], executor="jobs", id=f"job-{job.id}"
            )

    def _has_room(self) -> bool:
        with self._changed:
            return not self._is_stopping and len(self._running) < self._limit

    def _carry_out(self, execution: Execution) -> None:
        try:
            execution.run(self._handlers)
        finally:
            with self._changed:
                del self._running[execution.job.id]
                self._changed.notify_all()

    def _tick(self) -> None:
        job_clock.tick(self._clock)
        job_clock.queue_agents(self._clock)

    def _purge(self) -> None:
        job_clock.queue_purge(self._clock, self._zone)
        job_clock.queue_inbox(self._clock, self._zone)
        job_clock.queue_alerts(self._clock, self._zone)
        job_clock.queue_software(self._clock, self._zone)
        if self._is_support_asked:
            job_clock.queue_online_support(self._clock)
        job_clock.queue_cover(self._clock, self._zone)
        job_clock.queue_positions(self._clock, self._zone)
        job_clock.queue_incident_reports(self._clock)

    def _mail(self) -> None:
        if self._has_mail_server:
            job_clock.queue_mail(self._clock)

    def _watch(self) -> None:
        if self._watched.watched_folder:
            job_clock.queue_watch(self._clock, self._watched.watched_minutes)


def run_worker(app: Flask, parent: int | None = None) -> None:
    """Be a worker until SIGTERM, SIGINT or the end of process ``parent``.

    A job that does not stop within ten seconds is left: the process ends, and whoever starts next
    takes the job up again.

    Raises:
        StartError: the tables are not of the code's age.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with app.app_context():
        check_schema()
        db.session.remove()
    asked_to_stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    worker = Worker(app, TableEngine(worker_name(), now), now, HANDLERS)
    worker.start()
    _LOG.info("worker %s is ready", worker_name())
    while not asked_to_stop.wait(1.0):
        if parent is not None and os.getppid() != parent:
            _LOG.warning("the server has gone: the worker stops")
            break
    if not worker.stop():
        _LOG.warning("a job did not stop in time; it will be taken up again at the next start")
        os._exit(0)
