"""What a login that is limited to places may write: nothing that points beyond them.

Reading is narrowed in ``parc/queries/scope.py``; what was never read cannot be changed. Here, each
flush of such a session is looked at once more: an asset stays within the places, and a key that a
new or changed row names is of something that the login sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import Asset, Base, Device, Incident, Location
from parc.queries.scope import Condition, lies_within, scope_of, unlimited
from parc.services.row_images import Key, RowImage

_CHUNK: Final = 500
_TARGETS: Final[Mapping[str, type[Base]]] = {
    one.__tablename__: one for one in (Asset, Device, Incident, Location)
}
# Where an asset was before it came in sight, and where it stood when it was merged.
_PAST: Final = frozenset({"from_location_id"})


def require_within(session: Session, images: Mapping[Key, RowImage]) -> None:
    """Refuse to take back an act that reaches beyond what a limited login sees.

    Raises:
        ConflictError: one of its assets or devices stands, or stood, elsewhere.
    """
    if scope_of(session) is None:
        return
    named: dict[str, set[int]] = {name: set() for name in _TARGETS}
    gone: dict[str, set[int]] = {name: set() for name in _TARGETS}
    for (table, key), image in images.items():
        if table in _TARGETS:
            (named if image.after is not None else gone)[table].add(key[0])
        for row in (image.before or {}, image.after or {}):
            for column, target in (("asset_id", "asset"), ("location_id", "location")):
                if row.get(column) is not None and not (table == "device" and image.before):
                    named[target].add(row[column])
        if table == "asset" and "location_id" in (image.before or {}):
            named["location"].add((image.before or {})["location_id"] or 0)
    for name, model in _TARGETS.items():
        if _beyond(session, model, named[name] - gone[name]):
            raise ConflictError("it reaches beyond the places that you see")


def without_beyond(session: Session, model: type[Base], ids: Iterable[int]) -> set[int]:
    """Give some ids but for those of rows that stand where a limited login does not see them.

    An id of no row, as of one that was just deleted, stays.
    """
    wanted = set(ids)
    if scope_of(session) is None:
        return wanted
    unseen = _unseen(session, model, wanted)
    with unlimited(session):
        return wanted - (unseen - _unseen(session, model, unseen))


@event.listens_for(Session, "before_flush")
def _stay_within(session: Session, context: Any, instances: Any) -> None:
    """Refuse what a limited login would write beyond its places.

    Raises:
        InvalidInputError: of ``location_id``: an asset would leave its sight.
        NotFoundError: a row would name what it does not see.
    """
    del context, instances
    if scope_of(session) is None:
        return
    named: dict[str, set[int]] = {name: set() for name in _TARGETS}
    standing: set[int] = set()
    for one in (*session.new, *session.dirty):
        for column, target, value in _changed_keys(one):
            if isinstance(one, Asset) and column == "location_id":
                standing.add(value or 0)
            elif value is not None and column not in _PAST:
                named[target].add(value)
    if _beyond(session, Location, standing):
        raise InvalidInputError([FieldProblem("location_id", "beyond_places")])
    for name, model in _TARGETS.items():
        if found := _beyond(session, model, named[name]):
            raise NotFoundError(f"no {name} {min(found)}")


def _changed_keys(one: Any) -> Iterator[tuple[str, str, Any]]:
    """Give column, table and value of the keys that a row newly names."""
    state = sa.inspect(one)
    for attribute in state.mapper.column_attrs:
        for key in attribute.columns[0].foreign_keys:
            target = key.column.table.name
            if target in _TARGETS and (not state.persistent or _has_changed(state, attribute.key)):
                yield attribute.key, target, getattr(one, attribute.key)


def _has_changed(state: Any, name: str) -> bool:
    return bool(state.attrs[name].history.has_changes())


def _beyond(session: Session, model: type[Base], ids: set[int]) -> set[int]:
    """Give those of some ids that the session does not see, or places that are not its own."""
    return _unseen(session, model, ids, *([lies_within(Location.id)] if model is Location else []))


def _unseen(session: Session, model: type[Base], ids: set[int], *conditions: Condition) -> set[int]:
    """Give those of some ids of which the session finds no row that meets the conditions."""
    found: set[int] = set()
    ordered = sorted(ids)
    key: Any = sa.inspect(model).primary_key[0]
    column = getattr(model, key.key)
    for start in range(0, len(ordered), _CHUNK):
        part = ordered[start : start + _CHUNK]
        found |= set(part) - set(
            session.scalars(sa.select(column).where(column.in_(part), *conditions))
        )
    return found
