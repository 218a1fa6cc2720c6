"""Presence by TCP connect, on the loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from collectors.nmap.connect import find_by_connecting
from collectors.nmap.xml import NmapPort


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.2", 0)) as server:
        yield server.getsockname()[1]


def test_an_open_and_a_closed_port_are_told_apart(open_port: int) -> None:
    hosts = find_by_connecting(
        ["127.0.0.2", "127.0.0.3", "::1"],
        packets_per_second=1000,
        should_stop=lambda: False,
        ports=[open_port],
    )
    found = {host.address: (host.proof, host.ports) for host in hosts}
    assert found["127.0.0.2"] == ("syn-ack", (NmapPort("tcp", open_port),))
    assert found["127.0.0.3"] == ("conn-refused", ())
    assert all(host.is_proven and not host.has_ports for host in hosts)


def test_a_stop_opens_no_connection() -> None:
    assert find_by_connecting(["127.0.0.2"], packets_per_second=1, should_stop=lambda: True) == ()
