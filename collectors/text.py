"""Cleaning of what devices say, done once, where it comes in.

Device text is octets of unknown encoding that later stand in pages, files and terminals. It
becomes readable text here; whoever needs the octets themselves (serial numbers, MAC addresses)
keeps them as hex. Pure functions.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NAME_CHARACTERS: Final = 255
DESCRIPTION_CHARACTERS: Final = 4096
MAC_OCTETS: Final = 6
_IS_GROUP: Final = 0x01  # of the first octet: multicast and broadcast (IEEE 802)

_LINE_BREAKS: Final = re.compile(r"\r\n|[\r\n\u2028\u2029\x85]")
# C0 without tab and line feed, DEL and C1, and what turns the direction of text or hides in it.
_REMOVED: Final = dict.fromkeys(
    [
        *(code for code in range(0x20) if code not in {0x09, 0x0A}),
        *range(0x7F, 0xA0),
        0x061C,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
    ],
)
_BLANKS: Final = re.compile(r"[ \t\u00a0]+")
_NORMAL_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_MAC: Final = re.compile(
    r"(?:[0-9a-f]{12}"
    r"|[0-9a-f]{1,2}(?P<mark>[:\-. ])(?:[0-9a-f]{1,2}(?P=mark)){4}[0-9a-f]{1,2}"
    r"|[0-9a-f]{4}(?P<quad>[.:\-])[0-9a-f]{4}(?P=quad)[0-9a-f]{4}"
    r"|[0-9a-f]{6}[:\-.][0-9a-f]{6})",
)
# What snmpwalk prints of octets that it takes for no text: sixteen on the first line, the others
# in hex. Agents that pass on what another tool has read hold just that.
_HEX_TAIL: Final = re.compile(rb"(?s:(.{16}))\n((?:[0-9A-F]{2}\s+)+[0-9A-F]{2}\s*)")
_NO_MACS: Final = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


def clean_name(raw: bytes | str) -> str | None:
    """Give one line of at most 255 characters, or None when nothing readable is left."""
    if isinstance(raw, bytes) and raw.isascii() and b"  " not in raw:
        text = raw.decode()
        if text.isprintable():  # most names: nothing below would change them
            return text.strip()[:NAME_CHARACTERS].strip() or None
    text = _readable(raw)
    if not text.isprintable():
        text = text.replace("\n", " ")
    text = text.strip()
    if "  " in text or not text.isprintable():
        text = _BLANKS.sub(" ", text).strip()
    return text[:NAME_CHARACTERS].strip() or None


def clean_description(raw: bytes | str) -> str | None:
    """Give text of at most 4,096 characters that keeps its lines, or None."""
    text = _readable(raw).strip()
    return text[:DESCRIPTION_CHARACTERS].strip() or None


def _readable(raw: bytes | str) -> str:
    if isinstance(raw, bytes):
        if raw.isascii():
            text = raw.decode()
            if text.isprintable():
                return text  # most texts: nothing below would change them
        dump = _HEX_TAIL.fullmatch(raw)
        if dump is not None:
            raw = dump[1] + bytes.fromhex(dump[2].decode("ascii"))
        # Everything behind a NUL is what lay in a fixed buffer before.
        raw = raw.partition(b"\0")[0] if raw[:1] != b"\0" else raw.strip(b"\0")
        raw = raw.decode("utf-8", errors="replace")
    if raw.isascii() and raw.isprintable():
        return raw
    text = _LINE_BREAKS.sub("\n", raw).translate(_REMOVED)
    # Surrogates cannot be stored as UTF-8.
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    return unicodedata.normalize("NFC", text)


def normalise_mac(raw: bytes | str) -> str | None:
    """Give ``aa:bb:cc:dd:ee:ff`` for six octets or any usual spelling of them.

    Args:
        raw: six octets, or text with colons, dashes, dots, blanks or nothing between.

    Returns:
        None for anything else, and for all zeros and the broadcast address, which name no one.
    """
    if isinstance(raw, bytes) and len(raw) == MAC_OCTETS:
        mac = raw.hex(":")
    elif isinstance(raw, str) and _NORMAL_MAC.fullmatch(raw):
        mac = raw  # most often
    else:
        text = raw.decode("ascii", errors="replace") if isinstance(raw, bytes) else raw
        text = text.strip().lower().removeprefix("0x")
        match = _MAC.fullmatch(text)
        if match is None:
            return None
        mark = match["mark"]
        parts = text.split(mark) if mark else [re.sub(r"[^0-9a-f]", "", text)]
        digits = "".join(part.rjust(2, "0") for part in parts)
        mac = bytes.fromhex(digits).hex(":")
    return None if mac in _NO_MACS else mac


def station_mac(octets: bytes) -> str | None:
    """Give the MAC of one station; None for groups, for nobody, and for other lengths."""
    if len(octets) != MAC_OCTETS or octets[0] & _IS_GROUP or not any(octets):
        return None
    return octets.hex(":")
