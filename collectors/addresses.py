"""Addresses as people write them, and sets of them; pure.

A set is a list of first and last numbers, so that a /8 costs as much as one address. Networks
that a person typed are checked here for every door: settings, pages and commands.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LARGEST_IPV6_COUNT: Final = 65_536
_IPV4: Final = 4
_LINE_CHARACTERS: Final = 60
# Neither private (RFC 1918) nor of the public internet: carriers' shared space (RFC 6598).
_SHARED: Final = ipaddress.IPv4Network("100.64.0.0/10")
# IPv4 in the clothes of IPv6 (RFC 4291, 2.5.5): would pass by all that is said of the IPv4 one.
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
# A network with edges: in a /31 (RFC 3021) and a /32 every address is a host's.
_LAST_PREFIX_WITH_EDGES: Final = 30


class Fault(StrEnum):
    """What is wrong with a network that a person typed."""

    NOT_A_NETWORK = "not_a_network"
    HOST_BITS = "host_bits"
    HAS_SCOPE = "has_scope"
    TOO_LARGE = "too_large"
    NOT_UNICAST = "not_unicast"
    IS_MAPPED = "is_mapped"


@dataclass(frozen=True, slots=True)
class AddressProblem:
    """One line that cannot be taken.

    Attributes:
        line: its number, from 1.
        text: the line, at most 60 characters.
        reason: one sentence that says what to write instead.
    """

    line: int
    text: str
    fault: Fault
    reason: str


class _FaultError(ValueError):
    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason


def parse_networks(lines: Iterable[str]) -> tuple[tuple[Network, ...], tuple[AddressProblem, ...]]:
    """Read networks in CIDR form and single addresses, one a line.

    Blank lines and what follows ``#`` are left out. All problems are given, not only the first.
    Whether public networks may be swept is the caller's to say: see ``is_public``.
    """
    networks: list[Network] = []
    problems: list[AddressProblem] = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            networks.append(_parse(text))
        except _FaultError as error:
            shown = text[:_LINE_CHARACTERS]
            problems.append(AddressProblem(number, shown, error.fault, error.reason))
    return tuple(networks), tuple(problems)


def _parse(text: str) -> Network:
    if "%" in text:
        raise _FaultError(Fault.HAS_SCOPE, "an address with an interface (%) cannot be swept")
    try:
        network = ipaddress.ip_network(text, strict=False)
        first = ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        reason = "not an address such as 192.0.2.7, nor a network such as 192.0.2.0/24"
        raise _FaultError(Fault.NOT_A_NETWORK, reason) from None
    if first != network.network_address:
        reason = f"{first} lies inside a network; write {network} for all of it, or {first} alone"
        raise _FaultError(Fault.HOST_BITS, reason)
    if network.is_multicast or network.is_unspecified or network.overlaps(_broadcast(network)):
        raise _FaultError(Fault.NOT_UNICAST, "no single device has such an address")
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        raise _FaultError(Fault.IS_MAPPED, "write the IPv4 address itself, without ::ffff:")
    if network.version != _IPV4 and network.num_addresses > LARGEST_IPV6_COUNT:
        reason = (
            f"a /{network.prefixlen} of IPv6 cannot be swept; at most /112 (65,536 addresses). "
            "Devices of larger networks are found by what routers know of them"
        )
        raise _FaultError(Fault.TOO_LARGE, reason)
    return network


def _broadcast(network: Network) -> Network:
    """Give what no device has: the broadcast address, or IPv6's multicast."""
    return ipaddress.ip_network("255.255.255.255/32" if network.version == _IPV4 else "ff00::/8")


def is_public(network: Network) -> bool:
    """Tell whether a part of it may belong to somebody else on the internet."""
    if isinstance(network, ipaddress.IPv4Network) and network.subnet_of(_SHARED):
        return False
    return not (network.is_private or network.is_link_local or network.is_loopback)


class AddressSet:
    """A set of addresses of both versions, as sorted spans that neither meet nor overlap."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[tuple[int, int, int]] = ()) -> None:
        """Take spans of (version, first, last) in any order, overlapping or not."""
        merged: list[tuple[int, int, int]] = []
        for version, first, last in sorted(spans):
            if merged and merged[-1][0] == version and first <= merged[-1][2] + 1:
                merged[-1] = (version, merged[-1][1], max(merged[-1][2], last))
            else:
                merged.append((version, first, last))
        self._spans = tuple(merged)

    @classmethod
    def of(cls, networks: Iterable[Network]) -> AddressSet:
        """Give all addresses of the networks."""
        return cls(
            (net.version, int(net.network_address), int(net.broadcast_address)) for net in networks
        )

    @classmethod
    def of_hosts(cls, networks: Iterable[Network]) -> AddressSet:
        """Give the addresses that devices can have: IPv4 networks lose their two edges."""
        spans = []
        for net in networks:
            edge = int(net.version == _IPV4 and net.prefixlen <= _LAST_PREFIX_WITH_EDGES)
            first, last = int(net.network_address), int(net.broadcast_address)
            spans.append((net.version, first + edge, last - edge))
        return cls(spans)

    def __contains__(self, address: object) -> bool:
        """Take addresses and their text; anything else is in no set."""
        if isinstance(address, str):
            try:
                address = ipaddress.ip_address(address)
            except ValueError:
                return False
        if not isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address):
            return False
        number = int(address)
        index = bisect_right(self._spans, (address.version, number, 1 << 128)) - 1
        if index < 0:
            return False
        version, first, last = self._spans[index]
        return version == address.version and first <= number <= last

    def __sub__(self, other: AddressSet) -> AddressSet:
        """Give what is here and not there."""
        kept: list[tuple[int, int, int]] = []
        for version, first, last in self._spans:
            start = first
            for _, out_first, out_last in other._overlapping(version, first, last):
                if start < out_first:
                    kept.append((version, start, out_first - 1))
                start = max(start, out_last + 1)
            if start <= last:
                kept.append((version, start, last))
        return AddressSet(kept)

    def _overlapping(self, version: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        index = max(0, bisect_right(self._spans, (version, first, 1 << 128)) - 1)
        for span in self._spans[index:]:
            if span[0] > version or (span[0] == version and span[1] > last):
                return
            if span[0] == version and span[2] >= first:
                yield span

    def __iter__(self) -> Iterator[Address]:
        """Give the addresses one by one, IPv4 first, each in ascending order."""
        for version, first, last in self._spans:
            kind = ipaddress.IPv4Address if version == _IPV4 else ipaddress.IPv6Address
            for number in range(first, last + 1):
                yield kind(number)

    def __eq__(self, other: object) -> bool:
        """Compare by addresses."""
        return isinstance(other, AddressSet) and self._spans == other._spans

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self._spans)

    @property
    def count(self) -> int:
        """How many addresses there are, without visiting them."""
        return sum(last - first + 1 for _, first, last in self._spans)

    def count_of(self, version: int) -> int:
        """Count the addresses of IP version 4 or 6."""
        return sum(last - first + 1 for kind, first, last in self._spans if kind == version)
