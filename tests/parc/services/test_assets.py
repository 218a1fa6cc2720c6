"""Tests of what people do with assets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import transaction
from parc.models import (
    AssetField,
    AuditEntry,
    Counter,
    Device,
    DeviceStatus,
    Difference,
    LifecycleState,
    ValueSource,
)
from parc.queries.asset_tags import counter_name
from parc.services import assets, devices
from parc.services.actor import NOBODY
from parc.services.asset_removal import delete_asset
from parc.services.provenance import Settling, release_field, settle_difference
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_device, make_linked_device


@pytest.fixture
def session(sqlite_app: object) -> Iterator[Session]:
    del sqlite_app
    with transaction() as opened:
        yield opened


def codes(caught: pytest.ExceptionInfo[InvalidInputError]) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in caught.value.problems}


def source_of(session: Session, asset_id: int, field: str) -> ValueSource | None:
    row = session.get(AssetField, (asset_id, field), populate_existing=True)
    return row.source if row else None


def test_asset_made_by_hand_is_the_persons_and_takes_the_next_free_tag(session: Session) -> None:
    make_asset(session, asset_tag="P000001")
    values = {"name": " Écran ", "category": "other", "serial_number": ""}
    asset = assets.create_asset(session, SOME_PERSON, values=values, at=SOME_MOMENT)
    session.refresh(asset)
    assert (asset.asset_tag, asset.name, asset.serial_number) == ("P000002", "Écran", None)
    assert asset.search_text == "ecran p000002"
    assert source_of(session, asset.id, "name") is ValueSource.PERSON
    assert session.get_one(Counter, counter_name("P{number:06d}")).value == 2


def test_wrong_values_are_told_all_at_once_by_field(session: Session) -> None:
    make_asset(session, asset_tag="A1", manufacturer="HP", serial_number="CZ1")
    values = {
        "category": "toaster",
        "asset_tag": "A1",
        "manufacturer": "HP",
        "serial_number": "CZ1",
        "location_id": "99",
        "base_mac_address": "what",
        "model_name": "m" * 300,
        "colour": "red",
    }
    with pytest.raises(InvalidInputError) as caught:
        assets.create_asset(session, SOME_PERSON, values=values, at=SOME_MOMENT)
    assert codes(caught) == {
        ("category", "not_valid"),
        ("name", "required"),
        ("asset_tag", "taken"),
        ("serial_number", "taken"),
        ("location_id", "not_found"),
        ("base_mac_address", "not_valid"),
        ("model_name", "too_long"),
        ("colour", "unknown_field"),
    }


def test_edit_of_what_somebody_else_changed_is_refused(session: Session) -> None:
    asset = make_asset(session)
    values = {"notes": "first"}
    assets.edit_asset(session, SOME_PERSON, asset.id, version=1, values=values, at=SOME_MOMENT)
    with pytest.raises(ConflictError):
        assets.edit_asset(session, SOME_PERSON, asset.id, version=1, values={}, at=SOME_MOMENT)
    with pytest.raises(NotFoundError):
        assets.edit_asset(session, SOME_PERSON, 999, version=1, values={}, at=SOME_MOMENT)
    with pytest.raises(NotAllowedError):
        assets.edit_asset(session, NOBODY, asset.id, version=2, values={}, at=SOME_MOMENT)


def test_emptied_field_goes_back_to_the_machines(session: Session) -> None:
    asset = make_asset(session, name="Core", notes="x", model_name="old")
    make_linked_device(session, asset, sys_name="sw1")
    values = {"name": "", "notes": "", "model_name": ""}
    assets.edit_asset(session, SOME_PERSON, asset.id, version=1, values=values, at=SOME_MOMENT)
    assert (asset.name, asset.notes, asset.model_name) == ("sw1", None, None)
    assert source_of(session, asset.id, "name") is ValueSource.SNMP
    lonely = make_asset(session)
    with pytest.raises(InvalidInputError) as caught:
        assets.edit_asset(
            session, SOME_PERSON, lonely.id, version=1, values={"name": ""}, at=SOME_MOMENT
        )
    assert codes(caught) == {("name", "required")}


def test_released_field_takes_what_its_device_says(session: Session) -> None:
    asset = make_asset(session, name="Core", category=Category.ROUTER)
    make_linked_device(session, asset, sys_name="sw1")
    release_field(session, SOME_PERSON, asset.id, "name", at=SOME_MOMENT)
    release_field(session, SOME_PERSON, asset.id, "category", at=SOME_MOMENT)
    assert (asset.name, asset.category) == ("sw1", Category.ROUTER)
    kept = session.get_one(AssetField, (asset.id, "category"))
    assert (kept.source, kept.locked_until) == (ValueSource.PERSON, SOME_MOMENT)
    with pytest.raises(InvalidInputError):
        release_field(session, SOME_PERSON, asset.id, "notes", at=SOME_MOMENT)


def test_difference_is_taken_or_kept(session: Session) -> None:
    asset = make_asset(session, name="Core")
    for field, seen in (("name", "sw1"), ("category", "router")):
        session.add(
            Difference(
                asset_id=asset.id,
                field=field,
                seen_value=seen,
                source=ValueSource.SNMP,
                since=SOME_MOMENT,
            )
        )
    settle = settle_difference
    until = Settling.KEEP_UNTIL_CHANGED
    settle(session, SOME_PERSON, asset.id, "name", until, at=SOME_MOMENT)
    settle(session, SOME_PERSON, asset.id, "category", Settling.TAKE, at=SOME_MOMENT)
    session.flush()
    assert (asset.name, asset.category) == ("Core", Category.ROUTER)
    left = session.scalars(sa.select(Difference)).one()
    assert (left.field, left.is_kept) == ("name", True)
    with pytest.raises(NotFoundError):
        settle(session, SOME_PERSON, asset.id, "category", Settling.KEEP, at=SOME_MOMENT)


def test_disposed_asset_comes_back_only_by_a_correction_with_a_reason(session: Session) -> None:
    asset = make_asset(session, lifecycle_state=LifecycleState.DISPOSED)
    change = assets.change_state
    to = LifecycleState.IN_USE
    with pytest.raises(InvalidInputError) as caught:
        change(session, SOME_PERSON, asset.id, to, at=SOME_MOMENT)
    assert codes(caught) == {("lifecycle_state", "transition_refused")}
    with pytest.raises(InvalidInputError):
        change(session, SOME_PERSON, asset.id, to, at=SOME_MOMENT, is_correction=True)
    ada = SOME_PERSON.because("mistyped")
    change(session, ada, asset.id, to, at=SOME_MOMENT, is_correction=True)
    assert asset.lifecycle_state is LifecycleState.IN_USE
    change(session, SOME_PERSON, asset.id, LifecycleState.IN_REPAIR, at=SOME_MOMENT)
    session.flush()
    query = sa.select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id)
    assert session.execute(query).all() == [("corrected", "mistyped"), ("state_changed", None)]


def test_reason_of_an_act_is_one_line_of_bounded_length() -> None:
    assert SOME_PERSON.because("  new\n desk ").reason == "new desk"
    for wrong, code in (("x" * 300, "too_long"), ("a\x00b", "unprintable")):
        with pytest.raises(InvalidInputError) as caught:
            SOME_PERSON.because(wrong)
        assert codes(caught) == {("reason", code)}


def test_refused_transition_lists_the_allowed_ones(session: Session) -> None:
    asset = make_asset(session, lifecycle_state=LifecycleState.STOLEN)
    with pytest.raises(InvalidInputError, match="in_stock, in_use, to_dispose"):
        assets.change_state(session, SOME_PERSON, asset.id, LifecycleState.ON_LOAN, at=SOME_MOMENT)


def test_device_of_a_deleted_asset_is_unknown_again(session: Session) -> None:
    asset = make_asset(session)
    device = make_linked_device(session, asset)
    delete_asset(session, SOME_PERSON, asset.id, at=SOME_MOMENT)
    session.refresh(device)
    assert (device.status, device.asset_id) == (DeviceStatus.UNKNOWN, None)


def test_accepted_device_becomes_an_asset_that_machines_keep_up(session: Session) -> None:
    device = make_device(session, sys_name="sw1", serial_number="S1001")
    (asset,) = devices.accept(session, SOME_PERSON, [device.id], at=SOME_MOMENT)
    assert (asset.name, asset.category) == ("sw1", Category.OTHER)
    assert source_of(session, asset.id, "name") is ValueSource.SNMP
    assert device.status is DeviceStatus.LINKED
    with pytest.raises(ConflictError):
        devices.accept(session, SOME_PERSON, [device.id], at=SOME_MOMENT)
    with pytest.raises(NotFoundError):
        devices.accept(session, SOME_PERSON, [999], at=SOME_MOMENT)


def test_attached_device_fills_only_what_is_empty(session: Session) -> None:
    asset = make_asset(session, name="Core", model_name=None)
    device = make_device(session, sys_name="sw1", model_name="C9300", address="192.0.2.5")
    for _ in range(2):
        devices.attach(session, SOME_PERSON, [device.id], asset.id, at=SOME_MOMENT)
    assert (asset.name, asset.model_name, asset.primary_address) == ("Core", "C9300", "192.0.2.5")
    with pytest.raises(NotFoundError):
        devices.attach(session, SOME_PERSON, [device.id], 999, at=SOME_MOMENT)


def test_ignored_devices_need_a_reason_and_come_back(session: Session) -> None:
    device: Device = make_device(session)
    with pytest.raises(InvalidInputError) as caught:
        devices.ignore(
            session, SOME_PERSON, [device.id], reason=" ", until=SOME_MOMENT, at=SOME_MOMENT
        )
    assert codes(caught) == {("reason", "required"), ("until", "in_the_past")}
    with pytest.raises(InvalidInputError) as caught:
        devices.ignore(
            session, SOME_PERSON, [device.id], reason="x" * 300, until=None, at=SOME_MOMENT
        )
    assert codes(caught) == {("reason", "too_long")}
    devices.ignore(session, SOME_PERSON, [device.id], reason="guest", until=None, at=SOME_MOMENT)
    assert device.status is DeviceStatus.IGNORED
    for _ in range(2):
        devices.restore(session, SOME_PERSON, [device.id], at=SOME_MOMENT)
    assert (device.status, device.ignore_reason) == (DeviceStatus.UNKNOWN, None)
