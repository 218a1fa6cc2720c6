"""Writing a movement and what it makes of its asset, together; whoever changes an asset comes here.

Nothing here asks for a right or writes the history: those who call do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    LifecycleState,
    Movement,
    MovementKind,
    MovementSource,
    MovementStatus,
    MovementVariant,
)
from parc.naming import folded
from parc.services.actor import Actor
from parc.services.asset_sources import end_state_locks
from parc.services.audit import CHANGE_SET
from parc.services.movement_kinds import Order, Standing, next_standing

STANDING_COLUMNS: Final[Mapping[str, str]] = {
    "state": "lifecycle_state",
    "location_id": "location_id",
    "person_id": "custodian_person_id",
    "department_id": "custodian_department_id",
    "due_on": "loan_due_on",
}
_REASON_CHARACTERS: Final = 2000
# What a search finds a movement by, beside its asset and its people.
_SAID: Final = (
    *("reason", "cancelled_reason", "counterparty", "order_number", "accessories", "condition"),
    *("destination", "certificate_number", "slip_number"),
)
_SEARCHED_CHARACTERS: Final = 500


def standing_of(asset: Asset) -> Standing:
    """Give how an asset stands."""
    return Standing(**{name: getattr(asset, column) for name, column in STANDING_COLUMNS.items()})


def said_by(movement: Movement) -> Standing:
    """Give how an asset stands after a movement."""
    return Standing(
        movement.to_state,
        movement.to_location_id,
        movement.to_person_id,
        movement.to_department_id,
        movement.to_due_on,
    )


def before_of(movement: Movement) -> Standing:
    """Give how an asset stood before a movement."""
    return Standing(
        movement.from_state,
        movement.from_location_id,
        movement.from_person_id,
        movement.from_department_id,
        movement.from_due_on,
    )


def put(session: Session, asset: Asset, standing: Standing, at: datetime) -> None:
    """Let an asset stand so; its locks that hold until the state changes end with it."""
    if asset.lifecycle_state is not standing.state:
        end_state_locks(session, [asset.id], at)
    _stand(asset, standing)


def _stand(asset: Asset, standing: Standing) -> None:
    for name, column in STANDING_COLUMNS.items():
        value = getattr(standing, name)
        if getattr(asset, column) != value:
            setattr(asset, column, value)


def write_movement(
    session: Session,
    actor: Actor,
    asset: Asset,
    order: Order,
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
) -> Movement:
    """Write a confirmed movement and let the asset stand as it says.

    Raises:
        ValueError: the tables do not allow it from where the asset stands.
    """
    if next_standing(standing_of(asset), order).state is not asset.lifecycle_state:
        end_state_locks(session, [asset.id], at)
    row = add_movement(session, actor, asset, order, at=at, source=source)
    session.flush()
    return row


def add_movement(
    session: Session,
    actor: Actor,
    asset: Asset,
    order: Order,
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
) -> Movement:
    """Do as ``write_movement``, as one of many: the caller ends locks, and flushes.

    Raises:
        ValueError: the tables do not allow it from where the asset stands.
    """
    before = standing_of(asset)
    after = next_standing(before, order)
    dates = _dates(asset, order, before, after)
    row = _row(session, actor, asset, order, before, after, at)
    row.source = source
    row.set_dates = {
        name: [old.isoformat() if old else None, new.isoformat()]
        for name, (old, new) in dates.items()
    }
    session.add(row)
    _stand(asset, after)
    for name, (_old, new) in dates.items():
        setattr(asset, name, new)
    return row


def place_order(asset: Asset, location_id: int | None, day: date) -> Order:
    """Give the movement that an edited place is; even what is disposed of may be put right."""
    is_gone = asset.lifecycle_state is LifecycleState.DISPOSED
    kind = MovementKind.CORRECTION if is_gone else MovementKind.TRANSFER
    return Order(kind, day, location_id=location_id, takes_place=True)


def write_entry(
    session: Session,
    actor: Actor,
    asset: Asset,
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
    variant: MovementVariant | None = None,
) -> Movement:
    """Write how a new asset came in: as it stands now."""
    order = Order(MovementKind.ENTRY, at.date(), variant=variant)
    row = _row(session, actor, asset, order, Standing(), standing_of(asset), at)
    row.source = source
    session.add(row)
    session.flush()
    return row


def add_entries(
    session: Session,
    actor: Actor,
    assets: Sequence[Asset],
    *,
    at: datetime,
    source: MovementSource = MovementSource.HAND,
) -> None:
    """Write how many new assets came in, each as it stands now; the caller flushes."""
    order = Order(MovementKind.ENTRY, at.date())
    for asset in assets:
        row = _row(session, actor, asset, order, Standing(), standing_of(asset), at)
        row.source = source
        session.add(row)


def entry_row(actor: Actor, asset_id: int, values: Mapping[str, Any], at: datetime) -> Any:
    """Give the columns of the entry of an asset that a run of discovery makes, for many at once."""
    columns: dict[str, Any] = {
        column.name: None for column in Movement.__table__.columns if column.name != "id"
    }
    return columns | {
        "asset_id": asset_id,
        "kind": MovementKind.ENTRY,
        "status": MovementStatus.CONFIRMED,
        "source": MovementSource.DISCOVERY,
        "effective_on": at.date(),
        "entered_at": at,
        "author": actor.name,
        "run_id": actor.run_id,
        "user_id": actor.user_id,
        "to_state": values["lifecycle_state"],
        "to_location_id": values["location_id"],
        "set_dates": {},
    }


def explain(session: Session, actor: Actor, asset: Asset, *, at: datetime) -> Movement | None:
    """Write a correction where an asset does not stand as its movements say."""
    last = last_confirmed(session, asset.id)
    if last is None:
        return write_entry(session, actor, asset, at=at, variant=MovementVariant.REGULARISATION)
    present = standing_of(asset)
    if said_by(last) == present:
        return None
    order = Order(MovementKind.CORRECTION, max(at.date(), last.effective_on))
    row = _row(session, actor, asset, order, said_by(last), present, at)
    row.source = MovementSource.HAND
    session.add(row)
    session.flush()
    return row


def join_up(session: Session, asset_id: int) -> None:
    """Let each movement of an asset begin where the one before it ends, after some came or went."""
    before = Standing()
    query = sa.select(Movement).where(
        Movement.asset_id == asset_id, Movement.status == MovementStatus.CONFIRMED
    )
    for row in session.scalars(query.order_by(Movement.id)):
        for name in STANDING_COLUMNS if before_of(row) != before else ():
            setattr(row, f"from_{name}", getattr(before, name))
        before = said_by(row)
    session.flush()


def last_confirmed(session: Session, asset_id: int) -> Movement | None:
    """Give the movement on which an asset stands now."""
    query = sa.select(Movement).where(
        Movement.asset_id == asset_id, Movement.status == MovementStatus.CONFIRMED
    )
    return session.scalars(query.order_by(Movement.id.desc()).limit(1)).first()


def _row(
    session: Session,
    actor: Actor,
    asset: Asset,
    order: Order,
    before: Standing,
    after: Standing,
    at: datetime,
) -> Movement:
    if after.state is None:  # pragma: no cover -- every asset has a state
        message = "a movement leads to a state"
        raise ValueError(message)
    texts = {name: value for name, value in order.texts.items() if value not in (None, "")}
    texts.setdefault("reason", actor.reason[:_REASON_CHARACTERS] or None)
    row = Movement(
        asset_id=asset.id,
        kind=order.kind,
        variant=order.variant,
        status=MovementStatus.CONFIRMED,
        source=MovementSource.HAND,
        effective_on=order.effective_on,
        entered_at=at,
        author=actor.name[:200],
        user_id=actor.user_id,
        run_id=actor.run_id,
        change_set_id=session.info.get(CHANGE_SET),
        from_state=before.state,
        to_state=after.state,
        from_location_id=before.location_id,
        to_location_id=after.location_id,
        from_person_id=before.person_id,
        to_person_id=after.person_id,
        from_department_id=before.department_id,
        to_department_id=after.department_id,
        from_due_on=before.due_on,
        to_due_on=after.due_on,
        set_dates={},
        **texts,
    )
    refresh_said(row)
    return row


def refresh_said(row: Movement) -> None:
    """Make anew what a search finds a movement by."""
    said = " ".join(text for name in _SAID if (text := getattr(row, name)))
    row.search_text = folded(said)[:_SEARCHED_CHARACTERS] or None


def _dates(
    asset: Asset, order: Order, before: Standing, after: Standing
) -> dict[str, tuple[date | None, date]]:
    """Give the dates of an asset that a movement sets: first ones stay, last ones move on."""
    day = order.effective_on
    found: dict[str, tuple[date | None, date]] = {}
    comes_into_use = after.state is LifecycleState.IN_USE is not before.state
    if comes_into_use and asset.in_service_on is None:
        found["in_service_on"] = (None, day)
    if order.variant is MovementVariant.DELIVERY and asset.delivered_on is None:
        found["delivered_on"] = (None, day)
    if order.variant is MovementVariant.PURCHASE and asset.purchased_on is None:
        found["purchased_on"] = (None, day)
    if order.kind is MovementKind.EXIT:
        found["disposed_on"] = (asset.disposed_on, day)
    if order.kind is MovementKind.STOCKTAKE:
        found["last_stocktake_on"] = (asset.last_stocktake_on, day)
    return found
