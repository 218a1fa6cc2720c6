"""What firmware and agents of others say of a device that no definition knows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition
from collectors.observation import Identity
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target

DEFINITIONS = load_definitions()
UNKNOWN_MAKER = "1.3.6.1.4.1.999999.1"


def identity_of(*lines: str) -> Identity:
    """Collect from a device of nobody we know, with these objects."""
    head = ("1.3.6.1.2.1.1.1.0|4|Box", f"1.3.6.1.2.1.1.2.0|6|{UNKNOWN_MAKER}")
    return read(*head, *lines, definitions=())


def read(*lines: str, definitions: Iterable[Definition] = DEFINITIONS) -> Identity:
    """Collect from a device that has these objects."""
    transport = ReplayTransport(read_snmprec("\n".join(lines)))
    target = Target("192.0.2.10", (SnmpCredential(SnmpVersion.V2C, community="public"),))
    moment = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    result = asyncio.run(collect_snmp(target, transport, definitions, lambda: moment))
    assert result.observation is not None
    assert result.observation.identity is not None
    return result.observation.identity


@pytest.mark.parametrize(
    ("lines", "model", "serial", "version"),
    [
        (
            ("1.3.6.1.4.1.89.53.14.1.2.1|4|4.0.9.2", "1.3.6.1.4.1.89.53.14.1.5.1|4|ES1B004512"),
            None,
            "ES1B004512",
            "4.0.9.2",
        ),
        (
            (
                "1.3.6.1.4.1.4413.1.1.1.1.1.3.0|4|LB6M",
                "1.3.6.1.4.1.4413.1.1.1.1.1.4.0|4|QTFCA63280001",
                "1.3.6.1.4.1.4413.1.1.1.1.1.13.0|4|1.2.0.18",
            ),
            "LB6M",
            "QTFCA63280001",
            "1.2.0.18",
        ),
        (
            (
                "1.3.6.1.4.1.232.2.2.2.1.0|4|CZJ1230ABC",
                "1.3.6.1.4.1.232.2.2.4.2.0|4|ProLiant DL380 Gen9",
            ),
            "ProLiant DL380 Gen9",
            "CZJ1230ABC",
            None,
        ),
        (("1.3.6.1.4.1.11.2.36.1.1.2.9.0|4|SG2341B0C1",), None, "SG2341B0C1", None),
        (("1.3.6.1.4.1.89.53.14.1.5.1|4|0000000000",), None, None, None),
    ],
)
def test_bought_firmware_tells_what_the_maker_does_not(
    lines: tuple[str, ...], model: str | None, serial: str | None, version: str | None
) -> None:
    identity = identity_of(*lines)
    assert identity.model_name == model
    assert identity.serial_number == serial
    assert identity.software_revision == version


def test_an_appliance_is_not_the_plain_host_that_it_is_built_on() -> None:
    kernel = "1.3.6.1.2.1.1.1.0|4|Linux box 5.4.0-62-generic #70 SMP x86_64"
    net_snmp = "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10"
    haproxy = "1.3.6.1.4.1.23263.1.1.0|2|1"
    dell_agent = "1.3.6.1.4.1.674.10892.1.300.10.1.11.1|4|ABC1234"
    plain = read(kernel, net_snmp)
    assert (plain.operating_system, plain.category) == ("Linux", "server")
    appliance = read(kernel, net_snmp, haproxy)
    assert appliance.manufacturer == "HAProxy"
    assert appliance.category == "loadbalancer"
    assert appliance.operating_system is None
    assert appliance.software_revision is None
    host = read(kernel, net_snmp, dell_agent)
    assert (host.manufacturer, host.operating_system) == ("Dell", "Linux")
    assert host.serial_number == "ABC1234"
