"""From stored evidence to the inventory: load what is known, plan, refuse what is unsafe, apply.

Everything here happens in the caller's transaction, so that what was planned is still true when it
is applied. The counts of a run are written with the change that they count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.addresses import AddressSet
from collectors.observation import Observation
from parc.config import Settings
from parc.discovery.absence import covered_addresses
from parc.discovery.evidence import load_observations, raise_counts
from parc.discovery.task import Task
from parc.models import ChangeSetKind, Device, Run, RunTarget, StoredObservation, table_of
from parc.queries.inbox_cause import Scope
from parc.reconcile.apply import Applied, apply
from parc.reconcile.change import (
    Absent,
    Conflict,
    CreateAsset,
    CreateDevice,
    DeviceRef,
    LinkAsset,
    Returned,
    RowChange,
    UpdateDevice,
)
from parc.reconcile.inbox import settle as settle_inbox
from parc.reconcile.incident_events import events_of
from parc.reconcile.incidents import settle_incidents
from parc.reconcile.links import write_links
from parc.reconcile.load import load, load_policy
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan, UnsafePlanError
from parc.reconcile.policy import Policy
from parc.services.actor import Actor, for_run
from parc.services.change_sets import recording

_NOWHERE = AddressSet()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a plan.

    Attributes:
        unsafe: why it was not applied, in words; None when it was.
        created, changed: addresses of the devices that are new, and of the others it changed.
    """

    unsafe: str | None = None
    created: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What a plan was made of, and when it is applied."""

    observations: Iterable[Observation]
    settings: Settings
    now: datetime
    is_end: bool = False


def policy_of(session: Session, task: Task, settings: Settings, now: datetime) -> Policy:
    """Give the rules of a run's range, and of the fields of assets."""
    return replace(
        load_policy(session, settings.discovery),
        range_id=task.range_id,
        location_id=task.location_id,
        asset_categories=task.asset_categories,
        unsafe_share_percent=settings.discovery.unsafe_share_percent,
        unsafe_minimum=settings.discovery.unsafe_minimum,
        run_id=task.run_id,
        started_at=task.started_at,
        now=now,
    )


def settle_chunk(
    session: Session, task: Task, settings: Settings, addresses: Collection[str], now: datetime
) -> Settlement:
    """Plan and apply what some addresses said in this run; nothing counts as absent yet."""
    observations = list(load_observations(session, task.run_id, addresses))
    policy = policy_of(session, task, settings, now)
    known = load(session, observations, policy, is_for_apply=True)
    made = plan(observations, known, policy)
    return _apply_if_safe(session, task, policy, made, _Evidence(observations, settings, now))


def settle_absence(session: Session, task: Task, settings: Settings, now: datetime) -> Settlement:
    """Note which devices of the range answered nowhere, once all its addresses were asked.

    What was seen was applied before; the devices seen count into the share that may vanish.
    """
    covered = covered_addresses(session, task, session.get_one(Run, task.run_id))
    policy = policy_of(session, task, settings, now)
    known = load(session, [], policy, covered=covered, is_for_apply=True)
    seen = set(session.scalars(sa.select(Device.id).where(Device.last_seen_at >= task.started_at)))
    silent = replace(known, devices=tuple(one for one in known.devices if one.id not in seen))
    absences = plan([], silent, policy, covered=covered)
    present = session.scalar(
        sa.select(sa.func.count())
        .select_from(Device)
        .where(
            Device.range_id == task.range_id,
            Device.last_seen_at >= task.started_at,
            Device.first_seen_at < task.started_at,
        )
    )
    whole = replace(absences, in_scope=absences.in_scope + (present or 0))
    return _apply_if_safe(session, task, policy, whole, _Evidence((), settings, now, is_end=True))


def plan_again(
    session: Session, task: Task, settings: Settings, now: datetime, *, is_for_apply: bool = False
) -> Plan:
    """Plan from all that a run has stored, as things are known now."""
    run = session.get_one(Run, task.run_id)
    is_complete = run.swept_count >= run.address_count and not task.is_retry
    observations = list(load_observations(session, task.run_id))
    covered = covered_addresses(session, task, run) if is_complete else _NOWHERE
    policy = policy_of(session, task, settings, now)
    known = load(session, observations, policy, covered=covered, is_for_apply=is_for_apply)
    return plan(observations, known, policy, covered=covered)


