"""Which transport serves a credential, and when pysnmp is asked for a second opinion."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from collectors import oids
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.errors import MalformedError
from collectors.snmp import codec
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag, VarBind
from tests.collectors.conftest import Agent
from tests.hostile_agent import SYS_NAME, Behaviour, serve

NAMES = [oids.encode(SYS_NAME)]


async def ask(credential: SnmpCredential, timeout_seconds: float = 1.0) -> Response:
    transport = ChosenTransport()
    try:
        return await transport.request(
            Endpoint("127.0.0.1", credential),
            Pdu.GET,
            NAMES,
            timeout_seconds=timeout_seconds,
            retries=0,
        )
    finally:
        await transport.close()


@pytest.mark.network
def test_pysnmp_serves_a_credential_that_asks_for_it(agent: Agent) -> None:
    for credential in (agent.community(), agent.user(AuthProtocol.SHA1, PrivProtocol.AES128)):
        for is_compatible in (True, False):
            response = asyncio.run(ask(replace(credential, is_compatible=is_compatible)))
            assert response.varbinds[0].value == b"test-agent"


def test_pysnmp_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys, collectors.snmp.chosen_transport;"
        "sys.exit(any(name.startswith(('pysnmp', 'pyasn1')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def ask_behaviour(behaviour: Behaviour) -> Response:
    async def asked() -> Response:
        async with serve(behaviour) as (port, _):
            return await ask(SnmpCredential(SnmpVersion.V2C, "public", port=port), 0.3)

    return asyncio.run(asked())


def test_what_the_codec_refuses_and_pyasn1_reads_is_taken() -> None:
    # An INTEGER padded to twelve octets: forbidden, harmless, and pyasn1 reads it.
    def pad(_request: codec.Message, reply: codec.Message, _count: int) -> codec.Message:
        padded = VarBind(NAMES[0], Tag.INTEGER, bytes(11) + b"\x05")
        return reply._replace(varbinds=[padded])

    response = ask_behaviour(Behaviour("padded integer", on_request=pad))
    assert response.varbinds == [VarBind(NAMES[0], Tag.INTEGER, b"\x05")]


def test_what_neither_can_read_is_given_up_with_a_reason() -> None:
    broken = Behaviour("cut short", on_octets=lambda octets, _seed: [octets[:-3]] * 5)
    with pytest.raises(MalformedError, match="no usable reply"):
        ask_behaviour(broken)
