"""Chunks, and what becomes of nmap's answers; a program stands in nmap's place."""

from __future__ import annotations

import ipaddress
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.addresses import Network, parse_networks
from collectors.nmap.host_names import NameResolver
from collectors.nmap.profiles import Profile
from collectors.nmap.run import NmapCapabilities
from collectors.observation import Category
from collectors.sweep import Sweeper, SweepPlan, SweepResult, WarningCode, sweep
from tests.collectors.nmap.fake_nmap import (
    FINISHED,
    START,
    FakeNmap,
    host_xml,
    mac_xml,
    make_fake_nmap,
    port_xml,
)

NO_NMAP = NmapCapabilities(None, None, is_privileged=False, detail="nmap is not installed")


def plan(*include: str, exclude: tuple[str, ...] = ()) -> SweepPlan:
    networks, problems = parse_networks(include)
    assert problems == ()
    return SweepPlan.of(networks, parse_networks(exclude)[0])


def sweeper(
    fake: FakeNmap,
    *,
    is_privileged: bool = True,
    resolver: NameResolver | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    chunks_at_once: int = 2,
) -> Sweeper:
    able = NmapCapabilities(str(fake.path), "7.93", is_privileged, "nmap 7.93")
    return Sweeper(able, 1000, resolver, should_stop, chunks_at_once)


def sweep_one(fake: FakeNmap, network: str, profile: Profile = Profile.PRESENCE) -> SweepResult:
    (chunk,) = plan(network).chunks()
    return sweeper(fake).sweep_chunk(chunk, profile)


def small_networks() -> st.SearchStrategy[Network]:
    four = st.tuples(st.integers(0, 4095), st.integers(21, 32)).map(
        lambda pair: ipaddress.ip_network((0x0A000000 + pair[0], pair[1]), strict=False)
    )
    six = st.tuples(st.integers(0, 4095), st.integers(117, 128)).map(
        lambda pair: ipaddress.ip_network(((0xFD << 120) + pair[0], pair[1]), strict=False)
    )
    return st.one_of(four, six)


@given(st.lists(small_networks(), max_size=5), st.lists(small_networks(), max_size=5))
def test_chunks_are_include_without_exclude_each_once(
    include: list[Network], exclude: list[Network]
) -> None:
    made = SweepPlan.of(include, exclude)
    chunks = list(made.chunks())
    addresses = [address for chunk in chunks for address in chunk]
    hosts = {
        address
        for network in include
        for address in (network.hosts() if network.version == 4 else network)
    }
    assert set(addresses) == {a for a in hosts if not any(a in network for network in exclude)}
    assert len(set(addresses)) == len(addresses) == made.address_count
    assert len(chunks) == made.chunk_count
    for chunk in chunks:
        assert 0 < len(chunk) <= 256
        assert len({address.version for address in chunk}) == 1
        assert all(left < right for left, right in pairwise(map(int, chunk)))


@pytest.mark.parametrize(
    ("network", "count"),
    [
        ("10.0.0.0/24", 254),
        ("10.0.0.0/30", 2),
        ("10.0.0.0/31", 2),
        ("10.0.0.7", 1),
        ("fd00::/120", 256),
        ("10.0.0.0/8", 2**24 - 2),
    ],
)
def test_edges_of_ipv4_networks_are_left_out(network: str, count: int) -> None:
    assert plan(network).address_count == count


def test_a_large_ipv6_network_cannot_be_planned() -> None:
    with pytest.raises(ValueError, match="/64 cannot be swept"):
        SweepPlan.of([ipaddress.ip_network("fd00::/111")])
    assert SweepPlan.of([ipaddress.ip_network("fd00::/112")]).address_count == 65_536


def test_the_chunks_of_a_slash_8_take_no_memory_before_they_are_asked_for() -> None:
    tracemalloc.start()
    try:
        made = plan("10.0.0.0/8", exclude=("10.0.0.0/16",))
        for _ in islice(made.chunks(), 300):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made.chunk_count == 65_281
    assert peak < 500_000


def test_who_gives_a_proof_is_present_and_nobody_else(tmp_path: Path) -> None:
    hosts = [
        host_xml("10.0.0.1", inside=mac_xml("00:1B:54:AA:00:15", "Cisco Systems")),
        host_xml("10.0.0.2", reason="user-set"),
        host_xml("10.0.0.77"),  # was not asked: excluded, or made up
    ]
    fake = make_fake_nmap(tmp_path, START + "".join(hosts) + FINISHED)
    result = sweep_one(fake, "10.0.0.0/29")
    assert result.presences.keys() == {"10.0.0.1"}
    assert result.is_complete
    assert result.warnings == ()
    presence = result.presences["10.0.0.1"]
    assert presence.proof == "echo-reply"
    assert (presence.mac_address, presence.oui_manufacturer) == ("00:1b:54:aa:00:15", "Cisco")
    assert presence.category is None
    assert presence.votes[0].category is Category.NETWORK
    assert not presence.is_complete


def test_ports_are_asked_of_those_found_up_only(tmp_path: Path) -> None:
    ports = f"<ports>{port_xml(9100)}{port_xml(515)}</ports>"
    hosts = host_xml("10.0.0.3", inside=ports) + host_xml("10.0.0.5", inside="<ports/>")
    fake = make_fake_nmap(tmp_path, START + hosts + FINISHED)
    result = sweep_one(fake, "10.0.0.0/28", Profile.PORTS)
    asked = sorted((argv[argv.index("--") + 1 :] for argv in fake.runs), key=len)
    assert asked[0] == ["10.0.0.3", "10.0.0.5"]
    assert len(asked[1]) == 14
    presence = result.presences["10.0.0.3"]
    assert presence.category is Category.PRINTER
    assert [service.port for service in presence.services] == [9100, 515]
    assert presence.is_complete
    assert result.presences["10.0.0.5"].services == ()


