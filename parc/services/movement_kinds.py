"""What each kind of movement does to an asset: the one table beside that of the transitions.

Pure: a standing and what a movement says give the next standing, or what is wrong with it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from parc.errors import FieldProblem
from parc.models import LifecycleState, MovementKind, MovementVariant
from parc.services.lifecycle import TRANSITIONS

_S = LifecycleState
_K = MovementKind
_V = MovementVariant


class Holder(enum.Enum):
    """What a kind does to the holder."""

    KEPT = "kept"
    CLEARED = "cleared"
    OPTIONAL = "optional"
    PERSON_NEEDED = "person needed"
    HOLDER_OR_PLACE = "holder or place"


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind asks and does.

    Attributes:
        states: where it may lead, the usual one first; none: the state stays as it is.
        from_states: whence alone it may come; none: wherever the transitions allow.
        may_stay: a state that it leads to may be the present one already.
        has_place: a place may be given.
        clears_place: the asset stands nowhere afterwards, unless a place is given.
        needs_due: it says until when.
        needs_reason: it cannot go without one.
        variants: how it may have been; one of them is asked for.
    """

    states: tuple[LifecycleState, ...] = ()
    from_states: tuple[LifecycleState, ...] = ()
    holder: Holder = Holder.KEPT
    may_stay: bool = False
    has_place: bool = True
    clears_place: bool = False
    needs_due: bool = False
    needs_reason: bool = False
    variants: tuple[MovementVariant, ...] = ()


