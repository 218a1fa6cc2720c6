"""What nmap is told to do: the only options that ever reach it.

No text of a person or of a device becomes an option. The ways are ordered by what they cost:
``presence`` asks who is there, ``ports`` which ports are open, ``inventory`` what listens there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Timing stays at -T3: -T4 and -T5 have upset small devices and lose hosts on slow links.
_PING_PORTS: Final = "22,80,443,445,9100"
PORT_LIST: Final = (
    "21-23,25,53,80,135,139,161,443,445,515,548,554,631,1433,2000,3306,3389,5060,5432,5900,"
    "5985,8006,8080,8291,8443,9100,62078"
)
_PRESENCE_FLOOR: Final = 1000
_PORTS_HOST_TIMEOUT: Final = "90s"
_INVENTORY_HOST_TIMEOUT: Final = "3m"


class Profile(StrEnum):
    """How deep a sweep looks."""

    PRESENCE = "presence"
    PORTS = "ports"
    INVENTORY = "inventory"


def arguments(profile: Profile, *, version: int, is_privileged: bool, max_rate: int) -> list[str]:
    """Give nmap's options, one argument each and none with a blank inside.

    Args:
        profile: how deep to look.
        version: 4 or 6; nmap does one of them in a run.
        is_privileged: raw sockets may be used: ARP, ICMP, SYN and UDP instead of connect().
        max_rate: packets a second, at least 1.
    """
    options = ["-n", "-T3", "--privileged" if is_privileged else "--unprivileged"]
    if version == 6:  # noqa: PLR2004 - the protocol's number
        options.append("-6")
    options += _ping(version, is_privileged=is_privileged)
    options += ["--max-rate", str(max(1, int(max_rate)))]
    if profile is Profile.PRESENCE:
        # Where nobody answers, nmap takes silence for a jam and slows down to a minute or more
        # for 256 addresses; the rate that was allowed is used instead, as far as 1000 a second.
        floor = str(max(1, min(int(max_rate), _PRESENCE_FLOOR)))
        return [*options, "-sn", "--max-retries", "1", "--min-rate", floor]
    return options + _scan(profile, is_privileged=is_privileged)


def _ping(version: int, *, is_privileged: bool) -> list[str]:
    if not is_privileged:
        return [f"-PS{_PING_PORTS}"]
    # IPv6 has neighbour discovery in place of ARP, which nmap uses by itself.
    local = ["-PR"] if version == 4 else []  # noqa: PLR2004 - the protocol's number
    return [*local, "-PE", f"-PS{_PING_PORTS}", "-PA80", "-PU161"]


def _scan(profile: Profile, *, is_privileged: bool) -> list[str]:
    options = ["-sS" if is_privileged else "-sT", "--max-retries", "2", "--max-hostgroup", "32"]
    if profile is Profile.PORTS:
        return [*options, "-p", PORT_LIST, "--host-timeout", _PORTS_HOST_TIMEOUT]
    # No -O: it named the same Linux for every machine of the lab, whatever stood there. Version
    # probes leave 9100-9107 alone by nmap's own rule: a printer prints what is sent to it.
    options += ["-sV", "--version-light", "--host-timeout", _INVENTORY_HOST_TIMEOUT]
    if not is_privileged:
        return [*options, "-p", PORT_LIST]
    return [*options, "-sU", "-p", f"T:{PORT_LIST},U:137,161"]
