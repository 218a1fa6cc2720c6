"""When a range is swept next: the arithmetic of schedules, zones and windows; pure.

APScheduler's triggers do the calendar. What they do not do is here:

- Cron's weekdays count from Sunday (0 and 7), APScheduler's from Monday.
- Cron's day of month and day of week, both given, mean either; APScheduler means both.
- When clocks go back, 02:30 happens twice. A schedule of fixed hours fires at the first only; one
  that names no hour (``*/30 * * * *``) fires in both hours. When clocks go forward, a time that
  does not exist fires as the clock that was not yet changed would have it (02:30 at 03:30).
- A slot outside the range's window waits for the window to open.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from parc.models.address_range import ScheduleKind

_TICK = timedelta(microseconds=1)
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MAX_MINUTES = 525_600
_LOOK_AHEAD = timedelta(days=366 * 8 + 2)  # 29 February may be eight years away


class Scheduled(Protocol):
    """What has a schedule; an ``AddressRange``, stored or only typed in, is one."""

    @property
    def schedule_kind(self) -> ScheduleKind:
        """How the next moment is found."""

    @property
    def schedule(self) -> str:
        """Minutes for an interval, five fields for cron."""

    @property
    def time_zone(self) -> str:
        """Name of the zone in which cron and the window are meant."""

    @property
    def window_start(self) -> time | None:
        """Local time; None: any time."""

    @property
    def window_end(self) -> time | None:
        """Local time; may be before the start."""

    @property
    def next_due_at(self) -> datetime | None:
        """The slot that the range stands at."""


class ScheduleError(ValueError):
    """A schedule that cannot be followed; the message says why in one sentence."""


def check_schedule(kind: ScheduleKind, text: str, time_zone: str) -> None:
    """Refuse a schedule that cannot be followed.

    Raises:
        ScheduleError: unknown zone, a number of minutes out of bounds, or a wrong cron field.
    """
    zone = _zone(time_zone)
    if kind is ScheduleKind.INTERVAL:
        _minutes(text)
    elif kind is ScheduleKind.CRON:
        start = datetime(2024, 1, 1, tzinfo=UTC)
        if _next_of_cron(text, zone, start) is None:
            raise ScheduleError("there is no such day")


def next_due(scheduled: Scheduled, after: datetime) -> datetime | None:
    """Give the first moment later than ``after`` at which the range is due, in UTC.

    None without a schedule. An interval counts on from the slot that the range stands at
    (``next_due_at``), so that it does not drift; without one it counts from ``after``.

    Raises:
        ScheduleError: see ``check_schedule``.
    """
    zone = _zone(scheduled.time_zone)
    slot: datetime | None = None
    if scheduled.schedule_kind is ScheduleKind.INTERVAL:
        slot = _next_of_interval(scheduled, after)
    elif scheduled.schedule_kind is ScheduleKind.CRON:
        slot = _next_of_cron(scheduled.schedule, zone, after)
    return None if slot is None else into_window(scheduled, slot)


def first_due(scheduled: Scheduled, now: datetime) -> datetime | None:
    """Give when a range is due that has never been: an interval starts at once.

    Raises:
        ScheduleError: see ``check_schedule``.
    """
    if scheduled.schedule_kind is ScheduleKind.INTERVAL:
        return into_window(scheduled, now)
    return next_due(scheduled, now)


def next_five(scheduled: Scheduled, now: datetime) -> list[datetime]:
    """Give the next five moments at which the range is due, in UTC, for showing.

    Raises:
        ScheduleError: see ``check_schedule``.
    """
    moments: list[datetime] = []
    moment = scheduled.next_due_at
    if moment is None or moment <= now:
        moment = next_due(scheduled, now)
    while moment is not None and len(moments) < 5:  # noqa: PLR2004 -- as the name says
        moments.append(moment)
        moment = next_due(scheduled, moment)
    return moments


def into_window(scheduled: Scheduled, moment: datetime) -> datetime:
    """Give ``moment`` if the range's window is open then, else the window's next opening."""
    start, end = scheduled.window_start, scheduled.window_end
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(_zone(scheduled.time_zone))
    clock = local.time()
    is_open = start <= clock < end if start < end else clock >= start or clock < end
    if is_open:
        return moment
    day = local.date() if clock < start else local.date() + timedelta(days=1)
    return datetime.combine(day, start, tzinfo=local.tzinfo).astimezone(UTC)


def _next_of_interval(scheduled: Scheduled, after: datetime) -> datetime:
    minutes = _minutes(scheduled.schedule)
    anchor = scheduled.next_due_at or after
    trigger = IntervalTrigger(minutes=minutes, start_date=anchor, timezone=UTC)
    later = max(after, anchor) + _TICK
    moment: datetime = trigger.get_next_fire_time(None, later)
    return moment.astimezone(UTC)


def _next_of_cron(text: str, zone: zoneinfo.ZoneInfo, after: datetime) -> datetime | None:
    triggers = _cron_triggers(text, zone)
    names_no_hour = "*" in text.split()[1]
    end = after + _LOOK_AHEAD
    moment: datetime | None = after
    while moment is not None and moment < end:
        found = [_fire(trigger, moment + _TICK, zone) for trigger in triggers]
        moment = min((one for one in found if one is not None), default=None)
        if moment is None or names_no_hour or not _is_repeated(moment, zone):
            return moment
    return None


def _fire(trigger: CronTrigger, after: datetime, zone: zoneinfo.ZoneInfo) -> datetime | None:
    moment: datetime | None = trigger.get_next_fire_time(None, after.astimezone(zone))
    return None if moment is None else moment.astimezone(UTC)


def _is_repeated(moment: datetime, zone: zoneinfo.ZoneInfo) -> bool:
    """Tell whether the wall clock shows this time for the second time."""
    return moment.astimezone(zone).fold == 1


def _cron_triggers(text: str, zone: zoneinfo.ZoneInfo) -> list[CronTrigger]:
    """Give the triggers of which any may fire: two when days of month and of week are given."""
    words = text.split()
    if len(words) != len(_FIELDS):
        raise ScheduleError("a cron schedule has five fields: minute hour day month weekday")
    values = dict(zip(_FIELDS, words, strict=True))
    values["day_of_week"] = _weekdays(values["day_of_week"])
    choices = [values]
    if values["day"] != "*" and values["day_of_week"] != "*":
        choices = [{**values, "day": "*"}, {**values, "day_of_week": "*"}]
    try:
        return [CronTrigger(timezone=zone, **choice) for choice in choices]
    except (ValueError, TypeError) as error:
        raise ScheduleError(str(error)) from error


def _weekdays(text: str) -> str:
    """Spell cron's weekdays out by name: ``1-5`` and ``mon-fri`` are ``mon,tue,wed,thu,fri``."""
    if text == "*":
        return text
    days: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = "0", "6"
        low = _weekday(first)
        high = _weekday(last) if last else low
        if (step and (not step.isdecimal() or int(step) == 0)) or high < low:
            raise ScheduleError(f"{part!r} is no weekday, list or span of them")
        days.update(day % 7 for day in range(low, high + 1, int(step or 1)))
    return ",".join(_WEEKDAYS[day] for day in sorted(days))


def _weekday(word: str) -> int:
    if word in _WEEKDAYS:
        return _WEEKDAYS.index(word)
    if word.isdecimal() and int(word) <= len(_WEEKDAYS):
        return int(word)
    raise ScheduleError(f"{word!r} is no weekday: 0 to 7 or sun to sat")


def _minutes(text: str) -> int:
    word = text.strip()
    if not word.isdecimal() or not 1 <= int(word) <= _MAX_MINUTES:
        raise ScheduleError(f"an interval is 1 to {_MAX_MINUTES} minutes")
    return int(word)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(f"{name!r} is no time zone") from error
