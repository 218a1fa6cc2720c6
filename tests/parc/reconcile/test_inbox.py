"""What stands open in the inbox: it follows the inventory, and nothing is ever there twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.config import InboxSettings
from parc.errors import ConflictError
from parc.extensions import transaction
from parc.models import (
    Asset,
    Attachment,
    AuditEntry,
    Device,
    DeviceStatus,
    Difference,
    InboxDevice,
    InboxEntry,
    InboxKind,
    InboxState,
    Interface,
    LifecycleState,
    Location,
    LocationKind,
    MappedAddress,
    Person,
    RunState,
    SwitchPort,
    ValueSource,
)
from parc.queries.inbox import assets_of
from parc.queries.inbox_cause import Scope
from parc.reconcile.doubled import doubled_assets
from parc.reconcile.inbox import Settled, settle
from parc.services import assets, devices
from parc.services.actor import SYSTEM
from parc.services.inbox import Decision, Order, decide
from parc.services.provenance import Settling, settle_difference
from parc.topology import PortRole
from tests.conftest import SOME_MOMENT
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_device,
    make_linked_device,
    make_range,
    make_run,
)

pytestmark = pytest.mark.usefixtures("app")
RULES = InboxSettings()


def _settle(session: Session, days: float = 0, scope: Scope | None = None) -> Settled:
    return settle(session, SYSTEM, RULES, SOME_MOMENT + timedelta(days=days), scope)


def _open(session: Session, kind: InboxKind | None = None) -> list[InboxEntry]:
    query = sa.select(InboxEntry).where(InboxEntry.state == InboxState.OPEN)
    if kind is not None:
        query = query.where(InboxEntry.kind == kind)
    return list(session.scalars(query.order_by(InboxEntry.id)))


def _created(session: Session, device: Device, run_id: int) -> None:
    session.add(
        AuditEntry(
            at=SOME_MOMENT,
            run_id=run_id,
            author="run",
            subject_kind="device",
            subject_id=device.id,
            action="created",
            changes={},
        )
    )


def test_unknown_device_is_listed_with_its_candidates_and_closes_when_linked() -> None:
    with transaction() as session:
        asset = make_asset(session, name="twin", serial_number="FOC9")
        device = make_device(session, sys_name="new", serial_number="FOC9")
        assert _settle(session) == Settled(opened=1)
        (entry,) = _open(session)
        assert (entry.kind, entry.subject) == (InboxKind.UNKNOWN_DEVICE, "new")
        assert entry.evidence["candidates"] == [
            {"id": asset.id, "name": "twin", "tag": asset.asset_tag, "by": ["serial"], "score": 60}
        ]
        assert entry.due_at == SOME_MOMENT + timedelta(days=RULES.due_unknown_days)
        assert _settle(session) == Settled()
        devices.attach(session, SOME_PERSON, [device.id], asset.id, at=SOME_MOMENT)
        assert _settle(session) == Settled(closed=1)
        assert (entry.state, entry.reason, entry.closed_by) == (
            InboxState.CLOSED,
            "linked",
            "system",
        )


def test_ignored_device_comes_back_after_its_day() -> None:
    with transaction() as session:
        device = make_device(session)
        _settle(session)
        devices.ignore(session, SOME_PERSON, [device.id], reason="x", until=None, at=SOME_MOMENT)
        _settle(session)
        assert not _open(session)
        devices.restore(session, SOME_PERSON, [device.id], at=SOME_MOMENT)
        assert _settle(session).opened == 1
        assert [e.state for e in session.scalars(sa.select(InboxEntry))] == [
            InboxState.CLOSED,
            InboxState.OPEN,
        ]


def test_flood_is_one_entry_of_its_range() -> None:
    rules = InboxSettings(listed_per_run=3)
    with transaction() as session:
        address_range = make_range(session, name="guests")
        run = make_run(session, address_range)
        seen = [make_device(session, range_id=address_range.id) for _ in range(10)]
        for device in seen:
            _created(session, device, run.id)
        settle(session, SYSTEM, rules, SOME_MOMENT)
        singles = _open(session, InboxKind.UNKNOWN_DEVICE)
        assert [entry.device_id for entry in singles] == [d.id for d in seen[:3]]
        (group,) = _open(session, InboxKind.UNKNOWN_GROUP)
        assert (group.subject, group.count) == ("guests", 7)
        devices.accept(session, SOME_PERSON, [seen[0].id, seen[5].id], at=SOME_MOMENT)
        scope = Scope(devices=frozenset({seen[0].id, seen[5].id}), is_end=True)
        settle(session, SYSTEM, rules, SOME_MOMENT, scope)
        assert len(_open(session, InboxKind.UNKNOWN_DEVICE)) == 2, "none takes the decided's place"
        assert group.count == 6
        later = make_run(session, address_range)
        _created(session, make_device(session, range_id=address_range.id), later.id)
        settle(session, SYSTEM, rules, SOME_MOMENT)
        assert len(_open(session, InboxKind.UNKNOWN_DEVICE)) == 3
        assert len(_open(session, InboxKind.UNKNOWN_GROUP)) == 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"base_mac_address": "da:a1:19:00:00:01"}, "expired_made_up"),
        ({"absent_since": SOME_MOMENT}, "expired_guest"),
    ],
)
def test_guests_expire_with_a_trace(values: dict[str, Any], reason: str) -> None:
    with transaction() as session:
        make_device(session, **values)
        make_device(session, sys_name="one that spoke", **values)
        assert _settle(session).opened == 2
        assert _settle(session, days=13) == Settled()
        assert _settle(session, days=15) == Settled(closed=1)
        ended = session.scalars(sa.select(InboxEntry).where(InboxEntry.closed_at.is_not(None)))
        (entry,) = ended
        assert (entry.state, entry.reason) == (InboxState.EXPIRED, reason)


def test_shared_serial_number_is_a_conflict_with_all_who_show_it() -> None:
    values = {"manufacturer": "Dell", "serial_number": "ABC1234", "sys_name": "pc"}
    with transaction() as session:
        one = make_linked_device(session, make_asset(session), **values)
        other = make_linked_device(session, make_asset(session), **values)
        make_device(session, category=Category.BMC, status=DeviceStatus.IGNORED, **values)
        make_device(session, serial_number="Default string", manufacturer="Dell", sys_name="a")
        make_device(session, serial_number="Default string", manufacturer="Dell", sys_name="b")
        _settle(session)
        (entry,) = _open(session, InboxKind.IDENTITY_CONFLICT)
        assert entry.key == "serial:dell abc1234"
        related = session.scalars(sa.select(InboxDevice.device_id).order_by("device_id"))
        assert list(related) == [one.id, other.id]
        other.serial_number = "XYZ9876"
        scope = Scope(devices=frozenset({other.id}))
        assert _settle(session, scope=scope).closed == 1


def test_two_devices_of_one_asset_are_no_conflict() -> None:
    values = {"manufacturer": "Dell", "serial_number": "ABC1234", "sys_name": "pc"}
    with transaction() as session:
        asset = make_asset(session)
        make_linked_device(session, asset, **values)
        make_linked_device(session, asset, **values)
        _settle(session)
        assert not _open(session, InboxKind.IDENTITY_CONFLICT)


def test_record_of_two_serial_numbers_is_told_until_it_is_split_or_left() -> None:
    with transaction() as session:
        asset = make_asset(session, name="both")
        make_linked_device(session, asset, manufacturer="HP", serial_number="CZC1111")
        other = make_linked_device(session, asset, manufacturer="HP", serial_number="czc1111")
        make_linked_device(session, asset, serial_number="9", category=Category.BMC)
        make_linked_device(session, asset, serial_number="S77", absent_since=SOME_MOMENT)
        make_linked_device(session, asset, serial_number="To be filled by O.E.M.")
        _settle(session)
        assert _open(session) == []
        other.serial_number = "CZC2222"
        session.flush()
        scope = Scope(devices=frozenset({other.id}))
        _settle(session, scope=scope)
        (entry,) = _open(session)
        assert (entry.kind, entry.asset_id, entry.count) == (InboxKind.MIXED_RECORD, asset.id, 2)
        order = Order(Decision.ACCEPT, SOME_MOMENT, RULES)
        with pytest.raises(ConflictError, match="split"):
            decide(session, SOME_PERSON, [entry.id], order)
        decide(session, SOME_PERSON, [entry.id], replace(order, decision=Decision.LEAVE))
        _settle(session, 1)
        assert _open(session) == []
        other.serial_number = "CZC3333"
        _settle(session, 2, scope)
        assert [one.kind for one in _open(session)] == [InboxKind.MIXED_RECORD]
        other.asset_id, other.status = None, DeviceStatus.IGNORED
        _settle(session, 3, Scope(assets=frozenset({asset.id})))
        assert _open(session) == []


@pytest.mark.parametrize(
    "state", [LifecycleState.DISPOSED, LifecycleState.STOLEN, LifecycleState.MISSING]
)
def test_gone_asset_that_is_seen_is_a_contradiction(state: LifecycleState) -> None:
    with transaction() as session:
        asset = make_asset(session, name="lost")
        device = make_linked_device(session, asset)
        changed_at = SOME_MOMENT + timedelta(hours=1)
        assets.change_state(
            session,
            SOME_PERSON.because("x"),
            asset.id,
            state,
            at=changed_at,
            is_correction=True,
        )
        _settle(session)
        assert not _open(session), "it was seen before only"
        device.last_seen_at = changed_at + timedelta(hours=1)
        _settle(session, scope=Scope(devices=frozenset({device.id})))
        (entry,) = _open(session)
        assert (entry.kind, entry.asset_id) == (InboxKind.GONE_SEEN, asset.id)
        assert entry.evidence["state"] == state.value
        device.absent_since = SOME_MOMENT
        assert _settle(session).closed == 1


def test_stock_on_an_office_port_is_a_contradiction() -> None:
    with transaction() as session:
        site = Location(name="Lyon", kind=LocationKind.SITE)
        session.add(site)
        session.flush()
        rooms = [Location(name=n, kind=LocationKind.ROOM, parent_id=site.id) for n in "AB"]
        session.add_all(rooms)
        session.flush()
        stock, office = rooms
        switch_asset = make_asset(session, name="sw1", location_id=office.id)
        switch = make_linked_device(session, switch_asset)
        port = Interface(device_id=switch.id, key="Gi1", if_index=1, if_name="Gi1", addresses=[])
        session.add(port)
        session.flush()
        session.add(
            SwitchPort(
                interface_id=port.id,
                device_id=switch.id,
                role=PortRole.EDGE,
                first_read_at=SOME_MOMENT,
                read_at=SOME_MOMENT,
            )
        )
        mac = "00:11:22:33:44:55"
        session.add(
            Attachment(
                mac_address=mac,
                interface_id=port.id,
                vlan_id=0,
                first_seen_at=SOME_MOMENT,
                last_seen_at=SOME_MOMENT,
            )
        )
        asset = make_asset(
            session, lifecycle_state=LifecycleState.IN_STOCK, location_id=stock.id, name="spare"
        )
        make_linked_device(session, asset, base_mac_address=mac)
        _settle(session)
        (entry,) = _open(session)
        assert entry.kind is InboxKind.STOCK_SEEN
        assert (entry.evidence["switch"], entry.evidence["port"]) == ("sw1", "Gi1")
        assert entry.site_id == site.id
        switch_asset.location_id = stock.id
        assert _settle(session).closed == 1


def test_asset_in_use_that_is_silent_is_asked_about() -> None:
    with transaction() as session:
        asset = make_asset(session, last_seen_at=SOME_MOMENT)
        make_asset(session)
        assert _settle(session, days=59) == Settled()
        assert _settle(session, days=61) == Settled(opened=1)
        asset.last_seen_at = SOME_MOMENT + timedelta(days=61)
        scope = Scope(assets=frozenset({asset.id}))
        assert _settle(session, days=61, scope=scope) == Settled(closed=1)


def test_asset_of_somebody_who_has_left_is_asked_for_until_it_is_taken_back() -> None:
    with transaction() as session:
        gone, present = (
            Person(name=name, left_on=left, created_at=SOME_MOMENT, updated_at=SOME_MOMENT)
            for name, left in (("Ada", SOME_MOMENT.date()), ("Bob", None))
        )
        session.add_all([gone, present])
        session.flush()
        asset = make_asset(session, custodian_person_id=gone.id)
        make_asset(session, custodian_person_id=present.id)
        make_asset(session, custodian_person_id=gone.id, lifecycle_state=LifecycleState.STOLEN)
        mended = LifecycleState.IN_REPAIR
        away = make_asset(session, custodian_person_id=gone.id, lifecycle_state=mended)
        assert _settle(session) == Settled()  # they are there on their last day
        assert _settle(session, days=1) == Settled(opened=2)
        entry, other = sorted(_open(session), key=lambda one: one.asset_id or 0)
        assert other.asset_id == away.id
        assert (entry.kind, entry.asset_id) == (InboxKind.HOLDER_LEFT, asset.id)
        assert entry.evidence["person"] == "Ada"
        order = Order(Decision.ACCEPT, SOME_MOMENT + timedelta(days=1), RULES)
        decide(session, SYSTEM, [entry.id, other.id], order)
        assert (asset.lifecycle_state, asset.custodian_person_id) == (
            LifecycleState.IN_STOCK,
            None,
        )
        assert _settle(session, days=2) == Settled()


def test_address_that_goes_back_and_forth_is_claimed_by_two() -> None:
    hour = timedelta(hours=1)
    with transaction() as session:
        router = make_asset(session)
        told_by = make_linked_device(session, router)
        for address, macs in {
            "192.0.2.5": [("00:11:22:33:44:01", -9, 0), ("00:11:22:33:44:02", -5, 0)],
            "192.0.2.6": [("00:11:22:33:44:03", -9, -6), ("00:11:22:33:44:04", -5, 0)],
            "192.0.2.7": [("00:11:22:33:44:05", -9, 0), ("00:00:5e:00:01:01", -5, 0)],
        }.items():
            for mac, first, last in macs:
                session.add(
                    MappedAddress(
                        address=address,
                        mac_address=mac,
                        device_id=told_by.id,
                        first_seen_at=SOME_MOMENT + first * hour,
                        last_seen_at=SOME_MOMENT + last * hour,
                    )
                )
        _settle(session)
        (entry,) = _open(session)
        assert (entry.kind, entry.key) == (InboxKind.DUPLICATE_ADDRESS, "address:192.0.2.5")
        assert _settle(session, days=2).closed == 1


def test_differences_of_an_asset_are_one_entry_that_is_renewed() -> None:
    with transaction() as session:
        asset = make_asset(session)
        for name in ("name", "model_name"):
            session.add(
                Difference(
                    asset_id=asset.id,
                    field=name,
                    seen_value="other",
                    source=ValueSource.SNMP,
                    since=SOME_MOMENT,
                )
            )
        assert _settle(session) == Settled(opened=1)
        settle = settle_difference
        settle(session, SOME_PERSON, asset.id, "name", Settling.TAKE, at=SOME_MOMENT)
        assert _settle(session) == Settled(changed=1)
        (entry,) = _open(session)
        assert [one["field"] for one in entry.evidence["fields"]] == ["model_name"]
        until = Settling.KEEP_UNTIL_CHANGED
        settle(session, SOME_PERSON, asset.id, "model_name", until, at=SOME_MOMENT)
        assert _settle(session) == Settled(closed=1)


def test_held_run_waits_until_a_later_one_takes_its_place() -> None:
    with transaction() as session:
        address_range = make_range(session)
        first = make_run(session, address_range, state=RunState.HELD, error="too much")
        _settle(session)
        (entry,) = _open(session)
        assert (entry.kind, entry.run_id) == (InboxKind.HELD_RUN, first.id)
        make_run(session, address_range, state=RunState.DONE)
        assert _settle(session).closed == 1


def test_what_was_left_as_it_is_comes_back_only_with_other_evidence() -> None:
    with transaction() as session:
        asset = make_asset(session, last_seen_at=SOME_MOMENT)
        _settle(session, days=61)
        (entry,) = _open(session)
        entry.state, entry.is_binding = InboxState.DECIDED, True
        assert _settle(session, days=70) == Settled()
        asset.last_seen_at = SOME_MOMENT + timedelta(days=1)
        assert _settle(session, days=70) == Settled(opened=1)


def test_entry_of_a_deleted_asset_closes() -> None:
    with transaction() as session:
        asset = make_asset(session, last_seen_at=SOME_MOMENT)
        _settle(session, days=61)
        session.execute(sa.delete(Asset).where(Asset.id == asset.id))
        assert _settle(session, days=61) == Settled(closed=1)


def test_serial_number_of_two_assets_is_told_once_with_or_without_their_devices() -> None:
    values: dict[str, Any] = {"manufacturer": "Dell", "serial_number": "ABC1234"}
    with transaction() as session:
        one, other = make_asset(session, **values), make_asset(session, **values)
        make_asset(session, lifecycle_state=LifecycleState.DISPOSED, **values)
        _settle(session)
        (entry,) = _open(session, InboxKind.IDENTITY_CONFLICT)
        assert (entry.key, entry.evidence["assets"]) == (
            "assets:serial:dell abc1234",
            [one.id, other.id],
        )
        assert assets_of(session, entry.id) == [one.id, other.id]
        assert list(doubled_assets(session)) == []
        pair = [make_linked_device(session, a, sys_name="pc", **values) for a in (one, other)]
        _settle(session, scope=Scope(assets=frozenset({other.id})))
        assert [e.key for e in _open(session)] == ["serial:dell abc1234"]
        for device in pair:
            device.absent_since, device.last_seen_at = SOME_MOMENT, SOME_MOMENT - timedelta(days=8)
        _settle(session, scope=Scope(assets=frozenset({other.id})))
        assert [e.key for e in _open(session)] == ["assets:serial:dell abc1234"]
        other.serial_number = "XYZ9876"
        _settle(session, scope=Scope(assets=frozenset({other.id})))
        assert not _open(session)


def test_serial_number_typed_in_another_case_is_told_at_once() -> None:
    with transaction() as session:
        make_asset(session, manufacturer="Dell", serial_number="8HK21T3")
        typed = make_asset(session, manufacturer="Dell", serial_number="8hk21t3")
        assert _settle(session, scope=Scope(assets=frozenset({typed.id}))) == Settled(opened=1)


def test_act_on_very_many_records_looks_at_everything() -> None:
    with transaction() as session:
        for _ in range(2):
            make_asset(session, manufacturer="Dell", serial_number="8HK21T3")
        many = Scope(devices=frozenset(range(1_000_000, 1_002_001)))
        assert _settle(session, scope=many) == Settled(opened=1)
