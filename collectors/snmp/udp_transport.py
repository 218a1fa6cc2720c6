"""The fast transport: one UDP socket a family, plain Python codec, thousands of devices at once.

Requests are bounded by rate, not by number in flight: a dead host costs a dictionary entry and
two datagrams. One heap of deadlines and one timer serve all of them. A reply counts only from
the address and port that were asked, with the random id of the request.
"""

from __future__ import annotations

import asyncio
import heapq
import os
import socket
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from collectors.credentials import SnmpVersion
from collectors.errors import (
    CollectorError,
    MalformedError,
    NoAnswerError,
    RefusedError,
    StoppedError,
    WrongCredentialsError,
)
from collectors.snmp import codec, usm
from collectors.snmp.engines import SILENT_ENGINE, EngineBook
from collectors.snmp.pacing import Pacer
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag, VarBind

_MOST_IN_FLIGHT = 20_000
_OPINIONS_A_REQUEST = 2
_TICK_SECONDS = 0.02
_RECEIVE_BUFFER = 4 * 1024 * 1024
_DATAGRAMS_A_TURN = 64
_MAX_ENGINE_TRIES = 4
_CODEC_VERSIONS = {SnmpVersion.V1: codec.VERSION_1, SnmpVersion.V2C: codec.VERSION_2C}
_NUMBERS_A_DRAW = 1024
_Place = tuple[str, int]
_Reply = TypeVar("_Reply")
SecondOpinion = Callable[[bytes], codec.Message]


@dataclass(slots=True)
class _Pending:
    """One request on its way.

    Attributes:
        number: its id, which nothing else on its way has.
        place: address and port that are asked, and that the reply must come from.
        address: as the caller wrote it, for messages.
        deadline: when the present try is overdue.
        problem: the last unusable thing that came back for it.
        stranger: who else answered and was refused.
    """

    number: int
    family: int
    place: _Place
    address: str
    decode: Callable[[bytes], object]
    octets: bytes
    timeout_seconds: float
    tries_left: int
    reply: asyncio.Future[Any]
    takes_other_sources: bool
    deadline: float = 0.0
    problem: str = ""
    stranger: str = ""


