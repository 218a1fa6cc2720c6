"""Assets made and changed many at once: as each would be, with some statements for all of them.

A new asset may have its holder at once; its entry says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.errors import ConflictError, FieldProblem, InvalidInputError
from parc.models import (
    Asset,
    AssetField,
    Department,
    LifecycleState,
    Location,
    MovementSource,
    Person,
    Supplier,
)
from parc.precedence import BY_HAND, Stated
from parc.queries.field_rules import read_rules
from parc.services import audit
from parc.services.actor import Actor
from parc.services.asset_search import SEARCHED, refresh_search_texts, search_text
from parc.services.asset_sources import Writing, mark_stated
from parc.services.asset_tags import next_asset_tags
from parc.services.asset_values import EDITABLE_FIELDS, clean_values, complete_warranty
from parc.services.assets import created_changes
from parc.services.bulk_writing import hold_assets, write_values
from parc.services.change_sets import note
from parc.services.custom_values import Cleaned, write_custom
from parc.services.movement_writing import add_entries
from parc.services.permissions import Action, require
from parc.services.row_images import RowImage, stored
from parc.services.touched_assets import follow_later

# What must be there once: ``edit_asset`` looks for who else has it.
ALONE: Final = frozenset({"asset_tag", "serial_number", "manufacturer"})
T = TypeVar("T")
_PART: Final = 500
_LINKS: Final[Mapping[str, type[Any]]] = {
    "location_id": Location,
    "supplier_id": Supplier,
    "technician_person_id": Person,
    "custodian_person_id": Person,
    "custodian_department_id": Department,
}


@dataclass(frozen=True, slots=True)
class NewAsset:
    """One asset to be.

    Attributes:
        values: of ``assets.EDITABLE_FIELDS``; without ``asset_tag`` the next number is taken.
        person_id, department_id: who holds it; one of them at most.
        due_on: until when, of one that is lent.
        own: values in the organisation's own fields by their ids, as ``clean_custom`` gave them.
    """

    values: Mapping[str, Any]
    state: LifecycleState = LifecycleState.IN_USE
    person_id: int | None = None
    department_id: int | None = None
    due_on: date | None = None
    own: Cleaned = field(default_factory=dict)

    @property
    def holder(self) -> dict[str, Any]:
        """Give the columns of the holder that are filled."""
        columns = {
            "custodian_person_id": self.person_id,
            "custodian_department_id": self.department_id,
            "loan_due_on": self.due_on,
        }
        return {name: value for name, value in columns.items() if value is not None}


@dataclass(frozen=True, slots=True)
class AssetChange:
    """Values that one asset gets.

    Attributes:
        version: of the asset as it was read.
        values: of ``assets.EDITABLE_FIELDS``, none empty and none of ``ALONE``.
    """

    asset_id: int
    version: int
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Made:
    """Values that can be taken, and what stands against them, over all assets of a batch."""

    values: list[dict[str, Any]] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)


def create_assets(
    session: Session,
    actor: Actor,
    wanted: Sequence[NewAsset],
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
    stated: Stated = BY_HAND,
) -> list[int]:
    """Create all assets or none; gives their ids in the order of ``wanted``.

    Raises:
        InvalidInputError: by field, of any of them, as ``create_asset``.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    if any(one.holder for one in wanted):
        require(actor, Action.MOVE_ASSET)
    made = _cleaned(wanted)
    holders = [one.holder for one in wanted]
    made.problems += _taken(session, made.values)
    made.problems += _missing_links(session, [*made.values, *holders])
    if made.problems:
        raise InvalidInputError(made.problems)
    tagless = [values for values in made.values if not values.get("asset_tag")]
    tags = next_asset_tags(session, [values["category"] for values in tagless])
    for values, tag in zip(tagless, tags, strict=True):
        values["asset_tag"] = tag
    assets = []
    for one, values in zip(wanted, made.values, strict=True):
        texts = search_text(values.get(name) for name in SEARCHED)
        columns = {**values, **one.holder, "search_text": texts, "lifecycle_state": one.state}
        assets.append(Asset(created_at=at, updated_at=at, **columns))
    session.add_all(assets)
    session.flush()
    writing = Writing(actor, at, read_rules(session), stated)
    _write_sources(session, assets, made.values, writing)
    add_entries(session, actor, assets, at=at, source=source)
    session.flush()
    told = _write_own(session, actor, wanted, assets, stated=stated, at=at)
    entries = [
        audit.Entry("asset", a.id, a.name, "created", created_changes(a) | told.get(a.id, {}))
        for a in assets
    ]
    audit.record_all(session, actor, at=at, entries=entries)
    numbers = [asset.id for asset in assets]
    follow_later(session, numbers)
    return numbers


