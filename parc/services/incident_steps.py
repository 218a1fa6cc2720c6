"""What moves an incident along its states: take, plan, wait, resolve, close, open again.

Every move goes through ``_move``, which knows no way but the table of ``incident_states``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import Incident, IncidentCause, IncidentState
from parc.services.actor import SYSTEM, Actor
from parc.services.fields import FieldReader
from parc.services.incident_rules import EVENT_RULES
from parc.services.incident_states import OPEN, TRANSITIONS, may_follow
from parc.services.incident_values import MOST_TEXT
from parc.services.incidents import locked, locked_all, note, touch
from parc.services.permissions import Action, require

_MOST_REASON: Final = 255
_CLOSED_AT_ONCE: Final = 500

# What can be done to several incidents at once, and to those of which states.
BULK_STATES: Final[Mapping[str, frozenset[IncidentState]]] = {
    "assign": OPEN,
    "close": OPEN | {IncidentState.RESOLVED},
    "confirm": frozenset({IncidentState.DRAFT}),
    "dismiss": frozenset({IncidentState.DRAFT}),
}


def take(session: Session, actor: Actor, incident_id: int, *, at: datetime) -> Incident:
    """Begin or go on with an incident; one that is nobody's becomes the actor's.

    Raises:
        NotFoundError, InvalidInputError, NotAllowedError: see ``_ready``.
    """
    incident = _ready(session, actor, incident_id, IncidentState.IN_PROGRESS)
    changes: dict[str, tuple[Any, Any]] = {}
    if incident.technician_id is None and actor.user_id is not None:
        incident.technician_id = actor.user_id
        changes["technician"] = (None, actor.name)
    incident.waiting_for = None
    _move(session, actor, incident, IncidentState.IN_PROGRESS, at, changes)
    return incident


def plan_visit(
    session: Session, actor: Actor, incident_id: int, visit_at: datetime, *, at: datetime
) -> Incident:
    """Set the moment of a visit.

    Raises:
        InvalidInputError: the moment is past; or see ``_ready``.
        NotFoundError, NotAllowedError: see ``_ready``.
    """
    incident = _ready(session, actor, incident_id, IncidentState.PLANNED)
    if visit_at <= at:
        raise InvalidInputError([FieldProblem("planned_for", "in_the_past")])
    before = incident.planned_for.isoformat() if incident.planned_for else None
    incident.planned_for, incident.waiting_for = visit_at, None
    changes = {"planned_for": (before, visit_at.isoformat())}
    _move(session, actor, incident, IncidentState.PLANNED, at, changes)
    return incident


def wait(
    session: Session, actor: Actor, incident_id: int, reason: str, *, at: datetime
) -> Incident:
    """Let an incident wait, and say what for.

    Raises:
        InvalidInputError: the reason is missing; or see ``_ready``.
        NotFoundError, NotAllowedError: see ``_ready``.
    """
    incident = _ready(session, actor, incident_id, IncidentState.WAITING)
    fields = FieldReader()
    why = fields.text("waiting_for", reason, most=_MOST_REASON, is_required=True)
    fields.raise_problems()
    changes = {"waiting_for": (incident.waiting_for, why)}
    incident.waiting_for = why
    _move(session, actor, incident, IncidentState.WAITING, at, changes)
    return incident


def resolve(
    session: Session, actor: Actor, incident_id: int, text: str, cause: str, *, at: datetime
) -> Incident:
    """Say how an incident was resolved, and what it came from.

    Raises:
        InvalidInputError: the text is missing, the cause is none; or see ``_ready``.
        NotFoundError, NotAllowedError: see ``_ready``.
    """
    incident = _ready(session, actor, incident_id, IncidentState.RESOLVED)
    fields = FieldReader()
    how = fields.lines("resolution", text, most=MOST_TEXT, is_required=True)
    why = fields.word("cause", cause, IncidentCause, IncidentCause.OTHER)
    fields.raise_problems()
    finish(session, actor, incident, how, why, at)
    return incident


def finish(
    session: Session,
    actor: Actor,
    incident: Incident,
    how: str,
    cause: IncidentCause,
    at: datetime,
) -> None:
    """Write how an incident was resolved; it is held, and may be."""
    incident.resolution, incident.cause, incident.resolved_at = how, cause, at
    incident.waiting_for = None
    changes = {"resolution": (None, how), "cause": (None, cause.value)}
    _move(session, actor, incident, IncidentState.RESOLVED, at, changes)


def close(session: Session, actor: Actor, incident_id: int, *, at: datetime) -> Incident:
    """Close what is resolved.

    Raises:
        NotFoundError, InvalidInputError, NotAllowedError: see ``_ready``.
    """
    incident = _ready(session, actor, incident_id, IncidentState.CLOSED)
    end(session, actor, incident, at)
    return incident


def end(session: Session, actor: Actor, incident: Incident, at: datetime) -> None:
    """Close an incident that is held and resolved."""
    incident.closed_at = at
    _move(session, actor, incident, IncidentState.CLOSED, at, {})


def close_many(
    session: Session,
    actor: Actor,
    incident_ids: Sequence[int],
    text: str,
    cause: str,
    *,
    at: datetime,
) -> list[Incident]:
    """Close incidents, all or none; those that are not resolved yet are so in the same way.

    Raises:
        NotFoundError: one of them is not there.
        InvalidInputError: the text is missing where it is needed, or one cannot be closed.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    fields = FieldReader()
    incidents = locked_all(session, actor, incident_ids)
    is_needed = any(one.state in OPEN for one in incidents)
    how = fields.lines("resolution", text, most=MOST_TEXT, is_required=is_needed)
    why = fields.word("cause", cause, IncidentCause, IncidentCause.OTHER)
    if not is_needed:
        fields.problems.clear()
    fields.raise_problems()
    for incident in incidents:
        if incident.state in OPEN:
            finish(session, actor, incident, how, why, at)
        _check(incident, IncidentState.CLOSED)
        end(session, actor, incident, at)
    return incidents


