"""An SNMP v1 and v2c agent that is many devices: one process, one socket for each address.

It answers as real agents do: GET, GETNEXT and GETBULK, exceptions in v2c, ``noSuchName`` in v1,
no Counter64 in v1, never more bindings than fit in one Ethernet frame, and nothing at all to a
wrong community. Only loopback addresses are bound.
Source: RFC 1157 §4.1; RFC 3416 §4.2; RFC 3584 §4.2.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from collectors.snmp.codec import (
    RESPONSE,
    VERSION_1,
    Message,
    decode_message,
    encode_message,
)
from collectors.snmp.transport import Pdu, Tag, VarBind
from parc.demo.recordings import Line, oid_key
from parc.errors import StartError

_MOST_BINDINGS_OCTETS = 1_400
_BINDING_OVERHEAD = 8
_RECEIVE_BUFFER = 1 << 20
_NO_SUCH_NAME = 2
_ARC_OCTETS = 4  # of a sort key


@dataclass(slots=True)
class Device:
    """What one address answers from.

    Attributes:
        lines: in the order of walks.
        community: the only one that is answered.
        is_v1_only: v2c requests are not answered, as by very old agents.
        is_silent: nothing is answered.
        delay_seconds: how long each answer is held back.
        loss: share of requests that are lost, 0 to 1.
        contexts: what it says to ``community@context``, as Cisco's switches do for each VLAN.
    """

    lines: Sequence[Line]
    community: bytes = b"public"
    is_v1_only: bool = False
    is_silent: bool = False
    delay_seconds: float = 0.0
    loss: float = 0.0
    contexts: Mapping[bytes, Device] = field(default_factory=dict)
    keys: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the sort keys apart, for bisection."""
        self.keys = [line.key for line in self.lines]


def answer(device: Device, octets: bytes) -> bytes | None:
    """Give the answer to one datagram; None where a real agent says nothing."""
    try:
        request = decode_message(octets)
    except ValueError:
        return None
    community, _, context = request.community.partition(b"@")
    if community != device.community or device.is_silent:
        return None
    if context:
        if context not in device.contexts:
            return None
        device = device.contexts[context]
    if device.is_v1_only and request.version != VERSION_1:
        return None
    match request.pdu_tag:
        case Pdu.GET:
            reply = _get(device, request)
        case Pdu.GET_NEXT:
            reply = _get_next(device, request)
        case Pdu.GET_BULK if request.version != VERSION_1:
            found = _get_bulk(device, request)
            reply = request._replace(error_status=0, error_index=0, varbinds=found)
        case _:
            return None
    return encode_message(reply._replace(pdu_tag=RESPONSE))


def _get(device: Device, request: Message) -> Message:
    found = [_exact(device, varbind.oid) for varbind in request.varbinds]
    return _reply(request, found)


def _get_next(device: Device, request: Message) -> Message:
    found = []
    for varbind in request.varbinds:
        following, _ = _next(device, bisect_right(device.keys, oid_key(varbind.oid)), request)
        found.append(following or VarBind(varbind.oid, Tag.END_OF_MIB_VIEW, b""))
    return _reply(request, found)


def _reply(request: Message, found: list[VarBind]) -> Message:
    """Answer with what was found; in v1 the first that is not there spoils the whole answer."""
    if request.version == VERSION_1:
        for index, varbind in enumerate(found, 1):
            if varbind.tag >= Tag.NO_SUCH_OBJECT or varbind.tag == Tag.COUNTER64:
                return request._replace(error_status=_NO_SUCH_NAME, error_index=index)
    return request._replace(error_status=0, error_index=0, varbinds=found)


