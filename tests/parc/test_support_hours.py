"""Tests of the hours in which somebody answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from parc.support_hours import SupportHours, easter, is_holiday

OFFICE = SupportHours((time(8), time(18)), None, None, "Europe/Paris")
NIGHT = SupportHours((time(20), time(6)), None, (time(0), time(0)), "Europe/Paris")
NEVER = SupportHours(None, None, None, "Europe/Paris")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2038, "2038-04-25")],
)
def test_easter(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(day)


def test_year_2026_has_the_eleven_holidays() -> None:
    days = [
        date.fromordinal(n)
        for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())
    ]
    assert [f"{day:%m-%d}" for day in days if is_holiday(day)] == [
        "01-01", "04-06", "05-01", "05-08", "05-14", "05-25",
        "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        (OFFICE, "2026-11-23T07:00", True),  # Monday 8:00 in Paris
        (OFFICE, "2026-11-23T06:59", False),
        (OFFICE, "2026-11-23T17:00", False),  # 18:00
        (OFFICE, "2026-07-20T06:00", True),  # summer time
        (OFFICE, "2026-11-21T10:00", False),  # Saturday
        (OFFICE, "2026-11-11T10:00", False),  # a holiday
        (NIGHT, "2026-11-24T02:00", True),  # Tuesday 3:00: Monday's night
        (NIGHT, "2026-11-24T11:00", False),
        (NIGHT, "2026-11-22T11:00", True),  # Sunday around the clock
        (NIGHT, "2026-11-11T11:00", True),
        (NEVER, "2026-11-23T10:00", False),
    ],
)
def test_somebody_answers(hours: SupportHours, moment: str, is_open: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert hours.is_open(_at(moment)) is is_open


def test_answers_again_after_the_weekend() -> None:
    assert OFFICE.opens_at(_at("2026-11-20T20:00")) == _at("2026-11-23T07:00")
    assert OFFICE.opens_at(_at("2026-11-23T10:00")) == _at("2026-11-23T10:00")
    assert NEVER.opens_at(_at("2026-11-23T10:00")) is None
    assert OFFICE.is_known
    assert not NEVER.is_known
