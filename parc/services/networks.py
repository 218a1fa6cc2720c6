"""Networks as people type them, one a line, to what is stored; problems name the line's text."""

from __future__ import annotations

import ipaddress

from parc.services.fields import FieldReader

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_LINES = 500
MOST_ADDRESSES = 2**20  # a /12 of IPv4; a sweep of it takes a night


def read_networks(
    reader: FieldReader, field: str, text: str, *, allow_public: bool = False
) -> list[str]:
    """Give the networks of ``text`` in the order typed, once each, in their shortest form.

    An address stands for itself; a line may hold several, parted by commas or blanks.
    """
    words = text.replace(",", " ").split()
    if len(words) > _MOST_LINES:
        reader.add(field, "too_many_lines", str(_MOST_LINES))
        return []
    networks: dict[str, None] = {}
    for word in words:
        network = _parse(word)
        if network is None:
            reader.add(field, "not_a_network", word[:60])
        elif not allow_public and _is_public(network):
            reader.add(field, "public_network", word[:60])
        else:
            networks[_shown(network)] = None
    return list(networks)


def parse(texts: list[str]) -> list[Network]:
    """Give the networks of texts that were read before."""
    return [ipaddress.ip_network(text) for text in texts]


def address_count(networks: list[Network]) -> int:
    """Count addresses, those of overlapping networks once."""
    return sum(network.num_addresses for network in _collapsed(networks))


def covers(outer: list[Network], inner: list[Network]) -> bool:
    """Tell whether every address of ``inner`` is in ``outer``."""
    wide = _collapsed(outer)
    return all(
        any(
            (
                isinstance(one, ipaddress.IPv4Network)
                and isinstance(part, ipaddress.IPv4Network)
                and part.subnet_of(one)
            )
            or (
                isinstance(one, ipaddress.IPv6Network)
                and isinstance(part, ipaddress.IPv6Network)
                and part.subnet_of(one)
            )
            for one in wide
        )
        for part in _collapsed(inner)
    )


def _collapsed(networks: list[Network]) -> list[Network]:
    fours = [one for one in networks if isinstance(one, ipaddress.IPv4Network)]
    sixes = [one for one in networks if isinstance(one, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(fours), *ipaddress.collapse_addresses(sixes)]


def _parse(word: str) -> Network | None:
    try:
        return ipaddress.ip_network(word)
    except ValueError:
        return None


def _is_public(network: Network) -> bool:
    return network.is_global


def _shown(network: Network) -> str:
    is_one = network.num_addresses == 1
    return str(network.network_address) if is_one else str(network)
