"""Deleting an asset, as one act: all that hung on it can come back with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Allocation,
    Asset,
    Base,
    ChangeSet,
    ChangeSetKind,
    Device,
    DeviceStatus,
    DocumentSubject,
    Movement,
)
from parc.models.base import table_of
from parc.queries.scope import unlimited
from parc.services.actor import Actor
from parc.services.allocations import recount_seats
from parc.services.asset_values import present_values
from parc.services.assets import hold_asset, record_change
from parc.services.change_sets import recording
from parc.services.documents import delete_documents_of
from parc.services.permissions import Action, require
from parc.services.positions import mark_machines

_CASCADE: Final = "CASCADE"


def delete_asset(
    session: Session, actor: Actor, asset_id: int, *, at: datetime
) -> ChangeSet | None:
    """Delete an asset with its movements and their documents; its devices are unknown again.

    Its history stays. It is an act that can be undone.

    Returns:
        The act; None within another.

    Raises:
        NotFoundError: there is no such asset.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DELETE_ASSET)
    devices = sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id)
    session.scalars(devices.with_for_update()).all()
    asset = hold_asset(session, asset_id)
    title = {"code": "asset_deleted", "name": asset.name, "asset_tag": asset.asset_tag}
    with unlimited(session), recording(session, actor, ChangeSetKind.DECISION, title, at) as act:
        mark_machines(session, [asset_id])
        gone = {
            name: (value, None)
            for name, value in present_values(asset).items()
            if value is not None
        }
        record_change(session, actor, asset, "deleted", at, gone)
        for device in session.scalars(devices):
            device.asset_id = None
            device.status = DeviceStatus.UNKNOWN
        seats = _take_off(session, asset_id)
        session.delete(asset)
        session.flush()
        for number in seats:
            recount_seats(session, number)
    return act


def _take_off(session: Session, asset_id: int) -> list[int]:
    """Delete what is of the asset alone, and let the rest name it no more.

    Returns:
        The licences of which it had a seat.
    """
    given = sa.select(Allocation.entitlement_id).where(Allocation.asset_id == asset_id)
    seats = sorted(set(session.scalars(given)))
    for number in session.scalars(sa.select(Movement.id).where(Movement.asset_id == asset_id)):
        delete_documents_of(session, DocumentSubject.MOVEMENT, number)
    for model, column in _hanging():
        attribute = sa.inspect(model).get_property_by_column(column).key
        is_own = any(key.ondelete == _CASCADE for key in column.foreign_keys)
        for row in session.scalars(sa.select(model).where(column == asset_id)).all():
            if is_own:
                session.delete(row)
            else:
                setattr(row, attribute, None)
    session.flush()
    return seats


def _hanging() -> Iterator[tuple[Any, sa.Column[Any]]]:
    """Give each model that names assets, with the column by which it does."""
    for mapper in sorted(Base.registry.mappers, key=lambda one: one.class_.__name__):
        for key in table_of(mapper.class_).foreign_keys:
            if key.column.table is table_of(Asset):
                yield mapper.class_, key.parent
