"""What broke or is asked for, what was done about it, and how incidents hang together."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue, Json


class IncidentKind(enum.StrEnum):
    """Something is broken, or somebody asks for something (French: incident, demande)."""

    INCIDENT = "incident"
    REQUEST = "request"


class IncidentState(enum.StrEnum):
    """How an incident stands; transitions are in ``services/incident_states.py``."""

    DRAFT = "draft"
    NEW = "new"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class IncidentCategory(enum.StrEnum):
    """What it is about."""

    HARDWARE = "hardware"
    SOFTWARE = "software"
    NETWORK = "network"
    PRINTING = "printing"
    SUPPLY = "supply"
    ACCOUNT = "account"
    MESSAGING = "messaging"
    TELEPHONY = "telephony"
    SECURITY = "security"
    NEW_EQUIPMENT = "new_equipment"
    MOVE = "move"
    OTHER = "other"


class Level(enum.StrEnum):
    """How wide an incident reaches (impact), and how soon it must be mended (urgency)."""

    VERY_LOW = "very_low"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Priority(enum.StrEnum):
    """What comes first; computed from impact and urgency unless a person says why not."""

    VERY_LOW = "very_low"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"
    MAJOR = "major"


class IncidentSource(enum.StrEnum):
    """By which way it came in."""

    HAND = "hand"
    PORTAL = "portal"
    RULE = "rule"


class IncidentCause(enum.StrEnum):
    """What it came from, said when it is resolved."""

    HARDWARE_FAULT = "hardware_fault"
    SOFTWARE_FAULT = "software_fault"
    CONFIGURATION = "configuration"
    NETWORK = "network"
    POWER = "power"
    WEAR = "wear"
    USE = "use"
    THIRD_PARTY = "third_party"
    REQUEST_DONE = "request_done"
    NO_FAULT = "no_fault"
    DUPLICATE = "duplicate"
    OTHER = "other"


class IncidentLinkKind(enum.StrEnum):
    """How an incident stands to another."""

    DUPLICATE_OF = "duplicate_of"
    RELATED = "related"
    CAUSED_BY = "caused_by"


class IncidentRuleCode(enum.StrEnum):
    """What of the inventory can make a draft."""

    MEMORY_SMALLER = "memory_smaller"
    DISK_SMALLER = "disk_smaller"
    SERIAL_CHANGED = "serial_changed"
    SUPPLY_LOW = "supply_low"
    DEVICE_SILENT = "device_silent"
    UNKNOWN_DEVICE = "unknown_device"


class Incident(Base):
    """One incident or request; its number is its id."""

    __tablename__ = "incident"
    __table_args__ = (
        sa.Index(None, "is_open", "priority_rank", "id"),
        sa.Index(None, "state", "priority_rank", "id"),
        sa.Index(None, "technician_id", "is_open", "priority_rank", "id"),
        sa.Index(None, "requester_id", "id"),
        sa.Index(None, "requester_person_id", "id"),
        sa.Index(None, "location_id", "id"),
        sa.Index(None, "priority_rank", "id"),
        sa.Index(None, "opened_at", "id"),
        sa.Index(None, "resolved_at", "id"),
        # These hold all that indicators read: queries/incident_figures.py.
        sa.Index(None, "opened_at", "state", "location_id", "category"),
        sa.Index(None, "taken_at", "state", "location_id", "category", "opened_at"),
        sa.Index(None, "resolved_at", "state", "location_id", "category", "opened_at"),
        {"sqlite_autoincrement": True},  # a number is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[IncidentKind] = mapped_column(EnumValue(IncidentKind))
    state: Mapped[IncidentState] = mapped_column(EnumValue(IncidentState))
    is_open: Mapped[bool] = mapped_column(comment="of its state: somebody has to do something")
    title: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(default="")
    category: Mapped[IncidentCategory] = mapped_column(EnumValue(IncidentCategory))
    impact: Mapped[Level] = mapped_column(EnumValue(Level))
    urgency: Mapped[Level] = mapped_column(EnumValue(Level))
    priority: Mapped[Priority] = mapped_column(EnumValue(Priority))
    priority_rank: Mapped[int] = mapped_column(comment="of the priority: 1 is major, 6 very low")
    priority_reason: Mapped[str | None] = mapped_column(
        sa.String(255), comment="why it is not the computed one; None when it is"
    )
    source: Mapped[IncidentSource] = mapped_column(EnumValue(IncidentSource))
    requester_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    requester_person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="SET NULL")
    )
    requester_name: Mapped[str] = mapped_column(
        sa.String(200), default="", comment="who asks, kept when login and person are deleted"
    )
    location_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="SET NULL")
    )
    technician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    opened_at: Mapped[datetime]
    taken_at: Mapped[datetime | None] = mapped_column(comment="first taken in charge or planned")
    planned_for: Mapped[datetime | None] = mapped_column(comment="of a visit")
    waiting_for: Mapped[str | None] = mapped_column(sa.String(255), comment="what it waits for")
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    cause: Mapped[IncidentCause | None] = mapped_column(EnumValue(IncidentCause))
    reopened_count: Mapped[int] = mapped_column(default=0)
    minutes_spent: Mapped[int] = mapped_column(default=0, comment="sum of the follow-ups")
    rule: Mapped[IncidentRuleCode | None] = mapped_column(EnumValue(IncidentRuleCode))
    rule_key: Mapped[str | None] = mapped_column(
        sa.String(60), comment="asset or device that the rule told of"
    )
    live_key: Mapped[str | None] = mapped_column(
        sa.String(120),
        unique=True,
        comment="rule and key while no other draft may be opened: services/incident_drafts.py",
    )
    evidence: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, comment="parameters of the rule's words"
    )
    cause_gone_at: Mapped[datetime | None] = mapped_column(
        comment="since when the inventory shows the rule's cause no more"
    )
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: number, title, requester, text"
    )


class IncidentAsset(Base):
    """An asset that an incident is about."""

    __tablename__ = "incident_asset"
    __table_args__ = (
        sa.UniqueConstraint("incident_id", "asset_id"),
        sa.Index(None, "asset_id", "incident_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incident.id", ondelete="CASCADE"))
    asset_id: Mapped[int | None] = mapped_column(sa.ForeignKey("asset.id", ondelete="SET NULL"))
    asset_name: Mapped[str] = mapped_column(
        sa.String(320), comment="tag and name, kept when the asset is deleted"
    )


class FollowUp(Base):
    """What was said or done about an incident."""

    __tablename__ = "follow_up"
    __table_args__ = (sa.Index(None, "incident_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incident.id", ondelete="CASCADE"))
    is_public: Mapped[bool] = mapped_column(comment="the requester reads it, too")
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    author: Mapped[str] = mapped_column(
        sa.String(200), comment="name of the login, kept when it is deleted"
    )
    text: Mapped[str]
    minutes: Mapped[int] = mapped_column(default=0, comment="time spent")


class IncidentLink(Base):
    """How one incident stands to another; the first is the one that is said something of."""

    __tablename__ = "incident_link"
    __table_args__ = (sa.UniqueConstraint("incident_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incident.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(
        sa.ForeignKey("incident.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[IncidentLinkKind] = mapped_column(EnumValue(IncidentLinkKind))


class IncidentRule(Base):
    """A rule as people have set it; without a row it is as ``services/incident_rules.py`` says."""

    __tablename__ = "incident_rule"

    code: Mapped[IncidentRuleCode] = mapped_column(EnumValue(IncidentRuleCode), primary_key=True)
    is_enabled: Mapped[bool]
    threshold: Mapped[int] = mapped_column(comment="percent or runs, as the rule counts")
    range_ids: Mapped[list[int]] = mapped_column(
        Json, default=list, comment="critical ranges, of the rule about unknown devices"
    )
    impact: Mapped[Level] = mapped_column(EnumValue(Level))
    urgency: Mapped[Level] = mapped_column(EnumValue(Level))
    updated_at: Mapped[datetime]


class IncidentReport(Base):
    """The indicators of a period, as the worker made them last."""

    __tablename__ = "incident_report"

    period_days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    grouped_by: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(
        sa.LargeBinary, comment="JSON of a Report of queries/incident_figures.py"
    )
