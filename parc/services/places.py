"""Places: created, changed, deleted while nothing stands in them; found by their path.

Texts come in as they were typed or as they stand in a file; what cannot be taken is told by field.
The natural key of a place is its path, ``Site > Building > Floor > Room``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Location, LocationKind
from parc.naming import folded
from parc.queries.locations import Places, read_places
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.uses import InUseError, count_uses

PATH_SEPARATOR: Final = ">"
LEVELS: Final = tuple(LocationKind)
_LENGTHS: Final = {"code": 40, "postal_code": 20, "city": 120, "time_zone": 60}
_GO_ALONG: Final = ("wall_outlet", "inbox_entry")


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """What is wanted of a place, as typed; ``parent`` is the path of the place that it lies in."""

    name: str = ""
    kind: str = LocationKind.ROOM.value
    parent: str = ""
    code: str = ""
    address: str = ""
    postal_code: str = ""
    city: str = ""
    time_zone: str = ""
    notes: str = ""


def save_place(
    session: Session, actor: Actor, draft: PlaceDraft, *, at: datetime, place_id: int | None = None
) -> Location:
    """Create a place, or change the one of ``place_id``; writes only what differs.

    Raises:
        NotAllowedError: the role may not edit places.
        NotFoundError: no such place.
        InvalidInputError: by field: ``required``, ``taken``, ``not_found``, ``not_valid`` …
    """
    require(actor, Action.EDIT_PLACE)
    row = None if place_id is None else _find(session, place_id)
    values = _read(session, draft, row)
    before = {} if row is None else _shown(row)
    if row is None:
        row = Location(**values)
        session.add(row)
    else:
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    session.flush()
    _record(session, actor, row, before=before, after=_shown(row), at=at)
    return row


def create_path(
    session: Session, actor: Actor, path: str, *, at: datetime, kind: LocationKind | None = None
) -> Location:
    """Give the place of a path; what is missing of it is created, each level below the one above.

    Args:
        kind: of the last place; else the level of its depth.

    Raises:
        NotAllowedError: the role may not edit places.
        InvalidInputError: of ``path``: ``required``, ``too_deep``, or those of ``save_place``.
    """
    names = split_path(path)
    if not names:
        raise InvalidInputError([FieldProblem("path", "required")])
    if len(names) > len(LEVELS):
        raise InvalidInputError([FieldProblem("path", "too_deep", str(len(LEVELS)))])
    place: Location | None = None
    for depth in range(1, len(names) + 1):
        part = join_path(names[:depth])
        number = find_place(session, part)
        if number is not None:
            place = session.get_one(Location, number)
            continue
        level = kind if kind is not None and depth == len(names) else LEVELS[depth - 1]
        draft = PlaceDraft(
            name=names[depth - 1], kind=level.value, parent=join_path(names[: depth - 1])
        )
        place = save_place(session, actor, draft, at=at)
    if place is None:  # pragma: no cover -- a path has at least one name
        raise InvalidInputError([FieldProblem("path", "required")])
    return place


def delete_place(session: Session, actor: Actor, place_id: int, *, at: datetime) -> str:
    """Delete a place with its outlets, and give its name.

    Raises:
        NotAllowedError: the role may not delete places.
        NotFoundError: no such place.
        InUseError: something lies in it, stands there or has stood there.
    """
    require(actor, Action.DELETE_PLACE)
    row = _find(session, place_id)
    if uses := count_uses(session, "location", place_id, but=_GO_ALONG):
        raise InUseError(row.name, uses)
    _record(session, actor, row, before=_shown(row), after={}, at=at)
    session.delete(row)
    session.flush()
    return row.name


def find_place(session: Session, path: str, places: Places | None = None) -> int | None:
    """Give the id of the place of a path, however its names are cased; None when there is none."""
    wanted = folded(join_path(split_path(path)))
    for place in (places or read_places(session)).by_id.values():
        if folded(place.path) == wanted:
            return place.id
    return None


def split_path(path: str) -> list[str]:
    """Give the names of a path, from the site down."""
    return [name for part in path.split(PATH_SEPARATOR) if (name := " ".join(part.split()))]


def join_path(names: list[str]) -> str:
    """Give the path of names, as places are shown."""
    return f" {PATH_SEPARATOR} ".join(names)


def _read(session: Session, draft: PlaceDraft, row: Location | None) -> dict[str, Any]:
    reader = FieldReader()
    values: dict[str, Any] = {
        "name": reader.text("name", draft.name, most=200, is_required=True),
        "kind": reader.word("kind", draft.kind, LocationKind, LocationKind.ROOM),
        "address": reader.lines("address", draft.address, most=500) or None,
        "notes": reader.lines("notes", draft.notes, most=20_000) or None,
    }
    for name, most in _LENGTHS.items():
        values[name] = reader.text(name, getattr(draft, name), most=most) or None
    if PATH_SEPARATOR in values["name"]:
        reader.add("name", "not_valid", PATH_SEPARATOR)
    if values["time_zone"] and values["time_zone"] not in available_timezones():
        reader.add("time_zone", "not_a_time_zone", values["time_zone"])
    places = read_places(session)
    values["parent_id"] = _parent(session, reader, draft, values["kind"], row, places)
    if not reader.problems:
        _check_free(session, reader, values, row)
        _check_children(reader, values["kind"], row, places)
    reader.raise_problems()
    return values


def _parent(
    session: Session,
    reader: FieldReader,
    draft: PlaceDraft,
    kind: LocationKind,
    row: Location | None,
    places: Places,
) -> int | None:
    """Give the id of the place that it lies in: of a higher level, and not in itself."""
    if not draft.parent.strip():
        if kind is not LocationKind.SITE:
            reader.add("parent", "required")
        return None
    number = find_place(session, draft.parent, places)
    if number is None:
        reader.add("parent", "not_found", draft.parent[:100])
        return None
    parent = places.by_id[number]
    if LEVELS.index(parent.kind) >= LEVELS.index(kind):
        reader.add("parent", "not_above", parent.path[:100])
    elif row is not None and number in places.within(row.id):
        reader.add("parent", "in_itself", parent.path[:100])
    return number


def _check_free(
    session: Session, reader: FieldReader, values: dict[str, Any], row: Location | None
) -> None:
    others = sa.true() if row is None else Location.id != row.id
    parent = values["parent_id"]
    same = Location.parent_id.is_(None) if parent is None else Location.parent_id == parent
    for name in session.scalars(sa.select(Location.name).where(same, others)):
        if folded(name) == folded(values["name"]):
            reader.add("name", "taken", name)


def _check_children(
    reader: FieldReader, kind: LocationKind, row: Location | None, places: Places
) -> None:
    if row is None:
        return
    inner = [p for p in places.by_id.values() if p.parent_id == row.id]
    if any(LEVELS.index(p.kind) <= LEVELS.index(kind) for p in inner):
        reader.add("kind", "not_above", inner[0].name)


def _find(session: Session, place_id: int) -> Location:
    row = session.get(Location, place_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no place {place_id}")
    return row


def _shown(row: Location) -> dict[str, Any]:
    names = [field.name for field in fields(PlaceDraft) if field.name != "parent"]
    return {name: getattr(row, name) for name in (*names, "parent_id")}


def _record(
    session: Session,
    actor: Actor,
    row: Location,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    at: datetime,
) -> None:
    audit.record_difference(
        session,
        actor,
        at=at,
        subject_kind="location",
        subject_id=row.id,
        subject_name=row.name,
        before=before,
        after=after,
    )


def draft_of(row: Location, places: Places) -> PlaceDraft:
    """Give a place as a form shows it."""
    texts = {name: getattr(row, name) or "" for name in asdict(PlaceDraft()) if name != "parent"}
    return PlaceDraft(**texts, parent=places.path(row.parent_id) or "")
