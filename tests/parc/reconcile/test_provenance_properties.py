"""Properties of locks and of rules of which source wins, for any network and any rules."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from collectors.observation import Category, Identity, Observation, Source
from parc.models import Asset, AssetField, MissedRow, ValueSource
from parc.precedence import LockChoice, LockRule, SourceRule, Stated, is_in_force
from parc.queries.devices_of_assets import leading_devices
from parc.reconcile.known import Known
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.services.asset_sources import machine_values
from parc.services.assets import edit_asset
from parc.services.provenance import release_field
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
from tests.parc.reconcile.conftest import NETWORK, Inventory, open_inventory
from tests.parc.reconcile.test_properties import sweeps

FIELDS = ("name", "manufacturer", "category")
some = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
orders = st.permutations(list(ValueSource)).map(tuple)
RULED = (*FIELDS, "system_uuid", "asset_tag", "serial_number")
rules = st.dictionaries(st.sampled_from(RULED), st.builds(SourceRule, order=orders), max_size=3)
locks = st.one_of(
    st.none(),
    st.builds(LockChoice, st.sampled_from(LockRule), st.integers(1, 3)),
)
histories = st.lists(sweeps, min_size=1, max_size=4)
# Host and controller in halves; the tag of the host links it to an asset without a serial number.
HALVES = [
    Observation(address, source, SOME_MOMENT, identity=identity)
    for address, source, identity in [
        ("192.0.2.3", Source.AGENT, Identity(serial_number="S1002")),
        ("192.0.2.3", Source.AGENT, Identity(manufacturer="Cisco", category=Category.BMC)),
        ("192.0.2.1", Source.SNMP, Identity(serial_number="S1002")),
        (
            "192.0.2.1",
            Source.SNMP,
            Identity(manufacturer="Cisco", category=Category.SWITCH, asset_tag="T1"),
        ),
    ]
]


def _begin(memory: sa.Engine, stored: Mapping[str, SourceRule]) -> tuple[Inventory, sa.Connection]:
    """Open an inventory with two assets, and with rules."""
    inventory, connection = open_inventory(memory)
    inventory.policy = replace(inventory.policy, rules=stored, gone_after=2, silent_days=1)
    make_asset(inventory.session, asset_tag="T1", person_fields=())
    make_asset(inventory.session, asset_tag="T2", manufacturer="HP", serial_number="s1001")
    return inventory, connection


def _sweep(inventory: Inventory, observations: list[Observation], day: int) -> list[Observation]:
    """Apply what was seen on a day, with the clock of that day."""
    at = SOME_MOMENT + timedelta(days=day)
    timed = [replace(one, observed_at=at) for one in observations]
    inventory.policy = replace(inventory.policy, now=at, started_at=at)
    inventory.sweep(*timed, at=at)
    return timed


def _ours(field: str, number: int) -> str:
    """Give what a person types; of the maker another for each, since the number may be the same."""
    return {"name": "ours", "manufacturer": f"Ours {number}", "category": "ups"}[field]


def _type(inventory: Inventory, field: str, lock: LockChoice | None) -> None:
    """Let a person type a field of every asset."""
    session = inventory.session
    for asset in session.scalars(sa.select(Asset)).all():
        values, version = {field: _ours(field, asset.id)}, asset.version
        at, stated = SOME_MOMENT, Stated(lock=lock)
        edit_asset(
            session, SOME_PERSON, asset.id, version=version, values=values, at=at, stated=stated
        )
    session.flush()


def _held(inventory: Inventory, field: str, at: datetime) -> dict[int, object]:
    """Give the values whose locks hold at a moment."""
    query = sa.select(Asset.id, getattr(Asset, field), AssetField.locked_until).join(
        AssetField, sa.and_(AssetField.asset_id == Asset.id, AssetField.field == field)
    )
    rows = inventory.session.execute(query.where(AssetField.lock.is_not(None)))
    return {number: value for number, value, until in rows if is_in_force(until, at)}


@some
@given(history=histories, field=st.sampled_from(FIELDS), lock=locks, stored=rules)
def test_no_plan_changes_a_field_while_its_lock_holds(
    memory: sa.Engine,
    history: list[list[Observation]],
    field: str,
    lock: LockChoice | None,
    stored: dict[str, SourceRule],
) -> None:
    inventory, connection = _begin(memory, stored)
    with connection:
        _sweep(inventory, history[0], 0)
        _type(inventory, field, lock)
        for day, observations in enumerate(history):
            held = _held(inventory, field, SOME_MOMENT + timedelta(days=day))
            _sweep(inventory, observations, day)
            query = sa.select(Asset.id, getattr(Asset, field)).where(Asset.id.in_(held))
            assert dict(inventory.session.execute(query).all()) == held


@some
@given(history=histories, field=st.sampled_from(FIELDS), lock=locks, stored=rules)
@example(history=[HALVES], field="name", lock=None, stored={})
def test_planning_again_is_empty_whatever_the_rules_and_locks(
    memory: sa.Engine,
    history: list[list[Observation]],
    field: str,
    lock: LockChoice | None,
    stored: dict[str, SourceRule],
) -> None:
    inventory, connection = _begin(memory, stored)
    with connection:
        _type(inventory, field, lock)
        last: list[Observation] = []
        for day, observations in enumerate(history):
            last = _sweep(inventory, observations, day)
        counted = inventory.session.scalars(sa.select(MissedRow.count)).all()
        again = inventory.plan(last)
        assert list(again.rows()) == []
        assert not any(s.fields or s.rows or s.missed or s.words for s in again.sightings)
        inventory.apply(again, SOME_MOMENT + timedelta(days=len(history)))
        assert inventory.session.scalars(sa.select(MissedRow.count)).all() == counted


@some
@given(
    history=histories,
    field=st.sampled_from(FIELDS),
    lock=locks,
    stored=rules,
    seed=st.integers(0, 2**16),
)
def test_order_of_observations_does_not_matter_to_rules_and_locks(
    memory: sa.Engine,
    history: list[list[Observation]],
    field: str,
    lock: LockChoice | None,
    stored: dict[str, SourceRule],
    seed: int,
) -> None:
    inventory, connection = _begin(memory, stored)
    with connection:
        _type(inventory, field, lock)
        for day, observations in enumerate(history[:-1]):
            _sweep(inventory, observations, day)
        chance = random.Random(seed)  # noqa: S311 -- an order, no secret
        policy = replace(inventory.policy, now=SOME_MOMENT + timedelta(days=len(history)))
        known = load(inventory.session, history[-1], policy, covered=NETWORK)
        shuffled = Known(
            tuple(chance.sample(known.devices, len(known.devices))),
            tuple(chance.sample(known.assets, len(known.assets))),
            known.ignored,
        )
        one = plan(history[-1], known, policy, covered=NETWORK)
        mixed = chance.sample(history[-1], len(history[-1]))
        assert plan(mixed, shuffled, policy, covered=NETWORK) == one


@some
@given(history=histories, field=st.sampled_from(FIELDS), lock=locks, is_lifted=st.booleans())
def test_lifted_or_expired_lock_lets_the_next_run_write(
    memory: sa.Engine,
    history: list[list[Observation]],
    field: str,
    lock: LockChoice | None,
    is_lifted: bool,  # noqa: FBT001 -- hypothesis gives it by name
) -> None:
    inventory, connection = _begin(memory, {})
    with connection:
        session = inventory.session
        _sweep(inventory, history[0], 0)
        _type(inventory, field, lock if is_lifted else LockChoice(LockRule.DAYS, 1))
        if is_lifted:
            for asset in session.scalars(sa.select(Asset)).all():
                release_field(session, SOME_PERSON, asset.id, field, at=SOME_MOMENT)
        _sweep(inventory, history[0], 2)
        for asset in session.scalars(sa.select(Asset)):
            leader = leading_devices(session, [asset.id]).get(asset.id)
            # Whoever leads must have spoken: a silent one is not asked.
            if leader is None or leader.last_seen_at < SOME_MOMENT + timedelta(days=2):
                continue
            said = machine_values(leader).get(field)
            assert said is None or getattr(asset, field) == said[0]


@some
@given(observations=sweeps)
def test_kept_for_good_makes_no_difference_any_more(
    memory: sa.Engine, observations: list[Observation]
) -> None:
    inventory, connection = _begin(memory, {})
    with connection:
        _sweep(inventory, observations, 0)
        _type(inventory, "name", None)
        session = inventory.session
        against = " ".join(sorted(ValueSource))
        session.execute(sa.update(AssetField).values(kept_against=against))
        session.flush()
        changed = [
            replace(one, system=replace(one.system, sys_name="elsewhere"))
            for one in observations
            if one.system is not None
        ]
        made = inventory.plan(changed)
        assert made.counts.differences == 0