def settle_again(
    session: Session, task: Task, settings: Settings, actor: Actor, now: datetime
) -> Plan:
    """Apply the plan of a held run, whatever its share: a person has decided. Gives the plan."""
    made = plan_again(session, task, settings, now, is_for_apply=True)
    observations = load_observations(session, task.run_id)
    _apply(session, task, actor, made, _Evidence(observations, settings, now))
    return made


def _apply_if_safe(
    session: Session, task: Task, policy: Policy, made: Plan, evidence: _Evidence
) -> Settlement:
    try:
        made.raise_if_unsafe(policy)
    except UnsafePlanError as error:
        return Settlement(unsafe=str(error))
    _apply(session, task, for_run(task.range_name, task.run_id), made, evidence)
    created = frozenset(c.device.address for c in made.changes if isinstance(c, CreateDevice))
    changed = frozenset(
        c.device.address for c in made.changes if isinstance(c, UpdateDevice | RowChange)
    )
    return Settlement(created=created, changed=changed - created)


def _apply(session: Session, task: Task, actor: Actor, made: Plan, evidence: _Evidence) -> None:
    """Apply a plan, tie its evidence to the devices it is of, write what they see, and count."""
    title = {"code": "run", "range": task.range_name}
    kind = ChangeSetKind.RUN
    with recording(session, actor, kind, title, evidence.now, run_id=task.run_id):
        applied = apply(made, session, actor, evidence.now)
    _tie(session, task.run_id, applied.devices)
    write_links(
        session,
        evidence.observations,
        applied.devices,
        most_macs=evidence.settings.discovery.edge_port_addresses,
    )
    absent = {c.device.id for c in made.changes if isinstance(c, Absent) and c.device.id}
    seen = frozenset({*applied.devices.values(), *absent})
    ids = ids_of(made, applied)
    settle_inbox(
        session,
        actor,
        evidence.settings.inbox,
        evidence.now,
        Scope(devices=seen, keyed=keyed_devices(made, ids)),
        told=[change for change in made.changes if isinstance(change, Conflict)],
        ids=ids,
    )
    settle_incidents(
        session,
        actor,
        evidence.now,
        devices=seen,
        ended_ranges=[task.range_id] if evidence.is_end and task.range_id else [],
        events=list(events_of(made.changes, made.sightings)),
        ids=ids,
    )
    counts = applied.counts
    raise_counts(
        session,
        task.run_id,
        created_count=counts.created,
        gone_count=counts.gone,
        asset_count=counts.assets,
        difference_count=counts.differences,
    )


def keyed_devices(made: Plan, ids: Mapping[DeviceRef, int]) -> frozenset[int]:
    """Give the devices whose keys, presence or asset the plan has changed."""
    kinds = (CreateDevice, UpdateDevice, Absent, Returned, CreateAsset, LinkAsset)
    found = (ids.get(c.device, c.device.id) for c in made.changes if isinstance(c, kinds))
    return frozenset(number for number in found if number is not None)


def ids_of(made: Plan, applied: Applied) -> dict[DeviceRef, int]:
    """Give the ids of the devices of a plan, also of those that it made."""
    return {
        sighting.device: applied.devices[address]
        for sighting in made.sightings
        for address in sighting.addresses
    }


def _tie(session: Session, run_id: int, devices: Mapping[str, int]) -> None:
    """Write of which device the evidence of each address is."""
    rows = [{"seen_at": address, "of": number} for address, number in devices.items()]
    if not rows:
        return
    for table in (table_of(StoredObservation), table_of(RunTarget)):
        statement = (
            sa.update(table)
            .where(table.c.run_id == run_id, table.c.address == sa.bindparam("seen_at"))
            .values(device_id=sa.bindparam("of"))
        )
        session.connection().execute(statement, rows)
