"""What agents tell of the inside of the hosts of an asset, and which hosts tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Device, HostEntry
from parc.naming import device_name

_MOST: Final = 2_000
_MOST_HOSTS: Final = 50


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host that tells of a monitor or a printer.

    Attributes:
        gone_at: since when it does not any more.
    """

    name: str
    asset_id: int | None
    since: datetime
    gone_at: datetime | None


def read_entries(
    session: Session, devices: Iterable[Device], kinds: Sequence[str] = ()
) -> Mapping[str, list[HostEntry]]:
    """Give what is inside, by kind, without what is gone; nothing is asked without an agent.

    Args:
        kinds: only these; empty: all.
    """
    ids = [device.id for device in devices if device.agent_id is not None]
    found: dict[str, list[HostEntry]] = {}
    if not ids:
        return found
    row = HostEntry
    query = sa.select(row).where(row.device_id.in_(ids), row.gone_at.is_(None))
    if kinds:
        query = query.where(row.kind.in_(kinds))
    for entry in session.scalars(query.order_by(row.kind, row.key, row.id).limit(_MOST)):
        found.setdefault(entry.kind, []).append(entry)
    return found


def read_hosts(session: Session, asset_id: int) -> list[HostLine]:
    """Give the hosts that tell of an asset, those that still do first."""
    row = HostEntry
    query = (
        sa.select(row.first_seen_at, row.gone_at, Device, Asset.name)
        .join(Device, Device.id == row.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(row.asset_id == asset_id)
        .order_by(row.gone_at.is_not(None), row.gone_at.desc(), row.id.desc())
        .limit(_MOST_HOSTS)
    )
    return [
        HostLine(
            name or device_name(host.sys_name, host.host_name, host.model_name, host.address),
            host.asset_id,
            since,
            gone_at,
        )
        for since, gone_at, host, name in session.execute(query)
    ]
