"""From address ranges to who is there: chunk by chunk, so that a /16 fills nothing.

A chunk is at most 256 addresses. Each is one presence run of nmap, then port runs over those
found up; its result is whole in itself, so a stop, a crash or a timeout costs one chunk.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Final

from collectors.addresses import LARGEST_IPV6_COUNT, Address, AddressSet, Network
from collectors.nmap.connect import find_by_connecting
from collectors.nmap.host_names import NameResolver
from collectors.nmap.makers import origins_of
from collectors.nmap.neighbors import read_neighbors
from collectors.nmap.profiles import Profile
from collectors.nmap.run import End, NmapCapabilities, scan
from collectors.nmap.votes import weigh
from collectors.nmap.xml import NmapHost, read_report
from collectors.observation import Presence, Service
from collectors.registries.oui import manufacturer_of

CHUNK_ADDRESSES: Final = 256
# Whoever watches sees the first devices early, whatever the rate.
FIRST_CHUNK_ADDRESSES: Final = 32
_SCANNED_AT_ONCE: Final = 32
CHUNKS_AT_ONCE: Final = 6
# Below this a run is only slower: better fewer at once.
_LEAST_RATE: Final = 250
_IPV6: Final = 6
# Eight probes and a retry each; thirty ports, three tries each. With what hosts may take on top.
_PRESENCE_PACKETS: Final = 16
_PORT_PACKETS: Final = 100
_SLACK_SECONDS: Final = {Profile.PRESENCE: 240, Profile.PORTS: 240, Profile.INVENTORY: 900}
_LONGEST_SECONDS: Final = 3600

Chunk = tuple[Address, ...]


class WarningCode(StrEnum):
    """What a sweep could not see, for the interface to say in words."""

    NMAP_MISSING = "nmap_missing"
    NMAP_UNPRIVILEGED = "nmap_unprivileged"
    NMAP_FAILED = "nmap_failed"
    NMAP_TIMED_OUT = "nmap_timed_out"
    LOOPBACK = "loopback"
    NAMES_SILENT = "names_silent"


@dataclass(frozen=True, slots=True)
class SweepWarning:
    """One thing that was lost; ``detail`` is a sentence, possibly nmap's own."""

    code: WarningCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one chunk gave.

    Attributes:
        chunk: the addresses that were asked.
        presences: by address as text; only those that gave a proof.
        is_complete: every address was asked to the end; else a missing one means nothing.
    """

    chunk: Chunk
    presences: dict[str, Presence]
    is_complete: bool
    warnings: tuple[SweepWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """The addresses of a sweep, without the excluded ones and without networks' edges."""

    addresses: AddressSet

    @classmethod
    def of(cls, include: Iterable[Network], exclude: Iterable[Network] = ()) -> SweepPlan:
        """Make a plan; whether public networks may be asked is the caller's to say.

        Raises:
            ValueError: an IPv6 network of more than 65,536 addresses.
        """
        include = tuple(include)
        for network in include:
            if network.version == _IPV6 and network.num_addresses > LARGEST_IPV6_COUNT:
                raise ValueError(f"{network} is too large: a /64 cannot be swept, at most a /112")
        return cls(AddressSet.of_hosts(include) - AddressSet.of(exclude))

    @property
    def address_count(self) -> int:
        """How many addresses will be asked."""
        return self.addresses.count

    @property
    def chunk_count(self) -> int:
        """How many chunks ``chunks`` will give."""
        total, size = 0, FIRST_CHUNK_ADDRESSES
        for count in (self.addresses.count_of(version) for version in (4, 6)):
            if count:
                total += 1 + -(-max(0, count - size) // CHUNK_ADDRESSES)
                size = CHUNK_ADDRESSES
        return total

    def chunks(self) -> Iterator[Chunk]:
        """Give the addresses in ascending order, of one IP version each time.

        The first chunk is a small one, all others hold 256 but the last of each version.
        """
        size = FIRST_CHUNK_ADDRESSES
        pending: list[Address] = []
        for address in self.addresses:
            if pending and (len(pending) == size or pending[0].version != address.version):
                yield tuple(pending)
                pending, size = [], CHUNK_ADDRESSES
            pending.append(address)
        if pending:
            yield tuple(pending)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """How chunks are swept; ``sweep_chunk`` may be called from many threads.

    Attributes:
        capabilities: of ``collectors.nmap.run.capabilities``.
        packets_per_second: of all that runs at the same time, together.
        resolver: gives host names; None leaves them out.
        should_stop: asked ten times a second.
        chunks_at_once: how many calls of ``sweep_chunk`` may run at the same time.
    """

    capabilities: NmapCapabilities
    packets_per_second: int = 500
    resolver: NameResolver | None = None
    should_stop: Callable[[], bool] = field(default=lambda: False)
    chunks_at_once: int = CHUNKS_AT_ONCE

    def divided(self, chunk_count: int) -> Sweeper:
        """Give one whose ``sweep_chunk`` may run ``chunks_at_once`` times within the same rate."""
        useful = self.packets_per_second // _LEAST_RATE
        at_once = max(1, min(self.chunks_at_once, chunk_count, useful))
        share = max(1, self.packets_per_second // at_once)
        return replace(self, packets_per_second=share, chunks_at_once=at_once)

    def sweep_chunk(self, chunk: Chunk, profile: Profile) -> SweepResult:
        """Ask every address whether it is there, and those that are by ``profile``.

        Both IP versions may be among them.

        Never raises for what the network or nmap does: that is in ``warnings``.
        """
        # nmap takes every loopback address for up, so it has nothing to say there.
        asked = [address for address in chunk if not address.is_loopback]
        notes = _Notes()
        if len(asked) < len(chunk):
            notes.add(WarningCode.LOOPBACK, "loopback addresses are asked by SNMP only")
        hosts = self._find(asked, notes) if asked else []
        if profile is not Profile.PRESENCE:
            hosts = self._look(hosts, profile, notes)
        presences = self._describe(hosts, notes)
        return SweepResult(chunk, presences, notes.is_complete, tuple(notes.warnings))

    def _find(self, asked: list[Address], notes: _Notes) -> list[NmapHost]:
        if self.capabilities.path is None:
            notes.add(WarningCode.NMAP_MISSING, self.capabilities.detail)
            found = find_by_connecting(
                [str(address) for address in asked],
                packets_per_second=self.packets_per_second,
                should_stop=self.should_stop,
            )
            notes.is_complete = not self.should_stop()
            return list(found)
        if not self.capabilities.is_privileged:
            notes.add(WarningCode.NMAP_UNPRIVILEGED, self.capabilities.detail)
        return [host for host in self._scan(asked, Profile.PRESENCE, notes) if host.is_proven]

    def _look(self, hosts: list[NmapHost], profile: Profile, notes: _Notes) -> list[NmapHost]:
        """Scan the ports of those found, few at a time; who is not answered keeps its presence."""
        if self.capabilities.path is None:
            return hosts
        known = {host.address: host for host in hosts}
        # At a low rate a large group would reach nmap's limit for a host before its turn comes.
        size = max(1, min(_SCANNED_AT_ONCE, self.packets_per_second // 2))
        waiting = [ipaddress.ip_address(host.address) for host in hosts]
        while waiting and not self.should_stop():
            batch, waiting = waiting[:size], waiting[size:]
            for host in self._scan(batch, profile, notes):
                first = known[host.address]
                known[host.address] = replace(
                    host,
                    proof=first.proof,
                    is_proven=True,
                    mac_address=host.mac_address or first.mac_address,
                    vendor=host.vendor or first.vendor,
                )
        notes.is_complete = notes.is_complete and not waiting
        return list(known.values())

    def _scan(
        self, addresses: Sequence[Address], profile: Profile, notes: _Notes
    ) -> list[NmapHost]:
        """Run nmap over addresses of any version, one version after the other."""
        found: list[NmapHost] = []
        for version in (4, 6):
            same = [address for address in addresses if address.version == version]
            found += self._run(same, profile, notes) if same else []
        return found

    def _run(self, addresses: Sequence[Address], profile: Profile, notes: _Notes) -> list[NmapHost]:
        packets = _PRESENCE_PACKETS if profile is Profile.PRESENCE else _PORT_PACKETS
        seconds = 2 * len(addresses) * packets / self.packets_per_second + _SLACK_SECONDS[profile]
        run = scan(
            addresses,
            profile,
            capabilities=self.capabilities,
            packets_per_second=self.packets_per_second,
            timeout_seconds=min(seconds, _LONGEST_SECONDS),
            should_stop=self.should_stop,
        )
        report = read_report(run.body)
        if run.end is End.TIMED_OUT:
            notes.add(WarningCode.NMAP_TIMED_OUT, f"nmap was ended after {seconds:.0f} seconds")
        elif run.end is not End.STOPPED and not (run.end is End.FINISHED and report.is_complete):
            notes.add(WarningCode.NMAP_FAILED, run.detail or report.detail or run.end)
        notes.is_complete = notes.is_complete and run.end is End.FINISHED and report.is_complete
        # Whatever nmap says, only what was asked counts: exclusions hold here as well.
        asked = {str(address) for address in addresses}
        return [host for host in report.hosts if host.address in asked]

    def _describe(self, hosts: list[NmapHost], notes: _Notes) -> dict[str, Presence]:
        names = self.resolver.resolve(host.address for host in hosts) if self.resolver else {}
        if self.resolver is not None and self.resolver.is_silent:
            notes.add(WarningCode.NAMES_SILENT, "the DNS server does not answer")
        macs: dict[str, str] = {}
        if hosts and not self.capabilities.is_privileged:
            versions = {ipaddress.ip_address(host.address).version for host in hosts}
            macs = {ip: mac for one in versions for ip, mac in read_neighbors(one).items()}
        return {
            host.address: describe(host, names.get(host.address), macs.get(host.address))
            for host in hosts
        }


@dataclass(slots=True)
class _Notes:
    """What is noted while one chunk is swept."""

    warnings: list[SweepWarning] = field(default_factory=list)
    is_complete: bool = True

    def add(self, code: WarningCode, detail: str) -> None:
        warning = SweepWarning(code, detail)
        if warning not in self.warnings:
            self.warnings.append(warning)


def describe(
    host: NmapHost, host_name: str | None = None, neighbor_mac: str | None = None
) -> Presence:
    """Turn what nmap saw into a presence, with makers and votes on the category."""
    mac = host.mac_address or neighbor_mac
    manufacturer = manufacturer_of(mac) if mac else None
    verdict = weigh(host.ports, manufacturer=manufacturer, vendor=host.vendor, mac_address=mac)
    services = tuple(
        Service(port.protocol, port.number, port.name, port.product, port.version, port.is_guess)
        for port in host.ports
    )
    return Presence(
        proof=host.proof,
        mac_address=mac,
        oui_manufacturer=manufacturer,
        host_name=host_name,
        services=services,
        is_complete=host.has_ports,
        votes=verdict.votes,
        category=verdict.category,
        category_confidence=verdict.confidence,
        origins=origins_of(host.ports),
    )


def sweep(plan: SweepPlan, profile: Profile, sweeper: Sweeper) -> Generator[SweepResult]:
    """Sweep all chunks, some at once, and give each result as soon as it is there.

    At most ``chunks_at_once`` chunks are in work or waiting to be taken, so a slow taker holds
    the sweep back instead of filling memory. Closing the iterator ends what runs.
    """
    closed = threading.Event()
    worker = replace(
        sweeper.divided(plan.chunk_count),
        should_stop=lambda: closed.is_set() or sweeper.should_stop(),
    )
    at_once = worker.chunks_at_once
    chunks = plan.chunks()
    with ThreadPoolExecutor(at_once, thread_name_prefix="sweep") as pool:
        running: set[Future[SweepResult]] = set()
        try:
            while True:
                free = 0 if worker.should_stop() else at_once - len(running)
                running |= {
                    pool.submit(worker.sweep_chunk, chunk, profile)
                    for chunk in islice(chunks, free)
                }
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            closed.set()
