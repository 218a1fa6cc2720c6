"""Changing many assets at once: the plan that is shown first, and its act, undoable as a whole.

What cannot be done to one asset does not hold up the others: it is told, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from collectors.registries.placeholders import is_placeholder
from parc.errors import FieldProblem, InvalidInputError
from parc.models import Asset, AssetField, ChangeSetKind, CustomField, LifecycleState
from parc.naming import MACHINE_FIELDS
from parc.precedence import STATED, is_in_force
from parc.queries.custom_fields import is_of
from parc.queries.scope import scope_of, unlimited
from parc.services import assets
from parc.services.actor import Actor
from parc.services.asset_search import searched_once
from parc.services.asset_sources import leading_values_of
from parc.services.asset_values import clean_values, taken_values
from parc.services.bulk_writing import hold_assets, parts, write_release, write_state, write_values
from parc.services.change_sets import recording
from parc.services.custom_values import PREFIX, clean_for_many, held_values
from parc.services.permissions import Action, require

# Fields that may be the same on many assets; a name, a number or an address is one machine's.
BULK_FIELDS: Final = (
    "category",
    "manufacturer",
    "model_name",
    "location_id",
    "operating_system",
    "notes",
)
# A category is something always; of the others it may be known nothing.
EMPTIABLE_FIELDS: Final = tuple(name for name in BULK_FIELDS if name != "category")
# One transaction of a second or two, for which other writers of SQLite wait.
MOST_ASSETS: Final = 5_000
_SERIALS: Final = 500


@dataclass(frozen=True, slots=True)
class BulkLine:
    """What would become of one asset: ``changes`` by field, or why it cannot be."""

    asset_id: int
    asset_tag: str
    name: str
    changes: Mapping[str, tuple[Any, Any]]
    problem: FieldProblem | None = None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What would become of all of them."""

    changed: tuple[BulkLine, ...]
    refused: tuple[BulkLine, ...]
    unchanged: int


def plan_edit(
    session: Session,
    ids: Sequence[int],
    values: Mapping[str, Any],
    emptied: Collection[str] = (),
) -> BulkPlan:
    """Say what setting ``values``, and emptying others, would change.

    Args:
        values: of ``BULK_FIELDS``, as typed, and of the organisation's own as ``custom/key``; none
            is blank.
        emptied: of ``EMPTIABLE_FIELDS``; what its device says of one stands instead, if anything.
            Of one's own fields nothing does.

    Raises:
        InvalidInputError: by field; nothing to do is ``nothing_to_set`` of ``values``.
    """
    own_values, plain_values = _parted(values)
    emptied_own = [name.removeprefix(PREFIX) for name in emptied if name.startswith(PREFIX)]
    emptied = [name for name in emptied if not name.startswith(PREFIX)]
    own, problems = clean_for_many(session, own_values, emptied_own)
    cleaned = _cleaned(session, plain_values, emptied, problems, is_more=bool(own))
    lines = []
    for part in parts(ids):
        seen = leading_values_of(session, part) if emptied else {}
        held = held_values(session, part) if own else {}
        for asset in _assets(session, part):
            said = {name: value for name, (value, _source) in seen.get(asset.id, {}).items()}
            wanted = cleaned | {name: said.get(name) for name in emptied}
            changes = {
                name: (getattr(asset, name), value)
                for name, value in wanted.items()
                if getattr(asset, name) != value
            }
            category = wanted.get("category", asset.category)
            changes |= {
                PREFIX + field.key: (before, value)
                for field, value in own
                if (before := held.get((asset.id, field.id))) != value
            }
            lines.append(
                BulkLine(
                    *(asset.id, asset.asset_tag, asset.name, changes),
                    _foreign(own, category, changes),
                )
            )
    if "manufacturer" in cleaned:
        lines = _with_taken(session, lines, cleaned["manufacturer"])
    return _plan(lines)


