"""Neighbours by LLDP and CDP: their rows, and which known device each of them is.

A neighbour is often read before the device that it is, or after; so rows that wait are looked at
again whenever new devices come. What does not tell one device from all others tells none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from collectors import observation as seen
from collectors.text import normalise_mac
from parc.models import Device, Interface, Neighbor, SwitchPort
from parc.naming import address_sort
from parc.reconcile.known import KEY_CHARACTERS, LONG_TEXT, fit
from parc.reconcile.load import chunks
from parc.reconcile.told import Told

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
    touched: set[int] = set()
    for one in told:
        touched |= _write_device(session, one)
    _resolve(session, touched)


def _write_device(session: Session, told: Told) -> set[int]:
    """Write the rows of one device; give the ids of those that are there."""
    table = told.links.neighbors
    rows = {_key(row): _values(told, row) for row in table.rows}
    known = {
        row.key: row
        for row in session.scalars(sa.select(Neighbor).where(Neighbor.device_id == told.device_id))
    }
    for key in sorted(rows):
        values = {**rows[key], "last_seen_at": told.at, "gone_at": None}
        if key not in known:
            known[key] = Neighbor(
                device_id=told.device_id, key=key, first_seen_at=told.at, **values
            )
            session.add(known[key])
            continue
        for name, value in values.items():
            if getattr(known[key], name) != value:
                setattr(known[key], name, value)
    if table.complete:
        for key in known.keys() - rows.keys():
            if known[key].gone_at is None:
                known[key].gone_at = told.at
    session.flush()
    return {row.id for row in known.values() if row.gone_at is None}


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
                column.in_(part), Neighbor.far_device_id.is_(None), Neighbor.gone_at.is_(None)
            )
            waiting.update(session.scalars(rows))
    _resolve(session, waiting)


def _resolve(session: Session, ids: Collection[int]) -> None:
    rows: list[Neighbor] = []
    for part in chunks(ids):
        rows += session.scalars(sa.select(Neighbor).where(Neighbor.id.in_(part)))
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
            row.far_device_id = far
            _tell_port(session, row)
    session.flush()


def _tell_port(session: Session, row: Neighbor) -> None:
    """Let the port know who stands behind it, until its switch is read again."""
    if row.interface_id is None or row.far_device_id is None:
        return
    session.execute(
        sa.update(SwitchPort)
        .where(SwitchPort.interface_id == row.interface_id, SwitchPort.far_device_id.is_(None))
        .values(far_device_id=row.far_device_id)
        .execution_options(synchronize_session=False)
    )


def _texts(rows: Iterable[Neighbor], name: str) -> set[str]:
    return {text for row in rows if (text := getattr(row, name))}


def _holders(
    session: Session,
    column: InstrumentedAttribute[Any],
    number: InstrumentedAttribute[int],
    values: set[str],
) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for part in chunks(values):
        for value, device_id in session.execute(sa.select(column, number).where(column.in_(part))):
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
