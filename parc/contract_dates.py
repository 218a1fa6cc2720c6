"""When the terms of a contract end, and until when notice can be given; pure.

Terms are counted in months from the first day of the contract, never from the term before, so that
short months do not shift what follows. Where a month has not the day, a term ends on its last day
(French code of civil procedure, article 641); a notice counted back from there is due earlier
rather than later.
"""

from __future__ import annotations

import calendar
import enum
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MOST_TERMS: Final = 1_200
MOST_MONTHS: Final = 1_200
SOON_DAYS: Final = 90
_ONE_DAY: Final = timedelta(days=1)
_YEAR: Final = 12


class Renewal(enum.StrEnum):
    """What happens at the end of a term (French: reconduction)."""

    TACIT = "tacit"
    EXPRESS = "express"
    NONE = "none"


class NoticeUnit(enum.StrEnum):
    """In what a notice period is counted."""

    MONTHS = "months"
    DAYS = "days"


class ContractState(enum.StrEnum):
    """How a contract stands on a day; computed, never stored."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    NOTICE_DUE = "notice_due"
    RENEWING = "renewing"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Notice:
    """How long before the end of a term notice must be given."""

    count: int
    unit: NoticeUnit = NoticeUnit.MONTHS


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides how a contract stands: its present term, and what was decided about it."""

    starts_on: date
    ends_on: date
    notice_by: date | None
    renewal: Renewal
    is_noticed: bool


def add_months(day: date, months: int) -> date:
    """Give the same day some months later or earlier; the last of a month that has it not."""
    number = day.year * _YEAR + day.month - 1 + months
    year, month = divmod(number, _YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def end_after(starts_on: date, months: int) -> date:
    """Give the last day of a time of so many whole months that begins on ``starts_on``."""
    same = add_months(starts_on, months)
    return same if same.day != starts_on.day else same - _ONE_DAY


def notice_deadline(ends_on: date, notice: Notice) -> date:
    """Give the last day on which notice can be given for a term that ends on ``ends_on``."""
    after = ends_on + _ONE_DAY
    if notice.unit is NoticeUnit.DAYS:
        return after - timedelta(days=notice.count) - _ONE_DAY
    return add_months(after, -notice.count) - _ONE_DAY


def terms_missing(
    starts_on: date, months_so_far: int, renewal_months: int, until: date
) -> list[int]:
    """Give the lengths of the terms to add so that ``until`` lies in one, the last included.

    Args:
        months_so_far: of all terms that there are.
    """
    lengths: list[int] = []
    if renewal_months < 1:
        return lengths
    months = months_so_far
    while end_after(starts_on, months) < until and len(lengths) < MOST_TERMS:
        months += renewal_months
        lengths.append(renewal_months)
    return lengths


def terms_ahead(
    starts_on: date, months_so_far: int, renewal_months: int, until: date
) -> list[tuple[date, date]]:
    """Give first and last day of the terms that time alone will add, up to the one on ``until``."""
    ahead = []
    months = months_so_far
    for length in terms_missing(starts_on, months_so_far, renewal_months, until):
        begin = end_after(starts_on, months) + _ONE_DAY
        months += length
        ahead.append((begin, end_after(starts_on, months)))
    return ahead


def state_on(standing: Standing, day: date) -> ContractState:
    """Say how a contract stands on a day.

    Its present term ends by itself where nothing renews it; a tacit renewal of which the day of
    notice is past cannot be stopped any more.
    """
    if day < standing.starts_on:
        return ContractState.UPCOMING
    if day > standing.ends_on:
        return ContractState.ENDED
    if standing.is_noticed:
        return ContractState.ENDING
    soon = day + timedelta(days=SOON_DAYS)
    if standing.renewal is Renewal.NONE or standing.notice_by is None:
        return ContractState.ENDING if standing.ends_on <= soon else ContractState.RUNNING
    if day > standing.notice_by:
        is_tacit = standing.renewal is Renewal.TACIT
        return ContractState.RENEWING if is_tacit else ContractState.ENDING
    return ContractState.NOTICE_DUE if standing.notice_by <= soon else ContractState.RUNNING
