"""People of a file: matched by number, e-mail address or name; written by their service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.formats.cells import Said
from parc.importers.targets.holders import department_paths
from parc.importers.targets.target import Draft, Found, Key
from parc.importers.targets.values import text_of
from parc.importers.values import Value
from parc.models import Person
from parc.naming import folded
from parc.queries.departments import Departments, read_departments
from parc.queries.locations import Places, read_places
from parc.services.actor import Actor
from parc.services.departments import create_department_path
from parc.services.fields import FieldReader
from parc.services.people import PersonDraft, person_label, save_person
from parc.services.places import create_path, join_path, split_path

_PLAIN: Final = ("email", "phone", "external_id", "arrived_on", "left_on", "notes")
# What directories write: CN=Martin Anne,OU=Staff,DC=example,DC=org
_DISTINGUISHED: Final = re.compile(r"CN=((?:[^,\\]|\\.)+),(?:OU|CN|DC|O)=", re.IGNORECASE)
_ONCE: Final = ("email", "external_id")


@dataclass(slots=True)
class PersonTarget:
    """People, for one import.

    Args:
        key_fields: that tell them apart.
    """

    choices: Choices
    key_fields: tuple[str, ...]
    _rows: dict[int, Person] = field(default_factory=dict)
    _departments: Departments | None = None
    _places: Places | None = None
    _paths: Mapping[str, int] = field(default_factory=dict)
    _department_paths: Mapping[str, int] = field(default_factory=dict)
    _taken: dict[tuple[str, str], int] = field(default_factory=dict)
    _made: dict[tuple[str, str], int] = field(default_factory=dict)
    _planned: set[str] = field(default_factory=set)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the number, the address or the name, as the services compare it."""
        if self.key_fields in {("external_id",), ("email",)}:
            text = text_of(values, self.key_fields[0])
            return (text.casefold() if self.key_fields == ("email",) else text,) if text else None
        name = _name(values)
        return (folded(name),) if name else None

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the name, or what else names them."""
        return _name(values) or text_of(values, "email") or text_of(values, "external_id")

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read all people: a list of thousands, compared by folded names."""
        del entries
        self._places, self._departments = read_places(session), read_departments(session)
        self._paths = {folded(one.path): one.id for one in self._places.by_id.values()}
        self._department_paths = department_paths(self._departments)
        query = sa.select(Person).order_by(Person.id)
        rows = session.scalars(query.execution_options(populate_existing=True)).all()
        self._rows = {row.id: row for row in rows}
        found: dict[Key, list[int]] = {}
        self._taken = {}
        for row in rows:
            for name in _ONCE:
                if value := getattr(row, name):
                    self._taken[name, value] = row.id
            if self.key_fields in {("external_id",), ("email",)}:
                key = getattr(row, self.key_fields[0])
            else:
                key = folded(row.name)
            if key:
                found.setdefault((key,), []).append(row.id)
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Compare an entry with the person that it is, or check it as a new one."""
        del session
        row = self._rows.get(record_id) if record_id is not None else None
        before = self._draft_of(row) if row else PersonDraft()
        after, beside, found = self._wanted(entry.values, before)
        notes = tuple(("manager_left_out", one.value) for one in found if self._is_left_out(one))
        found = [one for one in found if not self._is_left_out(one)]
        if row is None and not after.name:
            found.append(Found("name", "required"))
        found += self._same(after, row, entry.line)
        if row is None and not found:
            self._planned |= {folded(text) for text in (after.name, after.email) if text}
        changes = {
            name: (getattr(before, name) or None, getattr(after, name) or None)
            for name in (*("name", "department", "site", "manager"), *_PLAIN)
            if getattr(before, name) != getattr(after, name)
        }
        return Draft(changes, tuple(found), after, beside, notes)

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Create the person or change them, with their department and place."""
        wanted: PersonDraft = draft.content
        for kind, path in draft.beside:
            if kind == "department":
                create_department_path(session, actor, path, at=at)
            else:
                create_path(session, actor, path, at=at)
        return save_person(session, actor, wanted, at=at, person_id=record_id).id

    def _wanted(
        self, values: Mapping[str, Value], before: PersonDraft
    ) -> tuple[PersonDraft, tuple[tuple[str, str], ...], list[Found]]:
        """Lay what the file says over what stands there."""
        texts: dict[str, Any] = {}
        for name in (*_PLAIN, "manager"):
            value = values.get(name)
            if value is Said.NEVER or (value is Said.BLANK and self.choices.clears_blanks):
                texts[name] = ""
            elif isinstance(value, date):
                texts[name] = value.isoformat()
            elif isinstance(value, str):
                texts[name] = value.casefold() if name == "email" else value
        if name := _name(values):
            texts["name"] = name
        beside = []
        for one, kind, known in (
            ("department", "department", self._department_paths),
            ("site", "place", self._paths),
        ):
            value = values.get(one)
            path = join_path(split_path(value)) if isinstance(value, str) else ""
            if path:
                number = known.get(folded(path))
                texts[one] = self._path(kind, number) if number is not None else path
                if number is None:
                    beside.append((kind, path))
            elif value is Said.BLANK and self.choices.clears_blanks:
                texts[one] = ""
        found = self._manager(texts)
        return replace(before, **texts), tuple(beside), found

    def _path(self, kind: str, number: int) -> str:
        known = self._departments if kind == "department" else self._places
        return (known.path(number) if known else None) or ""

    def _manager(self, texts: dict[str, Any]) -> list[Found]:
        """Give the manager as the service names them, so that the same one is no change."""
        if not (wanted := texts.get("manager")):
            return []
        if (directory := _DISTINGUISHED.match(wanted)) is not None:
            texts["manager"] = wanted = directory[1].replace("\\,", ",")
        ids = [
            row.id
            for row in self._rows.values()
            if wanted.casefold() in {row.email, (row.external_id or "").casefold()}
            or folded(row.name) == folded(wanted)
            or wanted == person_label(row.name, row.email, row.external_id, row.id)
        ]
        if not ids and folded(wanted) in self._planned:
            return []  # made by a row before: the service finds them by their name
        if len(ids) != 1:
            if self.choices.leaves_out_people:
                del texts["manager"]
            return [Found("manager", "several" if ids else "not_found", wanted[:100])]
        texts["manager"] = self._label_of(ids[0])
        return []

    def _is_left_out(self, found: Found) -> bool:
        """Tell whether it is a manager who is not known, and may be left out."""
        is_unknown = found.field == "manager" and found.code == "not_found"
        return is_unknown and self.choices.leaves_out_people

    def _label_of(self, number: int | None) -> str:
        row = self._rows.get(number) if number is not None else None
        return person_label(row.name, row.email, row.external_id, row.id) if row else ""

    def _same(self, after: PersonDraft, row: Person | None, line: int) -> list[Found]:
        found = []
        for name in _ONCE:
            value = getattr(after, name)
            own = row.id if row else None
            if value and self._taken.get((name, value), own) != own:
                found.append(Found(name, "taken", value))
            elif value and (first := self._made.setdefault((name, value), line)) != line:
                found.append(Found(name, "same_in_line", str(first)))
        reader = FieldReader()
        reader.email("email", after.email)
        found += [Found(one.field, one.code, one.value) for one in reader.problems]
        if after.arrived_on and after.left_on and after.left_on < after.arrived_on:
            found.append(Found("left_on", "before_arrival", after.arrived_on))
        return found

    def _draft_of(self, row: Person) -> PersonDraft:
        return PersonDraft(
            name=row.name,
            email=row.email or "",
            phone=row.phone or "",
            department=self._path("department", row.department_id) if row.department_id else "",
            manager=self._label_of(row.manager_id),
            site=self._path("place", row.site_id) if row.site_id else "",
            arrived_on=row.arrived_on.isoformat() if row.arrived_on else "",
            left_on=row.left_on.isoformat() if row.left_on else "",
            external_id=row.external_id or "",
            notes=row.notes or "",
        )


def _name(values: Mapping[str, Value]) -> str:
    """Give the whole name: as it stands, or given name and family name."""
    whole = text_of(values, "name")
    return whole or f"{text_of(values, 'given_name')} {text_of(values, 'family_name')}".strip()
