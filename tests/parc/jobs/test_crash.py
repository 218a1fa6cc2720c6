"""Tests of real worker processes that are killed, or asked to stop, in the middle of a run."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    Device,
    Interface,
    JobRun,
    JobState,
    Run,
    RunState,
    RunTarget,
    RunTrigger,
)
from parc.services import runs
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON
from tests.parc.jobs.small_network import (
    DEVICE_COUNT,
    free_udp_port,
    prepare_range,
    start_worker,
    switches,
    wait_until,
)

pytestmark = pytest.mark.long
# A worker that dies in the transaction of an apply, at the first statement that begins so.
_DYING_WORKER = """\
import os, signal, sys
from sqlalchemy import Engine, event
from parc.app import create_app
from parc.jobs.worker import run_worker

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, parameters, context, executemany):
    if statement.startswith(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

run_worker(create_app(has_pages=False))
"""


@contextmanager
def _worker(settings: Settings, tmp_path: Path, *program: str) -> Iterator[subprocess.Popen[bytes]]:
    process = start_worker(settings, tmp_path / "worker.log", *program)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _request(range_id: int) -> int:
    with transaction() as session:
        return runs.request_run(
            session,
            SOME_PERSON,
            range_id=range_id,
            trigger=RunTrigger.PERSON,
            now=SOME_MOMENT,
        ).id


def _count(model: type[Device | Asset | Interface | RunTarget]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def _states() -> list[RunState]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Run.state).order_by(Run.id)))


def _sweep_jobs() -> set[JobState]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(JobRun.state).where(JobRun.kind == runs.SWEEP)))


def _is_last(state: RunState) -> Callable[[], bool]:
    return lambda: _states()[-1] is state


def _assert_whole() -> None:
    """Check that nothing is lost, doubled or stuck."""
    wait_until(lambda: _sweep_jobs() == {JobState.DONE})  # a moment after its run
    assert _count(Device) == _count(Asset) == _count(Interface) == DEVICE_COUNT
    assert len(set(db.session.scalars(sa.select(Device.serial_number)))) == DEVICE_COUNT
    assert len(set(db.session.scalars(sa.select(Device.address)))) == DEVICE_COUNT


def _assert_next_run_changes_nothing(range_id: int) -> None:
    run_id = _request(range_id)
    wait_until(_is_last(RunState.DONE))
    run = db.session.get_one(Run, run_id)
    assert (run.collected_count, run.created_count, run.changed_count, run.gone_count) == (
        DEVICE_COUNT,
        0,
        0,
        0,
    )


def test_worker_killed_during_a_sweep_loses_and_doubles_nothing(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    port = free_udp_port()
    range_id = prepare_range(app, port)
    _request(range_id)
    with switches(port, delay_seconds=0.1), _worker(settings, tmp_path) as process:
        wait_until(lambda: _count(RunTarget) > 0)
        process.kill()
        process.wait()
    assert _states() == [RunState.RUNNING]
    with switches(port), _worker(settings, tmp_path) as process:
        wait_until(lambda: _states() == [RunState.INTERRUPTED, RunState.DONE])
        _assert_whole()
        _assert_next_run_changes_nothing(range_id)
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    "statement", ["INSERT INTO device", "INSERT INTO asset", "INSERT INTO audit"]
)
def test_worker_killed_during_apply_loses_and_doubles_nothing(
    app: Flask, settings: Settings, tmp_path: Path, statement: str
) -> None:
    port = free_udp_port()
    range_id = prepare_range(app, port)
    _request(range_id)
    program = tmp_path / "dying.py"
    program.write_text(_DYING_WORKER)
    with switches(port):
        with _worker(settings, tmp_path, str(program), statement) as process:
            assert process.wait(timeout=60) == -signal.SIGKILL
        assert _count(Device) == 0
        assert _count(RunTarget) == DEVICE_COUNT
        with _worker(settings, tmp_path):
            wait_until(lambda: _states() == [RunState.INTERRUPTED, RunState.DONE])
            _assert_whole()
            _assert_next_run_changes_nothing(range_id)


def test_worker_asked_to_stop_gives_its_run_back_within_seconds(
    sqlite_app: Flask, sqlite_settings: Settings, tmp_path: Path
) -> None:
    port = free_udp_port()
    _request(prepare_range(sqlite_app, port))
    with (
        switches(port, delay_seconds=0.2),
        _worker(sqlite_settings, tmp_path) as process,
    ):
        wait_until(lambda: _count(RunTarget) > 0)
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert _states() == [RunState.INTERRUPTED, RunState.QUEUED]
    with switches(port), _worker(sqlite_settings, tmp_path):
        wait_until(_is_last(RunState.DONE))
        _assert_whole()


def test_run_that_a_person_stops_ends_soon(
    sqlite_app: Flask, sqlite_settings: Settings, tmp_path: Path
) -> None:
    port = free_udp_port()
    run_id = _request(prepare_range(sqlite_app, port))
    with switches(port, delay_seconds=0.2), _worker(sqlite_settings, tmp_path):
        wait_until(lambda: _count(RunTarget) > 0)
        with transaction() as session:
            runs.request_stop(session, SOME_PERSON, run_id, SOME_MOMENT)
        wait_until(lambda: _states() == [RunState.CANCELLED], seconds=20)
    wait_until(lambda: _sweep_jobs() == {JobState.CANCELLED})
