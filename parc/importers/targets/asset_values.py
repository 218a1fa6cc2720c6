"""What a row says of an asset, as its services take it: values, and how it shall stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from parc.importers.formats.amounts import Amount
from parc.importers.formats.cells import Said
from parc.importers.formats.quantities import Quantity
from parc.importers.kinds.assets import ASSETS
from parc.importers.targets.target import Found
from parc.importers.targets.values import given, text_of
from parc.importers.values import Value
from parc.models import Asset, LifecycleState, MovementKind
from parc.services.asset_values import EDITABLE_FIELDS
from parc.services.custom_values import Cleaned
from parc.services.movement_kinds import (
    KINDS,
    Holder,
    Order,
    Standing,
    allowed_states,
    find_problem,
    kind_between,
    next_standing,
)
from parc.services.movement_writing import standing_of

PLAIN: Final = tuple(
    name
    for name in EDITABLE_FIELDS
    if name != "location_id" and any(one.name == name for one in ASSETS.fields)
)
_CENT: Final = Decimal("0.01")
_ANY_DAY: Final = date(2000, 1, 1)  # of a movement that is only tried against the tables


def written_values(
    values: Mapping[str, Value], *, clears: bool
) -> tuple[dict[str, Any], list[Found]]:
    """Give what the columns of the asset shall hold, as far as the file says, and what cannot be.

    Blanks are None where they clear, else they are not there.
    """
    wanted, found = given(values, PLAIN, clears=clears), []
    for name, value in list(wanted.items()):
        if isinstance(value, Quantity):
            wanted[name] = value.count
            if value.count is None:
                found.append(Found(name, "not_a_number"))
        elif isinstance(value, Amount):
            wanted[name] = value.value
            if currency := value.currency or text_of(values, "currency"):
                wanted["currency"] = currency
            if value.value < 0:
                found.append(Found(name, "negative_amount", str(value.value)))
            elif value.value != value.value.quantize(_CENT):
                found.append(Found(name, "too_many_decimals", str(value.value)))
            else:
                wanted[name] = value.value.quantize(_CENT)  # as it is read back
    return wanted, found


@dataclass(frozen=True, slots=True)
class Wish:
    """How an asset shall stand, as far as a row says.

    Attributes:
        state: None where it does not say.
        person_id, department_id: who shall hold it.
        is_holder_said: it says so, even that nobody does.
        person: the name of one who has to be made.
    """

    state: LifecycleState | None = None
    person_id: int | None = None
    department_id: int | None = None
    is_holder_said: bool = False
    person: str = ""
    due_on: date | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether it names a holder."""
        return bool(self.person) or self.person_id is not None or self.department_id is not None


def order_for(asset: Asset, wish: Wish) -> tuple[Order | None, list[Found]]:
    """Give the movement that lets an asset stand as a row says; None when it does already.

    The day is that of the import, set when it is written.
    """
    before = standing_of(asset)
    is_state = wish.state is not None and wish.state is not before.state
    holder = (before.person_id, before.department_id)
    is_holder = wish.is_holder_said and (
        bool(wish.person) or holder != (wish.person_id, wish.department_id)
    )
    if not (is_state or is_holder or (wish.due_on and wish.due_on != before.due_on)):
        return None, []
    kind = _kind(before, wish, is_state=is_state, is_holder=is_holder)
    if kind is None:
        state = asset.lifecycle_state.value
        return None, [Found("lifecycle_state", "state_by_movement", state)]
    rule = KINDS[kind]
    if wish.is_held and (
        rule.holder is Holder.CLEARED or (is_holder and rule.holder is Holder.KEPT)
    ):
        return None, [Found("holder", "not_asked")]
    if not is_holder and rule.holder is not Holder.KEPT:
        wish = replace(wish, person_id=before.person_id, department_id=before.department_id)
    is_taken = is_holder or rule.holder is Holder.HOLDER_OR_PLACE
    is_named = is_holder or rule.holder not in {Holder.KEPT, Holder.CLEARED}
    order = Order(
        kind,
        _ANY_DAY,
        to_state=wish.state if is_state else None,
        person_id=wish.person_id if is_named else None,
        department_id=wish.department_id if is_named else None,
        takes_holder=is_taken,
        due_on=wish.due_on if rule.needs_due else None,
    )
    if (problem := find_problem(before, order)) is not None:
        return None, [Found("lifecycle_state", problem.code, problem.value)]
    return order, []


def standing_after(asset: Asset, order: Order) -> Standing:
    """Give how the asset stands after a movement that ``order_for`` gave."""
    return next_standing(standing_of(asset), order)


def _kind(before: Standing, wish: Wish, *, is_state: bool, is_holder: bool) -> MovementKind | None:
    """Give the kind of movement that does it; None when a person has to say more."""
    state = before.state
    if state is None or state is LifecycleState.DISPOSED:
        return None
    if is_state and wish.state is not None:
        kind = kind_between(state, wish.state)
        rule = KINDS[kind]
        lacks = rule.needs_reason or (rule.needs_due and wish.due_on is None)
        return None if lacks or kind is MovementKind.EXIT else kind
    if not is_holder:
        is_lent = state is LifecycleState.ON_LOAN
        return MovementKind.LOAN_EXTENSION if is_lent else None
    may_assign = wish.state in {None, LifecycleState.IN_USE} and wish.is_held
    if may_assign and allowed_states(MovementKind.ASSIGNMENT, state):
        return MovementKind.ASSIGNMENT
    return MovementKind.TRANSFER


def is_blank(values: Mapping[str, Value], name: str) -> bool:
    """Tell whether a column is there and its cell says nothing."""
    return values.get(name) is Said.BLANK


@dataclass(frozen=True, slots=True)
class AssetContent:
    """What is written: values, names that are made first, and how it shall stand.

    Attributes:
        own: values in the organisation's own fields, by their ids.
    """

    values: Mapping[str, Any]
    path: str | None
    supplier: str
    technician: str
    wish: Wish
    order: Order | None = None
    own: Cleaned = field(default_factory=dict)


@dataclass(slots=True)
class ReadAsset:
    """What has been made of a row so far.

    Attributes:
        said: the values of the file; values: as the services take them.
        unknown: names of people that would have to be made, by column.
        own: values in the organisation's own fields, by key, each with the id of its field.
        holder: what the holder is called.
    """

    said: Mapping[str, Value]
    row: Asset | None
    values: dict[str, Any] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    beside: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    path: str | None = None
    supplier: str = ""
    technician: str = ""
    own: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    holder: str = ""
    wish: Wish = field(default_factory=Wish)
