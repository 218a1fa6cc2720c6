"""Tests of places, outlets and departments: trees that stay trees, and what may be deleted."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.models import AuditEntry, Location, LocationKind, Role, WallOutlet
from parc.queries.locations import read_places
from parc.services.actor import Actor
from parc.services.departments import (
    DepartmentDraft,
    create_department_path,
    delete_department,
    save_department,
)
from parc.services.outlets import OutletDraft, delete_outlet, save_outlet
from parc.services.places import PlaceDraft, create_path, delete_place, draft_of, save_place
from parc.services.uses import InUseError, Use
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset

pytestmark = pytest.mark.usefixtures("app")
READER = Actor(name="Rita", role=Role.READ_ONLY)
LYON = PlaceDraft(
    name="Lyon",
    kind="site",
    code="LYO",
    address="1 rue de la Paix\nBât. A",
    postal_code="69000",
    city="Lyon",
    time_zone="Europe/Paris",
)


def _place(draft: PlaceDraft, place_id: int | None = None) -> int:
    with transaction() as session:
        return save_place(session, SOME_PERSON, draft, at=SOME_MOMENT, place_id=place_id).id


def _problems(draft: PlaceDraft, place_id: int | None = None) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        _place(draft, place_id)
    return {(problem.field, problem.code) for problem in caught.value.problems}


def test_place_is_kept_as_typed_and_shown_again_in_its_form() -> None:
    number = _place(LYON)
    room = PlaceDraft(name=" Salle  12 ", parent="lyon")
    inner = _place(room)
    places = read_places(db.session())
    assert draft_of(db.session.get_one(Location, number), places) == LYON
    shown = draft_of(db.session.get_one(Location, inner), places)
    assert (shown.name, shown.parent, shown.kind) == ("Salle 12", "Lyon", "room")


def test_saving_a_place_as_it_is_writes_no_history() -> None:
    number = _place(LYON)
    _place(LYON, number)
    _place(dataclasses.replace(LYON, city="Bron"), number)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["created", "changed"]
    assert entries[1].changes == {"city": ["Lyon", "Bron"]}


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (PlaceDraft(kind="site"), ("name", "required")),
        (PlaceDraft(name="a > b", kind="site"), ("name", "not_valid")),
        (PlaceDraft(name="x", kind="hut"), ("kind", "unknown_choice")),
        (PlaceDraft(name="LYON", kind="site"), ("name", "taken")),
        (PlaceDraft(name="x"), ("parent", "required")),
        (PlaceDraft(name="x", parent="Nowhere"), ("parent", "not_found")),
        (PlaceDraft(name="x", kind="site", parent="Lyon"), ("parent", "not_above")),
        (
            PlaceDraft(name="x", kind="site", time_zone="Mars/Base"),
            ("time_zone", "not_a_time_zone"),
        ),
        (PlaceDraft(name="x", kind="site", city="c" * 121), ("city", "too_long")),
        (PlaceDraft(name="x", kind="site", address="a" * 501), ("address", "too_long")),
    ],
)
def test_place_that_cannot_be_taken_is_told_by_field(
    draft: PlaceDraft, problem: tuple[str, str]
) -> None:
    _place(LYON)
    assert problem in _problems(draft)


def test_place_cannot_lie_in_itself_nor_below_what_lies_in_it() -> None:
    _place(LYON)
    building = _place(PlaceDraft(name="A", kind="building", parent="Lyon"))
    _place(PlaceDraft(name="0", kind="floor", parent="Lyon > A"))
    itself = PlaceDraft(name="A", kind="building", parent="Lyon > A")
    assert ("parent", "not_above") in _problems(itself, building)
    assert _problems(PlaceDraft(name="A", kind="room", parent="Lyon > A > 0"), building) == {
        ("parent", "in_itself")
    }
    assert _problems(PlaceDraft(name="A", kind="floor", parent="Lyon"), building) == {
        ("kind", "not_above")
    }


def test_path_makes_what_is_missing_of_it_once() -> None:
    with transaction() as session:
        first = create_path(session, SOME_PERSON, "Lyon > A > 0 > 12", at=SOME_MOMENT)
        again = create_path(session, SOME_PERSON, "lyon>a>0>12", at=SOME_MOMENT)
        short = create_path(
            session, SOME_PERSON, "Lyon > Hall", at=SOME_MOMENT, kind=LocationKind.ROOM
        )
        assert first.id == again.id
        assert (first.kind, short.kind) == (LocationKind.ROOM, LocationKind.ROOM)
        assert session.scalar(sa.select(sa.func.count()).select_from(Location)) == 5
        for path, code in (("", "required"), ("a>b>c>d>e", "too_deep")):
            with pytest.raises(InvalidInputError, match=code):
                create_path(session, SOME_PERSON, path, at=SOME_MOMENT)


def test_place_in_use_is_not_deleted_and_says_by_what() -> None:
    number = _place(LYON)
    _place(PlaceDraft(name="A", kind="building", parent="Lyon"))
    with transaction() as session:
        make_asset(session, location_id=number)
        with pytest.raises(InUseError) as caught:
            delete_place(session, SOME_PERSON, number, at=SOME_MOMENT)
    assert caught.value.uses == [
        Use("location", "parent_id", 1),
        Use("asset", "location_id", 1),
        Use("movement", "to_location_id", 1),
    ]


def test_place_goes_with_its_outlets_and_stays_in_the_history() -> None:
    number = _place(LYON)
    with transaction() as session:
        save_outlet(session, SOME_PERSON, number, OutletDraft(label="A1"), at=SOME_MOMENT)
        assert delete_place(session, SOME_PERSON, number, at=SOME_MOMENT) == "Lyon"
    assert db.session.scalars(sa.select(WallOutlet)).all() == []
    last = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.changes["name"]) == ("deleted", ["Lyon", None])
    with transaction() as session, pytest.raises(NotFoundError):
        delete_place(session, SOME_PERSON, number, at=SOME_MOMENT)


def test_reader_may_not_touch_places() -> None:
    with transaction() as session, pytest.raises(NotAllowedError):
        save_place(session, READER, LYON, at=SOME_MOMENT)


def test_outlet_is_patched_to_one_port_of_one_switch() -> None:
    number = _place(LYON)
    with transaction() as session:
        tag = make_asset(session).asset_tag
        draft = OutletDraft(label="A1", switch_tag=tag, if_name="Gi1/0/1")
        first = save_outlet(session, SOME_PERSON, number, draft, at=SOME_MOMENT)
        save_outlet(session, SOME_PERSON, number, draft, at=SOME_MOMENT, outlet_id=first.id)
        wrong = {
            OutletDraft(label="A1"): ("label", "taken"),
            OutletDraft(): ("label", "required"),
            dataclasses.replace(draft, label="A2"): ("if_name", "taken"),
            OutletDraft(label="A2", switch_tag="none"): ("switch_tag", "not_found"),
            OutletDraft(label="A2", switch_tag=tag): ("if_name", "required"),
            OutletDraft(label="A2", if_name="1"): ("switch_tag", "required"),
        }
        for one, problem in wrong.items():
            with pytest.raises(InvalidInputError) as caught:
                save_outlet(session, SOME_PERSON, number, one, at=SOME_MOMENT)
            assert [(p.field, p.code) for p in caught.value.problems] == [problem]
        moved = dataclasses.replace(draft, label="B1", notes="behind the door")
        save_outlet(session, SOME_PERSON, number, moved, at=SOME_MOMENT, outlet_id=first.id)
        assert delete_outlet(session, SOME_PERSON, first.id, at=SOME_MOMENT) == "B1"
        with pytest.raises(NotFoundError):
            delete_outlet(session, SOME_PERSON, first.id, at=SOME_MOMENT)
        with pytest.raises(NotFoundError):
            save_outlet(session, SOME_PERSON, 9_999, draft, at=SOME_MOMENT)


def test_departments_are_a_tree_and_stay_one(app: Flask) -> None:
    del app
    with transaction() as session:
        inner = create_department_path(session, SOME_PERSON, "IT > Network", at=SOME_MOMENT)
        again = create_department_path(session, SOME_PERSON, "it>network", at=SOME_MOMENT)
        assert inner.id == again.id
        top = inner.parent_id
        wrong = {
            DepartmentDraft(): ("name", "required"),
            DepartmentDraft(name="a > b"): ("name", "not_valid"),
            DepartmentDraft(name="IT", parent="Sales"): ("parent", "not_found"),
            DepartmentDraft(name="IT", parent="Network"): ("parent", "in_itself"),
        }
        for draft, problem in wrong.items():
            with pytest.raises(InvalidInputError) as caught:
                save_department(session, SOME_PERSON, draft, at=SOME_MOMENT, department_id=top)
            assert (caught.value.problems[0].field, caught.value.problems[0].code) == problem
        with pytest.raises(InvalidInputError, match="taken"):
            save_department(session, SOME_PERSON, DepartmentDraft(name="it"), at=SOME_MOMENT)
        for path, code in (("", "required"), (">".join("abcdefghi"), "too_deep")):
            with pytest.raises(InvalidInputError, match=code):
                create_department_path(session, SOME_PERSON, path, at=SOME_MOMENT)
        assert top is not None
        with pytest.raises(InUseError):
            delete_department(session, SOME_PERSON, top, at=SOME_MOMENT)
        save_department(
            session, SOME_PERSON, DepartmentDraft(name="Net"), at=SOME_MOMENT,
            department_id=inner.id,
        )  # fmt: skip
        assert delete_department(session, SOME_PERSON, top, at=SOME_MOMENT) == "IT"
        with pytest.raises(NotFoundError):
            delete_department(session, SOME_PERSON, top, at=SOME_MOMENT)
