"""How often one address may ask, counted in the memory of this process; several share nothing.

A bucket fills up with time, so that a fleet that reports within its hours is never refused, and
one that hammers is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MOST_ADDRESSES: Final = 20_000
_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Pace:
    """Buckets by address; the ones that were used longest ago are forgotten first."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def takes(self, address: str, a_minute: int, now: datetime, cost: float = 1.0) -> bool:
        """Tell whether the address may ask once more, and count it.

        Args:
            a_minute: how many requests of cost 1 it may send in a minute.
        """
        with self._lock:
            bucket = self._buckets.pop(address, None) or _Bucket(a_minute, now)
            passed = max((now - bucket.at).total_seconds(), 0.0)
            bucket.left = min(a_minute, bucket.left + passed * a_minute / _SECONDS)
            bucket.at = now
            is_allowed = bucket.left >= cost
            if is_allowed:
                bucket.left -= cost
            self._buckets[address] = bucket
            while len(self._buckets) > _MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        return is_allowed
