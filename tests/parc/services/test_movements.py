"""Movements: what they may do, that they can be taken back, and that they explain all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    ChangeSet,
    Department,
    LifecycleState,
    Location,
    LocationKind,
    Movement,
    MovementKind,
    MovementSource,
    MovementStatus,
    MovementVariant,
    Person,
    Role,
)
from parc.reconcile.movement_invariants import examine_movements
from parc.services.actor import Actor
from parc.services.assets import change_state, create_asset, edit_asset
from parc.services.lifecycle import TRANSITIONS
from parc.services.movement_kinds import (
    KINDS,
    Order,
    Standing,
    allowed_states,
    find_problem,
    kind_between,
    next_standing,
    possible_kinds,
)
from parc.services.movement_writing import before_of, explain, said_by, standing_of
from parc.services.movements import apply, apply_basket, cancel, plan_basket
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset

TODAY = SOME_MOMENT.date()
TECHNICIAN = Actor(name="Tess", role=Role.TECHNICIAN)
READER = Actor(name="Rita", role=Role.READ_ONLY)
K, S = MovementKind, LifecycleState


def replay(movements: Iterable[Movement]) -> Standing:
    """Give how an asset stands by its movements, read in their order.

    Raises:
        ValueError: one does not begin where the one before it ends, or leaves the table.
    """
    standing = Standing()
    for row in sorted(movements, key=lambda one: one.id):
        if row.status is not MovementStatus.CONFIRMED:
            continue
        if before_of(row) != standing:
            message = f"movement {row.id} does not begin where the one before it ends"
            raise ValueError(message)
        before, after = row.from_state, row.to_state
        is_free = before is None or row.kind is MovementKind.CORRECTION or before is after
        if not is_free and before is not None and after not in TRANSITIONS[before]:
            message = f"movement {row.id} leads from {before} to {after}"
            raise ValueError(message)
        standing = said_by(row)
    return standing


def _order(kind: MovementKind, **values: Any) -> Order:
    return Order(kind, values.pop("on", TODAY), **values)


def _world(session: Session) -> dict[str, int]:
    room = Location(kind=LocationKind.SITE, name="Lyon")
    other = Location(kind=LocationKind.SITE, name="Paris")
    department = Department(name="IT")
    ada = Person(name="Ada", created_at=SOME_MOMENT, updated_at=SOME_MOMENT)
    session.add_all([room, other, department, ada])
    session.flush()
    return {"room": room.id, "other": other.id, "department": department.id, "ada": ada.id}


def _movements(session: Session, asset_id: int) -> list[Movement]:
    query = sa.select(Movement).where(Movement.asset_id == asset_id).order_by(Movement.id)
    return list(session.scalars(query))


def _apply(session: Session, asset: Asset, kind: MovementKind, **values: Any) -> Movement:
    return apply(session, SOME_PERSON, asset.id, _order(kind, **values), at=SOME_MOMENT)


def _problems(session: Session, asset: Asset, order: Order) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        apply(session, SOME_PERSON, asset.id, order, at=SOME_MOMENT)
    return {(problem.field, problem.code) for problem in caught.value.problems}


@pytest.mark.usefixtures("app")
def test_assignment_gives_person_and_place_and_says_since_when() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(session, lifecycle_state=S.IN_STOCK)
        row = _apply(
            session, asset, K.ASSIGNMENT, person_id=ids["ada"], location_id=ids["room"],
            texts={"accessories": "charger"},
        )  # fmt: skip
        assert (row.accessories, row.to_person_id, row.from_state) == (
            "charger", ids["ada"], S.IN_STOCK,
        )  # fmt: skip
        assert standing_of(asset) == Standing(S.IN_USE, ids["room"], ids["ada"])
        assert asset.in_service_on == TODAY
        assert replay(_movements(session, asset.id)) == standing_of(asset)
        assert examine_movements(session) == []


@pytest.mark.usefixtures("app")
def test_loan_is_extended_returned_and_leaves_nobody_behind() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(session, lifecycle_state=S.IN_STOCK, location_id=ids["room"])
        due = TODAY + timedelta(days=7)
        _apply(session, asset, K.LOAN, person_id=ids["ada"], due_on=due)
        assert (asset.lifecycle_state, asset.loan_due_on) == (S.ON_LOAN, due)
        again = _order(K.LOAN_EXTENSION, due_on=due)
        assert _problems(session, asset, again) == {("due_on", "not_later")}
        _apply(session, asset, K.LOAN_EXTENSION, due_on=due + timedelta(days=1))
        assert asset.loan_due_on == due + timedelta(days=1)
        _apply(session, asset, K.RETURN)
        assert standing_of(asset) == Standing(S.IN_STOCK, ids["room"])


@pytest.mark.usefixtures("app")
def test_exit_keeps_what_disposal_asks_for_and_nothing_comes_back_but_by_correction() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(
            session, location_id=ids["room"], custodian_department_id=ids["department"]
        )
        _apply(session, asset, K.DISPOSAL_DECISION, texts={"reason": "old"})
        row = _apply(
            session, asset, K.EXIT, variant=MovementVariant.DONATION,
            texts={"counterparty": "School", "wiping_method": "NIST 800-88"},
        )  # fmt: skip
        assert (row.counterparty, asset.disposed_on) == ("School", TODAY)
        assert standing_of(asset) == Standing(S.DISPOSED)
        for kind in MovementKind:
            assert kind is K.CORRECTION or allowed_states(kind, S.DISPOSED) == ()
        back = _order(K.CORRECTION, to_state=S.IN_STOCK)
        assert _problems(session, asset, back) == {("reason", "required")}
        with pytest.raises(NotAllowedError):
            apply(session, TECHNICIAN, asset.id, back, at=SOME_MOMENT)
        with pytest.raises(NotAllowedError):
            cancel(session, TECHNICIAN, row.id, reason="oops", at=SOME_MOMENT)
        cancel(session, SOME_PERSON, row.id, reason="oops", at=SOME_MOMENT)
        assert (asset.lifecycle_state, asset.disposed_on) == (S.TO_DISPOSE, None)


@pytest.mark.usefixtures("app")
def test_what_a_kind_needs_and_does_not_take_is_told_by_field() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(session, lifecycle_state=S.IN_STOCK)
        both = {"person_id": ids["ada"], "department_id": ids["department"]}
        wrong = {
            ("person", "holder_or_place"): _order(K.ASSIGNMENT),
            ("department", "one_holder"): _order(K.ASSIGNMENT, **both),
            ("person", "required"): _order(K.LOAN, due_on=TODAY),
            ("due_on", "required"): _order(K.LOAN, person_id=ids["ada"]),
            ("due_on", "before_effect"): _order(
                K.LOAN, person_id=ids["ada"], due_on=TODAY - timedelta(days=1)
            ),
            ("person", "not_asked"): _order(K.SEND_TO_REPAIR, person_id=ids["ada"]),
            ("place", "not_asked"): _order(K.LOSS, location_id=ids["room"]),
            ("variant", "unknown_choice"): _order(K.SEND_TO_REPAIR, variant=MovementVariant.SALE),
            ("effective_on", "in_the_future"): _order(
                K.SEND_TO_REPAIR, on=TODAY + timedelta(days=2)
            ),
            ("person", "not_found"): _order(K.ASSIGNMENT, person_id=9_999),
            ("kind", "state_not_foreseen"): _order(K.FOUND),
            ("to_state", "transition_refused"): _order(K.ASSIGNMENT, to_state=S.STOLEN),
        }
        for problem, order in wrong.items():
            assert problem in _problems(session, asset, order)
        with pytest.raises(NotAllowedError):
            apply(session, READER, asset.id, _order(K.SEND_TO_REPAIR), at=SOME_MOMENT)
        with pytest.raises(NotFoundError):
            apply(session, SOME_PERSON, 9_999, _order(K.SEND_TO_REPAIR), at=SOME_MOMENT)


@pytest.mark.usefixtures("app")
def test_movement_may_take_effect_in_the_past_but_not_before_another() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(session, lifecycle_state=S.IN_STOCK)
        march = TODAY - timedelta(days=200)
        _apply(session, asset, K.ASSIGNMENT, person_id=ids["ada"], on=march)
        early = _order(K.RETURN, on=march - timedelta(days=1))
        assert _problems(session, asset, early) == {("effective_on", "later_movement")}


@pytest.mark.usefixtures("app")
def test_only_the_last_movement_is_cancelled_and_the_entry_never() -> None:
    with transaction() as session:
        ids = _world(session)
        asset = make_asset(session, lifecycle_state=S.IN_STOCK)
        entry = _movements(session, asset.id)[0]
        before = standing_of(asset)
        first = _apply(session, asset, K.ASSIGNMENT, person_id=ids["ada"])
        then = _apply(session, asset, K.COMPONENT_CHANGE, texts={"reason": "new disk"})
        with pytest.raises(ConflictError, match="later"):
            cancel(session, SOME_PERSON, first.id, reason="x", at=SOME_MOMENT)
        with pytest.raises(InvalidInputError, match="required"):
            cancel(session, SOME_PERSON, then.id, reason=" ", at=SOME_MOMENT)
        cancel(session, SOME_PERSON, then.id, reason="wrong machine", at=SOME_MOMENT)
        with pytest.raises(ConflictError, match="any more"):
            cancel(session, SOME_PERSON, then.id, reason="x", at=SOME_MOMENT)
        cancel(session, TECHNICIAN, first.id, reason="x", at=SOME_MOMENT)
        assert (standing_of(asset), asset.in_service_on) == (before, None)
        with pytest.raises(InvalidInputError, match="entry_stays"):
            cancel(session, SOME_PERSON, entry.id, reason="x", at=SOME_MOMENT)
        with pytest.raises(NotFoundError):
            cancel(session, SOME_PERSON, 9_999, reason="x", at=SOME_MOMENT)
        with pytest.raises(NotAllowedError):
            cancel(session, READER, entry.id, reason="x", at=SOME_MOMENT)
        assert examine_movements(session) == []


@pytest.mark.usefixtures("app")
def test_state_and_place_changed_elsewhere_are_movements_too() -> None:
    with transaction() as session:
        ids = _world(session)
        values = {"name": "pc", "category": "workstation"}
        asset = create_asset(
            session, SOME_PERSON, values=values, at=SOME_MOMENT, lifecycle_state=S.IN_STOCK,
            source=MovementSource.IMPORT,
        )  # fmt: skip
        change_state(session, SOME_PERSON, asset.id, S.IN_USE, at=SOME_MOMENT)
        edit_asset(
            session, SOME_PERSON, asset.id, version=asset.version,
            values={"location_id": ids["room"]}, at=SOME_MOMENT,
        )  # fmt: skip
        edit_asset(
            session, SOME_PERSON, asset.id, version=asset.version,
            values={"location_id": ""}, at=SOME_MOMENT,
        )  # fmt: skip
        rows = _movements(session, asset.id)
        assert [row.kind for row in rows] == [K.ENTRY, K.ASSIGNMENT, K.TRANSFER, K.TRANSFER]
        assert rows[0].source is MovementSource.IMPORT
        assert [row.to_location_id for row in rows] == [None, None, ids["room"], None]
        change_state(
            session, SOME_PERSON.because("x"), asset.id, S.DISPOSED, at=SOME_MOMENT,
            is_correction=True,
        )  # fmt: skip
        edit_asset(
            session, SOME_PERSON, asset.id, version=asset.version,
            values={"location_id": ids["room"]}, at=SOME_MOMENT,
        )  # fmt: skip
        assert examine_movements(session) == []


@pytest.mark.usefixtures("app")
def test_basket_is_applied_as_a_whole_or_not_at_all_and_undone_as_one() -> None:
    with transaction() as session:
        ids = _world(session)
        order = _order(K.ASSIGNMENT, person_id=ids["ada"])
        good = [make_asset(session, lifecycle_state=S.IN_STOCK).id for _ in range(3)]
        bad = make_asset(session, lifecycle_state=S.DISPOSED).id
        plan = plan_basket(session, [*good, bad], order)
        assert [line.asset_id for line in plan.problems] == [bad]
        assert plan.lines[0].after.person_id == ids["ada"]
        with pytest.raises(InvalidInputError, match="basket_refused"):
            apply_basket(session, SOME_PERSON, [*good, bad], order, at=SOME_MOMENT)
        with pytest.raises(InvalidInputError, match="required"):
            apply_basket(session, SOME_PERSON, [], order, at=SOME_MOMENT)
        assert session.scalars(sa.select(Asset.custodian_person_id).distinct()).all() == [None]
        apply_basket(session, SOME_PERSON, good, order, at=SOME_MOMENT)
        act = session.scalars(sa.select(ChangeSet)).one()
        rows = session.scalars(sa.select(Movement).where(Movement.change_set_id == act.id)).all()
        assert len(rows) == 3
        number = act.id
    with transaction() as session:
        later = _apply(session, session.get_one(Asset, good[0]), K.COMPONENT_CHANGE)
        assert [one.code for one in find_obstacles(session, number)] == ["in_use"]
        cancel(session, SOME_PERSON, later.id, reason="x", at=SOME_MOMENT)
        undo(session, SOME_PERSON, number, at=SOME_MOMENT)
        states = session.scalars(sa.select(Asset.lifecycle_state).where(Asset.id.in_(good)))
        assert set(states) == {S.IN_STOCK}
        assert examine_movements(session) == []


def _assign_all(asset_ids: list[int], person_id: int) -> None:
    with transaction() as session:
        order = _order(K.ASSIGNMENT, person_id=person_id)
        apply_basket(session, SOME_PERSON, asset_ids, order, at=SOME_MOMENT)


@pytest.mark.usefixtures("app")
def test_crash_in_the_middle_of_a_basket_leaves_nothing_half_done() -> None:
    with transaction() as session:
        ids = _world(session)
        good = [make_asset(session, lifecycle_state=S.IN_STOCK).id for _ in range(3)]

    def die_at_the_second(session: Session, context: object, instances: object) -> None:
        del context, instances
        if any(isinstance(one, Movement) and one.asset_id == good[1] for one in session.new):
            raise KeyboardInterrupt

    sa.event.listen(Session, "before_flush", die_at_the_second)
    try:
        with pytest.raises(KeyboardInterrupt):
            _assign_all(good, ids["ada"])
    finally:
        sa.event.remove(Session, "before_flush", die_at_the_second)
    with transaction() as session:
        assert session.scalars(sa.select(ChangeSet)).all() == []
        kinds = session.scalars(sa.select(Movement.kind).where(Movement.asset_id.in_(good)))
        assert set(kinds) == {K.ENTRY}
        assert examine_movements(session) == []


@pytest.mark.usefixtures("app")
def test_what_movements_do_not_explain_is_found_and_can_be_written_down() -> None:
    with transaction() as session:
        asset = make_asset(session)
        asset.lifecycle_state = S.MISSING
        session.flush()
        assert [one.subject for one in examine_movements(session)] == [f"asset {asset.id}"]
        row = explain(session, SOME_PERSON, asset, at=SOME_MOMENT)
        assert row is not None
        assert row.kind is K.CORRECTION
        assert explain(session, SOME_PERSON, asset, at=SOME_MOMENT) is None
        row.from_state = S.IN_STOCK
        session.flush()
        assert "does not begin" in examine_movements(session)[0].detail
        with pytest.raises(ValueError, match="does not begin"):
            replay(_movements(session, asset.id))
        session.execute(sa.delete(Movement))
        assert "has no movement" in examine_movements(session)[0].detail
        explain(session, SOME_PERSON, asset, at=SOME_MOMENT)
        assert examine_movements(session) == []


def test_every_way_of_the_table_has_a_kind_and_no_kind_leaves_it() -> None:
    for before, ways in TRANSITIONS.items():
        for after in ways:
            kind = kind_between(before, after)
            assert kind is not K.CORRECTION
            assert after in allowed_states(kind, before)
        for kind in possible_kinds(before):
            for after in allowed_states(kind, before):
                assert after is before or after in ways
    assert kind_between(S.DISPOSED, S.IN_USE) is K.CORRECTION
    assert KINDS.keys() == set(MovementKind)


def test_nothing_moves_before_it_has_entered() -> None:
    assert find_problem(Standing(), _order(K.RETURN)) is not None
    entered = next_standing(Standing(), _order(K.ENTRY, to_state=S.EXPECTED))
    assert entered == Standing(S.EXPECTED)
    with pytest.raises(ValueError, match="state_not_foreseen"):
        next_standing(entered, _order(K.RETURN))


_orders = st.builds(
    Order,
    kind=st.sampled_from(MovementKind),
    effective_on=st.just(TODAY),
    to_state=st.none() | st.sampled_from(LifecycleState),
    location_id=st.none() | st.integers(1, 2),
    person_id=st.none() | st.integers(1, 2),
    department_id=st.none() | st.just(1),
    due_on=st.none() | st.dates(TODAY, TODAY + timedelta(days=30)),
    texts=st.just({"reason": "why"}),
)


@pytest.fixture
def one_world(sqlite_app: Flask) -> Iterator[Session]:
    """A session on two places, two people and a department, rolled back after each test."""
    del sqlite_app
    session = db.session()
    ids = _world(session)
    second = Person(name="Bob", created_at=SOME_MOMENT, updated_at=SOME_MOMENT)
    session.add(second)
    session.flush()
    assert (ids["room"], ids["ada"], ids["department"], second.id) == (1, 1, 1, 2)
    yield session
    session.rollback()


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(orders=st.lists(_orders, max_size=12), cancelled=st.integers(0, 12))
def test_no_sequence_leaves_the_table_and_replay_and_cancel_agree_with_what_is_stored(
    one_world: Session, orders: list[Order], cancelled: int
) -> None:
    session = one_world
    asset = make_asset(session, lifecycle_state=S.IN_STOCK)
    stood = [standing_of(asset)]
    done: list[Movement] = []
    for order in orders:
        before = standing_of(asset)
        try:
            done.append(apply(session, SOME_PERSON, asset.id, order, at=SOME_MOMENT))
        except InvalidInputError:
            assert standing_of(asset) == before
            continue
        now = standing_of(asset)
        assert now.person_id is None or now.department_id is None
        assert now == said_by(done[-1]) == replay(_movements(session, asset.id))
        assert before.state is not None
        if order.kind is not K.CORRECTION and now.state is not before.state:
            assert now.state in TRANSITIONS[before.state]
        stood.append(now)
    for row in reversed(done[len(done) - min(cancelled, len(done)) :]):
        cancel(session, SOME_PERSON, row.id, reason="again", at=SOME_MOMENT)
        stood.pop()
        assert standing_of(asset) == stood[-1] == replay(_movements(session, asset.id))
        assert row.status is MovementStatus.CANCELLED
    assert [one for one in examine_movements(session) if one.subject == f"asset {asset.id}"] == []
