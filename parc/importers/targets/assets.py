"""Assets of a file: matched by tag, serial number or name; written by the services of assets.

Another state or holder of an asset that is there is a movement, as far as a file says enough for
one; new assets enter as the file says, all of a part together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.kinds.assets import ASSETS
from parc.importers.targets.asset_names import AssetNames
from parc.importers.targets.asset_values import (
    AssetContent,
    ReadAsset,
    order_for,
    standing_after,
    written_values,
)
from parc.importers.targets.own_values import OwnValues
from parc.importers.targets.target import Change, Draft, Found, Key
from parc.importers.targets.values import missing, parts, text_of
from parc.importers.values import Value
from parc.models import Asset, LifecycleState, MovementSource
from parc.naming import folded
from parc.precedence import FROM_FILE
from parc.queries.locations import Places, read_places
from parc.services import assets, movements
from parc.services.actor import Actor
from parc.services.asset_batches import (
    ALONE,
    AssetChange,
    NewAsset,
    change_assets,
    create_assets,
)
from parc.services.asset_values import clean_values
from parc.services.custom_values import PREFIX, Cleaned
from parc.services.places import create_path, join_path, split_path
from parc.services.suppliers import find_or_add

_LEVELS: Final = ("building", "floor", "room")


@dataclass(slots=True)
class AssetTarget:
    """Assets, for one import.

    Args:
        key_fields: that tell them apart.
    """

    choices: Choices
    key_fields: tuple[str, ...]
    _places: Places | None = None
    _names: AssetNames = field(default_factory=AssetNames)
    _own: OwnValues = field(default_factory=OwnValues)
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
        columns = {*self.choices.columns.columns, *self.choices.columns.constants}
        self._names.load(session, columns)
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
        self._own.load(session, columns, entries, self._rows)
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Compare an entry with the asset that it is, or check it as a new one."""
        del session
        row = self._rows.get(record_id) if record_id is not None else None
        read = ReadAsset(entry.values, row)
        self._take_values(read)
        self._names.take_firm(read, self.choices)
        self._names.take_people(read, self.choices)
        read.found += self._taken(read.values, row, entry.line)
        self._own.take(read, entry.line, clears=self.choices.clears_blanks)
        if row is None:
            return self._new(read)
        return self._changed(read, row)

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Create the asset or change it, with its place, and let it stand as the file says."""
        if record_id is None:
            return self.write_new(session, actor, [draft], at=at)[0]
        with self._names.making():
            content = self._made_beside(session, actor, draft, at, {})
            if content.values or content.own:
                version = session.get_one(Asset, record_id).version
                assets.edit_asset(
                    session,
                    actor,
                    record_id,
                    version=version,
                    values=content.values,
                    at=at,
                    stated=FROM_FILE,
                    custom=self._own.texts(content.own),
                )
            if content.order is not None:
                order = replace(content.order, effective_on=at.date())
                if content.wish.person:
                    order = replace(order, person_id=content.wish.person_id)
                movements.apply(
                    session, actor, record_id, order, at=at, source=MovementSource.IMPORT
                )
        return record_id

    def write_new(
        self, session: Session, actor: Actor, drafts: Sequence[Draft], *, at: datetime
    ) -> list[int]:
        """Create all these assets, or none of them; gives their ids in that order."""
        known: dict[tuple[str, str], int] = {}
        with self._names.making():
            made = [self._made_beside(session, actor, draft, at, known) for draft in drafts]
            wanted = [
                NewAsset(
                    values=one.values,
                    state=one.wish.state or LifecycleState.IN_USE,
                    person_id=one.wish.person_id,
                    department_id=one.wish.department_id,
                    due_on=one.wish.due_on,
                    own=one.own,
                )
                for one in made
            ]
            source = MovementSource.IMPORT
            return create_assets(session, actor, wanted, at=at, source=source, stated=FROM_FILE)

    def write_changed(
        self, session: Session, actor: Actor, changed: Sequence[Change], *, at: datetime
    ) -> Collection[int]:
        """Change all assets that only get other values; gives which.

        What is emptied, moves, or must be there once, is for ``write``.
        """
        known: dict[tuple[str, str], int] = {}
        wanted = []
        with self._names.making():
            for number, draft in changed:
                if _is_plain(draft.content):
                    content = self._made_beside(session, actor, draft, at, known)
                    version = self._rows[number].version
                    wanted.append(AssetChange(number, version, content.values))
            change_assets(session, actor, wanted, at=at, stated=FROM_FILE)
        return [one.asset_id for one in wanted]

    def _new(self, read: ReadAsset) -> Draft:
        read.found += missing(ASSETS, read.said)
        values = {name: value for name, value in read.values.items() if value is not None}
        if named := values.get("asset_tag") or values.get("serial_number"):
            values.setdefault("name", named)  # other systems need no name
        changes: dict[str, tuple[Any, Any]] = {
            name: (None, value) for name, value in values.items()
        }
        wish = read.wish
        if wish.state is not None:
            changes["lifecycle_state"] = (None, wish.state)
        if read.holder:
            changes["holder"] = (None, read.holder)
        own: Cleaned = {n: value for n, value in read.own.values() if value is not None}
        changes |= {PREFIX + key: (None, v) for key, (_id, v) in read.own.items() if v is not None}
        content = AssetContent(values, read.path, read.supplier, read.technician, wish, own=own)
        return self._draft(read, changes, content)

    def _changed(self, read: ReadAsset, row: Asset) -> Draft:
        read.found += [
            Found(name, "required")
            for name in ("name", "category", "asset_tag")
            if name in read.values and read.values[name] is None
        ]
        changes: dict[str, tuple[Any, Any]] = {
            name: (getattr(row, name), value)
            for name, value in read.values.items()
            if getattr(row, name) != value
        }
        values = {name: after for name, (_before, after) in changes.items()}
        own = self._own.changed(read, row)
        changes |= {PREFIX + key: pair for key, (_id, pair) in own.items()}
        order, found = order_for(row, read.wish)
        read.found += found
        if order is not None:
            after = standing_after(row, order)
            if after.state is not row.lifecycle_state:
                changes["lifecycle_state"] = (row.lifecycle_state, after.state)
            held = read.holder or self._names.holder_name(after.person_id, after.department_id)
            if held != (before := self._holder_of(row)):
                changes["holder"] = (before, held)
            if after.due_on != row.loan_due_on:
                changes["loan_due_on"] = (row.loan_due_on, after.due_on)
        content = AssetContent(
            *(values, read.path, read.supplier, read.technician, read.wish, order),
            own={number: after for number, (_before, after) in own.values()},
        )
        return self._draft(read, changes, content)

    def _draft(
        self, read: ReadAsset, changes: dict[str, tuple[Any, Any]], content: AssetContent
    ) -> Draft:
        row = read.row
        if any(kind == "place" for kind, _name in read.beside):
            changes["location_id"] = (row.location_id if row else None, read.path)
        if read.supplier:
            changes["supplier_id"] = (row.supplier_id if row else None, read.supplier)
        if read.technician:
            before = row.technician_person_id if row else None
            changes["technician_person_id"] = (before, read.technician)
        return Draft(
            self._shown(changes),
            tuple(read.found),
            content,
            tuple(dict.fromkeys(read.beside)),
            tuple(read.notes),
            {("person", name): column for column, name in read.unknown.items()},
        )

    def _take_values(self, read: ReadAsset) -> None:
        clears = self.choices.clears_blanks
        wanted, found = written_values(read.said, clears=clears)
        read.values, problems = clean_values(wanted)
        read.found += found + [Found(p.field, p.code, p.value) for p in problems]
        read.path, beside = self._place(read.said)
        read.beside += beside
        if read.path is not None or (clears and "location" in read.said):
            read.values["location_id"] = self._place_id(read.path)
            if beside:
                del read.values["location_id"]

    def _made_beside(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        at: datetime,
        known: dict[tuple[str, str], int],
    ) -> AssetContent:
        """Make what has to be there first, and give the content with its ids.

        Args:
            known: what was made for rows before, of the same batch.
        """
        content: AssetContent = draft.content
        values = dict(content.values)
        if content.path is not None and any(kind == "place" for kind, _name in draft.beside):
            at_place = ("place", folded(content.path))
            if at_place not in known:
                known[at_place] = create_path(session, actor, content.path, at=at).id
            values["location_id"] = known[at_place]
        if content.supplier:
            firm = ("supplier", folded(content.supplier))
            if firm not in known:
                known[firm] = find_or_add(session, actor, content.supplier, now=at).id
            values["supplier_id"] = known[firm]
        if content.technician:
            number = self._names.made_person(session, actor, content.technician, at)
            values["technician_person_id"] = number
        wish = content.wish
        if wish.person:
            person_id = self._names.made_person(session, actor, wish.person, at)
            wish = replace(wish, person_id=person_id)
        return replace(content, values=values, wish=wish)

    def _holder_of(self, row: Asset) -> str | None:
        return self._names.holder_name(row.custodian_person_id, row.custodian_department_id)

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
        known = set(map(folded, names))  # a whole path may say the room already
        levels = filter(None, (text_of(values, level) for level in _LEVELS))
        names += [text for text in levels if folded(text) not in known]
        if not names:
            return None, ()
        path = join_path(names)
        return path, () if self._place_id(path) is not None else (("place", path),)

    def _place_id(self, path: str | None) -> int | None:
        return self._paths.get(folded(path)) if path is not None else None

    def _shown(self, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
        """Give what ids stand for by its name."""
        shown: dict[str, tuple[Any, Any]] = {}
        names: dict[str, tuple[str, Any]] = {
            "location_id": ("location", self._places.path if self._places else str),
            "supplier_id": ("supplier", self._names.supplier_names.get),
            "technician_person_id": ("technician", self._names.people.labels.get),
        }
        for name, pair in changes.items():
            field_name, name_of = names.get(name, (name, None))
            before, after = pair
            if name_of is not None:
                before = name_of(before) if isinstance(before, int) else before
                after = name_of(after) if isinstance(after, int) else after
            shown[field_name] = (before, after)
        return shown


def _is_plain(content: AssetContent) -> bool:
    """Tell whether an asset gets nothing but other values."""
    values = content.values
    is_more = content.own or content.order is not None or not ALONE.isdisjoint(values)
    return not is_more and None not in values.values()
