"""A small network of switches as the tables of links hold it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import Asset, Attachment, Device, Interface, Neighbor, SwitchPort
from parc.topology import PortRole
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device


def make_switch(session: Session, name: str, ports: int = 4, **values: Any) -> tuple[Asset, Device]:
    """A switch with Ethernet ports 1 to ``ports``, each read at ``SOME_MOMENT``."""
    asset = make_asset(session, name=name, category=Category.SWITCH, **values)
    device = make_linked_device(session, asset, sys_name=name, category=Category.SWITCH)
    for number in range(1, ports + 1):
        interface = Interface(
            device_id=device.id,
            key=f"Gi1/0/{number}",
            if_index=number,
            if_name=f"Gi1/0/{number}",
            if_type=6,
            if_high_speed=1000,
            if_admin_status=1,
            if_oper_status=2,
            addresses=[],
        )
        session.add(interface)
        session.flush()
        session.add(
            SwitchPort(
                interface_id=interface.id,
                device_id=device.id,
                untagged_vlans=[],
                tagged_vlans=[],
                role=PortRole.EDGE,
                mac_count=0,
                first_read_at=SOME_MOMENT,
                read_at=SOME_MOMENT,
            )
        )
    session.flush()
    return asset, device


def port_of(session: Session, device: Device, number: int) -> SwitchPort:
    """Port ``number`` of a switch."""
    query = (
        sa.select(SwitchPort)
        .join(Interface, Interface.id == SwitchPort.interface_id)
        .where(Interface.device_id == device.id, Interface.if_index == number)
    )
    return session.scalars(query).one()


def plug(
    session: Session,
    device: Device,
    number: int,
    mac: str,
    first: datetime = SOME_MOMENT,
    last: datetime = SOME_MOMENT,
) -> Attachment:
    """A stay of a MAC on a port, in VLAN 10."""
    port = port_of(session, device, number)
    port.mac_count += 1
    port.last_used_at = last
    stay = Attachment(
        mac_address=mac,
        interface_id=port.interface_id,
        vlan_id=10,
        first_seen_at=first,
        last_seen_at=last,
    )
    session.add(stay)
    session.flush()
    return stay


def connect(
    session: Session, device: Device, number: int, far: Device | None, name: str, port: str = "1"
) -> Neighbor:
    """What LLDP tells of a link."""
    local = port_of(session, device, number)
    local.role = PortRole.UPLINK
    row = Neighbor(
        device_id=device.id,
        key=f"lldp|{number}|{name}",
        interface_id=local.interface_id,
        far_device_id=far.id if far else None,
        protocol="lldp",
        sys_name=name,
        port_id=port,
        capabilities=["bridge"],
        first_seen_at=SOME_MOMENT,
        last_seen_at=SOME_MOMENT,
    )
    session.add(row)
    session.flush()
    return row
