"""What controllers and hosts told of a device, from their stored evidence; read only.

An access point that answers to nobody but its controller has no evidence of its own: what is known
of it stands in that of the controller, which the device is read from again when it is divided.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.details import Details, ManagedDeviceTable
from collectors.details import ManagedDevice as ToldDevice
from collectors.observation import Observation, from_json
from parc.models import Device, ManagedDevice, StoredObservation
from parc.reconcile.hearsay import with_told

# The latest readings of those who tell that are looked through.
_MOST_READINGS: Final = 200
Spoken = Mapping[int | None, Sequence[Observation]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of another told of the device.

    Attributes:
        number: of the observation that tells it.
    """

    run_id: int | None
    number: int
    observation: Observation


@dataclass(frozen=True, slots=True)
class _Keys:
    """Serial numbers and MACs by which a device is told of."""

    serials: frozenset[str]
    macs: frozenset[str]

    def has(self, serial: str | None, mac: str | None) -> bool:
        return serial in self.serials or (serial is None and mac in self.macs)

    def are_in(self, body: bytes) -> bool:
        return any(text.encode() in body for text in (*self.serials, *self.macs))


def told_readings(session: Session, device: Device, spoken: Spoken) -> Iterator[Reading]:
    """Give what others told of a device, the oldest first.

    Args:
        spoken: what it said itself, by run; of what it said itself no other is heard.
    """
    rows = _rows_about(session, device, spoken)
    keys = _own_keys(session, device, rows)
    told = (row for row in rows if keys.has(row.serial_number, row.mac_address))
    tellers = sorted({row.device_id for row in told})
    if not tellers:
        return
    kept = StoredObservation
    latest = sa.select(kept.id).where(kept.device_id.in_(tellers)).order_by(kept.id.desc())
    query = sa.select(kept.id, kept.run_id, kept.body).where(
        kept.id.in_(latest.limit(_MOST_READINGS))
    )
    for number, run_id, stored in session.execute(query.order_by(kept.id)):
        body = zlib.decompress(stored)
        if not keys.are_in(body):
            continue
        teller = _only_of(from_json(body), keys, device.address)
        own = () if run_id is None else spoken.get(run_id, ())
        for one in with_told((teller, *own))[1 + len(own) :]:
            yield Reading(run_id, number, one)


def _rows_about(session: Session, device: Device, spoken: Spoken) -> Sequence[ManagedDevice]:
    """Give what is told under a serial number or a MAC that the device has shown."""
    serials, macs = {device.serial_number}, {device.base_mac_address}
    for one in (one for observations in spoken.values() for one in observations):
        if one.identity is not None:
            serials.add(one.identity.serial_number)
            macs.add(one.identity.base_mac_address)
        if one.presence is not None:
            macs.add(one.presence.mac_address)
    row = ManagedDevice
    query = sa.select(row).where(
        row.device_id != device.id,
        sa.or_(row.serial_number.in_(_known(serials)), row.mac_address.in_(_known(macs))),
    )
    return session.scalars(query.order_by(row.id)).all()


def _own_keys(session: Session, device: Device, rows: Iterable[ManagedDevice]) -> _Keys:
    """Give the keys under which it is told of, but for those that another device shows."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found["serial_number"] |= _known((row.serial_number,))
        found["base_mac_address"] |= _known((row.mac_address,))
    for name, values in found.items():
        column = getattr(Device, name)
        others = sa.select(column).where(column.in_(values), Device.id != device.id)
        values.difference_update(session.scalars(others).all())
    return _Keys(frozenset(found["serial_number"]), frozenset(found["base_mac_address"]))


def _known(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}


def _only_of(teller: Observation, keys: _Keys, address: str) -> Observation:
    """Leave out what a teller says of others; what it places nowhere stands where the device is."""
    rows = tuple(
        _placed(row, address)
        for row in teller.details.managed_devices.rows
        if keys.has(row.serial_number, row.mac_address)
    )
    return replace(teller, details=Details(managed_devices=ManagedDeviceTable(rows)))


def _placed(row: ToldDevice, address: str) -> ToldDevice:
    return row if row.address else replace(row, address=address)
