"""Departments, read whole: there are few of them, and lists need only their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Department
from parc.naming import folded

_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class DepartmentNode:
    """One department; ``path`` names it from the top of its tree, ``depth`` is 0 there."""

    id: int
    name: str
    parent_id: int | None
    path: str
    depth: int


@dataclass(frozen=True, slots=True)
class Departments:
    """All departments by id, in the order of their paths."""

    by_id: Mapping[int, DepartmentNode]

    def within(self, department_id: int) -> list[int]:
        """Give the ids of a department and of all below it."""
        found = {department_id}
        grew = True
        while grew:
            inner = {d.id for d in self.by_id.values() if d.parent_id in found} - found
            found |= inner
            grew = bool(inner)
        return sorted(found)

    def path(self, department_id: int | None) -> str | None:
        """Give the path of a department, None for none."""
        one = self.by_id.get(department_id) if department_id is not None else None
        return one.path if one else None

    def matching(self, words: Sequence[str], limit: int) -> list[DepartmentNode]:
        """Give the first departments whose path holds every word, as folded."""
        found = []
        for one in self.by_id.values() if words else ():
            if all(word in folded(one.path) for word in words):
                found.append(one)
                if len(found) == limit:
                    break
        return found


def read_departments(session: Session) -> Departments:
    """Read all departments."""
    rows = session.execute(sa.select(Department.id, Department.name, Department.parent_id)).all()
    by_id = {row.id: row for row in rows}
    nodes = []
    for row in rows:
        chain = [row]
        while chain[-1].parent_id in by_id and len(chain) < _MAX_DEPTH:
            chain.append(by_id[chain[-1].parent_id])
        path = " > ".join(step.name for step in reversed(chain))
        nodes.append(DepartmentNode(row.id, row.name, row.parent_id, path, len(chain) - 1))
    nodes.sort(key=lambda node: folded(node.path))
    return Departments({node.id: node for node in nodes})