def _exact(device: Device, oid: bytes) -> VarBind:
    key = oid_key(oid)
    place = bisect_left(device.keys, key)
    if place < len(device.keys) and device.keys[place] == key:
        return device.lines[place].varbind
    # An object that has other instances lacks this one; else there is no such object.
    column = key[:-_ARC_OCTETS]
    is_known = place < len(device.keys) and device.keys[place].startswith(column)
    is_known = is_known or (place > 0 and device.keys[place - 1].startswith(column))
    return VarBind(oid, Tag.NO_SUCH_INSTANCE if is_known else Tag.NO_SUCH_OBJECT, b"")


def _next(device: Device, place: int, request: Message) -> tuple[VarBind | None, int]:
    """Give the object at ``place`` or the first behind it that the version can carry."""
    while place < len(device.lines):
        varbind = device.lines[place].varbind
        if request.version != VERSION_1 or varbind.tag != Tag.COUNTER64:
            return varbind, place
        place += 1
    return None, place


def _get_bulk(device: Device, request: Message) -> list[VarBind]:
    once = max(0, min(request.non_repeaters, len(request.varbinds)))
    bindings: list[VarBind] = []
    room = _MOST_BINDINGS_OCTETS
    for varbind in request.varbinds[:once]:
        following, _ = _next(device, bisect_right(device.keys, oid_key(varbind.oid)), request)
        bindings.append(following or VarBind(varbind.oid, Tag.END_OF_MIB_VIEW, b""))
    room -= sum(map(_size, bindings))
    walks = [
        (varbind.oid, bisect_right(device.keys, oid_key(varbind.oid)))
        for varbind in request.varbinds[once:]
    ]
    for _ in range(max(0, request.max_repetitions) if walks else 0):
        is_over = True
        for number, (oid, start) in enumerate(walks):
            following, place = _next(device, start, request)
            binding = following or VarBind(oid, Tag.END_OF_MIB_VIEW, b"")
            room -= _size(binding)
            if room < 0 and bindings:
                return bindings
            bindings.append(binding)
            walks[number] = (binding.oid, place + 1)
            is_over = is_over and following is None
        if is_over:
            break
    return bindings


def _size(binding: VarBind) -> int:
    return len(binding.oid) + len(binding.value) + _BINDING_OVERHEAD


class _Answers(asyncio.DatagramProtocol):
    """Answers what one socket receives."""

    def __init__(self, device: Device, chance: random.Random) -> None:
        self._device = device
        self._chance = chance
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        # Python 3.11's own transport is no subclass of DatagramTransport, though it is one.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one request, late or never where the device is so."""
        device = self._device
        if device.loss and self._chance.random() < device.loss:
            return
        octets = answer(device, data)
        if octets is None:
            return
        if device.delay_seconds:
            asyncio.get_running_loop().call_later(device.delay_seconds, self._send, octets, addr)
        else:
            self._send(octets, addr)

    def error_received(self, exc: Exception) -> None:
        """Ignore that an asker has gone."""

    def _send(self, octets: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(octets, addr)


async def serve(
    devices: dict[str, Device], port: int, until: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Answer for all addresses until the event is set; ``ready`` is called when all listen.

    Raises:
        StartError: an address is no loopback address, or its port is taken.
    """
    loop = asyncio.get_running_loop()
    chance = random.Random(1)  # noqa: S311 -- which packets are lost, the same at each start
    transports: list[asyncio.BaseTransport] = []
    try:
        for address, device in devices.items():
            endpoint = await loop.create_datagram_endpoint(
                partial(_Answers, device, chance), sock=_bind(address, port)
            )
            transports.append(endpoint[0])
        ready()
        await until.wait()
    finally:
        for transport in transports:
            transport.close()


def _bind(address: str, port: int) -> socket.socket:
    if not ipaddress.ip_address(address).is_loopback:
        raise StartError(f"{address} is no loopback address: the simulated network stays inside.")
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)  # noqa: FBT003 -- the standard library's signature
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        opened.bind((address, port))
    except OSError as error:
        opened.close()
        raise StartError(
            f"The simulated network cannot listen on {address} port {port}: {error.strerror}. "
            "Is another demo running?"
        ) from error
    return opened
