"""The private network of the machine that Parc runs on, to fill the first range in."""

from __future__ import annotations

import ipaddress
from pathlib import Path

_ROUTES = Path("/proc/net/route")
_WIDEST = 20  # beyond 4,096 addresses a first sweep would take too long to please anybody


def find_private_network(routes: Path = _ROUTES) -> str:
    """Give the directly connected private network, the default route's first; "" for none.

    Source: proc(5), /proc/net/route: addresses and masks in hex, little-endian.
    """
    try:
        lines = [line.split() for line in routes.read_text(encoding="ascii").splitlines()[1:]]
    except (OSError, UnicodeDecodeError):
        return ""
    defaults = {line[0] for line in lines if len(line) > 7 and line[1] == line[7] == "0" * 8}  # noqa: PLR2004
    direct = [line for line in lines if len(line) > 7 and line[2] == "0" * 8 != line[7]]  # noqa: PLR2004
    for line in sorted(direct, key=lambda line: line[0] not in defaults):
        network = ipaddress.IPv4Network((_address(line[1]), str(_address(line[7]))))
        is_usable = network.is_private and not (network.is_loopback or network.is_link_local)
        if is_usable and _WIDEST <= network.prefixlen < 31:  # noqa: PLR2004 -- no point-to-point
            return str(network)
    return ""


def _address(octets: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(octets), "little"))
