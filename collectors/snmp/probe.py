"""Who speaks SNMP: one small GET for each of many addresses, paced by rate.

A dead address costs its datagrams and nothing else; the next credential is shown only to those
that were silent so far.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, NamedTuple

from collectors.credentials import SnmpCredential
from collectors.errors import CollectorError, NoAnswerError
from collectors.observation import System
from collectors.snmp import system
from collectors.snmp.transport import Endpoint, Pdu, SnmpTransport

MAX_IN_FLIGHT: Final = 200


class ProbeResult(NamedTuple):
    """One address that answered.

    Attributes:
        address: as it was given.
        credential: the one that worked; None when the device answered but let none in.
        system: sysDescr, sysObjectID and sysName.
    """

    address: str
    credential: SnmpCredential | None
    system: System


async def probe(
    addresses: Iterable[str],
    credentials: Sequence[SnmpCredential],
    transport: SnmpTransport,
    *,
    packets_per_second: float = 500.0,
    timeout_seconds: float = 1.0,
    retries: int = 1,
    should_stop: Callable[[], bool] = lambda: False,
) -> AsyncIterator[ProbeResult]:
    """Find the addresses that answer SNMP.

    Args:
        addresses: taken lazily for the first credential.
        credentials: in order; each further one goes only to those that were silent.
        transport: the way to the network.
        packets_per_second: requests sent in a second, retries not counted.
        timeout_seconds: wait for one reply.
        retries: further tries after the first.
        should_stop: asked before each request; what is in flight is still awaited.

    Yields:
        One result for each address that answered, as soon as it did; at the end those that
        refused every credential, with none.
    """
    silent: Iterable[str] = addresses
    refused: dict[str, None] = {}
    for credential in credentials:
        left: list[str] = []
        prober = _Prober(transport, credential, timeout_seconds, retries)
        async for address, found in _paced(silent, prober, packets_per_second, should_stop):
            if found is None or found.credential is None:
                left.append(address)
                if found is not None:
                    refused[address] = None
            else:
                refused.pop(address, None)
                yield found
        silent = left
    for address in refused:
        yield ProbeResult(address, None, System())


class _Prober(NamedTuple):
    """Asks one address with one credential."""

    transport: SnmpTransport
    credential: SnmpCredential
    timeout_seconds: float
    retries: int

    async def ask(self, address: str) -> tuple[str, ProbeResult | None]:
        """Give the result: None for silence, one without credential for a refusal."""
        try:
            response = await self.transport.request(
                Endpoint(address, self.credential),
                Pdu.GET,
                list(system.PROBED),
                timeout_seconds=self.timeout_seconds,
                retries=self.retries,
            )
        except NoAnswerError:
            return address, None
        except CollectorError:
            # It is there, but refuses this credential: another one may be let in.
            return address, ProbeResult(address, None, System())
        found = system.system_of({one.oid: one for one in response.varbinds})
        return address, ProbeResult(address, self.credential, found)


async def _paced(
    addresses: Iterable[str],
    prober: _Prober,
    packets_per_second: float,
    should_stop: Callable[[], bool],
) -> AsyncIterator[tuple[str, ProbeResult | None]]:
    loop = asyncio.get_running_loop()
    gap = 1.0 / packets_per_second
    due = loop.time()
    running: set[asyncio.Task[tuple[str, ProbeResult | None]]] = set()
    waiting = iter(addresses)
    is_over = False
    try:
        while running or not is_over:
            while not is_over and len(running) < MAX_IN_FLIGHT and loop.time() >= due:
                address = None if should_stop() else next(waiting, None)
                if address is None:
                    is_over = True
                else:
                    running.add(asyncio.ensure_future(prober.ask(address)))
                    # A late start is not made up for by a burst.
                    due = max(due + gap, loop.time() - gap * 10)
            pause = None if is_over or len(running) >= MAX_IN_FLIGHT else max(due - loop.time(), 0)
            if not running:
                await asyncio.sleep(pause or 0)
                continue
            done, running = await asyncio.wait(
                running,
                timeout=pause,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
