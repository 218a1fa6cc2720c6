"""What firmware and agents of others say of a device that no definition knows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collectors import oids
from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition, Get, TableFirst
from collectors.evidence import Means
from collectors.observation import Category, Identity
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target

DEFINITIONS = load_definitions()
UNKNOWN_MAKER = "1.3.6.1.4.1.999999.1.7"


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


@pytest.mark.parametrize(
    ("lines", "model", "serial"),
    [
        (
            (
                "1.3.6.1.4.1.534.1.1.2.0|4|9PX 3000i",
                "1.3.6.1.4.1.534.1.1.6.0|4|GA05H12345",
            ),
            "9PX 3000i",
            "GA05H12345",
        ),
        (
            (
                f"{UNKNOWN_MAKER}.1.1.5.1.0|4|SMC6128L2",
                f"{UNKNOWN_MAKER}.1.1.3.1.6.1|4|1.2.3.4",
                f"{UNKNOWN_MAKER}.1.1.3.1.10.1|4|A911025123",
            ),
            "SMC6128L2",
            "A911025123",
        ),
        # Without the name of the product the same place may hold anything.
        ((f"{UNKNOWN_MAKER}.1.1.3.1.10.1|4|A911025123",), None, None),
        (
            (
                "1.3.6.1.3.94.1.6.1.7.16.1|4|VTrak E610f",
                "1.3.6.1.3.94.1.6.1.8.16.1|4|M00H06I12400123",
            ),
            "VTrak E610f",
            "M00H06I12400123",
        ),
        # Two units of one agent are two devices.
        (
            (
                "1.3.6.1.3.94.1.6.1.7.16.1|4|VTrak E610f",
                "1.3.6.1.3.94.1.6.1.7.16.2|4|VTrak E610f",
                "1.3.6.1.3.94.1.6.1.8.16.1|4|M00H06I12400123",
                "1.3.6.1.3.94.1.6.1.8.16.2|4|M00H06I12400124",
            ),
            "VTrak E610f",
            None,
        ),
        (
            (
                "1.2.840.10036.3.1.2.1.3.5|4|WL-330N3G",
                "1.2.840.10036.3.1.2.1.3.6|4|WL-330N3G",
            ),
            "WL-330N3G",
            None,
        ),
    ],
)
def test_mibs_of_many_makers_tell_model_and_serial_number(
    lines: tuple[str, ...], model: str | None, serial: str | None
) -> None:
    identity = identity_of(*lines)
    assert identity.model_name == model
    assert identity.serial_number == serial


def test_bought_firmware_tells_what_kind_of_device_carries_it() -> None:
    switch = identity_of("1.3.6.1.4.1.4413.1.1.1.1.1.4.0|4|QTFCA63280001")
    assert switch.category is Category.SWITCH
    supply = identity_of("1.3.6.1.4.1.534.1.1.2.0|4|9PX 3000i")
    assert supply.category is Category.UPS
    assert identity_of("1.3.6.1.4.1.232.2.2.2.1.0|4|CZJ1230ABC").category is None


def test_a_printer_without_definition_is_known_by_its_1284_identification() -> None:
    identity = identity_of(
        "1.3.6.1.2.1.43.5.1.1.1.1|2|1",
        "1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1|4|MFG:Pantum;CMD:PCL;MDL:BP5100DN;SN:CK1A123456;",
    )
    assert identity.model_name == "BP5100DN"
    assert identity.serial_number == "CK1A123456"
    assert identity.manufacturer == "Pantum"
    chosen = [one for one in identity.origins if one.field == "serial_number"]
    assert [one.how.object_name for one in chosen] == ["ppmPrinterIEEE1284DeviceId"]


FAMILY = replace(
    next(one for one in DEFINITIONS if one.id == "apc_ups"),
    id="example_family",
    manufacturer="Example",
    read={
        "serial_number": (Get(oids.encode("1.3.6.1.4.1.999999.5.1.0")),),
        "model_name": (TableFirst(oids.encode("1.3.6.1.4.1.999999.5.2.1.3")),),
        "software_revision": (
            Get(oids.encode("1.3.6.1.4.1.999999.5.3.0")),
            Get(oids.encode("1.3.6.1.4.1.999999.5.4.0")),
        ),
    },
)


def test_objects_of_a_makers_other_families_tell_of_its_unknown_device() -> None:
    identity = read(
        f"1.3.6.1.2.1.1.2.0|6|{UNKNOWN_MAKER}",
        "1.3.6.1.4.1.999999.5.1.0|4|EX12345678",
        "1.3.6.1.4.1.999999.5.2.1.3.7|4|EX-4000",
        "1.3.6.1.4.1.999999.5.3.0|4|1.2.3",
        "1.3.6.1.4.1.999999.5.4.0|4|7.8.9",
        definitions=(FAMILY,),
    )
    assert (identity.definition, identity.manufacturer) == (None, None)
    assert (identity.serial_number, identity.model_name) == ("EX12345678", "EX-4000")
    assert identity.software_revision is None  # two objects say different things
    origins = {one.field: one.how for one in identity.origins}
    assert origins["model_name"].means == Means.KIN
    assert origins["model_name"].oid == "1.3.6.1.4.1.999999.5.2.1.3.7"
