"""What is said about incidents, how they hang together, and which of them are one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    ChangeSet,
    FollowUp,
    Incident,
    IncidentAsset,
    IncidentCause,
    IncidentLink,
    IncidentLinkKind,
    IncidentState,
)
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.incident_acts import as_one_act
from parc.services.incident_states import OPEN
from parc.services.incident_steps import end, finish
from parc.services.incident_values import MOST_TEXT, number_text
from parc.services.incidents import add_assets, locked, locked_all, note, touch
from parc.services.permissions import Action, may, require

_MOST_MINUTES: Final = 10_000


def follow_up(
    session: Session,
    actor: Actor,
    incident_id: int,
    text: str,
    *,
    at: datetime,
    is_public: bool = True,
    minutes: str = "",
) -> FollowUp:
    """Say something about an incident; what a requester says is public and took no time.

    Raises:
        NotFoundError: there is no such incident, or it is somebody else's.
        InvalidInputError: the text is missing, or the time is no number.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.REPORT_FAULT)
    incident = locked(session, actor, incident_id)
    may_edit = may(actor, Action.EDIT_INCIDENT)
    if not may_edit and incident.requester_id != actor.user_id:
        raise NotFoundError(f"there is no incident {number_text(incident_id)}")
    fields = FieldReader()
    said = fields.lines("text", text, most=MOST_TEXT, is_required=True)
    spent = 0
    if minutes.strip() and may_edit:
        spent = fields.number("minutes", minutes, 0, _MOST_MINUTES)
    fields.raise_problems()
    row = FollowUp(
        incident_id=incident.id,
        is_public=is_public or not may_edit,
        at=at,
        user_id=actor.user_id,
        author=actor.name,
        text=said,
        minutes=spent,
    )
    session.add(row)
    incident.minutes_spent += spent
    touch(incident, at)
    session.flush()
    return row


def link(
    session: Session,
    actor: Actor,
    incident_id: int,
    other_id: int,
    kind: str,
    *,
    at: datetime,
) -> IncidentLink:
    """Say how an incident stands to another.

    Raises:
        NotFoundError: one of them is not there.
        InvalidInputError: they are one, or linked already; or the kind is none.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    fields = FieldReader()
    how = fields.word("link_kind", kind, IncidentLinkKind, IncidentLinkKind.RELATED)
    if how is IncidentLinkKind.DUPLICATE_OF:
        fields.add("link_kind", "unknown_choice", how.value)  # by ``merge_duplicate`` alone
    incident, other = _pair(session, actor, fields, incident_id, other_id)
    return _tie(session, actor, incident, other, how, at)


def unlink(
    session: Session, actor: Actor, incident_id: int, other_id: int, *, at: datetime
) -> None:
    """Take back what was said of two incidents; a merged duplicate stays one until it is reopened.

    Raises:
        NotFoundError: there is no such link.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    incident = locked(session, actor, incident_id)
    row = session.scalar(_link_of(incident_id, other_id))
    if row is None or not may_be_parted(row.kind, session.get_one(Incident, row.incident_id)):
        raise NotFoundError(f"{number_text(incident_id)} has no link to {number_text(other_id)}")
    session.delete(row)
    touch(incident, at)
    note(session, actor, incident, "unlinked", at, {row.kind.value: (number_text(other_id), None)})
    session.flush()


def may_be_parted(kind: IncidentLinkKind, said_of: Incident) -> bool:
    """Tell whether a link can be taken back: of what was closed as a duplicate it says why."""
    return kind is not IncidentLinkKind.DUPLICATE_OF or said_of.state in OPEN


def merge_duplicate(
    session: Session, actor: Actor, incident_id: int, into_id: int, *, at: datetime
) -> ChangeSet | None:
    """Close an open incident as a duplicate of another, which is about its assets from now on.

    Gives the act, by which it can be undone; None within another.

    Raises:
        NotFoundError: one of them is not there.
        InvalidInputError: they are one, or the duplicate is not open.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT)
    fields = FieldReader()
    incident, into = _pair(session, actor, fields, incident_id, into_id, has_links=True)
    if incident.state not in OPEN:
        raise InvalidInputError([FieldProblem("other", "not_open", number_text(incident_id))])
    if into.state in (IncidentState.DRAFT, IncidentState.DISMISSED):
        raise InvalidInputError([FieldProblem("other", "not_open", number_text(into_id))])
    old = session.scalar(_link_of(incident_id, into_id))
    words = {"one": number_text(incident_id), "other": number_text(into_id)}
    with as_one_act(session, actor, "merged", at, **words) as act:
        if old is not None:
            session.delete(old)
            session.flush()
        _tie(session, actor, incident, into, IncidentLinkKind.DUPLICATE_OF, at)
        _share_assets(session, incident, into)
        finish(session, actor, incident, number_text(into_id), IncidentCause.DUPLICATE, at)
        end(session, actor, incident, at)
        touch(into, at)
        note(session, actor, into, "merged", at, {"duplicate": (None, number_text(incident_id))})
        session.flush()
    return act


def _pair(
    session: Session,
    actor: Actor,
    fields: FieldReader,
    incident_id: int,
    other_id: int,
    *,
    has_links: bool = False,
) -> tuple[Incident, Incident]:
    """Give both incidents, held; what cannot be linked is refused."""
    if incident_id == other_id:
        fields.add("other", "not_valid", number_text(other_id))
    fields.raise_problems()
    try:
        found = {one.id: one for one in locked_all(session, actor, [incident_id, other_id])}
    except NotFoundError as error:
        if session.get(Incident, incident_id) is None:
            raise
        problem = FieldProblem("other", "not_found", number_text(other_id))
        raise InvalidInputError([problem]) from error
    if not has_links and session.scalar(_link_of(incident_id, other_id)) is not None:
        raise InvalidInputError([FieldProblem("other", "taken", number_text(other_id))])
    return found[incident_id], found[other_id]


def _link_of(one: int, other: int) -> sa.Select[IncidentLink]:
    """Find the link of two incidents, whichever says it."""
    return sa.select(IncidentLink).where(
        sa.or_(
            sa.and_(IncidentLink.incident_id == one, IncidentLink.other_id == other),
            sa.and_(IncidentLink.incident_id == other, IncidentLink.other_id == one),
        )
    )


def _tie(
    session: Session,
    actor: Actor,
    incident: Incident,
    other: Incident,
    kind: IncidentLinkKind,
    at: datetime,
) -> IncidentLink:
    row = IncidentLink(incident_id=incident.id, other_id=other.id, kind=kind)
    session.add(row)
    touch(incident, at)
    note(
        session, actor, incident, "incident_linked", at, {kind.value: (None, number_text(other.id))}
    )
    session.flush()
    return row


def _share_assets(session: Session, incident: Incident, into: Incident) -> None:
    known = sa.select(IncidentAsset.asset_id).where(
        IncidentAsset.incident_id == into.id, IncidentAsset.asset_id.is_not(None)
    )
    query = (
        sa.select(Asset)
        .join(IncidentAsset, IncidentAsset.asset_id == Asset.id)
        .where(IncidentAsset.incident_id == incident.id, Asset.id.not_in(known))
        .order_by(Asset.id)
    )
    add_assets(session, into, session.scalars(query).all())
