"""Tests of telling edge ports from uplinks, and of choosing where a machine is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.observation import Category
from parc.topology import (
    Bridge,
    Certainty,
    FarEnd,
    PortFacts,
    PortRole,
    RoleReason,
    Sighting,
    choose_place,
    is_same_stay,
    is_station_mac,
    judge_ports,
)
from tests.conftest import SOME_MOMENT

PHONE, PC, SWITCH = "00:1b:21:00:00:01", "00:1b:21:00:00:02", "00:1b:21:00:00:99"
macs = st.integers(1, 40).map(lambda n: f"00:1b:21:00:00:{n:02x}")
roles = st.sampled_from(PortRole)
moments = st.integers(0, 20).map(lambda days: SOME_MOMENT + timedelta(days=days))
sightings = st.lists(
    st.builds(
        Sighting,
        key=st.integers(1, 10**6),
        role=roles,
        mac_count=st.integers(0, 30),
        far_device_id=st.none() | st.integers(1, 3),
        last_seen_at=moments,
        read_at=st.none() | moments,
    ),
    unique_by=lambda one: one.key,
    max_size=8,
)


def _judge(*found: str, far_ends: tuple[FarEnd, ...] = (), most: int = 8) -> PortFacts:
    bridges = {SWITCH: Bridge(7)}
    return judge_ports([(1, mac) for mac in found], far_ends, bridges, most)[1]


def _far(*words: str, category: Category | None = None, device_id: int | None = None) -> FarEnd:
    return FarEnd(1, frozenset(words), device_id, category)


def test_phone_and_the_computer_behind_it_are_on_an_edge_port() -> None:
    facts = _judge(PHONE, PC, far_ends=(_far("bridge", "telephone"),))
    assert (facts.role, facts.mac_count) == (PortRole.EDGE, 2)


@pytest.mark.parametrize(
    ("far_end", "role"),
    [
        (_far("bridge"), PortRole.UPLINK),
        (_far("router"), PortRole.UPLINK),
        (_far("bridge", "wlanAccessPoint"), PortRole.ACCESS_POINT),
        (_far("stationOnly"), PortRole.EDGE),
        (_far("bridge", "router", category=Category.SERVER, device_id=3), PortRole.EDGE),
        (_far(category=Category.SWITCH, device_id=3), PortRole.UPLINK),
        (_far("bridge", category=Category.ACCESS_POINT, device_id=3), PortRole.ACCESS_POINT),
    ],
)
def test_neighbour_makes_the_port_what_it_is(far_end: FarEnd, role: PortRole) -> None:
    facts = _judge(PC, far_ends=(far_end,))
    assert facts.role is role
    assert facts.far_device_id == far_end.device_id


def test_port_that_learned_a_known_switch_is_an_uplink_to_it() -> None:
    assert _judge(PC, SWITCH) == PortFacts(PortRole.UPLINK, RoleReason.BRIDGE, 7, 2)


def test_port_that_learned_two_switches_stands_before_none_of_them() -> None:
    other = "00:1b:21:00:00:98"
    bridges = {SWITCH: Bridge(7), other: Bridge(8)}
    facts = judge_ports([(1, SWITCH), (1, other)], (), bridges, 8)[1]
    assert (facts.role, facts.far_device_id) == (PortRole.UPLINK, None)


def test_port_with_more_macs_than_allowed_is_an_uplink() -> None:
    three = ("00:00:00:00:00:01", "00:00:00:00:00:02", "00:00:00:00:00:03")
    assert _judge(*three, most=3).role is PortRole.EDGE
    assert _judge(*three, most=2).reason is RoleReason.MANY


def test_group_address_is_no_machine() -> None:
    assert not is_station_mac("01:00:5e:00:00:01")
    assert is_station_mac("02:00:00:00:00:01")


@given(st.lists(st.tuples(st.integers(1, 4), macs)), st.integers(1, 10), st.randoms())
def test_judgement_does_not_depend_on_order_or_repetition(
    learned: list[tuple[int, str]], most: int, chance: object
) -> None:
    del chance
    bridges = {"00:1b:21:00:00:01": Bridge(7)}
    facts = judge_ports(learned, (), bridges, most)
    assert judge_ports([*reversed(learned), *learned], (), bridges, most) == facts
    for one in facts.values():
        assert one.role is not PortRole.EDGE or one.mac_count <= most


def _sighting(
    key: int = 1, role: PortRole = PortRole.EDGE, count: int = 1, **days: int
) -> Sighting:
    seen, read = days.get("seen", 10), days.get("read", 10)
    return Sighting(
        key,
        role,
        count,
        days.get("far"),
        SOME_MOMENT + timedelta(days=seen),
        SOME_MOMENT + timedelta(days=read),
    )


def test_edge_port_wins_over_uplinks() -> None:
    place = choose_place([_sighting(1, PortRole.UPLINK), _sighting(2)])
    assert place is not None
    assert (place.sighting.key, place.certainty) == (2, Certainty.DIRECT)


def test_of_several_edge_ports_the_one_with_the_fewest_macs_wins() -> None:
    place = choose_place([_sighting(1, count=4), _sighting(2, count=2)])
    assert place is not None
    assert place.sighting.key == 2


def test_machine_that_moved_is_where_the_last_reading_saw_it() -> None:
    place = choose_place([_sighting(1, seen=9), _sighting(2, count=5)])
    assert place is not None
    assert place.sighting.key == 2


def test_machine_that_no_reading_sees_any_more_was_last_where_it_was() -> None:
    place = choose_place(
        [_sighting(1, seen=3), _sighting(2, seen=8), _sighting(3, PortRole.UPLINK)]
    )
    assert place is not None
    assert (place.sighting.key, place.certainty) == (2, Certainty.LAST_KNOWN)


def test_switch_itself_is_behind_the_uplink_that_leads_to_it_alone() -> None:
    found = [_sighting(1, PortRole.UPLINK, count=3), _sighting(2, PortRole.UPLINK, count=9, far=7)]
    place = choose_place(found, 7)
    assert place is not None
    assert (place.sighting.key, place.certainty) == (2, Certainty.DIRECT)


def test_machine_that_only_uplinks_saw_is_said_to_be_so() -> None:
    place = choose_place([_sighting(1, PortRole.UPLINK, 90), _sighting(2, PortRole.UPLINK, 12)])
    assert place is not None
    assert (place.sighting.key, place.certainty) == (2, Certainty.UPLINK)


def test_machine_on_wifi_is_behind_the_port_of_its_access_point() -> None:
    found = [_sighting(1, seen=2), _sighting(2, PortRole.ACCESS_POINT)]
    place = choose_place(found)
    assert place is not None
    assert (place.sighting.key, place.certainty) == (2, Certainty.ACCESS_POINT)


@given(sightings, st.none() | st.integers(1, 3), st.randoms())
def test_place_does_not_depend_on_order_and_is_one_of_the_sightings(
    found: list[Sighting], device_id: int | None, chance: object
) -> None:
    place = choose_place(found, device_id)
    chance.shuffle(found)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert choose_place(found, device_id) == place
    assert (place is None) == (not found)
    if place is not None and place.certainty is Certainty.DIRECT:
        assert place.sighting.is_current
        assert place.sighting.role is PortRole.EDGE or place.sighting.far_device_id == device_id


def test_machine_switched_off_at_night_stays_where_it_is() -> None:
    day = timedelta(days=1)
    assert is_same_stay(SOME_MOMENT, SOME_MOMENT + day, None)
    assert is_same_stay(SOME_MOMENT, None, SOME_MOMENT + day)
    assert is_same_stay(SOME_MOMENT, SOME_MOMENT, SOME_MOMENT + day)
    assert not is_same_stay(SOME_MOMENT, SOME_MOMENT + 2 * day, SOME_MOMENT + day)


def test_an_aggregate_with_a_bridge_behind_a_member_is_an_uplink_with_all_its_members() -> None:
    po1, gi1, gi2, edge = 1, 2, 3, 4
    facts = judge_ports(
        [(po1, PC), (edge, PHONE)],
        [FarEnd(gi1, frozenset({"bridge"}), 7)],
        {},
        8,
        {gi1: po1, gi2: po1},
    )
    found = {port: (one.role, one.reason, one.far_device_id) for port, one in facts.items()}
    uplink = (PortRole.UPLINK, RoleReason.NEIGHBOR, 7)
    assert found == {po1: uplink, gi1: uplink, gi2: uplink, edge: (PortRole.EDGE, None, None)}
    assert [facts[port].mac_count for port in (po1, gi1, gi2)] == [1, 0, 0]


def test_an_aggregate_of_a_server_is_an_edge_port() -> None:
    facts = judge_ports([(1, PC)], [], {}, 8, {2: 1, 3: 1})
    assert {one.role for one in facts.values()} == {PortRole.EDGE}
