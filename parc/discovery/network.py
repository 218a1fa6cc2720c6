"""What discovery needs of the network, behind one Protocol; tests hand in a simulated one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.sweep import SweepResult
from collectors.target import Target

ShouldStop = Callable[[], bool]


class Network(Protocol):
    """The collectors, as far as a run uses them; none of these raises for what a device does.

    Attributes:
        chunks_at_once: how many of ``find``, ``survey`` and ``probe`` each may run at the same
            time; together they keep to the rate.
    """

    @property
    def chunks_at_once(self) -> int:
        """See the class."""
        ...

    async def find(self, addresses: Sequence[Address]) -> SweepResult:
        """Find which addresses are up, without logging in; loopback addresses are left out."""
        ...

    async def survey(self, addresses: Sequence[Address]) -> SweepResult:
        """Look at the ports of addresses that are up."""
        ...

    async def probe(self, targets: Sequence[Target]) -> Mapping[str, SnmpCredential | None]:
        """Find which addresses answer SNMP, and to which of their targets' credentials.

        None is for one that answers, but lets nobody in.
        """
        ...

    def collect(self, targets: Sequence[Target]) -> AsyncIterator[SnmpResult]:
        """Read devices; gives exactly one result for each target, as soon as it is known."""
        ...


class OpenNetwork(Protocol):
    """Makes a network for one run, and closes its sockets at the end."""

    def __call__(
        self,
        *,
        packets_per_second: int,
        devices_at_once: int,
        chunk_count: int,
        should_stop: ShouldStop,
    ) -> AbstractAsyncContextManager[Network]:
        """Open it; ``should_stop`` is asked before each request, from several threads.

        Args:
            packets_per_second: of nmap, and of the SNMP probe as well.
            devices_at_once: how many are read at the same time.
            chunk_count: how many the run will have.
            should_stop: once true, all that is going on ends soon.
        """
        ...
