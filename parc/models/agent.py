"""Inventory agents that report here: their tokens, what is known of each, what waits for a job."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base


class AgentToken(Base):
    """A secret that lets agents report; it is shown once, and stored as its hash."""

    __tablename__ = "agent_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True, comment="SHA-256")
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="SET NULL"),
        index=True,
        comment="where assets of its machines are put when they are created",
    )
    created_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(sa.String(200), comment="kept when the login is deleted")
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Agent(Base):
    """One installation of an agent, as it names itself."""

    __tablename__ = "agent"
    __table_args__ = (sa.Index(None, "last_seen_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(
        sa.String(100), unique=True, comment="GLPI-Agent-ID, else its device id; images copy both"
    )
    name: Mapped[str] = mapped_column(sa.String(100), comment="its device id")
    client: Mapped[str | None] = mapped_column(sa.String(100), comment="program and version")
    tag: Mapped[str | None] = mapped_column(sa.String(255), comment="free text that it sends")
    address: Mapped[str | None] = mapped_column(sa.String(45), comment="where it reported from")
    token_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("agent_token.id", ondelete="SET NULL"), index=True
    )
    device_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("device.id", ondelete="SET NULL"), index=True
    )
    observation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("observation.id", ondelete="SET NULL"),
        index=True,
        comment="what its last inventory said",
    )
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    inventoried_at: Mapped[datetime | None]
    is_whole: Mapped[bool] = mapped_column(
        default=False, comment="all its sections are known, so that a partial inventory will do"
    )
    digest: Mapped[str | None] = mapped_column(
        sa.String(64), comment="of what its last inventory said, but for what changes all the time"
    )
    sections: Mapped[bytes | None] = mapped_column(
        deferred=True, comment="zlib of the JSON of its last state"
    )
    problem: Mapped[str | None] = mapped_column(comment="why its last inventory was not taken over")


class AgentUpload(Base):
    """An inventory that is stored and waits to be taken over into the inventory of the fleet."""

    __tablename__ = "agent_upload"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number that waits is never given twice

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    observation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("observation.id", ondelete="CASCADE"), unique=True
    )
    received_at: Mapped[datetime]
    sent_by: Mapped[str | None] = mapped_column(
        sa.String(200), comment="who sent the file; None: the agent has sent it"
    )
    attempts: Mapped[int] = mapped_column(default=0)
