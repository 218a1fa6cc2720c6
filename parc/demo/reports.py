"""Writes what people of the demo reported, and what its technicians said and did about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import cycle
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.demo.organisation import DemoIncident, Organisation
from parc.demo.people import DemoPerson
from parc.models import Incident, IncidentCause, IncidentLinkKind, IncidentState, Role, User
from parc.services.actor import Actor
from parc.services.incident_links import follow_up, link, merge_duplicate
from parc.services.incident_steps import close, plan_visit, resolve, take, wait
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.users import UserInput, add_user, tie_person

_MORNING: Final = time(7, 0, tzinfo=UTC)
_AFTERNOON: Final = time(13, 30, tzinfo=UTC)
_CLOSED_AFTER: Final = timedelta(days=7)
_VISIT_AFTER: Final = timedelta(days=2)
_TAKEN_AFTER: Final = timedelta(minutes=15)
_STANDING: Final = (
    IncidentState.IN_PROGRESS,
    IncidentState.WAITING,
    IncidentState.NEW,
    IncidentState.PLANNED,
)
_SAID_IN: Final = 3
_NOTED_IN: Final = 2


def add_technicians(
    session: Session, actor: Actor, told: Organisation, now: datetime
) -> list[Actor]:
    """Add the logins of the technicians; they and the one of the demo belong to people."""
    people = _colleagues(told)
    found = []
    for login, person in zip(told.technicians, people, strict=False):
        entered = UserInput(login, person.name, Role.TECHNICIAN.value)
        user = add_user(session, actor, entered, None, now)
        tie_person(session, actor, user.id, person.email, now)
        found.append(Actor(user.display_name, user.role, user.id))
    if actor.user_id is not None:
        tie_person(session, actor, actor.user_id, next(people).email, now)
    return found


def add_requester(
    session: Session, actor: Actor, told: Organisation, people: Sequence[int], now: datetime
) -> None:
    """Add the login of whoever reports most of those who are still there; ``people`` are ids."""
    counts = Counter(one.person for one in told.incidents)
    there = [number for number in counts if told.people[number].left_on is None]
    looked_after = set(session.scalars(sa.select(User.person_id)))
    free = [number for number in there if people[number] not in looked_after]
    person = told.people[max(free, key=lambda number: counts[number])]
    user = add_user(
        session, actor, UserInput(told.requester, person.name, Role.REQUESTER.value), None, now
    )
    tie_person(session, actor, user.id, person.email, now)


def _colleagues(told: Organisation) -> Iterator[DemoPerson]:
    """Give who is still there, those of the last department first: computing."""
    there = [one for one in told.people if one.left_on is None]
    return iter(sorted(there, key=lambda one: one.department != told.departments[-1]))


class Reports:
    """Writes reports one after the other; what is known of the machines is kept here."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        technicians: Sequence[Actor],
        told: Organisation,
        now: datetime,
    ) -> None:
        self._session = session
        self._actor = actor
        self._technicians = technicians
        self._told = told
        self._now = now
        self._stands = cycle(_STANDING)
        self._last: dict[tuple[int, str], int] = {}

    def write(
        self, one: DemoIncident, *, person_id: int, location_id: int, asset_id: int | None
    ) -> None:
        """Write a report with all that was done about it."""
        given = IncidentInput(
            title=one.title,
            text=one.text,
            kind="request" if one.is_request else "incident",
            category=one.category,
            urgency=one.urgency,
            location_id=location_id,
            requester_person_id=person_id,
            asset_ids=() if asset_id is None else (asset_id,),
        )
        at = datetime.combine(one.opened_on, _MORNING) + timedelta(minutes=one.minute)
        at = min(at, self._now)
        technician = self._technicians[one.minute % len(self._technicians)]
        number = open_incident(self._session, self._actor, given, at=at).id
        if asset_id is not None and self._tie(technician, number, (asset_id, one.title), at):
            return
        if one.resolved_after_days is None:
            self._go_on(technician, number, one, at)
        else:
            self._end(technician, number, one, at)

    def _tie(self, technician: Actor, number: int, about: tuple[int, str], at: datetime) -> bool:
        """Link it to the one before about the same; True where that is open: it is a duplicate."""
        before = self._last.get(about)
        self._last[about] = number
        if before is None:
            return False
        if self._session.get_one(Incident, before).is_open:
            merge_duplicate(self._session, technician, number, before, at=at)
            self._last[about] = before
            return True
        related = IncidentLinkKind.RELATED.value
        link(self._session, technician, number, before, related, at=at)
        return False

    def _end(self, technician: Actor, number: int, one: DemoIncident, at: datetime) -> None:
        session, now = self._session, self._now
        taken = min(at + _TAKEN_AFTER + timedelta(minutes=one.person * 37 % 400), now)
        self._begin(technician, number, one, taken)
        spent = 10 + one.minute % 8 * 10
        done = taken + timedelta(days=one.resolved_after_days or 0, minutes=spent)
        done = min(done, now)
        if one.minute % _NOTED_IN == 0:
            text = self._told.noted[one.minute % len(self._told.noted)]
            follow_up(
                session, technician, number, text, at=done, is_public=False, minutes=str(spent)
            )
        cause = IncidentCause.REQUEST_DONE.value if one.is_request else one.cause
        resolve(session, technician, number, one.resolution, cause, at=done)
        if done + _CLOSED_AFTER < now:
            close(session, technician, number, at=done + _CLOSED_AFTER)

    def _begin(self, technician: Actor, number: int, one: DemoIncident, at: datetime) -> None:
        take(self._session, technician, number, at=at)
        if one.minute % _SAID_IN:
            text = self._told.said[one.minute % len(self._told.said)]
            follow_up(self._session, technician, number, text, at=at, minutes="5")

    def _go_on(self, technician: Actor, number: int, one: DemoIncident, at: datetime) -> None:
        """Of those that are still open, let some go on, wait, be planned, and be nobody's yet."""
        taken = min(at + _TAKEN_AFTER, self._now)
        stands = next(self._stands)
        if stands is IncidentState.NEW:
            return
        self._begin(technician, number, one, taken)
        if stands is IncidentState.WAITING:
            wait(self._session, technician, number, self._told.waits_for, at=taken)
        elif stands is IncidentState.PLANNED:
            visit = datetime.combine(self._now.date() + _VISIT_AFTER, _AFTERNOON)
            plan_visit(self._session, technician, number, visit, at=taken)