def change_assets(
    session: Session,
    actor: Actor,
    wanted: Sequence[AssetChange],
    *,
    at: datetime,
    stated: Stated = BY_HAND,
) -> None:
    """Give all assets their values, or none of them.

    Raises:
        ConflictError: somebody changed one of them since, or it is gone.
        InvalidInputError: by field, of any of them, as ``edit_asset``.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    hold_assets(session, [one.asset_id for one in wanted])
    changes: dict[int, dict[str, tuple[Any, Any]]] = {}
    problems: list[FieldProblem] = []
    values: list[dict[str, Any]] = []
    for one in wanted:
        asset = session.get(Asset, one.asset_id)
        if asset is None or asset.version != one.version:
            raise ConflictError(f"asset {one.asset_id} was changed meanwhile")
        cleaned, wrong = clean_values(one.values)
        problems += wrong
        problems += [
            FieldProblem(name, "one_asset_only" if name in ALONE else "required")
            for name, value in cleaned.items()
            if value is None or name in ALONE
        ]
        changed = {name: value for name, value in cleaned.items() if value != getattr(asset, name)}
        complete_warranty(changed, {name: getattr(asset, name) for name in EDITABLE_FIELDS})
        if changed:
            changes[asset.id] = {name: (getattr(asset, name), v) for name, v in changed.items()}
            values.append(changed)
    if problems := problems + _missing_links(session, values):
        raise InvalidInputError(problems)
    write_values(session, actor, changes, (), at, stated)


def _write_own(
    session: Session,
    actor: Actor,
    wanted: Sequence[NewAsset],
    assets: Sequence[Asset],
    *,
    stated: Stated,
    at: datetime,
) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Write values into the organisation's own fields; gives what the history says of each."""
    own = [(asset.id, one.own) for asset, one in zip(assets, wanted, strict=True) if one.own]
    told: dict[int, dict[str, tuple[Any, Any]]] = {}
    for start in range(0, len(own), _PART):
        part = dict(own[start : start + _PART])
        told |= write_custom(session, actor, part, source=stated.source, at=at)
    if told:
        refresh_search_texts(session, told)
    return told


def _write_sources(
    session: Session,
    assets: Sequence[Asset],
    values: Sequence[Mapping[str, Any]],
    writing: Writing,
) -> None:
    """Note whose each value is, past the unit of work: there are a dozen rows an asset."""
    columns = [column.key for column in AssetField.__table__.columns]
    usual: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    images: list[tuple[tuple[Any, ...], RowImage]] = []
    for asset, given in zip(assets, values, strict=True):
        for name in given:
            if name == "asset_tag":
                continue
            if name not in usual:
                one = AssetField(asset_id=0, field=name)
                mark_stated(one, writing)
                usual[name] = {column: getattr(one, column) for column in columns}
            row = {**usual[name], "asset_id": asset.id}
            rows.append(row)
            images.append(((asset.id, name), RowImage(None, stored(row))))
    if rows:
        session.execute(sa.insert(AssetField), rows)
    note(session, AssetField.__tablename__, images)


def _cleaned(wanted: Sequence[NewAsset]) -> _Made:
    made = _Made()
    for one in wanted:
        cleaned, problems = clean_values(one.values)
        for name in ("name", "category"):
            if cleaned.get(name) is None and not any(p.field == name for p in problems):
                problems.append(FieldProblem(name, "required"))
        if one.person_id is not None and one.department_id is not None:
            problems.append(FieldProblem("department", "one_holder"))
        given = {name: value for name, value in cleaned.items() if value is not None}
        complete_warranty(given, {})
        made.values.append(given)
        made.problems += problems
    return made


def _taken(session: Session, values: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Find tags, and serial numbers with their maker, that are there or are meant twice."""
    tags = [one["asset_tag"] for one in values if one.get("asset_tag")]
    serials = [
        (one["serial_number"], one["manufacturer"])
        for one in values
        if one.get("manufacturer")
        and one.get("serial_number")
        and not is_placeholder(one["serial_number"])
    ]
    problems = [FieldProblem("asset_tag", "taken", tag) for tag in _repeated(tags)]
    problems += [FieldProblem("serial_number", "taken", s) for s, _maker in _repeated(serials)]
    for part in _parts(tags):
        query = sa.select(Asset.asset_tag, Asset.name).where(Asset.asset_tag.in_(part))
        found = session.execute(query)
        problems += [FieldProblem("asset_tag", "taken", name) for _tag, name in found]
    pairs = set(serials)
    columns = (Asset.serial_number, Asset.manufacturer, Asset.asset_tag)
    for some in _parts([serial for serial, _maker in serials]):
        query_serials = sa.select(*columns).where(Asset.serial_number.in_(some))
        problems += [
            FieldProblem("serial_number", "taken", tag)
            for serial, maker, tag in session.execute(query_serials)
            if (serial, maker) in pairs
        ]
    return problems


def _missing_links(session: Session, values: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    problems = []
    for name, model in _LINKS.items():
        given = {one[name] for one in values if one.get(name) is not None}
        for part in _parts(sorted(given)):
            there = set(session.scalars(sa.select(model.id).where(model.id.in_(part))))
            problems += [FieldProblem(name, "not_found", str(n)) for n in part if n not in there]
    return problems


def _repeated(items: Sequence[T]) -> list[T]:
    seen: set[T] = set()
    return [one for one in items if one in seen or seen.add(one)]  # type: ignore[func-returns-value]


def _parts(items: Collection[T]) -> Iterator[list[T]]:
    ordered = list(items)
    for start in range(0, len(ordered), _PART):
        yield ordered[start : start + _PART]
