"""Keys of which people have said that they identify nothing; pure.

The lists that Parc brings along are in ``collectors/registries``; these come on top of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parc.key_texts import IgnoredKind


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
