"""What merges or splits machines elsewhere, each as a short life of an inventory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.observation import Component, ComponentTable, Observation
from tests.factories import make_presence
from tests.parc.reconcile.conftest import Inventory
from tests.parc.reconcile.test_keys import conflicts, devices, machine

_DOCK = "8c:ae:4c:00:00:01"
_ADAPTER = "00:1b:63:00:00:01"  # of a maker that builds whole machines, too


@pytest.mark.parametrize(
    "serial",
    ["To be filled by O.E.M.", "Default string", "None", "0", "xxxxxxxx", "123456789", "1234567"],
)
def test_serial_number_that_is_none_keeps_three_machines_apart(
    inventory: Inventory, serial: str
) -> None:
    fleet = [
        machine(
            f"192.0.2.{number}", name=f"pc-{number}", macs=(f"00:1b:21:00:00:0{number}",),
            agent_id=None, manufacturer="Dell", serial_number=serial,
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    assert conflicts(inventory.sweep(*fleet)) == []
    moved = [replace(one, address=f"198.51.100.{n}") for n, one in enumerate(fleet, 1)]
    assert inventory.sweep(*moved).counts.created == 0
    assert len(devices(inventory)) == 3


@pytest.mark.parametrize("lent", [_DOCK, _ADAPTER], ids=["listed dock", "unlisted adapter"])
def test_card_that_goes_round_makes_one_record_of_no_two_laptops(
    inventory: Inventory, lent: str
) -> None:
    own = {name: f"00:1b:21:00:00:0{number}" for number, name in enumerate("abc", 1)}

    def laptop(name: str, *, is_docked: bool) -> Observation:
        macs = (own[name], lent) if is_docked else (own[name],)
        address = f"192.0.2.{ord(name)}"
        return machine(address, name=name, macs=macs, agent_id=None)

    for docked in "abcab":
        inventory.sweep(*(laptop(name, is_docked=name == docked) for name in "abc"))
    assert [(d.sys_name, d.base_mac_address) for d in devices(inventory)] == list(own.items())
    stranger = machine("192.0.2.9", name="d", macs=(lent,), agent_id=None)
    assert inventory.sweep(stranger).counts.created == 1
    assert [d.sys_name for d in devices(inventory)] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "mac",
    ["00:00:5e:00:01:01", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "00:07:b4:00:01:01"],
    ids=["VRRP, CARP", "HSRP", "HSRP 2", "GLBP"],
)
def test_address_of_a_virtual_router_makes_one_of_no_two_routers(
    inventory: Inventory, mac: str
) -> None:
    def router(number: int, *macs: str) -> Observation:
        own = (f"00:1b:21:00:00:0{number}", *macs)
        return machine(f"192.0.2.{number}", name=f"rt-{number}", macs=own, agent_id=None)

    shared = make_presence("192.0.2.254", mac_address=mac)
    for routers in ((router(1, mac), router(2)), (router(1), router(2, mac))):
        assert conflicts(inventory.sweep(*routers, shared)) == []
    found = [(d.address, d.sys_name) for d in devices(inventory)]
    assert sorted(found, key=str) == [
        ("192.0.2.1", "rt-1"),
        ("192.0.2.2", "rt-2"),
        ("192.0.2.254", None),
    ]


def test_stack_whose_members_are_renumbered_stays_one_record(inventory: Inventory) -> None:
    def stack(*serials: str) -> Observation:
        chassis = tuple(
            Component(index=1000 * number, component_class="chassis", serial_number=serial)
            for number, serial in enumerate(serials, 1)
        )
        said = machine(
            name="stack", macs=("00:1b:21:00:00:01", "00:1b:21:00:00:02"), agent_id=None,
            manufacturer="Cisco", serial_number=serials[0],
        )  # fmt: skip
        return replace(said, components=ComponentTable(chassis, complete=True))

    inventory.sweep(stack("FOC1", "FOC2"))
    for serials in (("FOC2", "FOC1"), ("FOC2", "FOC3"), ("FOC3", "FOC2")):
        assert conflicts(inventory.sweep(stack(*serials))) == []
        (device,) = devices(inventory)
        assert device.serial_number == serials[0]
