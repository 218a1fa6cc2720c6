"""Tests of people: what is taken, who is found by which text, and who may be deleted."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
import sqlalchemy as sa

from parc.errors import InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.models import AuditEntry, ChangeSet, ChangeSetKind, Person, Role
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.departments import create_department_path
from parc.services.people import (
    PersonDraft,
    delete_person,
    find_person,
    person_label,
    save_person,
)
from parc.services.places import create_path
from parc.services.undo import find_obstacles, undo
from parc.services.uses import InUseError
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset

pytestmark = pytest.mark.usefixtures("app")
READER = Actor(name="Rita", role=Role.READ_ONLY)
ADA = PersonDraft(name="Ada Lovelace", email="Ada@Example.org", external_id="E1")


def _person(draft: PersonDraft, person_id: int | None = None) -> int:
    with transaction() as session:
        return save_person(session, SOME_PERSON, draft, at=SOME_MOMENT, person_id=person_id).id


def _found(text: str) -> int | str:
    with transaction() as session:
        try:
            return find_person(session, text)
        except InvalidInputError as error:
            return error.problems[0].code


def test_person_is_kept_with_department_site_and_manager() -> None:
    with transaction() as session:
        department = create_department_path(session, SOME_PERSON, "IT", at=SOME_MOMENT).id
        site = create_path(session, SOME_PERSON, "Lyon", at=SOME_MOMENT).id
    manager = _person(ADA)
    number = _person(
        PersonDraft(
            name="Grace", department="it", site="LYON", manager="ada lovelace",
            arrived_on="2026-01-31", left_on="01/02/2026",
        )
    )  # fmt: skip
    row = db.session.get_one(Person, number)
    assert (row.department_id, row.site_id, row.manager_id) == (department, site, manager)
    assert (row.arrived_on, row.left_on) == (date(2026, 1, 31), date(2026, 2, 1))
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.changes["left_on"] == [None, "2026-02-01"]


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (PersonDraft(), ("name", "required")),
        (PersonDraft(name="x", email="no"), ("email", "not_an_email")),
        (PersonDraft(name="x", email="ada@example.org"), ("email", "taken")),
        (PersonDraft(name="x", external_id="E1"), ("external_id", "taken")),
        (PersonDraft(name="x", left_on="31/02/2026"), ("left_on", "not_a_date")),
        (PersonDraft(name="x", left_on="1926-01-01"), ("left_on", "not_a_date")),
        (
            PersonDraft(name="x", arrived_on="2026-02-01", left_on="2026-01-01"),
            ("left_on", "before_arrival"),
        ),
        (PersonDraft(name="x", department="None"), ("department", "not_found")),
        (PersonDraft(name="x", site="None"), ("site", "not_found")),
        (PersonDraft(name="x", manager="None"), ("manager", "not_found")),
    ],
)
def test_person_that_cannot_be_taken_is_told_by_field(
    draft: PersonDraft, problem: tuple[str, str]
) -> None:
    _person(ADA)
    with pytest.raises(InvalidInputError) as caught:
        _person(draft)
    assert [(p.field, p.code) for p in caught.value.problems] == [problem]


def test_nobody_is_their_own_manager() -> None:
    number = _person(ADA)
    with pytest.raises(InvalidInputError, match="in_itself"):
        _person(dataclasses.replace(ADA, manager="E1"), number)


def test_person_is_found_by_every_text_that_names_only_them() -> None:
    ada, other = _person(ADA), _person(PersonDraft(name="Ada Lovelace"))
    accent = _person(PersonDraft(name="Élise 100%"))
    for text in ("ada@example.org", "ADA@example.org", "E1", person_label("x", None, "E1", 0)):
        assert _found(text) == ada
    assert _found(person_label("Ada Lovelace", None, None, other)) == other
    assert _found("elise  100%") == accent
    assert _found("ada lovelace") == "several"
    assert _found("Ada") == "not_found"
    assert _found(" ") == "required"
    _person(PersonDraft(name="Ada Lovelace", left_on="2026-01-01"), other)
    assert _found("ada lovelace") == ada


def test_person_who_holds_something_is_not_deleted() -> None:
    number = _person(ADA)
    with transaction() as session:
        make_asset(session, custodian_person_id=number)
    with transaction() as session, pytest.raises(InUseError, match="custodian_person_id"):
        delete_person(session, SOME_PERSON, number, at=SOME_MOMENT)
    free = _person(PersonDraft(name="Grace"))
    with transaction() as session:
        assert delete_person(session, SOME_PERSON, free, at=SOME_MOMENT) == "Grace"
    with transaction() as session, pytest.raises(NotFoundError):
        delete_person(session, SOME_PERSON, free, at=SOME_MOMENT)


def test_reader_may_not_touch_people() -> None:
    with transaction() as session, pytest.raises(NotAllowedError):
        save_person(session, READER, ADA, at=SOME_MOMENT)


def test_people_and_places_of_an_act_are_undone_branch_by_branch() -> None:
    with transaction() as session:
        with recording(
            session, SOME_PERSON, ChangeSetKind.BULK_EDIT, {"code": "edited"}, SOME_MOMENT
        ):
            create_path(session, SOME_PERSON, "Lyon > A > 0", at=SOME_MOMENT)
            create_department_path(session, SOME_PERSON, "IT > Network", at=SOME_MOMENT)
            draft = dataclasses.replace(ADA, site="Lyon > A", department="Network")
            number = save_person(session, SOME_PERSON, draft, at=SOME_MOMENT).id
        act = session.scalars(sa.select(ChangeSet.id)).one()
    with transaction() as session:
        asset = make_asset(session, custodian_person_id=number)
        obstacles = find_obstacles(session, act)
        assert {(one.code, one.subject_kind) for one in obstacles} == {("in_use", "person")}
        session.delete(asset)
    with transaction() as session:
        undo(session, SOME_PERSON, act, at=SOME_MOMENT)
        assert session.scalars(sa.select(Person)).all() == []
        again = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first()
        assert again is not None
        undo(session, SOME_PERSON, again, at=SOME_MOMENT)
        assert session.scalars(sa.select(Person.name)).all() == ["Ada Lovelace"]
