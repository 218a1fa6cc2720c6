"""From stored inventories of agents to the fleet: the same plan and apply as for a run.

A few at a time in one transaction, each by itself once a try with others has failed, so that one
inventory that cannot be taken over holds up no other.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category, Observation, from_json
from parc.config import Settings
from parc.discovery.settle import ids_of, keyed_devices
from parc.models import Agent, AgentToken, AgentUpload, ChangeSetKind, StoredObservation
from parc.queries.inbox_cause import Scope
from parc.reconcile.apply import Applied, apply
from parc.reconcile.change import Conflict
from parc.reconcile.inbox import settle as settle_inbox
from parc.reconcile.load import load, load_policy
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.services.actor import Actor
from parc.services.agents import digest_of
from parc.services.attached import settle_attached
from parc.services.change_sets import recording

BATCH: Final = 20  # about what is planned and applied in one second
_MOST_ATTEMPTS: Final = 3
_LOOKED_AT: Final = 200
AGENTS: Final = Actor(name="Agents", is_system=True)


@dataclass(frozen=True, slots=True)
class _Inventory:
    """One inventory that is taken over."""

    upload: AgentUpload
    agent: Agent
    observation: Observation


def take_waiting(session: Session, most: int = BATCH) -> tuple[int, ...]:
    """Give the uploads to take over next, and count the try; nothing when none waits.

    They are of one place and sender, and no two stand at one address: two machines at home may both
    have 192.168.1.20; nor are two of one agent, files of several days say. One that failed before
    comes alone; after three tries it is given up.
    """
    _give_up(session)
    query = (
        sa.select(AgentUpload, AgentToken.location_id, StoredObservation.address)
        .join(Agent, Agent.id == AgentUpload.agent_id)
        .join(StoredObservation, StoredObservation.id == AgentUpload.observation_id)
        .outerjoin(AgentToken, AgentToken.id == Agent.token_id)
        .order_by(AgentUpload.attempts, AgentUpload.id)
        .limit(_LOOKED_AT)
    )
    chosen: list[AgentUpload] = []
    addresses: set[str] = set()
    agents: set[int] = set()
    origin: tuple[int | None, str | None] = (None, None)
    for upload, location_id, address in session.execute(query):
        if not chosen:
            origin = (location_id, upload.sent_by)
        elif (
            (location_id, upload.sent_by) != origin
            or upload.attempts
            or address in addresses
            or upload.agent_id in agents
        ):
            continue
        addresses.add(address)
        agents.add(upload.agent_id)
        chosen.append(upload)
        if upload.attempts or len(chosen) >= most:
            break
    for upload in chosen:
        upload.attempts += 1
    return tuple(upload.id for upload in chosen)


def _give_up(session: Session) -> None:
    """Drop what failed too often, and say so at its agent."""
    query = sa.select(AgentUpload).where(AgentUpload.attempts >= _MOST_ATTEMPTS)
    for upload in session.scalars(query.limit(_LOOKED_AT)).all():
        agent = session.get(Agent, upload.agent_id)
        if agent is not None:
            agent.problem = "the inventory could not be taken over; the log of the server says why"
            agent.is_whole = False
        session.delete(upload)
    session.flush()


def settle_uploads(
    session: Session, settings: Settings, upload_ids: Sequence[int], now: datetime
) -> Applied | None:
    """Plan and apply what some uploads say; None when newer ones have taken their place."""
    inventories = _read(session, upload_ids)
    if not inventories:
        return None
    observations = [one.observation for one in inventories]
    token = session.get(AgentToken, inventories[0].agent.token_id or 0)
    policy = replace(
        _policy(session, settings, token, now),
        may_be_late=inventories[0].upload.sent_by is not None,
    )
    known = load(session, observations, policy, is_for_apply=True)
    made = plan(observations, known, policy)
    title = _title(inventories)
    with recording(session, AGENTS, ChangeSetKind.AGENTS, title, now):
        applied = apply(made, session, AGENTS, now)
        if settings.agents.attached_assets:
            settle_attached(
                session,
                AGENTS,
                sorted(set(applied.devices.values())),
                at=now,
                location_id=policy.location_id,
            )
    for one in inventories:
        _finish(session, one, applied.devices)
    _settle_inbox(session, settings, made, applied, now)
    return applied


def _title(inventories: Sequence[_Inventory]) -> dict[str, Any]:
    count, sender = len(inventories), inventories[0].upload.sent_by
    if sender is None:
        return {"code": "agents", "count": count}
    return {"code": "agent_files", "count": count, "by": sender}


def _read(session: Session, upload_ids: Iterable[int]) -> list[_Inventory]:
    """Read the uploads that still wait; agents are held before them, as where they come in."""
    ids = list(upload_ids)
    agents = {
        agent.id: agent
        for agent in session.scalars(
            sa.select(Agent)
            .join(AgentUpload, AgentUpload.agent_id == Agent.id)
            .where(AgentUpload.id.in_(ids))
            .order_by(Agent.id)
            .with_for_update(of=Agent)
        )
    }
    query = (
        sa.select(AgentUpload, StoredObservation.body)
        .join(StoredObservation, StoredObservation.id == AgentUpload.observation_id)
        .where(AgentUpload.id.in_(ids))
        .order_by(AgentUpload.id)
        .with_for_update(of=AgentUpload)
    )
    return [
        _Inventory(upload, agents[upload.agent_id], from_json(zlib.decompress(body)))
        for upload, body in session.execute(query)
        if upload.agent_id in agents
    ]


def _policy(
    session: Session, settings: Settings, token: AgentToken | None, now: datetime
) -> Policy:
    return replace(
        load_policy(session, settings.discovery),
        location_id=token.location_id if token else None,
        asset_categories=frozenset(map(Category, settings.agents.asset_categories)),
        now=now,
    )


def _finish(session: Session, one: _Inventory, devices: Mapping[str, int]) -> None:
    """Tie an inventory to its device; one that says what the last one said replaces it."""
    agent, observation_id = one.agent, one.upload.observation_id
    device_id = devices.get(one.observation.address)
    stored = session.get_one(StoredObservation, observation_id)
    stored.device_id = device_id
    same = sa.delete(StoredObservation).where(
        StoredObservation.device_id == device_id, StoredObservation.id != observation_id
    )
    if agent.inventoried_at and stored.observed_at < agent.inventoried_at:
        # The agent has said later things. The same file twice is kept once.
        at, source = StoredObservation.observed_at, StoredObservation.source
        if device_id is not None:
            session.execute(same.where(at == stored.observed_at, source == stored.source))
    else:
        digest = digest_of(one.observation)
        if digest == agent.digest and device_id == agent.device_id:
            session.execute(same.where(StoredObservation.id == agent.observation_id))
        agent.device_id, agent.digest = device_id, digest
        agent.observation_id = observation_id
    session.delete(one.upload)
    session.flush()


def _settle_inbox(
    session: Session, settings: Settings, made: Plan, applied: Applied, now: datetime
) -> None:
    ids = ids_of(made, applied)
    settle_inbox(
        session,
        AGENTS,
        settings.inbox,
        now,
        Scope(devices=frozenset(applied.devices.values()), keyed=keyed_devices(made, ids)),
        told=[change for change in made.changes if isinstance(change, Conflict)],
        ids=ids,
    )
