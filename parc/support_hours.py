"""When a supplier can be called: hours of the week, of Saturdays, of Sundays and holidays; pure.

The holidays are the eleven of France (labour code, article L3133-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SATURDAY: Final = 5
_SUNDAY: Final = 6
_DAYS_LOOKED_AHEAD: Final = 15
_FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
# Days after Easter Sunday: Monday, Ascension, Whit Monday.
_MOVING: Final = (1, 39, 50)

Hours = tuple[time, time] | None


@dataclass(frozen=True, slots=True)
class SupportHours:
    """Hours of each kind of day in a zone; None: nobody is there; equal ends: around the clock."""

    week: Hours
    saturday: Hours
    sunday: Hours
    time_zone: str

    @property
    def is_known(self) -> bool:
        """Tell whether any hours were given."""
        return bool(self.week or self.saturday or self.sunday)

    def of(self, day: date) -> Hours:
        """Give the hours of a day."""
        if day.weekday() == _SUNDAY or is_holiday(day):
            return self.sunday
        return self.saturday if day.weekday() == _SATURDAY else self.week

    def is_open(self, moment: datetime) -> bool:
        """Tell whether somebody answers at a moment."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        for day in (local.date() - timedelta(days=1), local.date()):
            span = self._span(day)
            if span is not None and span[0] <= moment < span[1]:
                return True
        return False

    def opens_at(self, moment: datetime) -> datetime | None:
        """Give when somebody answers next, the moment itself if now; None: not in two weeks."""
        if self.is_open(moment):
            return moment
        first = moment.astimezone(ZoneInfo(self.time_zone)).date()
        for ahead in range(_DAYS_LOOKED_AHEAD):
            span = self._span(first + timedelta(days=ahead))
            if span is not None and span[0] > moment:
                return span[0]
        return None

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        hours = self.of(day)
        if hours is None:
            return None
        zone = ZoneInfo(self.time_zone)
        opens, closes = hours
        last = day if opens < closes else day + timedelta(days=1)
        begin = datetime.combine(day, opens, zone)
        return begin.astimezone(UTC), datetime.combine(last, closes, zone).astimezone(UTC)


def is_holiday(day: date) -> bool:
    """Tell whether a day is a public holiday in France."""
    if (day.month, day.day) in _FIXED:
        return True
    return (day - easter(day.year)).days in _MOVING


def easter(year: int) -> date:
    """Give Easter Sunday of a year (Source: the anonymous Gregorian algorithm, Nature 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)
