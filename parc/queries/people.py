"""Reading people: the list, one sheet, and the hits of a search while one types."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.errors import NotFoundError
from parc.models import Asset, Person, User
from parc.naming import folded
from parc.queries.keyset import Cursor, Order, Page, SortColumn, by_name, read_page

MOST_HELD: Final = 200
_LIKE: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})

SORTS: Final[Mapping[str, SortColumn]] = {
    "name": by_name(Person.search_text),
    "email": SortColumn("email", Person.email),
    "external_id": SortColumn("external_id", Person.external_id),
}


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people; departments and sites are given with all that lies below them.

    Attributes:
        is_present: True for those who have not left on ``today``, False for those who have.
    """

    text: str = ""
    department_ids: Collection[int] = ()
    site_ids: Collection[int] = ()
    is_present: bool | None = None
    today: date = field(default=date.min)


@dataclass(frozen=True, slots=True)
class PeopleList:
    """One page of people, with how many match and how many assets those of the page hold."""

    page: Page
    count: int
    held: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class HeldAsset:
    """An asset that somebody holds or looks after."""

    id: int
    name: str
    asset_tag: str
    category: Any
    lifecycle_state: Any
    model: str
    loan_due_on: date | None


@dataclass(frozen=True, slots=True)
class PersonSheet:
    """One person, and who stands around them."""

    person: Person
    manager: str
    login: str
    reports: Sequence[tuple[int, str]]
    held: Sequence[HeldAsset]
    held_count: int
    looked_after: Sequence[HeldAsset]
    looked_after_count: int


def list_people(
    session: Session, wanted: PeopleFilter, order: Order, cursor: Cursor | None, size: int
) -> PeopleList:
    """Read one page."""
    conditions = _conditions(wanted)
    page = people_page(session, wanted, order, cursor, size)
    count = session.scalar(sa.select(sa.func.count()).select_from(Person).where(*conditions)) or 0
    ids = [row.id for row in page.rows]
    held = (
        sa.select(Asset.custodian_person_id, sa.func.count())
        .where(Asset.custodian_person_id.in_(ids))
        .group_by(Asset.custodian_person_id)
    )
    counts = {person: number for person, number in session.execute(held) if person is not None}
    return PeopleList(page, count, counts)


