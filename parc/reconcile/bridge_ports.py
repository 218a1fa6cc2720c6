"""The ports of switches, and the MACs that they have learned, as periods.

What a port is (edge, uplink, access point) is judged anew at each reading of its switch; where a
machine is follows from it when somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from collectors.observation import Category, PowerPort, VlanPort
from collectors.text import normalise_mac
from parc.models import NO_VLAN, Attachment, Device, Interface, Neighbor, SwitchPort, table_of
from parc.reconcile.bulk import chunks, insert_rows, is_among
from parc.reconcile.known import fit
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
_STATE: Final = (
    "native_vlan",
    "untagged_vlans",
    "tagged_vlans",
    "is_power_enabled",
    "power_status",
    "power_class",
    "aggregate_id",
    "role",
    "role_reason",
    "far_device_id",
    "mac_count",
)
_MOMENTS: Final = ("read_at", "last_used_at")  # of which the later one stays
_VLANS: Final = range(1, 4095)
_Learned = frozenset[tuple[int, str, int]]
_Port = dict[str, Any]  # by column


def write_ports(session: Session, told: Sequence[Told], most_macs: int) -> None:
    """Write the ports of these devices, and prolong or begin the stays of what they learned."""
    learned = {one.device_id: _learned(one) for one in told}
    bridges = _bridges(session, {mac for rows in learned.values() for _port, mac, _vlan in rows})
    far_ends = _far_ends(session, learned)
    known = _known(session, learned)
    before = {n: port["read_at"] for ports in known.values() for n, port in ports.items()}
    new: list[_Port] = []
    changed: list[_Port] = []
    moved: list[_Port] = []
    edges: set[int] = set()
    for one in told:
        rows = learned[one.device_id]
        others = {
            mac: bridges[mac]
            for _port, mac, _vlan in rows
            if mac in bridges and bridges[mac].device_id != one.device_id
        }
        ends = far_ends.get(one.device_id, [])
        ports = known[one.device_id]
        stations = {(port, mac) for port, mac, _vlan in rows}
        facts = judge_ports(stations, ends, others, most_macs, _aggregates(one, ports))
        for number, port in _ports(one, facts, ports).items():
            if port["role"] is PortRole.EDGE:
                edges.add(number)
            old = ports.get(number)
            if old is None:
                new.append(port)
            elif any(old[name] != port[name] for name in _STATE):
                changed.append({name: port[name] for name in ("interface_id", *_STATE, *_MOMENTS)})
            elif any(old[name] != port[name] for name in _MOMENTS):
                moved.append({name: port[name] for name in ("interface_id", *_MOMENTS)})
    if new:
        insert_rows(session, SwitchPort, new)
    for part in (changed, moved):
        if part:
            session.execute(sa.update(SwitchPort), part)
    _write_stays(session, told, learned, before, edges)


def _known(session: Session, device_ids: Collection[int]) -> dict[int, dict[int, RowMapping]]:
    """Give the ports of these devices by their interfaces."""
    found: dict[int, dict[int, RowMapping]] = defaultdict(dict)
    table = table_of(SwitchPort)
    for part in chunks(device_ids):
        query = sa.select(table).where(table.c.device_id.in_(part))
        for row in session.execute(query).mappings():
            found[row["device_id"]][row["interface_id"]] = row
    return found


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
            own.where(is_among(session, Interface.if_phys_address, part)),
            base.where(is_among(session, Device.base_mac_address, part)),
        ):
            # Sorted here: PostgreSQL would walk all devices in their order to spare itself a sort.
            rows = sorted(session.execute(query), key=attrgetter("id"))
            for mac, number, category in rows:
                if mac is not None and category in BRIDGING:
                    found[mac] = Bridge(number, category is Category.ACCESS_POINT)
    return found


def _far_ends(session: Session, device_ids: Collection[int]) -> dict[int, list[FarEnd]]:
    """Give the neighbours of these devices, those of one device in their order."""
    rows: list[sa.Row[Any]] = []
    for part in chunks(device_ids):
        query = sa.select(
            Neighbor.id,
            Neighbor.device_id,
            Neighbor.interface_id,
            Neighbor.capabilities,
            Neighbor.far_device_id,
        ).where(
            is_among(session, Neighbor.device_id, part),
            Neighbor.gone_at.is_(None),
            Neighbor.interface_id.is_not(None),
        )
        rows += session.execute(query)
    far_ids = {row.far_device_id for row in rows if row.far_device_id is not None}
    categories: dict[int, Category] = {}
    # Not joined: PostgreSQL takes neighbours for few, and compares each with each device.
    for part in chunks(far_ids):
        known = sa.select(Device.id, Device.category).where(is_among(session, Device.id, part))
        categories |= {number: category for number, category in session.execute(known) if category}
    found: dict[int, list[FarEnd]] = defaultdict(list)
    for row in sorted(rows, key=attrgetter("id")):
        far, words = row.far_device_id, frozenset(row.capabilities)
        found[row.device_id].append(FarEnd(row.interface_id, words, far, categories.get(far)))
    return found


def _aggregates(told: Told, known: Mapping[int, RowMapping]) -> dict[int, int]:
    """Give the aggregate of each member; of before where the table was not read to its end."""
    table, by_index = told.links.aggregate_ports, told.interfaces
    before: dict[int, int] = {}
    if not table.complete:
        seen = set(by_index.values())  # an aggregate that is no interface any more has no members
        before = {n: row["aggregate_id"] for n, row in known.items() if row["aggregate_id"] in seen}
    return before | {
        by_index[row.if_index]: by_index[row.aggregate_if_index]
        for row in table.rows
        if row.if_index in by_index and row.aggregate_if_index in by_index
    }


def _ports(
    told: Told, facts: Mapping[int, PortFacts], known: Mapping[int, RowMapping]
) -> dict[int, _Port]:
    """Give the ports of one device as they are now, those that are known and those that are new."""
    links, by_index = told.links, told.interfaces
    vlans = {by_index[r.if_index]: r for r in links.vlan_ports.rows if r.if_index in by_index}
    power = {by_index[r.if_index]: r for r in links.power_ports.rows if r.if_index in by_index}
    up, physical = _states(told)
    aggregates = _aggregates(told, known)
    numbers = {*vlans, *power, *aggregates, *aggregates.values()}
    if known or vlans or links.fdb.rows or links.vlans.rows:
        numbers |= facts.keys() | physical
    ports: dict[int, _Port] = {number: dict(row) for number, row in known.items()}
    ports |= {number: _new_port(told, number) for number in sorted(numbers - known.keys())}
    used = up | {number for number, found in facts.items() if found.mac_count}
    for number, port in ports.items():
        if number in vlans or links.vlan_ports.complete:
            _set_vlans(port, vlans.get(number, VlanPort(0)))
        if number in power or links.power_ports.complete:
            _set_power(port, power.get(number, PowerPort(0)))
        port["aggregate_id"] = aggregates.get(number)
        _set_role(port, facts.get(number, PortFacts()), told)
        if number in used:
            port["last_used_at"] = max(port["last_used_at"] or told.at, told.at)
        if links.fdb.complete:
            port["read_at"] = max(port["read_at"] or told.at, told.at)
    return ports


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


def _new_port(told: Told, number: int) -> _Port:
    return {
        **dict.fromkeys((*_STATE, *_MOMENTS)),
        "interface_id": number,
        "device_id": told.device_id,
        "untagged_vlans": [],
        "tagged_vlans": [],
        "role": PortRole.EDGE,
        "mac_count": 0,
        "first_read_at": told.at,
    }


def _set_vlans(port: _Port, row: VlanPort) -> None:
    port["native_vlan"] = row.native_vlan
    port["untagged_vlans"] = list(row.untagged_vlans)
    port["tagged_vlans"] = list(row.tagged_vlans)


def _set_power(port: _Port, row: PowerPort) -> None:
    port["is_power_enabled"] = row.is_enabled
    port["power_class"] = row.power_class
    port["power_status"] = fit(row.detection_status, 40)


def _set_role(port: _Port, facts: PortFacts, told: Told) -> None:
    """Take over what a port is; half a table makes no edge port of an uplink."""
    links = told.links
    is_half = not (links.fdb.complete and links.neighbors.complete)
    if is_half and facts.role is PortRole.EDGE and port["role"] is not PortRole.EDGE:
        return
    port["role"] = facts.role
    port["role_reason"] = facts.reason and facts.reason.value
    port["far_device_id"] = facts.far_device_id
    if links.fdb.complete or links.fdb.rows:
        port["mac_count"] = facts.mac_count


def _write_stays(
    session: Session,
    told: Sequence[Told],
    learned: Mapping[int, _Learned],
    read_before: Mapping[int, datetime | None],
    edges: Collection[int],
) -> None:
    """Prolong the stays that go on, begin those that are new."""
    ports = read_before.keys()
    known = _latest_stays(
        session,
        # A port that is new has no stays yet.
        {n: frozenset(key for key in rows if key[0] in ports) for n, rows in learned.items()},
    )
    missed = {
        mac
        for (port, mac, _vlan), (_number, last_seen_at) in known.items()
        if (read := read_before.get(port)) is not None and read > last_seen_at
    }
    moved = _moved(session, missed)
    prolonged: list[dict[str, Any]] = []
    begun: list[dict[str, Any]] = []
    for one in told:
        new = []
        for key in sorted(learned[one.device_id]):
            port, mac, _vlan = key
            if key in known:
                number, last_seen_at = known[key]
                moves = [at for other, at in moved.get(mac, ()) if other != port]
                if is_same_stay(last_seen_at, read_before.get(port), max(moves, default=None)):
                    if last_seen_at < one.at:
                        prolonged.append({"id": number, "last_seen_at": one.at})
                    continue
            new.append(key)
        begun += [_stay(key, one.at) for key in new]
        for port, mac, _vlan in new:
            if port in edges and mac in missed:
                moved[mac].append((port, one.at))
    if prolonged:
        session.execute(sa.update(Attachment), prolonged)
    if begun:
        insert_rows(session, Attachment, begun)


def _latest_stays(
    session: Session, learned: Mapping[int, _Learned]
) -> dict[tuple[int, str, int], tuple[int, datetime]]:
    """Give id and last sight of the latest stay of each interface, MAC and VLAN of ``learned``."""
    found: dict[tuple[int, str, int], tuple[int, datetime]] = {}
    wanted = {key for rows in learned.values() for key in rows}
    pairs = {(port, mac) for port, mac, _vlan in wanted}
    for part in chunks(pairs):
        query = sa.select(
            Attachment.interface_id,
            Attachment.mac_address,
            Attachment.vlan_id,
            Attachment.id,
            Attachment.last_seen_at,
        ).where(
            is_among(session, Attachment.interface_id, {port for port, _mac in part}),
            is_among(session, Attachment.mac_address, {mac for _port, mac in part}),
        )
        latest = query.order_by(Attachment.last_seen_at, Attachment.id)
        for port, mac, vlan, number, last_seen_at in session.execute(latest):
            if (port, mac, vlan) in wanted:
                found[port, mac, vlan] = (number, last_seen_at)
    return found


def _stay(key: tuple[int, str, int], at: datetime) -> dict[str, Any]:
    port, mac, vlan = key
    return {
        "mac_address": mac,
        "interface_id": port,
        "vlan_id": vlan,
        "first_seen_at": at,
        "last_seen_at": at,
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