class UdpTransport:
    """``SnmpTransport`` over sockets of its own; belongs to the event loop that makes it.

    Args:
        packets_per_second: all datagrams together, first tries and retries.
        second_opinion: decodes a v1 or v2c message that the codec refuses, or raises
            ``ValueError``; asked before a reply is given up, also on the PDU of an SNMPv3 reply
            whose signature and encryption are right.
    """

    most_in_flight = _MOST_IN_FLIGHT

    def __init__(
        self, *, packets_per_second: float = 5_000, second_opinion: SecondOpinion | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pacer = Pacer(packets_per_second)
        self._second_opinion = second_opinion
        self._sockets: dict[int, socket.socket] = {}
        self._random_numbers = _random_numbers()
        self._pending: dict[int, _Pending] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._engines = EngineBook()

    async def request(
        self,
        endpoint: Endpoint,
        pdu: Pdu,
        oids: list[bytes],
        *,
        non_repeaters: int = 0,
        max_repetitions: int = 0,
        timeout_seconds: float,
        retries: int,
    ) -> Response:
        """Send ``pdu`` for ``oids`` and give the reply; errors as ``SnmpTransport.request``."""
        is_v3 = endpoint.credential.version is SnmpVersion.V3
        message = codec.Message(
            codec.VERSION_3 if is_v3 else _CODEC_VERSIONS[endpoint.credential.version],
            endpoint.credential.community.encode(),
            pdu,
            self._free_number(),
            non_repeaters,
            max_repetitions,
            [VarBind(oid, Tag.NULL, b"") for oid in oids],
        )
        waiting = (timeout_seconds, retries)
        if is_v3:
            reply, size = await self._ask_engine(endpoint, message, waiting)
        else:
            octets = codec.encode_message(message)
            number = message.request_id
            decode = partial(_decode_reply, number=number, otherwise=self._opinions())
            reply, size = await self._exchange(endpoint, number, octets, waiting, decode)
        return Response(reply.error_status, reply.error_index, reply.varbinds, size)

    async def close(self) -> None:
        """Close the sockets; whoever still waits gets ``StoppedError``."""
        if self._timer:
            self._timer.cancel()
        for sock in self._sockets.values():
            self._loop.remove_reader(sock)
            sock.close()
        self._sockets.clear()
        for pending in self._pending.values():
            if not pending.reply.done():
                detail = "the run ended while it was asked"
                pending.reply.set_exception(StoppedError(pending.address, detail))

    async def _ask_engine(
        self, endpoint: Endpoint, message: codec.Message, waiting: tuple[float, int]
    ) -> tuple[codec.Message, int]:
        """Find out the engine's id and clock where they are not known, then ask in its terms."""
        _, place = _resolve(endpoint)
        decode = partial(
            usm.decode, credential=endpoint.credential, second_opinion=self._opinions()
        )
        is_heard = False
        for _ in range(_MAX_ENGINE_TRIES):
            number = self._free_number()
            engine = self._engines.get(place)
            if engine is None:
                octets = usm.encode_discovery(number, message.request_id)
            else:
                octets = usm.encode_request(
                    number, message, endpoint.credential, engine, self._loop.time()
                )
            try:
                answer, size = await self._exchange(endpoint, number, octets, waiting, decode)
            except NoAnswerError:
                if is_heard:
                    raise WrongCredentialsError(endpoint.address, SILENT_ENGINE) from None
                raise
            is_heard = True
            is_answer = self._engines.take(place, answer, self._loop.time())
            if is_answer and answer.message.request_id == message.request_id:
                return answer.message, size
        raise MalformedError(endpoint.address, "the SNMPv3 engine keeps changing its id or clock")

    async def _exchange(
        self,
        endpoint: Endpoint,
        number: int,
        octets: bytes,
        waiting: tuple[float, int],
        decode: Callable[[bytes], _Reply],
    ) -> tuple[_Reply, int]:
        """Send ``octets`` and wait for the reply with ``number``, as ``decode`` reads it.

        Returns:
            The reply, and how many octets it had.
        """
        timeout_seconds, retries = waiting
        family, place = _resolve(endpoint)
        pending = _Pending(
            number,
            family,
            place,
            endpoint.address,
            decode,
            octets,
            timeout_seconds,
            retries,
            self._loop.create_future(),
            endpoint.credential.takes_other_sources,
        )
        self._pending[number] = pending
        try:
            wait = self._pacer.reserve(self._loop.time())
            if wait:
                await asyncio.sleep(wait)
            self._transmit(pending)
            reply: tuple[_Reply, int] = await pending.reply
            return reply
        finally:
            del self._pending[number]

    def _free_number(self) -> int:
        """Draw an id of 31 bits that nothing on its way uses: it cannot be guessed from others."""
        return next(number for number in self._random_numbers if number not in self._pending)

    def _transmit(self, pending: _Pending) -> None:
        if pending.reply.done():
            return
        try:
            self._socket(pending.family).sendto(pending.octets, pending.place)
        except BlockingIOError:
            pass  # a full send buffer is a lost datagram: the retry repairs it
        except OSError as error:
            detail = f"cannot be reached from here ({error.strerror})"
            pending.reply.set_exception(RefusedError(pending.address, detail))
            return
        pending.deadline = self._loop.time() + pending.timeout_seconds
        heapq.heappush(self._deadlines, (pending.deadline, pending.number))
        if self._timer is None:
            self._timer = self._loop.call_later(_TICK_SECONDS, self._tick)

    def _socket(self, family: int) -> socket.socket:
        if family not in self._sockets:
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)  # noqa: FBT003 -- positional only
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._loop.add_reader(sock, self._receive, sock)
            self._sockets[family] = sock
        return self._sockets[family]

    def _tick(self) -> None:
        """Send again or give up what is overdue."""
        now = self._loop.time()
        while self._deadlines and self._deadlines[0][0] <= now:
            deadline, number = heapq.heappop(self._deadlines)
            pending = self._pending.get(number)
            if pending is None or pending.deadline != deadline or pending.reply.done():
                continue
            if pending.tries_left:
                pending.tries_left -= 1
                self._loop.call_later(self._pacer.reserve(now), self._transmit, pending)
            else:
                pending.reply.set_exception(_give_up(pending))
        self._timer = self._loop.call_later(_TICK_SECONDS, self._tick) if self._deadlines else None

    def _receive(self, sock: socket.socket) -> None:
        """Take what has arrived, in bounded turns so that timers and other tasks get theirs."""
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                octets, source = sock.recvfrom(65_535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier datagram; its request times out
            self._take(octets, source[:2])
            if len(self._pending) <= 1:
                return  # nothing more is awaited: looking would be in vain

    def _take(self, octets: bytes, place: _Place) -> None:
        try:
            number = codec.peek_number(octets)
        except ValueError:
            return  # nothing tells which request it is for
        pending = self._pending.get(number)
        if pending is None:
            return
        if place != pending.place and not pending.takes_other_sources:
            pending.stranger = f"{place[0]} port {place[1]}"
            return
        if pending.reply.done():
            return
        try:
            pending.reply.set_result((pending.decode(octets), len(octets)))
        except ValueError as error:
            pending.problem = str(error)

    def _opinions(self) -> SecondOpinion:
        """Give the second opinion on the replies to one request: it is slow, so asked seldom."""
        left = _OPINIONS_A_REQUEST

        def ask(octets: bytes) -> codec.Message:
            nonlocal left
            if self._second_opinion is None or not left:
                raise ValueError("the reply cannot be read")
            left -= 1
            return self._second_opinion(octets)

        return ask


def _decode_reply(octets: bytes, number: int, otherwise: SecondOpinion) -> codec.Message:
    """Decode a reply of v1 or v2c, asking for a second opinion before it is refused."""
    try:
        message = codec.decode_message(octets)
    except ValueError:
        message = otherwise(octets)
        if message.request_id != number:
            raise ValueError("the reply is to another request") from None
    if message.pdu_tag != codec.RESPONSE:
        raise ValueError("the reply is no response")
    return message


def _random_numbers() -> Iterator[int]:
    """Give numbers of 31 bits of the system's generator, drawn by the thousand."""
    while True:
        for number in array("I", os.urandom(4 * _NUMBERS_A_DRAW)):
            yield number >> 1


def _resolve(endpoint: Endpoint) -> tuple[int, _Place]:
    """Give the family and the place that replies will come from; no name is ever looked up."""
    address, port = endpoint.address, endpoint.credential.port
    try:
        if ":" not in address:
            socket.inet_pton(socket.AF_INET, address)
            return socket.AF_INET, (address, port)
        known = socket.getaddrinfo(
            address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )
    except OSError:
        raise RefusedError(address, "not an IP address") from None
    return socket.AF_INET6, (str(known[0][4][0]), port)


def _give_up(pending: _Pending) -> CollectorError:
    address = pending.address
    if pending.problem:
        return MalformedError(address, f"no usable reply: {pending.problem}")
    if pending.stranger:
        detail = f"a reply came from {pending.stranger} instead and was refused"
        return NoAnswerError(address, detail)
    return NoAnswerError(address, f"no reply in {pending.timeout_seconds:g} s")
