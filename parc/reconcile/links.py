"""Write where things are plugged in, as the devices of a chunk told it; the caller commits.

Beside the plan, not in it: what is plugged in where is no property of a device, changes with every
reading, and needs no decision. Nothing here writes history entries. Only a complete table lets a
row that is not there any more count as gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from collectors.observation import Links, Observation, Source
from collectors.text import normalise_mac
from parc.models import BridgeVlan, Interface, MappedAddress, WirelessStation, table_of
from parc.naming import address_sort
from parc.reconcile.bridge_ports import write_ports
from parc.reconcile.bulk import chunks, execute_insert, insert_rows
from parc.reconcile.known import fit
from parc.reconcile.neighbors import resolve_waiting, write_neighbors
from parc.reconcile.told import Told
from parc.topology import is_station_mac

_NOTHING: Final = Links()
_VLANS: Final = range(1, 4095)


def write_links(
    session: Session,
    observations: Iterable[Observation],
    devices: Mapping[str, int],
    *,
    most_macs: int,
) -> None:
    """Bring what devices said of their surroundings into the tables of links.

    Args:
        devices: address to the id of its device, once the plan of these observations is applied.
        most_macs: how many MACs an edge port may have learned.
    """
    told = _told(session, observations, devices)
    if told:
        _write_vlans(session, told)
        _write_addresses(session, told)
        _write_stations(session, told)
        write_neighbors(session, told)
    resolve_waiting(session, set(devices.values()))
    if told:
        write_ports(session, told, most_macs)
    session.expire_all()


def _told(
    session: Session, observations: Iterable[Observation], devices: Mapping[str, int]
) -> list[Told]:
    """Give one observation a device: of several addresses, the one that told most."""
    best: dict[int, tuple[int, Observation]] = {}
    for observation in observations:
        device_id = devices.get(observation.address)
        if device_id is None or observation.source is not Source.SNMP:
            continue
        if observation.links == _NOTHING:
            continue
        links = observation.links
        size = len(links.fdb.rows) + len(links.neighbors.rows) + len(links.address_mappings.rows)
        if device_id not in best or size > best[device_id][0]:
            best[device_id] = (size, observation)
    interfaces = _interfaces(session, best)
    return [Told(number, best[number][1], interfaces.get(number, {})) for number in sorted(best)]


def _interfaces(session: Session, device_ids: Iterable[int]) -> Mapping[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for part in chunks(set(device_ids)):
        query = sa.select(Interface.device_id, Interface.if_index, Interface.id).where(
            Interface.device_id.in_(part), Interface.gone_at.is_(None)
        )
        for device_id, if_index, number in session.execute(query.order_by(Interface.id)):
            found.setdefault(device_id, {})[if_index] = number
    return found


def _write_vlans(session: Session, told: Sequence[Told]) -> None:
    known: dict[int, dict[int, str | None]] = defaultdict(dict)
    for part in chunks([one.device_id for one in told]):
        query = sa.select(BridgeVlan.device_id, BridgeVlan.vlan_id, BridgeVlan.name)
        for row in session.execute(query.where(BridgeVlan.device_id.in_(part))):
            known[row.device_id][row.vlan_id] = row.name
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for one in told:
        table, mine = one.links.vlans, known[one.device_id]
        rows = {row.vlan_id: fit(row.name, 255) for row in table.rows if row.vlan_id in _VLANS}
        gone = sorted(mine.keys() - rows.keys()) if table.complete else []
        if gone:
            lost = BridgeVlan.device_id == one.device_id, BridgeVlan.vlan_id.in_(gone)
            session.execute(sa.delete(BridgeVlan).where(*lost))
        for vlan_id, name in sorted(rows.items()):
            value = {"device_id": one.device_id, "vlan_id": vlan_id, "name": name}
            if vlan_id not in mine:
                new.append(value)
            elif mine[vlan_id] != name:
                changed.append(value)
    if new:
        insert_rows(session, BridgeVlan, new)
    if changed:
        session.execute(sa.update(BridgeVlan), changed)


def _write_addresses(session: Session, told: Sequence[Told]) -> None:
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for one in told:
        for row in one.links.address_mappings.rows:
            mac = normalise_mac(row.mac_address)
            if mac is None or not is_station_mac(mac) or address_sort(row.address) is None:
                continue
            rows[row.address, mac, one.device_id] = {
                "address": row.address,
                "mac_address": mac,
                "device_id": one.device_id,
                "first_seen_at": one.at,
                "last_seen_at": one.at,
            }
    _prolong(session, MappedAddress, ("address", "mac_address", "device_id"), rows, ())


def _write_stations(session: Session, told: Sequence[Told]) -> None:
    rows: dict[tuple[str, int, str, str], dict[str, Any]] = {}
    for one in told:
        for row in one.links.wireless_clients.rows:
            mac = normalise_mac(row.mac_address)
            if mac is None or not is_station_mac(mac):
                continue
            point, ssid = str(fit(row.access_point, 255) or ""), str(fit(row.ssid, 64) or "")
            is_address = address_sort(row.address) is not None
            rows[mac, one.device_id, point, ssid] = {
                "mac_address": mac,
                "device_id": one.device_id,
                "access_point": point,
                "ssid": ssid,
                "address": row.address if is_address else None,
                "host_name": fit(row.host_name, 255),
                "first_seen_at": one.at,
                "last_seen_at": one.at,
            }
    keys = ("mac_address", "device_id", "access_point", "ssid")
    _prolong(session, WirelessStation, keys, rows, ("address", "host_name"))


def _prolong(
    session: Session,
    model: type[MappedAddress | WirelessStation],
    keys: Sequence[str],
    rows: Mapping[Any, dict[str, Any]],
    replaced: Sequence[str],
) -> None:
    """Insert periods, or let those that are there last until now; never back."""
    if not rows:
        return
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = table_of(model)
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(table)
    new, old = statement.excluded, table.c
    later = sa.case((old.last_seen_at < new.last_seen_at, new.last_seen_at), else_=old.last_seen_at)
    values: dict[str, Any] = {"last_seen_at": later}
    values |= {name: sa.func.coalesce(new[name], old[name]) for name in replaced}
    execute_insert(
        session,
        statement.on_conflict_do_update(index_elements=list(keys), set_=values),
        [rows[key] for key in sorted(rows)],
    )
