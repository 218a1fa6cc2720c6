"""Changing many assets at once: few statements, nothing left out, and undone as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from collectors.observation import Category
from parc.errors import InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    ChangeSet,
    Difference,
    LifecycleState,
    Location,
    LocationKind,
    LockRule,
    Movement,
    MovementKind,
    ValueSource,
)
from parc.reconcile.movement_invariants import examine_movements
from parc.services.actor import NOBODY
from parc.services.bulk import change_states, edit_many, plan_edit
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device
from tests.parc.reconcile.test_merging import dump
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("app")
MANY = 1_000


def fleet(count: int, **values: Any) -> list[int]:
    """So many assets, written at once."""
    rows = [
        {
            "asset_tag": f"B{number:06d}",
            "name": f"pc-{number}",
            "category": Category.WORKSTATION,
            "lifecycle_state": LifecycleState.IN_USE,
            "manufacturer": "Old",
            "serial_number": f"CZC{number:05d}",
            "created_at": SOME_MOMENT,
            "updated_at": SOME_MOMENT,
            **values,
        }
        for number in range(count)
    ]
    with transaction() as session:
        session.execute(sa.insert(Asset), rows)
        return list(session.scalars(sa.select(Asset.id).order_by(Asset.id)))


def edit(ids: list[int], values: Mapping[str, Any], emptied: tuple[str, ...] = ()) -> list[str]:
    """Edit; gives the statements that it took."""
    with statements() as seen, transaction() as session:
        edit_many(session, SOME_PERSON.because("sold"), ids, values, emptied, at=SOME_MOMENT)
    return seen


def test_statements_do_not_grow_with_the_number_of_assets() -> None:
    ids = fleet(400)
    few, many = edit(ids[:2], {"manufacturer": "New"}), edit(ids[2:], {"manufacturer": "New"})
    assert len(many) == len(few) < 32
    with statements() as seen, transaction() as session:
        change_states(session, SOME_PERSON, ids, LifecycleState.IN_REPAIR, at=SOME_MOMENT)
    movements = [one for one in seen if one.startswith("INSERT INTO movement")]  # each has an id
    assert len(seen) - len(movements) < 26


@pytest.mark.long
def test_a_thousand_assets_are_edited_and_moved_in_one_act_each() -> None:
    ids = fleet(MANY)
    edit(ids, {"manufacturer": "New", "notes": "moved", "operating_system": "Debian 13"})
    with transaction() as session:
        change_states(session, SOME_PERSON, ids, LifecycleState.IN_REPAIR, at=SOME_MOMENT)
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 2 * MANY


def test_values_become_the_persons_and_what_machines_said_against_them_goes() -> None:
    with transaction() as session:
        assets = [make_asset(session, manufacturer="Old", notes="x") for _ in range(3)]
        ids = [asset.id for asset in assets]
        session.add(
            Difference(
                asset_id=ids[0],
                field="manufacturer",
                seen_value="Seen",
                source=ValueSource.SNMP,
                since=SOME_MOMENT,
            )
        )
    edit(ids, {"manufacturer": "New"})
    session = db.session()
    assert {asset.manufacturer for asset in session.scalars(sa.select(Asset))} == {"New"}
    assert {asset.version for asset in session.scalars(sa.select(Asset))} == {2}
    assert all("new" in asset.search_text for asset in session.scalars(sa.select(Asset)))
    rows = session.scalars(sa.select(AssetField).where(AssetField.field == "manufacturer")).all()
    assert [(row.source, row.lock) for row in rows] == [(ValueSource.PERSON, LockRule.NEVER)] * 3
    assert session.scalars(sa.select(Difference)).all() == []
    entries = session.scalars(sa.select(AuditEntry)).all()
    assert {(e.action, e.reason, str(e.changes)) for e in entries} == {
        ("changed", "sold", "{'manufacturer': ['Old', 'New']}")
    }


def test_emptied_field_goes_back_to_what_its_device_says() -> None:
    with transaction() as session:
        person = ("name", "category", "model_name", "notes")
        known = make_asset(session, model_name="mine", notes="a", person_fields=person)
        make_linked_device(session, known, model_name="C9300")
        other = make_asset(session, model_name="mine", notes="b", person_fields=person)
        ids = [known.id, other.id]
        before = dump(session)
    with transaction() as session:
        plan = plan_edit(session, ids, {}, ["model_name"])
    assert [line.changes["model_name"][1] for line in plan.changed] == ["C9300", None]
    edit(ids, {}, ("model_name", "notes"))
    session = db.session()
    found = [(a.model_name, a.notes) for a in session.scalars(sa.select(Asset).order_by(Asset.id))]
    assert found == [("C9300", None), (None, None)]
    rows = session.scalars(sa.select(AssetField).where(AssetField.field == "model_name")).all()
    assert [(row.asset_id, row.source) for row in rows] == [(ids[0], ValueSource.SNMP)]
    with transaction() as session:
        act = session.scalars(sa.select(ChangeSet.id)).one()
        assert find_obstacles(session, act) == []
        undo(session, SOME_PERSON, act, at=SOME_MOMENT)
        assert dump(session) == before


@pytest.mark.parametrize(
    ("values", "emptied", "code"),
    [
        ({}, (), "nothing_to_set"),
        ({"notes": "x"}, ("notes",), "set_and_emptied"),
        ({}, ("category",), "unknown_field"),
        ({}, ("serial_number",), "unknown_field"),
        ({"location_id": "4711"}, (), "not_found"),
    ],
)
def test_what_cannot_be_done_to_any_is_refused(
    values: dict[str, Any], emptied: tuple[str, ...], code: str
) -> None:
    ids = fleet(2)
    with transaction() as session, pytest.raises(InvalidInputError) as caught:
        plan_edit(session, ids, values, emptied)
    assert code in {problem.code for problem in caught.value.problems}


def test_manufacturer_that_would_have_a_serial_number_twice_is_not_set() -> None:
    with transaction() as session:
        taken = make_asset(session, manufacturer="HP", serial_number="CZC1")
        same = [make_asset(session, manufacturer=m, serial_number="CZC2") for m in ("A", "B")]
        dummy = [make_asset(session, serial_number="To be filled by O.E.M.") for _ in range(2)]
        free = make_asset(session, serial_number="CZC3")
        wanted = make_asset(session, manufacturer="Compaq", serial_number="CZC1")
        ids = [one.id for one in (*same, *dummy, free, wanted)]
        plan = plan_edit(session, ids, {"manufacturer": "HP"})
        refused = {line.asset_id: line.problem for line in plan.refused}
        assert set(refused) == {wanted.id, *(one.id for one in same)}
        assert getattr(refused[wanted.id], "value", "") == taken.asset_tag
    edit(ids, {"manufacturer": "HP"})
    makers = dict(db.session.execute(sa.select(Asset.id, Asset.manufacturer)).all())
    assert makers[wanted.id] == "Compaq"
    assert makers[free.id] == "HP"


def test_change_of_state_ends_the_locks_that_hold_until_it() -> None:
    with transaction() as session:
        asset = make_asset(session, model_name="mine", person_fields=("model_name",))
        gone = make_asset(session, lifecycle_state=LifecycleState.DISPOSED)
        row = session.get_one(AssetField, (asset.id, "model_name"))
        row.lock = LockRule.STATE
        ids = [asset.id, gone.id]
    with transaction() as session:
        done = change_states(session, SOME_PERSON, ids, LifecycleState.IN_REPAIR, at=SOME_MOMENT)
        assert [line.asset_id for line in done.refused] == [gone.id]
    session = db.session()
    assert session.get_one(AssetField, (asset.id, "model_name")).locked_until == SOME_MOMENT
    assert session.get_one(Asset, asset.id).lifecycle_state is LifecycleState.IN_REPAIR
    assert session.get_one(Asset, gone.id).lifecycle_state is LifecycleState.DISPOSED


def test_movements_explain_what_was_done_to_many() -> None:
    with transaction() as session:
        place = Location(name="Lyon", kind=LocationKind.SITE)
        session.add(place)
        ids = [make_asset(session).id for _ in range(2)]
        ids.append(make_asset(session, lifecycle_state=LifecycleState.DISPOSED).id)
        assert examine_movements(session) == []
        place_id = place.id
    edit(ids, {"location_id": str(place_id)})
    with transaction() as session:
        change_states(session, SOME_PERSON, ids, LifecycleState.IN_STOCK, at=SOME_MOMENT)
        assert examine_movements(session) == []
        query = sa.select(Movement.kind, Movement.reason).where(Movement.asset_id == ids[0])
        kinds = session.execute(query.order_by(Movement.id)).all()
    assert [kind for kind, _reason in kinds] == [
        MovementKind.ENTRY, MovementKind.TRANSFER, MovementKind.PUT_IN_STOCK,
    ]  # fmt: skip
    assert kinds[1].reason == "sold"


def test_nobody_changes_many_without_the_right() -> None:
    ids = fleet(1)
    with transaction() as session:
        with pytest.raises(NotAllowedError):
            edit_many(session, NOBODY, ids, {"notes": "x"}, at=SOME_MOMENT)
        with pytest.raises(NotAllowedError):
            change_states(session, NOBODY, ids, LifecycleState.IN_STOCK, at=SOME_MOMENT)
