"""Places, read whole: there are few of them, and lists need only their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Location, LocationKind
from parc.naming import folded

_MAX_DEPTH = 16
_STEP = " > "


@dataclass(frozen=True, slots=True)
class Place:
    """One place; ``path`` names it from its site down, ``site_id`` is the site it lies in."""

    id: int
    name: str
    kind: LocationKind
    parent_id: int | None
    path: str
    site_id: int


@dataclass(frozen=True, slots=True)
class Places:
    """All places by id, in the order of their paths."""

    by_id: Mapping[int, Place]

    def within(self, place_id: int) -> list[int]:
        """Give the ids of a place and of all that lie in it."""
        found = {place_id}
        grew = True
        while grew:
            inner = {p.id for p in self.by_id.values() if p.parent_id in found} - found
            found |= inner
            grew = bool(inner)
        return sorted(found)

    def names_within(self, place_id: int) -> dict[int, str]:
        """Name a place's inner ones by the way from it; itself has no name."""
        steps = len(self.by_id[place_id].path.split(_STEP))
        return {
            number: _STEP.join(self.by_id[number].path.split(_STEP)[steps:])
            for number in self.within(place_id)
        }

    def matching(self, words: Sequence[str], limit: int) -> list[Place]:
        """Give places whose path holds every folded word, and whose own name holds one of them."""
        found: list[Place] = []
        for place in self.by_id.values():
            name = folded(place.name)
            if any(word in name for word in words):
                path = folded(place.path)
                if all(word in path for word in words):
                    found.append(place)
            if len(found) == limit:
                break
        return found

    def short(self, place_id: int | None) -> str | None:
        """Give the outermost and the innermost step of a place's path, for a narrow column."""
        path = self.path(place_id)
        first, *rest = (path or "").split(_STEP)
        return f"{first} … {rest[-1]}" if len(rest) > 1 else path

    def path(self, place_id: int | None) -> str | None:
        """Give the path of a place, None for no place."""
        place = self.by_id.get(place_id) if place_id is not None else None
        return place.path if place else None


def read_places(session: Session) -> Places:
    """Read all places."""
    rows = session.execute(
        sa.select(Location.id, Location.name, Location.kind, Location.parent_id)
    ).all()
    by_id = {row.id: row for row in rows}
    places = []
    for row in rows:
        chain = [row]
        while chain[-1].parent_id in by_id and len(chain) < _MAX_DEPTH:
            chain.append(by_id[chain[-1].parent_id])
        path = _STEP.join(step.name for step in reversed(chain))
        places.append(Place(row.id, row.name, row.kind, row.parent_id, path, chain[-1].id))
    places.sort(key=lambda place: folded(place.path))
    return Places({place.id: place for place in places})
