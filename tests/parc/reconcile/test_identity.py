"""Tests of keys: what identifies, what only seems to, and what is considered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from collectors.observation import Category, Interface
from parc.reconcile.identity import (
    Key,
    Traits,
    make_traits,
    sort_key,
    strong_keys,
    traits_of,
)
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    ROW_COLUMNS,
    KnownDevice,
    KnownRow,
    Table,
    Value,
)
from parc.reconcile.matching import Considered, Index, Match, match_all
from parc.reconcile.rules import RULES, TEXTS, KeyKind, Reason
from parc.reconcile.usable import usable_chassis_id, usable_engine_id, usable_mac
from tests.conftest import SOME_MOMENT

MAC, OTHER_MAC = "00:1b:21:00:00:01", "00:1b:21:00:00:02"
ENGINE = "800000090300aabbccddee"


def interface_row(mac: str | None, *addresses: str) -> tuple[Value, ...]:
    row = Interface(if_index=1, if_name="Gi1", if_phys_address=mac, addresses=addresses)
    return tuple(getattr(row, name) for name in ROW_COLUMNS[Table.INTERFACE])


def known(number: int, address: str, *macs: str, **values: Any) -> KnownDevice:
    names = {name: values.pop(name) for name in list(values) if name in DEVICE_COLUMNS}
    rows = {str(n): KnownRow(n, interface_row(mac)) for n, mac in enumerate(macs)}
    fields = {**dict.fromkeys(DEVICE_COLUMNS), **names}
    return KnownDevice(number, address, fields, rows={Table.INTERFACE: rows}, **values)


def seen(address: str, *macs: str, wire: str | None = None, **fields: Value) -> Traits:
    return make_traits(fields, (address,), [interface_row(mac) for mac in macs], wire)


def match(traits: Traits, *devices: KnownDevice) -> Match:
    return match_all([traits], Index(devices), ())[0]


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        (ENGINE, True),
        ("0x80:00:00:09:03:00:aa:bb:cc:dd:ee", True),
        ("80001f888012345678aabbccdd", False),  # net-snmp, of chance
        ("80001f88046c6f63616c", False),  # net-snmp, of a text
        ("8000000901c0a80101", False),  # of an IPv4 address
        ("8000000902fe8000000000000000000000000000", False),  # of an IPv6 address
        ("8000000903020000000001", False),  # of a locally administered MAC
        ("800000090400000000", False),
        ("80000009046e6f6e65", False),  # of the text none
        ("80000009046162633132", True),
        ("000000090200aabbccddee01", True),  # of before RFC 3411
        ("000000090000000000000000", False),
        ("8000", False),
        ("no hex", False),
        ("80000", False),
        (None, False),
    ],
)
def test_engine_id_that_says_nothing_of_the_machine_is_no_key(
    text: str | None, *, usable: bool
) -> None:
    assert (usable_engine_id(text) is not None) is usable


@pytest.mark.parametrize(
    "mac",
    [
        "00:00:5e:00:01:0a",  # VRRP and CARP
        "00:00:5e:00:02:0a",
        "00:00:0c:07:ac:01",  # HSRP
        "00:00:0c:9f:f0:01",
        "00:05:73:a0:00:01",
        "00:07:b4:00:01:01",  # GLBP
        "00:09:0f:09:00:01",  # pairs of Fortinet, Palo Alto, Juniper, Sophos
        "00:1b:17:00:01:01",
        "00:10:db:ff:10:01",
        "00:1a:8c:f0:00:01",
        "02:42:ac:11:00:02",  # locally administered
        "01:00:5e:00:00:01",  # group
        "00:00:00:00:00:00",
        "nonsense",
        None,
    ],
)
def test_mac_that_several_machines_may_show_is_no_key(mac: str | None) -> None:
    assert usable_mac(mac) is None


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("chassis-7", "chassis-7"),
        ("00-1B-21-00-00-01", MAC),
        ("02:42:ac:11:00:02", None),
        ("192.0.2.1", None),
        ("core", None),
        ("sw1", None),
        ("None", None),
        (None, None),
    ],
)
def test_chassis_id_that_is_a_name_or_an_address_is_no_key(
    text: str | None, usable: str | None
) -> None:
    assert usable_chassis_id(text, "sw1") == usable


def test_serial_number_needs_its_manufacturer_and_must_be_real() -> None:
    assert strong_keys(seen("192.0.2.1", serial_number="S1001")) == ()
    assert strong_keys(seen("192.0.2.1", manufacturer="Dell", serial_number="Not Specified")) == ()
    found = strong_keys(seen("192.0.2.1", manufacturer="Dell Inc.", serial_number=" s1001 "))
    assert found == (Key(KeyKind.SERIAL, "dell s1001"),)


def test_address_that_is_none_sorts_last() -> None:
    assert sorted(["router", "2001:db8::1", "10.0.0.9", "9.0.0.1"], key=sort_key) == [
        "9.0.0.1",
        "10.0.0.9",
        "2001:db8::1",
        "router",
    ]


def component_row(component_class: str, **values: str) -> tuple[Value, ...]:
    fields: dict[str, Value] = {"component_class": component_class, **values}
    return tuple(fields.get(name) for name in ROW_COLUMNS[Table.COMPONENT])


def test_device_claims_no_loopback_or_broken_address() -> None:
    rows = [interface_row(MAC, "127.0.0.1/8", "192.0.2.9/24", "what", "fe80::1/64")]
    assert make_traits({}, ("192.0.2.1",), rows).claims == {"192.0.2.9"}


def test_renamed_and_moved_device_is_found_by_its_serial_number() -> None:
    device = known(7, "192.0.2.1", manufacturer="HP", serial_number="CZ1", sys_name="old")
    found = match(
        seen("192.0.2.99", manufacturer="hp", serial_number="cz1", sys_name="new"), device
    )
    assert found == Match(7, Key(KeyKind.SERIAL, "hewlettpackard cz1"))


def test_strongest_key_wins_over_all_weaker_ones() -> None:
    by_serial = known(1, "192.0.2.5", manufacturer="HP", serial_number="CZ1")
    by_engine = known(2, "192.0.2.6", engine_id=ENGINE)
    by_address = known(3, "192.0.2.1", sys_name="sw1")
    traits = seen(
        "192.0.2.1", manufacturer="HP", serial_number="CZ1", engine_id=ENGINE, sys_name="sw1"
    )
    assert match(traits, by_serial, by_engine, by_address).device_id == 1
    assert match(traits, by_engine, by_address).device_id == 2
    assert match(traits, by_address).device_id == 3
    assert match(traits).device_id is None


def test_dock_that_lends_its_mac_merges_no_laptops() -> None:
    one = known(1, "192.0.2.1", OTHER_MAC, manufacturer="HP", serial_number="CZ1")
    found = match(seen("192.0.2.2", OTHER_MAC, manufacturer="HP", serial_number="CZ2"), one)
    assert found.device_id is None
    found = match(
        seen("192.0.2.2", base_mac_address=OTHER_MAC, manufacturer="HP", serial_number="CZ2"), one
    )
    assert found == Match(
        considered=(
            Considered(1, Key(KeyKind.MAC, OTHER_MAC), Reason.OTHER_SERIAL, ("cz2", "cz1")),
        )
    )


def test_key_of_two_known_devices_identifies_neither() -> None:
    one = known(1, "192.0.2.1", engine_id=ENGINE, sys_name="a")
    two = known(2, "192.0.2.2", engine_id=ENGINE, sys_name="b")
    moved = match(seen("192.0.2.3", engine_id=ENGINE), one, two)
    assert moved.device_id is None
    assert {c.reason for c in moved.considered} == {Reason.SHARED_BY_KNOWN}
    assert match(seen("192.0.2.2", engine_id=ENGINE, sys_name="b"), one, two).device_id == 2
    assert match(seen("192.0.2.1", engine_id=ENGINE), one, two).device_id == 1


def test_key_of_two_seen_devices_identifies_neither() -> None:
    device = known(1, "192.0.2.9", engine_id=ENGINE)
    both = [seen("192.0.2.1", engine_id=ENGINE), seen("192.0.2.2", engine_id=ENGINE)]
    dead = {Key(KeyKind.ENGINE_ID, ENGINE)}
    matches = match_all(both, Index([device]), dead)
    assert [m.device_id for m in matches] == [None, None]
    assert matches[0].considered[0].reason == Reason.SHARED_IN_RUN


def test_two_that_find_the_same_device_by_other_keys_get_it_neither() -> None:
    device = known(1, "192.0.2.9", OTHER_MAC, base_mac_address=MAC)
    both = [seen("192.0.2.1", base_mac_address=MAC), seen("192.0.2.2", base_mac_address=OTHER_MAC)]
    matches = match_all(both, Index([device]), ())
    assert {m.device_id for m in matches} == {None}
    assert matches[0].considered[0].reason == Reason.CLAIMED_BY_SEVERAL


def test_device_found_by_a_stronger_key_is_not_given_away_again() -> None:
    device = known(1, "192.0.2.1", manufacturer="HP", serial_number="CZ1", engine_id=ENGINE)
    both = [
        seen("192.0.2.1", manufacturer="HP", serial_number="CZ1"),
        seen("192.0.2.2", engine_id=ENGINE),
    ]
    first, second = match_all(both, Index([device]), ())
    assert first.device_id == 1
    assert second.considered == (
        Considered(1, Key(KeyKind.ENGINE_ID, ENGINE), Reason.FOUND_BY_STRONGER),
    )


def test_cloned_machine_with_the_engine_id_of_its_image_is_another() -> None:
    device = known(1, "192.0.2.1", MAC, engine_id=ENGINE)
    found = match(seen("192.0.2.2", OTHER_MAC, engine_id=ENGINE), device)
    assert found.device_id is None
    assert found.considered[0].reason == Reason.NO_COMMON_MAC


def test_port_that_answers_finds_the_device_that_has_it() -> None:
    device = known(1, "192.0.2.1", OTHER_MAC, base_mac_address=MAC, sys_name="sw1")
    assert match(seen("192.0.2.1", wire=OTHER_MAC), device).device_id == 1
    unread = known(2, "192.0.2.5", base_mac_address=OTHER_MAC)
    assert match(seen("192.0.2.7", OTHER_MAC, sys_name="sw9"), unread).device_id == 2


def test_bare_mac_moves_no_device_that_was_read() -> None:
    router = known(1, "192.0.2.1", MAC, sys_name="router")
    found = match(seen("192.0.2.77", wire=MAC), router)
    assert found.device_id is None
    assert found.considered[0].reason is Reason.MOVED_UNREAD


def test_controller_with_the_serial_number_of_its_host_is_not_its_host() -> None:
    host = known(1, "192.0.2.1", manufacturer="HPE", serial_number="CZ1", category=Category.SERVER)
    board = seen("192.0.2.2", manufacturer="HPE", serial_number="CZ1", category=Category.BMC)
    found = match(board, host)
    assert found.device_id is None
    assert found.considered[0].reason is Reason.CONTROLLER


def test_two_devices_that_fit_as_well_are_both_left() -> None:
    one, two = known(1, "192.0.2.1", base_mac_address=MAC), known(2, "192.0.2.2", OTHER_MAC)
    two = known(2, "192.0.2.2", base_mac_address=OTHER_MAC)
    found = match(seen("192.0.2.3", MAC, OTHER_MAC, sys_name="new"), one, two)
    assert found.device_id is None
    assert {c.reason for c in found.considered} == {Reason.FITS_AS_WELL}


def test_address_alone_finds_what_showed_nothing_better() -> None:
    unread = known(1, "192.0.2.1", host_name="printer")
    assert match(seen("192.0.2.1"), unread).key == Key(KeyKind.ADDRESS, "192.0.2.1")
    assert match(seen("192.0.2.1", engine_id=ENGINE), unread).device_id == 1
    read = known(2, "192.0.2.1", engine_id=ENGINE)
    assert match(seen("192.0.2.1"), read).device_id == 2


def test_address_alone_never_outweighs_a_strong_key() -> None:
    device = known(1, "192.0.2.1", engine_id=ENGINE, sys_name="sw1")
    replaced = match(seen("192.0.2.1", engine_id=ENGINE[:-2] + "01", sys_name="sw1"), device)
    assert replaced.device_id is None
    assert {c.reason for c in replaced.considered} == {Reason.OTHER_ENGINE}
    unlike = match(seen("192.0.2.1", manufacturer="HP", serial_number="CZ1"), device)
    assert unlike.considered[0].reason == Reason.ADDRESS_ALONE
    with_chassis = known(2, "192.0.2.1", chassis_id="chassis-7")
    other = match(seen("192.0.2.1", chassis_id="chassis-8"), with_chassis)
    assert other.considered[0].reason == Reason.OTHER_CHASSIS


def test_renamed_device_without_keys_stays_the_same_when_its_kind_does() -> None:
    device = known(1, "192.0.2.1", sys_name="old", sys_object_id="1.3.6.1.4.1.9.1.1")
    renamed = seen("192.0.2.1", sys_name="new", sys_object_id="1.3.6.1.4.1.9.1.1")
    assert match(renamed, device).device_id == 1
    other = match(seen("192.0.2.1", sys_name="new", sys_object_id="1.3.6.1.4.1.11.2"), device)
    assert other.considered[0].reason == Reason.OTHER_KIND


def test_present_device_at_an_address_comes_before_absent_ones() -> None:
    absent = known(1, "192.0.2.1", is_absent=True, last_seen_at=SOME_MOMENT)
    older = known(2, "192.0.2.1", last_seen_at=SOME_MOMENT - timedelta(days=1))
    newest = known(3, "192.0.2.1", last_seen_at=SOME_MOMENT)
    assert match(seen("192.0.2.1"), absent, older, newest).device_id == 3
    both = [seen("192.0.2.1"), seen("192.0.2.1")]
    assert {m.device_id for m in match_all(both, Index([newest]), ())} == {None}


def test_interface_that_is_gone_is_no_trait() -> None:
    device = KnownDevice(
        1,
        "192.0.2.1",
        dict.fromkeys(DEVICE_COLUMNS),
        rows={Table.INTERFACE: {"a": KnownRow(1, interface_row(MAC), is_gone=True)}},
    )
    assert traits_of(device).all_macs == frozenset()


def test_every_reason_has_words_and_every_kind_a_rule() -> None:
    assert set(TEXTS) == set(Reason)
    assert [rule.kind for rule in RULES] == list(KeyKind)


def test_exchanged_mainboard_is_found_by_name_and_macs() -> None:
    device = known(1, "192.0.2.1", MAC, base_mac_address=MAC, serial_number="CZ1", sys_name="pc1")
    rebuilt = {"base_mac_address": MAC, "serial_number": "CZ2"}
    assert match(seen("192.0.2.9", MAC, sys_name="pc1", **rebuilt), device).device_id == 1
    other_name = match(seen("192.0.2.9", MAC, sys_name="pc2", **rebuilt), device)
    assert other_name.considered[0].reason is Reason.OTHER_SERIAL
    own = {"agent_id": "a1", "base_mac_address": MAC}
    device_with_agent = known(1, "192.0.2.1", MAC, serial_number="CZ1", sys_name="pc1", **own)
    renamed = seen("192.0.2.1", MAC, serial_number="CZ2", sys_name="pc2", **own)
    assert match(renamed, device_with_agent).device_id == 1
    swapped = {"base_mac_address": OTHER_MAC, "serial_number": "CZ2", "sys_name": "pc1"}
    assert match(seen("192.0.2.1", OTHER_MAC, **swapped), device).device_id is None


def test_another_member_that_speaks_for_a_stack_is_the_same_stack() -> None:
    chassis = [
        KnownRow(number, component_row("chassis", serial_number=serial))
        for number, serial in enumerate(("FOC1", "FOC2"))
    ]
    fields = {"serial_number": "FOC1", "engine_id": ENGINE, "manufacturer": "Cisco"}
    stack = KnownDevice(
        1,
        "192.0.2.1",
        {**dict.fromkeys(DEVICE_COLUMNS), **fields},
        rows={Table.COMPONENT: {str(row.id): row for row in chassis}},
    )
    again = {**fields, "serial_number": "FOC2"}
    assert match(seen("192.0.2.1", **again), stack).device_id == 1
    stranger = match(seen("192.0.2.1", **{**fields, "serial_number": "FOC9"}), stack)
    assert stranger.device_id is None


def test_serial_number_of_three_devices_of_several_makers_identifies_none() -> None:
    devices = [
        known(1, "192.0.2.1", manufacturer="HP", serial_number="OEM-1"),
        known(2, "192.0.2.2", manufacturer="Dell", serial_number="OEM-1"),
        known(3, "192.0.2.3", manufacturer="Acer", serial_number="OEM-1"),
    ]
    found = match(seen("192.0.2.9", manufacturer="HP", serial_number="OEM-1"), *devices)
    assert found.device_id is None
    assert found.considered[0].reason is Reason.COMMON_SERIAL
    assert (
        match(seen("192.0.2.9", manufacturer="HP", serial_number="OEM-1"), *devices[:2]).device_id
        == 1
    )


def test_mac_of_a_dock_is_no_key() -> None:
    assert usable_mac("8c:ae:4c:00:00:01") is None
    assert usable_mac(MAC) == MAC


def test_mac_of_a_read_machine_stays_its_own_after_a_day_on_which_it_could_not_be_read() -> None:
    machine = known(1, "192.0.2.1", MAC, base_mac_address=MAC, sys_name="pc1")
    shadow = known(2, "192.0.2.2", base_mac_address=MAC)
    found = match(seen("192.0.2.2", MAC, base_mac_address=MAC, sys_name="pc1"), machine, shadow)
    assert found.device_id == 1


def test_bare_mac_with_the_name_of_its_machine_has_moved() -> None:
    machine = known(1, "192.0.2.1", MAC, base_mac_address=MAC, sys_name="pc1")
    assert match(seen("192.0.2.2", wire=MAC, host_name="pc1"), machine).device_id == 1
    assert match(seen("192.0.2.2", wire=MAC, host_name="pc2"), machine).device_id is None


def test_clone_with_the_serial_number_of_a_machine_that_is_off_is_another() -> None:
    origin = known(1, "192.0.2.1", MAC, manufacturer="VMware", serial_number="S1", sys_name="a")
    clone = seen("192.0.2.2", OTHER_MAC, manufacturer="VMware", serial_number="S1", sys_name="b")
    found = match(clone, origin)
    assert found.device_id is None
    assert found.considered[0].reason is Reason.CLONE


def test_telephone_that_hides_its_mac_is_not_the_machine_that_had_its_address() -> None:
    hidden = "02:00:00:00:00:07"
    machine = known(1, "192.0.2.1", sys_name="pc1", base_mac_address=MAC)
    found = match(seen("192.0.2.1", wire=hidden), machine)
    assert found.considered[0].reason is Reason.OTHER_MAC
    telephone = known(2, "192.0.2.1", base_mac_address=hidden)
    assert match(seen("192.0.2.1", MAC, sys_name="pc1"), telephone).device_id is None
    assert match(seen("192.0.2.1", wire="02:00:00:00:00:08"), telephone).device_id == 2


def test_bare_address_with_another_name_is_another_machine() -> None:
    machine = known(1, "192.0.2.1", sys_name="pc1", host_name="pc1", engine_id=ENGINE)
    found = match(seen("192.0.2.1", host_name="pc2"), machine)
    assert found.considered[0].reason is Reason.OTHER_KIND
    assert match(seen("192.0.2.1"), machine).device_id == 1


def test_second_card_seen_elsewhere_under_another_name_is_an_adapter() -> None:
    bare = known(1, "192.0.2.1", base_mac_address=OTHER_MAC, host_name="pc1")
    found = match(seen("192.0.2.2", MAC, OTHER_MAC, base_mac_address=MAC, sys_name="pc2"), bare)
    assert found.device_id is None
    assert found.considered[0].reason is Reason.LENT
    same = seen("192.0.2.2", MAC, OTHER_MAC, base_mac_address=MAC, sys_name="pc1")
    assert match(same, bare).device_id == 1


def test_only_card_that_is_a_second_one_of_another_machine_is_an_adapter() -> None:
    laptop = known(1, "192.0.2.1", MAC, OTHER_MAC, base_mac_address=MAC, sys_name="pc1")
    other = {"base_mac_address": OTHER_MAC, "sys_name": "pc2"}
    found = match(seen("192.0.2.2", OTHER_MAC, **other), laptop)
    assert (found.device_id, found.considered[0].reason) == (None, Reason.LENT)
    renamed = seen("192.0.2.1", OTHER_MAC, **other)
    assert match(renamed, laptop).device_id == 1
    alone = known(1, "192.0.2.1", OTHER_MAC, **other)
    docked = seen("192.0.2.2", MAC, OTHER_MAC, base_mac_address=MAC, sys_name="pc1")
    found = match(docked, alone)
    assert (found.device_id, found.considered[0].reason) == (None, Reason.LENT)


def test_card_that_has_been_in_two_machines_finds_no_third() -> None:
    gone = KnownDevice(
        1,
        "192.0.2.1",
        {**dict.fromkeys(DEVICE_COLUMNS), "serial_number": "S1", "sys_name": "pc1"},
        rows={Table.INTERFACE: {"dock": KnownRow(1, interface_row(MAC), is_gone=True)}},
    )
    last = known(2, "192.0.2.2", MAC, base_mac_address=MAC, serial_number="S2", sys_name="pc2")
    third = seen("192.0.2.3", MAC, base_mac_address=MAC, sys_name="pc3")
    assert match(third, last).device_id == 2
    found = match(third, last, gone)
    assert (found.device_id, found.considered[0].reason) == (None, Reason.LENT)
