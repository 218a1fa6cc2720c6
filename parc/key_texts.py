"""Keys of machines as texts: one spelling for what people, agents and files spell in many ways."""

from __future__ import annotations

import enum
import string
from typing import Final

from collectors.text import normalise_mac

_UUID_DIGITS: Final = 32
_MAC_DIGITS: Final = 12
_PREFIX_OCTETS: Final = range(3, 7)


class IgnoredKind(enum.StrEnum):
    """What kinds of keys people can say of that they identify nothing."""

    SERIAL = "serial"
    UUID = "uuid"
    MAC = "mac"


def fold_key(kind: IgnoredKind, text: str) -> str | None:
    """Give a key as planning compares it; None for what is no key of this kind.

    A MAC address may be only its beginning, of three octets at least.
    """
    if kind is IgnoredKind.SERIAL:
        return folded(text)
    return uuid_key(text) if kind is IgnoredKind.UUID else mac_prefix(text)


def folded(value: object) -> str | None:
    """Give a text without case and surplus blanks; None for what is no text."""
    return (" ".join(value.split()).casefold() or None) if isinstance(value, str) else None


def mac_prefix(text: str) -> str | None:
    """Give three to six octets of a MAC address with colons between them, or None."""
    digits = "".join(character for character in text.casefold() if character not in ":-. ")
    octets, rest = divmod(len(digits), 2)
    if rest or octets not in _PREFIX_OCTETS:
        return None
    whole = normalise_mac(digits.ljust(_MAC_DIGITS, "0"))
    return whole[: 3 * octets - 1] if whole else None


def uuid_key(text: str | None) -> str | None:
    """Give 32 hex digits that are the same for both orders of octets of a UUID, or None.

    SMBIOS stores the first three fields with the low octet first; some tools print them so.

    Source: DMTF DSP0134, System Information, UUID.
    """
    digits = _uuid_digits(text)
    if len(digits) != _UUID_DIGITS or not set(digits) <= set(string.hexdigits):
        return None
    return min(digits, swapped(digits))


def swapped(digits: str) -> str:
    """Give the digits of a UUID with the octets of its first three fields turned round."""
    octets = bytes.fromhex(digits)
    return (octets[3::-1] + octets[5:3:-1] + octets[7:5:-1] + octets[8:]).hex()


def uuid_text(text: str | None) -> str | None:
    """Give a UUID as columns hold it, in the order in which it was told; None for none."""
    return _spelt(_uuid_digits(text)) if uuid_key(text) else None


def uuid_spellings(text: str | None) -> tuple[str, ...]:
    """Give a UUID as columns may hold it, in both orders; nothing for what is none."""
    key = uuid_key(text)
    return tuple(map(_spelt, dict.fromkeys((key, swapped(key))))) if key else ()


def _uuid_digits(text: str | None) -> str:
    return "".join(character for character in (text or "").casefold() if character not in "{}- ")


def _spelt(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
