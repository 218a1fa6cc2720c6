"""Contradictions between what is said of an asset and what the network, or the calendar, shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AddressRange,
    Asset,
    Attachment,
    AuditEntry,
    Device,
    InboxEntry,
    InboxKind,
    Interface,
    LifecycleState,
    Person,
    SwitchPort,
)
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind
from parc.topology import PortRole

_GONE: Final = (LifecycleState.DISPOSED, LifecycleState.STOLEN, LifecycleState.MISSING)
_STOCK: Final = (LifecycleState.IN_STOCK,)
_HELD: Final = (
    LifecycleState.IN_USE,
    LifecycleState.ON_LOAN,
    LifecycleState.RESERVED,
    LifecycleState.IN_PREPARATION,
    LifecycleState.IN_REPAIR,
    LifecycleState.IN_TRANSIT,
)
_STATE_ACTIONS: Final = ("state_changed", "corrected")


def gone_seen(session: Session, ground: Ground) -> Found:
    """Find disposed, stolen and missing assets that were seen after they became so."""
    causes = [
        Cause(
            InboxKind.GONE_SEEN,
            f"asset:{row.id}",
            row.name,
            {
                "state": row.lifecycle_state.value,
                "address": row.address,
                "tag": row.asset_tag,
                "range": row.range_name,
            },
            (row.lifecycle_state.value, row.address),
            asset_id=row.id,
            device_id=row.device_id,
            range_id=row.range_id,
            site_id=ground.site_of(row.location_id, row.range_id),
        )
        for row in _seen_in_state(session, ground, _GONE)
    ]
    return Found(causes, _about_assets(ground, InboxKind.GONE_SEEN))


def stock_seen(session: Session, ground: Ground) -> Found:
    """Find assets in stock that were seen on an edge port, or in a range, that is elsewhere."""
    rows = _seen_in_state(session, ground, _STOCK)
    ports = _edge_ports(session, [row.mac for row in rows if row.mac])
    causes = []
    for row in rows:
        port = ports.get(row.mac)
        if port is not None and not _is_near(ground, row.location_id, port.location_id):
            where = {"switch": port.switch, "port": port.port, "switch_asset": port.asset_id}
        elif (
            row.location_id is not None
            and row.range_place is not None
            and not _is_near(ground, row.location_id, row.range_place)
        ):
            where = {"place": ground.places.path(row.range_place)}
        else:
            continue
        evidence = {
            "address": row.address,
            "tag": row.asset_tag,
            "stock": ground.places.path(row.location_id),
            **where,
        }
        causes.append(
            Cause(
                InboxKind.STOCK_SEEN,
                f"asset:{row.id}",
                row.name,
                evidence,
                sorted(map(str, where.items())),
                asset_id=row.id,
                device_id=row.device_id,
                range_id=row.range_id,
                site_id=ground.site_of(row.location_id, row.range_id),
            )
        )
    return Found(causes, _about_assets(ground, InboxKind.STOCK_SEEN))


def silent(session: Session, ground: Ground) -> Found:
    """Find assets in use that were seen once and no more since ``silent_days``."""
    limit = ground.now - timedelta(days=ground.rules.silent_days)
    query = sa.select(
        Asset.id, Asset.name, Asset.asset_tag, Asset.location_id, Asset.last_seen_at
    ).where(Asset.lifecycle_state == LifecycleState.IN_USE, Asset.last_seen_at < limit)
    if ground.scope is not None:
        query = query.where(among(Asset.id, ground.scope.assets))
    rows: Iterable[Any] = session.execute(query)
    causes = [
        Cause(
            InboxKind.SILENT,
            f"asset:{row.id}",
            row.name,
            {"tag": row.asset_tag, "last_seen_at": row.last_seen_at.isoformat()},
            (row.last_seen_at.isoformat(),),
            asset_id=row.id,
            site_id=ground.site_of(row.location_id),
        )
        for row in rows
    ]
    return Found(causes, _about_assets(ground, InboxKind.SILENT))


def holder_left(session: Session, ground: Ground) -> Found:
    """Find assets whose holder has left the organisation."""
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.location_id,
            Person.id.label("person_id"),
            Person.name.label("person"),
            Person.left_on,
        )
        .join(Person, Person.id == Asset.custodian_person_id)
        .where(Person.left_on < ground.now.date(), Asset.lifecycle_state.in_(_HELD))
    )
    if ground.scope is not None:
        query = query.where(among(Asset.id, ground.scope.assets))
    rows: Iterable[Any] = session.execute(query)
    causes = [
        Cause(
            InboxKind.HOLDER_LEFT,
            f"asset:{row.id}",
            row.name,
            {
                "tag": row.asset_tag,
                "person": row.person,
                "person_id": row.person_id,
                "left_on": row.left_on.isoformat(),
            },
            (str(row.person_id), row.left_on.isoformat()),
            asset_id=row.id,
            site_id=ground.site_of(row.location_id),
        )
        for row in rows
    ]
    return Found(causes, _about_assets(ground, InboxKind.HOLDER_LEFT))


def _about_assets(ground: Ground, kind: InboxKind) -> sa.ColumnElement[bool]:
    if ground.scope is None:
        return of_kind(kind)
    return sa.and_(of_kind(kind), among(InboxEntry.asset_id, ground.scope.assets))


def _seen_in_state(
    session: Session, ground: Ground, states: tuple[LifecycleState, ...]
) -> list[Any]:
    """Read assets in these states whose device is present, and was seen since they are in it."""
    entered = (
        sa.select(sa.func.max(AuditEntry.at))
        .where(
            AuditEntry.subject_kind == "asset",
            AuditEntry.subject_id == Asset.id,
            AuditEntry.action.in_(_STATE_ACTIONS),
        )
        .correlate(Asset)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.lifecycle_state,
            Asset.location_id,
            Device.id.label("device_id"),
            Device.address,
            Device.base_mac_address.label("mac"),
            Device.range_id,
            Device.last_seen_at,
            AddressRange.name.label("range_name"),
            AddressRange.location_id.label("range_place"),
            entered.label("entered_at"),
        )
        .join(Device, Device.asset_id == Asset.id)
        .outerjoin(AddressRange, AddressRange.id == Device.range_id)
        .where(Asset.lifecycle_state.in_(states), Device.absent_since.is_(None))
        .order_by(Asset.id, Device.last_seen_at.desc(), Device.id)
    )
    if ground.scope is not None:
        query = query.where(among(Asset.id, ground.scope.assets))
    rows: Iterable[Any] = session.execute(query)
    first: dict[int, Any] = {}
    for row in rows:
        if row.entered_at is None or row.last_seen_at > _moment(row.entered_at):
            first.setdefault(row.id, row)
    return list(first.values())


def _edge_ports(session: Session, macs: list[str]) -> dict[str, Any]:
    """Read at which edge port each MAC was at the last reading of that port."""
    found: dict[str, Any] = {}
    switch = sa.orm.aliased(Device)
    for start in range(0, len(macs), 500):
        query = (
            sa.select(
                Attachment.mac_address,
                sa.func.coalesce(Interface.if_name, Interface.if_descr, Interface.key).label(
                    "port"
                ),
                sa.func.coalesce(Asset.name, switch.sys_name, switch.address).label("switch"),
                Asset.id.label("asset_id"),
                Asset.location_id,
            )
            .join(SwitchPort, SwitchPort.interface_id == Attachment.interface_id)
            .join(Interface, Interface.id == Attachment.interface_id)
            .join(switch, switch.id == Interface.device_id)
            .outerjoin(Asset, Asset.id == switch.asset_id)
            .where(
                Attachment.mac_address.in_(macs[start : start + 500]),
                SwitchPort.role == PortRole.EDGE,
                Attachment.last_seen_at >= SwitchPort.read_at,
            )
            .order_by(Attachment.last_seen_at, Attachment.id)
        )
        found |= {row.mac_address: row for row in session.execute(query)}
    return found


def _is_near(ground: Ground, one: int | None, other: int | None) -> bool:
    """Tell whether one place is the other, or lies in it; an unknown one is elsewhere."""
    if one is None or other is None:
        return False
    return other in _chain(ground, one) or one in _chain(ground, other)


def _chain(ground: Ground, place_id: int) -> set[int]:
    chain: set[int] = set()
    current: int | None = place_id
    while current is not None and current not in chain:
        chain.add(current)
        place = ground.places.by_id.get(current)
        current = place.parent_id if place else None
    return chain


def _moment(value: Any) -> datetime:
    moment: datetime = value
    return moment