def _parted(values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Part the texts of one's own fields, by key, from the values of Parc's."""
    own = {name.removeprefix(PREFIX): v for name, v in values.items() if name.startswith(PREFIX)}
    return own, {name: v for name, v in values.items() if not name.startswith(PREFIX)}


def _foreign(
    own: Sequence[tuple[CustomField, str | None]],
    category: Category,
    changes: Mapping[str, tuple[Any, Any]],
) -> FieldProblem | None:
    """Refuse a value in a field that assets of this category do not have."""
    for field, value in own:
        name = PREFIX + field.key
        if value is not None and name in changes and not is_of(field, category):
            return FieldProblem(name, "other_category")
    return None


def _with_taken(session: Session, lines: Sequence[BulkLine], manufacturer: str) -> list[BulkLine]:
    """Refuse the lines of assets whose serial number this manufacturer would have twice."""
    changed = [line.asset_id for line in lines if "manufacturer" in line.changes]
    own = {
        asset.id: asset.serial_number
        for asset in _assets(session, changed)
        if asset.serial_number and not is_placeholder(asset.serial_number)
    }
    holders: dict[str, list[tuple[int, str]]] = defaultdict(list)
    serials = sorted(set(own.values()))
    for start in range(0, len(serials), _SERIALS):
        query = sa.select(Asset.serial_number, Asset.id, Asset.asset_tag).where(
            Asset.serial_number.in_(serials[start : start + _SERIALS]),
            sa.or_(Asset.manufacturer == manufacturer, Asset.id.in_(own)),
        )
        with unlimited(session):
            rows = session.execute(query.order_by(Asset.id)).all()
        for serial, number, tag in rows:
            told = tag if scope_of(session) is None else serial  # it may stand elsewhere
            holders[serial or ""].append((number, told or ""))
    checked = []
    for line in lines:
        others = [t for n, t in holders[own.get(line.asset_id, "")] if n != line.asset_id]
        problem = FieldProblem("serial_number", "taken", others[0]) if others else line.problem
        checked.append(replace(line, problem=problem))
    return checked


def plan_state(session: Session, ids: Sequence[int], to: LifecycleState) -> BulkPlan:
    """Say which assets would come to a state, and which may not."""
    lines = []
    for asset in _assets(session, ids):
        before = asset.lifecycle_state
        changes = {} if before is to else {"lifecycle_state": (before, to)}
        problem = None
        if changes and to not in assets.TRANSITIONS[before]:
            problem = FieldProblem("lifecycle_state", "state_not_foreseen", before.value)
        lines.append(BulkLine(asset.id, asset.asset_tag, asset.name, changes, problem))
    return _plan(lines)


def plan_release(
    session: Session, ids: Sequence[int], fields: Collection[str], *, at: datetime
) -> BulkPlan:
    """Say what lifting the locks of people's values would change.

    Args:
        fields: only locks of these; none: of all.

    Raises:
        InvalidInputError: one is no field that machines know.
    """
    unknown = [name for name in fields if name not in MACHINE_FIELDS]
    if unknown:
        raise InvalidInputError([FieldProblem("field", "unknown_field", unknown[0][:40])])
    lines = []
    for part in parts(ids):
        locked = _locked_fields(session, part, fields or MACHINE_FIELDS, at)
        seen = leading_values_of(session, locked)
        for asset in _assets(session, part):
            said = seen.get(asset.id, {})
            changes = {
                name: (own, said[name][0] if name in said else own)
                for name in locked.get(asset.id, ())
                for own in (getattr(asset, name),)
            }
            lines.append(BulkLine(asset.id, asset.asset_tag, asset.name, changes))
    return _plan(lines)


def _locked_fields(
    session: Session, ids: Sequence[int], fields: Collection[str], at: datetime
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = sa.select(AssetField.asset_id, AssetField.field, AssetField.locked_until).where(
        AssetField.asset_id.in_(ids),
        AssetField.source.in_(STATED),
        AssetField.field.in_(fields),
    )
    for asset_id, name, until in session.execute(query.order_by(AssetField.field)):
        if is_in_force(until, at):
            found[asset_id].append(name)
    return found


def release_many(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    fields: Collection[str],
    *,
    at: datetime,
) -> BulkPlan:
    """Lift the locks of people's values on all assets, as one act; gives what was done.

    Raises:
        InvalidInputError: one is no field that machines know.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    hold_assets(session, ids)
    made = plan_release(session, ids, fields, at=at)
    title = {"code": "locks_released"}
    with (
        recording(session, actor, ChangeSetKind.BULK_RELEASE, title, at),
        searched_once(session),
    ):
        write_release(session, actor, _changes(made), at)
    return made


def edit_many(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    values: Mapping[str, Any],
    emptied: Collection[str] = (),
    *,
    at: datetime,
) -> BulkPlan:
    """Set and empty the fields of all assets that differ, as one act; gives what was done.

    Raises:
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    hold_assets(session, ids)
    made = plan_edit(session, ids, values, emptied)
    title = {"code": "edited"}
    with (
        recording(session, actor, ChangeSetKind.BULK_EDIT, title, at),
        searched_once(session),
    ):
        write_values(session, actor, _changes(made), emptied, at)
    return made


def change_states(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    to: LifecycleState,
    *,
    at: datetime,
) -> BulkPlan:
    """Move all assets that may to a state, as one act; gives what was done.

    Raises:
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    hold_assets(session, ids)
    made = plan_state(session, ids, to)
    title = {"code": "state_changed"}
    with (
        recording(session, actor, ChangeSetKind.BULK_STATE, title, at),
        searched_once(session),
    ):
        write_state(session, actor, _changes(made), to, at)
    return made


def _cleaned(
    session: Session,
    values: Mapping[str, Any],
    emptied: Collection[str],
    found: Sequence[FieldProblem],
    *,
    is_more: bool,
) -> dict[str, Any]:
    """Check values of Parc's fields; ``found`` and ``is_more`` are of the organisation's own."""
    cleaned, problems = clean_values(values)
    problems += found
    problems += [
        FieldProblem(name, "unknown_field", name) for name in values if name not in BULK_FIELDS
    ]
    given = {name: value for name, value in cleaned.items() if value is not None}
    problems += [
        FieldProblem(name, "unknown_field", name)
        for name in emptied
        if name not in EMPTIABLE_FIELDS
    ]
    problems += [FieldProblem(name, "set_and_emptied") for name in emptied if name in given]
    problems += taken_values(session, given, None)
    if not (given or emptied or is_more or problems):
        problems.append(FieldProblem("values", "nothing_to_set"))
    if problems:
        raise InvalidInputError(problems)
    return given


def _assets(session: Session, ids: Sequence[int]) -> Iterator[Asset]:
    for part in parts(ids):
        yield from session.scalars(sa.select(Asset).where(Asset.id.in_(part)).order_by(Asset.id))


def _changes(made: BulkPlan) -> dict[int, Mapping[str, tuple[Any, Any]]]:
    return {line.asset_id: line.changes for line in made.changed}


def _plan(lines: Sequence[BulkLine]) -> BulkPlan:
    changed = [line for line in lines if line.changes and line.problem is None]
    refused = [line for line in lines if line.problem is not None]
    return BulkPlan(tuple(changed), tuple(refused), len(lines) - len(changed) - len(refused))
