"""Forwarding tables by VLAN in contexts of SNMPv3, as a real snmpd has them.

snmpd asks a simulated switch for what it tells: for Cisco's objects without a context, and for the
bridge of each VLAN in a context of its own.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.snmp.udp_transport import UdpTransport
from collectors.target import Target
from parc.demo.agent import Device, serve
from parc.demo.recordings import Line, parse_line
from tests.collectors.conftest import SNMPD, free_udp_port, wait_until_it_listens
from tests.collectors.snmp.test_links import CISCO, in_vlan

pytestmark = pytest.mark.network

PLAIN = "127.46.0.1"
VLANS = {10: ("127.46.0.10", 3), 20: ("127.46.0.20", 7)}
MOMENT = datetime(2026, 11, 26, tzinfo=UTC)
CONFIGURATION = """\
agentaddress udp:127.0.0.1:{port}
rocommunity correct 127.0.0.1
sysObjectID 1.3.6.1.4.1.9.1.633
createUser reader
rouser reader noauth -V all ""
rouser reader noauth -V all vlan-*
view all included .1
"""


def device(text: str) -> Device:
    """Make what answers from lines of a walk."""
    lines = [parse_line(line.encode()) for line in text.splitlines()]
    return Device(sorted(Line(*line) for line in lines if line is not None))


def proxies(port: int) -> Iterator[str]:
    """Give the directives that pass requests on."""
    for root in (".1.3.6.1.2.1.17", ".1.3.6.1.4.1.9", ".1.3.6.1.2.1.2", ".1.3.6.1.2.1.31"):
        yield f"proxy -v 2c -c public {PLAIN}:{port} {root}"
    for vlan_id, (address, _) in VLANS.items():
        yield f"proxy -Cn vlan-{vlan_id} -v 2c -c public {address}:{port} .1.3.6.1.2.1.17"


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Give the ports of snmpd, which runs, and of the switch behind it, which does not yet."""
    if not SNMPD.exists():
        pytest.skip("snmpd is not installed (Debian package snmpd)")
    front, back = free_udp_port(), free_udp_port()
    path = tmp_path / "snmpd.conf"
    path.write_text("\n".join([CONFIGURATION.format(port=front), *proxies(back), ""]))
    process = subprocess.Popen(
        [
            *(SNMPD, "-f", "-Lf", tmp_path / "log", "-C", "-c", path, "-p", tmp_path / "pid"),
            *("-I", "-ifTable,ifXTable,interface"),
        ],
        env={"SNMP_PERSISTENT_DIR": str(tmp_path / "persistent"), "PATH": "/usr/sbin:/usr/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(process, front)
        yield front, back
    finally:
        process.terminate()
        process.wait(timeout=10)


async def collect(front: int, back: int) -> SnmpResult:
    devices = {PLAIN: device(CISCO)}
    devices |= {at: device(in_vlan(vlan_id, own)) for vlan_id, (at, own) in VLANS.items()}
    until, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(devices, back, until, ready.set))
    await ready.wait()
    transport = UdpTransport()
    credential = SnmpCredential(SnmpVersion.V3, user_name="reader", port=front)
    try:
        target = Target("127.0.0.1", (credential,))
        return await collect_snmp(target, transport, (), lambda: MOMENT)
    finally:
        await transport.close()
        until.set()
        await serving


def test_each_vlan_is_read_in_its_context(ports: tuple[int, int]) -> None:
    result = asyncio.run(collect(*ports))
    assert result.observation is not None
    found = {(row.if_index, row.vlan_id) for row in result.observation.links.fdb.rows}
    assert found >= {(101, vlan_id) for vlan_id in VLANS}
