"""Own fields on many assets at once: planned, refused one by one, undone; looked at by doctor."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from collectors.observation import Category
from parc.config import DiscoverySettings
from parc.errors import ConflictError, InvalidInputError
from parc.extensions import db, reading, transaction
from parc.models import Asset, AuditEntry, ChangeSet, CustomValue
from parc.queries.search import matching_ids
from parc.reconcile.custom_invariants import examine_custom_values
from parc.reconcile.splitting import Leaving, split_asset
from parc.services.actor import SYSTEM
from parc.services.assets import edit_asset
from parc.services.bulk import edit_many, plan_edit
from parc.services.custom_fields import remove_field, save_field
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device

pytestmark = pytest.mark.usefixtures("app")


def add_field(key: str = "colour", **given: str | bool) -> int:
    texts: dict[str, str | bool] = {"key": key, "label_en": key, "label_fr": key, "type": "text"}
    with transaction() as session:
        return save_field(session, SYSTEM, None, texts | given, at=SOME_MOMENT).id


def add_assets(count: int, category: Category = Category.SWITCH) -> list[int]:
    with transaction() as session:
        return [make_asset(session, category=category).id for _number in range(count)]


def held() -> dict[int, str]:
    db.session.rollback()
    rows = db.session.execute(sa.select(CustomValue.asset_id, CustomValue.value))
    return {row.asset_id: row.value for row in rows}


def set_on(ids: list[int], emptied: tuple[str, ...] = (), **given: str) -> None:
    values = {f"custom/{key}": text for key, text in given.items()}
    with transaction() as session:
        edit_many(session, SOME_PERSON, ids, values, emptied, at=SOME_MOMENT)


def last_act() -> int:
    with reading() as session:
        return session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first() or 0


def take_back() -> None:
    with transaction() as session:
        undo(session, SYSTEM, last_act(), at=SOME_MOMENT)


def test_many_are_set_emptied_and_put_back_with_a_line_in_each_history() -> None:
    add_field()
    ids = add_assets(3)
    set_on(ids[:1], colour="Red")
    set_on(ids, colour="Blue")
    assert held() == dict.fromkeys(ids, "Blue")
    with reading() as session:
        assert sorted(matching_ids(session, "blue", 9)) == ids
    take_back()
    assert held() == {ids[0]: "Red"}
    with reading() as session:
        query = sa.select(AuditEntry.subject_id, AuditEntry.changes)
        told = session.execute(query.where(AuditEntry.action == "undone")).all()
    assert {number: entry["custom/colour"] for number, entry in told} == {
        ids[0]: ["Blue", "Red"],
        ids[1]: ["Blue", None],
        ids[2]: ["Blue", None],
    }
    set_on(ids, ("custom/colour",))
    assert held() == {}
    take_back()
    assert held() == {ids[0]: "Red"}


def test_the_same_value_once_more_changes_nothing() -> None:
    add_field()
    ids = add_assets(2)
    set_on(ids, colour="Blue")
    with reading() as session:
        plan = plan_edit(session, ids, {"custom/colour": " Blue "})
    assert not plan.changed
    assert plan.unchanged == len(ids)


def test_an_asset_of_another_category_is_refused_and_does_not_hold_up_the_others() -> None:
    add_field(category="printer")
    printers, switches = add_assets(1, Category.PRINTER), add_assets(1)
    with reading() as session:
        plan = plan_edit(session, printers + switches, {"custom/colour": "Blue"})
    assert [line.asset_id for line in plan.changed] == printers
    assert [(line.asset_id, line.problem and line.problem.code) for line in plan.refused] == [
        (switches[0], "other_category")
    ]
    set_on(printers + switches, colour="Blue")
    assert held() == {printers[0]: "Blue"}


@pytest.mark.parametrize(
    ("given", "emptied", "code"),
    [
        ({"number": "7"}, (), "one_asset_only"),
        ({}, ("custom/needed",), "required"),
        ({"needed": "x"}, ("custom/needed",), "set_and_emptied"),
        ({"size": "huge"}, (), "not_a_decimal"),
        ({"nothing": "x"}, (), "unknown_field"),
    ],
    ids=["unique", "needed", "both", "type", "unknown"],
)
def test_what_no_asset_could_hold_is_refused_as_a_whole(
    given: dict[str, str], emptied: tuple[str, ...], code: str
) -> None:
    add_field("number", is_unique=True)
    add_field("needed", is_required=True)
    add_field("size", type="number")
    with pytest.raises(InvalidInputError) as caught:
        set_on(add_assets(1), emptied, **given)
    assert code in {problem.code for problem in caught.value.problems}


def test_a_value_typed_since_stands_in_the_way_of_undoing() -> None:
    add_field()
    (asset_id,) = add_assets(1)
    set_on([asset_id], colour="Red")
    set_on([asset_id], ("custom/colour",))
    emptying = last_act()
    set_on([asset_id], colour="Green")
    with reading() as session:
        assert {one.code for one in find_obstacles(session, emptying)} == {"again_there"}
    with pytest.raises(ConflictError), transaction() as session:
        undo(session, SYSTEM, emptying, at=SOME_MOMENT)
    assert held() == {asset_id: "Green"}


def test_a_field_deleted_since_stands_in_the_way_of_undoing() -> None:
    field_id = add_field()
    (asset_id,) = add_assets(1)
    set_on([asset_id], colour="Red")
    set_on([asset_id], ("custom/colour",))
    with transaction() as session:
        assert remove_field(session, SYSTEM, field_id, at=SOME_MOMENT)
    with reading() as session:
        assert {one.code for one in find_obstacles(session, last_act())} == {"gone"}


def test_split_leaves_values_where_they_are_unless_they_are_named() -> None:
    add_field("one")
    add_field("two")
    (asset_id,) = add_assets(1)
    with transaction() as session:
        asset = session.get_one(Asset, asset_id)
        device_id = make_linked_device(session, asset).id
        make_linked_device(session, asset)
        own = {"one": "stays", "two": "goes"}
        edit_asset(
            session, SYSTEM, asset_id, version=asset.version, values={}, custom=own, at=SOME_MOMENT
        )
    with transaction() as session:
        query = sa.select(CustomValue.id).where(CustomValue.value == "goes")
        link = f"custom_value:{session.scalars(query).one()}"
        nothing: frozenset[str] = frozenset()
        leaving = Leaving(frozenset({device_id}), {}, nothing, frozenset({link}), nothing)
        settings = DiscoverySettings()
        new = split_asset(session, SYSTEM, asset_id, leaving, at=SOME_MOMENT, settings=settings)
        new_id = new.id
    assert held() == {asset_id: "stays", new_id: "goes"}


def test_doctor_finds_values_that_their_field_could_not_have_taken() -> None:
    add_field("size", type="number")
    ids = add_assets(2)
    set_on(ids, size="7")
    with reading() as session:
        assert examine_custom_values(session) == []
    with transaction() as session:
        first, second = session.scalars(sa.select(CustomValue).order_by(CustomValue.id))
        first.value, second.sort_value = "seven", "7"
    with reading() as session:
        details = [one.detail for one in examine_custom_values(session)]
    assert details == ["seven is no number", "it sorts as another value"]
