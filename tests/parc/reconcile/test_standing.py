"""Two sources that tell one field: who stands, who gives way after long silence, what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collectors.details import Details, ManagedDevice, ManagedDeviceTable
from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Source,
    System,
)
from parc.models import Asset, AssetField, AuditEntry, Device, ValueSource
from parc.precedence import SourceRule
from parc.reconcile.ignored import NOTHING
from parc.reconcile.planned import Plan
from parc.reconcile.replay import replay
from parc.told_values import Word, read_heard, read_words, stored_words
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation, make_presence
from tests.parc.reconcile.conftest import Inventory, open_inventory
from tests.parc.reconcile.test_properties import many

SNMP, AGENT, NMAP = ValueSource.SNMP, ValueSource.AGENT, ValueSource.NMAP
SNMP_FIRST = SourceRule((SNMP, *(one for one in SourceRule().order if one is not SNMP)))


def day(number: int) -> datetime:
    return SOME_MOMENT + timedelta(days=number)


def by_agent(system: str | None = "Windows 11 Pro", **values: object) -> Observation:
    """What an agent on the machine tells."""
    identity = Identity(
        manufacturer="Cisco",
        serial_number="FOC1234A0B1",
        category=Category.SWITCH,
        operating_system=system,
    )
    return Observation(
        address="192.0.2.1",
        source=Source.AGENT,
        observed_at=SOME_MOMENT,
        system=System(sys_name="sw1-inside"),
        identity=replace(identity, **values),  # type: ignore[arg-type]
        agent_id="agent-1",
    )


def by_snmp(system: str | None = "IOS 17", **values: object) -> Observation:
    identity = make_observation().identity
    assert identity is not None
    told = replace(identity, operating_system=system, **values)  # type: ignore[arg-type]
    return make_observation(identity=told)


def sweep(inventory: Inventory, number: int, *observations: Observation) -> Plan:
    """Sweep on a day, with the clock of that day."""
    at = day(number)
    inventory.policy = replace(inventory.policy, now=at, started_at=at, run_id=number)
    return inventory.sweep(*(replace(one, observed_at=at) for one in observations), at=at)


def only(inventory: Inventory) -> Device:
    inventory.session.expire_all()
    return inventory.session.scalars(sa.select(Device)).one()


def asset_source(inventory: Inventory, name: str) -> tuple[object, ValueSource]:
    asset = inventory.session.scalars(sa.select(Asset)).one()
    return getattr(asset, name), inventory.session.get_one(AssetField, (asset.id, name)).source


def test_both_words_are_kept_with_their_day_and_run(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent())
    sweep(inventory, 1, by_snmp())
    sweep(inventory, 2, by_snmp("IOS 18"))
    device = only(inventory)
    words = read_words(device.words)
    assert device.operating_system == "Windows 11 Pro"
    assert words[AGENT]["operating_system"] == Word("Windows 11 Pro", day(0), 0)
    assert words[SNMP]["operating_system"] == Word("IOS 18", day(2), 2)
    assert words[SNMP]["model_name"] == Word("C9300", day(1), 1)
    assert read_heard(device.heard) == {AGENT: day(0), SNMP: day(2)}


def test_second_scan_writes_no_word_again(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent(), by_snmp())
    before = only(inventory).words
    made = sweep(inventory, 1, by_snmp(), by_agent())
    assert made.is_empty
    assert [sighting.words for sighting in made.sightings] == [None]
    assert only(inventory).words == before


def test_source_that_is_silent_for_long_gives_way_and_the_history_says_so(
    inventory: Inventory,
) -> None:
    sweep(inventory, 0, by_agent())
    sweep(inventory, 30, by_snmp())
    assert asset_source(inventory, "operating_system") == ("Windows 11 Pro", AGENT)
    sweep(inventory, 31, by_snmp())
    assert only(inventory).operating_system == "IOS 17"
    assert asset_source(inventory, "operating_system") == ("IOS 17", SNMP)
    entries = inventory.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "changed").order_by(AuditEntry.id)
    ).all()
    told = [e.subject_kind for e in entries if "silent/operating_system" in e.changes]
    assert sorted(told) == ["asset", "device"]
    assert entries[-1].changes["silent/operating_system"] == ["agent", "snmp"]
    assert sweep(inventory, 32, by_snmp()).is_empty


def test_source_that_speaks_again_stands_again(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent())
    sweep(inventory, 40, by_snmp())
    sweep(inventory, 41, by_agent())
    assert asset_source(inventory, "operating_system") == ("Windows 11 Pro", AGENT)
    assert sweep(inventory, 42, by_snmp()).is_empty


def test_silent_source_stays_where_nobody_else_speaks(inventory: Inventory) -> None:
    sweep(inventory, 0, by_snmp())
    guess = make_presence(category=Category.PRINTER, is_complete=True, category_confidence=0.9)
    assert sweep(inventory, 400, guess).is_empty
    device = only(inventory)
    assert (device.category, device.category_source) == (Category.SWITCH, "snmp")
    assert read_words(device.words)[NMAP]["category"].value is Category.PRINTER


def test_what_the_next_one_does_not_tell_stays(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent())
    sweep(inventory, 40, by_snmp(None))
    assert only(inventory).operating_system == "Windows 11 Pro"


def test_rule_of_the_field_decides_between_machines(inventory: Inventory) -> None:
    inventory.policy = replace(inventory.policy, rules={"operating_system": SNMP_FIRST})
    sweep(inventory, 0, by_agent(), by_snmp())
    assert asset_source(inventory, "operating_system") == ("IOS 17", SNMP)
    assert sweep(inventory, 1, by_agent("Windows 12")).is_empty
    sweep(inventory, 40, by_agent("Windows 12"))
    assert asset_source(inventory, "operating_system") == ("Windows 12", AGENT)


def test_changed_rule_holds_from_the_next_word(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent(), by_snmp())
    assert only(inventory).operating_system == "Windows 11 Pro"
    inventory.policy = replace(inventory.policy, rules={"operating_system": SNMP_FIRST})
    sweep(inventory, 1, by_snmp())
    assert asset_source(inventory, "operating_system") == ("IOS 17", SNMP)


def test_name_on_the_network_goes_before_that_of_the_agent(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent())
    assert asset_source(inventory, "name") == ("sw1-inside", AGENT)
    sweep(inventory, 1, by_snmp())
    sweep(inventory, 2, by_agent())
    assert only(inventory).sys_name == "sw1"


def test_source_that_says_the_same_keeps_the_value_when_the_weaker_one_changes(
    inventory: Inventory,
) -> None:
    sweep(inventory, 0, by_snmp("same"))
    sweep(inventory, 1, by_agent("same"))
    assert sweep(inventory, 2, by_snmp("other")).is_empty
    assert only(inventory).operating_system == "same"


def test_giving_way_is_no_change_of_identity(inventory: Inventory) -> None:
    sweep(inventory, 0, by_agent(manufacturer="Cisco Systems"))
    made = sweep(inventory, 40, by_snmp())
    assert only(inventory).manufacturer == "Cisco"
    assert (made.risky, made.counts.conflicts, made.counts.differences) == (0, 0, 0)


def test_interfaces_of_a_silent_snmp_are_left_to_the_agent(inventory: Inventory) -> None:
    sweep(inventory, 0, by_snmp(), by_agent())
    table = InterfaceTable(rows=(Interface(if_index=1, if_name="eth0"),), complete=True)
    seen = replace(by_agent(), interfaces=table)
    assert sweep(inventory, 1, seen).is_empty
    assert not sweep(inventory, 40, seen).is_empty


def test_what_a_controller_tells_is_its_own_word(inventory: Inventory) -> None:
    row = ManagedDevice(
        key="FGL1", kind="ap", name="ap-1", manufacturer="Cisco", model_name="AIR-AP1",
        serial_number="FGL1234A001", mac_address="00:10:db:11:22:33", address="192.0.2.77",
        state="up",
    )  # fmt: skip
    details = Details(managed_devices=ManagedDeviceTable((row,), complete=True))
    sweep(inventory, 0, make_observation(details=details))
    query = sa.select(Device).where(Device.address == "192.0.2.77")
    device = inventory.session.scalars(query).one()
    assert set(read_words(device.words)) == {ValueSource.CONTROLLER}
    assert device.category_source == "controller"


words_of = st.dictionaries(
    st.sampled_from(ValueSource),
    st.dictionaries(
        st.sampled_from(["model_name", "operating_system", "serial_number"]),
        st.builds(
            Word,
            st.sampled_from(["A", "B"]),
            st.sampled_from([None, day(0), day(1)]),
            st.sampled_from([None, 1, 2]),
        ),
        min_size=1,
    ),
)


@given(words_of)
def test_words_are_read_as_they_were_stored(words: dict[ValueSource, dict[str, Word]]) -> None:
    assert read_words(stored_words(words)) == words


@pytest.mark.parametrize("stored", [None, [], "x", {"telex": {}}, {"snmp": 7}])
def test_what_is_no_word_is_left_out(stored: object) -> None:
    assert read_words(stored) == {}
    assert read_heard(stored if not isinstance(stored, dict) else {}) == {}


visits = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 20, 31, 90]),
        st.lists(
            st.one_of(
                st.builds(by_agent, st.sampled_from([None, "A", "B"])),
                st.builds(by_snmp, st.sampled_from([None, "A", "B", "C"])),
                st.builds(
                    make_presence,
                    category=st.sampled_from([None, Category.PRINTER]),
                    is_complete=st.booleans(),
                ),
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    min_size=1,
    max_size=6,
)
rules = st.sampled_from([{}, {"operating_system": SNMP_FIRST}])


@many
@given(history=visits, stored=rules)
def test_replay_gives_words_and_values_as_the_runs_did(
    memory: sa.Engine,
    history: list[tuple[int, list[Observation]]],
    stored: dict[str, SourceRule],
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        inventory.policy = replace(inventory.policy, rules=stored)
        runs, number = [], 0
        for passed, observations in history:
            number += passed
            sweep(inventory, number, *observations)
            at = day(number)
            runs.append((number, [replace(one, observed_at=at) for one in observations]))
            again = inventory.plan(runs[-1][1])
            assert again.is_empty
            assert again.sightings[0].words is None
        device = only(inventory)
        replayed = replay(runs, replace(inventory.policy, run_id=None), NOTHING)
        assert replayed is not None
        assert replayed.words == read_words(device.words)
        assert replayed.heard == read_heard(device.heard)
        assert replayed.fields["operating_system"] == device.operating_system


@many
@given(history=visits, last=st.sampled_from(["A", "B", "C"]))
def test_after_long_silence_of_all_others_who_speaks_stands(
    memory: sa.Engine, history: list[tuple[int, list[Observation]]], last: str
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        number = 0
        for passed, observations in history:
            number += passed
            sweep(inventory, number, *observations)
        sweep(inventory, number + 31, by_snmp(last))
        assert only(inventory).operating_system == last
