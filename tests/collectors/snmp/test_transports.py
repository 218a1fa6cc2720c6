"""Both transports against a real snmpd: versions, levels, and every way to be refused.

Each test runs with pysnmp and with the own client, and wants the same of both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from collectors import oids
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.errors import NoAnswerError, RefusedError, WrongCredentialsError
from collectors.snmp.pysnmp_transport import PysnmpTransport
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag
from collectors.snmp.udp_transport import UdpTransport
from tests.collectors.conftest import LEVELS, Agent

pytestmark = [
    pytest.mark.network,
    pytest.mark.parametrize("kind", [UdpTransport, PysnmpTransport]),
]
Kind = type[UdpTransport] | type[PysnmpTransport]

SYS_DESCR = oids.encode("1.3.6.1.2.1.1.1.0")
SYS_NAME = oids.encode("1.3.6.1.2.1.1.5.0")


def ask(
    kind: Kind,
    credential: SnmpCredential,
    pdu: Pdu = Pdu.GET,
    names: Sequence[bytes] = (SYS_DESCR, SYS_NAME),
    address: str = "127.0.0.1",
    max_repetitions: int = 0,
) -> Response:
    async def request() -> Response:
        transport = kind()
        try:
            return await transport.request(
                Endpoint(address, credential),
                pdu,
                list(names),
                max_repetitions=max_repetitions,
                timeout_seconds=0.7,
                retries=0,
            )
        finally:
            await transport.close()

    return asyncio.run(request())


@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_community_reads_over_both_families(
    kind: Kind, agent: Agent, version: SnmpVersion, address: str
) -> None:
    response = ask(kind, agent.community(version), address=address)
    assert response.error_status == 0
    assert response.varbinds[1].value == b"test-agent"


@pytest.mark.parametrize(("auth", "priv"), LEVELS)
def test_every_level_of_version_3_reads(
    kind: Kind, agent: Agent, auth: AuthProtocol, priv: PrivProtocol
) -> None:
    assert ask(kind, agent.user(auth, priv)).varbinds[1].value == b"test-agent"


def test_version_3_reads_over_ipv6_and_by_getbulk(kind: Kind, agent: Agent) -> None:
    user = agent.user(AuthProtocol.SHA256, PrivProtocol.AES128)
    names = [oids.encode("1.3.6.1.2.1.1")]
    response = ask(kind, user, Pdu.GET_BULK, names, address="::1", max_repetitions=5)
    assert response.varbinds[0].oid == SYS_DESCR
    assert len(response.varbinds) == 5


def test_a_missing_object_is_told_apart_from_an_error(kind: Kind, agent: Agent) -> None:
    response = ask(kind, agent.community(), names=[oids.encode("1.3.6.1.2.1.1.99.0")])
    assert response.varbinds[0].tag in {Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE}


def test_a_wrong_community_gets_no_answer_and_is_not_named(kind: Kind, agent: Agent) -> None:
    with pytest.raises(NoAnswerError) as caught:
        ask(kind, replace(agent.community(), community="do not tell"))
    assert "do not tell" not in str(caught.value)


USER = (AuthProtocol.SHA1, PrivProtocol.AES128)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user_name": "nobody"}, "does not know this SNMPv3 user"),
        ({"auth_passphrase": "a wrong passphrase"}, "wrong authentication passphrase"),
        ({"auth_protocol": AuthProtocol.MD5}, "wrong authentication passphrase"),
        ({"priv_passphrase": "a wrong passphrase"}, "wrong privacy passphrase"),
        ({"priv_protocol": PrivProtocol.DES}, "wrong privacy passphrase"),
        ({"context_name": "nowhere"}, "unknown context"),
    ],
)
def test_a_refused_user_is_told_why(
    kind: Kind, agent: Agent, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(WrongCredentialsError, match=words):
        ask(kind, replace(agent.user(*USER), **changes))


def test_a_level_that_the_user_does_not_have_is_refused(kind: Kind, agent: Agent) -> None:
    user = agent.user(AuthProtocol.SHA1, PrivProtocol.NONE)
    with pytest.raises(WrongCredentialsError, match="security level"):
        ask(
            kind,
            replace(user, priv_protocol=PrivProtocol.AES128, priv_passphrase="some passphrase"),
        )


@pytest.mark.parametrize("version", list(SnmpVersion))
def test_a_closed_port_gives_no_answer(kind: Kind, agent: Agent, version: SnmpVersion) -> None:
    credential = replace(agent.user(*USER), version=version, community="correct", port=9)
    with pytest.raises(NoAnswerError):
        ask(kind, credential)


def test_a_host_name_is_never_looked_up(kind: Kind) -> None:
    with pytest.raises(RefusedError, match="not an IP address"):
        ask(kind, SnmpCredential(SnmpVersion.V2C, community="x"), address="localhost")
