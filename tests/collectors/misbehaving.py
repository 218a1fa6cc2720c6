"""A small UDP agent that misbehaves in a chosen way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from msgspec.structs import replace

from collectors import oids
from collectors.snmp.codec import (
    RESPONSE,
    Message,
    decode_message,
    encode_integer,
    encode_message,
)
from collectors.snmp.replay import ReplayTransport
from collectors.snmp.transport import Pdu, Response, Tag, VarBind

Answer = Callable[[Message], bytes | None]
TOO_BIG = 1
COLUMN_ARCS = 9  # of 1.3.6.1.2.1.2.2.1.x, whose first two arcs are one octet


def device(rows: int = 30) -> list[VarBind]:
    """Give a device with so many interfaces."""
    found = [
        VarBind(oids.encode("1.3.6.1.2.1.1.1.0"), Tag.OCTET_STRING, b"A switch"),
        VarBind(
            oids.encode("1.3.6.1.2.1.1.2.0"),
            Tag.OBJECT_IDENTIFIER,
            oids.encode("1.3.6.1.4.1.9.1.1"),
        ),
        VarBind(oids.encode("1.3.6.1.2.1.1.5.0"), Tag.OCTET_STRING, b"switch-1"),
    ]
    for row in range(1, rows + 1):
        names = {2: b"port %d" % row, 6: b"\x02\x00\x00\x00\x00" + bytes([row % 256])}
        found += [
            VarBind(oids.encode(f"1.3.6.1.2.1.2.2.1.{column}.{row}"), Tag.OCTET_STRING, value)
            for column, value in names.items()
        ]
        found.append(
            VarBind(oids.encode(f"1.3.6.1.2.1.2.2.1.3.{row}"), Tag.INTEGER, encode_integer(6)),
        )
    return found


class Healthy:
    """Answers as an agent does; the base of those that do not."""

    def __init__(self, rows: int = 30) -> None:
        self.replay = ReplayTransport(device(rows))
        self.seen: list[Message] = []

    def answer(self, request: Message) -> Message:
        """Give the right reply."""
        names = [one.oid for one in request.varbinds]
        pdu = Pdu(request.pdu_tag)
        if pdu is Pdu.GET_BULK:
            response = self.replay._bulk(names, request.non_repeaters, request.max_repetitions)
        elif pdu is Pdu.GET:
            response = Response(0, 0, [self.replay._get(name) for name in names])
        else:
            response = Response(0, 0, [self.replay._next(name) for name in names])
        return request._replace(
            pdu_tag=RESPONSE,
            error_status=response.error_status,
            error_index=response.error_index,
            varbinds=response.varbinds,
        )

    def __call__(self, request: Message) -> bytes | None:
        self.seen.append(request)
        return encode_message(self.answer(request))


class OidsThatDoNotIncrease(Healthy):
    """Gives the first rows of a table again and again."""

    def answer(self, request: Message) -> Message:
        if request.pdu_tag == Pdu.GET_BULK:
            columns = [
                replace(one, oid=oids.encode_index(oids.decode_index(one.oid)[:COLUMN_ARCS]))
                for one in request.varbinds
            ]
            request = request._replace(varbinds=columns)
        return super().answer(request)


class Endless(Healthy):
    """Invents ever new rows of ifTable."""

    def answer(self, request: Message) -> Message:
        reply = super().answer(request)
        if request.pdu_tag != Pdu.GET_BULK:
            return reply
        found = []
        cursors = [one.oid for one in request.varbinds]
        for _ in range(request.max_repetitions):
            for place, cursor in enumerate(cursors):
                arcs = oids.decode_index(cursor)
                longer = len(arcs) > COLUMN_ARCS
                arcs = (*arcs[:-1], arcs[-1] + 1) if longer else (*arcs, 1)
                cursors[place] = oids.encode_index(arcs)
                found.append(VarBind(cursors[place], Tag.INTEGER, b"\x01"))
        return reply._replace(varbinds=found)


class TooBigAbove(Healthy):
    """Answers tooBig above some bindings."""

    def __init__(self, bindings: int) -> None:
        super().__init__()
        self.bindings = bindings

    def answer(self, request: Message) -> Message:
        reply = super().answer(request)
        if len(reply.varbinds) > self.bindings:
            return reply._replace(error_status=TOO_BIG, error_index=0, varbinds=request.varbinds)
        return reply


class SilentTo(Healthy):
    """Does not answer one version."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version

    def __call__(self, request: Message) -> bytes | None:
        return None if request.version == self.version else super().__call__(request)


class SilentToBulk(Healthy):
    """Does not answer GETBULK."""

    def __call__(self, request: Message) -> bytes | None:
        reply = super().__call__(request)
        return None if request.pdu_tag == Pdu.GET_BULK else reply


class SilentAfter(Healthy):
    """Stops to answer after some requests."""

    def __init__(self, requests: int) -> None:
        super().__init__(rows=200)
        self.requests = requests

    def __call__(self, request: Message) -> bytes | None:
        return None if len(self.seen) >= self.requests else super().__call__(request)


class CutsRepliesToTables(Healthy):
    """Sends only half of each reply to GETBULK."""

    def __call__(self, request: Message) -> bytes | None:
        reply = super().__call__(request)
        if reply is not None and request.pdu_tag == Pdu.GET_BULK:
            return reply[: len(reply) // 2]
        return reply


class WrongRequestId(Healthy):
    """Answers questions that nobody asked."""

    def answer(self, request: Message) -> Message:
        reply = super().answer(request)
        return reply._replace(request_id=reply.request_id ^ 1)

    def __call__(self, request: Message) -> bytes | None:
        return super().__call__(request) if request.version else None


class OnlyVersion1(Healthy):
    """Drops v2c messages; v1 has noSuchName."""

    def __call__(self, request: Message) -> bytes | None:
        self.seen.append(request)
        if request.version != 0:
            return None
        reply = self.answer(request)
        for place, one in enumerate(reply.varbinds, 1):
            if one.tag >= Tag.NO_SUCH_OBJECT:
                reply = reply._replace(error_status=2, error_index=place, varbinds=request.varbinds)
                break
        return encode_message(reply)


class Dead(Healthy):
    """Hears everything and says nothing."""

    def __call__(self, request: Message) -> bytes | None:
        self.seen.append(request)
        return None


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        reply = self._answer(decode_message(data))
        if reply is not None:
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[int]:
    """Serve on a free port of the loopback; gives the port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Server(answer),
        local_addr=("127.0.0.1", 0),
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await asyncio.sleep(0)
