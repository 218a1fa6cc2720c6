"""Stations on access points, from hand-made rows of each maker's table."""

from __future__ import annotations

import asyncio

import pytest

from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.observation import WirelessClient, WirelessClientTable
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Endpoint
from collectors.snmp.wireless_clients import read_clients, tables_of
from collectors.target import Limits

ENTERPRISES = "1.3.6.1.4.1"
BSN = f"{ENTERPRISES}.14179.2.1.4.1"
AP_NAME = f"{ENTERPRISES}.14179.2.2.1.1.3"
LWAPP = f"{ENTERPRISES}.9.9.599.1.3.1.1"
ARUBA = f"{ENTERPRISES}.14823.2.2.1.4.1.2.1"
AIRMAX = f"{ENTERPRISES}.41112.1.4.7.1"
MIKROTIK = f"{ENTERPRISES}.14988.1.1.1"
RUCKUS = f"{ENTERPRISES}.25053.1.2.2.1.1.3.1.1"
ONE, TWO = "0.0.94.0.83.1", "0.0.94.0.83.2"
FIRST = "00:00:5e:00:53:01"
AP_MAC, AP_INDEX = "00005e0053a0", "0.0.94.0.83.160"


def clients_of(text: str, enterprise: int) -> WirelessClientTable:
    async def read() -> WirelessClientTable:
        credential = SnmpCredential(SnmpVersion.V2C, "public")
        transport = ReplayTransport(read_snmprec(text))
        session = DeviceSession(transport, Endpoint("192.0.2.1", credential), Limits())
        table = await read_clients(session, set(tables_of(enterprise)), enterprise)
        assert session.problems == []
        return table

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("enterprise", "text", "expected"),
    [
        (
            9,
            (
                f"{BSN}.2.{ONE}|64|192.0.2.7\n{BSN}.4.{ONE}|4x|{AP_MAC}\n{BSN}.7.{ONE}|4|office\n"
                f"{BSN}.9.{ONE}|2|3\n{BSN}.9.{TWO}|2|7\n{AP_NAME}.{AP_INDEX}|4|ap-hall\n"
            ),
            WirelessClient(FIRST, "192.0.2.7", "office", "ap-hall"),
        ),
        (
            9,
            (
                f"{LWAPP}.2.{ONE}|2|4\n{LWAPP}.8.{ONE}|4x|{AP_MAC}\n{LWAPP}.10.{ONE}|64|192.0.2.7\n"
                f"{LWAPP}.28.{ONE}|4|office\n{LWAPP}.2.{TWO}|2|8\n"
            ),
            WirelessClient(FIRST, "192.0.2.7", "office", "00:00:5e:00:53:a0"),
        ),
        (
            14823,
            (
                f"{ARUBA}.10.{ONE}.192.0.2.7|4|ap-hall\n{ARUBA}.23.{ONE}.192.0.2.7|2|2\n"
                f"{ARUBA}.10.{TWO}.192.0.2.8|4|N/A\n{ARUBA}.23.{TWO}.192.0.2.8|2|1\n"
            ),
            WirelessClient(FIRST, "192.0.2.7", None, "ap-hall"),
        ),
        (
            10002,
            f"{AIRMAX}.2.1.{ONE}|4|pole-3\n{AIRMAX}.10.1.{ONE}|64|192.0.2.7\n",
            WirelessClient(FIRST, "192.0.2.7", host_name="pole-3"),
        ),
        (
            14988,
            f"{MIKROTIK}.2.1.3.{ONE}.5|2|-60\n{MIKROTIK}.3.1.4.5|4|office\n",
            WirelessClient(FIRST, ssid="office"),
        ),
        (
            25053,
            f"{RUCKUS}.2.{ONE}|4x|{AP_MAC}\n{RUCKUS}.4.{ONE}|4|office\n{RUCKUS}.8.{ONE}|64|0.0.0.0\n",
            WirelessClient(FIRST, None, "office", "00:00:5e:00:53:a0"),
        ),
    ],
    ids=["airespace", "lwapp", "aruba", "airmax", "mikrotik", "ruckus"],
)
def test_stations_of_each_maker(enterprise: int, text: str, expected: WirelessClient) -> None:
    assert clients_of(text, enterprise) == WirelessClientTable((expected,), complete=True)


def test_damaged_indexes_and_groups_are_left_out() -> None:
    text = f"{RUCKUS}.4.0.0.94.0.83|4|a\n{RUCKUS}.4.{ONE}.1|4|b\n{RUCKUS}.4.1.0.94.0.0.1|4|c\n"
    assert clients_of(text, 25053).rows == ()


def test_a_maker_without_a_known_table_has_no_stations() -> None:
    assert clients_of(f"{RUCKUS}.4.{ONE}|4|a\n", 2) == WirelessClientTable()
