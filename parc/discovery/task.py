"""The facts of one run, read once at its beginning, so that nothing is held open meanwhile."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.addresses import AddressSet
from collectors.credentials import SnmpCredential
from collectors.observation import Category
from collectors.sweep import SweepPlan
from collectors.target import Manner
from parc.errors import ParcError
from parc.models import (
    AddressRange,
    Credential,
    CredentialSuccess,
    RangeCredential,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    TargetOutcome,
)
from parc.secret_box import SecretBox
from parc.services.credentials import open_credential

# Then a device is asked in the usual manner again: it may have been mended.
MANNER_HOLDS: Final = timedelta(days=30)
_FAILED = (TargetOutcome.FAILED, TargetOutcome.PARTIAL)


@dataclass(frozen=True, slots=True)
class Task:
    """One run.

    Attributes:
        addresses: what is to be asked.
        networks: those of the whole range; a credential without networks of its own may be
            tried on them.
        is_retry: only targets that failed before; nothing is swept, nothing can be absent.
    """

    run_id: int
    range_id: int
    range_name: str
    location_id: int | None
    asset_categories: frozenset[Category]
    addresses: AddressSet
    packets_per_second: int
    devices_at_once: int
    started_at: datetime
    is_retry: bool


def begin(session: Session, run_id: int, now: datetime) -> Task | None:
    """Mark a run as running and give its facts; None when it is not waiting any more.

    Raises:
        ParcError: the run or its range was deleted while it waited.
    """
    run = session.get(Run, run_id, with_for_update=True)
    if run is None:
        raise ParcError(f"run {run_id} was deleted before it began")
    if run.state is not RunState.QUEUED:
        return None
    address_range = session.get(AddressRange, run.range_id) if run.range_id else None
    if address_range is None:
        raise ParcError(f"the range {run.range_name} was deleted before its run began")
    addresses = _addresses(address_range)
    if run.retry_of_id is not None:
        addresses = _failed_before(session, run.retry_of_id, addresses)
    run.state = RunState.RUNNING
    run.phase = RunPhase.SWEEP
    run.started_at = now
    run.address_count = min(addresses.count, 2**63 - 1)
    return _task(run, address_range, addresses, now)


def task_of(session: Session, run_id: int, now: datetime) -> Task:
    """Give the facts of a run again, to plan from its evidence.

    Raises:
        ParcError: there is no such run, or its range was deleted.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise ParcError(f"There is no run {run_id}.")
    address_range = session.get(AddressRange, run.range_id) if run.range_id else None
    if address_range is None:
        raise ParcError(f"The range of run {run_id} was deleted: its plan cannot be made again.")
    addresses = _addresses(address_range)
    return _task(run, address_range, addresses, run.started_at or now)


def _task(
    run: Run, address_range: AddressRange, addresses: AddressSet, started_at: datetime
) -> Task:
    return Task(
        run_id=run.id,
        range_id=address_range.id,
        range_name=address_range.name,
        location_id=address_range.location_id,
        asset_categories=frozenset(map(Category, address_range.asset_categories)),
        addresses=addresses,
        packets_per_second=address_range.packets_per_second,
        devices_at_once=address_range.devices_at_once,
        started_at=started_at,
        is_retry=run.retry_of_id is not None,
    )


def _addresses(address_range: AddressRange) -> AddressSet:
    include = map(ipaddress.ip_network, address_range.include)
    exclude = map(ipaddress.ip_network, address_range.exclude)
    return SweepPlan.of(include, exclude).addresses


def _failed_before(session: Session, run_id: int, allowed: AddressSet) -> AddressSet:
    """Give the targets that failed then and that the range still covers."""
    texts = session.scalars(
        sa.select(RunTarget.address).where(
            RunTarget.run_id == run_id, RunTarget.outcome.in_(_FAILED)
        )
    )
    failed = [ipaddress.ip_address(text) for text in texts]
    return AddressSet((one.version, int(one), int(one)) for one in failed if one in allowed)


class KeyRing:
    """The credentials of a range, opened for one chunk; which may be tried where, in which order.

    A device reads whatever it is offered, so that a credential is shown only inside the networks
    that it names, and the one that an address answered last is shown first.
    """

    def __init__(
        self,
        credentials: Sequence[tuple[SnmpCredential, AddressSet | None]],
        last_successes: Mapping[str, int],
        manners: Mapping[str, Manner] | None = None,
    ) -> None:
        self._credentials = credentials
        self._last_successes = last_successes
        self._manners = manners or {}

    def for_address(
        self, address: str, answered: SnmpCredential | None = None
    ) -> tuple[SnmpCredential, ...]:
        """Give what may be shown to this address, first what it just ``answered``, or last."""
        allowed = [
            credential
            for credential, networks in self._credentials
            if networks is None or address in networks
        ]
        last = answered.id if answered else self._last_successes.get(address)
        return tuple(sorted(allowed, key=lambda credential: credential.id != last))

    def manner_of(self, address: str) -> Manner:
        """Give how this address had to be asked the last time."""
        return self._manners.get(address) or Manner()


def open_key_ring(
    session: Session, box: SecretBox, range_id: int, addresses: Sequence[str], now: datetime
) -> KeyRing:
    """Open the credentials of a range for one chunk of addresses.

    Raises:
        SecretError: the master key does not fit what is stored.
    """
    rows = session.scalars(
        sa.select(Credential)
        .join(RangeCredential, RangeCredential.credential_id == Credential.id)
        .where(RangeCredential.range_id == range_id)
        .order_by(RangeCredential.position)
    )
    credentials = [
        (
            open_credential(box, row),
            AddressSet.of(map(ipaddress.ip_network, row.networks)) if row.networks else None,
        )
        for row in rows
    ]
    successes = session.execute(
        sa.select(
            CredentialSuccess.address,
            CredentialSuccess.credential_id,
            CredentialSuccess.manner,
            CredentialSuccess.manner_learnt_at,
        ).where(CredentialSuccess.address.in_(addresses))
    ).all()
    manners = {
        row.address: msgspec.json.decode(row.manner, type=Manner)
        for row in successes
        if row.manner and row.manner_learnt_at and row.manner_learnt_at > now - MANNER_HOLDS
    }
    return KeyRing(credentials, {row.address: row.credential_id for row in successes}, manners)


def open_credentials(
    session: Session, box: SecretBox, address: str, now: datetime
) -> tuple[SnmpCredential, ...]:
    """Open what may be shown to one address: the credentials of all ranges that cover it.

    Raises:
        SecretError: the master key does not fit what is stored.
    """
    found: dict[int | None, SnmpCredential] = {}
    for address_range in session.scalars(sa.select(AddressRange).order_by(AddressRange.name)):
        if address in _addresses(address_range):
            ring = open_key_ring(session, box, address_range.id, [address], now)
            found |= {one.id: one for one in ring.for_address(address) if one.id not in found}
    return tuple(found.values())
