"""The pacer, with time as an argument."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp.pacing import Pacer


def test_events_are_spread_evenly_after_the_burst() -> None:
    pacer = Pacer(100)
    waits = [pacer.reserve(50.0) for _ in range(12)]
    assert waits[0] == 0
    assert abs(waits[-1] - 0.10) < 1e-9


def test_time_that_passes_unused_is_not_saved_up() -> None:
    pacer = Pacer(10)
    pacer.reserve(0.0)
    assert [pacer.reserve(1_000.0) for _ in range(4)][-1] > 0.19


@given(
    rate=st.integers(1, 20_000),
    steps=st.lists(st.floats(0, 0.5, allow_nan=False), min_size=1, max_size=60),
)
def test_never_more_than_the_rate_and_its_burst(rate: int, steps: list[float]) -> None:
    pacer, now, places = Pacer(rate), 10.0, []
    for step in steps:
        now += step
        places.append(now + pacer.reserve(now))
    allowed = rate * (places[-1] - places[0]) + rate * 0.01 + 2
    assert len(places) <= allowed + 1e-6
