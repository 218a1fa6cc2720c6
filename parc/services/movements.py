"""The one service that applies movements: of one asset, of a basket, and their cancelling.

State, place and holder of an asset are what its confirmed movements say, in the order in which
they were entered. What a kind asks and does is in ``movement_kinds.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    ChangeSetKind,
    Department,
    Location,
    Movement,
    MovementKind,
    MovementSource,
    MovementStatus,
    Person,
)
from parc.services import audit
from parc.services.actor import Actor
from parc.services.asset_search import searched_once, touch
from parc.services.assets import hold_asset
from parc.services.change_sets import recording
from parc.services.movement_drafts import missing_proof
from parc.services.movement_kinds import (
    KINDS,
    Holder,
    Order,
    Standing,
    find_problem,
    next_standing,
)
from parc.services.movement_writing import (
    STANDING_COLUMNS,
    before_of,
    last_confirmed,
    put,
    refresh_said,
    standing_of,
    write_movement,
)
from parc.services.permissions import Action, require

MOST_ASSETS: Final = 1_000
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class BasketLine:
    """What would become of one asset of a basket, or why it cannot be."""

    asset_id: int
    asset_tag: str
    name: str
    before: Standing
    after: Standing
    problem: FieldProblem | None = None


@dataclass(frozen=True, slots=True)
class BasketPlan:
    """What would become of all assets of a basket; it is applied as a whole or not at all."""

    lines: tuple[BasketLine, ...]

    @property
    def problems(self) -> list[BasketLine]:
        """Give the lines that stand in the way."""
        return [line for line in self.lines if line.problem is not None]


def apply(
    session: Session,
    actor: Actor,
    asset_id: int,
    order: Order,
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
) -> Movement:
    """Apply one movement to one asset.

    Raises:
        NotAllowedError: the role may not move assets, or not correct.
        NotFoundError: there is no such asset.
        InvalidInputError: by field: what its kind needs is missing, or cannot be.
    """
    _require(actor, order)
    asset = hold_asset(session, asset_id)
    problems = check_order(session, order, at)
    if order.kind is MovementKind.CORRECTION and not (order.texts.get("reason") or actor.reason):
        problems.append(FieldProblem("reason", "required"))
    problems += missing_proof(session, [asset_id], order)
    problem = problem_of(session, asset, order)
    if problem is not None:
        problems.append(problem)
    if problems:
        raise InvalidInputError(problems)
    return _write(session, actor, asset, order, at, source)


def plan_basket(session: Session, asset_ids: Sequence[int], order: Order) -> BasketPlan:
    """Say what a movement of many assets would make of each."""
    lines = []
    last = _last_days(session, asset_ids)
    for asset in _assets(session, asset_ids):
        before = standing_of(asset)
        problem = find_problem(before, order) or _too_early(order, last.get(asset.id))
        after = before if problem else next_standing(before, order)
        lines.append(BasketLine(asset.id, asset.asset_tag, asset.name, before, after, problem))
    return BasketPlan(tuple(lines))


def apply_basket(
    session: Session,
    actor: Actor,
    asset_ids: Sequence[int],
    order: Order,
    *,
    at: datetime,
) -> BasketPlan:
    """Apply one movement to all assets of a basket as one act, or to none of them.

    Raises:
        NotAllowedError: the role may not move assets.
        InvalidInputError: by field; ``assets`` names those that stand in the way.
    """
    _require(actor, order)
    ids = sorted(set(asset_ids))
    problems = check_order(session, order, at) + missing_proof(session, ids, order)
    if not ids:
        problems.append(FieldProblem("assets", "required"))
    if len(ids) > MOST_ASSETS:
        problems.append(FieldProblem("assets", "too_many_lines", str(MOST_ASSETS)))
    if problems:
        raise InvalidInputError(problems)
    held = [hold_asset(session, number) for number in ids]
    plan = plan_basket(session, ids, order)
    if plan.problems:
        raise InvalidInputError(
            [FieldProblem("assets", "basket_refused", line.asset_tag) for line in plan.problems]
        )
    title = {"code": "moved", "kind": order.kind.value}
    with (
        recording(session, actor, ChangeSetKind.MOVEMENTS, title, at),
        searched_once(session),
    ):
        for asset in held:
            _write(session, actor, asset, order, at, MovementSource.HAND)
    return plan


def cancel(
    session: Session, actor: Actor, movement_id: int, *, reason: str, at: datetime
) -> Movement:
    """Take a movement back: the asset stands again as it did before.

    Raises:
        NotAllowedError: the role may not move assets; for exits and corrections, not delete them.
        NotFoundError: there is no such movement.
        ConflictError: it is cancelled already, or something later stands on it.
        InvalidInputError: the reason is missing, or it is the entry, on which all stands.
    """
    require(actor, Action.MOVE_ASSET)
    row = session.get(Movement, movement_id)
    if row is None:
        raise NotFoundError(f"there is no movement {movement_id}")
    asset = hold_asset(session, row.asset_id)
    session.refresh(row)
    if row.kind in {MovementKind.EXIT, MovementKind.CORRECTION}:
        require(actor, Action.DELETE_ASSET)
    if row.status is not MovementStatus.CONFIRMED:
        raise ConflictError("this movement does not stand any more")
    if row.from_state is None:
        raise InvalidInputError([FieldProblem("movement", "entry_stays")])
    because = actor.because(reason)
    if not because.reason:
        raise InvalidInputError([FieldProblem("reason", "required")])
    if (last := last_confirmed(session, asset.id)) is None or last.id != row.id:
        raise ConflictError("a later movement stands on this one: cancel that first")
    before = standing_of(asset)
    row.status, row.cancelled_at, row.cancelled_by = MovementStatus.CANCELLED, at, actor.name[:200]
    row.cancelled_reason = because.reason
    refresh_said(row)
    put(session, asset, before_of(row), at)
    _put_dates_back(asset, row)
    touch(session, asset, at)
    _record(session, because, asset, "movement_cancelled", row.kind, before, at)
    return row


def check_order(session: Session, order: Order, at: datetime) -> list[FieldProblem]:
    """Say what an order lacks for its kind, whatever asset it is of."""
    rule = KINDS[order.kind]
    problems = _check_holder(order)
    if order.location_id is not None and not rule.has_place:
        problems.append(FieldProblem("place", "not_asked"))
    if rule.needs_due and order.due_on is None:
        problems.append(FieldProblem("due_on", "required"))
    if rule.needs_due and order.due_on is not None and order.due_on < order.effective_on:
        problems.append(FieldProblem("due_on", "before_effect", order.effective_on.isoformat()))
    if order.variant is not None and order.variant not in rule.variants:
        problems.append(FieldProblem("variant", "unknown_choice", order.variant.value))
    if order.effective_on > at.date() + timedelta(days=1):
        problems.append(FieldProblem("effective_on", "in_the_future"))
    return problems + _check_found(session, order)


def _check_holder(order: Order) -> list[FieldProblem]:
    holder = KINDS[order.kind].holder
    is_given = order.person_id is not None or order.department_id is not None
    is_placed = order.location_id is not None or order.takes_place or order.takes_holder
    problems: list[FieldProblem] = []
    if order.person_id is not None and order.department_id is not None:
        problems.append(FieldProblem("department", "one_holder"))
    if is_given and holder in {Holder.KEPT, Holder.CLEARED}:
        problems.append(FieldProblem("person", "not_asked"))
    if holder is Holder.PERSON_NEEDED and order.person_id is None:
        problems.append(FieldProblem("person", "required"))
    if holder is Holder.HOLDER_OR_PLACE and not (is_given or is_placed):
        problems.append(FieldProblem("person", "holder_or_place"))
    return problems


def _check_found(session: Session, order: Order) -> list[FieldProblem]:
    given = (
        (Location, order.location_id, "place"),
        (Person, order.person_id, "person"),
        (Department, order.department_id, "department"),
    )
    return [
        FieldProblem(name, "not_found", str(number))
        for model, number, name in given
        if number is not None and session.get(model, number) is None
    ]


def problem_of(session: Session, asset: Asset, order: Order) -> FieldProblem | None:
    """Say why a movement cannot be of this asset now."""
    day = _last_days(session, [asset.id]).get(asset.id)
    return find_problem(standing_of(asset), order) or _too_early(order, day)


def _require(actor: Actor, order: Order) -> None:
    is_correction = order.kind is MovementKind.CORRECTION
    require(actor, Action.DELETE_ASSET if is_correction else Action.MOVE_ASSET)


def _write(
    session: Session,
    actor: Actor,
    asset: Asset,
    order: Order,
    at: datetime,
    source: MovementSource,
) -> Movement:
    before = standing_of(asset)
    reason = str(order.texts.get("reason") or "")
    author = replace(actor, reason=reason[:255]) if reason else actor
    row = write_movement(session, author, asset, order, at=at, source=source)
    touch(session, asset, at)
    _record(session, author, asset, "moved", order.kind, before, at)
    return row


def _record(
    session: Session,
    actor: Actor,
    asset: Asset,
    action: str,
    kind: MovementKind,
    before: Standing,
    at: datetime,
) -> None:
    changes: dict[str, tuple[Any, Any]] = {"movement": (None, kind.value)}
    for name, column in STANDING_COLUMNS.items():
        pair = getattr(before, name), getattr(asset, column)
        if pair[0] != pair[1]:
            changes[column] = pair
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="asset",
        subject_id=asset.id,
        subject_name=asset.name,
        action=action,
        changes=changes,
    )


def _put_dates_back(asset: Asset, row: Movement) -> None:
    """Put back the dates that the movement had set, where nobody has corrected them since."""
    for name, (old, new) in row.set_dates.items():
        present = getattr(asset, name)
        if present is not None and present.isoformat() == new:
            setattr(asset, name, date.fromisoformat(old) if old else None)


def _too_early(order: Order, last: date | None) -> FieldProblem | None:
    if last is not None and order.effective_on < last:
        return FieldProblem("effective_on", "later_movement", last.isoformat())
    return None


def _last_days(session: Session, asset_ids: Sequence[int]) -> dict[int, date]:
    """Give the latest day of effect of each asset's movements but its entry, which was noticed."""
    found: dict[int, date] = {}
    for start in range(0, len(asset_ids), _CHUNK):
        query = (
            sa.select(Movement.asset_id, sa.func.max(Movement.effective_on))
            .where(
                Movement.asset_id.in_(asset_ids[start : start + _CHUNK]),
                Movement.status == MovementStatus.CONFIRMED,
                Movement.from_state.is_not(None),
            )
            .group_by(Movement.asset_id)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def _assets(session: Session, ids: Sequence[int]) -> Iterable[Asset]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        part = ordered[start : start + _CHUNK]
        yield from session.scalars(sa.select(Asset).where(Asset.id.in_(part)).order_by(Asset.id))
