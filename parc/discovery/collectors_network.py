"""The real network: nmap, the SNMP probe and the SNMP collector, in the shape that a run needs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition
from collectors.nmap.host_names import NameResolver
from collectors.nmap.profiles import Profile
from collectors.nmap.run import capabilities
from collectors.runner import run
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
    """``Network`` over the collectors; blocking parts run in threads."""

    sweeper: Sweeper
    transport: SnmpTransport
    definitions: tuple[Definition, ...]
    clock: Clock
    packets_per_second: int
    devices_at_once: int
    should_stop: ShouldStop

    async def find(self, addresses: Sequence[Address]) -> SweepResult:
        """Find which addresses are up."""
        return await asyncio.to_thread(self.sweeper.sweep_chunk, tuple(addresses), Profile.PRESENCE)

    async def survey(self, addresses: Sequence[Address]) -> SweepResult:
        """Look at the ports and banners of addresses that are up."""
        return await asyncio.to_thread(
            self.sweeper.sweep_chunk, tuple(addresses), Profile.INVENTORY
        )

    async def probe(self, targets: Sequence[Target]) -> Mapping[str, SnmpCredential | None]:
        """Find which addresses answer SNMP; those with the same credentials are asked together."""
        groups: dict[tuple[SnmpCredential, ...], list[Target]] = defaultdict(list)
        for target in targets:
            groups[target.credentials].append(target)
        found: dict[str, SnmpCredential | None] = {}
        for credentials, members in groups.items():
            limits = members[0].limits
            answers = probe(
                [target.address for target in members],
                credentials,
                self.transport,
                packets_per_second=self.packets_per_second,
                timeout_seconds=limits.timeout_seconds,
                retries=limits.retries,
                should_stop=self.should_stop,
            )
            async for answer in answers:
                found[answer.address] = answer.credential
        return found

    def collect(self, targets: Sequence[Target]) -> AsyncIterator[SnmpResult]:
        """Read devices."""
        return run(
            targets,
            self.transport,
            self.definitions,
            self.clock,
            devices_at_once=self.devices_at_once,
            should_stop=self.should_stop,
        )


def collectors_network(settings: DiscoverySettings, clock: Clock) -> OpenNetwork:
    """Give what opens the real network, by the settings of discovery."""

    @asynccontextmanager
    async def open_network(
        *, packets_per_second: int, devices_at_once: int, should_stop: ShouldStop
    ) -> AsyncIterator[Network]:
        folder = Path(settings.definitions_folder) if settings.definitions_folder else None
        resolver = NameResolver()
        transport = ChosenTransport()
        try:
            sweeper = Sweeper(
                await asyncio.to_thread(capabilities, settings.nmap_path),
                packets_per_second=packets_per_second,
                resolver=resolver,
                should_stop=should_stop,
            )
            yield CollectorsNetwork(
                sweeper,
                transport,
                load_definitions(folder),
                clock,
                packets_per_second,
                devices_at_once,
                should_stop,
            )
        finally:
            await transport.close()
            resolver.close()

    return open_network
