"""Agents that report here, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Agent,
    AgentToken,
    AgentUpload,
    Asset,
    Device,
    Location,
    StoredObservation,
    ValueSource,
)
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.told_values import read_heard

SORTS: Mapping[str, SortColumn] = {
    "seen": SortColumn("last_seen_at", Agent.last_seen_at, ValueKind.MOMENT, is_nullable=False),
    "name": SortColumn("name", Agent.name, ValueKind.TEXT, is_nullable=False),
}


def has_waiting_inventory(session: Session) -> bool:
    """Tell whether an inventory waits to be taken over."""
    return bool(session.scalar(sa.select(sa.exists().where(AgentUpload.id.is_not(None)))))


def later_reports(session: Session, observation_ids: Sequence[int]) -> dict[int, datetime]:
    """Give of inventories that were taken over when an agent has said later things, if it has."""
    kept = StoredObservation
    query = (
        sa.select(kept.id, kept.observed_at, Device.heard)
        .join(Device, Device.id == kept.device_id)
        .where(kept.id.in_(observation_ids))
    )
    found = {}
    for number, said_at, stored in session.execute(query):
        heard_at = read_heard(stored).get(ValueSource.AGENT)
        if heard_at is not None and heard_at > said_at:
            found[number] = heard_at
    return found


@dataclass(frozen=True, slots=True)
class AgentFilter:
    """What the list is narrowed to; empty: not at all.

    Attributes:
        text: a part of the agent's name or of its tag.
    """

    clients: Sequence[str] = ()
    token_ids: Sequence[int] = ()
    text: str = ""

    def conditions(self, without: str = "") -> list[sa.ColumnElement[bool]]:
        """Give the filter as conditions, but for that of one facet."""
        found: list[sa.ColumnElement[bool]] = []
        if self.clients and without != "client":
            found.append(Agent.client.in_(self.clients))
        if self.token_ids and without != "token":
            found.append(Agent.token_id.in_(self.token_ids))
        if self.text:
            texts = (Agent.name, Agent.tag)
            found.append(sa.or_(*(one.icontains(self.text, autoescape=True) for one in texts)))
        return found


@dataclass(frozen=True, slots=True)
class AgentList:
    """A page of agents, with how many there are of each client and token."""

    page: Page
    count: int
    by_client: Mapping[str, int]
    by_token: Mapping[str, int]
    token_names: Mapping[str, str]


def list_agents(
    session: Session, chosen: AgentFilter, order: Order, cursor: Cursor | None, size: int
) -> AgentList:
    """Give a page of agents."""
    count = sa.select(sa.func.count(Agent.id)).where(*chosen.conditions())
    names = session.execute(sa.select(AgentToken.id, AgentToken.name))
    return AgentList(
        page=page_of_agents(session, chosen, order, cursor, size),
        count=session.scalar(count) or 0,
        by_client=_counts(session, Agent.client, chosen, "client"),
        by_token=_counts(session, Agent.token_id, chosen, "token"),
        token_names={str(number): name for number, name in names},
    )


def page_of_agents(
    session: Session, chosen: AgentFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Give a page of agents alone, each with its token and its asset."""
    waits = sa.exists().where(AgentUpload.agent_id == Agent.id)
    query = (
        sa.select(
            Agent.id,
            Agent.name,
            Agent.client,
            Agent.tag,
            Agent.address,
            Agent.last_seen_at,
            Agent.inventoried_at,
            Agent.problem,
            AgentToken.name.label("token_name"),
            Device.id.label("device_id"),
            Asset.id.label("asset_id"),
            Asset.name.label("asset_name"),
            waits.label("is_waiting"),
        )
        .outerjoin(AgentToken, AgentToken.id == Agent.token_id)
        .outerjoin(Device, Device.id == Agent.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(*chosen.conditions())
    )
    return read_page(session, query, order, cursor, size)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token with its place and how many agents used it last."""

    row: AgentToken
    place: str | None
    agent_count: int


def list_tokens(session: Session) -> list[TokenRow]:
    """Give all tokens, those that still open something first."""
    query = _tokens().order_by(AgentToken.revoked_at.is_not(None), AgentToken.name)
    return [TokenRow(*row) for row in session.execute(query)]


def get_token(session: Session, token_id: int) -> TokenRow:
    """Give one token.

    Raises:
        NotFoundError: there is none.
    """
    row = session.execute(_tokens().where(AgentToken.id == token_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no token {token_id}.")
    return TokenRow(*row)


def _tokens() -> Any:
    count = (
        sa.select(sa.func.count(Agent.id)).where(Agent.token_id == AgentToken.id).scalar_subquery()
    )
    return sa.select(AgentToken, Location.name, count).outerjoin(
        Location, Location.id == AgentToken.location_id
    )


def _counts(session: Session, column: Any, chosen: AgentFilter, facet: str) -> dict[str, int]:
    query = sa.select(column, sa.func.count(Agent.id)).where(
        column.is_not(None), *chosen.conditions(facet)
    )
    return {str(value): count for value, count in session.execute(query.group_by(column))}
