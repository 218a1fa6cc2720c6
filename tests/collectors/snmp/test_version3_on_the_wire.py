"""Agents that would talk Parc down from SNMPv3, or answer in its place, through a whole reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from collectors import oids
from collectors.collect import SnmpResult
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.runner import run
from collectors.snmp import codec, usm
from collectors.snmp.transport import Tag, VarBind
from collectors.snmp.udp_transport import UdpTransport
from collectors.target import Limits, Target
from tests.conftest import SOME_MOMENT

ENGINE = usm.Engine(bytes.fromhex("80001f8804abcdef"), boots=3, time=1_000, seen_at=0.0)
SIGNED = SnmpCredential(
    SnmpVersion.V3,
    user_name="bert",
    auth_protocol=AuthProtocol.SHA256,
    auth_passphrase="maplesyrup",
    priv_protocol=PrivProtocol.AES128,
    priv_passphrase="maplesyrup",
)
UNSIGNED = SnmpCredential(SnmpVersion.V3, user_name="bert")
DISCOVERED = VarBind(oids.encode("1.3.6.1.6.3.15.1.1.4.0"), Tag.COUNTER32, b"\x01")
NAME = VarBind(oids.encode("1.3.6.1.2.1.1.5.0"), Tag.OCTET_STRING, b"forged")
DEFINITIONS = load_definitions()
LIMITS = Limits(timeout_seconds=0.1, retries=0, device_seconds=3.0)
Answer = Callable[[int], bytes]


@dataclass
class Engine(asyncio.DatagramProtocol):
    """Tells its id to whoever asks, and answers all else by a function of the message's number."""

    answer: Answer | None
    seen: list[bytes] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # as given
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.seen.append(data)
        assert self.transport is not None
        if ENGINE.engine_id not in data:
            self.transport.sendto(discovered(codec.peek_number(data)), addr)
        elif self.answer is not None:
            self.transport.sendto(self.answer(codec.peek_number(data)), addr)


def discovered(number: int) -> bytes:
    report = codec.Message(codec.VERSION_3, b"", usm.REPORT, 0, 0, 0, [DISCOVERED])
    return usm.encode_request(number, report, UNSIGNED, ENGINE, now=0.0)


def in_clear(number: int) -> bytes:
    """A reply of version 2c with the number of the message."""
    return codec.encode_message(
        codec.Message(codec.VERSION_2C, b"public", codec.RESPONSE, number, 0, 0, [NAME])
    )


def without_signature(number: int) -> bytes:
    message = codec.Message(codec.VERSION_3, b"", codec.RESPONSE, number, 0, 0, [NAME])
    return usm.encode_request(number, message, UNSIGNED, ENGINE, now=0.0)


def signed_by_another(number: int) -> bytes:
    message = codec.Message(codec.VERSION_3, b"", codec.RESPONSE, number, 0, 0, [NAME])
    other = replace(SIGNED, auth_passphrase="another one")
    return usm.encode_request(number, message, other, ENGINE, now=0.0)


@asynccontextmanager
async def serving(answer: Answer | None) -> AsyncIterator[tuple[Engine, int]]:
    loop = asyncio.get_running_loop()
    transport, engine = await loop.create_datagram_endpoint(
        lambda: Engine(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield engine, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def read(answer: Answer | None) -> tuple[SnmpResult, list[bytes]]:
    transport = UdpTransport()
    async with serving(answer) as (engine, port):
        target = Target("127.0.0.1", (replace(SIGNED, port=port),), LIMITS)
        try:
            results = run([target], transport, DEFINITIONS, lambda: SOME_MOMENT)
            (result,) = [one async for one in results]
        finally:
            await transport.close()
    return result, engine.seen


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "answers SNMPv3 discovery but not this user"),
        (in_clear, "not an SNMPv3 message"),
        (without_signature, "without the signature"),
        (signed_by_another, "a signature that does not fit"),
    ],
)
def test_nothing_but_signed_version_3_is_asked_or_believed(
    answer: Answer | None, reason: str
) -> None:
    result, seen = asyncio.run(read(answer))
    assert result.observation is None
    assert reason in result.detail
    assert len(seen) > 1
    for octets in seen:
        start, end = codec.header(octets, 0, len(octets), codec.SEQUENCE)
        assert codec.read_int32(octets, start, end)[0] == codec.VERSION_3
        assert b"public" not in octets
