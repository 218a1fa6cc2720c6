"""Dates, durations and numbers in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from parc.web import formats
from tests.conftest import SOME_MOMENT, SteppingClock

THIN = "\u202f"


@pytest.mark.parametrize(
    ("write", "value", "french", "english"),
    [
        (
            formats.format_moment,
            datetime(2026, 11, 22, 13, 17, tzinfo=UTC),
            "22/11/2026 14:17",
            "22 Nov 2026 14:17",
        ),
        (
            formats.format_moment,
            datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
            "02/07/2026 00:30",
            "2 Jul 2026 00:30",
        ),
        (formats.format_day, datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "02/07/2026", "2 Jul 2026"),
        (formats.format_ago, SOME_MOMENT - timedelta(hours=3), "il y a 3 heures", "3 hours ago"),
        (formats.format_ago, SOME_MOMENT + timedelta(days=2), "dans 2 jours", "in 2 days"),
        (formats.format_ago, SOME_MOMENT, "il y a 1 seconde", "1 second ago"),
        (formats.format_number, 1234567, f"1{THIN}234{THIN}567", "1,234,567"),
        (formats.format_number, 0.5, "0,5", "0.5"),
        (formats.format_octets, 1536, f"1,5{THIN}Kio", f"1.5{THIN}KiB"),
        (formats.format_octets, 12, f"12{THIN}o", f"12{THIN}B"),
        (formats.format_seconds, 0.44, f"0,4{THIN}s", f"0.4{THIN}s"),
        (formats.format_seconds, 185, f"3{THIN}min 05{THIN}s", f"3{THIN}min 05{THIN}s"),
        (formats.format_seconds, 7800, f"2{THIN}h 10{THIN}min", f"2{THIN}h 10{THIN}min"),
    ],
)
def test_value_is_written_as_its_reader_writes_it(
    sqlite_app: Flask,
    clock: SteppingClock,
    write: Callable[[object], str],
    value: object,
    french: str,
    english: str,
) -> None:
    sqlite_app.extensions["parc_clock"] = clock
    texts = []
    for language in ("fr", "en"):
        with (
            sqlite_app.app_context(),
            sqlite_app.test_request_context(headers={"Accept-Language": language}),
        ):
            texts.append(write(value))
    assert texts == [french, english]
