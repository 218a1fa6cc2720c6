"""What found a device and what else was considered, as it is kept with the device; pure.

Codes and values, no sentences: pages and commands put them into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from parc.reconcile.identity import Key
from parc.reconcile.matching import Considered, Match
from parc.reconcile.rules import RANKS, RULES, KeyKind, Reason, Strength

# A router's MAC or a clone's serial may point at very many.
_MOST_CONSIDERED: Final = 12
_VALUE_CHARACTERS: Final = 200
_KINDS: Final[Mapping[str, KeyKind]] = {kind.name.lower(): kind for kind in KeyKind}


@dataclass(frozen=True, slots=True)
class FoundBy:
    """One match that changed something.

    Attributes:
        run_id: None when a person let it through, or the run is gone.
        match: as it was then; ``device_id`` is None for the one that created the device.
    """

    at: datetime
    run_id: int | None
    match: Match

    @property
    def strength(self) -> Strength | None:
        """Give the strength of the rule that found the device."""
        key = self.match.key
        return RULES[RANKS[key.kind]].strength if key else None


def to_stored(match: Match, at: datetime, run_id: int | None) -> dict[str, Any]:
    """Give a match as the columns hold it; of very many that were considered only the first."""
    stored: dict[str, Any] = {"at": at.isoformat(timespec="seconds"), "run": run_id}
    if match.key is not None:
        stored["key"] = _key(match.key)
    if match.values:
        stored["values"] = list(match.values)
    if match.considered:
        stored["not"] = [
            [
                one.device_id,
                *_key(one.key),
                one.reason.value,
                [v[:_VALUE_CHARACTERS] for v in one.values],
            ]
            for one in match.considered[:_MOST_CONSIDERED]
        ]
    return stored


def from_stored(stored: Mapping[str, Any] | None, device_id: int | None = None) -> FoundBy | None:
    """Read what ``to_stored`` gave; None for nothing, and for codes of a later version.

    Args:
        device_id: the device that keeps it.
    """
    if not stored:
        return None
    try:
        key = _read_key(*stored["key"]) if "key" in stored else None
        considered = tuple(
            Considered(number, _read_key(kind, value), Reason(reason), tuple(values))
            for number, kind, value, reason, values in stored.get("not", ())
        )
        at = datetime.fromisoformat(stored["at"])
    except (KeyError, ValueError):
        return None
    values = tuple(stored.get("values", ()))
    match = Match(device_id if key else None, key, considered, values)
    return FoundBy(at, stored.get("run"), match)


def _key(key: Key) -> list[str]:
    return [key.kind.name.lower(), key.value[:_VALUE_CHARACTERS]]


def _read_key(kind: str, value: str) -> Key:
    return Key(_KINDS[kind], value)
