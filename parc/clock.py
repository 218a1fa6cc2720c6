"""The only place that asks what time it is; whatever needs the time is handed a ``Clock``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the present moment in UTC, with its zone."""
    return datetime.now(UTC)
