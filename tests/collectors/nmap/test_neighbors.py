"""The kernel's neighbour tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collectors.nmap.neighbors import parse_arp_table, parse_ip_neighbors, read_neighbors

ARP = """\
IP address       HW type     Flags       HW address            Mask     Device
10.77.0.10       0x1         0x2         00:1B:54:aa:00:10     *        br0
10.77.0.11       0x1         0x0         00:00:00:00:00:00     *        br0
10.77.0.12       0x1         0x6         3c:d9:2b:aa:00:12     *        br0
10.77.0.13       0x1         nonsense    3c:d9:2b:aa:00:13     *        br0
10.77.0.14       0x1         0x2         nonsense              *        br0
short line
"""

NEIGHBORS = b"""[
{"dst":"fd77::10","dev":"br0","lladdr":"00:1b:54:aa:00:10","state":["REACHABLE"]},
{"dst":"fd77::11","dev":"br0","state":["FAILED"]},
{"dst":"FD77:0::12","dev":"br0","lladdr":"3c:d9:2b:aa:00:12","state":["STALE"]}]"""


def test_finished_entries_of_the_arp_table_are_read() -> None:
    assert parse_arp_table(ARP) == {
        "10.77.0.10": "00:1b:54:aa:00:10",
        "10.77.0.12": "3c:d9:2b:aa:00:12",
    }


def test_ipv6_neighbors_with_a_mac_are_read() -> None:
    assert parse_ip_neighbors(NEIGHBORS) == {
        "fd77::10": "00:1b:54:aa:00:10",
        "fd77::12": "3c:d9:2b:aa:00:12",
    }


@given(st.text(max_size=200), st.binary(max_size=100))
def test_nonsense_gives_no_neighbors(text: str, body: bytes) -> None:
    assert parse_arp_table(text) == {}
    assert parse_ip_neighbors(body) == {}
    assert parse_ip_neighbors(b'[{"dst": "nonsense", "lladdr": "00:1b:54:aa:00:10"}]') == {}


def test_this_machine_can_be_asked() -> None:
    for version in (4, 6):
        assert isinstance(read_neighbors(version), dict)
