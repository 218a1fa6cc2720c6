"""An SNMP agent that misbehaves in one named way: what devices and attackers send.

It answers from a small healthy tree (system group and thirty interfaces) and then spoils the
answer, the PDU or the octets. Everything random is seeded by the behaviour's name. The codec of
the product encodes the healthy part; damage is done on octets, so that it cannot hide behind it.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from collectors import oids
from collectors.snmp import codec
from collectors.snmp.transport import Pdu, Tag, VarBind

INTERFACES = 30
IF_ENTRY = "1.3.6.1.2.1.2.2.1"
SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
HUGE = 65_000

Arcs = tuple[int, ...]
Tree = dict[Arcs, VarBind]
Reply = codec.Message | None


def arcs(dotted: str) -> Arcs:
    """Give the arcs of dotted text."""
    return tuple(map(int, dotted.split(".")))


def bind(dotted: str, tag: int, value: bytes) -> VarBind:
    """Give one binding."""
    return VarBind(oids.encode(dotted), tag, value)


def integer(dotted: str, value: int, tag: int = Tag.INTEGER) -> VarBind:
    """Give one binding with a number."""
    return bind(dotted, tag, codec.encode_integer(value))


def healthy_tree(interfaces: int = INTERFACES) -> Tree:
    """Give what a well-behaved switch would hold."""
    bindings = [
        bind(SYS_DESCR, Tag.OCTET_STRING, b"Hostile test agent"),
        bind("1.3.6.1.2.1.1.2.0", Tag.OBJECT_IDENTIFIER, oids.encode("1.3.6.1.4.1.9.1.617")),
        integer("1.3.6.1.2.1.1.3.0", 4242, Tag.TIME_TICKS),
        bind("1.3.6.1.2.1.1.4.0", Tag.OCTET_STRING, b"nobody"),
        bind(SYS_NAME, Tag.OCTET_STRING, b"hostile"),
        bind("1.3.6.1.2.1.1.6.0", Tag.OCTET_STRING, b"nowhere"),
    ]
    for index in range(1, interfaces + 1):
        mac = bytes((0x00, 0x1B, 0x21)) + index.to_bytes(3, "big")
        bindings += [
            integer(f"{IF_ENTRY}.1.{index}", index),
            bind(f"{IF_ENTRY}.2.{index}", Tag.OCTET_STRING, f"Gi0/{index}".encode()),
            integer(f"{IF_ENTRY}.3.{index}", 6),
            integer(f"{IF_ENTRY}.4.{index}", 1500),
            integer(f"{IF_ENTRY}.5.{index}", 10**9, Tag.GAUGE32),
            bind(f"{IF_ENTRY}.6.{index}", Tag.OCTET_STRING, mac),
            integer(f"{IF_ENTRY}.7.{index}", 1),
            integer(f"{IF_ENTRY}.8.{index}", 1),
        ]
    return {arcs(oids.decode(one.oid)): one for one in bindings}


def healthy_device(interfaces: int = INTERFACES) -> list[VarBind]:
    """Give the same as a recording of it would."""
    return list(healthy_tree(interfaces).values())


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way of misbehaving.

    Attributes:
        tree: what is held.
        on_request: spoils the healthy reply; None says nothing. Gets the request, the reply and
            how many requests came before.
        on_octets: spoils the datagrams that leave.
        delay_seconds: before each reply.
        is_elsewhere: replies leave from another port.
        is_v1_only: other versions are not answered.
        is_complete: the device is read to its end all the same.
        community: the one that it knows; None for any.
    """

    name: str
    tree: Callable[[], Tree] = healthy_tree
    on_request: Callable[[codec.Message, codec.Message, int], Reply] | None = None
    on_octets: Callable[[bytes, random.Random], list[bytes]] | None = None
    delay_seconds: float = 0.0
    is_elsewhere: bool = False
    is_v1_only: bool = False
    is_complete: bool = False
    community: bytes | None = b"public"


