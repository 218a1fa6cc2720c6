"""All that the sheet of one incident shows, in a number of statements that does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    AuditEntry,
    Department,
    Device,
    FollowUp,
    Incident,
    IncidentAsset,
    IncidentLink,
    IncidentState,
    LifecycleState,
    Movement,
    MovementStatus,
    Person,
    User,
)
from parc.queries.audit import HistoryFilter, asset_history
from parc.queries.places import Spot, read_spot, subject_of

RECENT_DAYS: Final = 30
_MOST_ASSETS: Final = 20
_MOST_PAST: Final = 10
_MOST_CHANGES: Final = 20
_MOST_LOANS: Final = 5
_MOST_ROWS: Final = 500
# Entries of the history that say what the movement entered with them says.
_TELLING: Final = frozenset({"created", "moved"})


@dataclass(frozen=True, slots=True)
class AssetAside:
    """An asset beside the text of an incident.

    Attributes:
        holder: the person or department that has it.
        spot: on which port it was seen last; of the first asset only.
    """

    asset: Asset
    person_id: int | None
    holder: str | None
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """What helps to understand an incident; of its first asset where there are several.

    Attributes:
        gone: names of assets that are not there any more.
        loans: machines of that kind in stock; ``loan_count`` counts them up to a bound.
    """

    assets: Sequence[AssetAside]
    gone: Sequence[str]
    past: Sequence[Any]
    changes: Sequence[Any]
    movements: Sequence[Movement]
    loans: Sequence[Any]


@dataclass(frozen=True, slots=True)
class IncidentSheet:
    """One incident with what was said of it and how it hangs together with others."""

    incident: Incident
    technician: str | None
    requester: Person | None
    follow_ups: Sequence[FollowUp]
    links: Sequence[Any]


def read_incident(session: Session, incident_id: int) -> Incident:
    """Read one incident.

    Raises:
        NotFoundError: there is none.
    """
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident {incident_id}.")
    return incident


def read_sheet(session: Session, incident: Incident, *, is_staff: bool) -> IncidentSheet:
    """Read what stands around an incident; who is not staff reads public follow-ups only."""
    said = sa.select(FollowUp).where(FollowUp.incident_id == incident.id)
    if not is_staff:
        said = said.where(FollowUp.is_public.is_(True))
    technician = session.get(User, incident.technician_id) if incident.technician_id else None
    return IncidentSheet(
        incident,
        technician.display_name if technician else None,
        session.get(Person, incident.requester_person_id) if incident.requester_person_id else None,
        session.scalars(said.order_by(FollowUp.id).limit(_MOST_ROWS)).all(),
        _links(session, incident.id) if is_staff else [],
    )


def read_aside(session: Session, incident: Incident, now: datetime) -> Aside:
    """Read what is known of the assets of an incident."""
    rows = session.execute(
        sa.select(Asset, Person.id.label("person_id"), Person.name, Department.name.label("unit"))
        .join(IncidentAsset, IncidentAsset.asset_id == Asset.id)
        .outerjoin(Person, Person.id == Asset.custodian_person_id)
        .outerjoin(Department, Department.id == Asset.custodian_department_id)
        .where(IncidentAsset.incident_id == incident.id)
        .order_by(IncidentAsset.id)
        .limit(_MOST_ASSETS)
    ).all()
    gone = session.scalars(
        sa.select(IncidentAsset.asset_name).where(
            IncidentAsset.incident_id == incident.id, IncidentAsset.asset_id.is_(None)
        )
    ).all()
    if not rows:
        return Aside([], gone, [], [], [], [])
    first = rows[0].Asset
    devices = session.scalars(
        sa.select(Device).where(Device.asset_id == first.id).order_by(Device.id).limit(_MOST_ASSETS)
    ).all()
    spot = read_spot(session, subject_of(session, devices))
    since = now - timedelta(days=RECENT_DAYS)
    changes = asset_history(session, first.id, None, _MOST_CHANGES, HistoryFilter(since=since))
    return Aside(
        [
            AssetAside(row.Asset, row.person_id, row.name or row.unit, None if number else spot)
            for number, row in enumerate(rows)
        ],
        gone,
        past_incidents(session, [row.Asset.id for row in rows], incident.id),
        changes,
        _movements(session, first.id, since, changes),
        _loans(session, first, [row.Asset.id for row in rows]),
    )


def past_incidents(
    session: Session, asset_ids: Sequence[int], but_id: int | None = None, limit: int = _MOST_PAST
) -> Sequence[Any]:
    """Read the latest incidents of assets, without drafts and what became of them."""
    about = sa.select(IncidentAsset.incident_id).where(IncidentAsset.asset_id.in_(asset_ids))
    query = (
        sa.select(
            Incident.id,
            Incident.title,
            Incident.state,
            Incident.priority,
            Incident.opened_at,
            Incident.cause,
            Incident.rule,
        )
        .where(
            Incident.id.in_(about),
            Incident.state.not_in((IncidentState.DRAFT, IncidentState.DISMISSED)),
        )
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    if but_id is not None:
        query = query.where(Incident.id != but_id)
    return session.execute(query).all()


def incident_history(session: Session, incident_id: int, limit: int) -> Sequence[AuditEntry]:
    """Read what was done to an incident, the latest first."""
    query = sa.select(AuditEntry).where(
        AuditEntry.subject_kind == "incident", AuditEntry.subject_id == incident_id
    )
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()


def own_incidents(
    session: Session, user_id: int, before_id: int | None, limit: int
) -> Sequence[Any]:
    """Read what a login has reported, the latest first."""
    query = sa.select(
        Incident.id, Incident.title, Incident.state, Incident.opened_at, Incident.planned_for
    ).where(Incident.requester_id == user_id)
    if before_id is not None:
        query = query.where(Incident.id < before_id)
    return session.execute(query.order_by(Incident.id.desc()).limit(limit)).all()


def asset_labels(session: Session, incident_id: int) -> list[str]:
    """Read the tags and models of the assets of an incident: what their labels say."""
    query = (
        sa.select(Asset.asset_tag, Asset.manufacturer, Asset.model_name)
        .join(IncidentAsset, IncidentAsset.asset_id == Asset.id)
        .where(IncidentAsset.incident_id == incident_id)
        .order_by(IncidentAsset.id)
        .limit(_MOST_ASSETS)
    )
    return [" ".join(part for part in row if part) for row in session.execute(query)]


def own_assets(session: Session, person_id: int, limit: int) -> Sequence[Any]:
    """Read what a person holds, as their own page shows it."""
    query = (
        sa.select(Asset.id, Asset.asset_tag, Asset.name, Asset.category, Asset.model_name)
        .where(Asset.custodian_person_id == person_id)
        .order_by(Asset.asset_tag)
        .limit(limit)
    )
    return session.execute(query).all()


def person_of(session: Session, user_id: int) -> Person | None:
    """Read the person of a login, if it has one."""
    query = sa.select(Person).join(User, User.person_id == Person.id).where(User.id == user_id)
    return session.scalar(query)


def _links(session: Session, incident_id: int) -> list[Any]:
    """Read the links of an incident, whichever of both says them."""
    found: list[Any] = []
    for own, other, is_said_here in (
        (IncidentLink.incident_id, IncidentLink.other_id, True),
        (IncidentLink.other_id, IncidentLink.incident_id, False),
    ):
        query = (
            sa.select(
                IncidentLink.kind,
                Incident.id,
                Incident.title,
                Incident.state,
                Incident.is_open,
                Incident.rule,
                sa.literal(is_said_here).label("is_said_here"),
            )
            .join(Incident, Incident.id == other)
            .where(own == incident_id)
            .order_by(Incident.id)
            .limit(_MOST_ROWS)
        )
        found += session.execute(query).all()
    return found


def _movements(
    session: Session, asset_id: int, since: datetime, told: Sequence[Any]
) -> Sequence[Movement]:
    """Read the movements of some days of which the shown history does not tell anyhow."""
    query = (
        sa.select(Movement)
        .where(
            Movement.asset_id == asset_id,
            Movement.status == MovementStatus.CONFIRMED,
            Movement.effective_on >= since.date(),
        )
        .order_by(Movement.id.desc())
        .limit(_MOST_CHANGES)
    )
    moments = {entry.at for entry in told if entry.action in _TELLING}
    return [row for row in session.scalars(query) if row.entered_at not in moments]


def _loans(session: Session, asset: Asset, about: Sequence[int]) -> Sequence[Any]:
    """Read machines of the same kind that wait in stock, and that the incident is not about."""
    query = (
        sa.select(Asset.id, Asset.name, Asset.asset_tag, Asset.model_name, Asset.location_id)
        .where(
            Asset.lifecycle_state == LifecycleState.IN_STOCK,
            Asset.category == asset.category,
            Asset.id.not_in(about),
        )
        .order_by(Asset.id)
        .limit(_MOST_LOANS)
    )
    return session.execute(query).all()