def reopen(
    session: Session, actor: Actor, incident_id: int, reason: str, *, at: datetime
) -> Incident:
    """Open again what is resolved or closed; the requester may as well.

    Raises:
        NotFoundError: there is no such incident, or it is somebody else's.
        InvalidInputError: it is open, or the reason is missing.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.REPORT_FAULT)
    incident = locked(session, actor, incident_id)
    to = IncidentState.IN_PROGRESS if incident.technician_id else IncidentState.NEW
    if incident.state not in (IncidentState.RESOLVED, IncidentState.CLOSED):
        _refuse(incident)
    _check(incident, to)
    fields = FieldReader()
    why = fields.text("reason", reason, most=_MOST_REASON, is_required=True)
    fields.raise_problems()
    incident.reopened_count += 1
    incident.resolved_at = incident.closed_at = None
    incident.resolution = incident.cause = None
    _move(session, actor, incident, to, at, {"reason": (None, why)}, action="reopened")
    return incident


def close_resolved(session: Session, now: datetime, days: int) -> int:
    """Close what has been resolved for ``days``; gives how many, at most some hundred."""
    query = (
        sa.select(Incident)
        .where(
            Incident.state == IncidentState.RESOLVED,
            Incident.resolved_at <= now - timedelta(days=days),
        )
        .order_by(Incident.id)
        .limit(_CLOSED_AT_ONCE)
        .with_for_update()
    )
    incidents = session.scalars(query).all()
    for incident in incidents:
        end(session, SYSTEM, incident, now)
    return len(incidents)


def _ready(session: Session, actor: Actor, incident_id: int, to: IncidentState) -> Incident:
    """Give an incident that may go to a state.

    Raises:
        NotFoundError: there is no such incident.
        InvalidInputError: ``transition_refused`` with the states that are allowed.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    incident = locked(session, actor, incident_id)
    if to is not IncidentState.CLOSED and incident.state not in OPEN:
        _refuse(incident)  # what has ended goes on by ``reopen`` alone
    _check(incident, to)
    return incident


def _check(incident: Incident, to: IncidentState) -> None:
    if not may_follow(incident.state, to):
        _refuse(incident)


def _refuse(incident: Incident) -> None:
    allowed = ", ".join(state.value for state in TRANSITIONS[incident.state])
    raise InvalidInputError([FieldProblem("state", "transition_refused", allowed)])


def move(
    session: Session,
    actor: Actor,
    incident: Incident,
    to: IncidentState,
    at: datetime,
    changes: dict[str, tuple[Any, Any]],
    action: str,
) -> None:
    """Move an incident that is held, for the services that decide about drafts."""
    _check(incident, to)
    _move(session, actor, incident, to, at, changes, action=action)


def _move(
    session: Session,
    actor: Actor,
    incident: Incident,
    to: IncidentState,
    at: datetime,
    changes: dict[str, tuple[Any, Any]],
    action: str = "state_changed",
) -> None:
    before = incident.state
    incident.state, incident.is_open = to, to in OPEN
    if to in (IncidentState.IN_PROGRESS, IncidentState.PLANNED) and incident.taken_at is None:
        incident.taken_at = at
    if to is not IncidentState.PLANNED and to in OPEN:
        incident.planned_for = None
    _settle_key(session, incident)
    touch(incident, at)
    states = {"state": (before.value, to.value)}
    note(session, actor, incident, action, at, states | changes)
    session.flush()


def _settle_key(session: Session, incident: Incident) -> None:
    """Keep others of the same rule out while this one is open, and while its cause stands."""
    if incident.rule is None:
        return
    if incident.state in OPEN or incident.state is IncidentState.DRAFT:
        key = f"{incident.rule.value} {incident.rule_key}"
        if incident.live_key is None:
            taken = sa.select(Incident.id).where(Incident.live_key == key)
            if session.scalar(taken) is None:
                incident.live_key = key
    elif incident.rule in EVENT_RULES or incident.cause_gone_at is not None:
        incident.live_key = None
