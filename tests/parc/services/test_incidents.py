"""Incidents: who may do what, how they move, and that no way leads past the table of states."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, ParcError
from parc.extensions import transaction
from parc.models import (
    AuditEntry,
    FollowUp,
    Incident,
    IncidentAsset,
    IncidentCause,
    IncidentLink,
    IncidentLinkKind,
    IncidentRuleCode,
    IncidentSource,
    IncidentState,
    Level,
    Person,
    Priority,
    Role,
)
from parc.services import incident_drafts, incident_links, incident_steps, incidents
from parc.services.actor import SYSTEM, Actor
from parc.services.incident_acts import as_one_act
from parc.services.incident_priority import priority_of, rank_of
from parc.services.incident_states import OPEN, TRANSITIONS
from parc.services.incident_values import IncidentInput, number_of, number_text
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_user

S = IncidentState
LATER = SOME_MOMENT + timedelta(hours=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    del app
    with transaction() as opened:
        yield opened
        opened.rollback()


def actor_of(session: Session, role: Role = Role.TECHNICIAN) -> Actor:
    user = make_user(session, role=role)
    return Actor(user.display_name, role, user.id)


def make_incident(session: Session, actor: Actor, **values: Any) -> Incident:
    given_input = IncidentInput(**{"title": "no paper", **values})
    return incidents.open_incident(session, actor, given_input, at=SOME_MOMENT)


def make_draft(session: Session, key: str = "asset:1", **values: Any) -> Incident:
    row = Incident(
        **{
            "kind": "incident",
            "state": S.DRAFT,
            "is_open": False,
            "title": "memory smaller",
            "category": "hardware",
            "impact": Level.LOW,
            "urgency": Level.LOW,
            "priority": Priority.LOW,
            "priority_rank": 5,
            "source": IncidentSource.RULE,
            "opened_at": SOME_MOMENT,
            "updated_at": SOME_MOMENT,
            "rule": IncidentRuleCode.MEMORY_SMALLER,
            "rule_key": key,
            "live_key": f"memory_smaller {key}",
            **values,
        }
    )
    session.add(row)
    session.flush()
    return row


def test_every_state_is_in_the_table_and_leads_to_states_of_it() -> None:
    assert set(TRANSITIONS) == set(S)
    assert all(set(after) <= set(S) for after in TRANSITIONS.values())
    assert set(S) == OPEN | {S.DRAFT, S.RESOLVED, S.CLOSED, S.DISMISSED}


def test_priority_never_falls_when_impact_or_urgency_rises() -> None:
    for one, worse in itertools.pairwise(Level):
        for other in Level:
            assert rank_of(priority_of(worse, other)) <= rank_of(priority_of(one, other))
            assert rank_of(priority_of(other, worse)) <= rank_of(priority_of(other, one))
    assert priority_of(Level.VERY_LOW, Level.VERY_LOW) is Priority.VERY_LOW
    assert priority_of(Level.MEDIUM, Level.MEDIUM) is Priority.MEDIUM
    assert priority_of(Level.VERY_HIGH, Level.VERY_HIGH) is Priority.MAJOR
    assert [rank_of(one) for one in reversed(Priority)] == [1, 2, 3, 4, 5, 6]


def test_numbers_are_read_as_they_are_written() -> None:
    assert number_text(123) == "I-000123"
    assert [number_of(text) for text in ("I-000123", " i-123 ", "123", "I-", "I-12a")] == [
        123,
        123,
        None,
        None,
        None,
    ]


def test_incident_takes_priority_place_and_search_text_of_what_it_is_about(
    session: Session,
) -> None:
    actor = actor_of(session)
    asset = make_asset(session, asset_tag="P77")
    made = make_incident(
        session, actor, title="Écran noir", impact="high", urgency="very_high", asset_ids=[asset.id]
    )
    assert (made.state, made.is_open, made.source) == (S.NEW, True, IncidentSource.HAND)
    assert (made.priority, made.priority_rank) == (Priority.VERY_HIGH, 2)
    assert "ecran noir" in made.search_text
    assert number_text(made.id).lower() in made.search_text
    row = session.scalars(sa.select(IncidentAsset)).one()
    assert row.asset_name == f"P77 {asset.name}"


def test_other_priority_than_the_computed_one_needs_a_reason(session: Session) -> None:
    actor = actor_of(session)
    with pytest.raises(InvalidInputError, match="priority_reason: required"):
        make_incident(session, actor, priority="major")
    made = make_incident(session, actor, priority="major", priority_reason="the director's")
    assert (made.priority, made.priority_rank) == (Priority.MAJOR, 1)
    assert made.priority_reason == "the director's"
    assert make_incident(session, actor, priority="medium").priority_reason is None


def test_what_is_typed_wrong_is_told_at_once(session: Session) -> None:
    actor = actor_of(session)
    reader = make_user(session, role=Role.READ_ONLY)
    with pytest.raises(InvalidInputError) as raised:
        make_incident(
            session,
            actor,
            title="",
            text="x" * 20_001,
            category="weather",
            location_id=99,
            technician_id=reader.id,
            requester_id=9_999,
            asset_ids=[77],
        )
    codes = {(p.field, p.code) for p in raised.value.problems}
    assert codes == {
        ("title", "required"),
        ("text", "too_long"),
        ("category", "unknown_choice"),
        ("location_id", "not_found"),
        ("technician_id", "not_found"),
        ("requester_id", "not_found"),
        ("assets", "not_found"),
    }
    with pytest.raises(InvalidInputError, match="too_many_lines"):
        make_incident(session, actor, asset_ids=range(1, 202))


def test_text_keeps_its_lines_and_loses_control_signs(session: Session) -> None:
    made = make_incident(session, actor_of(session), text=" a\r\nb\x00\x1b[31m\rc ")
    assert made.text == "a\nb[31m\nc"


def test_requester_opens_for_themselves_only(session: Session) -> None:
    requester = actor_of(session, Role.REQUESTER)
    other = make_user(session)
    made = make_incident(
        session,
        requester,
        impact="very_high",
        priority="major",
        priority_reason="me",
        technician_id=other.id,
        requester_id=other.id,
    )
    assert made.requester_id == requester.user_id
    assert (made.technician_id, made.priority) == (None, Priority.MEDIUM)
    assert made.source is IncidentSource.PORTAL


def test_requester_sees_and_touches_only_their_own(session: Session) -> None:
    requester, stranger = actor_of(session, Role.REQUESTER), actor_of(session, Role.REQUESTER)
    made = make_incident(session, requester)
    said = incident_links.follow_up(
        session, requester, made.id, "still", at=LATER, is_public=False, minutes="30"
    )
    assert (said.is_public, said.minutes, made.minutes_spent) == (True, 0, 0)
    with pytest.raises(NotFoundError):
        incident_links.follow_up(session, stranger, made.id, "mine?", at=LATER)
    with pytest.raises(NotFoundError):
        incident_steps.reopen(session, stranger, made.id, "mine?", at=LATER)
    reader = actor_of(session, Role.READ_ONLY)
    with pytest.raises(NotFoundError):
        incident_links.follow_up(session, reader, made.id, "me too", at=LATER)
    for act in (
        lambda: incidents.assign(session, requester, [made.id], None, at=LATER),
        lambda: incident_steps.take(session, requester, made.id, at=LATER),
        lambda: incident_drafts.confirm(session, requester, [made.id], at=LATER),
        lambda: incident_links.link(session, reader, made.id, made.id, "related", at=LATER),
    ):
        with pytest.raises(NotAllowedError):
            act()


def test_incident_goes_from_new_to_closed_with_a_trace_of_each_step(session: Session) -> None:
    actor = actor_of(session)
    made = make_incident(session, actor)
    incident_steps.plan_visit(session, actor, made.id, LATER + timedelta(days=1), at=LATER)
    assert (made.state, made.taken_at) == (S.PLANNED, LATER)
    incident_steps.wait(session, actor, made.id, "a part", at=LATER)
    assert (made.waiting_for, made.planned_for) == ("a part", None)
    incident_steps.take(session, actor, made.id, at=LATER + timedelta(hours=1))
    assert (made.technician_id, made.taken_at, made.waiting_for) == (actor.user_id, LATER, None)
    incident_steps.resolve(session, actor, made.id, "new fuser", "wear", at=LATER)
    assert (made.state, made.is_open, made.cause) == (S.RESOLVED, False, IncidentCause.WEAR)
    incident_steps.close(session, actor, made.id, at=LATER)
    assert (made.state, made.closed_at) == (S.CLOSED, LATER)
    incident_steps.reopen(session, actor, made.id, "again", at=LATER)
    assert (made.state, made.reopened_count, made.resolved_at) == (S.IN_PROGRESS, 1, None)
    query = sa.select(AuditEntry).where(AuditEntry.subject_kind == "incident")
    entries = session.scalars(query.order_by(AuditEntry.id)).all()
    states = [entry.changes["state"] for entry in entries if "state" in entry.changes]
    assert states == [
        ["new", "planned"],
        ["planned", "waiting"],
        ["waiting", "in_progress"],
        ["in_progress", "resolved"],
        ["resolved", "closed"],
        ["closed", "in_progress"],
    ]


def test_steps_that_the_table_does_not_know_are_refused(session: Session) -> None:
    actor = actor_of(session)
    made = make_incident(session, actor)
    with pytest.raises(InvalidInputError, match="transition_refused"):
        incident_steps.close(session, actor, made.id, at=LATER)
    with pytest.raises(InvalidInputError, match="transition_refused"):
        incident_steps.reopen(session, actor, made.id, "why", at=LATER)
    incident_steps.resolve(session, actor, made.id, "done", "other", at=LATER)
    with pytest.raises(InvalidInputError, match="transition_refused"):
        incident_steps.take(session, actor, made.id, at=LATER)
    with pytest.raises(InvalidInputError, match="reason: required"):
        incident_steps.reopen(session, actor, made.id, " ", at=LATER)
    draft = make_draft(session)
    with pytest.raises(InvalidInputError, match="transition_refused"):
        incident_steps.reopen(session, actor, draft.id, "why", at=LATER)
    with pytest.raises(InvalidInputError, match="in_the_past"):
        incident_steps.plan_visit(
            session, actor, make_incident(session, actor).id, SOME_MOMENT, at=LATER
        )


def test_resolved_incidents_close_by_themselves_after_some_days(session: Session) -> None:
    actor = actor_of(session)
    old, new = make_incident(session, actor), make_incident(session, actor)
    for one, at in ((old, LATER), (new, LATER + timedelta(days=3))):
        incident_steps.resolve(session, actor, one.id, "done", "other", at=at)
    now = LATER + timedelta(days=7)
    assert incident_steps.close_resolved(session, now, 7) == 1
    assert incident_steps.close_resolved(session, now, 7) == 0
    assert (old.state, new.state) == (S.CLOSED, S.RESOLVED)


def test_edit_changes_values_and_assets_of_the_version_that_was_seen(session: Session) -> None:
    actor = actor_of(session)
    first, second = make_asset(session), make_asset(session)
    made = make_incident(session, actor, asset_ids=[first.id])
    seen = IncidentInput(title="no toner", impact="very_high", asset_ids=[second.id])
    incidents.edit_incident(session, actor, made.id, seen, version=1, at=LATER)
    assert (made.title, made.priority, made.version) == ("no toner", Priority.HIGH, 2)
    rows = session.scalars(sa.select(IncidentAsset.asset_id)).all()
    assert rows == [second.id]
    with pytest.raises(ConflictError):
        incidents.edit_incident(session, actor, made.id, seen, version=1, at=LATER)
    incidents.edit_incident(session, actor, made.id, seen, version=2, at=LATER)
    assert made.version == 2


def test_assignment_is_of_open_incidents_to_who_may_work_on_them(session: Session) -> None:
    actor, colleague = actor_of(session), make_user(session)
    one, other = make_incident(session, actor), make_incident(session, actor)
    changed = incidents.assign(session, actor, [one.id, other.id], colleague.id, at=LATER)
    assert changed == [one, other]
    assert incidents.assign(session, actor, [one.id], colleague.id, at=LATER) == []
    assert incidents.assign(session, actor, [one.id], None, at=LATER) == [one]
    reader = make_user(session, role=Role.READ_ONLY)
    with pytest.raises(InvalidInputError, match="not_found"):
        incidents.assign(session, actor, [one.id], reader.id, at=LATER)
    incident_steps.resolve(session, actor, other.id, "done", "other", at=LATER)
    with pytest.raises(ConflictError):
        incidents.assign(session, actor, [one.id, other.id], colleague.id, at=LATER)
    with pytest.raises(NotFoundError):
        incidents.assign(session, actor, [one.id, 9_999], colleague.id, at=LATER)


def test_follow_ups_add_up_the_time_spent(session: Session) -> None:
    actor = actor_of(session)
    made = make_incident(session, actor)
    incident_links.follow_up(session, actor, made.id, "looked", at=LATER, minutes="20")
    incident_links.follow_up(
        session, actor, made.id, "mended", at=LATER, minutes="25", is_public=False
    )
    assert made.minutes_spent == 45
    public = session.scalars(sa.select(FollowUp.is_public).order_by(FollowUp.id)).all()
    assert public == [True, False]
    for text, minutes in (("", ""), ("x", "-5"), ("x", "99999")):
        with pytest.raises(InvalidInputError):
            incident_links.follow_up(session, actor, made.id, text, at=LATER, minutes=minutes)


def test_incidents_are_linked_once_and_let_go(session: Session) -> None:
    actor = actor_of(session)
    one, other = make_incident(session, actor), make_incident(session, actor)
    incident_links.link(session, actor, one.id, other.id, "caused_by", at=LATER)
    for kind, number in (("related", other.id), ("duplicate_of", other.id), ("related", one.id)):
        with pytest.raises(InvalidInputError):
            incident_links.link(session, actor, one.id, number, kind, at=LATER)
    with pytest.raises(InvalidInputError, match="taken"):
        incident_links.link(session, actor, other.id, one.id, "related", at=LATER)
    with pytest.raises(InvalidInputError, match="not_found"):
        incident_links.link(session, actor, one.id, 9_999, "related", at=LATER)
    with pytest.raises(NotFoundError):
        incident_links.link(session, actor, 9_999, one.id, "related", at=LATER)
    incident_links.unlink(session, actor, one.id, other.id, at=LATER)
    with pytest.raises(NotFoundError):
        incident_links.unlink(session, actor, one.id, other.id, at=LATER)


def test_duplicate_gives_its_assets_and_is_closed(session: Session) -> None:
    actor = actor_of(session)
    shared, own = make_asset(session), make_asset(session)
    into = make_incident(session, actor, asset_ids=[shared.id])
    double = make_incident(session, actor, asset_ids=[shared.id, own.id])
    incident_links.link(session, actor, double.id, into.id, "related", at=LATER)
    incident_links.merge_duplicate(session, actor, double.id, into.id, at=LATER)
    assert (double.state, double.cause) == (S.CLOSED, IncidentCause.DUPLICATE)
    rows = sa.select(IncidentAsset.asset_id).where(IncidentAsset.incident_id == into.id)
    assert set(session.scalars(rows)) == {shared.id, own.id}
    assert session.scalars(sa.select(IncidentLink.kind)).all() == [IncidentLinkKind.DUPLICATE_OF]
    with pytest.raises(InvalidInputError, match="not_open"):
        incident_links.merge_duplicate(session, actor, double.id, into.id, at=LATER)
    with pytest.raises(InvalidInputError, match="not_open"):
        incident_links.merge_duplicate(session, actor, into.id, make_draft(session).id, at=LATER)
    with pytest.raises(NotFoundError):
        incident_links.unlink(session, actor, into.id, double.id, at=LATER)
    incident_steps.reopen(session, actor, double.id, "another machine", at=LATER)
    incident_links.unlink(session, actor, into.id, double.id, at=LATER)
    assert session.scalars(sa.select(IncidentLink)).all() == []


def test_drafts_become_incidents_or_are_dismissed_by_a_person(session: Session) -> None:
    actor = actor_of(session)
    taken, dropped = make_draft(session, "asset:1"), make_draft(session, "asset:2")
    incident_drafts.confirm(session, actor, [taken.id], at=LATER)
    assert (taken.state, taken.is_open, taken.opened_at) == (S.NEW, True, LATER)
    assert taken.live_key == "memory_smaller asset:1"
    with pytest.raises(InvalidInputError, match="reason: required"):
        incident_drafts.dismiss(session, actor, [dropped.id], "", at=LATER)
    incident_drafts.dismiss(session, actor, [dropped.id], "on purpose", at=LATER)
    assert (dropped.state, dropped.live_key) == (S.DISMISSED, None)
    with pytest.raises(ConflictError):
        incident_drafts.confirm(session, actor, [dropped.id], at=LATER)
    with pytest.raises(ConflictError):
        incident_drafts.dismiss(session, actor, [dropped.id], "again", at=LATER)


def test_standing_cause_keeps_its_rule_from_another_draft_until_it_is_gone(
    session: Session,
) -> None:
    actor = actor_of(session)
    low = {"rule": IncidentRuleCode.SUPPLY_LOW, "live_key": "supply_low asset:1"}
    draft = make_draft(session, **low)
    incident_drafts.dismiss(session, actor, [draft.id], "ordered", at=LATER)
    assert draft.live_key == "supply_low asset:1"
    gone = make_draft(session, "asset:2", **low | {"live_key": "supply_low asset:2"})
    gone.cause_gone_at = LATER
    incident_drafts.dismiss(session, actor, [gone.id], "ordered", at=LATER)
    assert gone.live_key is None


def test_reopened_incident_of_a_rule_yields_to_a_draft_that_lives(session: Session) -> None:
    actor = actor_of(session)
    first = make_draft(session)
    incident_drafts.confirm(session, actor, [first.id], at=LATER)
    incident_steps.resolve(session, actor, first.id, "done", "other", at=LATER)
    assert first.live_key is None
    second = make_draft(session)
    incident_steps.reopen(session, actor, first.id, "again", at=LATER)
    assert (first.live_key, second.live_key) == (None, "memory_smaller asset:1")


_ACTS: dict[str, Callable[[Session, Actor, int], Any]] = {
    "take": lambda s, a, i: incident_steps.take(s, a, i, at=LATER),
    "plan": lambda s, a, i: incident_steps.plan_visit(s, a, i, LATER + timedelta(days=1), at=LATER),
    "wait": lambda s, a, i: incident_steps.wait(s, a, i, "part", at=LATER),
    "resolve": lambda s, a, i: incident_steps.resolve(s, a, i, "done", "other", at=LATER),
    "close": lambda s, a, i: incident_steps.close(s, a, i, at=LATER),
    "reopen": lambda s, a, i: incident_steps.reopen(s, a, i, "again", at=LATER),
    "assign": lambda s, a, i: incidents.assign(s, a, [i], a.user_id, at=LATER),
    "let_go": lambda s, a, i: incidents.assign(s, a, [i], None, at=LATER),
    "confirm": lambda s, a, i: incident_drafts.confirm(s, a, [i], at=LATER),
    "dismiss": lambda s, a, i: incident_drafts.dismiss(s, a, [i], "no", at=LATER),
    "close_old": lambda s, *_rest: incident_steps.close_resolved(s, LATER + timedelta(days=9), 7),
}


@given(acts=st.lists(st.sampled_from(sorted(_ACTS)), max_size=12), is_draft=st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_sequence_of_acts_leaves_the_table_of_transitions(
    sqlite_app: Flask, acts: list[str], *, is_draft: bool
) -> None:
    del sqlite_app
    with transaction() as session:
        actor = actor_of(session)
        made = make_draft(session) if is_draft else make_incident(session, actor)
        for name in acts:
            before, states = made.state, _states(session, made)
            try:
                _ACTS[name](session, actor, made.id)
            except ParcError:
                assert made.state is before
            assert made.is_open == (made.state in OPEN)
            assert (made.live_key is not None) == (is_draft and made.state in OPEN | {S.DRAFT})
            assert (made.resolved_at is not None) == (made.state in (S.RESOLVED, S.CLOSED))
            for step in _states(session, made)[len(states) :]:
                assert S(step[1]) in TRANSITIONS[S(step[0])]
        path = _states(session, made)
        assert all(one[1] == other[0] for one, other in itertools.pairwise(path))
        session.rollback()


def _states(session: Session, incident: Incident) -> list[list[str]]:
    query = sa.select(AuditEntry.changes).where(
        AuditEntry.subject_kind == "incident", AuditEntry.subject_id == incident.id
    )
    found = session.scalars(query.order_by(AuditEntry.id))
    return [changes["state"] for changes in found if "state" in changes]


def test_person_who_asks_and_their_login_are_one(session: Session) -> None:
    actor = actor_of(session)
    person = Person(name="Léa Martin", created_at=SOME_MOMENT, updated_at=SOME_MOMENT)
    session.add(person)
    session.flush()
    made = make_incident(session, actor, requester_person_id=person.id)
    assert (made.requester_name, made.requester_id) == ("Léa Martin", None)
    login = make_user(session, role=Role.REQUESTER, person_id=person.id)
    made = make_incident(session, actor, requester_person_id=person.id)
    assert (made.requester_id, made.requester_person_id) == (login.id, person.id)
    made = make_incident(session, actor, requester_id=login.id)
    assert (made.requester_name, made.requester_person_id) == (login.display_name, person.id)
    with pytest.raises(InvalidInputError, match="requester_person_id: not_found"):
        make_incident(session, actor, requester_person_id=9_999)


def test_system_may_open_incidents_for_a_named_requester(session: Session) -> None:
    made = make_incident(session, SYSTEM, requester_name="Léa")
    assert (made.requester_name, made.requester_id) == ("Léa", None)


def test_what_is_done_to_many_is_undone_as_a_whole(session: Session) -> None:
    actor = actor_of(session)
    ids = [make_incident(session, actor).id for _ in range(2)]
    with as_one_act(session, actor, "close", LATER, count=2) as act:
        incident_steps.close_many(session, actor, ids, "dust", "wear", at=LATER)
    assert act is not None
    incident_links.follow_up(session, actor, ids[0], "thank you", at=LATER)
    assert find_obstacles(session, act.id) == []
    undo(session, actor, act.id, at=LATER)
    rows = [session.get_one(Incident, number) for number in ids]
    assert {(row.state, row.is_open, row.resolution, row.closed_at) for row in rows} == {
        (S.NEW, True, None, None)
    }
    incident_steps.take(session, actor, ids[0], at=LATER)
    said = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject_id == ids[1]))
    assert list(said)[-1] == "undone"


def test_act_on_incidents_stays_when_one_has_moved_on(session: Session) -> None:
    actor = actor_of(session)
    ids = [make_incident(session, actor).id for _ in range(2)]
    with as_one_act(session, actor, "close", LATER, count=2) as act:
        incident_steps.close_many(session, actor, ids, "dust", "wear", at=LATER)
    incident_steps.reopen(session, actor, ids[1], "again", at=LATER)
    assert act is not None
    assert {one.subject_id for one in find_obstacles(session, act.id)} == {ids[1]}
    with pytest.raises(ConflictError):
        undo(session, actor, act.id, at=LATER)


def test_dismissed_draft_stays_when_its_rule_has_opened_another(session: Session) -> None:
    actor = actor_of(session)
    draft = make_draft(session, "asset:1")
    with as_one_act(session, actor, "dismiss", LATER, count=1) as act:
        incident_drafts.dismiss(session, actor, [draft.id], "on purpose", at=LATER)
    other = make_draft(session, "asset:1")
    assert act is not None
    assert [one.subject_id for one in find_obstacles(session, act.id)] == [other.id]


def test_merged_duplicate_is_undone_with_its_link_and_assets(session: Session) -> None:
    actor = actor_of(session)
    shared, own = make_asset(session), make_asset(session)
    into = make_incident(session, actor, asset_ids=[shared.id])
    double = make_incident(session, actor, asset_ids=[own.id])
    incident_links.link(session, actor, double.id, into.id, "related", at=LATER)
    act = incident_links.merge_duplicate(session, actor, double.id, into.id, at=LATER)
    assert act is not None
    undo(session, actor, act.id, at=LATER)
    assert (double.state, double.cause, double.is_open) == (S.NEW, None, True)
    rows = sa.select(IncidentAsset.asset_id).where(IncidentAsset.incident_id == into.id)
    assert session.scalars(rows).all() == [shared.id]
    assert session.scalars(sa.select(IncidentLink.kind)).all() == [IncidentLinkKind.RELATED]
