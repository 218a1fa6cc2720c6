"""The agent, asked by net-snmp's programs and by hand-made requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import oids
from collectors.snmp.codec import (
    RESPONSE,
    VERSION_1,
    VERSION_2C,
    Message,
    decode_message,
    encode_message,
)
from collectors.snmp.transport import Pdu, Tag, VarBind
from parc.demo.agent import Device, answer, serve
from parc.demo.recordings import Line, find_recording, parse_line, read_recording
from parc.errors import StartError
from tests.demo.conftest import free_port, serving

ADDRESS = "127.0.93.7"
_TEXT = """\
1.3.6.1.2.1.1.1.0|4|A switch
1.3.6.1.2.1.1.5.0|4|sw-01
1.3.6.1.2.1.2.2.1.2.1|4|Gi0/1
1.3.6.1.2.1.2.2.1.2.2|4|Gi0/2
1.3.6.1.2.1.31.1.1.1.6.1|70|5000000000
1.3.6.1.2.1.31.1.1.1.15.1|66|1000
"""


def _lines(text: str = _TEXT) -> list[Line]:
    parsed = [parse_line(line) for line in text.encode().splitlines()]
    return [Line(*entry) for entry in parsed if entry]


def _ask(device: Device, pdu: int, *names: str, **fields: int) -> Message | None:
    request = Message(
        fields.get("version", VERSION_2C),
        b"public",
        pdu,
        7,
        fields.get("non_repeaters", 0),
        fields.get("max_repetitions", 0),
        [VarBind(oids.encode(name), Tag.NULL, b"") for name in names],
    )
    octets = answer(device, encode_message(request))
    return decode_message(octets) if octets else None


def _said(device: Device, pdu: int, *names: str, **fields: int) -> list[tuple[str, int]]:
    reply = _ask(device, pdu, *names, **fields)
    assert reply is not None
    assert (reply.pdu_tag, reply.request_id, reply.error_status) == (RESPONSE, 7, 0)
    return [(oids.decode(one.oid), one.tag) for one in reply.varbinds]


def test_get_tells_missing_objects_from_missing_instances() -> None:
    said = _said(
        Device(_lines()), Pdu.GET, "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.2.2.1.2.9", "1.3.6.1.2.1.99.1"
    )
    tags = [tag for _, tag in said]
    assert tags == [Tag.OCTET_STRING, Tag.NO_SUCH_INSTANCE, Tag.NO_SUCH_OBJECT]


def test_get_next_ends_with_the_end_of_the_view() -> None:
    said = _said(Device(_lines()), Pdu.GET_NEXT, "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.31.1.1.1.15.1")
    assert said == [
        ("1.3.6.1.2.1.1.5.0", Tag.OCTET_STRING),
        ("1.3.6.1.2.1.31.1.1.1.15.1", Tag.END_OF_MIB_VIEW),
    ]


def test_get_bulk_repeats_what_is_not_asked_once() -> None:
    said = _said(
        Device(_lines()),
        Pdu.GET_BULK,
        "1.3.6.1.2.1.1.1",
        "1.3.6.1.2.1.2.2.1.2",
        "1.3.6.1.2.1.31.1.1.1.15",
        non_repeaters=1,
        max_repetitions=2,
    )
    assert [name for name, _ in said] == [
        "1.3.6.1.2.1.1.1.0",
        "1.3.6.1.2.1.2.2.1.2.1",
        "1.3.6.1.2.1.31.1.1.1.15.1",
        "1.3.6.1.2.1.2.2.1.2.2",
        "1.3.6.1.2.1.31.1.1.1.15.1",
    ]


def test_get_bulk_fits_in_a_frame_and_gives_at_least_one_binding() -> None:
    text = "\n".join(f"1.3.6.1.2.1.2.2.1.2.{i}|4|{'x' * 100}" for i in range(1, 200))
    device = Device(_lines(text))
    reply = _ask(device, Pdu.GET_BULK, "1.3.6.1.2.1.2.2.1.2", max_repetitions=100)
    assert reply is not None
    assert 10 <= len(reply.varbinds) <= 14
    assert len(encode_message(reply)) < 1500
    huge = Device(_lines(f"1.3.6.1.2.1.1.1.0|4|{'x' * 3000}"))
    assert len(_said(huge, Pdu.GET_BULK, "1.3.6.1.2.1.1", max_repetitions=5)) == 1


def test_v1_says_no_such_name_and_skips_64_bit_counters() -> None:
    device = Device(_lines())
    reply = _ask(device, Pdu.GET, "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.99.0", version=VERSION_1)
    assert reply is not None
    assert (reply.error_status, reply.error_index) == (2, 2)
    assert reply.varbinds[0].tag == Tag.NULL
    said = _said(device, Pdu.GET_NEXT, "1.3.6.1.2.1.31.1.1.1.6", version=VERSION_1)
    assert said[0][0] == "1.3.6.1.2.1.31.1.1.1.15.1"
    assert _ask(device, Pdu.GET_BULK, "1.3.6", version=VERSION_1) is None


def test_wrong_community_silent_device_and_old_agent_say_nothing() -> None:
    lines = _lines()
    for device in (
        Device(lines, community=b"other"),
        Device(lines, is_silent=True),
        Device(lines, is_v1_only=True),
    ):
        assert _ask(device, Pdu.GET, "1.3.6.1.2.1.1.1.0") is None
    old = Device(lines, is_v1_only=True)
    assert _said(old, Pdu.GET, "1.3.6.1.2.1.1.1.0", version=VERSION_1)


@given(st.binary(max_size=80))
def test_garbage_is_never_answered_with_an_error(octets: bytes) -> None:
    answer(Device(_lines()), octets)


def test_addresses_outside_loopback_are_refused() -> None:
    with pytest.raises(StartError, match="loopback"):
        asyncio.run(serve({"192.0.2.1": Device([])}, 16161, asyncio.Event(), lambda: None))


def test_port_in_use_says_what_to_do() -> None:
    port = free_port()
    devices = {ADDRESS: Device(_lines())}
    with serving(devices, port), pytest.raises(StartError, match="another demo"):
        asyncio.run(serve(devices, port, asyncio.Event(), lambda: None))


@pytest.mark.network
def test_net_snmp_reads_each_address_by_itself(net_snmp: Callable[..., str]) -> None:
    port = free_port()
    other = "1.3.6.1.2.1.1.5.0|4|sw-02"
    with serving({ADDRESS: Device(_lines()), "127.0.93.8": Device(_lines(other))}, port):
        name = ".1.3.6.1.2.1.1.5.0"
        first = net_snmp("snmpget", "-v2c", "-c", "public", f"{ADDRESS}:{port}", name)
        second = net_snmp("snmpget", "-v1", "-c", "public", f"127.0.93.8:{port}", name)
        wrong = net_snmp("snmpget", "-v2c", "-c", "wrong", f"{ADDRESS}:{port}", name)
    assert '"sw-01"' in first
    assert '"sw-02"' in second
    assert "Timeout" in wrong


@pytest.mark.network
def test_net_snmp_walks_a_whole_recording_in_order(net_snmp: Callable[..., str]) -> None:
    lines = read_recording(find_recording("UPS/apc-7902b"))
    port = free_port()
    with serving({ADDRESS: Device(lines)}, port):
        target = f"{ADDRESS}:{port}"
        bulk = net_snmp("snmpbulkwalk", "-v2c", "-c", "public", "-Cr40", target, ".1")
        single = net_snmp("snmpwalk", "-v1", "-c", "public", target, ".1.3.6.1.2.1.2")
    asked = [
        line.split(" = ")[0]
        for line in bulk.splitlines()
        if " = " in line and "No more" not in line
    ]
    assert asked == [f".{oids.decode(line.varbind.oid)}" for line in lines]
    assert "not increasing" not in bulk + single
    assert single.count(".1.3.6.1.2.1.2.2.1.1.") == 2


@pytest.mark.network
def test_lossy_and_slow_device_is_read_by_repeating(net_snmp: Callable[..., str]) -> None:
    port = free_port()
    device = Device(_lines(), delay_seconds=0.01, loss=0.4)
    target = f"{ADDRESS}:{port}"
    with serving({ADDRESS: device}, port):
        said = net_snmp(
            "snmpbulkwalk",
            "-v2c",
            "-c",
            "public",
            "-r",
            "20",
            "-t",
            "0.1",
            target,
            ".1",
        )
    assert '"Gi0/2"' in said
