"""Tests of what a plan says, on an inventory in memory: sweep after sweep."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from collectors.evidence import How, Means, Origin, from_text
from collectors.observation import (
    Category,
    CategoryVote,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Service,
    Storage,
    StorageTable,
    Supply,
    SupplyTable,
    System,
)
from parc.models import (
    Asset,
    AssetField,
    CategorySign,
    Device,
    DeviceStatus,
    Difference,
    ValueSource,
)
from parc.models import Interface as StoredInterface
from parc.precedence import DEFAULT_RULE
from parc.reconcile.change import (
    Absent,
    Conflict,
    CreateAsset,
    CreateDevice,
    LinkAsset,
    Returned,
    RowAction,
    RowChange,
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.known import FieldSource, Known
from parc.reconcile.plan import plan
from parc.reconcile.planned import Counts, Plan, UnsafePlanError
from parc.reconcile.policy import Policy
from parc.reconcile.printing import PlanRow
from parc.reconcile.rules import Reason
from parc.services.assets import edit_asset
from tests.conftest import SOME_MOMENT
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_device,
    make_linked_device,
    make_observation,
    make_presence,
)
from tests.parc.reconcile.conftest import NETWORK, Inventory

LATER = SOME_MOMENT + timedelta(hours=1)


def only_device(inventory: Inventory) -> Device:
    return inventory.session.scalars(sa.select(Device)).one()


def only_asset(inventory: Inventory) -> Asset:
    return inventory.session.scalars(sa.select(Asset)).one()


def interfaces(*rows: Interface, complete: bool = True) -> InterfaceTable:
    return InterfaceTable(rows, complete)


def kinds(made: Plan) -> list[type]:
    return [type(change) for change in made.changes]


def test_new_switch_becomes_a_device_and_an_asset(inventory: Inventory) -> None:
    made = inventory.sweep(make_observation())
    assert kinds(made) == [CreateDevice, CreateAsset]
    assert made.counts == Counts(seen=1, created=1, assets=1)
    asset = only_asset(inventory)
    assert (asset.name, asset.serial_number, asset.asset_tag) == ("sw1", "FOC1234A0B1", "P000001")
    assert asset.primary_address == "192.0.2.1"
    assert only_device(inventory).status is DeviceStatus.LINKED


def test_second_sweep_of_an_unchanged_network_makes_an_empty_plan(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    again = inventory.sweep(make_observation(observed_at=LATER))
    assert again.is_empty
    assert only_device(inventory).last_seen_at == LATER
    assert only_asset(inventory).last_seen_at == LATER


def test_phone_that_passes_by_stays_in_the_queue(inventory: Inventory) -> None:
    made = inventory.sweep(make_observation(identity=Identity(category=Category.PHONE)))
    assert kinds(made) == [CreateDevice]
    assert only_device(inventory).status is DeviceStatus.UNKNOWN


@pytest.mark.parametrize(("confidence", "count"), [(0.5, 0), (0.9, 1), (None, 0)])
def test_guess_makes_an_asset_only_when_it_is_a_good_one(
    inventory: Inventory, confidence: float | None, count: int
) -> None:
    guess = make_presence(category=Category.SWITCH, category_confidence=confidence)
    assert inventory.sweep(guess).counts.assets == count


def test_not_seen_erases_nothing(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    bare = make_observation(system=System(sys_name="sw1"), identity=None, interfaces=interfaces())
    made = inventory.sweep(replace(bare, interfaces=InterfaceTable()))
    assert made.is_empty
    assert only_device(inventory).serial_number == "FOC1234A0B1"
    assert inventory.sweep(make_presence()).is_empty


def test_row_is_gone_only_when_its_table_was_read_to_the_end(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    other = Interface(2, if_name="Gi1/0/2")
    half = inventory.sweep(make_observation(interfaces=interfaces(other, complete=False)))
    assert [c.action for c in half.changes if isinstance(c, RowChange)] == [RowAction.ADDED]
    whole = inventory.sweep(make_observation(interfaces=interfaces(other)), at=LATER)
    assert [c.action for c in whole.changes if isinstance(c, RowChange)] == [RowAction.GONE]
    rows = inventory.session.execute(
        sa.select(StoredInterface.key, StoredInterface.gone_at).order_by(StoredInterface.key)
    ).all()
    assert [tuple(row) for row in rows] == [("Gi1/0/1", LATER), ("Gi1/0/2", None)]
    back = inventory.sweep(make_observation(interfaces=interfaces(Interface(7, if_name="Gi1/0/1"))))
    actions = {(c.key, c.action) for c in back.changes if isinstance(c, RowChange)}
    assert actions == {("Gi1/0/1", RowAction.RETURNED), ("Gi1/0/2", RowAction.GONE)}


def test_interface_index_that_moves_at_a_restart_is_no_change(inventory: Inventory) -> None:
    first = interfaces(Interface(1, if_name="Gi1", if_oper_status=1))
    inventory.sweep(make_observation(interfaces=first))
    moved = interfaces(Interface(9, if_name="Gi1", if_oper_status=1))
    assert inventory.sweep(make_observation(interfaces=moved)).is_empty
    stored = inventory.session.scalars(sa.select(StoredInterface)).one()
    assert stored.if_index == 9
    down = interfaces(Interface(9, if_name="Gi1", if_oper_status=2))
    assert inventory.sweep(make_observation(interfaces=down)).counts.changed == 1


def test_empty_address_list_of_half_a_table_erases_nothing(inventory: Inventory) -> None:
    row = Interface(1, if_name="Gi1", addresses=("192.0.2.1/24",))
    inventory.sweep(make_observation(interfaces=interfaces(row)))
    bare = structs.replace(row, addresses=())
    half = make_observation(interfaces=interfaces(bare, complete=False))
    assert inventory.sweep(half).is_empty
    assert not inventory.sweep(make_observation(interfaces=interfaces(bare))).is_empty


def test_address_list_of_half_a_table_loses_nothing_and_may_grow(inventory: Inventory) -> None:
    row = Interface(1, if_name="Gi1", addresses=("192.0.2.1/24", "2001:db8::1/64"))
    inventory.sweep(make_observation(interfaces=interfaces(row)))
    fewer = structs.replace(row, addresses=("192.0.2.1/24",))
    half = make_observation(interfaces=interfaces(fewer, complete=False))
    assert inventory.sweep(half).is_empty
    other = structs.replace(row, addresses=("192.0.2.1/24", "198.51.100.1/24"))
    grown = make_observation(interfaces=interfaces(other, complete=False))
    assert inventory.sweep(grown).counts.changed == 1


def test_levels_and_fill_are_stored_quietly(inventory: Inventory) -> None:
    def printer(level: int, used: int, size: int) -> Observation:
        return make_observation(
            supplies=SupplyTable((Supply(1, capacity=100, level=level),), complete=True),
            storages=StorageTable(
                (
                    Storage(1, "fixed_disk", "/", size_bytes=1000, used_bytes=used),
                    Storage(2, "other", "Cached memory", size_bytes=size, used_bytes=size),
                ),
                complete=True,
            ),
        )

    inventory.sweep(printer(80, 10, 5))
    made = inventory.sweep(printer(79, 11, 6))
    assert made.is_empty
    assert len(made.sightings[0].rows) == 3
    assert inventory.sweep(printer(79, 11, 6)).sightings[0].rows == ()


def test_larger_disk_is_a_change(inventory: Inventory) -> None:
    def server(size: int) -> Observation:
        disk = Storage(1, "fixed_disk", "/", size_bytes=size)
        return make_observation(storages=StorageTable((disk,), complete=True))

    inventory.sweep(server(1000))
    assert inventory.sweep(server(2000)).counts.changed == 1


def test_device_that_does_not_answer_is_absent_and_comes_back(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    made = inventory.sweep(at=LATER)
    assert kinds(made) == [Absent]
    assert made.counts.gone == 1
    assert only_device(inventory).absent_since == LATER
    assert only_asset(inventory).lifecycle_state == "in_use"
    assert inventory.sweep(at=LATER).is_empty
    back = inventory.sweep(make_observation())
    assert kinds(back) == [Returned]
    assert only_device(inventory).absent_since is None


def test_device_outside_of_what_was_swept_is_not_absent(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    make_device(inventory.session, range_id=None, address="198.51.100.1")
    assert inventory.sweep(covered=frozenset({"192.0.2.2"})).is_empty
    foreign = Policy(range_id=(inventory.policy.range_id or 0) + 1)
    assert replace(inventory, policy=foreign).plan([]).is_empty


def test_moved_device_is_the_same_one_at_its_new_address(inventory: Inventory) -> None:
    inventory.sweep(make_observation("192.0.2.1"))
    made = inventory.sweep(make_observation("192.0.2.9"))
    assert kinds(made) == [UpdateDevice, UpdateAsset]
    assert only_asset(inventory).primary_address == "192.0.2.9"
    assert only_asset(inventory).primary_address_sort == "4c0000209"


def test_router_keeps_its_address_when_another_range_sees_another_one(
    inventory: Inventory,
) -> None:
    table = interfaces(
        Interface(1, if_name="a", addresses=("192.0.2.1/24", "198.51.100.1/24")),
    )
    inventory.sweep(make_observation("192.0.2.1", interfaces=table))
    there = make_observation("198.51.100.1", interfaces=table)
    assert inventory.sweep(there, covered=frozenset({"198.51.100.1"})).is_empty
    assert only_device(inventory).address == "192.0.2.1"
    inventory.sweep()
    assert not inventory.sweep(there, covered=frozenset({"198.51.100.1"})).is_empty
    assert only_device(inventory).address == "198.51.100.1"


def test_router_answering_at_several_addresses_keeps_its_first(inventory: Inventory) -> None:
    inventory.sweep(make_observation("192.0.2.7"))
    both = [make_observation(address) for address in ("192.0.2.3", "192.0.2.7")]
    assert inventory.sweep(*both).is_empty
    assert only_device(inventory).address == "192.0.2.7"


def test_replaced_switch_at_the_same_place_is_another_device(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    other = Identity(manufacturer="Cisco", serial_number="FOC9", category=Category.SWITCH)
    made = inventory.sweep(make_observation(identity=other))
    assert kinds(made) == [CreateDevice, Absent, Conflict, CreateAsset]
    created = made.changes[0]
    assert isinstance(created, CreateDevice)
    assert Reason.OTHER_SERIAL in {c.reason for c in created.match.considered}


def test_shared_key_is_told_once(inventory: Inventory) -> None:
    one = make_observation("192.0.2.1")
    two = make_observation("192.0.2.2", system=System(sys_name="other"))
    made = inventory.sweep(one, two)
    assert made.counts.conflicts == 2
    assert inventory.sweep(one, two).is_empty
    third = make_observation("192.0.2.3", system=System(sys_name="third"))
    (conflict,) = [c for c in inventory.plan([one, two, third]).changes if isinstance(c, Conflict)]
    assert len(conflict.others) == 2
    assert conflict.key == "manufacturer and serial number: cisco foc1234a0b1"


def test_bare_macs_behind_a_router_are_no_conflict(inventory: Inventory) -> None:
    mac = "00:1b:21:00:00:01"
    seen = [make_presence(f"192.0.2.{n}", mac_address=mac) for n in (1, 2, 3)]
    made = inventory.sweep(*seen)
    assert made.counts == Counts(seen=3, created=3)
    assert inventory.sweep(*seen).is_empty


def test_asset_with_the_serial_number_is_linked_instead_of_doubled(inventory: Inventory) -> None:
    asset = make_asset(
        inventory.session,
        name="core",
        manufacturer="CISCO",
        serial_number="foc1234a0b1",
        person_fields=("name",),
    )
    made = inventory.sweep(make_observation())
    assert LinkAsset in kinds(made)
    assert only_device(inventory).asset_id == asset.id
    assert (asset.name, asset.model_name) == ("core", "C9300")
    difference = inventory.session.scalars(sa.select(Difference)).one()
    assert (difference.field, difference.seen_value) == ("name", "sw1")


def test_serial_number_of_two_assets_or_two_devices_links_none(inventory: Inventory) -> None:
    values: dict[str, Any] = {"manufacturer": "Cisco", "serial_number": "FOC1234A0B1"}
    one = make_asset(inventory.session, **values)
    two = make_asset(inventory.session, **values)
    assert LinkAsset not in kinds(inventory.plan([make_observation()]))
    inventory.session.delete(two)
    inventory.session.flush()
    clone = make_observation("192.0.2.2", system=System(sys_name="other"))
    assert LinkAsset not in kinds(inventory.plan([make_observation(), clone]))
    make_linked_device(inventory.session, one, **values, category=Category.SERVER, engine_id="80")
    assert LinkAsset not in kinds(inventory.plan([make_observation("192.0.2.3"), clone]))


def test_controller_is_linked_to_the_asset_of_its_host(inventory: Inventory) -> None:
    identity = Identity(manufacturer="HPE", serial_number="CZ1", category=Category.SWITCH)
    inventory.sweep(make_observation("192.0.2.1", identity=identity))
    board = make_observation(
        "192.0.2.2",
        system=System(sys_name="ilo"),
        identity=replace(identity, category=Category.BMC),
    )
    host = make_observation("192.0.2.1", identity=identity)
    made = inventory.sweep(host, board)
    assert LinkAsset in kinds(made)
    assert only_asset(inventory).name == "sw1"
    assert inventory.sweep(host, board).is_empty


def test_host_is_linked_to_the_asset_of_its_controller(inventory: Inventory) -> None:
    values: dict[str, Any] = {"manufacturer": "HPE", "serial_number": "CZ1"}
    asset = make_asset(inventory.session, **values)
    make_linked_device(
        inventory.session, asset, **values, address="192.0.2.2", category=Category.BMC
    )
    identity = Identity(**values, category=Category.SERVER)
    made = inventory.plan([make_observation(identity=identity)], frozenset())
    assert LinkAsset in kinds(made)


def test_second_device_of_an_asset_does_not_speak_for_it(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    asset = only_asset(inventory)
    make_linked_device(inventory.session, asset, address="192.0.2.8", sys_name="second")
    second = make_observation("192.0.2.8", system=System(sys_name="second"), identity=None)
    both = [make_observation(), second]
    inventory.sweep(*both)
    assert asset.name == "sw1"
    inventory.sweep(second)
    assert only_asset(inventory).name == "second"
    inventory.sweep(*both)
    assert only_asset(inventory).name == "sw1"
    assert inventory.sweep(*both).is_empty


def test_difference_follows_what_is_seen_and_closes_by_itself(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    asset = only_asset(inventory)
    edit_asset(
        inventory.session, SOME_PERSON, asset.id, version=1, values={"name": "Core"}, at=LATER
    )
    inventory.session.flush()
    first = inventory.sweep(make_observation())
    assert first.counts.differences == 1
    assert inventory.sweep(make_observation()).is_empty
    renamed = make_observation(system=System(sys_name="sw2"))
    inventory.sweep(renamed)
    difference = inventory.session.scalars(sa.select(Difference)).one()
    assert difference.seen_value == "sw2"
    inventory.sweep(make_observation(system=System(sys_name=" CORE ")))
    assert inventory.session.scalars(sa.select(Difference)).all() == []
    assert only_asset(inventory).name == "Core"


def test_ports_do_not_outvote_the_device(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    guess = make_presence(category=Category.PRINTER, is_complete=True, category_confidence=0.9)
    assert inventory.sweep(guess).is_empty
    assert only_device(inventory).category is Category.SWITCH
    assert DEFAULT_RULE.wins(FieldSource.SNMP, FieldSource.NMAP)
    assert not DEFAULT_RULE.wins(FieldSource.SNMP, FieldSource.PERSON)


def test_device_outvotes_its_ports(inventory: Inventory) -> None:
    guess = make_presence(category=Category.PRINTER)
    inventory.sweep(guess)
    inventory.sweep(make_presence(category=Category.NAS))
    assert only_device(inventory).category is Category.PRINTER
    inventory.sweep(make_presence(category=Category.NAS, is_complete=True))
    assert only_device(inventory).category is Category.NAS
    inventory.sweep(make_observation(), guess)
    device = only_device(inventory)
    assert (device.category, device.category_source) == (Category.SWITCH, "snmp")


def by_service(value: str) -> Origin:
    """A manufacturer that a service names."""
    return Origin("manufacturer", value, How(Means.SERVICE, raw=f"80/tcp {value}"))


def test_services_name_the_maker_of_what_speaks_no_snmp(inventory: Inventory) -> None:
    met = make_presence(
        category=Category.SWITCH, category_confidence=0.9, origins=(by_service("Axis"),)
    )
    inventory.sweep(met)
    device = only_device(inventory)
    assert device.manufacturer == "Axis"
    (origin,) = [from_text(one) for one in device.reasons]
    assert origin is not None
    assert (origin.how.means, origin.is_chosen) == (Means.SERVICE, True)
    asset = only_asset(inventory)
    assert asset.manufacturer == "Axis"
    assert inventory.sweep(met).is_empty


def test_snmp_wins_where_a_service_names_another_maker(inventory: Inventory) -> None:
    met = make_presence(origins=(by_service("Axis"),))
    inventory.sweep(met)
    inventory.sweep(make_observation(), met)
    device = only_device(inventory)
    assert device.manufacturer == "Cisco"
    (kept,) = [from_text(one) for one in device.reasons]
    assert kept is not None
    assert (kept.value, kept.is_chosen) == ("Axis", False)
    # also where SNMP is silent for once
    inventory.sweep(met)
    assert only_device(inventory).manufacturer == "Cisco"


def test_signs_are_replaced_by_a_whole_survey_only(inventory: Inventory) -> None:
    def survey(reason: str, *, whole: bool) -> Observation:
        votes = (CategoryVote(Category.PRINTER, 0.5, reason),)
        services = (Service("tcp", 9100, "jetdirect"),)
        return make_presence(votes=votes, services=services, is_complete=whole)

    def stored() -> list[str]:
        return list(inventory.session.scalars(sa.select(CategorySign.reason)))

    inventory.sweep(survey("first", whole=False))
    inventory.sweep(survey("second", whole=False))
    assert stored() == ["first"]
    inventory.sweep(survey("third", whole=True))
    assert stored() == ["third"]


def test_ignored_device_makes_no_asset_until_its_time_has_come(inventory: Inventory) -> None:
    device = make_device(
        inventory.session,
        status=DeviceStatus.IGNORED,
        address="192.0.2.1",
        ignore_reason="guest",
        ignored_until=LATER,
    )
    inventory.sweep(make_observation())
    assert device.status is DeviceStatus.IGNORED
    made = inventory.sweep(make_observation(observed_at=LATER))
    assert CreateAsset in kinds(made)
    assert (device.status, device.ignore_reason) == (DeviceStatus.LINKED, None)


def test_device_ignored_for_always_stays_so(inventory: Inventory) -> None:
    make_device(inventory.session, status=DeviceStatus.IGNORED, address="192.0.2.1")
    inventory.sweep(make_observation())
    assert inventory.sweep(make_observation(observed_at=LATER)).is_empty


def test_each_field_says_where_it_comes_from(inventory: Inventory) -> None:
    inventory.policy = replace(inventory.policy, location_id=None)
    inventory.sweep(make_observation())
    rows = inventory.session.scalars(sa.select(AssetField)).all()
    sources = {row.field: row.source for row in rows}
    assert sources["serial_number"] is ValueSource.SNMP
    assert "primary_address" not in sources
    runs = set(inventory.session.scalars(sa.select(AssetField.run_id)))
    assert runs == {inventory.actor.run_id}


def test_plan_that_loses_too_much_refuses_itself(inventory: Inventory) -> None:
    devices = [
        make_observation(
            f"192.0.2.{n}",
            system=System(sys_name=f"sw{n}"),
            identity=Identity(manufacturer="Cisco", serial_number=f"FOC{n:04d}"),
        )
        for n in range(1, 21)
    ]
    inventory.sweep(*devices)
    inventory.plan(devices[6:]).raise_if_unsafe(inventory.policy)
    unsafe = inventory.plan(devices[7:])
    with pytest.raises(UnsafePlanError, match="7 of 20") as caught:
        unsafe.raise_if_unsafe(inventory.policy)
    assert (caught.value.risky, caught.value.total, caught.value.percent) == (7, 20, 30)
    few = replace(inventory.policy, unsafe_minimum=21)
    unsafe.raise_if_unsafe(few)


def test_changed_identity_counts_against_safety(inventory: Inventory) -> None:
    inventory.sweep(make_observation(identity=Identity(manufacturer="HP", serial_number="X1")))
    other = make_observation(identity=Identity(manufacturer="HPE", serial_number="X1"))
    made = inventory.plan([other])
    assert (made.in_scope, made.risky) == (1, 1)


def test_plan_prints_as_rows(inventory: Inventory) -> None:
    inventory.sweep(make_observation())
    asset = only_asset(inventory)
    edit_asset(
        inventory.session, SOME_PERSON, asset.id, version=1, values={"name": "Core"}, at=LATER
    )
    changed = make_observation(
        "192.0.2.3",
        system=System(sys_name="sw2"),
        interfaces=interfaces(
            Interface(1, if_name="Gi1/0/1", if_oper_status=2, addresses=("192.0.2.3/24",))
        ),
    )
    rows = list(inventory.plan([changed]).rows())
    found = "found by manufacturer and serial number"
    assert PlanRow("update device", "192.0.2.3", "sys_name", "sw1", "sw2", found) in rows
    assert PlanRow("interface changed", "192.0.2.3", "Gi1/0/1 if_oper_status", "1", "2") in rows
    assert (
        PlanRow("difference", f"asset {asset.id}", "name", "Core", "sw2", "a person's value stays")
        in rows
    )
    inventory.sweep(changed)
    same = make_observation("192.0.2.3", system=System(sys_name="core"))
    clone = make_observation("192.0.2.4", system=System(sys_name="clone"))
    printed = {row.kind for row in inventory.plan([same, clone]).rows()}
    assert {"difference settled", "create device", "create asset", "conflict"} <= printed
    inventory.sweep()
    assert {row.kind for row in inventory.plan([changed]).rows()} == {"returned device"}
    inventory.sweep(changed)
    assert [row.kind for row in inventory.plan([]).rows()] == ["absent device"]


def test_link_prints_its_reason(inventory: Inventory) -> None:
    asset = make_asset(inventory.session, manufacturer="Cisco", serial_number="FOC1234A0B1")
    rows = list(inventory.plan([make_observation()]).rows())
    reason = "manufacturer and serial number are those of the asset"
    assert PlanRow("link asset", "192.0.2.1", after=f"asset {asset.id}", note=reason) in rows


def test_empty_plan_of_nothing_is_empty() -> None:
    made = plan([], Known(), Policy(), covered=NETWORK)
    assert made.is_empty
    assert made.counts == Counts()


def test_exchanged_mainboard_changes_the_serial_number_and_tells_a_person(
    inventory: Inventory,
) -> None:
    def machine(serial: str) -> Observation:
        identity = Identity(
            manufacturer="Dell", serial_number=serial, base_mac_address="00:1b:21:00:00:01"
        )
        return make_observation(identity=identity)

    inventory.sweep(machine("OLD1"))
    made = inventory.sweep(machine("NEW1"))
    told = [change for change in made.changes if isinstance(change, Conflict)]
    assert [(c.key, c.reasons) for c in told] == [
        ("manufacturer and serial number: dell old1", (Reason.REBUILT,))
    ]
    assert inventory.session.scalars(sa.select(Device.serial_number)).all() == ["NEW1"]
    assert inventory.plan([machine("NEW1")]).is_empty
