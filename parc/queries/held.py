"""What only some kinds of device hold; asked for the kinds among an asset's devices alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from collectors.observation import Category
from parc.models import (
    Battery,
    Device,
    Installation,
    LifeCount,
    LifeCountReading,
    ManagedDevice,
    Outlet,
    Tray,
    ValueSource,
)

INSTALLATIONS_SHOWN: Final = 20
MANAGED_SHOWN: Final = 50
_MONTH: Final = timedelta(days=30)
_SHORTEST: Final = timedelta(days=7)
_MOST_ROWS: Final = 500
_MOST_READINGS: Final = 5_000
_KINDS_OF_COUNTS: Final = ("total", "color", "mono")
_POWER: Final = frozenset({Category.UPS, Category.POWER})
_TELLERS: Final = frozenset({Category.WIRELESS_CONTROLLER, Category.HYPERVISOR})
_TOLD: Final = frozenset(
    {
        Category.ACCESS_POINT,
        Category.VIRTUAL_MACHINE,
        Category.SERVER,
        Category.WORKSTATION,
    }
)
_HOSTS: Final = frozenset(
    {
        Category.SERVER,
        Category.WORKSTATION,
        Category.HYPERVISOR,
        Category.VIRTUAL_MACHINE,
        Category.NAS,
        Category.MOBILE,
    }
)


@dataclass(frozen=True, slots=True)
class CountLine:
    """One count of a printer; ``a_month`` is None until a week of readings is there."""

    kind: str
    count: int
    unit: str | None
    a_month: int | None


@dataclass(frozen=True, slots=True)
class ManagedLine:
    """An access point or virtual machine, and the asset that it is, if one is known."""

    row: ManagedDevice
    asset_id: int | None


@dataclass(frozen=True, slots=True)
class TellerLine:
    """Who tells of a device: a controller or a host, with its asset."""

    kind: str
    name: str
    asset_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """What the devices of one asset hold; ``installations`` and ``managed`` are the first by name.

    Attributes:
        tellers: controllers and hosts that tell of these devices.
    """

    counts: Sequence[CountLine] = ()
    trays: Sequence[Any] = ()
    messages: Sequence[str] = ()
    batteries: Sequence[Any] = ()
    outlets: Sequence[Any] = ()
    installations: Sequence[Any] = ()
    installation_count: int = 0
    managed: Sequence[ManagedLine] = ()
    managed_count: int = 0
    tellers: Sequence[TellerLine] = ()


def read_held(session: Session, devices: Iterable[Device], asset_id: int) -> Held:
    """Read it without what is gone.

    Args:
        devices: those of the asset.
        asset_id: who may have been made of what another tells, without a device.
    """
    by_category: dict[Category | None, list[Device]] = {}
    for device in devices:
        by_category.setdefault(device.category, []).append(device)
    printers = by_category.get(Category.PRINTER, [])
    supplies = [device.id for one in _POWER for device in by_category.get(one, ())]
    strips = [device.id for device in by_category.get(Category.PDU, ())]
    hosts = [device.id for one in _HOSTS for device in by_category.get(one, ())]
    installations = read_installations(session, hosts, INSTALLATIONS_SHOWN) if hosts else ()
    count = len(installations)
    if count == INSTALLATIONS_SHOWN:
        count = count_installations(session, hosts)
    tellers = [device.id for one in _TELLERS for device in by_category.get(one, ())]
    managed = read_managed(session, tellers, MANAGED_SHOWN) if tellers else ()
    managed_count = len(managed)
    if managed_count == MANAGED_SHOWN:
        managed_count = count_managed(session, tellers)
    told = [device for one in _TOLD for device in by_category.get(one, ())]
    return Held(
        managed=managed,
        managed_count=managed_count,
        tellers=_tellers(session, told, asset_id) if told or not by_category else (),
        counts=_counts(session, printers) if printers else (),
        trays=_rows(session, Tray, [device.id for device in printers]),
        messages=[device.console_message for device in printers if device.console_message],
        batteries=_rows(session, Battery, supplies),
        outlets=sorted(_rows(session, Outlet, strips), key=_by_number),
        installations=installations,
        installation_count=count,
    )


def read_installations(
    session: Session,
    device_ids: Sequence[int],
    limit: int,
    after: tuple[str, int] | None = None,
) -> Sequence[Installation]:
    """Read installed software in the order of names, after one given by name and id."""
    row = Installation
    query = (
        sa.select(row)
        .where(row.device_id.in_(device_ids), row.gone_at.is_(None), _is_shown())
        .order_by(row.name, row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            sa.or_(row.name > after[0], sa.and_(row.name == after[0], row.id > after[1]))
        )
    return session.scalars(query).all()


def _is_shown() -> sa.ColumnElement[bool]:
    """Leave out what SNMP tells of a device whose agent tells the same and more."""
    told = aliased(Installation)
    by_agent = sa.exists().where(
        told.device_id == Installation.device_id, told.source == ValueSource.AGENT
    )
    return sa.or_(Installation.source != ValueSource.SNMP, ~by_agent)


def read_managed(
    session: Session,
    device_ids: Sequence[int],
    limit: int,
    after: tuple[str, int] | None = None,
) -> Sequence[ManagedLine]:
    """Read access points and virtual machines in the order of names, with their assets."""
    row = ManagedDevice
    name = sa.func.coalesce(row.name, row.key)
    query = (
        sa.select(row)
        .where(row.device_id.in_(device_ids), row.gone_at.is_(None))
        .order_by(name, row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.or_(name > after[0], sa.and_(name == after[0], row.id > after[1])))
    rows = session.scalars(query).all()
    by_serial, by_mac = _assets_of(session, rows)
    return [
        ManagedLine(
            one,
            one.asset_id
            or by_serial.get((one.manufacturer or "", one.serial_number or ""))
            or by_mac.get(one.mac_address or ""),
        )
        for one in rows
    ]


def _assets_of(
    session: Session, rows: Sequence[ManagedDevice]
) -> tuple[Mapping[tuple[str, str], int], Mapping[str, int]]:
    """Give assets by maker and serial number and by MAC."""
    serials = [row.serial_number for row in rows if row.serial_number]
    macs = [row.mac_address for row in rows if row.mac_address]
    if not serials and not macs:
        return {}, {}
    query = sa.select(
        Device.manufacturer, Device.serial_number, Device.base_mac_address, Device.asset_id
    ).where(
        Device.asset_id.is_not(None),
        sa.or_(Device.serial_number.in_(serials), Device.base_mac_address.in_(macs)),
    )
    by_serial: dict[tuple[str, str], int] = {}
    by_mac: dict[str, int] = {}
    for maker, serial, mac, asset_id in session.execute(query):
        if asset_id is not None:
            by_serial[maker or "", serial or ""] = asset_id
            by_mac[mac or ""] = asset_id
    by_serial.pop(("", ""), None)
    by_mac.pop("", None)
    return by_serial, by_mac


def count_managed(session: Session, device_ids: Sequence[int]) -> int:
    """Count the access points and virtual machines that are not gone."""
    query = sa.select(sa.func.count()).where(
        ManagedDevice.device_id.in_(device_ids), ManagedDevice.gone_at.is_(None)
    )
    return session.scalar(query) or 0


def _tellers(session: Session, devices: Sequence[Device], asset_id: int) -> Sequence[TellerLine]:
    """Read which controllers and hosts tell of these devices, or of the asset itself."""
    serials = [device.serial_number for device in devices if device.serial_number]
    macs = [device.base_mac_address for device in devices if device.base_mac_address]
    row = ManagedDevice
    query = (
        sa.select(row.kind, Device.sys_name, Device.address, Device.asset_id)
        .join(Device, Device.id == row.device_id)
        .where(
            row.gone_at.is_(None),
            sa.or_(
                row.asset_id == asset_id,
                row.serial_number.in_(serials),
                row.mac_address.in_(macs),
            ),
        )
        .distinct()
        .limit(_MOST_ROWS)
    )
    return [
        TellerLine(kind, sys_name or address, asset_id)
        for kind, sys_name, address, asset_id in session.execute(query)
    ]


def count_installations(session: Session, device_ids: Sequence[int]) -> int:
    """Count the installed software that is not gone."""
    query = sa.select(sa.func.count()).where(
        Installation.device_id.in_(device_ids), Installation.gone_at.is_(None), _is_shown()
    )
    return session.scalar(query) or 0


def _rows(session: Session, model: Any, device_ids: Sequence[int]) -> Sequence[Any]:
    if not device_ids:
        return ()
    query = sa.select(model).where(model.device_id.in_(device_ids), model.gone_at.is_(None))
    return session.scalars(query.order_by(model.device_id, model.id).limit(_MOST_ROWS)).all()


def _by_number(outlet: Outlet) -> tuple[int, int]:
    return outlet.device_id, int(outlet.key) if outlet.key.isdecimal() else 0


def _counts(session: Session, printers: Sequence[Device]) -> Sequence[CountLine]:
    ids = [device.id for device in printers]
    reading = LifeCountReading
    query = (
        sa.select(reading.device_id, reading.kind, reading.read_on, reading.count)
        .where(reading.device_id.in_(ids))
        .order_by(reading.read_on.desc())
        .limit(_MOST_READINGS)
    )
    found: dict[tuple[int, str], dict[date, int]] = {}
    for device_id, kind, day, count in session.execute(query):
        found.setdefault((device_id, kind), {})[day] = count
    seen = {device.id: device.last_seen_at.date() for device in printers}
    lines = [
        CountLine(
            row.key,
            row.count,
            row.unit,
            pages_a_month(found.get((row.device_id, row.key), {}), row.count, seen[row.device_id]),
        )
        for row in _rows(session, LifeCount, ids)
        if row.key in _KINDS_OF_COUNTS
    ]
    return sorted(lines, key=lambda line: _KINDS_OF_COUNTS.index(line.kind))


def pages_a_month(readings: Mapping[date, int], count: int, today: date) -> int | None:
    """Give how much a count grows in thirty days.

    Args:
        readings: the count by day; of days on which it did not move there is none.
        count: that of ``today``.
        today: when the printer was last seen.

    Returns:
        The growth since a month ago, or in proportion since the first reading when that is at
        least a week old; None before, and where the count went down (the printer was repaired).
    """
    before = [day for day in readings if day <= today - _MONTH]
    # A reading of before holds until the next: it is what the count was a month ago.
    start, first = (today - _MONTH, max(before)) if before else (min(readings, default=today),) * 2
    if today - start < _SHORTEST or count < readings[first]:
        return None
    return round((count - readings[first]) * (_MONTH / (today - start)))
