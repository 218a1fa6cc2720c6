"""Networks as people type them, one a line, to what is stored; problems name what was typed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from collectors.addresses import AddressSet, Fault, Network, is_public, parse_networks
from parc.services.fields import FieldReader

_MOST_LINES = 500
_MOST_TOLD = 5
MOST_ADDRESSES = 2**20  # a /12 of IPv4; a sweep of it takes a night


def read_networks(
    reader: FieldReader,
    field: str,
    text: str,
    *,
    allow_public: bool = False,
    is_swept: bool = False,
) -> list[str]:
    """Give the networks of ``text`` in the order typed, once each, in their shortest form.

    Args:
        text: one a line; several on a line are parted by commas; ``#`` begins a remark.
        is_swept: their addresses are asked one by one, so that a large IPv6 network is refused.
    """
    lines = [part for line in text.splitlines() for part in line.partition("#")[0].split(",")]
    if len(lines) > _MOST_LINES:
        reader.add(field, "too_many_lines", str(_MOST_LINES))
        return []
    known = len(reader.problems)
    networks: dict[str, None] = {}
    for line in lines:
        found, problems = parse_networks([line])
        for problem in problems:
            if problem.fault is Fault.TOO_LARGE and not is_swept:
                found = (ipaddress.ip_network(problem.text),)
            elif len(reader.problems) - known < _MOST_TOLD:
                reader.add(field, f"network_{problem.fault.value}", problem.text)
        for network in found:
            if not allow_public and is_public(network):
                reader.add(field, "public_network", shown(network))
            networks[shown(network)] = None
    return list(networks)


def addresses_of(networks: Iterable[str]) -> AddressSet:
    """Give the set of all addresses of networks that were read before."""
    return AddressSet.of(ipaddress.ip_network(network) for network in networks)


def covers(outer: Iterable[str], inner: Iterable[str]) -> bool:
    """Tell whether every address of ``inner`` is in ``outer``."""
    return (addresses_of(inner) - addresses_of(outer)).count == 0


def shown(network: Network) -> str:
    """Write a network in its shortest form: an address by itself has no prefix length."""
    is_one = network.num_addresses == 1
    return str(network.network_address) if is_one else str(network)
