"""The ports of switches, and the MACs that they have learned, as periods.

What a port is (edge, uplink, access point) is judged anew at each reading of its switch; where a
machine is follows from it when somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category, PowerPort, VlanPort
from collectors.text import normalise_mac
from parc.models import NO_VLAN, Attachment, Device, Interface, Neighbor, SwitchPort, table_of
from parc.reconcile.known import fit
from parc.reconcile.load import chunks
from parc.reconcile.told import Told
from parc.topology import (
    BRIDGING,
    PHYSICAL_TYPES,
    Bridge,
    FarEnd,
    PortFacts,
    PortRole,
    is_same_stay,
    is_station_mac,
    judge_ports,
)

_UP: Final = 1


_VLANS: Final = range(1, 4095)
_Learned = frozenset[tuple[int, str, int]]


def write_ports(session: Session, told: Sequence[Told], most_macs: int) -> None:
    """Write the ports of these devices, and prolong or begin the stays of what they learned."""
    learned = {one.device_id: _learned(one) for one in told}
    macs = {mac for rows in learned.values() for _port, mac, _vlan in rows}
    bridges = _bridges(session, macs)
    far_ends = _far_ends(session, learned)
    for one in told:
        others = {mac: b for mac, b in bridges.items() if b.device_id != one.device_id}
        rows = learned[one.device_id]
        ends = far_ends.get(one.device_id, [])
        facts = judge_ports({(port, mac) for port, mac, _vlan in rows}, ends, others, most_macs)
        known = {
            port.interface_id: port
            for port in session.scalars(
                sa.select(SwitchPort).where(SwitchPort.device_id == one.device_id)
            )
        }
        before = {number: port.read_at for number, port in known.items()}
        _write_device(session, one, facts, known)
        _write_stays(session, one, rows, before)


def _learned(told: Told) -> _Learned:
    """Give interface, MAC and VLAN of what a switch learned, without itself."""
    seen = told.observation
    own = {row.if_phys_address for row in seen.interfaces.rows}
    if seen.identity is not None:
        own.add(seen.identity.base_mac_address)
    found = set()
    for row in told.links.fdb.rows:
        port, mac = told.interfaces.get(row.if_index), normalise_mac(row.mac_address)
        if port is None or mac is None or mac in own or not is_station_mac(mac):
            continue
        found.add((port, mac, row.vlan_id if row.vlan_id and row.vlan_id in _VLANS else NO_VLAN))
    return frozenset(found)


def _bridges(session: Session, macs: set[str]) -> dict[str, Bridge]:
    """Give which of these MACs belong to known switches, routers and access points."""
    found: dict[str, Bridge] = {}
    for part in chunks(macs):
        own = sa.select(Interface.if_phys_address, Device.id, Device.category).join(
            Device, Device.id == Interface.device_id
        )
        base = sa.select(Device.base_mac_address, Device.id, Device.category)
        for query in (
            own.where(Interface.if_phys_address.in_(part)),
            base.where(Device.base_mac_address.in_(part)),
        ):
            for mac, number, category in session.execute(query.order_by(Device.id)):
                if mac is not None and category in BRIDGING:
                    found[mac] = Bridge(number, category is Category.ACCESS_POINT)
    return found


def _far_ends(session: Session, device_ids: Collection[int]) -> dict[int, list[FarEnd]]:
    found: dict[int, list[FarEnd]] = defaultdict(list)
    for part in chunks(device_ids):
        query = (
            sa.select(
                Neighbor.device_id,
                Neighbor.interface_id,
                Neighbor.capabilities,
                Neighbor.far_device_id,
                Device.category,
            )
            .outerjoin(Device, Device.id == Neighbor.far_device_id)
            .where(
                Neighbor.device_id.in_(part),
                Neighbor.gone_at.is_(None),
            )
            .order_by(Neighbor.id)
        )
        for device_id, port, words, far, category in session.execute(query):
            if port is not None:
                found[device_id].append(FarEnd(port, frozenset(words), far, category))
    return found


def _write_device(
    session: Session, told: Told, facts: Mapping[int, PortFacts], known: dict[int, SwitchPort]
) -> None:
    """Bring the ports of one device up to date; ``known`` gets those that are new."""
    links, by_index = told.links, told.interfaces
    vlans = {by_index[r.if_index]: r for r in links.vlan_ports.rows if r.if_index in by_index}
    power = {by_index[r.if_index]: r for r in links.power_ports.rows if r.if_index in by_index}
    up, physical = _states(told)
    ports = {*vlans, *power}
    if known or vlans or links.fdb.rows or links.vlans.rows:
        ports |= facts.keys() | physical
    for number in sorted(ports - known.keys()):
        known[number] = _new_port(told, number)
        session.add(known[number])
    for number, port in known.items():
        if number in vlans or links.vlan_ports.complete:
            _set_vlans(port, vlans.get(number, VlanPort(0)))
        if number in power or links.power_ports.complete:
            _set_power(port, power.get(number, PowerPort(0)))
        _set_role(port, facts.get(number, PortFacts()), told)
    session.flush()
    used = up | {number for number, found in facts.items() if found.mac_count}
    _move(session, used & known.keys(), "last_used_at", told.at)
    if links.fdb.complete:
        _move(session, known, "read_at", told.at)


def _states(told: Told) -> tuple[set[int], set[int]]:
    """Give which interfaces are up, and which are sockets."""
    up, physical = set(), set()
    for row in told.observation.interfaces.rows:
        port = told.interfaces.get(row.if_index)
        if port is not None and row.if_oper_status == _UP:
            up.add(port)
        if port is not None and row.if_type in PHYSICAL_TYPES:
            physical.add(port)
    return up, physical


def _new_port(told: Told, number: int) -> SwitchPort:
    return SwitchPort(
        interface_id=number,
        device_id=told.device_id,
        untagged_vlans=[],
        tagged_vlans=[],
        role=PortRole.EDGE,
        mac_count=0,
        first_read_at=told.at,
    )


def _set_vlans(port: SwitchPort, row: VlanPort) -> None:
    _set(port, native_vlan=row.native_vlan)
    _set(port, untagged_vlans=list(row.untagged_vlans), tagged_vlans=list(row.tagged_vlans))


def _set_power(port: SwitchPort, row: PowerPort) -> None:
    _set(port, is_power_enabled=row.is_enabled, power_class=row.power_class)
    _set(port, power_status=fit(row.detection_status, 40))


def _set(port: SwitchPort, **values: Any) -> None:
    """Set what differs, so that a second reading writes nothing."""
    for name, value in values.items():
        if getattr(port, name) != value:
            setattr(port, name, value)


def _set_role(port: SwitchPort, facts: PortFacts, told: Told) -> None:
    """Take over what a port is; half a table makes no edge port of an uplink."""
    links = told.links
    is_half = not (links.fdb.complete and links.neighbors.complete)
    if is_half and facts.role is PortRole.EDGE and port.role is not PortRole.EDGE:
        return
    _set(port, role=facts.role, role_reason=facts.reason and facts.reason.value)
    _set(port, far_device_id=facts.far_device_id)
    if links.fdb.complete or links.fdb.rows:
        _set(port, mac_count=facts.mac_count)


def _move(session: Session, numbers: Iterable[int], name: str, at: datetime) -> None:
    """Let a moment of many rows be ``at``, unless it is later."""
    column = getattr(SwitchPort, name)
    for part in chunks(set(numbers)):
        session.execute(
            sa.update(SwitchPort)
            .where(SwitchPort.interface_id.in_(part), sa.or_(column.is_(None), column < at))
            .values({name: at})
            .execution_options(synchronize_session=False)
        )


def _write_stays(
    session: Session, told: Told, rows: _Learned, read_before: Mapping[int, datetime | None]
) -> None:
    """Prolong the stays that go on, begin those that are new."""
    known: dict[tuple[int, str, int], tuple[int, datetime]] = {}
    for part in chunks({mac for _port, mac, _vlan in rows}):
        query = sa.select(Attachment).where(
            Attachment.device_id == told.device_id, Attachment.mac_address.in_(part)
        )
        columns = (
            Attachment.interface_id,
            Attachment.mac_address,
            Attachment.vlan_id,
            Attachment.id,
            Attachment.last_seen_at,
        )
        latest = query.with_only_columns(*columns).order_by(Attachment.last_seen_at, Attachment.id)
        for port, mac, vlan, number, last_seen_at in session.execute(latest):
            known[port, mac, vlan] = (number, last_seen_at)
    present = rows & known.keys()
    missed = {
        mac: known[port, mac, vlan][1]
        for port, mac, vlan in present
        if (read := read_before.get(port)) is not None and read > known[port, mac, vlan][1]
    }
    moved = _moved(session, missed)
    prolonged: set[int] = set()
    begun = set(rows - present)
    for port, mac, vlan in present:
        number, last_seen_at = known[port, mac, vlan]
        moves = [at for other, at in moved.get(mac, ()) if other != port]
        if is_same_stay(last_seen_at, read_before.get(port), max(moves, default=None)):
            if last_seen_at < told.at:
                prolonged.add(number)
        else:
            begun.add((port, mac, vlan))
    for part in chunks(prolonged):
        session.execute(
            sa.update(Attachment)
            .where(Attachment.id.in_(part))
            .values(last_seen_at=told.at)
            .execution_options(synchronize_session=False)
        )
    if begun:
        rows_of_stays = [_stay(told, key) for key in sorted(begun)]
        session.connection().execute(sa.insert(table_of(Attachment)), rows_of_stays)


def _stay(told: Told, key: tuple[int, str, int]) -> dict[str, Any]:
    port, mac, vlan = key
    return {
        "mac_address": mac,
        "device_id": told.device_id,
        "interface_id": port,
        "vlan_id": vlan,
        "first_seen_at": told.at,
        "last_seen_at": told.at,
    }


def _moved(session: Session, macs: Iterable[str]) -> dict[str, list[tuple[int, datetime]]]:
    """Give on which edge ports these MACs began a stay, and when."""
    found: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for part in chunks(set(macs)):
        query = (
            sa.select(Attachment.mac_address, Attachment.interface_id, Attachment.first_seen_at)
            .join(SwitchPort, SwitchPort.interface_id == Attachment.interface_id)
            .where(Attachment.mac_address.in_(part), SwitchPort.role == PortRole.EDGE)
        )
        for mac, port, at in session.execute(query):
            found[mac].append((port, at))
    return found
