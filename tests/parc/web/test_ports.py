"""Tests of the ports page of a switch, and of what a sheet says of its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.observation import Category
from parc.clock import now
from parc.extensions import db, transaction
from parc.models import Device, Interface, Role
from parc.web.ports import _ranges
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device
from tests.links import connect, make_switch, plug, port_of
from tests.web import Browser

PC = "00:1b:21:3a:00:0a"


@pytest.fixture
def switch_id(app: Flask) -> int:
    """sw1: port 1 has pc-1, 2 leads to sw2, 3 is free for ever, 10 since 20 days."""
    del app
    with transaction() as session:
        asset, sw1 = make_switch(session, "sw1", ports=10)
        _other, sw2 = make_switch(session, "sw2", ports=2)
        pc = make_asset(session, name="pc-1", category=Category.WORKSTATION)
        make_linked_device(session, pc, base_mac_address=PC)
        plug(session, sw1, 1, PC, last=now())
        port_of(session, sw1, 1).read_at = now() - timedelta(minutes=1)
        plug(session, sw1, 1, "00:1b:21:3a:00:0b", last=now())
        connect(session, sw1, 2, sw2, "sw2", "Gi1/0/1")
        port_of(session, sw1, 2).last_used_at = now()
        port_of(session, sw1, 10).last_used_at = now() - timedelta(days=20)
        port = port_of(session, sw1, 1)
        port.native_vlan, port.tagged_vlans = 10, [20, 21, 22, 30]
        port.power_status = "deliveringPower"
        for number in range(1, 11):
            port_of(session, sw1, number).first_read_at = SOME_MOMENT - timedelta(days=400)
        session.add(Interface(device_id=sw1.id, key="Vlan1", if_index=99, if_type=53, addresses=[]))
    db.session.rollback()
    return asset.id


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app, Role.READ_ONLY)


def _names(page: str) -> list[str]:
    return [part.partition("<")[0] for part in page.split('<th scope="row">')[1:]]


def test_ports_come_as_a_person_counts_without_what_is_no_socket(
    browser: Browser, switch_id: int
) -> None:
    page = browser.get(f"/assets/{switch_id}/ports").text
    assert _names(page) == [f"Gi1/0/{number}" for number in range(1, 11)]


def test_aggregate_names_its_members_and_they_name_it(browser: Browser, switch_id: int) -> None:
    with transaction() as session:
        whole = session.scalars(sa.select(Interface).where(Interface.key == "Vlan1")).one()
        whole.key, whole.if_type = "Po1", 161
        sw1 = session.get_one(Device, whole.device_id)
        for number in (4, 5):
            port_of(session, sw1, number).aggregate_id = whole.id
    names = _names(browser.get(f"/assets/{switch_id}/ports").text)
    assert {"Po1 (Gi1/0/4, Gi1/0/5)", "Gi1/0/4 (Po1)", "Gi1/0/5 (Po1)"} < set(names)


def test_port_tells_machines_neighbour_vlans_and_power(browser: Browser, switch_id: int) -> None:
    page = browser.get(f"/assets/{switch_id}/ports").text
    assert ">pc-1</a>" in page
    assert "00:1b:21:3a:00:0b" in page
    assert ">sw2</a>" in page
    assert "10, tagged: 20-22, 30" in page
    assert "delivers" in page


@pytest.mark.parametrize(
    ("query", "ports"),
    [
        ("free=7", [3, 4, 5, 6, 7, 8, 9, 10]),
        ("free=30", [3, 4, 5, 6, 7, 8, 9]),
        ("role=uplink", [2]),
        ("with=neighbor", [2]),
        ("with=machines", [1]),
        ("with=power&with=neighbor", [1, 2]),
        ("q=SW2", [2]),
        ("sort=-machines&with=machines", [1]),
    ],
)
def test_filters_leave_what_they_say(
    browser: Browser, switch_id: int, query: str, ports: list[int]
) -> None:
    page = browser.get(f"/assets/{switch_id}/ports?{query}").text
    assert _names(page) == [f"Gi1/0/{number}" for number in ports]


def test_pages_follow_each_other(app: Flask, browser: Browser) -> None:
    del app
    with transaction() as session:
        asset, _device = make_switch(session, "big", ports=60)
    first = browser.get(f"/assets/{asset.id}/ports?size=25").text
    assert len(_names(first)) == 25
    url = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(url).text
    assert _names(second)[0] == "Gi1/0/26"
    back = second.partition('rel="prev" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert _names(browser.get(back).text) == _names(first)


def test_wrong_filter_is_refused(browser: Browser, switch_id: int) -> None:
    assert browser.get(f"/assets/{switch_id}/ports?free=8").status_code == 422
    assert browser.get(f"/assets/{switch_id}/ports?nothing=1").status_code == 422


def test_export_holds_the_ports_of_the_filter(browser: Browser, switch_id: int) -> None:
    lines = browser.get(f"/assets/{switch_id}/ports.csv?with=machines").text.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Gi1/0/1,")
    assert "pc-1" in lines[1]


def test_asset_without_ports_says_so(app: Flask, browser: Browser) -> None:
    del app
    with transaction() as session:
        asset = make_asset(session)
    assert "No port is known." in browser.get(f"/assets/{asset.id}/ports").text


def test_sheet_of_a_machine_names_its_port(browser: Browser, switch_id: int) -> None:
    del switch_id
    page = browser.get("/where?q=pc-1").text
    sheet = page.partition('id="where-name"><a href="')[2].partition('"')[0]
    spot = browser.get(sheet).text.partition('class="spot"')[2].partition("</p>")[0]
    assert ">sw1</a>" in spot
    assert ">Gi1/0/1</a>" in spot


def test_interfaces_of_a_switch_name_their_neighbours(browser: Browser, switch_id: int) -> None:
    page = browser.get(f"/assets/{switch_id}/interfaces").text
    assert ">sw2</a>" in page


def test_ranges_of_vlans() -> None:
    assert _ranges([]) == []
    assert _ranges([1, 2, 3, 7, 9, 10]) == ["1-3", "7", "9-10"]
