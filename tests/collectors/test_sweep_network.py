"""The real nmap on a segment of namespaces."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.addresses import parse_networks
from collectors.nmap.profiles import Profile
from collectors.nmap.run import NmapCapabilities, capabilities
from collectors.observation import Category, Presence
from collectors.sweep import Sweeper, SweepPlan, SweepResult, WarningCode, sweep
from tests.collectors.network_lab import OWN_ADDRESS, LabHost, segment, why_not

pytestmark = pytest.mark.network

SWITCH = LabHost(10, "00:1b:54:aa:00:10", (22, 23))
PRINTER = LabHost(12, "3c:d9:2b:aa:00:12", (515, 9100))
VIRTUAL = LabHost(13, "52:54:00:aa:00:13")
EXCLUDED = LabHost(14, "18:66:da:aa:00:14", (22,))


@pytest.fixture(scope="module")
def able() -> Iterator[NmapCapabilities]:
    """Stand on a segment with four hosts."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with segment([SWITCH, PRINTER, VIRTUAL, EXCLUDED]):
        found = capabilities()
        if not found.is_privileged:
            pytest.skip("nmap has no raw sockets here")
        yield found


def plan(*include: str) -> SweepPlan:
    exclude, _ = parse_networks([EXCLUDED.address, "fd77::14"])
    return SweepPlan.of(parse_networks(include)[0], exclude)


def presences(results: Iterator[SweepResult]) -> dict[str, Presence]:
    found: dict[str, Presence] = {}
    for result in results:
        assert result.is_complete
        found |= result.presences
    return found


def test_a_segment_is_swept_with_macs_ports_and_categories(able: NmapCapabilities) -> None:
    sweeper = Sweeper(able, packets_per_second=2000)
    found = presences(sweep(plan("10.77.0.0/27"), Profile.PORTS, sweeper))
    assert found.keys() == {OWN_ADDRESS, SWITCH.address, PRINTER.address, VIRTUAL.address}
    switch, printer = found[SWITCH.address], found[PRINTER.address]
    assert (switch.proof, switch.mac_address) == ("arp-response", SWITCH.mac)
    assert switch.oui_manufacturer == "Cisco"
    assert [service.port for service in switch.services] == [22, 23]
    assert all(service.is_guess for service in switch.services)
    assert printer.category is Category.PRINTER
    assert printer.oui_manufacturer == "Hewlett Packard"
    assert found[VIRTUAL.address].category is Category.VIRTUAL_MACHINE
    assert found[OWN_ADDRESS].proof == "localhost-response"


def test_ipv6_addresses_are_swept_in_runs_of_their_own(able: NmapCapabilities) -> None:
    sweeper = Sweeper(able, packets_per_second=2000)
    both = plan("fd77::/123", SWITCH.address)
    found = presences(sweep(both, Profile.PRESENCE, sweeper))
    assert found.keys() == {"fd77::1", "fd77::10", "fd77::12", "fd77::13", SWITCH.address}
    assert found["fd77::10"].proof == "nd-response"
    assert found["fd77::10"].mac_address == SWITCH.mac


def test_without_rights_macs_come_from_the_kernel(able: NmapCapabilities) -> None:
    weak = NmapCapabilities(able.path, able.version, is_privileged=False, detail="no rights")
    results = list(
        sweep(
            plan("10.77.0.8/29", "fd77::12"), Profile.PORTS, Sweeper(weak, packets_per_second=2000)
        )
    )
    found = {address: p for result in results for address, p in result.presences.items()}
    assert found.keys() == {SWITCH.address, PRINTER.address, VIRTUAL.address, "fd77::12"}
    assert found[PRINTER.address].mac_address == PRINTER.mac
    assert found["fd77::12"].mac_address == PRINTER.mac
    assert found[PRINTER.address].category is Category.PRINTER
    assert {w.code for result in results for w in result.warnings} == {
        WarningCode.NMAP_UNPRIVILEGED
    }


def test_without_nmap_who_answers_tcp_is_found_with_its_mac(able: NmapCapabilities) -> None:
    none = NmapCapabilities(None, None, is_privileged=False, detail="nmap is not installed")
    assert able.path is not None
    (result,) = sweep(plan("10.77.0.8/29"), Profile.PORTS, Sweeper(none, packets_per_second=2000))
    assert result.presences.keys() == {SWITCH.address, PRINTER.address, VIRTUAL.address}
    assert result.presences[SWITCH.address].mac_address == SWITCH.mac
    assert [warning.code for warning in result.warnings] == [WarningCode.NMAP_MISSING]


def test_a_stop_in_the_middle_ends_nmap_at_once(able: NmapCapabilities) -> None:
    # One packet a second: the sweep would take hours.
    started = threading.Event()

    def is_running() -> bool:
        if nmap_children():
            started.set()
        return started.is_set()

    begin = time.monotonic()
    sweeper = Sweeper(able, packets_per_second=1, should_stop=is_running)
    results = list(sweep(plan("10.77.0.0/24"), Profile.PRESENCE, sweeper))
    assert started.is_set()
    assert time.monotonic() - begin < 10
    assert not any(result.is_complete for result in results)
    assert nmap_children() == []


def test_a_killed_nmap_is_told_and_harms_nothing_else(able: NmapCapabilities) -> None:
    killed = threading.Event()

    def kill_once() -> bool:
        for number in nmap_children():
            if not killed.is_set():
                killed.set()
                os.kill(number, signal.SIGKILL)
        return False

    sweeper = Sweeper(able, packets_per_second=50, should_stop=kill_once, chunks_at_once=1)
    both = plan("10.77.0.0/28", "fd77::10")
    first, second = sweep(both, Profile.PRESENCE, sweeper)
    assert not first.is_complete
    assert [warning.code for warning in first.warnings] == [WarningCode.NMAP_FAILED]
    assert second.is_complete
    assert second.presences.keys() == {"fd77::10"}


def nmap_children() -> list[int]:
    """Give the nmap programs that this process has started and that still run."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=,comm=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if Path(row[2]).name == "nmap" and row[1][0] != "Z"]
