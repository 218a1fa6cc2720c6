"""MAC addresses from the kernel's neighbour table: what is left to an nmap without rights.

Whoever was just asked on the same segment stands there for some minutes, and every user may
read it.
"""

from __future__ import annotations

import ipaddress
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from collectors.text import normalise_mac

# Of this thread: /proc/net belongs to the process's first one, which may be in another namespace.
_ARP_TABLE: Final = Path("/proc/thread-self/net/arp")
_IS_COMPLETE: Final = 0x02
_COLUMNS: Final = 4
_PLACES: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_SECONDS: Final = 5.0


class _Neighbor(msgspec.Struct):
    """One entry of ``ip -j neigh``; unfinished ones have no ``lladdr``."""

    dst: str
    lladdr: str | None = None


def read_neighbors(version: int) -> dict[str, str]:
    """Give MAC address by IP address, both in their usual form; empty when nothing can be read.

    Args:
        version: 4 reads ``/proc``; 6 asks the program ``ip``, since ``/proc`` has no such table.
    """
    if version == 6:  # noqa: PLR2004 - the protocol's number
        return _read_ip()
    try:
        return parse_arp_table(_ARP_TABLE.read_text("ascii", errors="replace"))
    except OSError:
        return {}


def parse_arp_table(text: str) -> dict[str, str]:
    """Read ``/proc/net/arp``. Source: proc(5)."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        columns = line.split()
        if len(columns) < _COLUMNS or not _has_flag(columns[2]):
            continue
        mac = normalise_mac(columns[3])
        if mac is not None:
            found[columns[0]] = mac
    return found


def _has_flag(text: str) -> bool:
    try:
        return bool(int(text, 16) & _IS_COMPLETE)
    except ValueError:
        return False


def parse_ip_neighbors(body: bytes) -> dict[str, str]:
    """Read what ``ip -j neigh`` prints. Source: ip-neighbour(8)."""
    try:
        neighbors = msgspec.json.decode(body or b"[]", type=list[_Neighbor])
        pairs = [(str(ipaddress.ip_address(n.dst)), n.lladdr) for n in neighbors]
    except ValueError:
        return {}
    macs = ((address, normalise_mac(mac)) for address, mac in pairs if mac is not None)
    return {address: mac for address, mac in macs if mac is not None}


def _read_ip() -> dict[str, str]:
    program = shutil.which("ip", path=_PLACES)
    if program is None:
        return {}
    try:
        done = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [program, "-j", "-6", "neigh", "show"],
            env={"PATH": _PLACES, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_ip_neighbors(done.stdout)
