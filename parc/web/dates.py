"""Days that forms send, read where the reader is."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from parc.errors import FieldProblem, InvalidInputError
from parc.web.context import settings


def read_day(field: str, text: str, at: time = time.max) -> datetime | None:
    """Read a day, as its end unless ``at`` says otherwise, where the reader is; None for nothing.

    Raises:
        InvalidInputError: it is no date; ``field`` is the one that is named.
    """
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a date
        zone = ZoneInfo(settings().interface.time_zone)
        return datetime.combine(day, at, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError([FieldProblem(field, "not_valid", text[:40])]) from error


def read_minute(field: str, text: str) -> datetime | None:
    """Read a day with its time, as ``datetime-local`` sends it, where the reader is.

    Raises:
        InvalidInputError: it is none; ``field`` is the one that is named.
    """
    if not text:
        return None
    try:
        local = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 -- zone follows
        return local.replace(tzinfo=ZoneInfo(settings().interface.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError([FieldProblem(field, "not_valid", text[:40])]) from error
