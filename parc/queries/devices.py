"""What was seen and is no asset yet, with what may be the same thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import AddressRange, CategorySign, Device, DeviceStatus, Service
from parc.naming import device_name
from parc.queries.candidates import Candidate, find_candidates
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.search import escape_like

COUNT_LIMIT = 10_000
_MOST_CANDIDATES = 5
_MOST_ROWS = 500

SORTS: Mapping[str, SortColumn] = {
    "last_seen_at": SortColumn("last_seen_at", Device.last_seen_at, ValueKind.MOMENT, False),  # noqa: FBT003 -- never empty
    "first_seen_at": SortColumn("first_seen_at", Device.first_seen_at, ValueKind.MOMENT, False),  # noqa: FBT003 -- never empty
    "address": SortColumn("address", Device.address, is_nullable=False),
    "category": SortColumn("category", sa.type_coerce(Device.category, sa.String)),
    "manufacturer": SortColumn("manufacturer", Device.manufacturer),
}


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Which devices: of one status, with a part of a name, number or address, of categories."""

    status: DeviceStatus
    text: str = ""
    categories: tuple[str, ...] = ()
    ranges: tuple[int, ...] = ()  # 0: of no range


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One page of devices with the signs of their category and their candidates."""

    page: Page
    count: int
    signs: Mapping[int, Sequence[str]] = field(default_factory=dict)
    candidates: Mapping[int, Sequence[Candidate]] = field(default_factory=dict)


def list_devices(
    session: Session, wanted: DeviceFilter, order: Order, cursor: Cursor | None, size: int
) -> DevicePage:
    """Read one page, its count up to a bound, and what helps to decide."""
    query = sa.select(
        Device.id,
        Device.address,
        Device.sys_name,
        Device.host_name,
        Device.sys_descr,
        Device.base_mac_address,
        Device.oui_manufacturer,
        Device.manufacturer,
        Device.model_name,
        Device.serial_number,
        sa.type_coerce(Device.category, sa.String).label("category"),
        Device.first_seen_at,
        Device.last_seen_at,
        Device.ignore_reason,
        Device.ignored_until,
    ).where(*_conditions(wanted))
    page = read_page(session, query, order, cursor, size)
    ids = [row.id for row in page.rows]
    return DevicePage(
        page, _count(session, wanted), _signs(session, ids), find_candidates(session, page.rows)
    )


def device_ids(session: Session, wanted: DeviceFilter, limit: int) -> list[int]:
    """Give ids of the devices of a filter, at most ``limit``."""
    query = sa.select(Device.id).where(*_conditions(wanted)).order_by(Device.id).limit(limit)
    return list(session.scalars(query))


def device_ids_of(session: Session, asset_id: int) -> list[int]:
    """Give the devices that an asset is."""
    return list(session.scalars(sa.select(Device.id).where(Device.asset_id == asset_id)))


def category_counts(session: Session, status: DeviceStatus) -> dict[str, int]:
    """Count devices of a status by category."""
    category = sa.type_coerce(Device.category, sa.String)
    rows = session.execute(
        sa.select(category, sa.func.count()).where(Device.status == status).group_by(category)
    )
    return {value: count for value, count in rows if value is not None}


def range_counts(session: Session, status: DeviceStatus) -> dict[str, tuple[str, int]]:
    """Count devices of a status by range; gives its name as well, by its id as text."""
    rows = session.execute(
        sa.select(Device.range_id, AddressRange.name, sa.func.count())
        .outerjoin(AddressRange, AddressRange.id == Device.range_id)
        .where(Device.status == status)
        .group_by(Device.range_id, AddressRange.name)
    )
    return {str(number or 0): (name or "—", count) for number, name, count in rows}


def read_devices(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    """Read the names of devices, for a page that asks what to do with them.

    Raises:
        NotFoundError: one of them is not there.
    """
    rows = session.execute(
        sa.select(
            Device.id,
            Device.address,
            Device.sys_name,
            Device.host_name,
            Device.model_name,
            Device.status,
        )
        .where(Device.id.in_(ids))
        .order_by(Device.id)
    ).all()
    if len(rows) != len(set(ids)):
        raise NotFoundError("One of the devices is not there any more.")
    return rows


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Name the devices that are there; no statement without ids."""
    if not ids:
        return {}
    columns = (Device.id, Device.sys_name, Device.host_name, Device.model_name, Device.address)
    rows = session.execute(sa.select(*columns).where(Device.id.in_(sorted(ids))))
    return {row.id: name_of(row) for row in rows}


@dataclass(frozen=True, slots=True)
class DeviceSheet:
    """One device with what tells what it is."""

    device: Device
    signs: Sequence[CategorySign]
    services: Sequence[Service]
    candidates: Sequence[Candidate]


def read_device(session: Session, device_id: int) -> DeviceSheet:
    """Read one device.

    Raises:
        NotFoundError: there is no such device.
    """
    device = session.get(Device, device_id)
    if device is None:
        raise NotFoundError(f"There is no device {device_id}.")
    signs = session.scalars(
        sa.select(CategorySign)
        .where(CategorySign.device_id == device_id)
        .order_by(CategorySign.weight.desc(), CategorySign.id)
    ).all()
    services = session.scalars(
        sa.select(Service)
        .where(Service.device_id == device_id, Service.gone_at.is_(None))
        .order_by(Service.id)
        .limit(_MOST_ROWS)
    ).all()
    return DeviceSheet(device, signs, services, find_candidates(session, [device])[device_id])


def candidates_of(session: Session, ids: Sequence[int]) -> list[Candidate]:
    """Give the assets that any of these devices may be."""
    rows = session.scalars(sa.select(Device).where(Device.id.in_(ids))).all()
    found = [one for many in find_candidates(session, rows).values() for one in many]
    best = sorted(found, key=lambda one: one.score)  # the best of each asset stays
    ranked = {one.asset_id: one for one in best}.values()
    return sorted(ranked, key=lambda one: -one.score)[:_MOST_CANDIDATES]


def name_of(row: Any) -> str:
    """Name a device as its asset would be named."""
    return device_name(row.sys_name, row.host_name, row.model_name, row.address)


def _conditions(wanted: DeviceFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Device.status == wanted.status]
    if wanted.categories:
        conditions.append(sa.type_coerce(Device.category, sa.String).in_(wanted.categories))
    if wanted.ranges:
        is_in = Device.range_id.in_(wanted.ranges)
        none = [Device.range_id.is_(None)] if 0 in wanted.ranges else []
        conditions.append(sa.or_(is_in, *none))
    for word in wanted.text.lower().split()[:8]:
        pattern = f"%{escape_like(word)}%"
        columns = (
            Device.address,
            Device.sys_name,
            Device.host_name,
            Device.base_mac_address,
            Device.serial_number,
            Device.manufacturer,
            Device.oui_manufacturer,
            Device.model_name,
        )
        conditions.append(
            sa.or_(*(sa.func.lower(column).like(pattern, escape="\\") for column in columns))
        )
    return conditions


def _count(session: Session, wanted: DeviceFilter) -> int:
    found = sa.select(Device.id).where(*_conditions(wanted)).limit(COUNT_LIMIT + 1)
    return session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0


def _signs(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    rows = session.execute(
        sa.select(CategorySign.device_id, CategorySign.reason)
        .where(CategorySign.device_id.in_(ids))
        .order_by(CategorySign.weight.desc(), CategorySign.id)
    )
    signs: dict[int, list[str]] = {}
    for device_id, reason in rows:
        signs.setdefault(device_id, []).append(reason)
    return signs
