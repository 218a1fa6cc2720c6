"""Departments: a tree; created, changed, deleted while nobody belongs to them.

The natural key of a department is its path, ``Direction > Service``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Department
from parc.naming import folded
from parc.queries.departments import Departments, read_departments
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.places import PATH_SEPARATOR, join_path, split_path
from parc.services.uses import InUseError, count_uses

_MOST_LEVELS = 8


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """What is wanted of a department, as typed; ``parent`` is the path of the one above."""

    name: str = ""
    parent: str = ""


def save_department(
    session: Session,
    actor: Actor,
    draft: DepartmentDraft,
    *,
    at: datetime,
    department_id: int | None = None,
) -> Department:
    """Create a department, or change the one of ``department_id``; writes only what differs.

    Raises:
        NotAllowedError: the role may not edit people.
        NotFoundError: no such department.
        InvalidInputError: by field: ``required``, ``taken``, ``not_found``, ``in_itself`` …
    """
    require(actor, Action.EDIT_PERSON)
    row = None if department_id is None else _find(session, department_id)
    values = _read(session, draft, row)
    before = {} if row is None else _shown(row)
    if row is None:
        row = Department(**values)
        session.add(row)
    else:
        row.name, row.parent_id = values["name"], values["parent_id"]
    session.flush()
    _record(session, actor, row, before=before, after=_shown(row), at=at)
    return row


def create_department_path(
    session: Session, actor: Actor, path: str, *, at: datetime
) -> Department:
    """Give the department of a path; what is missing of it is created.

    Raises:
        NotAllowedError: the role may not edit people.
        InvalidInputError: of ``path``: ``required``, ``too_deep``, or those of ``save_department``.
    """
    names = split_path(path)
    if not names:
        raise InvalidInputError([FieldProblem("path", "required")])
    if len(names) > _MOST_LEVELS:
        raise InvalidInputError([FieldProblem("path", "too_deep", str(_MOST_LEVELS))])
    above = ""
    for name in names:
        path = join_path([*split_path(above), name])
        number = find_department(session, path)
        if number is None:
            draft = DepartmentDraft(name=name, parent=above)
            number = save_department(session, actor, draft, at=at).id
        above = path
    return session.get_one(Department, number)


def delete_department(session: Session, actor: Actor, department_id: int, *, at: datetime) -> str:
    """Delete a department and give its name.

    Raises:
        NotAllowedError: the role may not delete people.
        NotFoundError: no such department.
        InUseError: somebody belongs to it, or it holds or has held an asset.
    """
    require(actor, Action.DELETE_PERSON)
    row = _find(session, department_id)
    if uses := count_uses(session, "department", department_id):
        raise InUseError(row.name, uses)
    _record(session, actor, row, before=_shown(row), after={}, at=at)
    session.delete(row)
    session.flush()
    return row.name


def find_department(
    session: Session, path: str, departments: Departments | None = None
) -> int | None:
    """Give the id of the department of a path; a name alone will do when only one has it."""
    known = (departments or read_departments(session)).by_id.values()
    wanted = folded(join_path(split_path(path)))
    by_path = [one.id for one in known if folded(one.path) == wanted]
    by_name = [one.id for one in known if folded(one.name) == wanted]
    found = by_path or by_name
    return found[0] if len(found) == 1 else None


def _read(session: Session, draft: DepartmentDraft, row: Department | None) -> dict[str, Any]:
    reader = FieldReader()
    name = reader.text("name", draft.name, most=200, is_required=True)
    if PATH_SEPARATOR in name:
        reader.add("name", "not_valid", PATH_SEPARATOR)
    departments = read_departments(session)
    parent: int | None = None
    if draft.parent.strip():
        parent = find_department(session, draft.parent, departments)
        if parent is None:
            reader.add("parent", "not_found", draft.parent[:100])
        elif row is not None and parent in departments.within(row.id):
            reader.add("parent", "in_itself", draft.parent[:100])
    others = [one for one in departments.by_id.values() if row is None or one.id != row.id]
    if any(one.parent_id == parent and folded(one.name) == folded(name) for one in others):
        reader.add("name", "taken", name)
    reader.raise_problems()
    return {"name": name, "parent_id": parent}


def _find(session: Session, department_id: int) -> Department:
    row = session.get(Department, department_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no department {department_id}")
    return row


def _shown(row: Department) -> dict[str, Any]:
    return {"name": row.name, "parent_id": row.parent_id}


def _record(
    session: Session,
    actor: Actor,
    row: Department,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    at: datetime,
) -> None:
    audit.record_difference(
        session,
        actor,
        at=at,
        subject_kind="department",
        subject_id=row.id,
        subject_name=row.name,
        before=before,
        after=after,
    )
