"""All that the sheet of one asset shows: a fixed number of statements, whatever it is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    Component,
    Device,
    Difference,
    Installation,
    Interface,
    ManagedDevice,
    MergedAsset,
    Service,
    Storage,
    Supply,
)
from parc.queries.provenance import FieldSource, read_sources

INTERFACES_SHOWN = 50
_INTERFACES_READ = 500
_DIGITS = re.compile(r"(\d+)")
_DISKS = ("fixedDisk", "networkDisk", "removableDisk", "flashMemory", "compactDisc")
_MOST_ROWS = 500
_HIDDEN_CLASSES = ("port", "sensor")
_MOST_DEPTH = 8


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """A part and how deep it stands in the tree."""

    row: Any
    depth: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What the devices of an asset are made of; counts are of all, rows may be cut."""

    interfaces: Sequence[Any]
    interface_count: int
    components: Sequence[ComponentLine]
    hidden_component_count: int
    supplies: Sequence[Any]
    storages: Sequence[Any]
    services: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The asset with the sources of its fields, its differences and its devices.

    Attributes:
        has_software: some is installed on its devices.
        has_managed: its devices tell of others.
    """

    asset: Asset
    sources: Mapping[str, FieldSource]
    differences: Sequence[Difference]
    devices: Sequence[Device]
    has_software: bool = False
    has_managed: bool = False


def read_asset(session: Session, asset_id: int) -> Asset:
    """Read one asset.

    Raises:
        NotFoundError: there is no such asset.
    """
    asset = session.get(Asset, asset_id)
    if asset is None:
        raise NotFoundError(f"There is no asset {asset_id}.")
    return asset


def merged_into(session: Session, asset_id: int) -> int | None:
    """Give the asset into which this one was merged, if it was."""
    row = session.get(MergedAsset, asset_id)
    return row.asset_id if row else None


def read_sheet(session: Session, asset_id: int) -> Sheet:
    """Read the asset and what stands around it, without its parts.

    Raises:
        NotFoundError: there is no such asset.
    """
    asset = read_asset(session, asset_id)
    differences = session.scalars(
        sa.select(Difference)
        .where(Difference.asset_id == asset_id, Difference.is_kept.is_(False))
        .order_by(Difference.field)
    ).all()
    devices = session.scalars(
        sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id).limit(_MOST_ROWS)
    ).all()
    has_software, has_managed = _tells(session, [device.id for device in devices])
    return Sheet(
        asset,
        read_sources(session, asset_id),
        differences,
        devices,
        has_software=has_software,
        has_managed=has_managed,
    )


def _tells(session: Session, device_ids: Sequence[int]) -> tuple[bool, bool]:
    """Tell whether devices have software, and whether they tell of other devices."""
    if not device_ids:
        return False, False
    software, managed = (
        sa.exists().where(row.device_id.in_(device_ids), row.gone_at.is_(None))
        for row in (Installation, ManagedDevice)
    )
    has_software, has_managed = session.execute(sa.select(software, managed)).one()
    return bool(has_software), bool(has_managed)


def read_parts(
    session: Session, device_ids: Sequence[int], *, has_all_components: bool = False
) -> Parts:
    """Read what devices are made of, without what is gone; ports and sensors only if asked for."""
    if not device_ids:
        return Parts([], 0, [], 0, [], [], [])
    interfaces = by_name(read_interfaces(session, device_ids, _INTERFACES_READ))
    count = len(interfaces)
    if count == _INTERFACES_READ:
        count = count_interfaces(session, device_ids)
    components, hidden = _components(session, device_ids, has_all=has_all_components)
    return Parts(
        interfaces[:INTERFACES_SHOWN],
        count,
        components,
        hidden,
        _present(session, Supply, device_ids, Supply.description),
        sorted(_present(session, Storage, device_ids, Storage.description), key=_storage_order),
        _present(session, Service, device_ids, Service.key),
    )


def read_interfaces(
    session: Session, device_ids: Sequence[int], limit: int, after: tuple[int, int] | None = None
) -> Sequence[Any]:
    """Read interfaces in the order of their numbers, after one given by number and id."""
    query = (
        sa.select(
            Interface.id,
            Interface.device_id,
            Interface.if_index,
            Interface.key,
            Interface.if_name,
            Interface.if_descr,
            Interface.if_alias,
            Interface.if_high_speed,
            Interface.if_phys_address,
            Interface.if_admin_status,
            Interface.if_oper_status,
            Interface.addresses,
        )
        .where(Interface.device_id.in_(device_ids), Interface.gone_at.is_(None))
        .order_by(Interface.if_index, Interface.id)
        .limit(limit)
    )
    if after is not None:
        here = sa.tuple_(Interface.if_index, Interface.id)
        query = query.where(
            here > sa.tuple_(*(sa.bindparam(None, n, type_=sa.BigInteger()) for n in after))
        )
    return session.execute(query).all()


def by_name(interfaces: Sequence[Any]) -> list[Any]:
    """Order interfaces as a person counts: Gi1/0/2 before Gi1/0/10."""
    return sorted(interfaces, key=lambda row: _counted(row.if_name or row.if_descr or row.key))


def count_interfaces(session: Session, device_ids: Sequence[int]) -> int:
    """Count the interfaces that are not gone."""
    query = sa.select(sa.func.count()).where(
        Interface.device_id.in_(device_ids), Interface.gone_at.is_(None)
    )
    return session.scalar(query) or 0


def _components(
    session: Session, device_ids: Sequence[int], *, has_all: bool
) -> tuple[list[ComponentLine], int]:
    is_hidden = sa.func.coalesce(Component.component_class, "").in_(_HIDDEN_CLASSES)
    query = sa.select(Component).where(
        Component.device_id.in_(device_ids), Component.gone_at.is_(None)
    )
    hidden = 0
    if not has_all:
        hidden = (
            session.scalar(
                sa.select(sa.func.count()).where(
                    Component.device_id.in_(device_ids), Component.gone_at.is_(None), is_hidden
                )
            )
            or 0
        )
        query = query.where(~is_hidden)
    rows = session.scalars(query.order_by(Component.id).limit(_MOST_ROWS)).all()
    return _tree(rows), hidden


def _counted(text: str) -> list[tuple[int, int, str]]:
    """Part a name into words and numbers, so that it is ordered by both."""
    parts = _DIGITS.split(text.casefold())
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts if part]


def _storage_order(row: Storage) -> tuple[bool, list[tuple[int, int, str]]]:
    """Put disks before memory, each by name."""
    return row.storage_type not in _DISKS, _counted(row.description or row.key)


def _tree(rows: Sequence[Component]) -> list[ComponentLine]:
    """Order parts under what contains them; a loop or a missing parent makes a root."""
    by_key = {(row.device_id, row.key): row for row in rows}
    children: dict[int, list[Component]] = {}
    roots = []
    for row in rows:
        parent = by_key.get((row.device_id, str(row.contained_in)))
        if parent is None or parent is row:
            roots.append(row)
        else:
            children.setdefault(parent.id, []).append(row)
    lines: list[ComponentLine] = []
    seen: set[int] = set()
    # Rows that hang together in a loop have no root: they come last, each where it is met first.
    for start in (*roots, *rows):
        stack = [(start, 0)]
        while stack:
            row, depth = stack.pop()
            if row.id in seen:
                continue
            seen.add(row.id)
            lines.append(ComponentLine(row, min(depth, _MOST_DEPTH)))
            stack += [(child, depth + 1) for child in reversed(children.get(row.id, ()))]
    return lines


def _present(session: Session, model: Any, device_ids: Sequence[int], order: Any) -> Sequence[Any]:
    query = sa.select(model).where(model.device_id.in_(device_ids), model.gone_at.is_(None))
    return session.scalars(query.order_by(order, model.id).limit(_MOST_ROWS)).all()
