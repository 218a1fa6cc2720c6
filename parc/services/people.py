"""People: created, changed, deleted while nothing hangs on them; found by what names them.

A person is named by their e-mail address, their external id, or their name when only one bears
it. ``person_label`` writes what ``find_person`` reads, so that a field of a form or a cell of a
file can name one among homonyms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Person
from parc.naming import folded
from parc.services import audit
from parc.services.actor import Actor
from parc.services.departments import find_department
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.places import find_place
from parc.services.uses import InUseError, count_uses

_LABEL: Final = re.compile(r".*\((?P<key>[^()]+)\)", re.DOTALL)
_NUMBER: Final = re.compile(r"#(\d{1,9})", re.ASCII)
_SHOWN: Final = (
    "name",
    "email",
    "phone",
    "department_id",
    "manager_id",
    "site_id",
    "arrived_on",
    "left_on",
    "external_id",
    "notes",
)
# What a login or a manager's row says of a person ends with them.
_GO_ALONG: Final = ("user",)
_LIKE: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
_MOST_NAME: Final = 300


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """What is wanted of a person, as typed.

    Attributes:
        department, site: paths; manager: what ``find_person`` reads.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    department: str = ""
    manager: str = ""
    site: str = ""
    arrived_on: str = ""
    left_on: str = ""
    external_id: str = ""
    notes: str = ""


def save_person(
    session: Session,
    actor: Actor,
    draft: PersonDraft,
    *,
    at: datetime,
    person_id: int | None = None,
) -> Person:
    """Create a person, or change the one of ``person_id``; writes only what differs.

    Raises:
        NotAllowedError: the role may not edit people.
        NotFoundError: no such person.
        InvalidInputError: by field: ``required``, ``taken``, ``not_found``, ``several`` …
    """
    require(actor, Action.EDIT_PERSON)
    row = None if person_id is None else _find(session, person_id)
    values = _read(session, draft, row)
    before = {} if row is None else _shown(row)
    if row is None:
        row = Person(**values, created_at=at, updated_at=at)
        session.add(row)
    changed = {name: value for name, value in values.items() if before.get(name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = at
        row.search_text = search_text(row)
        session.flush()
        _record(session, actor, row, before=before, after=_shown(row), at=at)
    return row


def delete_person(session: Session, actor: Actor, person_id: int, *, at: datetime) -> str:
    """Delete a person and give their name; their login, if any, stays.

    Raises:
        NotAllowedError: the role may not delete people.
        NotFoundError: no such person.
        InUseError: they hold or have held an asset, or look after one, or are a manager.
    """
    require(actor, Action.DELETE_PERSON)
    row = _find(session, person_id)
    if uses := count_uses(session, "person", person_id, but=_GO_ALONG):
        raise InUseError(row.name, uses)
    _record(session, actor, row, before=_shown(row), after={}, at=at)
    session.delete(row)
    session.flush()
    return row.name


def person_label(name: str, email: str | None, external_id: str | None, number: int) -> str:
    """Give what names one person, and only this one."""
    return f"{name} ({email or external_id or f'#{number}'})"


def find_person(session: Session, text: str) -> int:
    """Give the id of the person that a text names.

    Args:
        text: an e-mail address, an external id, ``person_label``, or a name that one alone bears;
            of homonyms, those who have left do not count when one has not.

    Raises:
        InvalidInputError: of ``person``: ``required``, ``not_found`` or ``several``.
    """
    wanted = " ".join(text.split())
    if not wanted:
        raise InvalidInputError([FieldProblem("person", "required")])
    for key in (wanted, *([match["key"].strip()] if (match := _LABEL.fullmatch(wanted)) else [])):
        if (number := _by_key(session, key)) is not None:
            return number
    found = _by_name(session, wanted)
    if len(found) != 1:
        code = "several" if found else "not_found"
        raise InvalidInputError([FieldProblem("person", code, wanted[:100])])
    return found[0]


def search_text(row: Person) -> str:
    """Give what a search for people compares."""
    texts = (row.name, row.email, row.external_id, row.phone)
    return " ".join(folded(text) for text in texts if text)


def _by_key(session: Session, key: str) -> int | None:
    if match := _NUMBER.fullmatch(key):
        return session.scalar(sa.select(Person.id).where(Person.id == int(match[1])))
    same = sa.or_(Person.email == key.casefold(), Person.external_id == key)
    return session.scalar(sa.select(Person.id).where(same).order_by(Person.id).limit(1))


def _by_name(session: Session, name: str) -> list[int]:
    start = folded(name)
    if len(start) > _MOST_NAME:  # no name is as long, and databases refuse such a pattern
        return []
    query = sa.select(Person.id, Person.name, Person.left_on).where(
        Person.search_text.like(f"{start.translate(_LIKE)}%", escape="\\")
    )
    rows = [row for row in session.execute(query) if folded(row.name) == start]
    present = [row.id for row in rows if row.left_on is None]
    return present or [row.id for row in rows]


def _read(session: Session, draft: PersonDraft, row: Person | None) -> dict[str, Any]:
    reader = FieldReader()
    values: dict[str, Any] = {
        "name": reader.text("name", draft.name, most=200, is_required=True),
        "email": reader.email("email", draft.email) or None,
        "phone": reader.text("phone", draft.phone, most=60) or None,
        "external_id": reader.text("external_id", draft.external_id, most=120) or None,
        "arrived_on": reader.date("arrived_on", draft.arrived_on),
        "left_on": reader.date("left_on", draft.left_on),
        "notes": reader.lines("notes", draft.notes, most=20_000) or None,
    }
    arrived, left = values["arrived_on"], values["left_on"]
    if arrived and left and left < arrived:
        reader.add("left_on", "before_arrival", arrived.isoformat())
    values |= _links(session, reader, draft, row)
    others = sa.true() if row is None else Person.id != row.id
    for name in ("email", "external_id"):
        if values[name]:
            query = sa.select(Person.name).where(getattr(Person, name) == values[name], others)
            if (same := session.scalar(query)) is not None:
                reader.add(name, "taken", same)
    reader.raise_problems()
    return values


def _links(
    session: Session, reader: FieldReader, draft: PersonDraft, row: Person | None
) -> dict[str, int | None]:
    links: dict[str, int | None] = {"department_id": None, "site_id": None, "manager_id": None}
    if draft.department.strip():
        links["department_id"] = find_department(session, draft.department)
        if links["department_id"] is None:
            reader.add("department", "not_found", draft.department[:100])
    if draft.site.strip():
        links["site_id"] = find_place(session, draft.site)
        if links["site_id"] is None:
            reader.add("site", "not_found", draft.site[:100])
    if draft.manager.strip():
        try:
            links["manager_id"] = find_person(session, draft.manager)
        except InvalidInputError as error:
            reader.problems += [FieldProblem("manager", p.code, p.value) for p in error.problems]
        if row is not None and links["manager_id"] == row.id:
            reader.add("manager", "in_itself", row.name)
    return links


def _find(session: Session, person_id: int) -> Person:
    row = session.get(Person, person_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no person {person_id}")
    return row


def _shown(row: Person) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _record(
    session: Session,
    actor: Actor,
    row: Person,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    at: datetime,
) -> None:
    audit.record_difference(
        session,
        actor,
        at=at,
        subject_kind="person",
        subject_id=row.id,
        subject_name=row.name,
        before=before,
        after=after,
    )
