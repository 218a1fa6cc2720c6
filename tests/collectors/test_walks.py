"""Recorded walks: both formats, octet by octet, and what is refused with its line."""

from __future__ import annotations

import pytest

from collectors import oids, walks
from collectors.snmp.transport import Tag, VarBind
from collectors.walks import WalkError, read_walk


def _read(text: str) -> dict[str, tuple[int, bytes]]:
    found = read_walk(text.encode("latin-1"))
    return {oids.decode(one.oid): (one.tag, one.value) for one in found}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1.3.6.1|4|a|b", (4, b"a|b")),
        ("1.3.6.1|4|caf\xe9", (4, b"caf\xe9")),
        (".1.3.6.1|4x|00ff", (4, b"\x00\xff")),
        ("1.3.6.1|4e|a\\x00b", (4, b"a\x00b")),
        ("1.3.6.1|2|-1", (2, b"\xff")),
        ("1.3.6.1|65|128", (65, b"\x00\x80")),
        ("1.3.6.1|64|192.0.2.1", (64, bytes([192, 0, 2, 1]))),
        ("1.3.6.1|64x|c0000201", (64, bytes([192, 0, 2, 1]))),
        ("1.3.6.1|6|1.3.6.1.4", (6, oids.encode("1.3.6.1.4"))),
        ("1.3.6.1|5|", (5, b"")),
    ],
)
def test_line_of_snmprec_gives_its_octets(line: str, expected: tuple[int, bytes]) -> None:
    assert _read(f"# recorded\r\n\r\n{line}\r\n") == {"1.3.6.1": expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('STRING: "one"', (4, b"one")),
        ('STRING: "say \\"hi\\" \\\\"', (4, b'say "hi" \\')),
        ('STRING: "one\ntwo\n\nthree"', (4, b"one\ntwo\n\nthree")),
        ('STRING: "one\n"', (4, b"one\n")),
        ("STRING: 0:1a:2b:3c:4d:5e", (4, b"0:1a:2b:3c:4d:5e")),
        ('""', (4, b"")),
        ("", (4, b"")),
        ("Hex-STRING: 00 1A \n2B 3C ", (4, b"\x00\x1a\x2b\x3c")),
        ("BITS: 80 00 first(0)", (4, b"\x80\x00")),
        ("INTEGER: up(1)", (2, b"\x01")),
        ("INTEGER: -5 dBm", (2, b"\xfb")),
        ("Timeticks: (128) 0:00:01.28", (67, b"\x00\x80")),
        ("Counter32: 7", (65, b"\x07")),
        ("Counter64: 18446744073709551615", (70, b"\x00" + b"\xff" * 8)),
        ("Gauge32: 100 percent", (66, b"\x64")),
        ("OID: .1.3.6.1.4", (6, oids.encode("1.3.6.1.4"))),
        ("IpAddress: 192.0.2.1", (64, bytes([192, 0, 2, 1]))),
        ("Network Address: C0:00:02:01", (64, bytes([192, 0, 2, 1]))),
        ("Opaque: Float: 1.500000", (68, bytes.fromhex("9f78043fc00000"))),
        ("Wrong Type (should be INTEGER): Gauge32: 4", (66, b"\x04")),
    ],
)
def test_value_of_snmpwalk_gives_its_octets(value: str, expected: tuple[int, bytes]) -> None:
    text = f".1.3.6.1 = {value}\n.1.3.6.2 = INTEGER: 1\n"
    assert _read(text) == {"1.3.6.1": expected, "1.3.6.2": (2, b"\x01")}


def test_what_the_agent_did_not_have_is_left_out() -> None:
    text = (
        "iso.3.6.1 = No Such Object available on this agent at this OID\n"
        "iso.3.6.2 = INTEGER: 1\n"
        "iso.3.6.3 = No more variables left in this MIB View (It is past the end)\n"
    )
    assert list(_read(text)) == ["1.3.6.2"]
    assert _read("1.3.6.1|129|\n1.3.6.2|2|1\n") == {"1.3.6.2": (2, b"\x01")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no values"),
        ("\x7fELF\x00", "line 1: is neither"),
        ("SNMPv2-MIB::sysDescr.0 = STRING: x", "line 1: .*snmpwalk -On"),
        ("1.3.6.1|2|1\nnonsense", "line 2: is not OID"),
        ("1.3.6.1|2|many", "line 1: invalid literal"),
        ("1.3.6.1|2|" + "9" * 40, "line 1: a value of 17 octets"),
        ("1.3.6.1|99|x", "line 1: no value has the tag 99"),
        ("1.3.6.1|64|1.2.3", "line 1: a value of 3 octets"),
        ("1.3.6.1|64|1.2.3.999", "line 1: bytes must be"),
        ("1.3.6.1|4x|0", "line 1"),
        ("9.3.6.1|4|x", "line 1: the first two arcs"),
        ("1.3.6.99999999999|4|x", "line 1: arc"),
        (".1.3.6.1 = INTEGER: 1\n.1.3.6.2 = Thing: 1", "line 2: 'Thing: 1'"),
        (".1.3.6.1 = INTEGER: 1\nmore", "line 2: is neither"),
        (".1.3.6.1 = Hex-STRING: 0Z", "line 1"),
        (".1.3.6.1 = STRING: " + "x" * 65_536, "line 1: a value of 65536 octets"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(WalkError, match=reason):
        read_walk(text.encode("latin-1"))


def test_recording_beyond_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "MAX_VARBINDS", 1)
    with pytest.raises(WalkError, match="more than 1 values"):
        read_walk(b"1.3.6.1|2|1\n1.3.6.2|2|1\n")
    monkeypatch.setattr(walks, "MAX_OCTETS", 1024 * 1024)
    with pytest.raises(WalkError, match="larger than 1 MiB"):
        read_walk(b"#" * (1024 * 1024 + 1))


def test_value_that_is_told_twice_stays_so() -> None:
    expected = [VarBind(oids.encode("1.3.6.2"), Tag.INTEGER, b"\x01")] * 2
    assert read_walk(b"1.3.6.2|2|1\n1.3.6.2|2|1\n") == expected
