"""Which serial numbers, tags and names of a file exist already, as assets or on the network."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from collectors.agent.kinds import Kind
from parc.models import Asset, Device, HostEntry

_PART: Final = 500


def assets_bear(session: Session, serials: Collection[str]) -> set[str]:
    """Give those of some serial numbers that an asset bears."""
    return _there(session, Asset.serial_number, serials)


def network_has(session: Session, serials: Collection[str]) -> set[str]:
    """Give those of some serial numbers that were read from a machine or a part of one."""
    of_devices = _there(session, Device.serial_number, serials)
    rest = set(serials) - of_devices
    monitors = HostEntry.kind == Kind.MONITOR.value
    return of_devices | _there(session, HostEntry.serial_number, rest, monitors)


def named_assets(session: Session, texts: Collection[str]) -> set[str]:
    """Give those of some texts that are the tag, name or serial number of an asset."""
    columns = (Asset.asset_tag, Asset.name, Asset.serial_number)
    return {one for column in columns for one in _there(session, column, texts)}


def _there(
    session: Session,
    column: InstrumentedAttribute[Any],
    texts: Collection[str],
    *conditions: sa.ColumnElement[bool],
) -> set[str]:
    found: set[str] = set()
    for part in _parts(texts):
        found.update(session.scalars(sa.select(column).where(column.in_(part), *conditions)))
    return found


def _parts(texts: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(texts)
    for start in range(0, len(ordered), _PART):
        yield ordered[start : start + _PART]
