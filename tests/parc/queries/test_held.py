"""How pages per month are told from counts by day."""

from __future__ import annotations

from datetime import date

import pytest

from parc.queries.held import pages_a_month

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("readings", "count", "expected"),
    [
        ({}, 100, None),
        ({date(2026, 11, 25): 50}, 100, None),
        ({date(2026, 11, 20): 100}, 200, 300),
        ({date(2026, 10, 31): 100, date(2026, 11, 20): 300}, 400, 300),
        ({date(2026, 6, 1): 100, date(2026, 9, 1): 150}, 160, 10),
        ({date(2026, 10, 1): 900}, 100, None),
        ({date(2026, 10, 1): 100}, 100, 0),
    ],
)
def test_pages_a_month(readings: dict[date, int], count: int, expected: int | None) -> None:
    assert pages_a_month(readings, count, TODAY) == expected
