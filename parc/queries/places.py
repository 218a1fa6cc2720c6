"""Where machines are plugged in: their place now, and every stay before it.

All is read by the MACs of a machine, or by who names it as a neighbour; nothing is concluded in
advance, so that a better reading of a switch puts right what was seen before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.text import normalise_mac
from parc.models import (
    NO_VLAN,
    Asset,
    Attachment,
    BridgeVlan,
    Device,
    Interface,
    MappedAddress,
    Neighbor,
    SwitchPort,
    WirelessStation,
)
from parc.naming import device_name
from parc.topology import BRIDGING, Certainty, PortRole, Sighting, choose_place

MOST_STAYS = 200
_MOST_MACS = 300
_MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """A machine: its devices, if it is known, and the MACs that it may be seen by."""

    macs: tuple[str, ...]
    device_ids: tuple[int, ...] = ()
    is_bridge: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """Who tells something: a device, with its asset if it has one and the place of that."""

    device_id: int
    name: str
    asset_id: int | None
    location_id: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A machine on a port for a time.

    Attributes:
        vlan_id: None where it is not known.
        role: what the port is now; None where no forwarding table tells.
        is_current: the last reading of the switch still had it.
        protocol: ``lldp`` or ``cdp`` when it was told as a neighbour, else empty.
    """

    mac_address: str
    switch: Switch
    interface_id: int
    port: str
    port_alias: str | None
    vlan_id: int | None
    vlan_name: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    role: PortRole | None
    is_current: bool
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a machine is, and how sure that is; ``others`` counts further places (a switch's)."""

    stay: Stay
    certainty: Certainty
    others: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address that somebody knew by one of the MACs."""

    address: str
    mac_address: str
    told_by: Switch
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Wireless:
    """A time on an access point."""

    mac_address: str
    access_point: str
    ssid: str
    address: str | None
    host_name: str | None
    told_by: Switch
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """All that is known of where a machine is and was, the latest first."""

    spot: Spot | None
    stays: Sequence[Stay]
    uplink_stays: Sequence[Stay]
    addresses: Sequence[Address]
    wireless: Sequence[Wireless]

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody has ever seen it."""
        return not (self.spot or self.uplink_stays or self.addresses or self.wireless)


def subject_of(session: Session, devices: Sequence[Device]) -> Subject:
    """Give the MACs of devices: their own, and those of their interfaces."""
    ids = tuple(device.id for device in devices)
    macs = {mac for device in devices if (mac := normalise_mac(device.base_mac_address or ""))}
    is_bridge = any(device.category in BRIDGING for device in devices)
    if ids:
        query = (
            sa.select(Interface.if_phys_address)
            .where(
                Interface.device_id.in_(ids),
                Interface.gone_at.is_(None),
                Interface.if_phys_address.is_not(None),
            )
            .distinct()
            .limit(_MOST_MACS)
        )
        macs |= {mac for text in session.scalars(query) if (mac := normalise_mac(text or ""))}
    return Subject(tuple(sorted(macs)), ids, is_bridge)


def read_whereabouts(session: Session, subject: Subject) -> Whereabouts:
    """Read all that is known of one machine, in a fixed number of statements."""
    spot, seen = _place(session, subject)
    rest = [stay for stay in seen if stay.role is PortRole.UPLINK]
    return Whereabouts(
        spot,
        [stay for stay in seen if stay.role is not PortRole.UPLINK],
        rest,
        _addresses(session, subject.macs),
        _wireless(session, subject.macs),
    )


def read_spot(session: Session, subject: Subject) -> Spot | None:
    """Read only where it is."""
    return _place(session, subject)[0]


def _place(session: Session, subject: Subject) -> tuple[Spot | None, list[Stay]]:
    told = _told(session, subject.device_ids)
    pairs = _seen(session, subject)
    seen = [stay for stay, _sighting in pairs]
    if told and (len(told) == 1 or not subject.is_bridge):
        same = (s for s in seen if s.interface_id == told[0].interface_id and s.is_current)
        return Spot(next(same, told[0]), Certainty.DIRECT, len(told) - 1), [*told, *seen]
    if told:  # a switch with several links stands on none of their ports
        return None, [*told, *seen]
    own = subject.device_ids[0] if len(subject.device_ids) == 1 else None
    place = choose_place([sighting for _stay, sighting in pairs], own)
    if place is None:
        return None, seen
    return Spot(seen[place.sighting.key], place.certainty), seen


def _seen(session: Session, subject: Subject) -> list[tuple[Stay, Sighting]]:
    if not subject.macs:
        return []
    vlan = sa.and_(
        BridgeVlan.device_id == Interface.device_id, BridgeVlan.vlan_id == Attachment.vlan_id
    )
    query = (
        _of_port(
            Attachment.mac_address,
            Attachment.vlan_id,
            Attachment.first_seen_at,
            Attachment.last_seen_at,
            BridgeVlan.name.label("vlan_name"),
            SwitchPort.role,
            SwitchPort.mac_count,
            SwitchPort.far_device_id,
            SwitchPort.read_at,
        )
        .select_from(Attachment)
        .join(Interface, Interface.id == Attachment.interface_id)
        .join(Device, Device.id == Interface.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .outerjoin(SwitchPort, SwitchPort.interface_id == Attachment.interface_id)
        .outerjoin(BridgeVlan, vlan)
        .where(
            Attachment.mac_address.in_(subject.macs),
            Interface.device_id.not_in(subject.device_ids),
        )
        .order_by(Attachment.last_seen_at.desc(), Attachment.id.desc())
        .limit(MOST_STAYS)
    )
    found = []
    for number, row in enumerate(session.execute(query)):
        role = row.role or PortRole.EDGE
        sighting = Sighting(
            number, role, row.mac_count or 0, row.far_device_id, row.last_seen_at, row.read_at
        )
        vlan_id = None if row.vlan_id == NO_VLAN else row.vlan_id
        found.append((_stay(row, vlan_id, role, is_current=sighting.is_current), sighting))
    return found


def _told(session: Session, device_ids: Sequence[int]) -> list[Stay]:
    """Give the ports on which others name these devices as neighbours."""
    if not device_ids:
        return []
    query = (
        _of_port(
            sa.func.coalesce(Neighbor.chassis_id, "").label("mac_address"),
            Neighbor.first_seen_at,
            Neighbor.last_seen_at,
            Neighbor.protocol,
            SwitchPort.native_vlan.label("vlan_id"),
            BridgeVlan.name.label("vlan_name"),
        )
        .select_from(Neighbor)
        .join(Interface, Interface.id == Neighbor.interface_id)
        .join(Device, Device.id == Neighbor.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .outerjoin(SwitchPort, SwitchPort.interface_id == Neighbor.interface_id)
        .outerjoin(
            BridgeVlan,
            sa.and_(
                BridgeVlan.device_id == Neighbor.device_id,
                BridgeVlan.vlan_id == SwitchPort.native_vlan,
            ),
        )
        .where(
            Neighbor.far_device_id.in_(device_ids),
            Neighbor.device_id.not_in(device_ids),
            Neighbor.gone_at.is_(None),
        )
        .order_by(Neighbor.last_seen_at.desc(), Neighbor.id)
        .limit(_MOST_ROWS)
    )
    found: dict[int, Stay] = {}
    for row in session.execute(query):
        stay = _stay(row, row.vlan_id, None, is_current=True, protocol=row.protocol)
        found.setdefault(stay.interface_id, stay)
    return list(found.values())


def _of_port(*columns: Any) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        *columns,
        Interface.id.label("interface_id"),
        Interface.key,
        Interface.if_name,
        Interface.if_descr,
        Interface.if_alias,
        *_TELLER,
    )


_TELLER = (
    Device.id.label("device_id"),
    Device.address.label("device_address"),
    Device.sys_name,
    Device.host_name,
    Device.model_name,
    Asset.id.label("asset_id"),
    Asset.name.label("asset_name"),
    Asset.location_id,
)


def _stay(
    row: Any, vlan_id: int | None, role: PortRole | None, *, is_current: bool, protocol: str = ""
) -> Stay:
    return Stay(
        row.mac_address,
        _switch(row),
        row.interface_id,
        row.if_name or row.if_descr or row.key,
        row.if_alias,
        vlan_id,
        row.vlan_name,
        row.first_seen_at,
        row.last_seen_at,
        role,
        is_current,
        protocol,
    )


def _switch(row: Any) -> Switch:
    name = row.asset_name or device_name(
        row.sys_name, row.host_name, row.model_name, row.device_address
    )
    return Switch(row.device_id, name, row.asset_id, row.location_id)


def _addresses(session: Session, macs: Collection[str]) -> list[Address]:
    if not macs:
        return []
    query = (
        sa.select(
            MappedAddress.address,
            MappedAddress.mac_address,
            MappedAddress.first_seen_at,
            MappedAddress.last_seen_at,
            *_TELLER,
        )
        .join(Device, Device.id == MappedAddress.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(MappedAddress.mac_address.in_(macs))
        .order_by(MappedAddress.last_seen_at.desc(), MappedAddress.id.desc())
        .limit(_MOST_ROWS)
    )
    return [
        Address(row.address, row.mac_address, _switch(row), row.first_seen_at, row.last_seen_at)
        for row in session.execute(query)
    ]


def _wireless(session: Session, macs: Collection[str]) -> list[Wireless]:
    if not macs:
        return []
    query = (
        sa.select(
            WirelessStation.mac_address,
            WirelessStation.access_point,
            WirelessStation.ssid,
            WirelessStation.address,
            WirelessStation.host_name.label("station_name"),
            WirelessStation.first_seen_at,
            WirelessStation.last_seen_at,
            *_TELLER,
        )
        .join(Device, Device.id == WirelessStation.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(WirelessStation.mac_address.in_(macs))
        .order_by(WirelessStation.last_seen_at.desc(), WirelessStation.id.desc())
        .limit(_MOST_ROWS)
    )
    return [
        Wireless(
            row.mac_address,
            row.access_point,
            row.ssid,
            row.address,
            row.station_name,
            _switch(row),
            row.first_seen_at,
            row.last_seen_at,
        )
        for row in session.execute(query)
    ]
