"""Keys of which people have said that they identify nothing; pure.

The lists that Parc brings along are in ``collectors/registries``; these come on top of them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.text import normalise_mac
from parc.reconcile.usable import folded, uuid_key

_PREFIX_OCTETS = range(3, 7)


class IgnoredKind(enum.StrEnum):
    """What kinds of keys people can name."""

    SERIAL = "serial"
    UUID = "uuid"
    MAC = "mac"


@dataclass(frozen=True, slots=True)
class Ignored:
    """Keys that identify nothing, folded as ``fold_key`` does.

    Attributes:
        mac_prefixes: beginnings of MAC addresses, or whole ones.
    """

    serials: frozenset[str] = frozenset()
    uuids: frozenset[str] = frozenset()
    mac_prefixes: tuple[str, ...] = ()

    def serial(self, folded_text: str | None) -> str | None:
        """Give the serial number, or None when it is ignored."""
        return None if folded_text in self.serials else folded_text

    def uuid(self, key: str | None) -> str | None:
        """Give the UUID, or None when it is ignored."""
        return None if key in self.uuids else key

    def mac(self, mac: str | None) -> str | None:
        """Give the MAC address, or None when it or its prefix is ignored."""
        if mac is None or not self.mac_prefixes:
            return mac
        return None if mac.startswith(self.mac_prefixes) else mac


NOTHING = Ignored()


def make_ignored(keys: Iterable[tuple[IgnoredKind, str]]) -> Ignored:
    """Give the keys of pairs of kind and folded value; the order does not matter."""
    pairs = sorted(set(keys))
    return Ignored(
        frozenset(value for kind, value in pairs if kind is IgnoredKind.SERIAL),
        frozenset(value for kind, value in pairs if kind is IgnoredKind.UUID),
        tuple(value for kind, value in pairs if kind is IgnoredKind.MAC),
    )


def fold_key(kind: IgnoredKind, text: str) -> str | None:
    """Give a key as planning compares it; None for what is no key of this kind.

    A MAC address may be only its beginning, of three octets at least.
    """
    if kind is IgnoredKind.SERIAL:
        return folded(text)
    if kind is IgnoredKind.UUID:
        return uuid_key(text)
    digits = "".join(c for c in text.casefold() if c not in ":-. ")
    octets, rest = divmod(len(digits), 2)
    if rest or octets not in _PREFIX_OCTETS:
        return None
    whole = normalise_mac(digits.ljust(12, "0"))
    return whole[: 3 * octets - 1] if whole else None
