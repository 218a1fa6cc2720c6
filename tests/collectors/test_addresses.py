"""Networks that people type, and sets of addresses."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.addresses import AddressSet, Fault, Network, is_public, parse_networks


def small_networks() -> st.SearchStrategy[Network]:
    """Networks that overlap often: IPv4 in a /22 and IPv6 in a /118."""
    four = st.tuples(st.integers(0, 1023), st.integers(22, 32)).map(
        lambda pair: ipaddress.ip_network((0x0A000000 + pair[0], pair[1]), strict=False)
    )
    six = st.tuples(st.integers(0, 1023), st.integers(118, 128)).map(
        lambda pair: ipaddress.ip_network(((0xFD << 120) + pair[0], pair[1]), strict=False)
    )
    return st.one_of(four, six)


@given(st.lists(small_networks(), max_size=6), st.lists(small_networks(), max_size=6))
def test_a_difference_holds_what_is_in_one_and_not_in_the_other(
    include: list[Network], exclude: list[Network]
) -> None:
    left = {address for network in include for address in network}
    right = {address for network in exclude for address in network}
    difference = AddressSet.of(include) - AddressSet.of(exclude)
    assert list(difference) == sorted(left - right, key=lambda a: (a.version, int(a)))
    assert difference.count == len(left - right)
    assert all((address in difference) == (address not in right) for address in left)


@given(st.lists(small_networks(), max_size=6))
def test_every_host_of_a_network_is_in_the_set_of_hosts(networks: list[Network]) -> None:
    assert set(AddressSet.of_hosts(networks)) == {
        address
        for network in networks
        for address in (network.hosts() if network.version == 4 else network)
    }


def test_a_set_takes_text_and_refuses_what_is_no_address() -> None:
    addresses = AddressSet.of([ipaddress.ip_network("10.0.0.0/30")])
    assert "10.0.0.3" in addresses
    assert "10.0.0.4" not in addresses
    assert "::a00:3" not in addresses
    assert "nonsense" not in addresses
    assert 10 not in addresses
    assert "10.0.0.1" not in AddressSet()


def test_sets_are_equal_when_they_hold_the_same_addresses() -> None:
    halves = [ipaddress.ip_network("10.0.0.0/25"), ipaddress.ip_network("10.0.0.128/25")]
    whole = [ipaddress.ip_network("10.0.0.0/24")]
    assert AddressSet.of(halves) == AddressSet.of(whole)
    assert hash(AddressSet.of(halves)) == hash(AddressSet.of(whole))
    assert AddressSet.of(halves) != whole


def test_networks_are_read_with_blank_lines_and_remarks() -> None:
    networks, problems = parse_networks(
        ["# the office", "", "10.0.0.0/24  # first floor", " 192.0.2.7 ", "fd00::1", "fd00::/112"]
    )
    assert [str(network) for network in networks] == [
        "10.0.0.0/24",
        "192.0.2.7/32",
        "fd00::1/128",
        "fd00::/112",
    ]
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        ("10.0.0.0/33", Fault.NOT_A_NETWORK, "not an address"),
        ("10.0.0.1 --script=x -oN /tmp/x", Fault.NOT_A_NETWORK, "not an address"),
        ("-oN", Fault.NOT_A_NETWORK, "not an address"),
        ("$(reboot)", Fault.NOT_A_NETWORK, "not an address"),
        ("printer.example.org", Fault.NOT_A_NETWORK, "not an address"),
        ("10.0.0.1\0", Fault.NOT_A_NETWORK, "not an address"),
        ("1" * 65536, Fault.NOT_A_NETWORK, "not an address"),
        ("10.0.0.5/24", Fault.HOST_BITS, "10.0.0.0/24"),
        ("fe80::1%eth0", Fault.HAS_SCOPE, "interface"),
        ("fe80::1% -oN /tmp/x", Fault.HAS_SCOPE, "interface"),
        ("2001:db8::/64", Fault.TOO_LARGE, "65,536"),
        ("224.0.0.1", Fault.NOT_UNICAST, "no single device"),
        ("255.255.255.255", Fault.NOT_UNICAST, "no single device"),
        ("0.0.0.0", Fault.NOT_UNICAST, "no single device"),  # noqa: S104
        ("::ffff:8.8.8.8", Fault.IS_MAPPED, "IPv4"),
        ("ff02::1", Fault.NOT_UNICAST, "no single device"),
        ("0.0.0.0/0", Fault.NOT_UNICAST, "no single device"),
    ],
)
def test_a_wrong_line_says_what_to_write(text: str, fault: Fault, words: str) -> None:
    networks, (problem,) = parse_networks(["10.0.0.0/8", text])
    assert len(networks) == 1
    assert problem.line == 2
    assert problem.fault is fault
    assert words in problem.reason
    assert len(problem.text) <= 60


@given(st.text(max_size=80))
def test_any_text_is_read_or_answered(text: str) -> None:
    networks, problems = parse_networks([text])
    assert len(networks) + len(problems) <= 1


@pytest.mark.parametrize(
    ("network", "public"),
    [
        ("10.0.0.0/8", False),
        ("192.168.1.0/24", False),
        ("127.0.0.0/8", False),
        ("169.254.0.0/16", False),
        ("100.64.0.0/10", False),
        ("fd00::/112", False),
        ("fe80::/112", False),
        ("8.8.8.8/32", True),
        ("172.0.0.0/8", True),
        ("2600::/112", True),
    ],
)
def test_public_networks_are_told_apart(network: str, public: bool) -> None:  # noqa: FBT001
    assert is_public(ipaddress.ip_network(network)) is public
