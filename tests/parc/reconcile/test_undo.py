"""Undoing what runs and people did puts the inventory back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from collectors.observation import Observation
from parc.models import Asset, ChangeSet, ChangeSetKind, Device
from parc.services import assets, devices
from parc.services.change_sets import recording
from parc.services.row_images import TRACKED, UNTRACKED_COLUMNS, table_named
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_observation
from tests.parc.reconcile.conftest import Inventory, open_inventory
from tests.parc.reconcile.test_properties import many, sweeps

LATER = SOME_MOMENT + timedelta(days=1)
# What every sight brings is no change, and none that an undo takes back.
_BROUGHT_BY_SIGHT = {
    "asset": {"last_seen_at", "updated_at", "version"},
    "device": {
        "last_seen_at",
        "reasons",
        "category_source",
        "console_message",
        "last_match",
        "heard",
        "words",
    },
    "interface": {"if_index"},
}
_MADE_ANEW = {"category_sign", "life_count"}


def dump(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """What an undo is to restore, of all tables that an act may change."""
    session.flush()
    found = {}
    for name in sorted(TRACKED - _MADE_ANEW):
        left_out = _BROUGHT_BY_SIGHT.get(name, set())
        columns = [
            column
            for column in table_named(name).c
            if column.name not in left_out and (name, column.name) not in UNTRACKED_COLUMNS
        ]
        rows = session.execute(sa.select(*columns)).all()
        found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def sweep(inventory: Inventory, hour: int, observations: list[Observation]) -> int | None:
    """Sweep as a run of its own; gives its act, if it changed anything."""
    session = inventory.session
    at = SOME_MOMENT + timedelta(hours=hour)
    before = session.scalar(sa.select(sa.func.max(ChangeSet.id))) or 0
    with recording(session, inventory.actor, ChangeSetKind.DECISION, {"code": "run"}, at):
        inventory.sweep(*(replace(one, observed_at=at) for one in observations), at=at)
    after = session.scalar(sa.select(sa.func.max(ChangeSet.id))) or 0
    return after if after > before else None


@many
@given(history=st.lists(sweeps, min_size=1, max_size=3), last=sweeps)
def test_undone_run_leaves_the_inventory_as_it_was(
    memory: sa.Engine, history: list[list[Observation]], last: list[Observation]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        for hour, observations in enumerate(history):
            sweep(inventory, hour, observations)
        before = dump(inventory.session)
        act = sweep(inventory, len(history), last)
        if act is not None:
            assert find_obstacles(inventory.session, act) == []
            undo(inventory.session, SOME_PERSON, act, at=LATER)
        assert dump(inventory.session) == before


decisions = st.lists(
    st.tuples(
        st.sampled_from(["accept", "attach", "ignore", "restore", "edit", "state"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)


def decide(session: Session, what: str, one: int, other: int) -> None:
    """Do what a person may do, with one of what is there."""
    waiting = session.scalars(sa.select(Device.id).where(Device.asset_id.is_(None))).all()
    owned = session.scalars(sa.select(Asset).order_by(Asset.id)).all()
    asset = owned[other % len(owned)] if owned else None
    ids = [waiting[one % len(waiting)]] if waiting else []
    if what == "accept" and ids:
        devices.accept(session, SOME_PERSON, ids, at=LATER)
    elif what == "attach" and ids and asset:
        devices.attach(session, SOME_PERSON, ids, asset.id, at=LATER)
    elif what == "ignore" and ids:
        devices.ignore(session, SOME_PERSON, ids, reason="guest", until=None, at=LATER)
    elif what == "restore" and ids:
        devices.restore(session, SOME_PERSON, ids, at=LATER)
    elif what == "edit" and asset:
        values = {"name": f"n{one}", "notes": str(other), "model_name": ""}
        assets.edit_asset(
            session, SOME_PERSON, asset.id, version=asset.version, values=values, at=LATER
        )
    elif what == "state" and asset and assets.TRANSITIONS[asset.lifecycle_state]:
        to = assets.TRANSITIONS[asset.lifecycle_state]
        assets.change_state(session, SOME_PERSON, asset.id, to[one % len(to)], at=LATER)


@many
@given(seen=sweeps, first=decisions, second=decisions)
def test_undone_decisions_leave_the_inventory_as_it_was(
    memory: sa.Engine,
    seen: list[Observation],
    first: list[tuple[str, int, int]],
    second: list[tuple[str, int, int]],
) -> None:
    inventory, connection = open_inventory(memory)
    session = inventory.session
    with connection:
        inventory.sweep(make_observation("192.0.2.77"), *seen)
        for decision in first:
            decide(session, *decision)
        before = dump(session)
        with recording(session, SOME_PERSON, ChangeSetKind.DECISION, {"code": "some"}, LATER):
            for decision in second:
                decide(session, *decision)
        some = sa.select(ChangeSet).where(ChangeSet.kind == ChangeSetKind.DECISION)
        act = session.scalars(some).one_or_none()
        if act is not None:
            assert find_obstacles(session, act.id) == []
            undo(session, SOME_PERSON, act.id, at=LATER)
        assert dump(session) == before


def test_run_on_which_a_person_built_tells_what_stands_in_the_way(inventory: Inventory) -> None:
    session = inventory.session
    act = sweep(inventory, 0, [make_observation("192.0.2.7")])
    assert act is not None
    (device,) = session.scalars(sa.select(Device))
    if device.asset_id is None:
        devices.accept(session, SOME_PERSON, [device.id], at=LATER)
    else:
        asset = session.get_one(Asset, device.asset_id)
        values = {"name": "mine"}
        assets.edit_asset(
            session, SOME_PERSON, asset.id, version=asset.version, values=values, at=LATER
        )
    obstacles = find_obstacles(session, act)
    assert obstacles
    assert {one.author for one in obstacles} == {"Ada"}
