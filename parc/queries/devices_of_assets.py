"""Which device speaks for an asset."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from collectors.observation import Category
from parc.models import Device

_CHUNK = 500


def leading_devices(session: Session, asset_ids: Iterable[int]) -> dict[int, Device]:
    """Give the leading device of each asset: hosts before controllers, the present before the gone.

    An asset without a device is not among them.
    """
    found: dict[int, Device] = {}
    ordered = sorted(set(asset_ids))
    for start in range(0, len(ordered), _CHUNK):
        query = (
            sa.select(Device)
            .options(undefer(Device.words), undefer(Device.heard))
            .where(Device.asset_id.in_(ordered[start : start + _CHUNK]))
            .order_by(
                Device.absent_since.is_not(None),
                sa.case((Device.category == Category.BMC, 1), else_=0),
                Device.id,
            )
        )
        for device in session.scalars(query):
            found.setdefault(device.asset_id or 0, device)
    return found
