"""What people do with drafts that a rule has made: they become incidents, or are dismissed.

While a draft or its incident lives, ``live_key`` keeps the rule from opening another about the same
thing; of rules whose cause is looked at after each run also while the cause stands, so that what a
person has dismissed does not come back with the next run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.errors import ConflictError
from parc.models import Incident, IncidentState
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.incident_steps import move
from parc.services.incident_values import number_text
from parc.services.incidents import locked_all
from parc.services.permissions import Action, require

_MOST_REASON: Final = 255


def confirm(
    session: Session, actor: Actor, incident_ids: Sequence[int], *, at: datetime
) -> list[Incident]:
    """Make incidents of drafts; they count as opened from now on.

    Raises:
        NotFoundError: one of them is not there.
        ConflictError: one is no draft any more.
        NotAllowedError: the role does not allow it.
    """
    drafts = _drafts(session, actor, incident_ids)
    for draft in drafts:
        draft.opened_at = at
        move(session, actor, draft, IncidentState.NEW, at, {}, "confirmed")
    return drafts


def dismiss(
    session: Session, actor: Actor, incident_ids: Sequence[int], reason: str, *, at: datetime
) -> list[Incident]:
    """Dismiss drafts, and say why; they come back once their cause has gone and come again.

    Raises:
        NotFoundError: one of them is not there.
        ConflictError: one is no draft any more.
        InvalidInputError: the reason is missing.
        NotAllowedError: the role does not allow it.
    """
    fields = FieldReader()
    why = fields.text("reason", reason, most=_MOST_REASON, is_required=True)
    fields.raise_problems()
    drafts = _drafts(session, actor, incident_ids)
    for draft in drafts:
        draft.closed_at, draft.resolution = at, why
        changes: dict[str, tuple[Any, Any]] = {"reason": (None, why)}
        move(session, actor, draft, IncidentState.DISMISSED, at, changes, "dismissed")
    return drafts


def _drafts(session: Session, actor: Actor, incident_ids: Sequence[int]) -> list[Incident]:
    require(actor, Action.EDIT_INCIDENT)
    drafts = locked_all(session, actor, incident_ids)
    for draft in drafts:
        if draft.state is not IncidentState.DRAFT:
            raise ConflictError(f"{number_text(draft.id)} is no draft any more")
    return drafts
