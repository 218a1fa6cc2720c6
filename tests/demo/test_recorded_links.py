"""What real switches say of what is plugged into them, by the recordings of snmpsim-data."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.snmp.replay import ReplayTransport
from collectors.target import Target
from parc.demo.recordings import find_recording, read_recording

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
TARGET = Target("192.0.2.1", (SnmpCredential(SnmpVersion.V2C, "public"),))


@pytest.mark.parametrize(
    ("recording", "fdb", "neighbors", "vlans", "mappings"),
    [
        ("network/switch/brocade-icx6430-24", 18, 0, 2, 0),
        ("network/switch/dlink-des3200", 284, 0, 4, 2),
        ("network/switch/hpe-procurve-516733-b21", 276, 10, 8, 0),
        ("network/switch/ruijie-s5750-24gt12sfp", 381, 0, 2, 498),
        ("network/switch/cisco-c3560", 0, 9, 4, 21),
    ],
)
def test_a_recorded_switch_tells_what_is_plugged_into_it(
    recording: str, fdb: int, neighbors: int, vlans: int, mappings: int
) -> None:
    lines = [line.varbind for line in read_recording(find_recording(recording))]
    found = asyncio.run(collect_snmp(TARGET, ReplayTransport(lines), (), lambda: MOMENT))
    assert found.observation is not None
    links = found.observation.links
    assert len(links.fdb.rows) == fdb
    assert len(links.neighbors.rows) == neighbors
    assert len(links.vlans.rows) == vlans
    assert len(links.address_mappings.rows) == mappings
    known = {one.if_index for one in found.observation.interfaces.rows}
    assert {one.if_index for one in links.fdb.rows} <= known
    assert {one.if_index for one in links.neighbors.rows} <= known
    assert found.observation.problems == ()
