"""Table tests of the dates of contracts: month ends, leap years, tacit renewals over years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parc.contract_dates import (
    ContractState,
    Notice,
    NoticeUnit,
    Renewal,
    Standing,
    add_months,
    end_after,
    notice_deadline,
    state_on,
    terms_missing,
)

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def _day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("starts", "months", "ends"),
    [
        ("2026-01-01", 12, "2026-12-31"),
        ("2026-01-15", 1, "2026-02-14"),
        ("2026-03-01", 36, "2029-02-28"),
        ("2024-03-01", 12, "2025-02-28"),
        ("2027-03-01", 12, "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-30"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-10-31", 4, "2027-02-28"),
        ("2026-12-01", 1, "2026-12-31"),
    ],
)
def test_term_ends_on(starts: str, months: int, ends: str) -> None:
    assert end_after(_day(starts), months) == _day(ends)


@pytest.mark.parametrize(
    ("ends", "count", "unit", "last"),
    [
        ("2026-12-31", 3, NoticeUnit.MONTHS, "2026-09-30"),
        ("2026-12-31", 6, NoticeUnit.MONTHS, "2026-06-30"),
        ("2027-02-28", 3, NoticeUnit.MONTHS, "2026-11-30"),
        ("2028-02-29", 1, NoticeUnit.MONTHS, "2028-01-31"),
        ("2026-05-30", 3, NoticeUnit.MONTHS, "2026-02-27"),
        ("2028-05-30", 3, NoticeUnit.MONTHS, "2028-02-28"),
        ("2026-06-14", 2, NoticeUnit.MONTHS, "2026-04-14"),
        ("2026-12-31", 90, NoticeUnit.DAYS, "2026-10-02"),
        ("2028-03-31", 31, NoticeUnit.DAYS, "2028-02-29"),
        ("2026-12-31", 0, NoticeUnit.MONTHS, "2026-12-31"),
        ("2026-12-31", 0, NoticeUnit.DAYS, "2026-12-31"),
    ],
)
def test_last_day_to_give_notice(ends: str, count: int, unit: NoticeUnit, last: str) -> None:
    assert notice_deadline(_day(ends), Notice(count, unit)) == _day(last)


def test_tacit_renewals_over_years_do_not_drift() -> None:
    starts = _day("2024-01-31")
    months = 1
    ends = [end_after(starts, months)]
    for length in terms_missing(starts, months, 1, _day("2025-03-01")):
        months += length
        ends.append(end_after(starts, months))
    assert [day.isoformat() for day in ends[:4]] == [
        "2024-02-29",
        "2024-03-30",
        "2024-04-30",
        "2024-05-30",
    ]
    assert ends[-1] == _day("2025-03-30")
    assert ends[-2] == _day("2025-02-28")


@pytest.mark.parametrize(
    ("so_far", "length", "until", "added"),
    [
        (12, 12, "2020-12-31", 0),
        (12, 12, "2021-01-01", 1),
        (12, 12, "2026-11-23", 6),
        (36, 12, "2026-11-23", 4),
        (12, 0, "2026-11-23", 0),
    ],
)
def test_terms_that_are_missing(so_far: int, length: int, until: str, added: int) -> None:
    assert len(terms_missing(_day("2020-01-01"), so_far, length, _day(until))) == added


@pytest.mark.parametrize(
    ("day", "renewal", "is_noticed", "state"),
    [
        ("2025-12-31", Renewal.TACIT, False, ContractState.UPCOMING),
        ("2026-01-01", Renewal.TACIT, False, ContractState.RUNNING),
        ("2026-07-02", Renewal.TACIT, False, ContractState.NOTICE_DUE),
        ("2026-09-30", Renewal.TACIT, False, ContractState.NOTICE_DUE),
        ("2026-10-01", Renewal.TACIT, False, ContractState.RENEWING),
        ("2026-10-01", Renewal.EXPRESS, False, ContractState.ENDING),
        ("2026-02-01", Renewal.TACIT, True, ContractState.ENDING),
        ("2026-10-01", Renewal.NONE, False, ContractState.RUNNING),
        ("2026-10-02", Renewal.NONE, False, ContractState.ENDING),
        ("2026-12-31", Renewal.NONE, False, ContractState.ENDING),
        ("2027-01-01", Renewal.NONE, False, ContractState.ENDED),
    ],
)
def test_contract_of_2026_with_three_months_of_notice_is(
    day: str,
    renewal: Renewal,
    is_noticed: bool,  # noqa: FBT001 -- a column of the table
    state: ContractState,
) -> None:
    notice = None if renewal is Renewal.NONE else _day("2026-09-30")
    standing = Standing(_day("2026-01-01"), _day("2026-12-31"), notice, renewal, is_noticed)
    assert state_on(standing, _day(day)) is state


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(1, 120), st.integers(1, 60))
def test_terms_follow_each_other_without_gap(starts: date, first: int, second: int) -> None:
    ends = end_after(starts, first)
    later = end_after(starts, first + second)
    assert starts <= ends < later
    assert later <= add_months(ends + timedelta(days=1), second) + timedelta(days=3)


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 36))
def test_notice_on_the_last_day_is_long_enough_before_the_end(ends: date, months: int) -> None:
    last = notice_deadline(ends, Notice(months))
    assert add_months(last + timedelta(days=1), months) <= ends + timedelta(days=1)
