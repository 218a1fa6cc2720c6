"""Tests of due ranges: one run a slot however many clocks, one after a pause, none at night."""

from __future__ import annotations

import threading
from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, transaction
from parc.models import AddressRange, Run, RunState, RunTrigger, ScheduleKind
from parc.services.slots import take_due_slots
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import make_range

HOURLY = {"schedule_kind": ScheduleKind.INTERVAL, "schedule": "60"}


def _tick(clock: SteppingClock) -> list[Run]:
    with transaction() as session:
        return take_due_slots(session, clock())


def _due(range_id: int) -> object:
    db.session.expire_all()
    return db.session.get_one(AddressRange, range_id).next_due_at


def _make(**values: object) -> int:
    with transaction() as session:
        return make_range(session, **{**HOURLY, **values}).id


def _end_runs() -> None:
    with transaction() as session:
        session.execute(sa.text("UPDATE job_run SET state = 'done'"))
        session.execute(sa.update(Run).values(state=RunState.DONE))


@pytest.mark.usefixtures("app")
def test_new_range_gets_its_first_moment_then_runs(clock: SteppingClock) -> None:
    range_id = _make()
    assert _tick(clock) == []
    assert _due(range_id) == SOME_MOMENT
    (run,) = _tick(clock)
    assert run.trigger is RunTrigger.SCHEDULE
    assert _due(range_id) == SOME_MOMENT + timedelta(hours=1)
    assert _tick(clock) == []


@pytest.mark.usefixtures("sqlite_app")
def test_missed_slots_become_one_run_that_says_so(clock: SteppingClock) -> None:
    range_id = _make(next_due_at=SOME_MOMENT)
    clock.step(days=3, minutes=7)
    (run,) = _tick(clock)
    assert run.trigger is RunTrigger.CATCH_UP
    assert _due(range_id) == SOME_MOMENT + timedelta(days=3, hours=1)
    _end_runs()
    assert _tick(clock) == []


@pytest.mark.usefixtures("sqlite_app")
def test_slot_of_a_range_that_is_still_being_swept_is_skipped(clock: SteppingClock) -> None:
    range_id = _make(next_due_at=SOME_MOMENT)
    assert len(_tick(clock)) == 1
    clock.step(hours=1)
    assert _tick(clock) == []
    assert _due(range_id) == SOME_MOMENT + timedelta(hours=2)
    _end_runs()
    clock.step(hours=1)
    assert len(_tick(clock)) == 1


@pytest.mark.usefixtures("sqlite_app")
def test_missed_slot_waits_for_its_window_to_open(clock: SteppingClock) -> None:
    # The moment of these tests is 10:30 in Paris; the window opens at 22:00 there.
    range_id = _make(
        next_due_at=SOME_MOMENT - timedelta(hours=8),
        window_start=time(22),
        window_end=time(6),
    )
    assert _tick(clock) == []
    assert _due(range_id) == SOME_MOMENT.replace(hour=21, minute=0)
    clock.step(hours=11, minutes=30)
    assert len(_tick(clock)) == 1


@pytest.mark.usefixtures("sqlite_app")
def test_disabled_range_and_range_without_schedule_never_run(clock: SteppingClock) -> None:
    _make(next_due_at=SOME_MOMENT, is_enabled=False)
    _make(next_due_at=SOME_MOMENT, schedule_kind=ScheduleKind.NONE, schedule="")
    assert _tick(clock) == []


@pytest.mark.usefixtures("sqlite_app")
def test_schedule_that_cannot_be_followed_stops_no_other_range(
    clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = _make(name="wrong", schedule="often", next_due_at=SOME_MOMENT)
    _make(name="right", next_due_at=SOME_MOMENT)
    assert [run.range_name for run in _tick(clock)] == ["right"]
    assert _due(wrong) == SOME_MOMENT + timedelta(days=1)
    assert "wrong" in caplog.text


def test_several_clocks_give_one_run_a_slot(app: Flask, clock: SteppingClock) -> None:
    for _ in range(5):
        _make(next_due_at=SOME_MOMENT)
    barrier = threading.Barrier(3)
    given: list[int] = []

    def tick() -> None:
        with app.app_context():
            barrier.wait()
            given.append(len(_tick(clock)))

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given) == 5
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Run)) == 5
