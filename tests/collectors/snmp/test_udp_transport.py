"""What the own transport promises beyond the interface: who is believed, and what it costs."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from collectors import oids
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.errors import NoAnswerError, RefusedError, StoppedError
from collectors.snmp import codec
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag, VarBind
from collectors.snmp.udp_transport import UdpTransport

SYS_NAME = oids.encode("1.3.6.1.2.1.1.5.0")
COMMUNITY = SnmpCredential(SnmpVersion.V2C, "public")
Serve = Callable[["Server", codec.Message, tuple[str, int]], None]


@dataclass
class Server(asyncio.DatagramProtocol):
    """Hands each request to a function that answers it, from here or elsewhere."""

    serve: Serve
    seen: list[tuple[float, codec.Message]] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # as given
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = codec.decode_message(data)
        self.seen.append((time.monotonic(), request))
        self.is_asked.set()
        self.serve(self, request, addr)

    def send(self, message: codec.Message, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        self.transport.sendto(codec.encode_message(message), addr)


def reply_to(request: codec.Message, text: bytes = b"name") -> codec.Message:
    varbinds = [VarBind(SYS_NAME, Tag.OCTET_STRING, text)]
    return request._replace(
        pdu_tag=codec.RESPONSE, error_status=0, error_index=0, varbinds=varbinds
    )


def answer(server: Server, request: codec.Message, addr: tuple[str, int]) -> None:
    server.send(reply_to(request), addr)


def say_nothing(server: Server, request: codec.Message, addr: tuple[str, int]) -> None:
    """Leave the request without an answer."""


@asynccontextmanager
async def serving(serve: Serve, address: str = "127.0.0.1") -> AsyncIterator[tuple[Server, int]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Server(serve), local_addr=(address, 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def opened(packets_per_second: float = 5_000) -> AsyncIterator[UdpTransport]:
    transport = UdpTransport(packets_per_second=packets_per_second)
    try:
        yield transport
    finally:
        await transport.close()


async def ask(
    transport: UdpTransport,
    credential: SnmpCredential,
    address: str = "127.0.0.1",
    timeout_seconds: float = 0.3,
    retries: int = 0,
) -> Response:
    return await transport.request(
        Endpoint(address, credential),
        Pdu.GET,
        [SYS_NAME],
        timeout_seconds=timeout_seconds,
        retries=retries,
    )


@pytest.mark.parametrize("elsewhere", ["127.0.0.1", "127.0.0.9"])
def test_a_reply_from_another_port_or_address_is_refused_and_said(elsewhere: str) -> None:
    async def run(credential: SnmpCredential) -> Response:
        async with serving(say_nothing, elsewhere) as (other, other_port), opened() as transport:

            def answer_from_there(_: Server, request: codec.Message, addr: tuple[str, int]) -> None:
                other.send(reply_to(request), addr)

            async with serving(answer_from_there) as (_, port):
                ports.append(other_port)
                return await ask(transport, replace(credential, port=port))

    ports: list[int] = []
    with pytest.raises(NoAnswerError) as caught:
        asyncio.run(run(COMMUNITY))
    assert f"a reply came from {elsewhere} port {ports[0]} instead" in caught.value.detail
    response = asyncio.run(run(replace(COMMUNITY, takes_other_sources=True)))
    assert response.varbinds[0].value == b"name"


def test_duplicate_and_late_replies_are_ignored() -> None:
    late: list[tuple[codec.Message, tuple[str, int]]] = []

    def answer_twice(server: Server, request: codec.Message, addr: tuple[str, int]) -> None:
        server.send(reply_to(request, b"first"), addr)
        server.send(reply_to(request, b"second"), addr)
        late.append((reply_to(request, b"late"), addr))

    async def run() -> list[bytes]:
        async with serving(answer_twice) as (server, port), opened() as transport:
            credential = replace(COMMUNITY, port=port)
            found = []
            for _ in range(3):
                for message, addr in late:
                    server.send(message, addr)
                found.append((await ask(transport, credential)).varbinds[0].value)
            return found

    assert asyncio.run(run()) == [b"first"] * 3


def test_a_lost_request_is_sent_again_with_the_same_id() -> None:
    def answer_the_second(server: Server, request: codec.Message, addr: tuple[str, int]) -> None:
        if len(server.seen) == 2:
            server.send(reply_to(request), addr)

    async def run() -> list[int]:
        async with serving(answer_the_second) as (server, port), opened() as transport:
            await ask(transport, replace(COMMUNITY, port=port), retries=1)
            return [message.request_id for _, message in server.seen]

    first, second = asyncio.run(run())
    assert first == second


def test_ids_are_unique_and_tell_nothing_of_the_next() -> None:
    async def run() -> list[int]:
        async with serving(answer) as (server, port), opened() as transport:
            credential = replace(COMMUNITY, port=port)
            for _ in range(10):
                await asyncio.gather(*(ask(transport, credential) for _ in range(50)))
            return [message.request_id for _, message in server.seen]

    ids = asyncio.run(run())
    assert len(set(ids)) == len(ids) == 500
    steps = [later - earlier for earlier, later in pairwise(ids)]
    assert len(set(steps)) == len(steps)
    assert max(ids) > 2**29


def test_datagrams_leave_at_the_rate_that_is_set() -> None:
    async def run() -> list[float]:
        async with serving(answer) as (server, port), opened(packets_per_second=200) as transport:
            credential = replace(COMMUNITY, port=port)
            await asyncio.gather(
                *(ask(transport, credential, timeout_seconds=5) for _ in range(60))
            )
            return [at for at, _ in server.seen]

    times = asyncio.run(run())
    assert len(times) == 60
    assert times[-1] - times[0] >= 40 / 200  # the first may be received late


def test_closing_ends_whoever_waits() -> None:
    async def run() -> None:
        async with serving(say_nothing) as (server, port):
            transport = UdpTransport()
            credential = replace(COMMUNITY, port=port)
            waiting = asyncio.ensure_future(
                ask(transport, credential, timeout_seconds=30, retries=3)
            )
            await server.is_asked.wait()
            await transport.close()
            await waiting

    with pytest.raises(StoppedError):
        asyncio.run(run())


def test_cancelling_a_request_leaves_nothing_behind() -> None:
    async def run() -> None:
        async with serving(say_nothing) as (server, port), opened() as transport:
            waiting = asyncio.ensure_future(ask(transport, replace(COMMUNITY, port=port)))
            await server.is_asked.wait()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert not transport._pending

    asyncio.run(run())


@pytest.mark.parametrize("address", ["::1", "0:0:0:0:0:0:0:1"])
def test_a_reply_is_known_whichever_way_its_ipv6_address_was_written(address: str) -> None:
    async def run() -> Response:
        async with serving(answer, "::1") as (_, port), opened() as transport:
            return await ask(transport, replace(COMMUNITY, port=port), address)

    assert asyncio.run(run()).varbinds[0].value == b"name"


@pytest.mark.parametrize("address", ["localhost", "300.0.0.1", "1.2.3", "zz::1", ""])
def test_only_addresses_are_asked(address: str) -> None:
    async def run() -> None:
        async with opened() as transport:
            await ask(transport, COMMUNITY, address)

    with pytest.raises(RefusedError, match="not an IP address"):
        asyncio.run(run())


def test_dead_addresses_leave_no_memory_behind() -> None:
    async def sweep(transport: UdpTransport, port: int, start: int, number: int) -> None:
        asked = (
            ask(
                transport,
                replace(COMMUNITY, port=port),
                f"127.{one >> 16 & 255}.{one >> 8 & 255}.{one & 255}",
                timeout_seconds=0.02,
            )
            for one in range(start, start + number)
        )
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, NoAnswerError) for one in results)

    async def run() -> int:
        # The server is bound to 127.0.0.1 alone, so that nothing is at the other addresses.
        async with serving(say_nothing) as (_, port), opened(packets_per_second=1e6) as transport:
            await sweep(transport, port, 65_536 * 2, 1_000)
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            for turn in range(8):
                await sweep(transport, port, 65_536 * (turn + 3), 1_000)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            assert not transport._pending
            assert not transport._deadlines
            return after - before

    tracemalloc.start()
    try:
        grown = asyncio.run(run())
    finally:
        tracemalloc.stop()
    assert grown < 400_000
