"""Properties that hold for any network, however odd: few keys that collide all the time."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Presence,
    Service,
    Source,
    System,
)
from collectors.registries.placeholders import is_placeholder
from parc.key_texts import uuid_key
from parc.models import Asset, AssetField, AuditEntry, Device, ValueSource
from parc.naming import is_read
from parc.reconcile.change import Conflict
from parc.reconcile.identity import make_traits, strong_keys
from parc.reconcile.known import DEVICE_COLUMNS, Known
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.rules import KeyKind
from parc.services.assets import edit_asset
from parc.services.ignored_keys import ignore_key
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
from tests.parc.reconcile.conftest import NETWORK, Inventory, open_inventory

MACS = ["00:1b:21:00:00:01", "00:1b:21:00:00:02", "00:00:5e:00:01:0a", "02:42:00:00:00:01"]
UUIDS = [
    "4c4c4544-0051-3610-8052-b4c04f4a4d32",
    "44454c4c-5100-1036-8052-b4c04f4a4d32",  # the same, in the other order of octets
    "11fa2b4c-0000-4000-8000-000000000001",
    "03000200-0400-0500-0006-000700080009",
]
ADDRESSES = [f"192.0.2.{number}" for number in range(1, 5)]


def optional(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


systems = st.builds(
    System,
    sys_name=optional("alpha", "beta"),
    sys_object_id=optional("1.3.6.1.4.1.9.1.1"),
    engine_id=optional("800000090300aabbccddee", "80001f888012345678aabbccdd"),
)
identities = st.builds(
    Identity,
    manufacturer=optional("Cisco", "HP"),
    serial_number=optional("S1001", "S1002", "To be filled by O.E.M."),
    category=st.sampled_from([None, Category.SWITCH, Category.BMC, Category.PHONE]),
    base_mac_address=optional(*MACS),
    chassis_id=optional("chassis-7", MACS[0]),
    system_uuid=optional(*UUIDS),
    asset_tag=optional("T1", "t2"),
)
interfaces = st.builds(
    lambda rows, complete: InterfaceTable(tuple(rows), complete),
    st.lists(
        st.builds(
            Interface,
            if_index=st.integers(1, 3),
            if_name=optional("Gi1", "Gi2"),
            if_phys_address=optional(*MACS),
            if_oper_status=st.sampled_from([None, 1, 2]),
            addresses=st.sampled_from([(), ("192.0.2.1/24",), ("192.0.2.2/24", "127.0.0.1/8")]),
        ),
        max_size=3,
    ),
    st.booleans(),
)
read = st.builds(
    Observation,
    address=st.sampled_from(ADDRESSES),
    source=st.just(Source.SNMP),
    observed_at=st.just(SOME_MOMENT),
    system=systems,
    identity=identities,
    interfaces=interfaces,
)
told = st.builds(
    Observation,
    address=st.sampled_from(ADDRESSES),
    source=st.just(Source.AGENT),
    observed_at=st.just(SOME_MOMENT),
    system=st.builds(System, sys_name=optional("alpha", "beta")),
    identity=identities,
    interfaces=interfaces,
    agent_id=optional("agent-1", "agent-2"),
)
unread = st.builds(
    Observation,
    address=st.sampled_from(ADDRESSES),
    source=st.just(Source.NMAP),
    observed_at=st.just(SOME_MOMENT),
    presence=st.builds(
        Presence,
        proof=st.just("arp-response"),
        mac_address=optional(*MACS),
        host_name=optional("alpha", "gamma"),
        services=st.sampled_from([(), (Service("tcp", 22, "ssh"),)]),
        is_complete=st.booleans(),
        category=st.sampled_from([None, Category.SWITCH, Category.PRINTER]),
        category_confidence=st.sampled_from([None, 0.5, 0.9]),
    ),
)
sweeps = st.lists(st.one_of(read, told, unread), max_size=6)
many = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def run_all(inventory: Inventory, history: list[list[Observation]]) -> list[Observation]:
    """Apply sweep after sweep, an hour apart; give the last with its times.

    An asset with a tag and one with a serial number are there before.
    """
    if inventory.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0:
        make_asset(inventory.session, asset_tag="T1", person_fields=())
        make_asset(inventory.session, asset_tag="T2", manufacturer="HP", serial_number="s1001")
    timed: list[Observation] = []
    for hour, observations in enumerate(history):
        at = SOME_MOMENT + timedelta(hours=hour)
        timed = [replace(observation, observed_at=at) for observation in observations]
        inventory.sweep(*timed, at=at)
    return timed


@many
@given(history=st.lists(sweeps, min_size=1, max_size=4))
def test_planning_again_after_applying_gives_an_empty_plan(
    memory: sa.Engine, history: list[list[Observation]]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        last = run_all(inventory, history)
        again = inventory.plan(last)
        assert list(again.rows()) == []
        assert again.is_empty
        assert not any(s.fields or s.rows or s.signs is not None for s in again.sightings)
        assert not any(sighting.words is not None for sighting in again.sightings)


@many
@given(history=st.lists(sweeps, min_size=1, max_size=3), seed=st.integers(0, 2**16))
def test_plan_does_not_depend_on_order(
    memory: sa.Engine, history: list[list[Observation]], seed: int
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        run_all(inventory, history[:-1])
        observations = history[-1]
        known = load(inventory.session, observations, inventory.policy, covered=NETWORK)
        chance = random.Random(seed)  # noqa: S311 -- an order, no secret
        shuffled = Known(
            tuple(chance.sample(known.devices, len(known.devices))),
            tuple(chance.sample(known.assets, len(known.assets))),
            known.ignored,
        )
        one = plan(observations, known, inventory.policy, covered=NETWORK)
        other = plan(
            chance.sample(observations, len(observations)),
            shuffled,
            inventory.policy,
            covered=NETWORK,
        )
        assert one == other


@many
@given(
    history=st.lists(sweeps, min_size=2, max_size=3),
    field=st.sampled_from(["name", "serial_number", "manufacturer", "base_mac_address"]),
)
def test_no_plan_touches_what_a_person_set(
    memory: sa.Engine, history: list[list[Observation]], field: str
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        run_all(inventory, history[:1])
        value = "00:1b:21:99:99:99" if field == "base_mac_address" else "ours"
        session = inventory.session
        for asset in session.scalars(sa.select(Asset)).all():
            values = {field: f"{value} {asset.id}" if field == "serial_number" else value}
            edit_asset(session, SOME_PERSON, asset.id, version=1, values=values, at=SOME_MOMENT)
        session.flush()
        theirs: dict[int, str] = dict(
            session.execute(sa.select(Asset.id, getattr(Asset, field))).all()
        )
        run_all(inventory, history)
        owned = session.scalars(
            sa.select(AssetField.asset_id).where(
                AssetField.field == field, AssetField.source == ValueSource.PERSON
            )
        ).all()
        assert set(owned) == set(theirs)
        now: dict[int, str] = dict(
            session.execute(sa.select(Asset.id, getattr(Asset, field))).all()
        )
        assert {number: now[number] for number in theirs} == theirs


@many
@given(history=st.lists(sweeps, min_size=1, max_size=4))
def test_two_devices_never_share_a_key_silently(
    memory: sa.Engine, history: list[list[Observation]]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        run_all(inventory, history)
        session = inventory.session
        holders: dict[str, set[int]] = defaultdict(set)
        for device in session.scalars(sa.select(Device)):
            traits = make_traits(_fields(device), (), ())
            for key in strong_keys(traits):
                if key.kind is not KeyKind.MAC or traits.is_read:
                    holders[f"{key.kind}: {key.value}"].add(device.id)
        told: dict[str, set[int]] = defaultdict(set)
        for entry in session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "conflict")):
            for key_text in entry.changes:
                told[key_text].add(entry.subject_id)
        for text, numbers in holders.items():
            assert len(numbers) == 1 or numbers & told[text], text


_STRONG = ("serial_number", "system_uuid", "engine_id", "chassis_id", "agent_id")


def _keys(inventory: Inventory) -> dict[int, tuple[object, ...]]:
    """Give the strong keys of each device, and of those that were read their MAC."""
    inventory.session.expire_all()
    return {
        device.id: (
            *(getattr(device, name) for name in _STRONG),
            device.base_mac_address if is_read(_fields(device)) else None,
        )
        for device in inventory.session.scalars(sa.select(Device))
    }


def _says_no_kind(one: Observation) -> bool:
    return one.presence is not None and one.presence.category is None


def _fields(device: Device) -> dict[str, Any]:
    return {name: getattr(device, name) for name in DEVICE_COLUMNS}


@many
@given(
    history=st.lists(sweeps, min_size=1, max_size=3),
    partial=st.lists(unread.filter(_says_no_kind), max_size=4),
)
def test_partial_knowledge_creates_no_asset_and_moves_no_strong_key(
    memory: sa.Engine, history: list[list[Observation]], partial: list[Observation]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        run_all(inventory, history)
        before = _keys(inventory)
        at = SOME_MOMENT + timedelta(hours=len(history))
        made = inventory.sweep(*(replace(one, observed_at=at) for one in partial), at=at)
        assert made.counts.assets == 0
        after = _keys(inventory)
        assert {number: after[number] for number in before} == before
        bare = [keys for number, keys in after.items() if number not in before]
        assert not any(key for keys in bare for key in keys)


@many
@given(observations=sweeps)
def test_every_address_that_answered_has_one_device(
    memory: sa.Engine, observations: list[Observation]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        made = inventory.plan(observations)
        applied = inventory.apply(made)
        assert applied.devices.keys() == {o.address for o in observations}
        count = inventory.session.scalar(sa.select(sa.func.count()).select_from(Device))
        assert count == len(set(applied.devices.values())) == len(made.sightings)


def _records(inventory: Inventory) -> list[tuple[object, ...]]:
    names = ("address", "absent_since", "status", "heard", "words", *DEVICE_COLUMNS)
    columns = [getattr(Device, name) for name in names]
    rows = inventory.session.execute(sa.select(Device.id, *columns).order_by(Device.id))
    return [tuple(row) for row in rows]


@many
@given(history=st.lists(sweeps, min_size=1, max_size=3), seed=st.integers(0, 2**16))
def test_replaying_from_zero_gives_the_same_inventory(
    memory: sa.Engine, history: list[list[Observation]], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- an order, no secret
    shuffled = [chance.sample(observations, len(observations)) for observations in history]
    inventories = []
    for runs in (history, shuffled):
        inventory, connection = open_inventory(memory)
        with connection:
            run_all(inventory, runs)
            first = inventory.session.scalar(sa.select(sa.func.min(Device.id))) or 0
            records = _records(inventory)
            inventories.append([(int(str(row[0])) - first, *row[1:]) for row in records])
    assert inventories[0] == inventories[1]


@many
@given(history=st.lists(sweeps, min_size=2, max_size=4))
def test_no_record_gets_a_second_serial_number_in_silence(
    memory: sa.Engine, history: list[list[Observation]]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        before: dict[int, str] = {}
        for hour, observations in enumerate(history):
            at = SOME_MOMENT + timedelta(hours=hour)
            timed = [replace(observation, observed_at=at) for observation in observations]
            made = inventory.sweep(*timed, at=at)
            told = {c.device.id for c in made.changes if isinstance(c, Conflict)}
            query = sa.select(Device.id, Device.serial_number)
            after: dict[int, str] = {
                number: serial
                for number, serial in inventory.session.execute(query)
                if serial and not is_placeholder(serial)
            }
            changed = {n for n, serial in after.items() if before.get(n, serial) != serial}
            assert changed <= told
            before |= after


@many
@given(history=st.lists(sweeps, min_size=1, max_size=3))
def test_key_that_people_ignore_finds_nothing_and_is_no_conflict(
    memory: sa.Engine, history: list[list[Observation]]
) -> None:
    inventory, connection = open_inventory(memory)
    keys = [("serial", "S1001"), ("uuid", UUIDS[0]), ("mac", MACS[0][:8])]
    with connection:
        for kind, value in keys:
            person, at = SOME_PERSON, SOME_MOMENT
            ignore_key(inventory.session, person, kind=kind, value=value, reason="r", at=at)
        for observations in history:
            made = inventory.sweep(*observations)
            found = [sighting.match for sighting in made.sightings]
            used = [match.key.value for match in found if match and match.key]
            used += [change.shown.value for change in made.changes if isinstance(change, Conflict)]
            assert not [one for one in used if "s1001" in one or one.startswith(MACS[0][:8])]
            assert uuid_key(UUIDS[0]) not in used
        assert inventory.plan(history[-1]).is_empty