@dataclass(slots=True)
class HostileAgent(asyncio.DatagramProtocol):
    """Serves one behaviour on one socket, and remembers what it was asked.

    Attributes:
        seen: all requests.
        most_waiting: how many were without their answer at once.
    """

    behaviour: Behaviour
    tree: Tree = field(init=False)
    order: list[Arcs] = field(init=False)
    seed: random.Random = field(init=False)
    seen: list[codec.Message] = field(default_factory=list)
    waiting: int = 0
    most_waiting: int = 0
    transport: asyncio.DatagramTransport | None = None
    elsewhere: socket.socket | None = None

    def __post_init__(self) -> None:
        """Build the tree."""
        self.tree = self.behaviour.tree()
        self.order = sorted(self.tree)
        self.seed = random.Random(self.behaviour.name)  # noqa: S311 -- the same damage each time

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # as given
        """Keep the socket."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer as the behaviour has it."""
        request = codec.decode_message(data)
        before = len(self.seen)
        self.seen.append(request)
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        if self.behaviour.community not in (None, request.community):
            return
        if self.behaviour.is_v1_only and request.version != codec.VERSION_1:
            return
        if request.version == codec.VERSION_1 and request.pdu_tag == Pdu.GET_BULK:
            return
        reply: Reply = self.answer(request)
        if self.behaviour.on_request and reply is not None:
            reply = self.behaviour.on_request(request, reply, before)
        if reply is not None:
            self._send(codec.encode_message(reply), addr)

    def _send(self, octets: bytes, addr: tuple[str, int]) -> None:
        datagrams = [octets]
        if self.behaviour.on_octets:
            datagrams = self.behaviour.on_octets(octets, self.seed)
        loop = asyncio.get_running_loop()
        for datagram in datagrams:
            loop.call_later(self.behaviour.delay_seconds, self._leave, datagram, addr)

    def _leave(self, octets: bytes, addr: tuple[str, int]) -> None:
        self.waiting -= 1
        if self.behaviour.is_elsewhere:
            if self.elsewhere is None:
                self.elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.elsewhere.sendto(octets, addr)
        elif self.transport and not self.transport.is_closing():
            self.transport.sendto(octets, addr)

    def answer(self, request: codec.Message) -> codec.Message:
        """Give the reply of a well-behaved agent (RFC 3416 §4.2)."""
        if request.pdu_tag == Pdu.GET:
            found = [self._get(one.oid) for one in request.varbinds]
        elif request.pdu_tag == Pdu.GET_NEXT:
            found = [self._next(one.oid) for one in request.varbinds]
        else:
            found = self._bulk(request)
        missing = [one.tag >= Tag.NO_SUCH_OBJECT for one in found]
        status, index = 0, 0
        if request.version == codec.VERSION_1 and any(missing):
            status, index, found = 2, missing.index(True) + 1, request.varbinds
        return request._replace(
            pdu_tag=codec.RESPONSE, error_status=status, error_index=index, varbinds=found
        )

    def _get(self, oid: bytes) -> VarBind:
        held = self.tree.get(arcs(oids.decode(oid)))
        return held or VarBind(oid, Tag.NO_SUCH_INSTANCE, b"")

    def _next(self, oid: bytes) -> VarBind:
        place = bisect_right(self.order, arcs(oids.decode(oid)))
        if place == len(self.order):
            return VarBind(oid, Tag.END_OF_MIB_VIEW, b"")
        return self.tree[self.order[place]]

    def _bulk(self, request: codec.Message) -> list[VarBind]:
        found: list[VarBind] = []
        places = [one.oid for one in request.varbinds]
        size = 0
        for _ in range(max(request.max_repetitions, 0)):
            row = [self._next(place) for place in places]
            size += sum(len(one.oid) + len(one.value) + 8 for one in row)
            if found and size > 1_400:
                break
            found += row
            places = [one.oid for one in row]
            if all(one.tag == Tag.END_OF_MIB_VIEW for one in row):
                break
        return found


@asynccontextmanager
async def serve(
    behaviour: Behaviour, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[int, HostileAgent]]:
    """Serve a behaviour, on a free port unless told; gives the port and the agent."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(
        lambda: HostileAgent(behaviour), local_addr=(address, port)
    )
    try:
        yield transport.get_extra_info("sockname")[1], agent
    finally:
        transport.close()
        if agent.elsewhere:
            agent.elsewhere.close()
        await asyncio.sleep(0)


@contextmanager
def serving_beside(agents: Mapping[str, Behaviour], port: int = 0) -> Iterator[list[int]]:
    """Serve behaviours, by address, from a thread while the block runs; gives their ports."""
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    until, ready = asyncio.Event(), threading.Event()

    async def run() -> None:
        async with AsyncExitStack() as stack:
            for address, behaviour in agents.items():
                ports.append((await stack.enter_async_context(serve(behaviour, address, port)))[0])
            ready.set()
            await until.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield ports
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join()
        loop.close()
