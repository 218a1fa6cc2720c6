"""Who speaks SNMP: one small GET for each of many addresses, paced by rate.

A dead address costs its datagrams and nothing else; the next credential is shown only to those
that were silent so far.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple

from collectors.credentials import SnmpCredential
from collectors.errors import CollectorError, NoAnswerError
from collectors.observation import System
from collectors.snmp import system
from collectors.snmp.pacing import Pacer
from collectors.snmp.transport import Endpoint, Pdu, SnmpTransport


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
        packets_per_second: requests started in a second; the transport's own limit, which
            counts retries as well, is wide enough not to be felt.
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
        sweep = _Sweep(prober, packets_per_second, should_stop)
        async for address, found in sweep.results(silent):
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


_Found = tuple[str, ProbeResult | None]


class _Prober(NamedTuple):
    """Asks one address with one credential."""

    transport: SnmpTransport
    credential: SnmpCredential
    timeout_seconds: float
    retries: int

    async def ask(self, address: str) -> _Found:
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


class _Sweep:
    """One credential shown to many addresses, at a rate and not in a number at once.

    A dead address waits for its whole timeout; with a limit on how many may wait, they would
    hold up the live ones.
    """

    def __init__(
        self, prober: _Prober, packets_per_second: float, should_stop: Callable[[], bool]
    ) -> None:
        self._prober = prober
        self._pacer = Pacer(packets_per_second)
        self._should_stop = should_stop
        self._room = asyncio.Semaphore(prober.transport.most_in_flight)
        self._running: set[asyncio.Future[_Found]] = set()
        self._results: asyncio.Queue[asyncio.Future[_Found] | None] = asyncio.Queue()

    async def results(self, addresses: Iterable[str]) -> AsyncIterator[_Found]:
        """Give what came of each address as soon as it is known."""
        starting = asyncio.ensure_future(self._start(addresses))
        try:
            while (finished := await self._results.get()) is not None:
                yield finished.result()
            await starting
        finally:
            asking: list[asyncio.Future[Any]] = [starting, *self._running]
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _start(self, addresses: Iterable[str]) -> None:
        """Start the questions one by one; at the end of all answers put None."""
        loop = asyncio.get_running_loop()
        try:
            waiting = iter(addresses)
            while not self._should_stop():
                address = next(waiting, None)
                if address is None:
                    break
                await self._room.acquire()
                wait = self._pacer.reserve(loop.time())
                if wait:
                    await asyncio.sleep(wait)
                question = asyncio.ensure_future(self._prober.ask(address))
                self._running.add(question)
                question.add_done_callback(self._finish)
            if self._running:
                await asyncio.wait(self._running)
        finally:
            self._results.put_nowait(None)

    def _finish(self, question: asyncio.Future[_Found]) -> None:
        self._running.discard(question)
        self._room.release()
        if not question.cancelled():
            self._results.put_nowait(question)
