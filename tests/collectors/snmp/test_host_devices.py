"""Processors and disks of hosts become parts of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.observation import Component, ComponentTable
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target

DEFINITIONS = load_definitions()
DEVICE = "1.3.6.1.2.1.25.3.2.1"
TYPE = "1.3.6.1.2.1.25.3.1"
DISK = "1.3.6.1.2.1.25.3.6.1"
SERVER = ("1.3.6.1.2.1.1.1.0|4|Linux web 6.1.0-13-amd64 #1 SMP x86_64",
          "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10")  # fmt: skip
XEON = "GenuineIntel: Intel(R) Xeon(R) Silver 4210 CPU @ 2.20GHz"


def components_of(*lines: str) -> ComponentTable:
    transport = ReplayTransport(read_snmprec("\n".join(lines)))
    target = Target("192.0.2.1", (SnmpCredential(SnmpVersion.V2C, community="public"),))
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    result = asyncio.run(collect_snmp(target, transport, DEFINITIONS, lambda: moment))
    assert result.observation is not None
    assert result.observation.problems == ()
    return result.observation.components


HARDWARE = (
    f"{DEVICE}.2.196608|6|{TYPE}.3",
    f"{DEVICE}.3.196608|4|{XEON}",
    f"{DEVICE}.2.196609|6|{TYPE}.3",
    f"{DEVICE}.3.196609|4|{XEON}",
    f"{DEVICE}.2.262145|6|{TYPE}.4",
    f"{DEVICE}.3.262145|4|network interface eth0",
    f"{DEVICE}.2.393232|6|{TYPE}.6",
    f"{DEVICE}.3.393232|4|SCSI disk (/dev/sda)",
    f"{DEVICE}.2.393233|6|{TYPE}.6",
    f"{DEVICE}.3.393233|4|SCSI CD-ROM (/dev/sr0)",
    f"{DEVICE}.2.786432|6|{TYPE}.12",
    f"{DEVICE}.3.786432|4|Guessing that there's a floating point co-processor",
    f"{DISK}.3.393232|2|2",
    f"{DISK}.4.393232|2|500107608",
    f"{DISK}.3.393233|2|1",
    f"{DISK}.4.393233|2|0",
)


def test_a_server_has_its_processors_and_disks_as_parts() -> None:
    table = components_of(*SERVER, *HARDWARE)
    assert table.complete
    assert table.rows == (
        Component(
            index=-196608,
            component_class="cpu",
            name=f"2 × {XEON}",  # noqa: RUF001 -- times
            description=XEON,
        ),
        Component(
            index=-393232,
            component_class="storageDrive",
            name="SCSI disk (/dev/sda)",
            size_bytes=512110190592,
        ),
    )


def test_what_the_entity_mib_tells_is_not_told_twice() -> None:
    entity = ("1.3.6.1.2.1.47.1.1.1.1.2.5|4|Intel Xeon", "1.3.6.1.2.1.47.1.1.1.1.5.5|2|12")
    table = components_of(*SERVER, *entity, *HARDWARE)
    assert [(row.index, row.component_class) for row in table.rows] == [
        (5, "cpu"),
        (-393232, "storageDrive"),
    ]


def test_a_switch_is_not_asked_for_them() -> None:
    switch = ("1.3.6.1.2.1.1.1.0|4|Cisco IOS Software, C2960 Software",
              "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.716",
              "1.3.6.1.2.1.17.1.2.0|2|24")  # fmt: skip
    assert components_of(*switch, *HARDWARE).rows == ()
