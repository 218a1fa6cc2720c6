"""Assets of a file: matched by tag, serial number or name; written by the services of assets.

The state of an asset that is there is not imported: it comes of its movements. Export then import
holds the same state, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.kinds.assets import ASSETS
from parc.importers.targets.target import Draft, Found, Key
from parc.importers.targets.values import given, missing, parts, text_of
from parc.importers.values import Value
from parc.models import Asset, LifecycleState
from parc.naming import folded
from parc.precedence import FROM_FILE
from parc.queries.locations import Places, read_places
from parc.services import assets
from parc.services.actor import Actor
from parc.services.asset_values import clean_values
from parc.services.places import create_path, join_path, split_path

_PLAIN: Final = tuple(
    name
    for name in assets.EDITABLE_FIELDS
    if name != "location_id" and any(one.name == name for one in ASSETS.fields)
)


@dataclass(slots=True)
class AssetTarget:
    """Assets, for one import.

    Args:
        key_fields: that tell them apart.
        tag_pattern: of the settings, for assets without a tag.
    """

    choices: Choices
    key_fields: tuple[str, ...]
    tag_pattern: str = assets.DEFAULT_TAG_PATTERN
    _places: Places | None = None
    _paths: Mapping[str, int] = field(default_factory=dict)
    _rows: dict[int, Asset] = field(default_factory=dict)
    _tags: dict[str, int] = field(default_factory=dict)
    _serials: dict[tuple[str, str], int] = field(default_factory=dict)
    _made_tags: dict[str, int] = field(default_factory=dict)
    _made_serials: dict[tuple[str, str], int] = field(default_factory=dict)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the values of the key fields; a serial number that says nothing is no key."""
        texts = tuple(text_of(values, name) for name in self.key_fields)
        if not texts or not all(texts):
            return None
        if "serial_number" in self.key_fields and is_placeholder(text_of(values, "serial_number")):
            return None
        return texts

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the name, or the tag, or the serial number."""
        names = ("name", "asset_tag", "serial_number")
        return next((text for name in names if (text := text_of(values, name))), "")

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read the assets that these entries may be, and who has their tags and numbers."""
        self._places = read_places(session)
        self._paths = {folded(one.path): one.id for one in self._places.by_id.values()}
        self._rows = {}
        keys = [key for entry in entries if (key := self.key(entry.values)) is not None]
        found: dict[Key, list[int]] = {}
        if not self.key_fields:
            return found
        column = getattr(Asset, self.key_fields[-1])
        for part in parts({key[-1] for key in keys}):
            query = sa.select(Asset).where(column.in_(part)).order_by(Asset.id)
            for row in session.scalars(query.execution_options(populate_existing=True)):
                self._rows[row.id] = row
                key = tuple(str(getattr(row, name) or "") for name in self.key_fields)
                found.setdefault(key, []).append(row.id)
        self._load_taken(session, entries)
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Compare an entry with the asset that it is, or check it as a new one."""
        del session
        clears = self.choices.clears_blanks
        wanted = given(entry.values, _PLAIN, clears=clears)
        cleaned, problems = clean_values(wanted)
        found = [Found(p.field, p.code, p.value) for p in problems]
        path, beside = self._place(entry.values)
        if path is not None or (clears and "location" in entry.values):
            cleaned["location_id"] = self._place_id(path)
        row = self._rows.get(record_id) if record_id is not None else None
        found += self._taken(cleaned, row, entry.line)
        if row is None:
            found += missing(ASSETS, entry.values)
            changes: dict[str, tuple[Any, Any]] = {
                name: (None, value) for name, value in cleaned.items() if value is not None
            }
            state = text_of(entry.values, "lifecycle_state")
            content = _Content(cleaned, path, state)
        else:
            found += _fixed(entry.values, row)
            found += [
                Found(name, "required")
                for name in ("name", "category", "asset_tag")
                if name in cleaned and cleaned[name] is None
            ]
            changes = {
                name: (getattr(row, name), value)
                for name, value in cleaned.items()
                if getattr(row, name) != value
            }
            content = _Content({name: after for name, (_b, after) in changes.items()}, path, "")
        if path is not None and beside:
            changes["location_id"] = (row.location_id if row else None, path)
        shown = {"location" if n == "location_id" else n: pair for n, pair in changes.items()}
        return Draft(self._shown(shown), tuple(found), content, beside)

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Create the asset or change it, with its place."""
        content: _Content = draft.content
        values = dict(content.values)
        if draft.beside and content.path is not None:
            values["location_id"] = create_path(session, actor, content.path, at=at).id
        if record_id is None:
            state = LifecycleState(content.state) if content.state else LifecycleState.IN_USE
            asset = assets.create_asset(
                session,
                actor,
                values={name: value for name, value in values.items() if value is not None},
                at=at,
                lifecycle_state=state,
                tag_pattern=self.tag_pattern,
                stated=FROM_FILE,
            )
            return asset.id
        version = session.get_one(Asset, record_id).version
        assets.edit_asset(
            session, actor, record_id, version=version, values=values, at=at, stated=FROM_FILE
        )
        return record_id

    def _load_taken(self, session: Session, entries: Sequence[Entry]) -> None:
        tags = {tag for entry in entries if (tag := text_of(entry.values, "asset_tag"))}
        serials = {s for entry in entries if (s := text_of(entry.values, "serial_number"))}
        self._tags, self._serials = {}, {}
        for part in parts(tags):
            query = sa.select(Asset.asset_tag, Asset.id).where(Asset.asset_tag.in_(part))
            self._tags.update((tag, number) for tag, number in session.execute(query))
        columns = (Asset.serial_number, Asset.manufacturer, Asset.id)
        for part in parts(serials):
            query_serials = sa.select(*columns).where(Asset.serial_number.in_(part))
            for serial, maker, number in session.execute(query_serials):
                self._serials[str(serial), str(maker)] = number

    def _taken(self, values: Mapping[str, Any], row: Asset | None, line: int) -> list[Found]:
        """Find what must be there once and is there, or stands in two lines of the file."""
        found = []
        own = row.id if row else None
        tag = values.get("asset_tag")
        if tag and self._tags.get(tag, own) != own:
            found.append(Found("asset_tag", "taken", tag))
        elif tag and self._made_tags.setdefault(tag, line) != line:
            found.append(Found("asset_tag", "same_in_line", str(self._made_tags[tag])))
        serial = values.get("serial_number", row.serial_number if row else None)
        maker = values.get("manufacturer", row.manufacturer if row else None)
        if serial and maker and not is_placeholder(serial):
            if self._serials.get((serial, maker), own) != own:
                found.append(Found("serial_number", "taken", serial))
            elif (first := self._made_serials.setdefault((serial, maker), line)) != line:
                found.append(Found("serial_number", "same_in_line", str(first)))
        return found

    def _place(self, values: Mapping[str, Value]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Give the path of a place as it is written, and the place when it has to be made."""
        names = split_path(text_of(values, "location"))
        if not names:
            return None, ()
        path = join_path(names)
        return path, () if self._place_id(path) is not None else (("place", path),)

    def _place_id(self, path: str | None) -> int | None:
        return self._paths.get(folded(path)) if path is not None else None

    def _shown(self, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
        """Give places by their paths."""
        shown = dict(changes)
        if "location" in shown and self._places is not None:
            before, after = shown["location"]
            path = self._places.path
            shown["location"] = (
                path(before) if isinstance(before, int) else before,
                path(after) if isinstance(after, int) else after,
            )
        return shown


@dataclass(frozen=True, slots=True)
class _Content:
    values: Mapping[str, Any]
    path: str | None
    state: str


def _fixed(values: Mapping[str, Value], row: Asset) -> list[Found]:
    """Refuse another state than the asset has."""
    state = text_of(values, "lifecycle_state")
    if state and state != row.lifecycle_state.value:
        return [Found("lifecycle_state", "state_by_movement", row.lifecycle_state.value)]
    return []
