"""What one device said of its surroundings, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collectors.observation import Links, Observation


@dataclass(frozen=True, slots=True)
class Told:
    """What one device said in a reading, with the ids that its interfaces have in the database."""

    device_id: int
    observation: Observation
    interfaces: Mapping[int, int]

    @property
    def at(self) -> datetime:
        """Give when it was said."""
        return self.observation.observed_at

    @property
    def links(self) -> Links:
        """Give what it said of its surroundings."""
        return self.observation.links
