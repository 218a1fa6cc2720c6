"""The life of an incident: which state may follow which; anything else is refused.

A draft is what a rule has seen; a person makes it an incident or dismisses it. Resolved and closed
ones are opened again: as new while nobody has them, else in progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parc.models import IncidentState

_S = IncidentState
TRANSITIONS: Final[Mapping[IncidentState, tuple[IncidentState, ...]]] = {
    _S.DRAFT: (_S.NEW, _S.DISMISSED),
    _S.NEW: (_S.IN_PROGRESS, _S.PLANNED, _S.WAITING, _S.RESOLVED),
    _S.PLANNED: (_S.IN_PROGRESS, _S.PLANNED, _S.WAITING, _S.RESOLVED),
    _S.IN_PROGRESS: (_S.PLANNED, _S.WAITING, _S.RESOLVED),
    _S.WAITING: (_S.IN_PROGRESS, _S.PLANNED, _S.WAITING, _S.RESOLVED),
    _S.RESOLVED: (_S.CLOSED, _S.IN_PROGRESS, _S.NEW),
    _S.CLOSED: (_S.IN_PROGRESS, _S.NEW),
    _S.DISMISSED: (),
}
# Somebody has to do something.
OPEN: Final = frozenset({_S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING})


def may_follow(before: IncidentState, after: IncidentState) -> bool:
    """Tell whether a state may follow another."""
    return after in TRANSITIONS[before]
