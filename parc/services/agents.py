"""Inventories of agents as they come in: stored as evidence at once, taken over by a job later.

The whole state of each agent is kept beside, so that an inventory that brings only what changed
becomes a whole one here, and everything after it knows whole ones alone.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from collectors.agent.kinds import VOLATILE
from collectors.agent.messages import Message
from collectors.agent.observe import Upload, observe
from collectors.agent.sections import Sections, first, merge_sections, without_people
from collectors.agent.values import moment, real, told_zone
from collectors.details import HostEntryTable
from collectors.observation import Observation, to_json
from parc.models import Agent, AgentUpload, StoredObservation
from parc.services.agent_tokens import note_use

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SECTIONS: Final = msgspec.json.Decoder(Sections)
_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLIENT_CHARACTERS: Final = 100
_TAG_CHARACTERS: Final = 255
_MOST_COPIES: Final = 20  # machines to which an image has copied one name


@dataclass(frozen=True, slots=True)
class Received:
    """One inventory as it came.

    Attributes:
        agent_id: header ``GLPI-Agent-ID``, as it was sent.
        client: what the agent calls itself in its head; the body's own word wins.
        address: where it came from; None for a file.
        token_id: of the token that let it in.
        sent_by: who sent it as a file; empty when the agent has sent it.
        zone: in which the clock of a machine goes whose inventory comes as a file, unless that
            says so itself.
    """

    message: Message
    at: datetime
    agent_id: str = ""
    client: str = ""
    address: str | None = None
    token_id: int | None = None
    keeps_people: bool = True
    sent_by: str = ""
    zone: tzinfo = UTC

    def said_at(self) -> datetime:
        """Give when the machine said so: that of a file is its own word, as far as it can be true.

        What a clock says that runs ahead is not believed: else nothing later would come through.
        """
        sections = self.message.sections
        zone = told_zone(first(sections, "operatingsystem")) or self.zone
        told = moment(first(sections, "accesslog"), "logdate", zone)
        return min(told, self.at) if told and self.sent_by else self.at


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an inventory that was stored.

    Attributes:
        said_at: when its machine said so.
        newer_at: when the agent has said later things, if it has: those stand.
    """

    agent: Agent
    observation_id: int
    said_at: datetime
    newer_at: datetime | None = None


def agent_key(agent_id: str, device_id: str | None) -> str | None:
    """Give what an agent is found by: the id of its installation, else that of its machine."""
    if _UUID.fullmatch(agent_id):
        return agent_id.lower()
    return device_id


def has_whole_state(session: Session, agent_id: str, device_id: str | None) -> bool:
    """Tell whether all sections of an agent are known, so that a partial inventory will do."""
    key = agent_key(agent_id, device_id)
    query = sa.select(Agent.is_whole).where(Agent.key == key)
    return bool(key and session.scalar(query))


