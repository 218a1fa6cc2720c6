"""What comes first: the priority that impact and urgency make together; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parc.models import Level, Priority

_LEVELS: Final = tuple(Level)
# A row an impact, a column an urgency, each from very low to very high.
_MATRIX: Final[Mapping[Level, tuple[Priority, ...]]] = {
    Level.VERY_LOW: (
        Priority.VERY_LOW,
        Priority.VERY_LOW,
        Priority.LOW,
        Priority.LOW,
        Priority.MEDIUM,
    ),
    Level.LOW: (
        Priority.VERY_LOW,
        Priority.LOW,
        Priority.LOW,
        Priority.MEDIUM,
        Priority.MEDIUM,
    ),
    Level.MEDIUM: (
        Priority.LOW,
        Priority.LOW,
        Priority.MEDIUM,
        Priority.HIGH,
        Priority.HIGH,
    ),
    Level.HIGH: (
        Priority.LOW,
        Priority.MEDIUM,
        Priority.HIGH,
        Priority.HIGH,
        Priority.VERY_HIGH,
    ),
    Level.VERY_HIGH: (
        Priority.MEDIUM,
        Priority.MEDIUM,
        Priority.HIGH,
        Priority.VERY_HIGH,
        Priority.MAJOR,
    ),
}
_ORDER: Final = tuple(reversed(Priority))


def priority_of(impact: Level, urgency: Level) -> Priority:
    """Give the priority of an impact and an urgency."""
    return _MATRIX[impact][_LEVELS.index(urgency)]


def rank_of(priority: Priority) -> int:
    """Give the place of a priority in a list: 1 is major, 6 very low."""
    return _ORDER.index(priority) + 1
