"""What one device tells of others, as if they had been seen themselves; pure.

An access point in the care of a controller answers to nobody else, but its controller knows its
serial number, its MAC and its address. A host knows UUID and MAC of its virtual machines; the
address is where that MAC was met on the wire, or where a router has it. Either becomes an
observation of that address, so that it goes the same way as all others and is found by the same
keys. What spoke for itself is not spoken for; without a key of its own, or with another machine at
its address, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from collectors.details import ManagedDevice
from collectors.evidence import How, Means, Origin
from collectors.observation import Category, Identity, Observation, Source, System
from parc.key_texts import uuid_text
from parc.naming import address_sort
from parc.reconcile.usable import usable_mac

# How a controller says that an access point runs, and a host of a machine.
_RUNNING: Final[Mapping[str, str]] = {
    Category.ACCESS_POINT: "up",
    Category.VIRTUAL_MACHINE: "on",
}


def with_told(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Give the observations and those of devices that they tell of, in no order that matters."""
    given = tuple(observations)
    at: dict[str, list[Observation]] = defaultdict(list)
    for observation in given:
        at[observation.address].append(observation)
    told: dict[str, list[Observation]] = defaultdict(list)
    tellers = [one for one in given if one.details.managed_devices.rows]
    homes = _addresses(given) if tellers else {}
    for teller in tellers:
        for row in teller.details.managed_devices.rows:
            address = row.address or homes.get(row.mac_address or "")
            if address and _is_there(row, at.get(address, ())):
                told[address].append(_observation(teller, row, address))
    return (*given, *_without_contradictions(told))


def _addresses(given: Iterable[Observation]) -> Mapping[str, str]:
    """Give where each MAC was met: on the wire before what routers say, the lowest address."""
    seen, said = [], []
    for one in given:
        if one.presence and one.presence.mac_address:
            seen.append((one.presence.mac_address, one.address))
        said += [(row.mac_address, row.address) for row in one.links.address_mappings.rows]
    homes: dict[str, str] = {}
    for pairs in (seen, said):
        for mac, address in sorted(pairs, key=lambda pair: address_sort(pair[1]) or "~"):
            homes.setdefault(mac, address)
    return homes


def _is_there(row: ManagedDevice, others: Sequence[Observation]) -> bool:
    """Tell whether what runs and has a key may be what stands at its address."""
    mac = usable_mac(row.mac_address)
    if _RUNNING.get(row.kind) != row.state:
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
    values = [("category", row.kind), *((name, getattr(row, name)) for name in _TOLD)]
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
            category=Category(row.kind),
            operating_system=row.operating_system,
            software_revision=row.software_revision,
            base_mac_address=row.mac_address,
            system_uuid=uuid_text(row.key) if row.kind == Category.VIRTUAL_MACHINE else None,
            origins=_origins(row, teller.address),
        ),
    )


def _without_contradictions(told: Mapping[str, Sequence[Observation]]) -> list[Observation]:
    """Give the latest of each address; two devices at one address are neither."""
    found = []
    for rows in told.values():
        keys = {(i.serial_number, i.base_mac_address) for row in rows if (i := row.identity)}
        if len(keys) == 1:
            found.append(max(rows, key=lambda row: (row.observed_at, str(row.identity))))
    return found
