"""What firmware and agents of others say of a device that no definition knows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.observation import Identity
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target

UNKNOWN_MAKER = "1.3.6.1.4.1.999999.1"


def identity_of(*lines: str) -> Identity:
    """Collect from a device of nobody we know, with these objects."""
    recording = "\n".join(
        ("1.3.6.1.2.1.1.1.0|4|Box", f"1.3.6.1.2.1.1.2.0|6|{UNKNOWN_MAKER}", *lines)
    )
    transport = ReplayTransport(read_snmprec(recording))
    target = Target("192.0.2.10", (SnmpCredential(SnmpVersion.V2C, community="public"),))
    moment = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    result = asyncio.run(collect_snmp(target, transport, (), lambda: moment))
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
