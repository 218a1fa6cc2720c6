"""Which assets an unknown device may be, ranked by the signs that they share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from parc.extensions import transaction
from parc.models import Attachment, Device, IgnoredKey, Interface, SwitchPort
from parc.queries.candidates import find_candidates, score_of
from parc.topology import PortRole
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_linked_device

MAC, OTHER_MAC = "00:1b:21:00:00:01", "00:1b:21:00:00:02"


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Give a session of each database."""
    del app
    with transaction() as session:
        yield session


def _found(session: Session, device: Device) -> list[tuple[str, tuple[str, ...], int]]:
    found = find_candidates(session, [device])[device.id]
    return [(one.name, one.by, one.score) for one in found]


def test_best_candidate_comes_first_and_each_says_by_what(session: Session) -> None:
    make_asset(session, name="pc-12")
    make_asset(session, name="twin", serial_number="FOC9")
    both = make_asset(session, name="PC-99", serial_number="FOC9")
    make_linked_device(session, both, base_mac_address=MAC)
    device = make_device(
        session, sys_name="pc-12.example.net", serial_number="FOC9", base_mac_address=MAC
    )
    assert _found(session, device) == [
        ("PC-99", ("serial", "mac"), 100),
        ("twin", ("serial",), 60),
        ("pc-12", ("name",), 30),
    ]


@pytest.mark.parametrize("serial", ["To be filled by O.E.M.", "LOANER-1"])
def test_serial_number_that_identifies_nothing_proposes_nobody(
    session: Session, serial: str
) -> None:
    session.add(
        IgnoredKey(
            kind="serial", value="loaner-1", reason="x", author="Ada", created_at=SOME_MOMENT
        )
    )
    make_asset(session, serial_number=serial)
    assert _found(session, make_device(session, serial_number=serial)) == []


@pytest.mark.parametrize("is_away", [True, False])
def test_who_stood_at_the_same_port_or_address_is_a_candidate_once_gone(
    session: Session, *, is_away: bool
) -> None:
    since = SOME_MOMENT if is_away else None
    asset = make_asset(session, name="old", primary_address="192.0.2.9")
    make_linked_device(session, asset, base_mac_address=OTHER_MAC, absent_since=since)
    switch = make_linked_device(session, make_asset(session, name="switch"))
    port = Interface(device_id=switch.id, key="Gi1", if_index=1, addresses=[])
    session.add(port)
    session.flush()
    session.add(
        SwitchPort(
            interface_id=port.id, device_id=switch.id, role=PortRole.EDGE, mac_count=1,
            first_read_at=SOME_MOMENT, read_at=SOME_MOMENT, untagged_vlans=[], tagged_vlans=[],
        )
    )  # fmt: skip
    for mac, days in ((OTHER_MAC, -3), (MAC, 0)):
        at = SOME_MOMENT + timedelta(days=days)
        session.add(
            Attachment(
                mac_address=mac, interface_id=port.id, vlan_id=0, first_seen_at=at, last_seen_at=at
            )
        )
    session.flush()
    device = make_device(session, base_mac_address=MAC, address="192.0.2.9")
    assert _found(session, device) == ([("old", ("port", "address"), 25)] if is_away else [])


def test_score_is_of_a_hundred_at_most() -> None:
    assert score_of(("serial", "mac", "name", "address")) == 100
    assert score_of(("name", "of another version")) == 30
