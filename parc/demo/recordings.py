"""Recorded devices: ``.snmprec`` files to a sorted table that an agent can answer from.

A line is ``OID|TAG|VALUE``; the tag is the BER tag in decimal, with ``x`` behind it for a value
in hexadecimal, ``e`` for one with backslash escapes, ``:module`` for one that a simulator would
vary, of which only the first value is taken. The recordings come from the package snmpsim-data
and, for what it lacks, from ``parc/demo/data``.
Source: the format's description in the documentation of snmpsim.
"""

from __future__ import annotations

import bz2
import codecs
import importlib.util
import ipaddress
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from collectors import oids
from collectors.snmp.codec import encode_integer
from collectors.snmp.transport import Tag, VarBind
from parc.errors import StartError

_OWN_DATA = Path(__file__).parent / "data"
_FIELDS = 3
# What nobody reads for an inventory and what makes recordings of routers long: routes,
# connections, RMON samples, the agent's own access tables.
_LEFT_OUT = (
    "1.3.6.1.2.1.4.21.",
    "1.3.6.1.2.1.4.24.",
    "1.3.6.1.2.1.6.",
    "1.3.6.1.2.1.7.",
    "1.3.6.1.2.1.16.",
    "1.3.6.1.6.3.",
)
_LEFT_OUT_OCTETS = tuple(prefix.encode() for prefix in _LEFT_OUT)
_MOST_LINES = 60_000
_TAGS = {str(int(tag)): tag for tag in Tag}


class Line(NamedTuple):
    """One object: ``key`` sorts as SNMP does; ``varbind`` is what is sent."""

    key: bytes
    varbind: VarBind


class RecordingError(StartError):
    """A recording is not there or cannot be read."""


def sort_key(arcs: Iterable[int]) -> bytes:
    """Give octets whose order is the order of object identifiers: four for each arc."""
    numbers = tuple(arcs)
    return struct.pack(f">{len(numbers)}I", *numbers)


def oid_key(octets: bytes) -> bytes:
    """Give the sort key of an object identifier's content octets.

    Raises:
        ValueError: not well formed.
    """
    arcs = oids.decode_index(octets)
    first = min(arcs[0] // 40, 2)
    return sort_key((first, arcs[0] - first * 40, *arcs[1:]))


def find_recording(name: str) -> Path:
    """Find a recording by its path below snmpsim-data's folder, or by its name in our own data.

    Raises:
        RecordingError: there is none, or snmpsim-data is not installed.
    """
    own = _OWN_DATA / f"{name}.snmprec"
    if own.is_file():
        return own
    found = importlib.util.find_spec("snmpsim_data")
    if found is None or not found.submodule_search_locations:
        raise RecordingError(
            "The simulated network needs the package snmpsim-data: "
            "run 'make setup', or 'pip install --no-deps snmpsim-data==1.0.1'."
        )
    base = Path(found.submodule_search_locations[0]) / "data"
    for suffix in (".snmprec", ".snmprec.bz2"):
        path = base / f"{name}{suffix}"
        if path.is_file():
            return path
    raise RecordingError(f"There is no recording named {name}.")


def read_recording(path: Path) -> list[Line]:
    """Read a recording, cut to what an inventory may ask for, in the order of walks.

    Raises:
        RecordingError: the file cannot be read, or is longer than a simulated device may be.
    """
    opener = bz2.open if path.suffix == ".bz2" else open
    with opener(path, "rb") as stream:
        try:
            table = dict(_read_lines(stream))
        except (OSError, EOFError) as error:
            raise RecordingError(f"{path.name}: {error}") from error
    return [Line(key, table[key]) for key in sorted(table)]


def _read_lines(stream: Iterable[bytes]) -> Iterator[tuple[bytes, VarBind]]:
    # The same values come again and again: one object for each saves half of the memory.
    seen: dict[bytes, bytes] = {}
    count = 0
    for line in stream:
        if line.startswith(_LEFT_OUT_OCTETS):
            continue
        parsed = parse_line(line.rstrip(b"\r\n"))
        if parsed is None:
            continue
        count += 1
        if count > _MOST_LINES:
            raise RecordingError(f"A recording has more than {_MOST_LINES} objects.")
        key, varbind = parsed
        value = seen.setdefault(varbind.value, varbind.value)
        yield key, VarBind(varbind.oid, varbind.tag, value)


def parse_line(line: bytes) -> tuple[bytes, VarBind] | None:
    """Read one line; None for a comment, an empty line and what no agent could say."""
    fields = line.split(b"|", _FIELDS - 1)
    if line.startswith(b"#") or len(fields) != _FIELDS:
        return None
    name, tag_text, text = fields
    kind, _, module = tag_text.decode("ascii", "replace").partition(":")
    if module:
        text = _first_value(text)
    digits = kind.rstrip("xe")
    try:
        key, oid = _name(name.decode("ascii").strip("."))
        tag = _TAGS[digits]
        octets = _raw_octets(text, kind[len(digits) :])
        value = _content(tag, text, octets)
        return key, VarBind(oid, int(tag), value)
    except (ValueError, KeyError, struct.error):
        return None


def _name(dotted: str) -> tuple[bytes, bytes]:
    """Give sort key and content octets of an object's name.

    Raises:
        ValueError, struct.error: not an object identifier.
    """
    front, _, last = dotted.rpartition(".")
    if "." not in front:
        return _encoded(dotted)
    key, octets = _encoded(front)
    arc = (int(last),)
    return key + sort_key(arc), octets + oids.encode_index(arc)


@lru_cache(maxsize=1024)
def _encoded(dotted: str) -> tuple[bytes, bytes]:
    """Do the same arc by arc; the rows of a column have all but the last arc in common."""
    arcs = tuple(int(part) for part in dotted.split("."))
    return sort_key(arcs), oids.encode_arcs(arcs)


def _first_value(text: bytes) -> bytes:
    """Take the value of a variation module's parameters; ``initial`` where it would count."""
    parameters = dict(part.split(b"=", 1) for part in text.split(b",") if b"=" in part)
    return parameters.get(b"value", parameters.get(b"initial", b"0"))


def _raw_octets(text: bytes, form: str) -> bytes | None:
    """Give the octets of a value written in another form than plain text, else None."""
    if form == "x":
        try:
            return bytes.fromhex(text.decode("ascii"))
        except (ValueError, UnicodeDecodeError):
            return text  # some recordings mark names as hexadecimal that are plain
    if form == "e":
        return codecs.escape_decode(text)[0]
    return None


def _content(tag: Tag, text: bytes, octets: bytes | None) -> bytes:
    """Give the BER content octets of a value.

    Raises:
        ValueError: the text is no value of this type.
    """
    if octets is not None and tag in (Tag.OCTET_STRING, Tag.OPAQUE, Tag.IP_ADDRESS):
        return octets
    match tag:
        case Tag.OCTET_STRING | Tag.OPAQUE:
            return text
        case Tag.IP_ADDRESS:
            return ipaddress.IPv4Address(text.decode("ascii")).packed
        case Tag.OBJECT_IDENTIFIER:
            return oids.encode(text.decode("ascii"))
        case Tag.NULL:
            return b""
        case _:
            return encode_integer(int((octets or text).decode("ascii")))
