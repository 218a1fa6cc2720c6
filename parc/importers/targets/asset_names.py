"""People, departments and suppliers that rows of assets name, read for one part of a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ParcError
from parc.importers.choices import Choices
from parc.importers.targets.asset_values import ReadAsset, Wish, is_blank
from parc.importers.targets.holders import PeopleIndex, department_paths, read_people
from parc.importers.targets.target import Found
from parc.importers.targets.values import day_of, text_of
from parc.models import LifecycleState, Supplier
from parc.naming import folded
from parc.queries.departments import read_departments
from parc.services.actor import Actor
from parc.services.people import PersonDraft, save_person

_ASK_PEOPLE: Final = frozenset({"holder", "technician", "department", "lifecycle_state"})


@dataclass(slots=True)
class AssetNames:
    """What names mean, and what ids are called."""

    people: PeopleIndex = field(default_factory=PeopleIndex)
    departments: Mapping[str, int] = field(default_factory=dict)
    department_names: Mapping[int, str] = field(default_factory=dict)
    suppliers: Mapping[str, int] = field(default_factory=dict)
    supplier_names: Mapping[int, str] = field(default_factory=dict)

    def load(self, session: Session, columns: Collection[str]) -> None:
        """Read them anew, as far as the columns of the file name any."""
        if not _ASK_PEOPLE.isdisjoint(columns):
            self.people = read_people(session)
            found = read_departments(session)
            self.departments = department_paths(found)
            self.department_names = {one.id: one.path for one in found.by_id.values()}
        if "supplier" in columns:
            rows = session.execute(sa.select(Supplier.id, Supplier.name))
            self.supplier_names = {number: name for number, name in rows}  # noqa: C416 -- rows are no tuples for mypy
            self.suppliers = {folded(name): number for number, name in self.supplier_names.items()}

    def holder_name(self, person_id: int | None, department_id: int | None) -> str | None:
        """Give what the holder of an asset is called; None for nobody."""
        if person_id is not None:
            return self.people.labels.get(person_id, str(person_id))
        return self.department_names.get(department_id) if department_id is not None else None

    def made_person(self, session: Session, actor: Actor, name: str, at: datetime) -> int:
        """Give a person that was ticked, and make them once."""
        found = self.people.find(name)
        if len(found) == 1:
            return found[0]
        number = save_person(session, actor, PersonDraft(name=name), at=at).id
        self.people = read_people(session)
        return number

    @contextmanager
    def making(self) -> Iterator[None]:
        """Forget who is made inside when what they are made for is not written."""
        people = self.people
        try:
            yield
        except ParcError:
            self.people = people
            raise

    def take_firm(self, read: ReadAsset, choices: Choices) -> None:
        """Take the supplier that a row names; one that is not known has to be made."""
        if name := text_of(read.said, "supplier"):
            number = self.suppliers.get(folded(name))
            if number is not None:
                read.values["supplier_id"] = number
            else:
                read.supplier = name
                read.beside.append(("supplier", name))
        elif choices.clears_blanks and is_blank(read.said, "supplier"):
            read.values["supplier_id"] = None

    def take_people(self, read: ReadAsset, choices: Choices) -> None:
        """Take who looks after it and who holds it, with the state that it shall have."""
        clears, said, row = choices.clears_blanks, read.said, read.row
        if name := text_of(said, "technician"):
            own = row.technician_person_id if row else None
            number = self._person(read, choices, "technician", name, own)
            if number is not None:
                read.values["technician_person_id"] = number
            read.technician = read.unknown.get("technician", "")
        elif clears and is_blank(said, "technician"):
            read.values["technician_person_id"] = None
        state = text_of(said, "lifecycle_state")
        wish = Wish(LifecycleState(state) if state else None, due_on=day_of(said, "loan_due_on"))
        holder, department = text_of(said, "holder"), text_of(said, "department")
        if holder:
            own = row.custodian_person_id if row else None
            number = self._person(read, choices, "holder", holder, own)
            of_department = self.departments.get(folded(holder)) if number is None else None
            if number is not None or read.unknown.get("holder"):
                unknown = read.unknown.get("holder", "")
                wish = replace(wish, person_id=number, person=unknown, is_holder_said=True)
            elif of_department is not None:
                wish = replace(wish, department_id=of_department, is_holder_said=True)
        elif department:
            if (number := self.departments.get(folded(department))) is None:
                read.found.append(Found("department", "not_found", department[:100]))
            wish = replace(wish, department_id=number, is_holder_said=True)
        elif clears and (is_blank(said, "holder") or is_blank(said, "department")):
            wish = replace(wish, is_holder_said=True)
        read.wish = wish
        read.holder = wish.person or self.holder_name(wish.person_id, wish.department_id) or ""

    def _person(
        self, read: ReadAsset, choices: Choices, column: str, name: str, own: int | None
    ) -> int | None:
        """Give who is meant; who is not known is made, left out, or stands against the row."""
        if own is not None and folded(self.people.labels.get(own, "")) == folded(name):
            return own
        numbers = self.people.find(name)
        if len(numbers) == 1:
            return numbers[0]
        if numbers:
            read.found.append(Found(column, "several_people", name))
        elif column == "holder" and folded(name) in self.departments:
            return None
        elif choices.leaves_out_people:
            read.notes.append((f"{column}_left_out", name))
        else:
            read.unknown[column] = name
            read.beside.append(("person", name))
        return None
