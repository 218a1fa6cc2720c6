"""Opening, editing and assigning incidents. What moves them along is in ``incident_steps``.

Functions take the session and the actor, write their audit entry, and never commit. A requester
sees and touches only what is theirs: everything else is not there for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    Incident,
    IncidentAsset,
    IncidentSource,
    IncidentState,
    User,
)
from parc.services import audit
from parc.services.actor import Actor
from parc.services.incident_priority import rank_of
from parc.services.incident_states import OPEN
from parc.services.incident_values import (
    IncidentInput,
    IncidentValues,
    may_be_assigned,
    number_text,
    read_values,
    search_text,
)
from parc.services.permissions import Action, may, require

_AT_ONCE: Final = 500
_EDITED: Final = (
    "title",
    "text",
    "kind",
    "category",
    "impact",
    "urgency",
    "priority",
    "priority_reason",
    "location_id",
    "requester_id",
    "requester_person_id",
    "requester_name",
)

_NAMED: Final = ("requester_id", "requester_person_id")  # by the name, in the history


def open_incident(
    session: Session,
    actor: Actor,
    given: IncidentInput,
    *,
    at: datetime,
) -> Incident:
    """Open an incident or a request.

    Who may only report faults is the requester, chooses neither technician nor priority, and may
    name any asset: its label is in their hands.

    Raises:
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.REPORT_FAULT)
    source = IncidentSource.HAND
    if not may(actor, Action.EDIT_INCIDENT):
        given = IncidentInput(
            title=given.title,
            text=given.text,
            kind=given.kind,
            category=given.category,
            urgency=given.urgency,
            location_id=given.location_id,
            requester_id=actor.user_id,
            requester_name=actor.name,
            asset_ids=given.asset_ids,
        )
        source = IncidentSource.PORTAL
    values = read_values(session, given)
    incident = Incident(
        state=IncidentState.NEW,
        is_open=True,
        source=source,
        opened_at=at,
        updated_at=at,
        priority_rank=rank_of(values.priority),
        technician_id=values.technician_id,
        **{name: getattr(values, name) for name in _EDITED},
    )
    if incident.location_id is None and values.assets:
        incident.location_id = values.assets[0].location_id
    session.add(incident)
    session.flush()
    add_assets(session, incident, values.assets)
    refresh_search(incident)
    session.flush()
    changes: dict[str, tuple[Any, Any]] = {"priority": (None, incident.priority.value)}
    if values.assets:
        changes["assets"] = (None, [asset.asset_tag for asset in values.assets])
    note(session, actor, incident, "created", at, changes)
    return incident


def edit_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    given: IncidentInput,
    *,
    version: int,
    at: datetime,
) -> Incident:
    """Change what an incident says; its state and its technician have their own acts.

    Args:
        version: of the incident as the person saw it.

    Raises:
        NotFoundError: there is no such incident.
        ConflictError: somebody changed it since.
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    incident = locked(session, actor, incident_id)
    if incident.version != version:
        raise ConflictError(f"{number_text(incident_id)} was changed meanwhile")
    values = read_values(session, given)
    changes = _changed(incident, values)
    for name in _EDITED:
        setattr(incident, name, getattr(values, name))
    incident.priority_rank = rank_of(incident.priority)
    before, after = _set_assets(session, incident, values.assets)
    if before != after:
        changes["assets"] = (before, after)
    if changes:
        touch(incident, at)
        refresh_search(incident)
        note(session, actor, incident, "changed", at, changes)
    session.flush()
    return incident


def assign(
    session: Session,
    actor: Actor,
    incident_ids: Sequence[int],
    user_id: int | None,
    *,
    at: datetime,
) -> list[Incident]:
    """Give open incidents to a technician, or to nobody; gives those that changed.

    Raises:
        NotFoundError: one of them is not there.
        ConflictError: one is not open.
        InvalidInputError: there is no such technician.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    user = session.get(User, user_id) if user_id is not None else None
    if user_id is not None and not (user and user.is_active and may_be_assigned(user.role)):
        raise InvalidInputError([FieldProblem("technician_id", "not_found", str(user_id))])
    changed = []
    for incident in locked_all(session, actor, incident_ids):
        if incident.state not in OPEN:
            raise ConflictError(f"{number_text(incident.id)} is not open")
        if incident.technician_id == user_id:
            continue
        before = session.get(User, incident.technician_id) if incident.technician_id else None
        incident.technician_id = user_id
        touch(incident, at)
        names = (before.display_name if before else None, user.display_name if user else None)
        note(session, actor, incident, "assigned", at, {"technician": names})
        changed.append(incident)
    session.flush()
    return changed