_BACK: Final = (_S.IN_STOCK, _S.IN_USE, _S.IN_PREPARATION)
KINDS: Final[Mapping[MovementKind, KindRule]] = {
    _K.ENTRY: KindRule(
        (_S.IN_STOCK, _S.IN_PREPARATION, _S.IN_USE, _S.IN_TRANSIT),
        (_S.EXPECTED,),
        Holder.OPTIONAL,
        variants=(_V.DELIVERY, _V.PURCHASE, _V.GIFT_RECEIVED, _V.REPAIR_RETURN, _V.REGULARISATION),
    ),
    _K.ASSIGNMENT: KindRule((_S.IN_USE,), holder=Holder.HOLDER_OR_PLACE, may_stay=True),
    _K.TRANSFER: KindRule(holder=Holder.HOLDER_OR_PLACE),
    _K.LOAN: KindRule((_S.ON_LOAN,), holder=Holder.PERSON_NEEDED, needs_due=True),
    _K.LOAN_EXTENSION: KindRule(from_states=(_S.ON_LOAN,), has_place=False, needs_due=True),
    _K.RETURN: KindRule(
        (_S.IN_STOCK,), (_S.IN_USE, _S.ON_LOAN, _S.RESERVED), holder=Holder.CLEARED
    ),
    _K.RESERVATION: KindRule((_S.RESERVED,), holder=Holder.OPTIONAL),
    _K.PREPARATION: KindRule((_S.IN_PREPARATION,), holder=Holder.OPTIONAL),
    _K.SHIPMENT: KindRule((_S.IN_TRANSIT,), clears_place=True),
    _K.SEND_TO_REPAIR: KindRule((_S.IN_REPAIR,)),
    _K.BACK_FROM_REPAIR: KindRule(_BACK, (_S.IN_REPAIR,), Holder.OPTIONAL),
    _K.STANDARD_EXCHANGE: KindRule(_BACK, (_S.IN_REPAIR,), Holder.OPTIONAL, needs_reason=True),
    _K.PUT_IN_STOCK: KindRule((_S.IN_STOCK,), holder=Holder.CLEARED),
    _K.COMPONENT_CHANGE: KindRule(has_place=False, needs_reason=True),
    _K.LOSS: KindRule((_S.MISSING,), has_place=False, needs_reason=True),
    _K.THEFT: KindRule((_S.STOLEN,), has_place=False, needs_reason=True),
    _K.FOUND: KindRule((_S.IN_STOCK, _S.IN_USE), (_S.MISSING, _S.STOLEN), Holder.OPTIONAL),
    _K.DISPOSAL_DECISION: KindRule((_S.TO_DISPOSE,), holder=Holder.CLEARED, needs_reason=True),
    _K.EXIT: KindRule(
        (_S.DISPOSED,),
        holder=Holder.CLEARED,
        has_place=False,
        clears_place=True,
        variants=(_V.SCRAP, _V.DONATION, _V.HANDED_OVER, _V.SALE, _V.LESSOR_RETURN),
    ),
    _K.STOCKTAKE: KindRule(),
    _K.CORRECTION: KindRule(tuple(_S), holder=Holder.OPTIONAL, may_stay=True, needs_reason=True),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """State, place and holder of an asset; None as the state: it has not entered yet."""

    state: LifecycleState | None = None
    location_id: int | None = None
    person_id: int | None = None
    department_id: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a movement says; None leaves as it is, or does what its kind does.

    Attributes:
        takes_place, takes_holder: nothing given means none, not as it was.
        texts: of columns of the movement such as ``reason`` and ``accessories``.
    """

    kind: MovementKind
    effective_on: date
    to_state: LifecycleState | None = None
    location_id: int | None = None
    person_id: int | None = None
    department_id: int | None = None
    due_on: date | None = None
    variant: MovementVariant | None = None
    takes_place: bool = False
    takes_holder: bool = False
    texts: Mapping[str, object] = field(default_factory=dict)


def allowed_states(kind: MovementKind, state: LifecycleState) -> tuple[LifecycleState, ...]:
    """Give the states that a kind may lead to from ``state``; none: the kind cannot be now."""
    rule = KINDS[kind]
    if kind is MovementKind.CORRECTION:
        return rule.states
    if state is LifecycleState.DISPOSED or (rule.from_states and state not in rule.from_states):
        return ()
    if not rule.states:
        return (state,)
    ways = TRANSITIONS[state]
    return tuple(to for to in rule.states if to in ways or (to is state and rule.may_stay))


def possible_kinds(state: LifecycleState) -> list[MovementKind]:
    """Give the kinds that can be from ``state``, without corrections, in the order of the table."""
    return [
        kind
        for kind in MovementKind
        if kind is not MovementKind.CORRECTION and allowed_states(kind, state)
    ]


def kind_between(before: LifecycleState, after: LifecycleState) -> MovementKind:
    """Give the kind that leads from one state to another when only the states are known."""
    preferred: Sequence[MovementKind] = {
        _S.IN_STOCK: (_K.ENTRY, _K.BACK_FROM_REPAIR, _K.FOUND, _K.PUT_IN_STOCK),
        _S.IN_USE: (_K.ENTRY, _K.BACK_FROM_REPAIR, _K.FOUND, _K.ASSIGNMENT),
        _S.IN_PREPARATION: (_K.ENTRY, _K.BACK_FROM_REPAIR, _K.PREPARATION),
        _S.IN_TRANSIT: (_K.ENTRY, _K.SHIPMENT),
    }.get(after, tuple(kind for kind in MovementKind if after in KINDS[kind].states))
    for kind in preferred:
        if kind is not _K.CORRECTION and after in allowed_states(kind, before):
            return kind
    return _K.CORRECTION


def next_standing(before: Standing, order: Order) -> Standing:
    """Give what an order makes of a standing.

    Raises:
        ValueError: it cannot be from there; ``find_problem`` says why beforehand.
    """
    if (problem := find_problem(before, order)) is not None:
        message = f"{order.kind.value}: {problem.code} {problem.value}"
        raise ValueError(message)
    return _moved(before, order, _state(before, order))


def find_problem(before: Standing, order: Order) -> FieldProblem | None:
    """Say why a movement cannot be from a standing, by the tables; None when it can."""
    if before.state is None:
        is_entry = order.kind is MovementKind.ENTRY and order.to_state is not None
        return None if is_entry else FieldProblem("kind", "not_entered")
    allowed = allowed_states(order.kind, before.state)
    if not allowed:
        return FieldProblem("kind", "state_not_foreseen", before.state.value)
    if order.to_state is not None and order.to_state not in allowed:
        return FieldProblem("to_state", "transition_refused", ", ".join(s.value for s in allowed))
    is_longer = order.kind is MovementKind.LOAN_EXTENSION and before.due_on and order.due_on
    if is_longer and before.due_on and order.due_on and order.due_on <= before.due_on:
        return FieldProblem("due_on", "not_later", before.due_on.isoformat())
    return None


def _state(before: Standing, order: Order) -> LifecycleState:
    if order.to_state is not None:
        return order.to_state
    if before.state is None:  # pragma: no cover -- an entry names its state
        return LifecycleState.IN_STOCK
    allowed = allowed_states(order.kind, before.state)
    return before.state if order.kind is MovementKind.CORRECTION else allowed[0]


def _moved(before: Standing, order: Order, state: LifecycleState) -> Standing:
    rule = KINDS[order.kind]
    person, department = order.person_id, order.department_id
    if person is None and department is None and not order.takes_holder:
        # What comes into stock, from repair say, is held by nobody unless somebody is named.
        comes_in = state is LifecycleState.IN_STOCK and before.state is not state
        is_cleared = comes_in and order.kind is not MovementKind.CORRECTION
        is_kept = rule.holder is not Holder.CLEARED and not is_cleared
        person = before.person_id if is_kept else None
        department = before.department_id if is_kept else None
    place = order.location_id
    if place is None and not order.takes_place and not rule.clears_place:
        place = before.location_id
    due = order.due_on if rule.needs_due else before.due_on
    return Standing(
        state, place, person, department, due if state is LifecycleState.ON_LOAN else None
    )
