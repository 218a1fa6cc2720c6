"""Object identifiers as the content octets of their BER encoding.

Octets, because a walk compares and cuts millions of them: belonging to a subtree is
``startswith``, and only the index behind a column's prefix is ever decoded.
Source: X.690 §8.19; RFC 2578 §3.5 (at most 128 sub-identifiers).
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_ARCS = 128
MAX_ARC = 2**32 - 1

_MIN_ARCS = 2
_SECOND_ARCS = 40  # below the roots 0 and 1 (X.690 §8.19.4)
_MORE = 0x80
# Arcs up to 2**32-1 without padding, the last one whole: much faster than ``decode_index``. What
# does not match may still be a first arc above that, which stands for two; that one decides.
# Runs of arcs of one octet are taken at once, and nothing that was taken is given back (``++``).
WELL_FORMED = re.compile(
    rb"[\x00-\x7f]*+(?:[\x81-\xff][\x00-\x7f]++|[\x81-\xff][\x80-\xff]{1,2}[\x00-\x7f]++"
    rb"|[\x81-\x8f][\x80-\xff]{3}[\x00-\x7f]++)*+"
)


@lru_cache(maxsize=4096)
def encode(dotted: str) -> bytes:
    """Encode dotted text, with or without a leading dot.

    Raises:
        ValueError: not an object identifier.
    """
    return encode_arcs(tuple(int(part) for part in dotted.strip(".").split(".")))


def encode_arcs(arcs: tuple[int, ...]) -> bytes:
    """Encode a tuple of arcs of at least two.

    Raises:
        ValueError: too short, too long, or an arc out of range.
    """
    if not _MIN_ARCS <= len(arcs) <= MAX_ARCS:
        message = f"an object identifier has 2 to {MAX_ARCS} arcs, not {len(arcs)}"
        raise ValueError(message)
    if arcs[0] not in (0, 1, 2) or (arcs[0] in {0, 1} and arcs[1] >= _SECOND_ARCS):
        message = "the first two arcs are out of range"
        raise ValueError(message)
    return encode_index((arcs[0] * 40 + arcs[1], *arcs[2:]))


def encode_index(arcs: tuple[int, ...]) -> bytes:
    """Encode the arcs behind a prefix.

    Raises:
        ValueError: an arc is negative or above 2**32-1.
    """
    octets = bytearray()
    for arc in arcs:
        if not 0 <= arc <= MAX_ARC + 80:
            message = f"arc {arc} is out of range"
            raise ValueError(message)
        group = [arc & 0x7F]
        rest = arc >> 7
        while rest:
            group.append(rest & 0x7F | 0x80)
            rest >>= 7
        octets.extend(reversed(group))
    return bytes(octets)


def decode_index(octets: bytes) -> tuple[int, ...]:
    """Decode the octets behind a column's prefix.

    Raises:
        ValueError: cut short, padded, or more than 128 arcs.
    """
    if octets.isascii():
        return tuple(octets)
    arcs: list[int] = []
    value = 0
    for octet in octets:
        if octet < _MORE:
            arcs.append(value | octet)
            value = 0
        else:
            value = (value | octet & 0x7F) << 7
            if not value:  # padding
                return _decode_strictly(octets)
    if value or max(arcs) > MAX_ARC or len(arcs) > MAX_ARCS:
        return _decode_strictly(octets)
    return tuple(arcs)


def _decode_strictly(octets: bytes) -> tuple[int, ...]:
    """Decode what is not of the usual form, or say what is wrong with it."""
    arcs: list[int] = []
    value = 0
    is_inside = False
    for octet in octets:
        if octet == _MORE and not is_inside:
            message = "an arc starts with padding"
            raise ValueError(message)
        value = value << 7 | octet & 0x7F
        is_inside = octet >= _MORE
        if not is_inside:
            if value > MAX_ARC + 80:
                message = "an arc is above 2**32-1"
                raise ValueError(message)
            arcs.append(value)
            value = 0
    if is_inside:
        message = "the last arc is cut short"
        raise ValueError(message)
    if len(arcs) > MAX_ARCS:
        message = f"more than {MAX_ARCS} arcs"
        raise ValueError(message)
    return tuple(arcs)


def decode(octets: bytes) -> str:
    """Give the dotted text.

    Raises:
        ValueError: not a well-formed object identifier.
    """
    arcs = decode_index(octets)
    if not arcs:
        message = "an object identifier is not empty"
        raise ValueError(message)
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))
