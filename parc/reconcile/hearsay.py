"""What one device tells of others, as if they had been seen themselves; pure.

An access point in the care of a controller answers to nobody else, but its controller knows its
serial number, its MAC and its address. It becomes an observation of that address, so that it goes
the same way as all others and is found by the same keys. What spoke for itself is not spoken for;
without a key of its own, or with another machine at its address, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from collectors.details import ManagedDevice
from collectors.evidence import How, Means, Origin
from collectors.observation import Category, Identity, Observation, Source, System
from parc.reconcile.usable import usable_mac


def with_told(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Give the observations and those of devices that they tell of, in no order that matters."""
    given = tuple(observations)
    at: dict[str, list[Observation]] = defaultdict(list)
    for observation in given:
        at[observation.address].append(observation)
    told: dict[str, list[Observation]] = defaultdict(list)
    for teller in given:
        for row in teller.details.managed_devices.rows:
            if row.address and _is_there(row, at.get(row.address, ())):
                told[row.address].append(_observation(teller, row, row.address))
    return (*given, *_without_contradictions(told))


def _is_there(row: ManagedDevice, others: Sequence[Observation]) -> bool:
    """Tell whether a running access point with a key may be what stands at its address."""
    mac = usable_mac(row.mac_address)
    if row.kind != Category.ACCESS_POINT or row.state != "up":
        return False
    if not mac and not (row.manufacturer and row.serial_number):
        return False
    for other in others:
        seen = other.presence.mac_address if other.presence else None
        if other.source is Source.SNMP or (seen and seen != row.mac_address):
            return False
    return True


_TOLD = (
    "manufacturer", "model_name", "serial_number", "operating_system", "software_revision",
)  # fmt: skip


def _origins(row: ManagedDevice, teller: str) -> tuple[Origin, ...]:
    """Say of each value that the controller at an address told it."""
    how = How(Means.CONTROLLER, raw=teller)
    values = [(name, getattr(row, name)) for name in _TOLD]
    return tuple(Origin(name, value, how) for name, value in values if value)


def _observation(teller: Observation, row: ManagedDevice, address: str) -> Observation:
    return Observation(
        address=address,
        source=Source.SNMP,
        observed_at=teller.observed_at,
        system=System(sys_name=row.name),
        identity=Identity(
            manufacturer=row.manufacturer,
            model_name=row.model_name,
            serial_number=row.serial_number,
            category=Category.ACCESS_POINT,
            operating_system=row.operating_system,
            software_revision=row.software_revision,
            base_mac_address=row.mac_address,
            origins=_origins(row, teller.address),
        ),
    )


def _without_contradictions(told: Mapping[str, Sequence[Observation]]) -> list[Observation]:
    """Give the latest of each address; two access points at one address are neither."""
    found = []
    for rows in told.values():
        serials = {row.identity.serial_number for row in rows if row.identity}
        if len(serials) == 1:
            found.append(max(rows, key=lambda row: (row.observed_at, str(row.identity))))
    return found
