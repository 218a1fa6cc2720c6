"""What controllers, hosts and agents tell of a record, tied to it by hand or by serial number.

The rows hang on the record and go where it goes; one that is split off takes with it what they say.
Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import HostEntry, ManagedDevice, ValueSource
from parc.services.attached import told_of_entry
from parc.services.told_assets import Told
from parc.services.told_devices import told_of_managed


def told_rows(session: Session, asset_id: int) -> dict[str, Told]:
    """Give what is told of an asset, by the token of its row; what is gone comes last."""
    managed = session.scalars(
        sa.select(ManagedDevice)
        .where(ManagedDevice.asset_id == asset_id)
        .order_by(ManagedDevice.gone_at.is_not(None), ManagedDevice.id)
    )
    entries = session.scalars(
        sa.select(HostEntry)
        .where(HostEntry.asset_id == asset_id)
        .order_by(HostEntry.gone_at.is_not(None), HostEntry.id)
    )
    return {
        **{f"managed_device:{row.id}": told_of_managed(row) for row in managed},
        **{f"host_entry:{row.id}": told_of_entry(row) for row in entries},
    }


def told_values(told: Iterable[Told]) -> dict[str, tuple[Any, ValueSource]]:
    """Give fields of an asset with who told them; the first that tells one is heard."""
    found: dict[str, tuple[Any, ValueSource]] = {}
    for one in told:
        values = {"name": one.name, "category": one.category, **one.values}
        for name, value in values.items():
            if value is not None:
                found.setdefault(name, (value, one.source))
    return found
