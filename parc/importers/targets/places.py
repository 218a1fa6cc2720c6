"""Places of a file: one path a row, or one column for each level; matched by their path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.targets.target import Draft, Found, Key
from parc.importers.targets.values import text_of
from parc.importers.values import Value
from parc.models import LocationKind
from parc.naming import folded
from parc.queries.locations import Places, read_places
from parc.services.actor import Actor
from parc.services.places import LEVELS, create_path, join_path, split_path

_LEVELS: Final = ("site", "building", "floor", "room")


@dataclass(slots=True)
class PlaceTarget:
    """Places, for one import."""

    choices: Choices
    _places: Places | None = None
    _paths: dict[str, int] = field(default_factory=dict)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the path, folded."""
        path = join_path(self._names(values))
        return (folded(path),) if path else None

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the path."""
        return join_path(self._names(values))

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read all places: a tree of thousands."""
        del entries
        self._places = read_places(session)
        self._paths = {folded(one.path): one.id for one in self._places.by_id.values()}
        return {(path,): [number] for path, number in self._paths.items()}

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Check the path and the level; a place that is there stays as it is."""
        del session
        names = self._names(entry.values)
        found = []
        kind = text_of(entry.values, "kind")
        if len(names) > len(LEVELS):
            found.append(Found("path", "too_deep", str(len(LEVELS))))
        elif any(len(name) > 200 for name in names):  # noqa: PLR2004 -- of the column
            found.append(Found("path", "too_long", "200"))
        place = self._places.by_id.get(record_id) if self._places and record_id else None
        if place is not None and kind and kind != place.kind.value:
            found.append(Found("kind", "level_differs", place.kind.value))
        elif kind and LEVELS.index(LocationKind(kind)) < len(names) - 1:
            found.append(Found("kind", "not_above", kind))
        changes = {} if record_id is not None else {"path": (None, join_path(names))}
        return Draft(changes, tuple(found), (join_path(names), kind))

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Create the place with those above it."""
        if record_id is not None:
            return record_id
        path, kind = draft.content
        level = LocationKind(kind) if kind else None
        return create_path(session, actor, path, at=at, kind=level).id

    def _names(self, values: Mapping[str, Value]) -> list[str]:
        """Give the names from the site down, in whichever way the file has them."""
        if path := split_path(text_of(values, "path")):
            return path
        name = split_path(text_of(values, "name"))
        parent = split_path(text_of(values, "parent"))
        levels = [text for level in _LEVELS if (text := text_of(values, level))]
        return [*levels, *name] if levels else [*parent, *name]
