"""People and machines that a file names: found by what names them, never made silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.importers.targets.values import parts
from parc.models import Asset, Person, User
from parc.naming import folded
from parc.queries.departments import Departments


@dataclass(slots=True)
class PeopleIndex:
    """All people, by what a file may call them."""

    keys: dict[str, int] = field(default_factory=dict)
    names: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)

    def find(self, *texts: str) -> list[int]:
        """Give who is meant: by address, number or login first, then by name in either order."""
        for text in filter(None, texts):
            key = folded(text)
            # machines name who has signed in with the domain: MAIRIE\\pdurand
            number = self.keys.get(key, self.keys.get(key.rpartition("\\")[2]))
            if number is not None:
                return [number]
        for text in filter(None, texts):
            if found := self.names.get(_words(text)):
                return found
        return []


def read_people(session: Session) -> PeopleIndex:
    """Read all people: a list of thousands."""
    index = PeopleIndex()
    gone: dict[tuple[str, ...], list[int]] = {}
    columns = (Person.id, Person.name, Person.email, Person.external_id, Person.left_on)
    for number, name, email, external_id, left_on in session.execute(
        sa.select(*columns).order_by(Person.id)
    ):
        index.labels[number] = name
        for key in filter(None, (email, external_id)):
            index.keys.setdefault(folded(key), number)
        (gone if left_on else index.names).setdefault(_words(name), []).append(number)
    for words, numbers in gone.items():
        index.names.setdefault(words, numbers)
    logins = sa.select(User.login, User.person_id).where(User.person_id.is_not(None))
    for login, person_id in session.execute(logins):
        if person_id is not None:
            index.keys.setdefault(folded(login), person_id)
    return index


def read_machines(session: Session, texts: Iterable[str]) -> Mapping[str, list[int]]:
    """Give the assets that have one of these as tag, name or serial number."""
    found: dict[str, list[int]] = {}
    for part in parts(set(filter(None, texts))):
        for column in (Asset.asset_tag, Asset.name, Asset.serial_number):
            query = sa.select(column, Asset.id).where(column.in_(part)).order_by(Asset.id)
            for text, number in session.execute(query):
                numbers = found.setdefault(str(text), [])
                if number not in numbers:
                    numbers.append(number)
    return found


def department_paths(departments: Departments) -> dict[str, int]:
    """Give departments by path, and by name alone where only one has it."""
    known = list(departments.by_id.values())
    names: dict[str, list[int]] = {}
    for one in known:
        names.setdefault(folded(one.name), []).append(one.id)
    alone = {name: ids[0] for name, ids in names.items() if len(ids) == 1}
    return alone | {folded(one.path): one.id for one in known}


def _words(name: str) -> tuple[str, ...]:
    return tuple(sorted(folded(name).replace(",", " ").split()))
