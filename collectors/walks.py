"""Recorded walks as people have them: ``.snmprec`` of snmpsim, and the output of ``snmpwalk -On``.

Bounded, and strict about what would read as something else: an error names its line. Lines are
octets in ISO 8859-1, so that each octet of a text stays itself. Pure.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from collectors import oids
from collectors.snmp.codec import encode_integer
from collectors.snmp.transport import Tag, VarBind

MAX_OCTETS: Final = 64 * 1024 * 1024
MAX_VARBINDS: Final = 500_000
MAX_VALUE_OCTETS: Final = 65_535

_SNMPREC: Final = re.compile(r"(?P<oid>\.?[0-9]+(?:\.[0-9]+)+)\|(?P<tag>[0-9]+)(?P<kind>[xe]?)\|")
_HEAD: Final = re.compile(r"(?P<oid>\.?(?:iso|[0-9]+)(?:\.[0-9]+)+) = ?")
_NAMED: Final = re.compile(r"[A-Za-z][\w-]*::")
_TYPE: Final = re.compile(r"(?P<type>[A-Za-z][A-Za-z0-9 -]*?): ?")
_SILENT: Final = ("No Such ", "No more variables", "NULL")
_WRONG_TYPE: Final = re.compile(r"Wrong Type \(should be [^)]*\): ")
_ESCAPED: Final = re.compile(r"\\([\\\"])")
_NUMBER: Final = re.compile(r"(?:[\w.-]*\()?(-?[0-9]+)\)?")
_SIZES: Final = {
    Tag.INTEGER: range(1, 10),
    Tag.COUNTER32: range(1, 10),
    Tag.GAUGE32: range(1, 10),
    Tag.TIME_TICKS: range(1, 10),
    Tag.COUNTER64: range(1, 10),
    Tag.IP_ADDRESS: range(4, 5),
    Tag.NULL: range(1),
}
_ABSENT: Final = frozenset({Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.END_OF_MIB_VIEW})
_FLOAT: Final = b"\x9f\x78\x04"  # what net-snmp wraps in an Opaque (NET-SNMP-TC Float)


class WalkError(ValueError):
    """A recording cannot be read; the text names the line."""


class _Raw(NamedTuple):
    """One binding as text, with the number of the line where it begins."""

    number: int
    oid: str
    text: str


def read_walk(recording: bytes) -> list[VarBind]:
    """Read a recording in the format of its first line that is neither empty nor a comment.

    Args:
        recording: the file's octets, at most 64 MiB and 500,000 bindings.

    Raises:
        WalkError: a line is not of the format, or the recording is too large or empty.
    """
    if len(recording) > MAX_OCTETS:
        raise WalkError(f"larger than {MAX_OCTETS // 1024 // 1024} MiB")
    lines = recording.decode("latin-1").replace("\r\n", "\n").split("\n")
    first = next((one for one in lines if not _is_idle(one)), "")
    read = _read_snmprec if _SNMPREC.match(first) else _read_snmpwalk
    found: list[VarBind] = []
    for varbind in read(lines):
        if len(found) >= MAX_VARBINDS:
            raise WalkError(f"more than {MAX_VARBINDS} values")
        found.append(varbind)
    if not found:
        raise WalkError("holds no values")
    return found


def write_snmprec(varbinds: Iterable[VarBind]) -> str:
    """Give the lines of a recording; texts that are not plain stand in hex."""
    return "".join(f"{oids.decode(one.oid)}|{_snmprec_value(one)}\n" for one in varbinds)


def _snmprec_value(varbind: VarBind) -> str:
    tag, value = varbind.tag, varbind.value
    if tag == Tag.OBJECT_IDENTIFIER:
        try:
            return f"{tag}|{oids.decode(value)}"
        except ValueError:
            return f"{tag}x|{value.hex()}"
    if tag == Tag.INTEGER and value:
        return f"{tag}|{int.from_bytes(value, 'big', signed=True)}"
    if tag == Tag.OCTET_STRING and value.isascii() and value.decode().isprintable():
        return f"{tag}|{value.decode()}"
    return f"{tag}x|{value.hex()}"


def _is_idle(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _read_snmprec(lines: list[str]) -> Iterator[VarBind]:
    for number, line in enumerate(lines, 1):
        if _is_idle(line):
            continue
        match = _SNMPREC.match(line)
        if match is None:
            raise WalkError(f"line {number}: is not OID|TAG|VALUE")
        tag = int(match["tag"][:4])
        if tag in _ABSENT:
            continue
        try:
            octets = _snmprec_octets(tag, match["kind"], line[match.end() :])
            yield _binding(match["oid"], tag, octets)
        except (ValueError, OverflowError) as error:
            raise WalkError(f"line {number}: {error}") from None


def _snmprec_octets(tag: int, kind: str, value: str) -> bytes:
    if tag not in set(Tag):
        message = f"no value has the tag {tag}"
        raise ValueError(message)
    if kind == "x":
        return bytes.fromhex(value)
    if tag in _SIZES and tag not in {Tag.IP_ADDRESS, Tag.NULL}:
        return encode_integer(int(value))
    if tag == Tag.IP_ADDRESS:
        return bytes(map(int, value.split(".")))
    if tag == Tag.OBJECT_IDENTIFIER:
        return oids.encode(value)
    if kind == "e":
        return value.encode("latin-1").decode("unicode_escape").encode("latin-1", "replace")
    return b"" if tag == Tag.NULL else value.encode("latin-1")


def _read_snmpwalk(lines: list[str]) -> Iterator[VarBind]:
    for raw in _bindings(lines):
        try:
            value = _snmpwalk_value(raw.text)
            if value is not None:
                yield _binding(raw.oid.removeprefix(".").replace("iso", "1"), *value)
        except (ValueError, OverflowError, struct.error) as error:
            raise WalkError(f"line {raw.number}: {error}") from None


def _bindings(lines: list[str]) -> Iterator[_Raw]:
    """Put together what stands over several lines: each binding goes on to the next name."""
    number, oid = 0, ""
    parts: list[str] = []
    for place, line in enumerate(lines, 1):
        match = _HEAD.match(line)
        if match is not None:
            if parts:
                yield _Raw(number, oid, "\n".join(parts))
            number, oid, parts = place, match["oid"], [line[match.end() :]]
        elif parts and (_goes_on(parts) or not line.strip()):
            parts.append(line)
        elif not _is_idle(line):
            reason = "is neither OID|TAG|VALUE nor OID = TYPE: VALUE"
            if _NAMED.match(line):
                reason = "names objects in words; record with snmpwalk -On"
            raise WalkError(f"line {place}: {reason}")
    if parts:
        yield _Raw(number, oid, "\n".join(parts))


def _goes_on(parts: list[str]) -> bool:
    """Whether the value may have another line: an open quotation, or octets in hex."""
    first = _WRONG_TYPE.sub("", parts[0])
    if first.startswith(("Hex-STRING", "BITS", "OPAQUE")):
        return True
    if not first.startswith("STRING:"):
        return False
    is_quoted = first.startswith('STRING: "')
    return not is_quoted or not _is_closed("\n".join(parts)[first.index('"') + 1 :])


def _is_closed(text: str) -> bool:
    body = text.rstrip("\n").removesuffix('"')
    slashes = len(body) - len(body.rstrip("\\"))
    return body != text.rstrip("\n") and slashes % 2 == 0


def _snmpwalk_value(text: str) -> tuple[int, bytes] | None:
    """Give tag and octets; None for what the agent did not have."""
    text = _WRONG_TYPE.sub("", text.rstrip("\n"))
    if text.startswith(_SILENT):
        return None
    if text.strip() in {"", '""'}:
        return Tag.OCTET_STRING, b""
    match = _TYPE.match(text)
    reader = _READERS.get(match["type"]) if match else None
    if match is None or reader is None:
        message = f"{text[:40]!r} is of no known type"
        raise ValueError(message)
    tag, read = reader
    return tag, read(text[match.end() :])


def _text(value: str) -> bytes:
    if value.startswith('"'):
        value = _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))
    return value.encode("latin-1")


def _hex(value: str) -> bytes:
    return bytes.fromhex("".join(value.split()))


def _bits(value: str) -> bytes:
    """Read the octets, behind which the names of the bits may stand."""
    digits = re.match(r"(?:[0-9A-Fa-f]{2}(?:\s+|$))*", value)
    return bytes.fromhex(digits[0]) if digits else b""


def _number(value: str) -> bytes:
    """Read a number alone, in a name's brackets, or with a unit behind it."""
    match = _NUMBER.match(value.strip())
    if match is None:
        message = f"{value[:40]!r} is no number"
        raise ValueError(message)
    return encode_integer(int(match[1]))


