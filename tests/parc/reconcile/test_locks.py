"""When a scanner writes again over what a person typed, by the lock of the value."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from collectors.observation import System
from parc.models import Asset, Difference, LifecycleState, LockRule
from parc.precedence import LockChoice, Stated
from parc.services.assets import edit_asset
from parc.services.bulk import change_states
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_observation
from tests.parc.reconcile.conftest import Inventory


def _sweep(inventory: Inventory, day: int) -> None:
    at = SOME_MOMENT + timedelta(days=day)
    inventory.policy = replace(inventory.policy, now=at, started_at=at)
    seen = make_observation(system=System(sys_name="seen"), observed_at=at)
    inventory.sweep(seen, at=at)


def _asset(inventory: Inventory) -> Asset:
    inventory.session.expire_all()
    return inventory.session.scalars(sa.select(Asset)).one()


@pytest.mark.parametrize(
    ("lock", "holds_on", "ends_on"),
    [
        (LockChoice(LockRule.DAYS, 30), (1, 29), 31),
        (LockChoice(LockRule.DAYS, 7), (6,), 8),
        (LockChoice(LockRule.NEVER), (1, 31, 3_000), None),
        (LockChoice(LockRule.STATE), (1, 31, 3_000), None),
    ],
)
def test_scanner_writes_again_when_the_lock_has_ended(
    inventory: Inventory, lock: LockChoice, holds_on: tuple[int, ...], ends_on: int | None
) -> None:
    _sweep(inventory, 0)
    edit_asset(
        inventory.session, SOME_PERSON, _asset(inventory).id, version=1,
        values={"name": "typed"}, at=SOME_MOMENT, stated=Stated(lock=lock),
    )  # fmt: skip
    for day in holds_on:
        _sweep(inventory, day)
        assert _asset(inventory).name == "typed"
        open_ones = inventory.session.scalars(sa.select(Difference)).all()
        assert [one.seen_value for one in open_ones] == ["seen"]
    if ends_on is not None:
        _sweep(inventory, ends_on)
        assert _asset(inventory).name == "seen"


def test_lock_until_the_state_changes_ends_with_the_movement(inventory: Inventory) -> None:
    session = inventory.session
    _sweep(inventory, 0)
    stated = Stated(lock=LockChoice(LockRule.STATE))
    number = _asset(inventory).id
    edit_asset(
        session, SOME_PERSON, number, version=1, values={"name": "typed"}, at=SOME_MOMENT,
        stated=stated,
    )  # fmt: skip
    moved_at = SOME_MOMENT + timedelta(days=5)
    change_states(session, SOME_PERSON, [number], LifecycleState.IN_STOCK, at=moved_at)
    assert _asset(inventory).name == "typed"
    _sweep(inventory, 6)
    assert _asset(inventory).name == "seen"
