"""Records of machines that a controller or a host tells of, merged and split again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.details import Details, ManagedDevice, ManagedDeviceTable
from collectors.observation import Category, Identity, Observation
from parc.config import DiscoverySettings
from parc.errors import InvalidInputError, NotFoundError
from parc.models import Asset, AssetField, ChangeSetKind, Device, MergedAsset, ValueSource
from parc.models import ManagedDevice as ManagedRow
from parc.reconcile.dividing import read_voices
from parc.reconcile.merging import merge_assets
from parc.reconcile.splitting import Leaving, split_asset
from parc.services.told_devices import accept_told
from parc.services.undo import undo
from parc.told_values import read_words
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device, make_observation
from tests.parc.reconcile.conftest import Inventory
from tests.parc.reconcile.test_merging import act_of, kept_observation

LATER = SOME_MOMENT + timedelta(hours=1)
SETTINGS = DiscoverySettings()


def point(number: int, revision: str = "8.1", **changes: Any) -> ManagedDevice:
    """Give an access point as its controller tells it."""
    row = ManagedDevice(
        key=f"FGL{number}", kind="ap", name=f"ap-{number}", manufacturer="Cisco",
        model_name="AIR-AP1", serial_number=f"FGL1234A00{number}",
        mac_address=f"00:10:db:11:22:0{number}", address=f"192.0.2.7{number}", state="up",
        software_revision=revision,
    )  # fmt: skip
    return replace(row, **changes)


def machine(number: int) -> ManagedDevice:
    """Give a virtual machine that was met nowhere."""
    return ManagedDevice(
        key=f"564d1234-0000-0000-0000-00000000000{number}", kind="virtual-machine",
        name=f"vm-{number}", manufacturer="VMware", mac_address=f"00:50:56:01:02:0{number}",
        operating_system=f"Debian 1{number}", state="on",
    )  # fmt: skip


def controller(at: datetime, *rows: ManagedDevice) -> Observation:
    details = Details(managed_devices=ManagedDeviceTable(rows, complete=True))
    identity = Identity(manufacturer="Cisco", serial_number="CTRL1", category=Category.OTHER)
    return make_observation("192.0.2.1", details=details, identity=identity, observed_at=at)


def tell(inventory: Inventory, at: datetime, *rows: ManagedDevice) -> None:
    """Let a controller speak in a run, and keep its evidence."""
    observation = controller(at, *rows)
    inventory.sweep(observation, covered=frozenset(), at=at)
    session = inventory.session
    teller = session.scalars(sa.select(Device).where(Device.address == "192.0.2.1")).one()
    session.add(kept_observation(session, teller, observation))
    session.flush()


def device_of(session: Session, number: int) -> Device:
    query = sa.select(Device).where(Device.serial_number == f"FGL1234A00{number}")
    return session.scalars(query).one()


def state(session: Session, asset_id: int) -> dict[str, Any]:
    """Give a record with its devices and what was said of them."""
    session.expire_all()
    asset = session.get_one(Asset, asset_id)
    devices = session.scalars(sa.select(Device).where(Device.asset_id == asset_id)).all()
    fields = sa.select(AssetField).where(AssetField.asset_id == asset_id)
    names = ("asset_tag", "name", "serial_number", "software_revision", "operating_system")
    return {
        **{name: getattr(asset, name) for name in (*names, "base_mac_address", "category")},
        "sources": {row.field: row.source for row in session.scalars(fields)},
        "devices": [(one.id, one.serial_number, read_words(one.words)) for one in devices],
        "told": session.scalars(
            sa.select(ManagedRow.key).where(ManagedRow.asset_id == asset_id)
        ).all(),
    }


def test_each_access_point_has_its_controllers_word_after_merge_and_split(
    inventory: Inventory,
) -> None:
    session = inventory.session
    inventory.policy = replace(
        inventory.policy, asset_categories=frozenset({Category.ACCESS_POINT})
    )
    tell(inventory, SOME_MOMENT, point(1), point(2))
    one, two = (device_of(session, number).asset_id or 0 for number in (1, 2))
    merge_assets(session, SOME_PERSON, one, two, taken=frozenset({"name"}), at=LATER)
    tell(inventory, LATER, point(1), point(2, "8.2"))
    leaving = Leaving(frozenset({device_of(session, 2).id}))
    split_asset(session, SOME_PERSON, one, leaving, at=LATER, settings=SETTINGS)
    first, second = state(session, one), state(session, two)
    assert (first["name"], first["serial_number"], first["software_revision"]) == (
        "ap-1", "FGL1234A001", "8.1",
    )  # fmt: skip
    assert (second["name"], second["serial_number"], second["software_revision"]) == (
        "ap-2", "FGL1234A002", "8.2",
    )  # fmt: skip
    (_id, _serial, words) = second["devices"][0]
    assert words[ValueSource.CONTROLLER]["software_revision"].value == "8.2"


def test_device_of_two_access_points_is_divided_by_what_their_controller_told(
    inventory: Inventory,
) -> None:
    session = inventory.session
    hours = [SOME_MOMENT + timedelta(hours=number) for number in range(3)]
    tell(inventory, hours[0], point(1), point(2))
    first, second = device_of(session, 1), device_of(session, 2)
    asset = make_asset(session, person_fields=())
    first.asset_id = asset.id
    session.flush()
    tell(inventory, hours[1], point(1, "8.2"), point(2))
    # Parc took the second for the first: what shows both serial numbers is one device.
    session.delete(second)
    session.flush()
    session.add(kept_observation(session, first, _own(2, hours[1])))
    session.flush()
    session.expire_all()
    tokens = {
        dict(voice.marks)["serial_number"]: voice.token for voice in read_voices(session, first.id)
    }
    assert tokens.keys() == {"fgl1234a001", "fgl1234a002"}
    leaving = Leaving(voices={first.id: frozenset({tokens["fgl1234a002"]})})
    new = split_asset(session, SOME_PERSON, asset.id, leaving, at=hours[2], settings=SETTINGS)
    session.expire_all()
    half = session.scalars(sa.select(Device).where(Device.asset_id == new.id)).one()
    assert (half.serial_number, half.address, half.software_revision) == (
        "FGL1234A002", "192.0.2.72", "8.1",
    )  # fmt: skip
    assert (first.serial_number, first.address, first.software_revision) == (
        "FGL1234A001", "192.0.2.71", "8.2",
    )  # fmt: skip
    said = read_words(half.words)[ValueSource.CONTROLLER]
    assert said["software_revision"].value == "8.1"
    # The evidence of the controller stays its own, and the next run leaves both as they are.
    plan = inventory.plan([controller(hours[2], point(1, "8.2"), point(2))], frozenset())
    assert plan.is_empty


def _own(number: int, at: datetime) -> Observation:
    """Give an access point that speaks for itself, too."""
    told = point(number)
    identity = Identity(
        manufacturer="Cisco", serial_number=told.serial_number, category=Category.ACCESS_POINT,
        base_mac_address=told.mac_address, software_revision="8.1",
    )  # fmt: skip
    return make_observation(f"192.0.2.7{number}", identity=identity, observed_at=at)


def _two_machines(inventory: Inventory) -> tuple[int, int]:
    """Give two records that people made of what a host tells."""
    session = inventory.session
    tell(inventory, SOME_MOMENT, machine(1), machine(2))
    ids = session.scalars(sa.select(ManagedRow.id).order_by(ManagedRow.key)).all()
    one, two = accept_told(session, SOME_PERSON, ids, at=SOME_MOMENT)
    return one.id, two.id


def test_record_that_only_a_host_tells_of_comes_back_as_it_was(inventory: Inventory) -> None:
    session = inventory.session
    one, two = _two_machines(inventory)
    before = state(session, one), state(session, two)
    taken = frozenset({"name", "operating_system"})
    merge_assets(session, SOME_PERSON, one, two, taken=taken, at=LATER)
    assert state(session, one)["operating_system"] == "Debian 12"
    with pytest.raises(InvalidInputError):
        split_asset(session, SOME_PERSON, one, Leaving(), at=LATER, settings=SETTINGS)
    with pytest.raises(NotFoundError):
        split_asset(session, SOME_PERSON, one, Leaving(record_id=one), at=LATER, settings=SETTINGS)
    back = split_asset(
        session, SOME_PERSON, one, Leaving(record_id=two), at=LATER, settings=SETTINGS
    )
    assert back.id == two
    assert (state(session, one), state(session, two)) == before


def test_told_machine_and_a_device_part_again_whichever_stays(inventory: Inventory) -> None:
    session = inventory.session
    told, _other = _two_machines(inventory)
    own = make_asset(session, person_fields=(), name="pc-1", asset_tag="P1")
    own.operating_system = "Windows 11"
    device = make_linked_device(session, own, sys_name="pc-1", operating_system="Windows 11")
    before = state(session, told), state(session, own.id)
    merge_assets(session, SOME_PERSON, told, own.id, taken=frozenset(), at=LATER)
    leaving = Leaving(frozenset({device.id}))
    split_asset(session, SOME_PERSON, told, leaving, at=LATER, settings=SETTINGS)
    assert (state(session, told), state(session, own.id)) == before
    merge_assets(session, SOME_PERSON, own.id, told, taken=frozenset(), at=LATER)
    leaving = Leaving(record_id=told)
    split_asset(session, SOME_PERSON, own.id, leaving, at=LATER, settings=SETTINGS)
    assert (state(session, told), state(session, own.id)) == before


def test_what_a_host_tells_leaves_alone_and_the_split_can_be_undone(inventory: Inventory) -> None:
    session = inventory.session
    one, two = _two_machines(inventory)
    merge_assets(session, SOME_PERSON, one, two, taken=frozenset({"operating_system"}), at=LATER)
    session.delete(session.get_one(MergedAsset, two))  # of long ago: nothing was kept of it
    session.flush()
    before = state(session, one)
    row = session.scalars(sa.select(ManagedRow.id).where(ManagedRow.name == "vm-2")).one()
    leaving = Leaving(links=frozenset({f"managed_device:{row}"}))
    new = split_asset(session, SOME_PERSON, one, leaving, at=LATER, settings=SETTINGS)
    theirs, ours = state(session, new.id), state(session, one)
    assert (theirs["name"], theirs["operating_system"], theirs["category"]) == (
        "vm-2", "Debian 12", Category.VIRTUAL_MACHINE,
    )  # fmt: skip
    assert theirs["sources"]["operating_system"] is ValueSource.SNMP
    assert (ours["name"], ours["operating_system"]) == ("vm-1", "Debian 11")
    undo(session, SOME_PERSON, act_of(session, ChangeSetKind.SPLIT).id, at=LATER)
    assert state(session, one) == before


def test_record_that_was_merged_before_comes_back_from_the_one_it_was_in(
    inventory: Inventory,
) -> None:
    session = inventory.session
    ids = [make_asset(session, name=name, asset_tag=name.upper()).id for name in ("a", "b", "c")]
    before = [state(session, number) for number in ids]
    first, second, third = ids
    merge_assets(session, SOME_PERSON, second, third, taken=frozenset(), at=LATER)
    merge_assets(session, SOME_PERSON, first, second, taken=frozenset(), at=LATER)
    for into, back in ((first, second), (second, third)):
        leaving = Leaving(record_id=back)
        split_asset(session, SOME_PERSON, into, leaving, at=LATER, settings=SETTINGS)
    assert [state(session, number) for number in ids] == before
