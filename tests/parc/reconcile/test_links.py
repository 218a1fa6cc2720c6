"""Tests of writing where things are plugged in, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import (
    AddressMapping,
    AddressMappingTable,
    AggregatePort,
    AggregatePortTable,
    Category,
    FdbEntry,
    FdbTable,
    Identity,
    Interface,
    InterfaceTable,
    Links,
    Neighbor,
    NeighborTable,
    Observation,
    PowerPort,
    PowerPortTable,
    System,
    Vlan,
    VlanPort,
    VlanPortTable,
    VlanTable,
    WirelessClient,
    WirelessClientTable,
)
from parc import models
from parc.extensions import db, transaction
from parc.models import Attachment, AuditEntry, BridgeVlan, MappedAddress, SwitchPort
from parc.reconcile.apply import apply
from parc.reconcile.links import write_links
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.policy import Policy
from parc.services.actor import for_run
from parc.topology import PortRole
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation, make_run

pytestmark = pytest.mark.usefixtures("app")
PC, PHONE, OWN = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b", "00:1b:21:00:01:01"
SW2 = "00:1b:21:00:02:00"
DAY = timedelta(days=1)


def _switch(
    number: int = 1, at: datetime = SOME_MOMENT, ports: int = 3, **links: Any
) -> Observation:
    rows = tuple(
        Interface(
            if_index=n,
            if_name=f"Gi1/0/{n}",
            if_type=6,
            if_oper_status=1 if n == 1 else 2,
            if_phys_address=f"00:1b:21:00:{number:02x}:{n:02x}",
        )
        for n in range(1, ports + 1)
    )
    return make_observation(
        f"192.0.2.{number}",
        observed_at=at,
        system=System(sys_name=f"sw{number}"),
        identity=Identity(
            manufacturer="Cisco",
            model_name="C9300",
            serial_number=f"FOC1234A0B{number}",
            category=Category.SWITCH,
            base_mac_address=f"00:1b:21:00:{number:02x}:00",
        ),
        interfaces=InterfaceTable(rows=rows, complete=True),
        links=Links(**links),
    )


def _fdb(*rows: tuple[str, int], vlan: int | None = 10, complete: bool = True) -> FdbTable:
    return FdbTable(tuple(FdbEntry(mac, port, vlan) for mac, port in rows), complete)


def _sweep(*observations: Observation, most: int = 8) -> None:
    with transaction() as session:
        run = session.scalar(sa.select(models.Run)) or make_run(session)
        policy = Policy(range_id=run.range_id, asset_categories=frozenset({Category.SWITCH}))
        known = load(session, observations, policy, is_for_apply=True)
        at = max(one.observed_at for one in observations)
        made = plan(observations, known, policy)
        applied = apply(made, session, for_run("lab", run.id), at)
        write_links(session, observations, applied.devices, most_macs=most)


def _stays() -> list[tuple[str, str, int, int, int]]:
    """Give MAC, port, VLAN, and first and last sight in days."""
    query = (
        sa.select(
            Attachment.mac_address,
            models.Interface.if_name,
            Attachment.vlan_id,
            Attachment.first_seen_at,
            Attachment.last_seen_at,
        )
        .join(models.Interface, models.Interface.id == Attachment.interface_id)
        .order_by(Attachment.first_seen_at, models.Interface.if_name, Attachment.mac_address)
    )
    return [
        (mac, name or "", vlan, (first - SOME_MOMENT).days, (last - SOME_MOMENT).days)
        for mac, name, vlan, first, last in db.session.execute(query)
    ]


def _port(name: str) -> SwitchPort:
    query = (
        sa.select(SwitchPort)
        .join(models.Interface, models.Interface.id == SwitchPort.interface_id)
        .where(models.Interface.if_name == name)
    )
    return db.session.scalars(query.order_by(SwitchPort.device_id)).first() or pytest.fail(name)


def _dump(session: Session, skip: Sequence[str] = ()) -> dict[str, list[object]]:
    return {
        table.name: sorted(
            session.execute(sa.select(*[c for c in table.c if c.name not in skip])), key=repr
        )
        for table in models.Base.metadata.sorted_tables
    }


def test_learned_macs_become_stays_without_the_switch_itself_and_group_addresses() -> None:
    _sweep(_switch(fdb=_fdb((PC, 1), (PHONE, 1), (OWN, 2), ("01:00:5e:00:00:01", 2), (PC, 99))))
    assert _stays() == [(PC, "Gi1/0/1", 10, 0, 0), (PHONE, "Gi1/0/1", 10, 0, 0)]
    assert (_port("Gi1/0/1").role, _port("Gi1/0/1").mac_count) == (PortRole.EDGE, 2)
    assert _port("Gi1/0/2").last_used_at is None


def test_second_sweep_moves_the_last_sight_and_nothing_else() -> None:
    links: dict[str, Any] = {
        "fdb": _fdb((PC, 1)),
        "vlans": VlanTable((Vlan(10, "office"),), complete=True),
        "vlan_ports": VlanPortTable((VlanPort(1, 10, (10,), (20, 30)),), complete=True),
        "power_ports": PowerPortTable(
            (PowerPort(1, detection_status="deliveringPower", power_class=3),), complete=True
        ),
        "neighbors": NeighborTable((Neighbor("lldp", 2, "2", "ap1", "eth0"),), complete=True),
        "address_mappings": AddressMappingTable((AddressMapping("192.0.2.77", PC),), complete=True),
        "wireless_clients": WirelessClientTable(
            (WirelessClient(PHONE, "192.0.2.78", "staff", "ap1"),), complete=True
        ),
    }
    _sweep(_switch(**links))
    moving = ("last_seen_at", "heard", "read_at", "last_used_at", "observed_at")
    before = _dump(db.session(), moving)
    entries = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    _sweep(_switch(at=SOME_MOMENT + DAY, **links))
    assert _dump(db.session(), moving) == before
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == entries
    assert _stays() == [(PC, "Gi1/0/1", 10, 0, 1)]
    told = db.session.scalars(sa.select(MappedAddress)).one()
    assert (told.first_seen_at, told.last_seen_at) == (SOME_MOMENT, SOME_MOMENT + DAY)


def test_evidence_of_an_older_reading_moves_nothing_back() -> None:
    _sweep(_switch(at=SOME_MOMENT + DAY, fdb=_fdb((PC, 1))))
    _sweep(_switch(fdb=_fdb((PC, 1))))
    assert _stays() == [(PC, "Gi1/0/1", 10, 1, 1)]
    assert _port("Gi1/0/1").read_at == SOME_MOMENT + DAY


def test_machine_that_moves_and_comes_back_has_three_stays() -> None:
    for day, port in enumerate([1, 2, 1]):
        _sweep(_switch(at=SOME_MOMENT + day * DAY, fdb=_fdb((PC, port))))
    assert _stays() == [
        (PC, "Gi1/0/1", 10, 0, 0),
        (PC, "Gi1/0/2", 10, 1, 1),
        (PC, "Gi1/0/1", 10, 2, 2),
    ]


def test_machine_that_was_off_for_a_day_has_one_stay() -> None:
    for day, rows in enumerate([((PC, 1),), (), ((PC, 1),)]):
        _sweep(_switch(at=SOME_MOMENT + day * DAY, fdb=_fdb(*rows)))
    assert _stays() == [(PC, "Gi1/0/1", 10, 0, 2)]


def test_port_to_a_known_switch_is_an_uplink() -> None:
    _sweep(_switch(2, ports=1))
    _sweep(_switch(1, fdb=_fdb((PC, 2), (SW2, 2), (PHONE, 1))))
    assert (_port("Gi1/0/2").role, _port("Gi1/0/2").role_reason) == (PortRole.UPLINK, "bridge")
    assert _port("Gi1/0/1").role is PortRole.EDGE


def test_neighbour_that_is_met_later_is_known_from_then_on() -> None:
    neighbor = Neighbor("lldp", 3, "3", SW2, "Gi0/1", sys_name="sw2", capabilities=("bridge",))
    _sweep(_switch(neighbors=NeighborTable((neighbor,), complete=True), fdb=_fdb((PC, 3))))
    row = db.session.scalars(sa.select(models.Neighbor)).one()
    assert (row.far_device_id, row.interface_id) == (None, _port("Gi1/0/3").interface_id)
    assert _port("Gi1/0/3").role is PortRole.UPLINK
    _sweep(_switch(2, ports=1))
    db.session.rollback()
    far = db.session.scalars(sa.select(models.Device).where(models.Device.sys_name == "sw2")).one()
    assert db.session.scalars(sa.select(models.Neighbor)).one().far_device_id == far.id
    assert _port("Gi1/0/3").far_device_id == far.id


def test_name_that_two_devices_have_tells_no_neighbour() -> None:
    second = replace(_switch(3, ports=1), system=System(sys_name="sw2"))
    _sweep(_switch(2, ports=1), second)
    neighbor = Neighbor("lldp", 3, "3", "unknown", "Gi0/1", sys_name="sw2")
    _sweep(_switch(neighbors=NeighborTable((neighbor,), complete=True)))
    assert db.session.scalars(sa.select(models.Neighbor)).one().far_device_id is None


def test_only_a_complete_table_makes_a_neighbour_gone() -> None:
    one = NeighborTable((Neighbor("lldp", 1, "1", "ap1", "eth0"),), complete=True)
    _sweep(_switch(neighbors=one))
    mapping = AddressMappingTable((AddressMapping("192.0.2.77", PC),))
    _sweep(_switch(at=SOME_MOMENT + DAY, neighbors=NeighborTable(), address_mappings=mapping))
    assert db.session.scalars(sa.select(models.Neighbor)).one().gone_at is None
    none = NeighborTable(complete=True)
    _sweep(_switch(at=SOME_MOMENT + 2 * DAY, neighbors=none))
    db.session.rollback()
    assert db.session.scalars(sa.select(models.Neighbor)).one().gone_at == SOME_MOMENT + 2 * DAY
    _sweep(_switch(at=SOME_MOMENT + 3 * DAY, neighbors=one))
    db.session.rollback()
    assert db.session.scalars(sa.select(models.Neighbor)).one().gone_at is None


def test_vlan_that_a_complete_table_lacks_is_gone() -> None:
    two = VlanTable((Vlan(10, "office"), Vlan(20, "phones"), Vlan(4095, "none")), complete=True)
    _sweep(_switch(vlans=two))
    _sweep(_switch(vlans=VlanTable((Vlan(20, "voice"),), complete=True)))
    rows = db.session.execute(sa.select(BridgeVlan.vlan_id, BridgeVlan.name)).all()
    assert rows == [(20, "voice")]


def test_half_a_table_makes_no_edge_port_of_an_uplink() -> None:
    many = [(f"00:1b:21:00:01:{n:02x}", 1) for n in range(16, 30)]
    _sweep(_switch(fdb=_fdb(*many), neighbors=NeighborTable(complete=True)))
    assert _port("Gi1/0/1").role is PortRole.UPLINK
    _sweep(_switch(at=SOME_MOMENT + DAY, fdb=_fdb(many[0], complete=False)))
    assert _port("Gi1/0/1").role is PortRole.UPLINK
    last = SOME_MOMENT + 2 * DAY
    _sweep(_switch(at=last, fdb=_fdb(many[0]), neighbors=NeighborTable(complete=True)))
    db.session.rollback()
    assert _port("Gi1/0/1").role is PortRole.EDGE


def test_members_of_an_aggregate_are_kept_until_the_switch_says_otherwise() -> None:
    def members() -> list[tuple[int, bool]]:
        query = (
            sa.select(models.Interface.if_index, SwitchPort.aggregate_id)
            .join(models.Interface, models.Interface.id == SwitchPort.interface_id)
            .order_by(models.Interface.if_index)
        )
        return [(number, whole is not None) for number, whole in db.session.execute(query)]

    uplink = Neighbor("lldp", 1, chassis_id="00:1b:21:00:09:00", capabilities=("bridge",))
    links: dict[str, Any] = {
        "fdb": _fdb((PC, 3)),
        "neighbors": NeighborTable((uplink,), complete=True),
    }
    rows = (AggregatePort(1, 3), AggregatePort(2, 3))
    _sweep(_switch(**links, aggregate_ports=AggregatePortTable(rows, complete=True)))
    assert members() == [(1, True), (2, True), (3, False)]
    assert set(db.session.scalars(sa.select(SwitchPort.role))) == {PortRole.UPLINK}
    _sweep(_switch(at=SOME_MOMENT + DAY, **links))
    assert members() == [(1, True), (2, True), (3, False)]
    gone = AggregatePortTable(complete=True)
    _sweep(_switch(at=SOME_MOMENT + 2 * DAY, **links, aggregate_ports=gone))
    assert members() == [(1, False), (2, False), (3, False)]
