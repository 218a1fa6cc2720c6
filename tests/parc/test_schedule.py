"""Tests of when a range is due: zones, clock changes, windows, cron's own habits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from parc.models import ScheduleKind
from parc.schedule import (
    ScheduleError,
    check_schedule,
    first_due,
    into_window,
    next_due,
    next_five,
)

PARIS = ZoneInfo("Europe/Paris")


@dataclass(slots=True)
class Plan:
    """The least that has a schedule."""

    schedule: str = ""
    schedule_kind: ScheduleKind = ScheduleKind.CRON
    time_zone: str = "Europe/Paris"
    window_start: time | None = None
    window_end: time | None = None
    next_due_at: datetime | None = None


def _paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


def _slots(plan: Plan, start: datetime, count: int) -> list[str]:
    """Give the next slots as local time with its offset."""
    shown = []
    moment: datetime | None = start
    for _ in range(count):
        assert moment is not None
        moment = next_due(plan, moment)
        assert moment is not None
        assert moment.tzinfo is UTC
        shown.append(moment.astimezone(PARIS).isoformat(timespec="minutes"))
    return shown


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        # Clocks go back on 31 October 2027 at 03:00 CEST: 02:30 happens twice.
        (
            "30 2 * * *",
            "2027-10-30T12:00",
            ["2027-10-31T02:30+02:00", "2027-11-01T02:30+01:00"],
        ),
        (
            "*/30 * * * *",
            "2027-10-31T01:45",
            [
                "2027-10-31T02:00+02:00",
                "2027-10-31T02:30+02:00",
                "2027-10-31T02:00+01:00",
                "2027-10-31T02:30+01:00",
                "2027-10-31T03:00+01:00",
            ],
        ),
        (
            "0,30 2,3 * * *",
            "2027-10-31T01:45",
            [
                "2027-10-31T02:00+02:00",
                "2027-10-31T02:30+02:00",
                "2027-10-31T03:00+01:00",
                "2027-10-31T03:30+01:00",
            ],
        ),
        # Clocks go forward on 28 March 2027 at 02:00 CET: 02:30 does not exist.
        (
            "30 2 * * *",
            "2027-03-27T12:00",
            ["2027-03-28T03:30+02:00", "2027-03-29T02:30+02:00"],
        ),
        (
            "30 2,3 * * *",
            "2027-03-28T00:00",
            ["2027-03-28T03:30+02:00", "2027-03-29T02:30+02:00", "2027-03-29T03:30+02:00"],
        ),
        (
            "*/30 * * * *",
            "2027-03-28T01:15",
            ["2027-03-28T01:30+01:00", "2027-03-28T03:00+02:00", "2027-03-28T03:30+02:00"],
        ),
        ("0 4 * * *", "2027-03-27T12:00", ["2027-03-28T04:00+02:00", "2027-03-29T04:00+02:00"]),
    ],
)
def test_cron_follows_the_wall_clock_through_its_changes(
    cron: str, start: str, expected: list[str]
) -> None:
    assert _slots(Plan(cron), _paris(start), len(expected)) == expected


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        ("0", {6}),
        ("7", {6}),
        ("sun", {6}),
        ("1-5", {0, 1, 2, 3, 4}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("5-7", {4, 5, 6}),
        ("0-2", {6, 0, 1}),
        ("*/3", {6, 2, 5}),
        ("1,3", {0, 2}),
    ],
)
def test_cron_counts_weekdays_from_sunday(weekdays: str, expected: set[int]) -> None:
    plan = Plan(f"0 12 * * {weekdays}")
    start = _paris("2026-11-23T00:00")
    seen = {datetime.fromisoformat(slot).weekday() for slot in _slots(plan, start, 14)}
    assert seen == expected


def test_cron_takes_either_the_day_of_the_month_or_that_of_the_week() -> None:
    slots = _slots(Plan("0 12 13 * fri"), _paris("2026-11-01T00:00"), 3)
    assert slots == ["2026-11-06T12:00+01:00", "2026-11-13T12:00+01:00", "2026-11-20T12:00+01:00"]
    first = _slots(Plan("0 12 2 * fri"), _paris("2026-11-01T00:00"), 1)
    assert first == ["2026-11-02T12:00+01:00"]


def test_cron_finds_the_next_leap_day() -> None:
    assert _slots(Plan("0 5 29 2 *"), _paris("2026-11-01T00:00"), 1) == ["2028-02-29T05:00+01:00"]


@pytest.mark.parametrize(
    ("kind", "text", "zone", "reason"),
    [
        (ScheduleKind.CRON, "0 12 * *", "Europe/Paris", "five fields"),
        (ScheduleKind.CRON, "61 * * * *", "Europe/Paris", "61"),
        (ScheduleKind.CRON, "x * * * *", "Europe/Paris", "x"),
        (ScheduleKind.CRON, "0 12 * * 8", "Europe/Paris", "weekday"),
        (ScheduleKind.CRON, "0 12 * * 5-1", "Europe/Paris", "5-1"),
        (ScheduleKind.CRON, "0 12 * * */0", "Europe/Paris", "weekday"),
        (ScheduleKind.CRON, "0 12 31 2 *", "Europe/Paris", "no such day"),
        (ScheduleKind.CRON, "0 12 * * *", "Europe/Pari", "no time zone"),
        (ScheduleKind.CRON, "0 12 * * *", "../etc/passwd", "no time zone"),
        (ScheduleKind.INTERVAL, "0", "Europe/Paris", "minutes"),
        (ScheduleKind.INTERVAL, "-5", "Europe/Paris", "minutes"),
        (ScheduleKind.INTERVAL, "ten", "Europe/Paris", "minutes"),
        (ScheduleKind.INTERVAL, "525601", "Europe/Paris", "minutes"),
    ],
)
def test_schedule_that_cannot_be_followed_says_why(
    kind: ScheduleKind, text: str, zone: str, reason: str
) -> None:
    with pytest.raises(ScheduleError, match=reason):
        check_schedule(kind, text, zone)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ScheduleKind.NONE, ""),
        (ScheduleKind.INTERVAL, "15"),
        (ScheduleKind.CRON, "0 4 * * *"),
        (ScheduleKind.CRON, "0 5 29 2 *"),
    ],
)
def test_schedule_that_can_be_followed_passes(kind: ScheduleKind, text: str) -> None:
    check_schedule(kind, text, "Europe/Paris")


def test_interval_counts_on_from_its_slot_and_does_not_drift() -> None:
    slot = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    plan = Plan("15", ScheduleKind.INTERVAL, next_due_at=slot)
    assert next_due(plan, slot + timedelta(seconds=7)) == slot + timedelta(minutes=15)


def test_interval_after_a_long_pause_gives_one_slot_in_the_future() -> None:
    slot = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    plan = Plan("15", ScheduleKind.INTERVAL, next_due_at=slot)
    assert next_due(plan, slot + timedelta(days=3, minutes=1)) == slot + timedelta(
        days=3, minutes=15
    )


def test_new_interval_starts_at_once_and_a_new_cron_at_its_time() -> None:
    now = datetime(2026, 11, 23, 9, 7, tzinfo=UTC)
    assert first_due(Plan("60", ScheduleKind.INTERVAL), now) == now
    assert first_due(Plan("0 12 * * *"), now) == _paris("2026-11-23T12:00")
    assert first_due(Plan("", ScheduleKind.NONE), now) is None


@pytest.mark.parametrize(
    ("start", "end", "moment", "expected"),
    [
        (None, None, "2026-11-23T10:00", "2026-11-23T10:00"),
        (time(8), time(8), "2026-11-23T10:00", "2026-11-23T10:00"),
        (time(8), time(12), "2026-11-23T10:00", "2026-11-23T10:00"),
        (time(8), time(12), "2026-11-23T07:59", "2026-11-23T08:00"),
        (time(8), time(12), "2026-11-23T12:00", "2026-11-24T08:00"),
        (time(22), time(6), "2026-11-23T23:00", "2026-11-23T23:00"),
        (time(22), time(6), "2026-11-23T05:59", "2026-11-23T05:59"),
        (time(22), time(6), "2026-11-23T06:00", "2026-11-23T22:00"),
        (time(22), time(6), "2026-11-23T12:00", "2026-11-23T22:00"),
        (time(2, 30), time(5), "2027-03-28T00:00", "2027-03-28T03:30"),
    ],
)
def test_slot_outside_its_window_waits_for_the_opening(
    start: time | None, end: time | None, moment: str, expected: str
) -> None:
    plan = Plan("0 * * * *", window_start=start, window_end=end)
    assert into_window(plan, _paris(moment).astimezone(UTC)) == _paris(expected).astimezone(UTC)


def test_slots_of_a_closed_window_become_one_at_its_opening() -> None:
    plan = Plan("*/30 * * * *", window_start=time(22), window_end=time(23))
    assert _slots(plan, _paris("2026-11-23T12:00"), 3) == [
        "2026-11-23T22:00+01:00",
        "2026-11-23T22:30+01:00",
        "2026-11-24T22:00+01:00",
    ]


def test_next_five_begin_with_the_slot_that_the_range_stands_at() -> None:
    now = datetime(2026, 11, 23, 9, 7, tzinfo=UTC)
    slot = now + timedelta(minutes=3)
    plan = Plan("60", ScheduleKind.INTERVAL, next_due_at=slot)
    assert next_five(plan, now) == [slot + timedelta(hours=n) for n in range(5)]
    assert len(next_five(Plan("0 4 * * *"), now)) == 5
    assert next_five(Plan("", ScheduleKind.NONE), now) == []
