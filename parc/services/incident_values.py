"""What people type into an incident, read and checked; and what is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    Incident,
    IncidentCategory,
    IncidentKind,
    Level,
    Location,
    Person,
    Priority,
    Role,
    User,
)
from parc.naming import folded
from parc.row_keys import row_key
from parc.services.fields import FieldReader
from parc.services.incident_priority import priority_of
from parc.services.permissions import RIGHTS, Action

MOST_TEXT: Final = 20_000
MOST_TITLE: Final = 200
MOST_ASSETS: Final = 200
_MOST_REASON: Final = 255
_MOST_NAME: Final = 200
_SEARCHED: Final = 4_000


@dataclass(frozen=True, slots=True)
class IncidentInput:
    """What a form or a command says of an incident, as texts.

    Attributes:
        priority: empty for the one that impact and urgency make.
        requester_id, requester_person_id, requester_name: a login, a person of whom Parc knows,
            or the name of somebody else; the first that is given counts.
        technician_id: who takes it, empty for nobody yet.
    """

    title: str
    text: str = ""
    kind: str = IncidentKind.INCIDENT.value
    category: str = IncidentCategory.OTHER.value
    impact: str = Level.MEDIUM.value
    urgency: str = Level.MEDIUM.value
    priority: str = ""
    priority_reason: str = ""
    location_id: int | None = None
    requester_id: int | None = None
    requester_person_id: int | None = None
    requester_name: str = ""
    technician_id: int | None = None
    asset_ids: Sequence[int] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class IncidentValues:
    """The same, checked: members of sets and rows that are there."""

    title: str
    text: str
    kind: IncidentKind
    category: IncidentCategory
    impact: Level
    urgency: Level
    priority: Priority
    priority_reason: str | None
    location_id: int | None
    requester_id: int | None
    requester_person_id: int | None
    requester_name: str
    technician_id: int | None
    assets: Sequence[Asset]


def number_text(incident_id: int) -> str:
    """Give the number of an incident as people write it: I-000123."""
    return f"I-{incident_id:06d}"


def number_of(text: str) -> int | None:
    """Read what ``number_text`` writes, also in small letters and without the zeros."""
    rest = text.strip().casefold().removeprefix("i-")
    return row_key(rest) if rest != text.strip() else None


def search_text(incident: Incident) -> str:
    """Give what a search compares."""
    parts = (number_text(incident.id), incident.title, incident.requester_name, incident.text)
    return folded(" ".join(part for part in parts if part))[:_SEARCHED]


def may_be_assigned(role: Role) -> bool:
    """Tell whether incidents can be given to a login of this role."""
    return Action.EDIT_INCIDENT in RIGHTS[role]


def read_values(session: Session, given: IncidentInput) -> IncidentValues:
    """Check what was typed, all of it at once.

    Raises:
        InvalidInputError: by field.
    """
    fields = FieldReader()
    title = fields.text("title", given.title, most=MOST_TITLE, is_required=True)
    text = fields.lines("text", given.text, most=MOST_TEXT)
    impact = fields.word("impact", given.impact, Level, Level.MEDIUM)
    urgency = fields.word("urgency", given.urgency, Level, Level.MEDIUM)
    priority, reason = _priority(fields, given, priority_of(impact, urgency))
    login, person, name = _requester(session, fields, given)
    technician = _login(session, fields, "technician_id", given.technician_id)
    if technician is not None and not (technician.is_active and may_be_assigned(technician.role)):
        fields.add("technician_id", "not_found", technician.display_name)
    if given.location_id is not None and session.get(Location, given.location_id) is None:
        fields.add("location_id", "not_found", str(given.location_id))
    values = IncidentValues(
        title=title,
        text=text,
        kind=fields.word("kind", given.kind, IncidentKind, IncidentKind.INCIDENT),
        category=fields.word("category", given.category, IncidentCategory, IncidentCategory.OTHER),
        impact=impact,
        urgency=urgency,
        priority=priority,
        priority_reason=reason,
        location_id=given.location_id,
        requester_id=login,
        requester_person_id=person,
        requester_name=name,
        technician_id=technician.id if technician else None,
        assets=_assets(session, fields, given.asset_ids),
    )
    fields.raise_problems()
    return values


def _priority(
    fields: FieldReader, given: IncidentInput, computed: Priority
) -> tuple[Priority, str | None]:
    """Give the priority with why it is another than the computed one; that needs a reason."""
    if not given.priority:
        return computed, None
    chosen = fields.word("priority", given.priority, Priority, computed)
    if chosen is computed:
        return computed, None
    reason = fields.text(
        "priority_reason", given.priority_reason, most=_MOST_REASON, is_required=True
    )
    return chosen, reason


def _requester(
    session: Session, fields: FieldReader, given: IncidentInput
) -> tuple[int | None, int | None, str]:
    """Give the login, the person and the name of who asks; a login and its person are one."""
    login = _login(session, fields, "requester_id", given.requester_id)
    if login is not None:
        return login.id, login.person_id, login.display_name
    if given.requester_person_id is None:
        name = fields.text("requester_name", given.requester_name, most=_MOST_NAME)
        return None, None, name
    person = session.get(Person, given.requester_person_id)
    if person is None:
        fields.add("requester_person_id", "not_found", str(given.requester_person_id))
        return None, None, ""
    own = session.scalar(sa.select(User.id).where(User.person_id == person.id))
    return own, person.id, person.name


def _login(session: Session, fields: FieldReader, name: str, user_id: int | None) -> User | None:
    if user_id is None:
        return None
    user = session.get(User, user_id)
    if user is None:
        fields.add(name, "not_found", str(user_id))
    return user


def _assets(session: Session, fields: FieldReader, ids: Sequence[int]) -> Sequence[Asset]:
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_ASSETS:
        fields.add("assets", "too_many_lines", str(MOST_ASSETS))
        return []
    found = {
        asset.id: asset for asset in session.scalars(sa.select(Asset).where(Asset.id.in_(wanted)))
    }
    missing = [str(number) for number in wanted if number not in found]
    if missing:
        fields.add("assets", "not_found", ", ".join(missing)[:100])
    return [found[number] for number in wanted if number in found]