def waiting_count(session: Session, most: int) -> int:
    """Count the inventories that wait, up to one more than ``most``."""
    some = sa.select(AgentUpload.id).limit(most + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def store_inventory(session: Session, received: Received) -> Stored:
    """Keep an inventory as evidence and let it wait for the job; an older one waits no more.

    A file may be older than what the agent has said since: it leaves the agent's state alone.
    """
    message, said_at = received.message, received.said_at()
    key = agent_key(received.agent_id, message.device_id) or ""
    agent = _agent(session, key, received, said_at)
    told = message.sections if received.keeps_people else without_people(message.sections)
    newer_at = _newer(agent, told, said_at)
    known = _state_of(agent) if message.is_partial and newer_at is None else None
    is_whole = not message.is_partial
    if known is not None and _is_same_machine(known, told):
        told, is_whole = merge_sections(known, told), agent.is_whole
    observation = observe(
        Upload(
            device_id=message.device_id or key,
            sections=told,
            observed_at=said_at,
            agent_id=agent.key if agent.key != message.device_id else None,
            received_from=received.address,
            is_whole=is_whole,
            item_type=message.item_type,
        )
    )
    if newer_at is None:
        _forget_waiting(session, agent, told)
        _touch(agent, received, said_at)
        agent.sections = zlib.compress(msgspec.json.encode(told))
        agent.is_whole = is_whole
        agent.inventoried_at = said_at
        agent.problem = None
    return Stored(agent, _store(session, agent, observation, received), said_at, newer_at)


def _store(session: Session, agent: Agent, observation: Observation, received: Received) -> int:
    """Write an observation, and that it waits; give its id."""
    stored = StoredObservation(
        run_id=None,
        address=observation.address,
        source=observation.source.value,
        observed_at=observation.observed_at,
        body=zlib.compress(to_json(observation)),
    )
    session.add(stored)
    session.flush()
    session.add(
        AgentUpload(
            agent_id=agent.id,
            observation_id=stored.id,
            received_at=received.at,
            sent_by=received.sent_by[:200] or None,
        )
    )
    session.flush()
    return stored.id


def _newer(agent: Agent, told: Sections, said_at: datetime) -> datetime | None:
    """Give when the agent last spoke of the same machine, where that was later."""
    if agent.inventoried_at is None or agent.inventoried_at <= said_at:
        return None
    known = _state_of(agent)
    return agent.inventoried_at if known and _is_same_machine(known, told) else None


def note_contact(session: Session, received: Received) -> None:
    """Write that a known agent came by; one that never sent an inventory is not kept."""
    key = agent_key(received.agent_id, received.message.device_id)
    agent = session.scalar(sa.select(Agent).where(Agent.key == key)) if key else None
    if agent is not None:
        _touch(agent, received, received.at)


def digest_of(observation: Observation) -> str:
    """Give a digest of what an inventory says, but for what changes all the time."""
    details = observation.details
    entries = tuple(
        msgspec.structs.replace(entry, used_bytes=None, facts=(), speed_mhz=None)
        for entry in details.host_entries.rows
        if entry.kind not in VOLATILE
    )
    kept = replace(
        observation,
        observed_at=_NEVER,
        details=replace(details, host_entries=HostEntryTable(entries), other_sections={}),
    )
    return hashlib.sha256(to_json(kept)).hexdigest()


def _agent(session: Session, key: str, received: Received, said_at: datetime) -> Agent:
    """Give the row of an agent, held; two first uploads at the same moment make one."""
    query = sa.select(Agent).where(Agent.key == key).with_for_update()
    agent = session.scalar(query)
    if agent is None and received.sent_by:
        agent = _installation_of(session, received.message)
    if agent is None:
        agent = Agent(
            key=key,
            name=received.message.device_id or key,
            first_seen_at=said_at,
            last_seen_at=said_at,
            is_whole=False,
        )
        try:
            with session.begin_nested():
                session.add(agent)
                session.flush()
        except IntegrityError:
            agent = session.execute(query).scalar_one()
    if received.token_id is not None:
        note_use(session, received.token_id, received.at)
    return agent


def _installation_of(session: Session, message: Message) -> Agent | None:
    """Give the agent that reports by itself as well: a file does not tell the id of it."""
    query = sa.select(Agent).where(Agent.name == message.device_id).order_by(Agent.id)
    for agent in session.scalars(query.limit(_MOST_COPIES).with_for_update()):
        known = _state_of(agent)
        if known is not None and _is_same_machine(known, message.sections):
            return agent
    return None


def _touch(agent: Agent, received: Received, at: datetime) -> None:
    message = received.message
    agent.last_seen_at = max(at, agent.last_seen_at)
    agent.name = message.device_id or agent.name
    agent.client = (message.client or received.client or agent.client or "")[
        :_CLIENT_CHARACTERS
    ] or None
    agent.tag = (message.tag or agent.tag or "")[:_TAG_CHARACTERS] or None
    agent.address = received.address or agent.address
    agent.token_id = received.token_id or agent.token_id


def _state_of(agent: Agent) -> Sections | None:
    """Give the sections that are known of an agent, or None."""
    if agent.sections is None:
        return None
    return _SECTIONS.decode(zlib.decompress(agent.sections))


def _is_same_machine(known: Sections, told: Sections) -> bool:
    """Tell whether a partial inventory is of the machine whose state is known.

    Images of disks copy the ids of an agent to many machines; ``bios`` and ``hardware`` come with
    each partial inventory.
    """
    for section, name in (("bios", "ssn"), ("hardware", "uuid")):
        before, now = (real(first(one, section), name) for one in (known, told))
        if before and now and before.casefold() != now.casefold():
            return False
    return True


def _forget_waiting(session: Session, agent: Agent, told: Sections) -> None:
    """Drop older inventories of an agent that still wait: the newer one says all that they do.

    Unless it is of another machine, to which an image has copied the ids of the agent. Files that
    people bring are all taken over.
    """
    waiting = (AgentUpload.agent_id == agent.id, AgentUpload.sent_by.is_(None))
    ids = session.scalars(sa.select(AgentUpload.observation_id).where(*waiting)).all()
    known = _state_of(agent) if ids else None
    if known is not None and _is_same_machine(known, told):
        session.execute(sa.delete(AgentUpload).where(*waiting))
        session.execute(
            sa.delete(StoredObservation).where(
                StoredObservation.id.in_(ids), StoredObservation.device_id.is_(None)
            )
        )
