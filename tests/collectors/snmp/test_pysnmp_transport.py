"""What only the pysnmp transport has: engines to share, and a second opinion to give."""

from __future__ import annotations

import asyncio

import pytest

from collectors import oids
from collectors.credentials import AuthProtocol, PrivProtocol
from collectors.snmp import codec
from collectors.snmp.pysnmp_transport import PysnmpTransport, decode_reply
from collectors.snmp.transport import Endpoint, Pdu, Tag, VarBind
from tests.collectors.conftest import Agent

SYS_NAME = oids.encode("1.3.6.1.2.1.1.5.0")
USER = (AuthProtocol.SHA1, PrivProtocol.AES128)
REPLY = codec.Message(
    codec.VERSION_2C, b"public", codec.RESPONSE, 7, 0, 0, [VarBind(SYS_NAME, Tag.INTEGER, b"\x05")]
)


@pytest.mark.network
def test_devices_of_one_user_share_an_engine(agent: Agent) -> None:
    async def ask_often() -> int:
        transport = PysnmpTransport()
        try:
            for address in ("127.0.0.1", "::1", "127.0.0.1"):
                await transport.request(
                    Endpoint(address, agent.user(*USER)),
                    Pdu.GET,
                    [SYS_NAME],
                    timeout_seconds=1,
                    retries=1,
                )
            return len(transport._engines)
        finally:
            await transport.close()

    assert asyncio.run(ask_often()) == 1


def test_a_second_opinion_reads_what_the_codec_reads() -> None:
    assert decode_reply(codec.encode_message(REPLY)) == REPLY


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no SNMP",
        codec.encode_message(REPLY)[:-1],
        codec.encode_message(REPLY) + b"\x00",
        codec.encode_message(REPLY._replace(pdu_tag=Pdu.GET)),
    ],
)
def test_a_second_opinion_refuses_what_is_no_reply(octets: bytes) -> None:
    with pytest.raises(ValueError, match="reply"):
        decode_reply(octets)