def test_a_low_rate_scans_few_hosts_at_once(tmp_path: Path) -> None:
    hosts = "".join(host_xml(f"10.0.0.{number}", inside="<ports/>") for number in range(1, 7))
    fake = make_fake_nmap(tmp_path, START + hosts + FINISHED)
    (chunk,) = plan("10.0.0.0/29").chunks()
    slow = replace(sweeper(fake), packets_per_second=8)
    result = slow.sweep_chunk(chunk, Profile.PORTS)
    assert sorted(len(argv) - argv.index("--") - 1 for argv in fake.runs) == [2, 4, 6]
    assert all(presence.is_complete for presence in result.presences.values())


def test_a_chunk_of_both_versions_is_asked_in_two_runs(tmp_path: Path) -> None:
    hosts = host_xml("10.0.0.1", inside="<ports/>") + host_xml("fd00::1", inside="<ports/>")
    fake = make_fake_nmap(tmp_path, START + hosts + FINISHED)
    both = (ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("fd00::1"))
    result = sweeper(fake).sweep_chunk(both, Profile.PORTS)
    assert result.presences.keys() == {"10.0.0.1", "fd00::1"}
    assert result.is_complete
    assert sorted(argv[-1] for argv in fake.runs if "-6" in argv) == ["fd00::1", "fd00::1"]
    assert len(fake.runs) == 4


def test_loopback_is_not_asked_by_nmap(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, START + host_xml("127.0.0.9") + FINISHED)
    result = sweep_one(fake, "127.0.0.0/28", Profile.PORTS)
    assert fake.runs == []
    assert result.presences == {}
    assert result.is_complete
    assert [warning.code for warning in result.warnings] == [WarningCode.LOOPBACK]


def test_a_killed_nmap_costs_the_hosts_after_the_break_and_says_so(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, START + host_xml("10.0.0.1") + "<ho", end="kill -9 $$")
    result = sweep_one(fake, "10.0.0.0/29")
    assert result.presences.keys() == {"10.0.0.1"}
    assert not result.is_complete
    assert [warning.code for warning in result.warnings] == [WarningCode.NMAP_FAILED]


def test_without_rights_the_interface_can_say_what_is_lost(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, START + host_xml("10.0.0.1", reason="conn-refused") + FINISHED)
    (chunk,) = plan("10.0.0.0/29").chunks()
    result = sweeper(fake, is_privileged=False).sweep_chunk(chunk, Profile.PRESENCE)
    assert result.presences.keys() == {"10.0.0.1"}
    assert [warning.code for warning in result.warnings] == [WarningCode.NMAP_UNPRIVILEGED]
    assert "--unprivileged" in fake.runs[0]


def test_without_nmap_a_sweep_says_so_and_goes_on() -> None:
    (chunk,) = plan("127.0.0.1").chunks()
    assert Sweeper(NO_NMAP).sweep_chunk(chunk, Profile.PORTS).presences == {}
    stopped = Sweeper(NO_NMAP, should_stop=lambda: True)
    (chunk,) = plan("10.0.0.1").chunks()
    result = stopped.sweep_chunk(chunk, Profile.PORTS)
    assert [warning.code for warning in result.warnings] == [WarningCode.NMAP_MISSING]
    assert not result.is_complete


def test_names_come_from_the_resolver(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, START + host_xml("10.0.0.1") + FINISHED)
    (chunk,) = plan("10.0.0.0/29").chunks()
    with closing(NameResolver(lambda address: f"h-{address}.example.org")) as resolver:
        result = sweeper(fake, resolver=resolver).sweep_chunk(chunk, Profile.PRESENCE)
    assert result.presences["10.0.0.1"].host_name == "h-10.0.0.1.example.org"


def test_a_sweep_gives_every_chunk_once_and_shares_its_rate(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path)
    made = plan("10.0.0.0/21", "fd00::/120")
    results = list(sweep(made, Profile.PRESENCE, sweeper(fake, chunks_at_once=4)))
    swept = [address for result in results for address in result.chunk]
    assert len(swept) == len(set(swept)) == made.address_count
    assert len(fake.runs) == made.chunk_count == 10
    assert {argv[argv.index("--max-rate") + 1] for argv in fake.runs} == {"250"}


def test_a_slow_taker_holds_the_sweep_back(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path)
    results = sweep(plan("10.0.0.0/16"), Profile.PRESENCE, sweeper(fake))
    for _ in range(3):
        next(results)
    results.close()
    assert len(fake.runs) <= 3 + 2 * 2


def test_a_stop_in_the_middle_gives_what_is_there_and_ends(tmp_path: Path) -> None:
    told = f"touch {tmp_path}/told.$$; exec sleep 60"
    fake = make_fake_nmap(tmp_path, START + host_xml("10.0.0.1"), end=told)

    def both_have_told() -> bool:
        return len(list(tmp_path.glob("told.*"))) == 2

    made = plan("10.0.0.0/16")
    given_results = list(sweep(made, Profile.PRESENCE, sweeper(fake, should_stop=both_have_told)))
    assert len(given_results) == 2
    assert not any(result.is_complete for result in given_results)
    assert "10.0.0.1" in {a for result in given_results for a in result.presences}


def test_closing_a_sweep_ends_what_runs(tmp_path: Path) -> None:
    hangs_later = f"if [ -e {tmp_path}/once ]; then exec sleep 60; fi; touch {tmp_path}/once"
    fake = make_fake_nmap(tmp_path, end=hangs_later)
    results = sweep(plan("10.0.0.0/20"), Profile.PRESENCE, sweeper(fake))
    assert next(results).is_complete
    results.close()
    assert list(results) == []
