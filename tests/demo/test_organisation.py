"""The invented organisation: the same at each start, and a life that could have been."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.cli.demo import LANGUAGES
from parc.cli.import_agent import settle_waiting
from parc.clock import now
from parc.demo.inventories import inventories
from parc.demo.network import load_network
from parc.demo.organisation import Organisation, make_organisation
from parc.demo.prepare import prepare
from parc.demo.software import set_statuses, store_uploads
from parc.extensions import reading, transaction
from parc.models import (
    Agent,
    Allocation,
    Base,
    Contract,
    Document,
    Entitlement,
    FollowUp,
    Incident,
    IncidentAsset,
    IncidentCategory,
    IncidentLink,
    IncidentState,
    Movement,
    MovementKind,
    Person,
    Role,
    User,
)
from parc.queries.positions import all_positions
from parc.queries.software import count_forbidden
from parc.reconcile.invariants import examine
from parc.services.actor import SYSTEM
from parc.services.document_store import DocumentStore
from parc.services.incident_states import OPEN
from parc.services.positions import mark_all, refresh_some

TODAY = date(2026, 11, 26)


@pytest.fixture(scope="module", params=LANGUAGES)
def organisation(request: pytest.FixtureRequest) -> Organisation:
    return make_organisation(language=request.param, today=TODAY)


def test_same_seed_and_day_make_the_same_organisation(organisation: Organisation) -> None:
    language = "fr" if "Comptabilité" in organisation.departments else "en"
    assert make_organisation(language=language, today=TODAY) == organisation
    assert make_organisation(language=language, today=TODAY, seed=8) != organisation


def test_every_machine_enters_first_and_nothing_happens_before_or_after_the_end(
    organisation: Organisation,
) -> None:
    steps = defaultdict(list)
    for step in organisation.steps:
        steps[step.asset].append(step)
    assert steps.keys() == set(range(len(organisation.assets)))
    for own in steps.values():
        assert own[0].kind is MovementKind.ENTRY
        assert {step.kind for step in own[1:]}.isdisjoint({MovementKind.ENTRY})
        assert [step.day for step in own] == sorted(step.day for step in own)
        assert own[-1].day <= TODAY


def test_nobody_is_given_anything_before_they_arrive_or_after_they_left(
    organisation: Organisation,
) -> None:
    for step in organisation.steps:
        if step.person is not None:
            person = organisation.people[step.person]
            assert person.arrived_on <= step.day
            assert person.left_on is None or step.day < person.left_on


def test_a_year_has_something_of_everything(organisation: Organisation) -> None:
    kinds = {step.kind for step in organisation.steps}
    assert kinds >= {
        MovementKind.ASSIGNMENT,
        MovementKind.RETURN,
        MovementKind.TRANSFER,
        MovementKind.LOAN,
        MovementKind.SEND_TO_REPAIR,
        MovementKind.BACK_FROM_REPAIR,
        MovementKind.DISPOSAL_DECISION,
    }
    assert any(one.resolved_after_days is None for one in organisation.incidents)
    assert len({person.email for person in organisation.people}) == len(organisation.people)
    assert len({asset.serial_number for asset in organisation.assets}) == len(organisation.assets)


def test_organisation_is_written_by_the_services_and_nothing_is_wrong_with_it(
    sqlite_app: Flask,
) -> None:
    made = make_organisation(language="en", today=now().date())
    with transaction() as session:
        prepare(
            session,
            sqlite_app.extensions["parc_box"],
            load_network(),
            made,
            port=1161,
            now=now(),
            language="en",
            store=DocumentStore(sqlite_app.extensions["parc_settings"].data_folder),
        )
    with reading() as session:
        assert examine(session, sqlite_app.extensions["parc_box"], now()) == []
        assert count(session, Movement) == len(made.steps)
        assert count(session, Person) == len(made.people)
        assert count(session, Incident) == len(made.incidents)
        assert_incidents_are_worked_on(session)
        assert count(session, Contract) == len(made.contracts)
        assert count(session, Document) == len(made.contracts)
        assert count(session, Entitlement) == len(made.licences)
        assert count(session, Allocation) == sum(one["given"] for one in made.licences)

    before = now() - timedelta(days=30)
    for moment, is_now in ((before, False), (now(), True)):
        with transaction() as session:
            bodies = list(inventories(made, moment.date(), is_now=is_now))
            assert store_uploads(session, bodies, moment) == len(bodies)
        settle_waiting(partial(datetime.fromisoformat, moment.isoformat()))
    with transaction() as session:
        set_statuses(session, SYSTEM, "en", now())
        mark_all(session)
        refresh_some(session, now().date(), now(), 1_000)
    with reading() as session:
        lines = {one.product: one for one in all_positions(session)}
        assert lines["ESET Endpoint"].missing > 0
        assert (lines["Antidote"].held, lines["Antidote"].true_up) == (0, None)
        assert (lines["AutoCAD LT"].held or 0) == 0  # the subscription has lapsed
        assert lines["Windows Server"].needed == 40  # 24 cores, and 16 at the least
        assert count_forbidden(session) == 1
        assert count(session, Agent) == len(bodies)
        assert examine(session, sqlite_app.extensions["parc_box"], now()) == []


def assert_incidents_are_worked_on(session: Session) -> None:
    """Several states and technicians, time spent, printers, links: each page has something."""
    states = set(session.scalars(sa.select(Incident.state).distinct()))
    assert states >= {IncidentState.RESOLVED, IncidentState.CLOSED}
    assert states & OPEN
    assert len(set(session.scalars(sa.select(Incident.technician_id).distinct())) - {None}) == 2
    assert session.scalar(sa.select(sa.func.sum(Incident.minutes_spent)))
    assert count(session, FollowUp) > count(session, Incident) / 2
    assert count(session, IncidentLink) > 0
    about = sa.select(IncidentAsset.incident_id)
    printing = sa.select(Incident.id).where(Incident.category == IncidentCategory.PRINTING)
    assert list(session.scalars(printing.where(Incident.id.in_(about))))
    assert not list(session.scalars(printing.where(Incident.id.not_in(about))))
    own = sa.select(User.person_id).where(User.login == "demo")
    assert session.scalar(own) is not None
    reported = sa.select(Incident.id).join(User, User.id == Incident.requester_id)
    assert len(session.scalars(reported.where(User.role == Role.REQUESTER)).all()) > 1


def count(session: Session, model: type[Base]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
