"""The page of a place: what should be there, and what was last seen on its outlets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.text import normalise_mac
from parc.errors import NotFoundError
from parc.models import Asset, Attachment, Device, Interface, Location, Person, WallOutlet

MOST_ASSETS: Final = 50
MOST_OUTLETS: Final = 200
_MOST_SEEN: Final = 2_000
_SEEN_PER_OUTLET: Final = 3


@dataclass(frozen=True, slots=True)
class SeenThere:
    """A machine on the port that an outlet is patched to; no asset for one that none matches."""

    mac_address: str
    last_seen_at: datetime
    asset_id: int | None
    asset_name: str
    location_id: int | None


@dataclass(frozen=True, slots=True)
class OutletLine:
    """An outlet, the port that it is patched to, and what was last seen there."""

    id: int
    label: str
    notes: str
    switch_asset_id: int | None
    switch_name: str
    switch_tag: str
    if_name: str
    seen: Sequence[SeenThere]


@dataclass(frozen=True, slots=True)
class RoomAsset:
    """An asset that should be in a place."""

    id: int
    name: str
    asset_tag: str
    category: Any
    lifecycle_state: Any
    location_id: int | None
    holder: str
    last_seen_at: datetime | None


def read_place(session: Session, place_id: int) -> Location:
    """Read one place.

    Raises:
        NotFoundError: there is no such place.
    """
    row = session.get(Location, place_id)
    if row is None:
        raise NotFoundError(f"There is no place {place_id}.")
    return row


def count_assets(session: Session) -> dict[int, int]:
    """Count the assets of every place, without those of the places in it."""
    query = (
        sa.select(Asset.location_id, sa.func.count())
        .where(Asset.location_id.is_not(None))
        .group_by(Asset.location_id)
    )
    return {place: count for place, count in session.execute(query) if place is not None}


def count_outlets(session: Session) -> dict[int, int]:
    """Count the outlets of every place."""
    query = sa.select(WallOutlet.location_id, sa.func.count()).group_by(WallOutlet.location_id)
    return {row[0]: row[1] for row in session.execute(query)}


def codes_and_cities(session: Session) -> dict[int, tuple[str, str]]:
    """Give the code and the city of every place that has either."""
    query = sa.select(Location.id, Location.code, Location.city).where(
        sa.or_(Location.code.is_not(None), Location.city.is_not(None))
    )
    return {row.id: (row.code or "", row.city or "") for row in session.execute(query)}


def read_assets(session: Session, place_ids: Collection[int]) -> list[RoomAsset]:
    """Give the assets that should be in places, by name, at most ``MOST_ASSETS``."""
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.category,
            Asset.lifecycle_state,
            Asset.location_id,
            sa.func.coalesce(Person.name, "").label("holder"),
            Asset.last_seen_at,
        )
        .outerjoin(Person, Person.id == Asset.custodian_person_id)
        .where(Asset.location_id.in_(place_ids))
        .order_by(Asset.name, Asset.id)
        .limit(MOST_ASSETS)
    )
    return [RoomAsset(*row) for row in session.execute(query)]


def read_outlet(session: Session, outlet_id: int) -> tuple[WallOutlet, str]:
    """Read one outlet, and the tag of the switch that it is patched to.

    Raises:
        NotFoundError: there is no such outlet.
    """
    row = session.get(WallOutlet, outlet_id)
    if row is None:
        raise NotFoundError(f"There is no outlet {outlet_id}.")
    switch = None if row.switch_asset_id is None else session.get(Asset, row.switch_asset_id)
    return row, switch.asset_tag if switch else ""


def read_outlets(session: Session, place_id: int) -> list[OutletLine]:
    """Give the outlets of a place with what was last seen on each; the statements are few."""
    rows = session.execute(
        sa.select(WallOutlet, Asset.name, Asset.asset_tag)
        .outerjoin(Asset, Asset.id == WallOutlet.switch_asset_id)
        .where(WallOutlet.location_id == place_id)
        .order_by(WallOutlet.label, WallOutlet.id)
        .limit(MOST_OUTLETS)
    ).all()
    ports = _ports(session, [row[0] for row in rows])
    sightings = _sightings(session, list(ports.values()))
    known = _machines(session, {mac for seen in sightings.values() for mac, _ in seen})
    lines = []
    for outlet, switch_name, switch_tag in rows:
        interface = ports.get((outlet.switch_asset_id, outlet.if_name), 0)
        seen = [
            SeenThere(mac, at, *known.get(mac, (None, "", None)))
            for mac, at in sightings.get(interface, ())
        ]
        lines.append(
            OutletLine(
                outlet.id,
                outlet.label,
                outlet.notes or "",
                outlet.switch_asset_id,
                switch_name or "",
                switch_tag or "",
                outlet.if_name or "",
                seen,
            )
        )
    return lines


def suggest_places(paths: Mapping[int, str], text: str, limit: int) -> list[str]:
    """Give the paths that hold every word, the shortest first."""
    words = text.casefold().split()
    found = [path for path in paths.values() if all(word in path.casefold() for word in words)]
    return sorted(found, key=len)[:limit]


def _ports(
    session: Session, outlets: Sequence[WallOutlet]
) -> dict[tuple[int | None, str | None], int]:
    """Give the interface of each port, by the switch's asset and the interface's name."""
    switches = {outlet.switch_asset_id for outlet in outlets if outlet.switch_asset_id is not None}
    names = {outlet.if_name for outlet in outlets if outlet.if_name is not None}
    if not switches:
        return {}
    query = (
        sa.select(Device.asset_id, Interface.if_name, Interface.id)
        .join(Interface, Interface.device_id == Device.id)
        .where(
            Device.asset_id.in_(switches),
            Interface.if_name.in_(names),
            Interface.gone_at.is_(None),
        )
        .order_by(Interface.id)
    )
    return {(asset, name): number for asset, name, number in session.execute(query)}


def _sightings(
    session: Session, interfaces: Sequence[int]
) -> dict[int, list[tuple[str, datetime]]]:
    """Give the MACs last seen on each interface, the latest first."""
    found: dict[int, list[tuple[str, datetime]]] = {}
    if not interfaces:
        return found
    query = (
        sa.select(Attachment.interface_id, Attachment.mac_address, Attachment.last_seen_at)
        .where(Attachment.interface_id.in_(interfaces))
        .order_by(Attachment.last_seen_at.desc(), Attachment.id.desc())
        .limit(_MOST_SEEN)
    )
    for interface, mac, at in session.execute(query):
        seen = found.setdefault(interface, [])
        if len(seen) < _SEEN_PER_OUTLET and all(mac != other for other, _ in seen):
            seen.append((mac, at))
    return found


def _machines(
    session: Session, macs: Collection[str]
) -> dict[str, tuple[int | None, str, int | None]]:
    """Give the asset whose device has each MAC: its id, its name, its place."""
    if not macs:
        return {}
    wanted = (Asset.id, Asset.name, Asset.location_id)
    own = (
        sa.select(Device.base_mac_address, *wanted)
        .join(Asset, Asset.id == Device.asset_id)
        .where(Device.base_mac_address.in_(macs))
    )
    of_port = (
        sa.select(Interface.if_phys_address, *wanted)
        .join(Device, Device.id == Interface.device_id)
        .join(Asset, Asset.id == Device.asset_id)
        .where(Interface.if_phys_address.in_(macs), Interface.gone_at.is_(None))
    )
    found: dict[str, tuple[int | None, str, int | None]] = {}
    for row in session.execute(own.union_all(of_port)):
        found.setdefault(normalise_mac(row[0] or "") or "", (row[1], row[2], row[3]))
    return found
