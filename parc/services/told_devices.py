"""Take what a controller or a host tells of as an asset, where it has no address to be found at.

What was met at an address is a device and is decided in ``parc.services.devices``. Functions take
the session and the actor and never commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import ConflictError, NotFoundError
from parc.models import Asset, Device, ManagedDevice, ValueSource
from parc.services.actor import Actor
from parc.services.permissions import Action, require
from parc.services.told_assets import Told, add_told_asset

_FIELDS = (
    "manufacturer", "model_name", "serial_number", "operating_system", "software_revision",
)  # fmt: skip


def accept_told(
    session: Session,
    actor: Actor,
    managed_ids: Sequence[int],
    *,
    at: datetime,
) -> list[Asset]:
    """Make an asset of each access point or virtual machine, in the order of the ids.

    When its MAC is met at an address later, that device joins the asset.

    Raises:
        NotFoundError: one of them is not told of any more.
        ConflictError: one of them is an asset already.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_DEVICE)
    wanted = list(dict.fromkeys(managed_ids))
    query = (
        sa.select(ManagedDevice)
        .where(ManagedDevice.id.in_(wanted), ManagedDevice.gone_at.is_(None))
        .order_by(ManagedDevice.id)
        .with_for_update()
    )
    found = {row.id: row for row in session.scalars(query)}
    missing = [str(number) for number in wanted if number not in found]
    if missing:
        raise NotFoundError(f"nothing tells of {', '.join(missing)}")
    return [_accept(session, actor, found[number], at) for number in wanted]


def _accept(session: Session, actor: Actor, row: ManagedDevice, at: datetime) -> Asset:
    told = told_of_managed(row)
    if row.asset_id is not None or _has_asset(session, row):
        raise ConflictError(f"{told.name} has an asset already")
    asset = add_told_asset(session, actor, told, at=at)
    row.asset_id = asset.id
    session.flush()
    return asset


def told_of_managed(row: ManagedDevice) -> Told:
    """Give what a controller or a host tells of one of its own."""
    values = {field: getattr(row, field) for field in _FIELDS}
    values["base_mac_address"] = row.mac_address
    return Told(row.name or row.key, Category(row.kind), values, ValueSource.SNMP)


def _has_asset(session: Session, row: ManagedDevice) -> bool:
    """Tell whether a device with its MAC or its serial number is an asset."""
    keys = []
    if row.mac_address:
        keys.append(Device.base_mac_address == row.mac_address)
    if row.serial_number and row.manufacturer:
        same_maker = Device.manufacturer == row.manufacturer
        keys.append(sa.and_(Device.serial_number == row.serial_number, same_maker))
    if not keys:
        return False
    query = sa.select(Device.id).where(Device.asset_id.is_not(None), sa.or_(*keys)).limit(1)
    return session.scalar(query) is not None
