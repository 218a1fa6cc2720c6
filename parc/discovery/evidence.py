"""What was seen, kept as it was seen: observations, the log line of each target, successes.

Append only; a plan can be made again from it, and the interface can show what a device said.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from collectors.collect import SnmpResult
from collectors.errors import Failure
from collectors.observation import Observation, Presence, Problem, Source, from_json, to_json
from collectors.sweep import SweepWarning
from collectors.target import Manner
from parc.discovery.task import MANNER_HOLDS
from parc.models import CredentialSuccess, Run, RunTarget, StoredObservation, TargetOutcome

_SILENT = "It is up, but does not answer SNMP with the credentials of this range."
_SNMP_PORT = ("udp", 161)


def store_presences(
    session: Session, run_id: int, presences: Mapping[str, Presence], now: datetime
) -> None:
    """Keep what a presence sweep saw of addresses that are up."""
    session.add_all(
        _row(
            run_id,
            Observation(address=address, source=Source.NMAP, observed_at=now, presence=presence),
        )
        for address, presence in presences.items()
    )


def store_warnings(session: Session, run_id: int, warnings: Iterable[SweepWarning]) -> None:
    """Note once in the run what its sweep could not see, as ``code: sentence``."""
    run = session.get_one(Run, run_id)
    texts = (f"{one.code.value}: {one.detail}".rstrip(": ") for one in warnings)
    run.warnings = list(dict.fromkeys([*run.warnings, *texts]))


def store_silent(
    session: Session, run_id: int, presences: Mapping[str, Presence], now: datetime
) -> int:
    """Log the addresses that are up and do not speak SNMP to us; gives how many failed.

    It is a failure only where the sweep saw an agent's open port; anything else is just present.
    """
    failed = 0
    for address, presence in presences.items():
        has_agent = any((one.protocol, one.port) == _SNMP_PORT for one in presence.services)
        failed += has_agent
        session.add(
            RunTarget(
                run_id=run_id,
                address=address,
                outcome=TargetOutcome.FAILED if has_agent else TargetOutcome.PRESENT,
                failure=Failure.NO_ANSWER,
                detail=_SILENT,
                ended_at=now,
            )
        )
    return failed


def store_results(
    session: Session, run_id: int, results: Sequence[SnmpResult], now: datetime
) -> None:
    """Keep what devices said by SNMP, or why they did not, and raise the run's counts.

    A device that answered but could not be read is kept as present, so that it is not taken for
    gone; results that only say that the run was stopped are left out.
    """
    finished = [result for result in results if result.failure is not Failure.CANCELLED]
    for result in finished:
        observation = result.observation or _refusal(result, now)
        if observation is not None:
            session.add(_row(run_id, observation))
        session.add(_target(run_id, result, now))
    collected = [result for result in finished if result.observation is not None]
    _remember_successes(session, collected, now)
    raise_counts(
        session,
        run_id,
        collected_count=len(collected),
        failed_count=len(finished) - len(collected),
    )


def raise_counts(session: Session, run_id: int, **by: int) -> None:
    """Add to counters of a run; they are summed in the database, by name of the column."""
    wanted = {name: count for name, count in by.items() if count}
    if wanted:
        session.execute(
            sa.update(Run)
            .where(Run.id == run_id)
            .values({name: getattr(Run, name) + count for name, count in wanted.items()})
            .execution_options(synchronize_session=False)
        )


def load_observations(
    session: Session, run_id: int, addresses: Iterable[str] | None = None
) -> Iterator[Observation]:
    """Give the evidence of a run, of all addresses or of some."""
    query = sa.select(StoredObservation.body).where(StoredObservation.run_id == run_id)
    if addresses is not None:
        query = query.where(StoredObservation.address.in_(list(addresses)))
    for body in session.scalars(query.order_by(StoredObservation.id)):
        yield from_json(zlib.decompress(body))


def _row(run_id: int, observation: Observation) -> StoredObservation:
    return StoredObservation(
        run_id=run_id,
        address=observation.address,
        source=observation.source.value,
        observed_at=observation.observed_at,
        body=zlib.compress(to_json(observation)),
    )


def _refusal(result: SnmpResult, now: datetime) -> Observation | None:
    """Say that something stands there, when a device refused us; silence says nothing."""
    if result.failure is None or result.failure is Failure.NO_ANSWER:
        return None
    return Observation(
        address=result.address,
        source=Source.SNMP,
        observed_at=now,
        presence=Presence(proof="snmp"),
        problems=(Problem(result.failure, result.detail),),
    )


def _target(run_id: int, result: SnmpResult, now: datetime) -> RunTarget:
    failure, detail = result.failure, result.detail
    outcome = TargetOutcome.FAILED
    if result.observation is not None:
        problems = result.observation.problems
        outcome = TargetOutcome.PARTIAL if problems else TargetOutcome.COLLECTED
        failure = problems[0].failure if problems else None
        detail = "; ".join(problem.detail for problem in problems)
    return RunTarget(
        run_id=run_id,
        address=result.address,
        outcome=outcome,
        failure=failure,
        detail=detail,
        credential_id=result.credential.id if result.credential else None,
        seconds=result.seconds,
        ended_at=now,
    )


def _manner(manner: Manner, now: datetime) -> dict[str, Any]:
    if manner.is_usual:
        return {"manner": None, "manner_learnt_at": None}
    return {"manner": msgspec.json.encode(manner).decode(), "manner_learnt_at": now}


def _remember_successes(session: Session, results: Sequence[SnmpResult], now: datetime) -> None:
    """Note which credential each address answered; two runs may do so at the same moment."""
    rows = [
        {
            "address": result.address,
            "credential_id": result.credential.id,
            "succeeded_at": now,
            **_manner(result.manner, now),
        }
        for result in results
        if result.credential is not None and result.credential.id is not None
    ]
    if not rows:
        return
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(CredentialSuccess)
    known, new = CredentialSuccess, statement.excluded
    is_same = known.manner.is_not_distinct_from(new.manner)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[CredentialSuccess.address],
            set_={
                "credential_id": new.credential_id,
                "succeeded_at": new.succeeded_at,
                "manner": new.manner,
                "manner_learnt_at": sa.case(
                    (
                        sa.and_(is_same, known.manner_learnt_at > now - MANNER_HOLDS),
                        known.manner_learnt_at,
                    ),
                    else_=new.manner_learnt_at,
                ),
            },
        ),
        rows,
    )
