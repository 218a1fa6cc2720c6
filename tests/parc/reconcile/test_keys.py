"""Tests of UUIDs, agents, asset tags, sets of MACs and ignored keys, on an inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Source,
    System,
)
from parc.key_texts import IgnoredKind, fold_key, uuid_text
from parc.models import Asset, Device
from parc.precedence import DEFAULT_RULE
from parc.reconcile.change import Conflict, CreateAsset, CreateDevice, LinkAsset
from parc.reconcile.ignored import make_ignored
from parc.reconcile.known import FieldSource, Known
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.rules import KeyKind, Reason
from parc.reconcile.usable import usable_uuid
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device, make_observation, make_presence
from tests.parc.reconcile.conftest import Inventory

UUID = "4c4c4544-0051-3610-8052-b4c04f4a4d32"
SWAPPED = "44454C4C-5100-1036-8052-B4C04F4A4D32"


def machine(
    address: str = "192.0.2.1",
    *,
    name: str = "pc-1",
    macs: Sequence[str] = ("00:1b:21:00:00:01",),
    agent_id: str | None = "agent-1",
    **identity: str,
) -> Observation:
    """What an agent on a computer tells."""
    rows = tuple(
        Interface(if_index=number, if_name=f"eth{number}", if_phys_address=mac)
        for number, mac in enumerate(macs, 1)
    )
    values: dict[str, Any] = {"base_mac_address": min(macs, default=None), **identity}
    return Observation(
        address=address,
        source=Source.AGENT,
        observed_at=SOME_MOMENT,
        system=System(sys_name=name),
        identity=Identity(category=Category.SWITCH, **values),
        interfaces=InterfaceTable(rows, complete=True),
        agent_id=agent_id,
    )


def devices(inventory: Inventory) -> Sequence[Device]:
    inventory.session.expire_all()
    return inventory.session.scalars(sa.select(Device).order_by(Device.id)).all()


def conflicts(made: Plan) -> list[tuple[KeyKind, tuple[Reason, ...]]]:
    found = [change for change in made.changes if isinstance(change, Conflict)]
    return [(one.shown.kind, one.reasons) for one in found]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "not a uuid",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "33221100-5544-7766-8899-aabbccddeeff",
    ],
)
def test_uuid_that_firmware_leaves_in_many_machines_identifies_nothing(text: str | None) -> None:
    assert usable_uuid(text) is None


def test_both_orders_of_octets_are_one_uuid() -> None:
    assert usable_uuid(UUID) == usable_uuid(SWAPPED) == usable_uuid("{" + UUID.upper() + "}")
    assert uuid_text(SWAPPED) == SWAPPED.lower()
    assert uuid_text("4c4c") is None


def test_uuid_finds_the_machine_wherever_it_stands_in_either_spelling(
    inventory: Inventory,
) -> None:
    inventory.sweep(machine(system_uuid=UUID, macs=(), agent_id=None))
    moved = machine("192.0.2.9", name="new", system_uuid=SWAPPED, macs=(), agent_id=None)
    made = inventory.sweep(moved)
    (device,) = devices(inventory)
    assert (device.address, device.system_uuid) == ("192.0.2.9", UUID)
    assert conflicts(made) == []
    assert inventory.sweep(moved).is_empty


def test_cloned_uuid_is_a_conflict_of_two_records(inventory: Inventory) -> None:
    one = machine(system_uuid=UUID, manufacturer="VMware", serial_number="S100", agent_id=None)
    two = machine(
        "192.0.2.2", name="pc-2", macs=("00:1b:21:00:00:02",), system_uuid=UUID,
        manufacturer="VMware", serial_number="S200", agent_id=None,
    )  # fmt: skip
    inventory.sweep(one)
    made = inventory.sweep(one, two)
    assert len(devices(inventory)) == 2
    assert conflicts(made) == [(KeyKind.SYSTEM_UUID, (Reason.SHARED_IN_RUN,))]
    assert inventory.sweep(one, two).is_empty
    assert inventory.sweep(two).counts.created == 0


def test_machine_with_a_new_image_stays_one_record(inventory: Inventory) -> None:
    inventory.sweep(machine(manufacturer="Dell Inc.", serial_number="S100"))
    image = machine(
        "192.0.2.7", name="new", agent_id="agent-2", manufacturer="Dell Inc.", serial_number="S100"
    )
    assert conflicts(inventory.sweep(image)) == []
    (device,) = devices(inventory)
    assert device.agent_id == "agent-2"


def test_agent_finds_its_machine_but_not_the_one_that_was_cloned_with_it(
    inventory: Inventory,
) -> None:
    inventory.sweep(machine(macs=()))
    assert inventory.sweep(machine("192.0.2.5", name="moved", macs=())).counts.created == 0
    original = machine("192.0.2.5", name="moved", manufacturer="Dell", serial_number="S100")
    inventory.sweep(original)
    clone = machine(
        "192.0.2.6", name="clone", macs=("00:1b:21:00:00:02",), manufacturer="Dell",
        serial_number="S200",
    )  # fmt: skip
    made = inventory.sweep(original, clone)
    assert len(devices(inventory)) == 2
    assert conflicts(made) == [(KeyKind.AGENT_ID, (Reason.SHARED_IN_RUN,))]


def test_agent_and_snmp_see_one_machine_though_they_spell_its_maker_otherwise(
    inventory: Inventory,
) -> None:
    by_snmp = make_observation(
        identity=Identity(manufacturer="Dell", serial_number="S100", category=Category.SWITCH)
    )
    inventory.sweep(by_snmp)
    by_agent = machine("192.0.2.8", manufacturer="Dell Inc.", serial_number="s100")
    inventory.sweep(by_agent)
    assert len(devices(inventory)) == 1
    inventory.sweep(by_agent, replace(by_snmp, address="192.0.2.8"))
    assert len(devices(inventory)) == 1


def test_what_an_agent_says_outweighs_what_ports_suggest() -> None:
    assert not DEFAULT_RULE.wins(FieldSource.NMAP, FieldSource.AGENT)
    assert DEFAULT_RULE.wins(FieldSource.AGENT, FieldSource.NMAP)


def test_virtual_machine_on_another_host_stays_one_record(inventory: Inventory) -> None:
    inventory.sweep(machine(system_uuid=UUID, manufacturer="VMware", serial_number="V100"))
    made = inventory.sweep(
        machine("192.0.2.77", system_uuid=UUID, manufacturer="VMware", serial_number="V100")
    )
    assert len(devices(inventory)) == 1
    assert conflicts(made) == []


def test_one_card_of_several_does_not_make_another_machine_the_same(inventory: Inventory) -> None:
    lent = "00:1b:21:00:00:01"
    inventory.sweep(machine(macs=(lent, "00:1b:21:00:00:0a"), agent_id=None))
    other = machine("192.0.2.5", name="pc-2", macs=(lent, "00:1b:21:00:00:0b"), agent_id=None)
    made = inventory.sweep(other)
    assert len(devices(inventory)) == 2
    created = next(change for change in made.changes if isinstance(change, CreateDevice))
    (considered,) = {c.reason: c for c in created.match.considered}.values()
    assert (considered.reason, considered.values) == (Reason.FEW_COMMON_MACS, ("1", "2"))


def test_most_cards_in_common_make_it_the_same_and_the_measure_is_kept(
    inventory: Inventory,
) -> None:
    known = [f"00:1b:21:00:00:0{n}" for n in (1, 2, 3, 4)]
    inventory.sweep(machine(macs=known, agent_id=None))
    seen = machine("192.0.2.5", name="new", macs=[*known[:3], "00:1b:21:00:00:0f"], agent_id=None)
    made = inventory.sweep(seen)
    (device,) = devices(inventory)
    assert device.address == "192.0.2.5"
    assert next(s.match for s in made.sightings if s.match).values == ("3", "4")


def test_pair_with_a_shared_address_and_mac_stays_two_records(inventory: Inventory) -> None:
    def unit(serial: str, mac: str, address: str) -> Observation:
        return machine(
            address, name="fw", macs=(mac, "00:1b:21:ff:ff:01"), agent_id=None,
            manufacturer="Fortinet", serial_number=serial,
        )  # fmt: skip

    def pair(active: int) -> list[Observation]:
        units = [("FG1", "00:1b:21:00:00:11"), ("FG2", "00:1b:21:00:00:12")]
        own = [unit(*one, f"192.0.2.{n}") for n, one in enumerate(units, 1)]
        return [*own, unit(*units[active], "192.0.2.9")]

    for active in (0, 1, 0):
        inventory.sweep(*pair(active))
        assert [d.serial_number for d in devices(inventory)] == ["FG1", "FG2"]
        assert [d.address for d in devices(inventory)] == ["192.0.2.1", "192.0.2.2"]
    inventory.sweep(pair(1)[2])
    assert [d.serial_number for d in devices(inventory)] == ["FG1", "FG2"]


def test_machine_that_takes_name_and_place_of_another_is_told(inventory: Inventory) -> None:
    inventory.sweep(machine(manufacturer="Dell", serial_number="S100", agent_id=None))
    new = machine(
        manufacturer="Dell", serial_number="S200", agent_id=None, macs=("00:1b:21:00:00:09",)
    )
    made = inventory.sweep(new)
    assert conflicts(made) == [(KeyKind.NAME_AND_ADDRESS, (Reason.EXCHANGED,))]
    assert len(devices(inventory)) == 2
    assert inventory.sweep(new).is_empty


def test_tag_on_the_device_finds_its_asset(inventory: Inventory) -> None:
    asset = make_asset(inventory.session, asset_tag="INV-0042", person_fields=())
    seen = machine(asset_tag="inv-0042", manufacturer="Dell", serial_number="S100")
    made = inventory.sweep(seen)
    assert any(isinstance(change, LinkAsset) for change in made.changes)
    assert devices(inventory)[0].asset_id == asset.id
    assert inventory.session.get_one(Asset, asset.id).serial_number == "S100"
    assert inventory.sweep(seen).is_empty


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"manufacturer": "Dell", "serial_number": "OTHER"}, Reason.OTHER_SERIAL),
        ({"manufacturer": "Lenovo"}, Reason.OTHER_MAKER),
    ],
)
def test_tag_does_not_outweigh_what_contradicts_it(
    inventory: Inventory, fields: dict[str, Any], reason: Reason
) -> None:
    make_asset(inventory.session, asset_tag="INV-0042", **fields)
    seen = machine(asset_tag="INV-0042", manufacturer="Dell", serial_number="S100")
    made = inventory.sweep(seen)
    assert conflicts(made) == [(KeyKind.ASSET_TAG, (reason,))]
    assert any(isinstance(change, CreateAsset) for change in made.changes)
    assert inventory.sweep(seen).is_empty


def test_tag_of_an_asset_that_has_a_device_or_on_two_devices_links_none(
    inventory: Inventory,
) -> None:
    taken = make_asset(inventory.session, asset_tag="INV-1")
    make_linked_device(inventory.session, taken, address="198.51.100.1")
    make_asset(inventory.session, asset_tag="INV-2")
    made = inventory.sweep(
        machine("192.0.2.1", name="a", macs=(), agent_id="a", asset_tag="INV-1"),
        machine("192.0.2.2", name="b", macs=(), agent_id="b", asset_tag="INV-2"),
        machine("192.0.2.3", name="c", macs=(), agent_id="c", asset_tag="INV-2"),
    )
    told = sorted(reasons[0] for kind, reasons in conflicts(made) if kind is KeyKind.ASSET_TAG)
    assert told == [
        Reason.HAS_OTHER_DEVICE,
        Reason.SHOWN_BY_SEVERAL,
        Reason.SHOWN_BY_SEVERAL,
    ]
    assert not any(isinstance(change, LinkAsset) for change in made.changes)
    alone = machine("192.0.2.4", name="d", macs=(), agent_id="d", asset_tag="inv-2")
    made = inventory.sweep(alone, covered=frozenset())
    assert (KeyKind.ASSET_TAG, (Reason.SHOWN_BY_SEVERAL,)) in conflicts(made)
    assert not any(isinstance(change, LinkAsset) for change in made.changes)


def test_serial_number_of_two_assets_makes_no_third(inventory: Inventory) -> None:
    for name in ("one", "two"):
        make_asset(inventory.session, name=name, manufacturer="Dell", serial_number="S100")
    seen = machine(manufacturer="Dell", serial_number="S100")
    made = inventory.sweep(seen)
    (conflict,) = [change for change in made.changes if isinstance(change, Conflict)]
    assert conflict.reasons == (Reason.SHARED_BY_ASSETS,)
    assert len(conflict.assets) == 2
    assert "asset" in conflict.others_text
    assert not any(isinstance(change, CreateAsset | LinkAsset) for change in made.changes)
    assert inventory.sweep(seen).is_empty


def test_keys_that_people_ignore_identify_nothing(inventory: Inventory) -> None:
    ignored = make_ignored(
        [
            (IgnoredKind.SERIAL, "s100"),
            (IgnoredKind.UUID, usable_uuid(UUID) or ""),
            (IgnoredKind.MAC, "00:1b:21"),
        ]
    )
    one = machine(agent_id=None, manufacturer="Dell", serial_number="S100", system_uuid=SWAPPED)
    two = replace(one, address="192.0.2.9", system=System(sys_name="pc-2"))
    known = inventory_of(inventory, one)
    made = plan([two], replace(known, ignored=ignored), inventory.policy)
    assert made.counts.created == 1
    assert conflicts(made) == []
    assert plan([two], known, inventory.policy).counts.created == 0


def inventory_of(inventory: Inventory, *observations: Observation) -> Known:
    inventory.sweep(*observations)
    return load(inventory.session, observations, inventory.policy)


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        (IgnoredKind.SERIAL, "  To Be  Defined ", "to be defined"),
        (IgnoredKind.SERIAL, "  ", None),
        (IgnoredKind.UUID, UUID.upper(), usable_uuid(UUID)),
        (IgnoredKind.UUID, "4711", None),
        (IgnoredKind.MAC, "00-1B-21", "00:1b:21"),
        (IgnoredKind.MAC, "001b.2100.0001", "00:1b:21:00:00:01"),
        (IgnoredKind.MAC, "00:1", None),
        (IgnoredKind.MAC, "00:1b", None),
        (IgnoredKind.MAC, "zz:zz:zz", None),
    ],
)
def test_keys_are_folded_as_planning_compares_them(
    kind: IgnoredKind, text: str, key: str | None
) -> None:
    assert fold_key(kind, text) == key


def test_half_a_reading_at_the_own_address_is_of_the_unit_that_answers_at_the_shared_one(
    inventory: Inventory,
) -> None:
    mac = "00:1b:21:00:00:11"
    whole = machine(
        "192.0.2.9", name="fw", macs=("00:09:0f:09:00:01", mac), agent_id=None,
        manufacturer="Fortinet", serial_number="FG1",
    )  # fmt: skip
    half = machine("192.0.2.1", name="fw", macs=(mac,), agent_id=None, manufacturer="Fortinet")
    inventory.sweep(whole, half)
    (device,) = devices(inventory)
    assert device.serial_number == "FG1"


def test_record_of_a_bare_mac_does_not_take_a_machine_s_second_card(inventory: Inventory) -> None:
    first, second = "00:1b:21:00:00:01", "00:1b:21:00:00:02"
    inventory.sweep(make_presence("192.0.2.50", mac_address=second, host_name="pc-1"))
    inventory.sweep(machine(macs=(first, second), manufacturer="Dell", serial_number="S100"))
    half = machine("192.0.2.60", macs=(second,), agent_id=None)
    inventory.sweep(half)
    assert [d.address for d in devices(inventory) if d.serial_number] == ["192.0.2.60"]


def test_what_speaks_at_an_address_that_another_names_its_own_is_that_other(
    inventory: Inventory,
) -> None:
    virtual, own = "00:09:0f:09:00:01", "00:1b:21:00:00:11"
    identity = Identity(manufacturer="Fortinet", base_mac_address=virtual)
    claims = ("192.0.2.1/24", "192.0.2.9/24")
    cards = (
        Interface(if_index=1, if_name="eth1", if_phys_address=own, addresses=claims),
        Interface(if_index=2, if_name="eth2", if_phys_address=virtual),
    )
    bare = Interface(if_index=1, if_name="eth1", if_phys_address=own)
    whole = make_observation(
        "192.0.2.9",
        identity=replace(identity, serial_number="FG1"),
        interfaces=InterfaceTable(cards, complete=True),
    )
    half = make_observation("192.0.2.1", identity=identity, interfaces=InterfaceTable((bare,)))
    stranger = replace(half, address="192.0.2.2")
    inventory.sweep(whole, half, stranger)
    assert [d.address for d in devices(inventory)] == ["192.0.2.1", "192.0.2.2"]
