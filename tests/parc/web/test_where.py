"""Tests of the page and the command Where is it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from collectors.observation import Category
from parc.cli.where import where
from parc.extensions import db, transaction
from parc.models import BridgeVlan, Location, LocationKind, MappedAddress, Role, WirelessStation
from parc.topology import PortRole
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_linked_device
from tests.links import connect, make_switch, plug, port_of
from tests.statements import statements
from tests.web import Browser

PC, PHONE, LOST = "00:1b:21:3a:00:0a", "00:1b:21:3a:00:0b", "00:1b:21:3a:00:0c"
DAY = timedelta(days=1)


@pytest.fixture
def network(app: Flask) -> None:
    """sw1 is the core; pc-1 stands on sw2, which stands on port 4 of sw1."""
    del app
    with transaction() as session:
        site = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(site)
        session.flush()
        _core, sw1 = make_switch(session, "sw1", asset_tag="S1")
        _edge, sw2 = make_switch(session, "sw2", asset_tag="S2", location_id=site.id)
        session.add(BridgeVlan(device_id=sw2.id, vlan_id=10, name="office"))
        pc = make_asset(
            session, name="pc-1", category=Category.WORKSTATION, asset_tag="P1",
            serial_number="SN-77", primary_address="192.0.2.50",
        )  # fmt: skip
        make_linked_device(session, pc, address="192.0.2.50", base_mac_address=PC)
        connect(session, sw1, 4, sw2, "sw2", "Gi1/0/1")
        plug(session, sw1, 4, PC)
        plug(session, sw1, 4, LOST)
        plug(session, sw2, 3, PC, SOME_MOMENT - 9 * DAY, SOME_MOMENT - 5 * DAY)
        plug(session, sw2, 2, PC, SOME_MOMENT - 4 * DAY)
        plug(session, sw2, 2, PHONE)
        session.add_all(
            [
                MappedAddress(
                    address="192.0.2.77", mac_address=PHONE, device_id=sw1.id,
                    first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
                ),
                WirelessStation(
                    mac_address="00:1b:21:3a:00:0d", device_id=sw1.id, access_point="ap-hall",
                    ssid="staff", address="192.0.2.99",
                    first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
                ),
            ]
        )  # fmt: skip
    db.session.rollback()


@pytest.fixture
def browser(app: Flask, network: None) -> Browser:
    del network
    return Browser(app, Role.READ_ONLY)


@pytest.mark.parametrize(
    "text",
    ["00:1b:21:3a:00:0a", "001B213A000A", "001b.213a.000a", "00-1B-21-3A-00-0A", "192.0.2.50",
     "pc-1", "P1", "sn-77", " PC-1 "],
)  # fmt: skip
def test_any_spelling_gives_the_port_at_once(browser: Browser, text: str) -> None:
    page = browser.get("/where", query_string={"q": text}).text
    spot = page.partition('class="where-spot"')[2].partition("</p>")[0]
    assert "sw2" in spot
    assert "Gi1/0/2" in spot
    assert "Plugged in here" in page
    assert "10 (office)" in page
    assert "Lyon" in page
    assert "Intel" in page


def test_history_tells_the_port_before(browser: Browser) -> None:
    page = browser.get("/where?q=pc-1").text
    history = page.partition("Where it was")[2]
    assert "Gi1/0/3" in history
    assert "1 port on the way to it" in page


def test_address_that_only_a_router_knows_leads_to_its_mac(browser: Browser) -> None:
    page = browser.get("/where?q=192.0.2.77").text
    assert PHONE in page
    assert "Gi1/0/2" in page


def test_machine_that_only_uplinks_saw_is_told_so(browser: Browser) -> None:
    page = browser.get("/where", query_string={"q": LOST}).text
    assert "Seen only on its way" in page
    assert "add its address to a range" in page


def test_machine_that_left_is_told_to_have_been_there(app: Flask, browser: Browser) -> None:
    del app
    with transaction() as session:
        make_asset(session, name="sw9")
        _asset, device = make_switch(session, "sw3", ports=1)
        plug(session, device, 1, "00:1b:21:3a:00:0e", last=SOME_MOMENT - DAY)
    page = browser.get("/where?q=001b213a000e").text
    assert "Was last seen here" in page


def test_station_on_wifi_is_found_by_its_address(browser: Browser) -> None:
    page = browser.get("/where?q=192.0.2.99").text
    assert "ap-hall" in page
    assert "staff" in page


def test_switch_with_one_link_stands_on_it_although_that_is_an_uplink(browser: Browser) -> None:
    spot = browser.get("/where?q=sw2").text.partition('class="where-spot"')[2].partition("</p>")[0]
    assert "sw1" in spot
    assert "Gi1/0/4" in spot


def test_unknown_machine_gets_what_to_do_next(browser: Browser) -> None:
    assert "Nothing by this name" in browser.get("/where?q=nobody").text
    page = browser.get("/where?q=00:1b:21:00:00:99").text
    assert "No switch that Parc reads has seen it." in page


def test_several_that_may_be_meant_are_offered(app: Flask, browser: Browser) -> None:
    del app
    with transaction() as session:
        make_asset(session, name="printer-a", search_text="printer-a", asset_tag="PA")
        make_asset(session, name="printer-b", search_text="printer-b", asset_tag="PB")
        make_device(session, sys_name="printer", address="192.0.2.200")
    page = browser.get("/where?q=printer").text
    assert "Which of these?" in page
    assert 'href="/where?q=PA"' in page
    assert 'href="/where?q=192.0.2.200"' in page


def test_hostile_name_is_text(app: Flask, browser: Browser) -> None:
    del app
    with transaction() as session:
        _asset, device = make_switch(session, "<script>alert(1)</script>", ports=1)
        port_of(session, device, 1).role = PortRole.EDGE
        plug(session, device, 1, "00:1b:21:3a:00:0f")
    page = browser.get("/where?q=001b213a000f").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_answer_takes_few_statements(browser: Browser) -> None:
    browser.get("/where?q=pc-1")
    with statements() as seen:
        assert browser.get("/where?q=pc-1").status_code == 200
    assert len(seen) <= 16


def test_command_says_the_same(network: None) -> None:
    del network
    result = CliRunner().invoke(where, ["001b213a000a"])
    assert result.exit_code == 0, result.output
    assert "plugged into sw2 port Gi1/0/2, VLAN 10" in result.output
    told = json.loads(CliRunner().invoke(where, ["P1", "--json"]).output)
    assert told["whereabouts"]["spot"]["stay"]["port"] == "Gi1/0/2"
    assert CliRunner().invoke(where, ["nobody"]).exit_code == 1
    assert "seen only by uplinks" in CliRunner().invoke(where, [LOST]).output
