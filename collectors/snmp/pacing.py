"""How many datagrams leave in a second; time is an argument, so that tests need not wait."""

from __future__ import annotations

_BURST_SECONDS = 0.01


class Pacer:
    """Spreads events evenly, with a burst of a hundredth of a second's worth.

    Args:
        per_second: events a second.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1.0 / per_second
        self._burst = max(_BURST_SECONDS, self._interval)
        self._next = 0.0

    def reserve(self, now: float) -> float:
        """Take the next place; give the seconds from ``now`` after which it is due."""
        place = max(self._next, now - self._burst)
        self._next = place + self._interval
        return max(0.0, place - now)