def people_page(
    session: Session, wanted: PeopleFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one part of an export: as the list, without counting."""
    query = sa.select(
        Person.id,
        Person.name,
        Person.email,
        Person.phone,
        Person.department_id,
        Person.site_id,
        Person.external_id,
        Person.arrived_on,
        Person.left_on,
    ).where(*_conditions(wanted))
    return read_page(session, query, order, cursor, size)


def count_by(session: Session, name: str, wanted: PeopleFilter) -> dict[str, int]:
    """Count the people of a filter by ``department_id`` or ``site_id``."""
    column = getattr(Person, name)
    query = sa.select(column, sa.func.count()).where(*_conditions(wanted)).group_by(column)
    return {str(key): count for key, count in session.execute(query) if key is not None}


def count_presence(session: Session, wanted: PeopleFilter) -> dict[str, int]:
    """Count the people of a filter who are ``present``, and who have ``left``."""
    everyone = replace(wanted, is_present=None)
    counts = {}
    for name, is_present in (("present", True), ("left", False)):
        conditions = _conditions(replace(everyone, is_present=is_present))
        query = sa.select(sa.func.count()).select_from(Person).where(*conditions)
        counts[name] = session.scalar(query) or 0
    return counts


def held_by(session: Session, person_id: int) -> list[int]:
    """Give the ids of the assets that a person holds."""
    query = sa.select(Asset.id).where(Asset.custodian_person_id == person_id)
    return list(session.scalars(query))


def read_person(session: Session, person_id: int) -> Person:
    """Read one person.

    Raises:
        NotFoundError: there is no such person.
    """
    row = session.get(Person, person_id)
    if row is None:
        raise NotFoundError(f"There is no person {person_id}.")
    return row


def read_person_sheet(session: Session, person_id: int) -> PersonSheet:
    """Read all that the sheet of a person shows, in a fixed number of statements.

    Raises:
        NotFoundError: there is no such person.
    """
    person = read_person(session, person_id)
    manager = person.manager_id and session.get(Person, person.manager_id)
    login = session.scalar(sa.select(User.login).where(User.person_id == person_id))
    reports = session.execute(
        sa.select(Person.id, Person.name)
        .where(Person.manager_id == person_id)
        .order_by(Person.name, Person.id)
        .limit(MOST_HELD)
    )
    return PersonSheet(
        person,
        manager.name if manager else "",
        login or "",
        [(number, name) for number, name in reports],
        *_held(session, Asset.custodian_person_id == person_id),
        *_held(session, Asset.technician_person_id == person_id),
    )


def held_by_department(session: Session, department_ids: Collection[int]) -> list[HeldAsset]:
    """Give the assets that departments hold, by name, at most ``MOST_HELD``."""
    return _held(session, Asset.custodian_department_id.in_(department_ids))[0]


def count_members(session: Session) -> tuple[dict[int, int], dict[int, int]]:
    """Count the people and the assets of every department, without those below it."""
    members = sa.select(Person.department_id, sa.func.count()).group_by(Person.department_id)
    held = sa.select(Asset.custodian_department_id, sa.func.count()).where(
        Asset.custodian_department_id.is_not(None)
    )
    held = held.group_by(Asset.custodian_department_id)
    return (
        {key: count for key, count in session.execute(members) if key is not None},
        {key: count for key, count in session.execute(held) if key is not None},
    )


def suggest_people(session: Session, text: str, limit: int, today: date) -> list[Any]:
    """Give people who have not left and whose name or number holds every word, by name."""
    text = text.replace("\x00", " ")  # which PostgreSQL takes in no text
    if not text.strip():
        return []
    wanted = PeopleFilter(text, is_present=True, today=today)
    query = sa.select(Person.id, Person.name, Person.email, Person.external_id)
    query = query.where(*_conditions(wanted)).order_by(Person.name, Person.id).limit(limit)
    return list(session.execute(query))


def person_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Give the names of people."""
    query = sa.select(Person.id, Person.name).where(Person.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def read_managers(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Give the manager's name and the notes of people, by their ids."""
    manager = aliased(Person)
    query = (
        sa.select(Person.id, manager.name, Person.notes)
        .outerjoin(manager, manager.id == Person.manager_id)
        .where(Person.id.in_(ids))
    )
    return {number: (name or "", notes or "") for number, name, notes in session.execute(query)}


def _conditions(wanted: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        Person.search_text.like(f"%{folded(word).translate(_LIKE)}%", escape="\\")
        for word in wanted.text.split()
    ]
    if wanted.department_ids:
        conditions.append(Person.department_id.in_(wanted.department_ids))
    if wanted.site_ids:
        conditions.append(Person.site_id.in_(wanted.site_ids))
    if wanted.is_present is not None:
        has_left = sa.and_(Person.left_on.is_not(None), Person.left_on < wanted.today)
        conditions.append(~has_left if wanted.is_present else has_left)
    return conditions


def _held(session: Session, condition: sa.ColumnElement[bool]) -> tuple[list[HeldAsset], int]:
    count = session.scalar(sa.select(sa.func.count()).select_from(Asset).where(condition)) or 0
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.category,
            Asset.lifecycle_state,
            Asset.manufacturer,
            Asset.model_name,
            Asset.loan_due_on,
        )
        .where(condition)
        # Not by the index of names: SQLite would walk all of it where most assets have no holder.
        .order_by(sa.func.coalesce(Asset.name, ""), Asset.id)
        .limit(MOST_HELD)
    )
    rows = [
        HeldAsset(
            row.id,
            row.name,
            row.asset_tag,
            row.category,
            row.lifecycle_state,
            " ".join(filter(None, (row.manufacturer, row.model_name))),
            row.loan_due_on,
        )
        for row in session.execute(query)
    ]
    return rows, count
