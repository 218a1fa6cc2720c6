"""The real network: nmap, the SNMP probe and the SNMP collector, in the shape that a run needs."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.definitions.loader import load_definitions
from collectors.nmap.host_names import NameResolver
from collectors.nmap.profiles import Profile
from collectors.nmap.run import capabilities
from collectors.process import CollectorProcess
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.probe import probe
from collectors.snmp.transport import SnmpTransport
from collectors.sweep import Sweeper, SweepResult
from collectors.target import Target
from parc.clock import Clock
from parc.config import DiscoverySettings
from parc.discovery.network import Network, OpenNetwork, ShouldStop


@dataclass(frozen=True, slots=True)
class CollectorsNetwork:
    """``Network`` over the collectors.

    Attributes:
        sweeper: its rate is the share of one of ``chunks_at_once``; the probe keeps to it too.
        threads: of its own for nmap, so that whoever writes need not wait for one.
        transport: of the probe.
        collector: reads devices in a process of its own, so that writing does not hold it up.
    """

    sweeper: Sweeper
    threads: Executor
    transport: SnmpTransport
    collector: CollectorProcess
    should_stop: ShouldStop

    @property
    def chunks_at_once(self) -> int:
        """How many chunks may be swept and probed at the same time."""
        return self.sweeper.chunks_at_once

    async def find(self, addresses: Sequence[Address]) -> SweepResult:
        """Find which addresses are up."""
        return await self._sweep(addresses, Profile.PRESENCE)

    async def survey(self, addresses: Sequence[Address]) -> SweepResult:
        """Look at the ports of addresses that are up."""
        return await self._sweep(addresses, Profile.PORTS)

    async def _sweep(self, addresses: Sequence[Address], profile: Profile) -> SweepResult:
        loop = asyncio.get_running_loop()
        sweep_chunk = self.sweeper.sweep_chunk
        return await loop.run_in_executor(self.threads, sweep_chunk, tuple(addresses), profile)

    async def probe(self, targets: Sequence[Target]) -> Mapping[str, SnmpCredential | None]:
        """Find which addresses answer SNMP; those with the same credentials are asked together."""
        groups: dict[tuple[SnmpCredential, ...], list[Target]] = defaultdict(list)
        for target in targets:
            groups[target.credentials].append(target)
        found: dict[str, SnmpCredential | None] = {}
        if groups:
            await self.collector.start()
        for credentials, members in groups.items():
            limits = members[0].limits
            answers = probe(
                [target.address for target in members],
                credentials,
                self.transport,
                packets_per_second=self.sweeper.packets_per_second,
                timeout_seconds=limits.timeout_seconds,
                retries=limits.retries,
                should_stop=self.should_stop,
            )
            async for answer in answers:
                found[answer.address] = answer.credential
        return found

    def collect(self, targets: Sequence[Target]) -> AsyncIterator[SnmpResult]:
        """Read devices."""
        return self.collector.collect(targets)


def collectors_network(settings: DiscoverySettings, clock: Clock) -> OpenNetwork:
    """Give what opens the real network, by the settings of discovery."""

    @asynccontextmanager
    async def open_network(
        *,
        packets_per_second: int,
        devices_at_once: int,
        chunk_count: int,
        should_stop: ShouldStop,
    ) -> AsyncIterator[Network]:
        folder = Path(settings.definitions_folder) if settings.definitions_folder else None
        if folder:
            load_definitions(folder)  # a mistake there is told at once
        resolver = NameResolver()
        transport = ChosenTransport()
        collector = CollectorProcess(
            clock,
            devices_at_once=devices_at_once,
            definitions_folder=folder,
            should_stop=should_stop,
        )
        is_closed = threading.Event()
        try:
            sweeper = Sweeper(
                await asyncio.to_thread(capabilities, settings.nmap_path),
                packets_per_second=packets_per_second,
                resolver=resolver,
                # Also a run that ends by an error must not wait for nmap.
                should_stop=lambda: is_closed.is_set() or should_stop(),
            ).divided(chunk_count)
            with ThreadPoolExecutor(sweeper.chunks_at_once, thread_name_prefix="sweep") as threads:
                try:
                    yield CollectorsNetwork(
                        sweeper=sweeper,
                        threads=threads,
                        transport=transport,
                        collector=collector,
                        should_stop=should_stop,
                    )
                finally:
                    is_closed.set()
        finally:
            await collector.close()
            await transport.close()
            resolver.close()

    return open_network
