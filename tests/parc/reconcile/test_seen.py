"""Tests of folding: several observations of one address, several addresses of one machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from collectors.details import (
    Battery,
    BatteryTable,
    Details,
    Installation,
    InstallationTable,
    LifeCount,
    LifeCountTable,
    Outlet,
    OutletTable,
    Tray,
    TrayTable,
)
from collectors.observation import (
    Category,
    CategoryVote,
    Component,
    ComponentTable,
    Identity,
    Interface,
    InterfaceTable,
    Service,
    Storage,
    StorageTable,
    Supply,
    SupplyTable,
    System,
)
from parc.reconcile.identity import Key
from parc.reconcile.known import ROW_COLUMNS, FieldSource, Table
from parc.reconcile.rules import KeyKind
from parc.reconcile.seen import fold
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation, make_presence

MAC, OTHER_MAC = "00:1b:21:00:00:01", "00:1b:21:00:00:02"


def interfaces(*rows: Interface, complete: bool = True) -> InterfaceTable:
    return InterfaceTable(rows, complete)


def test_what_a_device_says_weighs_more_than_what_its_ports_suggest() -> None:
    guess = make_presence(
        category=Category.PRINTER, category_confidence=0.9, mac_address=MAC, host_name="sw.example"
    )
    (entry,), dead = fold([guess, make_observation()])
    assert dead == frozenset()
    assert entry.fields["category"] == (Category.SWITCH, FieldSource.SNMP)
    assert entry.fields["base_mac_address"] == (MAC, FieldSource.NMAP)
    assert entry.fields["host_name"] == ("sw.example", FieldSource.NMAP)
    assert entry.confidence is None


def test_latest_of_two_readings_wins_and_the_fuller_table() -> None:
    late = make_observation(
        observed_at=SOME_MOMENT + timedelta(minutes=5),
        system=System(sys_name="new"),
        interfaces=InterfaceTable(),
    )
    (entry,), _ = fold([make_observation(), late])
    assert entry.fields["sys_name"][0] == "new"
    assert list(entry.tables[Table.INTERFACE].rows) == ["Gi1/0/1"]
    assert entry.observed_at == late.observed_at


def test_index_is_in_the_key_only_where_names_repeat() -> None:
    table = interfaces(
        Interface(1, if_name="eth0"),
        Interface(2, if_descr="eth1"),
        Interface(3, if_name="tap"),
        Interface(4, if_name="tap"),
        Interface(5),
        Interface(5, if_name="said twice"),
    )
    (entry,), _ = fold([make_observation(interfaces=table)])
    assert list(entry.tables[Table.INTERFACE].rows) == ["eth0", "eth1", "tap#3", "tap#4", "#5"]


def test_all_tables_are_kept_with_their_keys() -> None:
    observation = make_observation(
        components=ComponentTable((Component(1, name="chassis"),), complete=True),
        supplies=SupplyTable((Supply(1, description="black", level=40),)),
        storages=StorageTable(
            (Storage(1, description="/"), Storage(2, description="/")), complete=True
        ),
        processor_count=4,
        memory_bytes=2**63,
    )
    presence = make_presence(services=(Service("tcp", 443), Service("tcp", 22)), is_complete=True)
    (entry,), _ = fold([observation, presence])
    assert list(entry.tables[Table.COMPONENT].rows) == ["1"]
    assert not entry.tables[Table.SUPPLY].is_complete
    assert list(entry.tables[Table.STORAGE].rows) == ["/#1", "/#2"]
    assert list(entry.tables[Table.SERVICE].rows) == ["tcp/22", "tcp/443"]
    assert entry.fields["processor_count"] == (4, FieldSource.SNMP)
    assert "memory_bytes" not in entry.fields


def test_texts_are_cut_to_what_their_columns_hold() -> None:
    long = make_observation(
        system=System(sys_name="n" * 300, sys_descr="a\0b"),
        interfaces=interfaces(Interface(1, if_name="i" * 400, if_type=2**40)),
    )
    (entry,), _ = fold([long])
    assert len(str(entry.fields["sys_name"][0])) == 255
    assert entry.fields["sys_descr"][0] == "ab"
    ((key, values),) = entry.tables[Table.INTERFACE].rows.items()
    assert len(key) == 280
    assert values[list(ROW_COLUMNS[Table.INTERFACE]).index("if_type")] is None


def test_same_sign_seen_twice_counts_once() -> None:
    votes = (
        CategoryVote(Category.PRINTER, 0.4, "9100"),
        CategoryVote(Category.PRINTER, 0.7, "9100"),
    )
    (entry,), _ = fold([make_presence(votes=votes)])
    assert entry.signs == {(Category.PRINTER, 0.7, "9100")}


def test_router_read_at_two_addresses_is_one_device() -> None:
    both = [make_observation(address) for address in ("192.0.2.10", "192.0.2.9")]
    entries, dead = fold(both)
    assert [entry.addresses for entry in entries] == [("192.0.2.9", "192.0.2.10")]
    assert dead == frozenset()


def test_three_addresses_joined_by_different_keys_are_one_device() -> None:
    serial = Identity(manufacturer="HP", serial_number="CZ1")
    observations = [
        make_observation("192.0.2.1", identity=serial),
        make_observation("192.0.2.2", identity=replace(serial, chassis_id="chassis-7")),
        make_observation("192.0.2.3", identity=Identity(chassis_id="chassis-7")),
    ]
    assert len(fold(observations)[0]) == 1


def test_two_machines_with_one_serial_number_stay_two() -> None:
    one = make_observation("192.0.2.1")
    two = make_observation("192.0.2.2", system=System(sys_name="other"))
    entries, dead = fold([one, two])
    assert len(entries) == 2
    assert dead == {Key(KeyKind.SERIAL, "cisco foc1234a0b1")}


def test_two_machines_without_a_common_mac_stay_two() -> None:
    observations = [
        make_observation(address, interfaces=interfaces(Interface(1, if_phys_address=mac)))
        for address, mac in (("192.0.2.1", MAC), ("192.0.2.2", OTHER_MAC))
    ]
    assert len(fold(observations)[0]) == 2


def test_bare_address_that_a_router_calls_its_own_is_the_router() -> None:
    router = make_observation(
        "192.0.2.1",
        interfaces=interfaces(
            Interface(1, if_phys_address=MAC, addresses=("192.0.2.1/24", "192.0.2.254/24"))
        ),
    )
    own = make_presence("192.0.2.254", mac_address=MAC, services=(Service("tcp", 22),))
    stranger = make_presence("192.0.2.50", mac_address=MAC)
    entries, dead = fold([own, stranger, router])
    assert [entry.addresses for entry in entries] == [
        ("192.0.2.1", "192.0.2.254"),
        ("192.0.2.50",),
    ]
    assert dead == {Key(KeyKind.MAC, MAC)}
    assert list(entries[0].tables[Table.SERVICE].rows) == ["tcp/22"]
    assert not entries[0].tables[Table.SERVICE].is_complete


def test_mac_of_a_router_that_answers_for_others_is_not_theirs() -> None:
    device = make_observation(interfaces=interfaces(Interface(1, if_phys_address=OTHER_MAC)))
    (entry,), _ = fold([device, make_presence(mac_address=MAC)])
    assert "base_mac_address" not in entry.fields
    (virtual,), _ = fold([make_presence(mac_address="00:00:5e:00:01:01")])
    assert "base_mac_address" not in virtual.fields


def test_order_of_observations_does_not_matter() -> None:
    observations = [
        make_observation("192.0.2.1"),
        make_observation("192.0.2.2"),
        make_presence("192.0.2.1", mac_address=MAC),
        make_presence("192.0.2.7", category=Category.PHONE),
    ]
    assert fold(observations) == fold(reversed(observations))


def test_what_only_some_devices_hold_has_keys_that_last() -> None:
    details = Details(
        life_counts=LifeCountTable((LifeCount("total", 10), LifeCount("color", 4)), complete=True),
        trays=TrayTable((Tray(1, "Cassette"),)),
        console_message="",
        batteries=BatteryTable((Battery(charge_percent=90),), complete=True),
        outlets=OutletTable((Outlet(7, "router"),)),
        installations=InstallationTable((Installation(3, "Editor 2.1"),), complete=True),
    )
    (entry,), _ = fold([make_observation(details=details)])
    assert sorted(entry.tables[Table.LIFE_COUNT].rows) == ["color", "total"]
    assert list(entry.tables[Table.TRAY].rows) == ["1"]
    assert list(entry.tables[Table.BATTERY].rows) == ["1"]
    assert list(entry.tables[Table.OUTLET].rows) == ["7"]
    assert list(entry.tables[Table.INSTALLATION].rows) == ["Editor 2.1"]
    assert entry.fields["console_message"] == ("", FieldSource.SNMP)
