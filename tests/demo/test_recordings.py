"""Reading .snmprec files."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest

from collectors import oids
from collectors.snmp.transport import Tag
from parc.demo.recordings import (
    RecordingError,
    find_recording,
    oid_key,
    parse_line,
    read_recording,
)


@pytest.mark.parametrize(
    ("line", "tag", "value"),
    [
        (b"1.3.6.1.2.1.1.1.0|4|a text", Tag.OCTET_STRING, b"a text"),
        (b"1.3.6.1.2.1.1.1.0|4|a|b", Tag.OCTET_STRING, b"a|b"),
        (b"1.3.6.1.2.1.1.1.0|4|", Tag.OCTET_STRING, b""),
        (b"1.3.6.1.2.1.1.1.0|4x|00ff10", Tag.OCTET_STRING, b"\x00\xff\x10"),
        (b"1.3.6.1.2.1.1.1.0|4x|Juniper", Tag.OCTET_STRING, b"Juniper"),
        (b"1.3.6.1.2.1.1.1.0|4e|a\\nb\\x41", Tag.OCTET_STRING, b"a\nbA"),
        (b"1.3.6.1.2.1.1.3.0|67|300", Tag.TIME_TICKS, b"\x01\x2c"),
        (b"1.3.6.1.2.1.1.7.0|2|-1", Tag.INTEGER, b"\xff"),
        (b"1.3.6.1.2.1.2.2.1.10.1|65|4294967295", Tag.COUNTER32, b"\x00\xff\xff\xff\xff"),
        (b"1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9", Tag.OBJECT_IDENTIFIER, b"\x2b\x06\x01\x04\x01\x09"),
        (b"1.3.6.1.2.1.4.20.1.1.1|64|127.0.0.1", Tag.IP_ADDRESS, b"\x7f\x00\x00\x01"),
        (b"1.3.6.1.2.1.4.20.1.1.1|64x|7f000001", Tag.IP_ADDRESS, b"\x7f\x00\x00\x01"),
        (b"1.3.6.1.2.1.1.1.0|4:writecache|value=socket 1", Tag.OCTET_STRING, b"socket 1"),
        (b"1.3.6.1.4.1.1.1|2:numeric|scale=5,min=1,initial=154", Tag.INTEGER, b"\x00\x9a"),
    ],
)
def test_line_gives_the_octets_that_go_on_the_wire(line: bytes, tag: int, value: bytes) -> None:
    parsed = parse_line(line)
    assert parsed is not None
    assert parsed[1].tag == tag
    assert parsed[1].value == value


@pytest.mark.parametrize(
    "line",
    [b"", b"# a comment", b"1.3.6|4", b"1.3.6.1.2|99|x", b"1.3.x.1|4|y", b"1.3.6.1.1|64|nowhere"],
)
def test_line_that_no_agent_could_say_is_left_out(line: bytes) -> None:
    assert parse_line(line) is None


def test_objects_come_in_the_order_of_walks(tmp_path: Path) -> None:
    path = tmp_path / "short.snmprec.bz2"
    lines = [b"1.3.6.1.2.1.2.2.1.1.128|2|1", b"1.3.6.1.2.1.2.2.1.1.20000|2|2"]
    path.write_bytes(bz2.compress(b"\n".join([lines[1], b"1.3.6.1.2.1.1.1.0|4|x", lines[0]])))
    found = [oids.decode(line.varbind.oid) for line in read_recording(path)]
    assert found == [
        "1.3.6.1.2.1.1.1.0",
        "1.3.6.1.2.1.2.2.1.1.128",
        "1.3.6.1.2.1.2.2.1.1.20000",
    ]


def test_routes_and_connections_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "router.snmprec"
    path.write_text("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1.2.1.4.21.1.1.10.0.0.0|64|10.0.0.0\n")
    assert len(read_recording(path)) == 1


def test_broken_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.snmprec.bz2"
    path.write_bytes(b"no archive")
    with pytest.raises(RecordingError, match="broken"):
        read_recording(path)


def test_unknown_recording_is_named() -> None:
    with pytest.raises(RecordingError, match="no-such-device"):
        find_recording("no-such-device")


def test_sort_key_orders_long_arcs_by_number() -> None:
    """The octets of BER alone would put 16384 before 16383."""
    low, high = oid_key(oids.encode("1.3.16383")), oid_key(oids.encode("1.3.16384"))
    assert low < high
