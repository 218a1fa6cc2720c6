"""Neighbours by LLDP and CDP: their rows, and which known device each of them is.

A neighbour is often read before the device that it is, or after; so rows that wait are looked at
again whenever new devices come. What does not tell one device from all others tells none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import InstrumentedAttribute, Session

from collectors import observation as seen
from collectors.text import normalise_mac
from parc.models import Device, Interface, Neighbor, SwitchPort, table_of
from parc.naming import address_sort
from parc.reconcile.bulk import chunks, insert_rows, is_among
from parc.reconcile.known import KEY_CHARACTERS, LONG_TEXT, fit
from parc.reconcile.told import Told

_Row = sa.Row[tuple[int, int, int | None, int | None, str | None, str | None, str | None]]
_COLUMNS: Final[Mapping[str, int]] = {
    "protocol": 10,
    "local_port": 255,
    "chassis_id": 255,
    "port_id": 255,
    "port_description": 255,
    "sys_name": 255,
    "sys_descr": LONG_TEXT,
    "platform": 255,
}


def write_neighbors(session: Session, told: Sequence[Told]) -> None:
    """Bring the neighbours of these devices up to date, and say who they are."""
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    seen_again: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    device_ids = [one.device_id for one in told]
    known = _known(session, device_ids)
    for one in told:
        table, mine = one.links.neighbors, known[one.device_id]
        rows = {_key(row): _values(one, row) for row in table.rows}
        for key, values in sorted(rows.items()):
            now = {"last_seen_at": one.at}
            row = mine.get(key)
            if row is None:
                begun = {"device_id": one.device_id, "key": key, "first_seen_at": one.at}
                new.append({**begun, **values, **now})
            elif row["gone_at"] or any(row[name] != value for name, value in values.items()):
                changed.append({"id": row["id"], **values, **now, "gone_at": None})
            elif row["last_seen_at"] != one.at:
                seen_again.append({"id": row["id"], **now})
        if table.complete:
            lost = (row for key, row in mine.items() if key not in rows and row["gone_at"] is None)
            gone += [{"id": row["id"], "gone_at": one.at} for row in lost]
    if new:
        insert_rows(session, Neighbor, new)
    for part in (changed, seen_again, gone):
        if part:
            session.execute(sa.update(Neighbor), part)
    _resolve(session, Neighbor.device_id, device_ids)


def _known(session: Session, device_ids: Collection[int]) -> dict[int, dict[str, RowMapping]]:
    """Give the rows of these devices by their keys."""
    found: dict[int, dict[str, RowMapping]] = defaultdict(dict)
    table = table_of(Neighbor)
    for part in chunks(device_ids):
        query = sa.select(table).where(table.c.device_id.in_(part))
        for row in session.execute(query).mappings():
            found[row["device_id"]][row["key"]] = row
    return found


def _key(row: seen.Neighbor) -> str:
    port = row.if_index if row.if_index is not None else row.local_port
    return f"{row.protocol}|{port}|{row.chassis_id}|{row.port_id}".replace("\0", "")[
        :KEY_CHARACTERS
    ]


def _values(told: Told, row: seen.Neighbor) -> dict[str, Any]:
    values: dict[str, Any] = {name: fit(getattr(row, name), n) for name, n in _COLUMNS.items()}
    address = row.management_address
    values["management_address"] = address if address_sort(address) is not None else None
    values["capabilities"] = sorted(set(row.capabilities))
    values["interface_id"] = None
    if row.if_index is not None:
        values["interface_id"] = told.interfaces.get(row.if_index)
    return values


def resolve_waiting(session: Session, device_ids: Collection[int]) -> None:
    """Look again at neighbours without a device, which may be one of these."""
    macs: set[str] = set()
    names: set[str] = set()
    addresses: set[str] = set()
    for part in chunks(device_ids):
        query = sa.select(
            Device.base_mac_address, Device.chassis_id, Device.sys_name, Device.address
        )
        for mac, chassis, name, address in session.execute(query.where(Device.id.in_(part))):
            macs.update(text for text in (mac, chassis) if text)
            names.update(text for text in (name,) if text)
            addresses.add(address)
    waiting: set[int] = set()
    lookups: tuple[tuple[InstrumentedAttribute[Any], set[str]], ...] = (
        (Neighbor.chassis_id, macs),
        (Neighbor.sys_name, names),
        (Neighbor.management_address, addresses),
    )
    for column, values in lookups:
        for part in chunks(values):
            rows = sa.select(Neighbor.id).where(
                is_among(session, column, part),
                Neighbor.far_device_id.is_(None),
                Neighbor.gone_at.is_(None),
            )
            waiting.update(session.scalars(rows))
    _resolve(session, Neighbor.id, waiting)


def _resolve(
    session: Session, column: InstrumentedAttribute[int], numbers: Collection[int]
) -> None:
    """Say who the neighbours are that are not gone and whose ``column`` is one of ``numbers``."""
    rows: list[_Row] = []
    for part in chunks(numbers):
        query = sa.select(
            Neighbor.id,
            Neighbor.device_id,
            Neighbor.interface_id,
            Neighbor.far_device_id,
            Neighbor.chassis_id,
            Neighbor.management_address,
            Neighbor.sys_name,
        ).where(is_among(session, column, part), Neighbor.gone_at.is_(None))
        rows += session.execute(query.order_by(Neighbor.id))
    if not rows:
        return
    macs = {mac for row in rows if (mac := normalise_mac(row.chassis_id or ""))}
    by_mac = _holders(session, Device.base_mac_address, Device.id, macs)
    for mac, holders in _holders(
        session, Interface.if_phys_address, Interface.device_id, macs
    ).items():
        by_mac[mac] |= holders
    by_chassis = _holders(session, Device.chassis_id, Device.id, _texts(rows, "chassis_id"))
    by_address = _holders(session, Device.address, Device.id, _texts(rows, "management_address"))
    by_name = _holders(session, Device.sys_name, Device.id, _texts(rows, "sys_name"))
    names = _names(session, {number for one in by_address.values() for number in one})
    far_ends: list[dict[str, Any]] = []
    ports: list[dict[str, Any]] = []
    for row in rows:
        mac = normalise_mac(row.chassis_id or "") or ""
        at = {
            number
            for number in by_address.get(row.management_address or "", ())
            if _agree(row.sys_name, names.get(number))
        }
        candidates = (
            by_mac.get(mac, set()),
            by_chassis.get(row.chassis_id or "", set()),
            at,
            by_name.get(row.sys_name or "", set()),
        )
        others = (found - {row.device_id} for found in candidates)
        far = next((next(iter(found)) for found in others if len(found) == 1), None)
        if row.far_device_id != far:
            far_ends.append({"id": row.id, "far_device_id": far})
            if row.interface_id is not None and far is not None:
                ports.append({"port": row.interface_id, "far": far})
    if far_ends:
        session.execute(sa.update(Neighbor), far_ends)
    if ports:
        _tell_ports(session, ports)


def _tell_ports(session: Session, rows: list[dict[str, Any]]) -> None:
    """Let ports know who stands behind them, until their switch is read again."""
    table = table_of(SwitchPort)
    statement = (
        sa.update(table)
        .where(table.c.interface_id == sa.bindparam("port"), table.c.far_device_id.is_(None))
        .values(far_device_id=sa.bindparam("far"))
    )
    session.connection().execute(statement, rows)


def _texts(rows: Iterable[_Row], name: str) -> set[str]:
    return {text for row in rows if (text := getattr(row, name))}


def _holders(
    session: Session,
    column: InstrumentedAttribute[Any],
    number: InstrumentedAttribute[int],
    values: set[str],
) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for part in chunks(values):
        query = sa.select(column, number).where(is_among(session, column, part))
        for value, device_id in session.execute(query):
            found[value].add(device_id)
    return found


def _names(session: Session, ids: set[int]) -> dict[int, str | None]:
    found: dict[int, str | None] = {}
    for part in chunks(ids):
        query = sa.select(Device.id, Device.sys_name).where(Device.id.in_(part))
        found |= {row.id: row.sys_name for row in session.execute(query)}
    return found


def _agree(told: str | None, known: str | None) -> bool:
    """Tell whether two names may be one device's: with or without a domain, or one is missing."""
    if not told or not known:
        return True
    return told.casefold().partition(".")[0] == known.casefold().partition(".")[0]