def locked(session: Session, actor: Actor, incident_id: int) -> Incident:
    """Give an incident that the actor may see, held until the transaction ends.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    return locked_all(session, actor, [incident_id])[0]


def own_incident(session: Session, actor: Actor, incident_id: int) -> Incident:
    """Give an incident that the actor has reported, held; any other is not there.

    Raises:
        NotFoundError: it is somebody else's, or none.
    """
    incident = locked(session, actor, incident_id)
    if actor.user_id is None or incident.requester_id != actor.user_id:
        raise NotFoundError(f"there is no incident {number_text(incident_id)}")
    return incident


def locked_all(session: Session, actor: Actor, incident_ids: Sequence[int]) -> list[Incident]:
    """Give incidents that the actor may see, in the order of their numbers, held.

    Raises:
        NotFoundError: one is not there, or is somebody else's.
    """
    wanted = sorted(set(incident_ids))
    found: list[Incident] = []
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(Incident).where(Incident.id.in_(wanted[start : start + _AT_ONCE]))
        rows = session.scalars(query.order_by(Incident.id).with_for_update())
        found += [incident for incident in rows if may_see(actor, incident)]
    missing = set(wanted) - {incident.id for incident in found}
    if missing:
        raise NotFoundError(f"there is no incident {number_text(min(missing))}")
    return found


def may_see(actor: Actor, incident: Incident) -> bool:
    """Tell whether an incident is there for the actor."""
    if may(actor, Action.VIEW_INCIDENT):
        return True
    return actor.user_id is not None and incident.requester_id == actor.user_id


def add_assets(session: Session, incident: Incident, assets: Sequence[Asset]) -> None:
    """Let an incident be about these assets as well."""
    session.add_all(
        IncidentAsset(
            incident_id=incident.id,
            asset_id=asset.id,
            asset_name=f"{asset.asset_tag} {asset.name}"[:320],
        )
        for asset in assets
    )


def refresh_search(incident: Incident) -> None:
    """Make anew what a search compares; the incident has its number."""
    incident.search_text = search_text(incident)


def touch(incident: Incident, at: datetime) -> None:
    """Note that an incident has changed."""
    incident.updated_at = at
    incident.version += 1


def note(
    session: Session,
    actor: Actor,
    incident: Incident,
    action: str,
    at: datetime,
    changes: audit.Changes | None = None,
) -> None:
    """Write to the history of an incident."""
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="incident",
        subject_id=incident.id,
        subject_name=f"{number_text(incident.id)} {incident.title}",
        action=action,
        changes=changes,
    )


def _changed(incident: Incident, values: IncidentValues) -> dict[str, tuple[Any, Any]]:
    changes = {}
    for name in _EDITED:
        before, after = getattr(incident, name), getattr(values, name)
        if before != after and name not in _NAMED:
            changes[name] = (getattr(before, "value", before), getattr(after, "value", after))
    return changes


def _set_assets(
    session: Session, incident: Incident, assets: Sequence[Asset]
) -> tuple[list[str], list[str]]:
    """Let it be about these assets and no other; gives the names before and after."""
    query = sa.select(IncidentAsset).where(
        IncidentAsset.incident_id == incident.id, IncidentAsset.asset_id.is_not(None)
    )
    rows = {row.asset_id: row for row in session.scalars(query)}
    wanted = {asset.id: asset for asset in assets}
    before = sorted(row.asset_name for row in rows.values())
    for number, row in rows.items():
        if number not in wanted:
            session.delete(row)
    add_assets(session, incident, [a for number, a in wanted.items() if number not in rows])
    kept = [row.asset_name for number, row in rows.items() if number in wanted]
    new = [f"{a.asset_tag} {a.name}" for number, a in wanted.items() if number not in rows]
    return before, sorted([*kept, *new])
