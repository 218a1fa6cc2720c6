"""Where silence means absence: only where a run asked by means as good as those of before.

nmap with raw sockets hears what a TCP connection cannot reach, and SNMP hears agents behind a
filter. A device that was last seen by a means that a run did not have is not absent for it.
"""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.addresses import AddressSet
from collectors.observation import Source, from_json
from collectors.sweep import WarningCode
from parc.discovery.task import Task
from parc.models import Credential, Device, RangeCredential, Run, RunTarget, StoredObservation

_WITHOUT_RAW_SOCKETS = (WarningCode.NMAP_MISSING, WarningCode.NMAP_UNPRIVILEGED)
# What a TCP connection tells as well: nmap's words without raw sockets, and ours without nmap.
_PROOFS_OF_CONNECTIONS = frozenset({"syn-ack", "conn-refused"})
_PART = 1_000


@dataclass(frozen=True, slots=True)
class _Means:
    """By what a device was seen; ``is_raw`` when nmap needed raw sockets for it."""

    is_snmp: bool = False
    is_nmap: bool = False
    is_raw: bool = False


def covered_addresses(session: Session, task: Task, run: Run) -> AddressSet:
    """Give the addresses of a run whose silence means that the device there is absent.

    Not among them are addresses that answered, but said nothing by which to tell which device it
    was, and those of devices that this run could not have seen.
    """
    asked = task.addresses - _unread_addresses(session, run.id)
    snmp = _snmp_addresses(session, task)
    has_raw = not any(text.startswith(_WITHOUT_RAW_SOCKETS) for text in run.warnings)
    silent = _silent_devices(session, task, asked)
    if has_raw:
        silent = {number: text for number, text in silent.items() if text not in snmp}
    means = _means_of_before(session, run.id, sorted(silent), is_proof_wanted=not has_raw)
    doubtful = [
        address
        for number, address in silent.items()
        if not _would_see(means.get(number, _Means()), has_raw=has_raw, has_snmp=address in snmp)
    ]
    return asked - _set_of(doubtful)


def _would_see(before: _Means, *, has_raw: bool, has_snmp: bool) -> bool:
    """Tell whether this run would have seen a device that still stood there."""
    if before.is_raw and not has_raw:
        return False
    return before.is_nmap or (before.is_snmp and has_snmp)


def _silent_devices(session: Session, task: Task, asked: AddressSet) -> dict[int, str]:
    """Give the addresses of the range's devices that were not seen in this run."""
    query = sa.select(Device.id, Device.address).where(
        sa.or_(Device.range_id == task.range_id, Device.range_id.is_(None)),
        Device.absent_since.is_(None),
        Device.last_seen_at < task.started_at,
    )
    return {number: address for number, address in session.execute(query) if address in asked}


def _snmp_addresses(session: Session, task: Task) -> AddressSet:
    """Give the addresses to which the range has a credential to show."""
    found: list[tuple[int, int, int]] = []
    rows = session.scalars(
        sa.select(Credential.networks)
        .join(RangeCredential, RangeCredential.credential_id == Credential.id)
        .where(RangeCredential.range_id == task.range_id)
    )
    for networks in rows:
        if not networks:
            return task.addresses
        for network in map(ipaddress.ip_network, networks):
            first, last = int(network.network_address), int(network.broadcast_address)
            found.append((network.version, first, last))
    return AddressSet(found)


def _means_of_before(
    session: Session, run_id: int, device_ids: Sequence[int], *, is_proof_wanted: bool
) -> Mapping[int, _Means]:
    """Give by what each device was seen in the last run that saw it and asked by all means."""
    found: dict[int, _Means] = {}
    for start in range(0, len(device_ids), _PART):
        rows = _evidence_of_before(session, run_id, device_ids[start : start + _PART])
        for number, source, body in rows:
            means = found.get(number, _Means())
            if source == Source.SNMP:
                found[number] = replace(means, is_snmp=True)
            else:
                is_raw = means.is_raw or (is_proof_wanted and _needs_raw_sockets(body))
                found[number] = replace(means, is_nmap=True, is_raw=is_raw)
    return found


def _evidence_of_before(
    session: Session, run_id: int, device_ids: Sequence[int]
) -> Iterator[tuple[int, str, bytes]]:
    last = (
        sa.select(StoredObservation.device_id, sa.func.max(StoredObservation.run_id).label("id"))
        .join(Run, Run.id == StoredObservation.run_id)
        .where(
            StoredObservation.device_id.in_(device_ids),
            Run.id != run_id,
            Run.retry_of_id.is_(None),
        )
        .group_by(StoredObservation.device_id)
        .subquery()
    )
    query = sa.select(
        StoredObservation.device_id, StoredObservation.source, StoredObservation.body
    ).join(
        last,
        sa.and_(
            StoredObservation.device_id == last.c.device_id, StoredObservation.run_id == last.c.id
        ),
    )
    for number, source, body in session.execute(query):
        if number is not None:
            yield number, source, body


def _needs_raw_sockets(body: bytes) -> bool:
    presence = from_json(zlib.decompress(body)).presence
    return presence is not None and presence.proof not in _PROOFS_OF_CONNECTIONS


def _unread_addresses(session: Session, run_id: int) -> AddressSet:
    """Give the addresses that answered, but said nothing by which to tell which device it was."""
    has_evidence = sa.exists().where(
        StoredObservation.run_id == run_id, StoredObservation.address == RunTarget.address
    )
    texts = session.scalars(
        sa.select(RunTarget.address).where(RunTarget.run_id == run_id, ~has_evidence)
    )
    return _set_of(texts)


def _set_of(texts: Iterable[str]) -> AddressSet:
    numbers = map(ipaddress.ip_address, texts)
    return AddressSet((one.version, int(one), int(one)) for one in numbers)
