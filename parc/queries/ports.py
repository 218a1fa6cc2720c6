"""The ports of the switches of one asset: what each is, who is on it, since when it is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Attachment, Device, Interface, MappedAddress, Neighbor, SwitchPort
from parc.naming import device_name
from parc.queries.asset_sheet import by_name
from parc.topology import PHYSICAL_TYPES, PortRole

MOST_PORTS = 2_000
MACHINES_SHOWN = 4
_MOST_LEARNED = 5_000
_PART = 900


@dataclass(frozen=True, slots=True)
class Named:
    """Something on the network by the best name it has; no ids where it is only a name."""

    name: str
    asset_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Far:
    """A neighbour of a port; ``port`` is the far one, as the neighbour names it."""

    named: Named
    protocol: str
    port: str | None


@dataclass(frozen=True, slots=True)
class Port:
    """One port; ``row`` holds the columns of ``interface`` and ``switch_port``.

    Attributes:
        aggregate: the name of the aggregate that it is a member of.
        members: the names of an aggregate's members.
    """

    row: Any
    name: str
    neighbors: Sequence[Far]
    aggregate: str | None = None
    members: Sequence[str] = ()

    @property
    def has_machines(self) -> bool:
        """Tell whether the last reading of the switch had learned something here."""
        return bool(self.row.mac_count)

    def is_free_since(self, moment: datetime) -> bool:
        """Tell whether nothing has used it since ``moment``, as far as Parc has looked."""
        used, read = self.row.last_used_at, self.row.first_read_at
        if read is None or self.row.if_oper_status == 1:
            return False
        return bool(used < moment if used is not None else read <= moment)


def read_ports(session: Session, device_ids: Sequence[int]) -> list[Port]:
    """Read all sockets of these devices in the order in which a person counts them.

    Aggregates and the like are among them only where something is on them.
    """
    if not device_ids:
        return []
    query = (
        sa.select(
            Interface.id,
            Interface.device_id,
            Interface.key,
            Interface.if_name,
            Interface.if_descr,
            Interface.if_alias,
            Interface.if_type,
            Interface.if_high_speed,
            Interface.if_admin_status,
            Interface.if_oper_status,
            SwitchPort.native_vlan,
            SwitchPort.untagged_vlans,
            SwitchPort.tagged_vlans,
            SwitchPort.is_power_enabled,
            SwitchPort.power_status,
            SwitchPort.power_class,
            SwitchPort.aggregate_id,
            SwitchPort.role,
            SwitchPort.role_reason,
            SwitchPort.mac_count,
            SwitchPort.first_read_at,
            SwitchPort.read_at,
            SwitchPort.last_used_at,
        )
        .outerjoin(SwitchPort, SwitchPort.interface_id == Interface.id)
        .where(Interface.device_id.in_(device_ids), Interface.gone_at.is_(None))
        .order_by(Interface.if_index, Interface.id)
        .limit(MOST_PORTS)
    )
    rows = session.execute(query).all()
    ordered = by_name(rows)
    names = {row.id: row.if_name or row.if_descr or row.key for row in ordered}
    members: dict[int, list[str]] = defaultdict(list)
    for row in ordered:
        if row.aggregate_id is not None:
            members[row.aggregate_id].append(names[row.id])
    neighbors = read_neighbors(session, device_ids)
    return [
        Port(
            row,
            names[row.id],
            neighbors.get(row.id, ()),
            names.get(row.aggregate_id),
            members.get(row.id, ()),
        )
        for row in ordered
        if row.if_type in PHYSICAL_TYPES
        or row.mac_count
        or row.id in neighbors
        or row.id in members
    ]


def read_neighbors(session: Session, device_ids: Sequence[int]) -> Mapping[int, Sequence[Far]]:
    """Give the neighbours of these devices by the id of the interface; one a known device."""
    if not device_ids:
        return {}
    query = (
        sa.select(
            Neighbor.interface_id,
            Neighbor.protocol,
            Neighbor.port_id,
            Neighbor.port_description,
            Neighbor.chassis_id,
            Neighbor.sys_name.label("told_name"),
            Neighbor.management_address,
            *_NAMED,
        )
        .outerjoin(Device, Device.id == Neighbor.far_device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(
            Neighbor.device_id.in_(device_ids),
            Neighbor.interface_id.is_not(None),
            Neighbor.gone_at.is_(None),
        )
        .order_by(Neighbor.protocol.desc(), Neighbor.id)
        .limit(MOST_PORTS)
    )
    found: dict[int, dict[object, Far]] = defaultdict(dict)
    for row in session.execute(query):
        told = row.told_name or row.management_address or row.chassis_id or "?"
        named = _named(row) if row.device_id is not None else Named(told)
        far = Far(named, row.protocol, row.port_description or row.port_id)
        found[row.interface_id].setdefault(row.device_id or told, far)
    return {number: list(ends.values()) for number, ends in found.items()}


def read_machines(session: Session, ports: Collection[Port]) -> Mapping[int, Sequence[Named]]:
    """Give what these edge ports had learned at the last reading, by the id of the interface.

    Known machines come by name, others by their IP address, else by their MAC.
    """
    read_at = {port.row.id: port.row.read_at for port in ports if port.row.role is PortRole.EDGE}
    learned: dict[int, list[str]] = defaultdict(list)
    for part in _parts(read_at):
        query = (
            sa.select(Attachment.interface_id, Attachment.mac_address, Attachment.last_seen_at)
            .where(Attachment.interface_id.in_(part))
            .order_by(Attachment.last_seen_at.desc(), Attachment.mac_address)
            .limit(_MOST_LEARNED)
        )
        for number, mac, last_seen_at in session.execute(query):
            read = read_at[number]
            if mac not in learned[number] and (read is None or last_seen_at >= read):
                learned[number].append(mac)
    names = _names(session, {mac for macs in learned.values() for mac in macs})
    found: dict[int, list[Named]] = {}
    for number, macs in learned.items():
        one_each = {(n.asset_id, n.device_id, n.name): n for n in map(names.__getitem__, macs)}
        found[number] = sorted(one_each.values(), key=lambda n: (n.asset_id is None, n.name))
    return found


_NAMED = (
    Device.id.label("device_id"),
    Device.address.label("device_address"),
    Device.sys_name,
    Device.host_name,
    Device.model_name,
    Asset.id.label("asset_id"),
    Asset.name.label("asset_name"),
)


def _names(session: Session, macs: set[str]) -> Mapping[str, Named]:
    names = {mac: Named(mac) for mac in macs}
    for part in _parts(macs):
        told = sa.select(MappedAddress.mac_address, MappedAddress.address).where(
            MappedAddress.mac_address.in_(part)
        )
        for mac, address in session.execute(told.order_by(MappedAddress.last_seen_at)):
            names[mac] = Named(address)
        on = sa.select(Interface.if_phys_address.label("mac"), *_NAMED).join(
            Device, Device.id == Interface.device_id
        )
        own = sa.select(Device.base_mac_address.label("mac"), *_NAMED)
        for query in (
            on.where(Interface.if_phys_address.in_(part)),
            own.where(Device.base_mac_address.in_(part)),
        ):
            with_asset = query.outerjoin(Asset, Asset.id == Device.asset_id)
            for row in session.execute(with_asset.order_by(Device.id)):
                names[row.mac] = _named(row)
    return names


def _named(row: Any) -> Named:
    name = row.asset_name or device_name(
        row.sys_name, row.host_name, row.model_name, row.device_address
    )
    return Named(name, row.asset_id, row.device_id)


def _parts(values: Iterable[Any]) -> Iterable[Sequence[Any]]:
    ordered = sorted(values)
    return (ordered[start : start + _PART] for start in range(0, len(ordered), _PART))
