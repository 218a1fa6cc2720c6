"""Who spoke through one record: its evidence grouped by what the speaker showed of itself; pure.

When two machines were taken for one, each shows its own serial number, engine id or MAC from one
sight to the next: their sights form two voices, of which a person sends one away.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.observation import Observation
from parc.reconcile.identity import Traits
from parc.reconcile.ignored import NOTHING, Ignored
from parc.reconcile.seen import fold_one

_TOKEN_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Sight:
    """What one address said in one run, and what others told of it.

    Attributes:
        number: the id of the first observation that it was read from.
        ids: of the stored observations that are its own.
    """

    run_id: int | None
    number: int
    ids: tuple[int, ...]
    observations: tuple[Observation, ...]

    @property
    def order(self) -> tuple[datetime, int]:
        """Give its place in time; a file of an agent may be stored long after what it says."""
        return max(one.observed_at for one in self.observations), self.number


@dataclass(frozen=True, slots=True)
class Voice:
    """The sights of one speaker.

    Attributes:
        token: names the voice as long as it says the same of itself.
        marks: what it is known by, such as ``("serial_number", "FOC1234")``; the strongest first.
    """

    token: str
    marks: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    sights: tuple[Sight, ...]


def voices_of(sights: Iterable[Sight], ignored: Ignored = NOTHING) -> list[Voice]:
    """Group sights by who spoke; the voice that was heard last comes first.

    Args:
        ignored: keys that people said identify nothing.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Sight]] = defaultdict(list)
    for sight in sights:
        groups[_marks(fold_one(sight.observations, ignored).traits)].append(sight)
    found = [_voice(marks, members) for marks, members in groups.items()]
    return sorted(found, key=lambda v: (-v.last_seen_at.timestamp(), v.token))


def _marks(traits: Traits) -> tuple[tuple[str, str], ...]:
    """Give what tells a speaker apart: the first of these groups of which it shows any."""
    groups: tuple[Mapping[str, str | None], ...] = (
        {
            "serial_number": traits.serial_number,
            "engine_id": traits.engine_id,
            "chassis_id": traits.chassis_id,
            "base_mac_address": traits.base_mac,
        },
        {"system_uuid": traits.system_uuid, "agent_id": traits.agent_id},
        {"sys_name": traits.sys_name, "host_name": traits.host_name},
        {"address": traits.addresses[0]},
    )
    shown = (tuple((n, value) for n, value in group.items() if value) for group in groups)
    return next(filter(None, shown))


def _voice(marks: tuple[tuple[str, str], ...], sights: Sequence[Sight]) -> Voice:
    spoken = [observation for sight in sights for observation in sight.observations]
    moments = [observation.observed_at for observation in spoken]
    text = "\n".join(f"{name}={value}" for name, value in marks)
    return Voice(
        token=hashlib.sha256(text.encode()).hexdigest()[:_TOKEN_CHARACTERS],
        marks=marks,
        addresses=tuple(sorted({observation.address for observation in spoken})),
        first_seen_at=min(moments),
        last_seen_at=max(moments),
        sights=tuple(sights),
    )
