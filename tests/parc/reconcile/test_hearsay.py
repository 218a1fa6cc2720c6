"""Access points that their controller tells of become devices by the same rules as all others."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from collectors.details import Details, ManagedDevice, ManagedDeviceTable
from collectors.evidence import How, Means, from_text
from collectors.observation import (
    AddressMapping,
    AddressMappingTable,
    Category,
    Identity,
    Links,
    Observation,
    System,
)
from parc.errors import ConflictError
from parc.extensions import db, transaction
from parc.models import Asset, Device
from parc.models import ManagedDevice as StoredManagedDevice
from parc.reconcile.apply import apply
from parc.reconcile.hearsay import with_told
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.services.actor import SYSTEM, for_run
from parc.services.told_devices import accept_told
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation, make_presence, make_run

ACCESS_POINT = ManagedDevice(
    key="FGL1", kind="ap", name="ap-1", manufacturer="Cisco", model_name="AIR-AP1",
    serial_number="FGL1234A001", mac_address="00:10:db:11:22:33", address="192.0.2.77", state="up",
)  # fmt: skip

MACHINE = ManagedDevice(
    key="564d1234-0000-0000-0000-000000000001", kind="virtual-machine", name="mail",
    manufacturer="VMware", mac_address="00:50:56:01:02:03", operating_system="Debian 12",
    state="on",
)  # fmt: skip


def controller(*rows: ManagedDevice) -> Observation:
    details = Details(managed_devices=ManagedDeviceTable(rows, complete=True))
    return make_observation(address="192.0.2.1", details=details)


def told(*observations: Observation) -> list[str]:
    return [one.address for one in with_told(observations)[len(observations) :]]


def test_an_access_point_that_runs_is_told_of() -> None:
    assert told(controller(ACCESS_POINT)) == ["192.0.2.77"]


@pytest.mark.parametrize(
    "row",
    [
        replace(ACCESS_POINT, state="down"),
        replace(ACCESS_POINT, address=None),
        replace(ACCESS_POINT, serial_number=None, mac_address="02:00:00:00:00:01"),
        replace(MACHINE, state="off"),
        MACHINE,
    ],
)
def test_without_address_key_or_life_nothing_is_said(row: ManagedDevice) -> None:
    assert told(controller(row)) == []


def test_what_speaks_for_itself_is_not_spoken_for() -> None:
    own = make_observation(address="192.0.2.77")
    assert told(controller(ACCESS_POINT), own) == []


def test_another_machine_at_the_address_keeps_it() -> None:
    other = make_presence(address="192.0.2.77", mac_address="00:10:db:99:99:99")
    assert told(controller(ACCESS_POINT), other) == []
    same = make_presence(address="192.0.2.77", mac_address="00:10:db:11:22:33")
    assert told(controller(ACCESS_POINT), same) == ["192.0.2.77"]


def test_two_access_points_at_one_address_are_neither() -> None:
    other = replace(ACCESS_POINT, key="FGL2", serial_number="FGL1234A002")
    assert told(controller(ACCESS_POINT, other)) == []


@pytest.mark.usefixtures("app")
def test_it_becomes_one_device_wherever_it_stands() -> None:
    with transaction() as session:
        run = make_run(session)
    policy = Policy(range_id=run.range_id, asset_categories=frozenset({Category.ACCESS_POINT}))

    def sweep(*observations: Observation) -> Plan:
        with transaction() as session:
            known = load(session, observations, policy, is_for_apply=True)
            made = plan(observations, known, policy)
            apply(made, session, for_run("lab", run.id), SOME_MOMENT)
        return made

    sweep(controller(ACCESS_POINT))
    assert sweep(controller(ACCESS_POINT)).is_empty
    sweep(controller(replace(ACCESS_POINT, address="192.0.2.78")))
    query = sa.select(Device).where(Device.category == Category.ACCESS_POINT)
    (device,) = db.session.scalars(query)
    assert device.address == "192.0.2.78"
    assert device.serial_number == "FGL1234A001"
    told = [from_text(reason) for reason in device.reasons]
    assert {one.how for one in told if one} == {How(Means.CONTROLLER, raw="192.0.2.1")}
    (asset,) = db.session.scalars(sa.select(Asset))
    assert (asset.id, asset.name) == (device.asset_id, "ap-1")
    assert db.session.scalars(sa.select(StoredManagedDevice.address)).all() == ["192.0.2.78"]


@pytest.mark.usefixtures("app")
def test_a_bare_address_of_before_is_the_access_point() -> None:
    with transaction() as session:
        run = make_run(session)
    policy = Policy(range_id=run.range_id)
    bare = make_presence(address="192.0.2.77", mac_address="00:10:db:11:22:33")
    for observations in ([bare], [bare, controller(ACCESS_POINT)]):
        with transaction() as session:
            known = load(session, observations, policy, is_for_apply=True)
            made = plan(observations, known, policy)
            apply(made, session, for_run("lab", run.id), SOME_MOMENT)
    found = db.session.scalars(sa.select(Device).where(Device.address == "192.0.2.77")).all()
    assert [device.serial_number for device in found] == ["FGL1234A001"]


def test_a_controller_has_an_identity_of_its_own() -> None:
    observation = replace(controller(ACCESS_POINT), identity=Identity(serial_number="CTRL0001"))
    serials = {o.identity.serial_number for o in with_told([observation]) if o.identity}
    assert serials == {"CTRL0001", "FGL1234A001"}


def test_a_machine_is_told_of_where_its_mac_was_met() -> None:
    met = make_presence(address="192.0.2.90", mac_address="00:50:56:01:02:03")
    (one,) = with_told([controller(MACHINE), met])[2:]
    assert one.address == "192.0.2.90"
    assert one.identity is not None
    assert one.identity.category is Category.VIRTUAL_MACHINE
    assert one.identity.system_uuid == MACHINE.key


def test_a_router_tells_where_a_machine_is_that_answers_nothing() -> None:
    rows = (
        AddressMapping("192.0.2.91", "00:50:56:01:02:03"),
        AddressMapping("192.0.2.9", "00:50:56:01:02:03"),
    )
    router = make_observation("192.0.2.2", links=Links(address_mappings=AddressMappingTable(rows)))
    assert told(controller(MACHINE), router) == ["192.0.2.9"]


@pytest.mark.usefixtures("app")
def test_a_machine_that_was_met_nowhere_becomes_an_asset_by_hand_and_is_found_later() -> None:
    with transaction() as session:
        run = make_run(session)
    policy = Policy(range_id=run.range_id, asset_categories=frozenset({Category.VIRTUAL_MACHINE}))

    def sweep(*observations: Observation) -> None:
        with transaction() as session:
            known = load(session, observations, policy, is_for_apply=True)
            apply(plan(observations, known, policy), session, for_run("lab", run.id), SOME_MOMENT)

    sweep(controller(MACHINE))
    assert db.session.scalars(sa.select(Asset)).all() == []
    with transaction() as session:
        (number,) = session.scalars(sa.select(StoredManagedDevice.id))
        accept_told(session, SYSTEM, [number], at=SOME_MOMENT)
        with pytest.raises(ConflictError):
            accept_told(session, SYSTEM, [number], at=SOME_MOMENT)
    sweep(controller(MACHINE), make_presence(address="192.0.2.90", mac_address=MACHINE.mac_address))
    (asset,) = db.session.scalars(sa.select(Asset))
    assert (asset.name, asset.operating_system) == ("mail", "Debian 12")
    query = sa.select(Device.asset_id).where(Device.category == Category.VIRTUAL_MACHINE)
    assert db.session.scalars(query).all() == [asset.id]


@pytest.mark.usefixtures("app")
def test_what_an_access_point_says_of_itself_outweighs_its_controller() -> None:
    with transaction() as session:
        run = make_run(session)
    policy = Policy(range_id=run.range_id)
    own = make_observation(
        address="192.0.2.77",
        system=System(sys_name="ap-own", sys_object_id="1.3.6.1.4.1.9.1.1660"),
        identity=Identity(
            manufacturer="Cisco",
            model_name="AIR-CAP3702I",
            serial_number=ACCESS_POINT.serial_number,
            category=Category.ACCESS_POINT,
        ),
    )
    for observations in ([own], [controller(ACCESS_POINT)], [own]):
        with transaction() as session:
            known = load(session, observations, policy, is_for_apply=True)
            apply(plan(observations, known, policy), session, for_run("lab", run.id), SOME_MOMENT)
        query = sa.select(Device).where(Device.category == Category.ACCESS_POINT)
        (device,) = db.session.scalars(query)
        assert (device.sys_name, device.model_name) == ("ap-own", "AIR-CAP3702I")