def _address(value: str) -> bytes:
    return bytes(map(int, value.strip().split(".")))


def _network_address(value: str) -> bytes:
    return bytes(int(part, 16) for part in value.strip().split(":"))


def _oid(value: str) -> bytes:
    return oids.encode(value.strip().replace("iso", "1"))


def _opaque(value: str) -> bytes:
    if value.startswith("Float:"):
        return _FLOAT + struct.pack(">f", float(value.removeprefix("Float:")))
    return _hex(value)


_READERS: Final[dict[str, tuple[Tag, Callable[[str], bytes]]]] = {
    "STRING": (Tag.OCTET_STRING, _text),
    "Hex-STRING": (Tag.OCTET_STRING, _hex),
    "BITS": (Tag.OCTET_STRING, _bits),
    "INTEGER": (Tag.INTEGER, _number),
    "Integer32": (Tag.INTEGER, _number),
    "Counter32": (Tag.COUNTER32, _number),
    "Counter64": (Tag.COUNTER64, _number),
    "Gauge32": (Tag.GAUGE32, _number),
    "Unsigned32": (Tag.GAUGE32, _number),
    "UInteger32": (Tag.GAUGE32, _number),
    "Timeticks": (Tag.TIME_TICKS, _number),
    "OID": (Tag.OBJECT_IDENTIFIER, _oid),
    "IpAddress": (Tag.IP_ADDRESS, _address),
    "Network Address": (Tag.IP_ADDRESS, _network_address),
    "Opaque": (Tag.OPAQUE, _opaque),
    "OPAQUE": (Tag.OPAQUE, _opaque),
}


def _binding(dotted: str, tag: int, octets: bytes) -> VarBind:
    """Refuse lengths that the codec would refuse on the wire."""
    sizes = _SIZES.get(Tag(tag), range(MAX_VALUE_OCTETS + 1))
    if len(octets) not in sizes:
        message = f"a value of {len(octets)} octets does not fit its type"
        raise ValueError(message)
    return VarBind(oids.encode(dotted), tag, octets)
