"""Many targets at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import msgspec
import pytest

from collectors.collect import SnmpResult
from collectors.contract import to_line
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.errors import Failure
from collectors.runner import run
from collectors.snmp.probe import ProbeResult, probe
from collectors.snmp.pysnmp_transport import PysnmpTransport
from collectors.snmp.replay import ReplayTransport
from collectors.snmp.transport import SnmpTransport, VarBind
from collectors.target import Limits, Target
from tests.collectors.conftest import Agent
from tests.hostile_agent import healthy_device, serve
from tests.hostile_behaviours import named

DEFINITIONS = load_definitions()
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
COMMUNITY = SnmpCredential(SnmpVersion.V2C, community="public")


async def collect_all(
    targets: Iterator[Target],
    transport: SnmpTransport,
    devices_at_once: int = 40,
) -> list[SnmpResult]:
    results = run(
        targets,
        transport,
        DEFINITIONS,
        lambda: MOMENT,
        devices_at_once=devices_at_once,
    )
    return [result async for result in results]


def test_targets_are_taken_lazily_and_each_gives_one_result() -> None:
    taken = 0

    def targets() -> Iterator[Target]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield Target(f"10.0.0.{number}", (COMMUNITY,))

    async def first_ten() -> int:
        results = run(
            targets(),
            ReplayTransport(healthy_device()),
            DEFINITIONS,
            lambda: MOMENT,
            devices_at_once=5,
        )
        seen = 0
        async for _ in results:
            seen += 1
            if seen == 10:
                break
        await results.aclose()  # type: ignore[attr-defined] # it is a generator
        return taken

    assert asyncio.run(first_ten()) <= 40
    again = asyncio.run(collect_all(targets(), ReplayTransport(healthy_device()), 5))
    assert len({result.address for result in again}) == 200


def test_a_stopped_run_gives_back_the_rest_as_cancelled() -> None:
    async def stop_early() -> list[SnmpResult]:
        seen: list[SnmpResult] = []
        targets = (Target(f"10.0.0.{number}", (COMMUNITY,)) for number in range(20))
        results = run(
            targets,
            ReplayTransport(healthy_device()),
            DEFINITIONS,
            lambda: MOMENT,
            devices_at_once=2,
            should_stop=lambda: len(seen) >= 4,
        )
        async for result in results:
            seen.append(result)  # noqa: PERF401 -- should_stop looks at it
        return seen

    results = asyncio.run(stop_early())
    assert len(results) == 20
    assert results[-1].failure is Failure.CANCELLED


class Broken(ReplayTransport):
    """A transport with a mistake in it."""

    async def close(self) -> None:
        raise NotImplementedError

    def _get(self, oid: bytes) -> VarBind:
        raise ZeroDivisionError(oid)


def test_a_mistake_of_ours_costs_only_its_own_result(caplog: pytest.LogCaptureFixture) -> None:
    results = asyncio.run(collect_all(iter([Target("10.0.0.1", (COMMUNITY,))]), Broken([])))
    assert results[0].failure is Failure.MALFORMED
    assert "ZeroDivisionError" in results[0].detail
    assert "public" not in caplog.text


def test_forty_devices_at_once_are_not_held_up_by_a_broken_one() -> None:
    async def collect() -> list[SnmpResult]:
        transport = PysnmpTransport()
        limits = Limits(timeout_seconds=2, retries=1, requests=100)
        try:
            well, ill = named("it behaves"), named("tables never end")
            async with serve(well) as (good, _), serve(ill) as (endless, _):
                ports = [endless, *[good] * 40]
                targets = [
                    Target(
                        "127.0.0.1", (SnmpCredential(SnmpVersion.V2C, "public", port=port),), limits
                    )
                    for port in ports
                ]
                return await collect_all(iter(targets), transport, 41)
        finally:
            await transport.close()

    results = asyncio.run(collect())
    complete = [
        one.observation
        for one in results
        if one.observation and one.observation.interfaces.complete
    ]
    assert len(results) == 41
    assert len(complete) == 40


@pytest.mark.network
def test_a_real_agent_is_collected_by_each_version(agent: Agent) -> None:
    async def collect(credential: SnmpCredential) -> SnmpResult:
        transport = PysnmpTransport()
        try:
            found = await collect_all(iter([Target("127.0.0.1", (credential,))]), transport)
            return found[0]
        finally:
            await transport.close()

    for credential in (
        agent.community(SnmpVersion.V1),
        agent.community(SnmpVersion.V2C),
        agent.user(AuthProtocol.SHA256, PrivProtocol.AES128),
    ):
        result = asyncio.run(collect(credential))
        assert result.observation is not None
        assert result.credential == credential
        assert result.observation.system is not None
        assert result.observation.system.sys_name == "test-agent"
        assert result.observation.interfaces.complete
        assert any("127.0.0.1/8" in one.addresses for one in result.observation.interfaces.rows)
        assert result.observation.problems == ()


@pytest.mark.network
def test_credentials_are_tried_in_order_and_the_reason_is_told(agent: Agent) -> None:
    wrong = SnmpCredential(SnmpVersion.V3, user_name="nobody", port=agent.port, id=1)
    right = agent.community()
    limits = Limits(timeout_seconds=1, retries=0)

    async def collect(*credentials: SnmpCredential) -> SnmpResult:
        transport = PysnmpTransport()
        try:
            target = Target("127.0.0.1", credentials, limits)
            return (await collect_all(iter([target]), transport))[0]
        finally:
            await transport.close()

    assert asyncio.run(collect(wrong, right)).credential == right
    refused = asyncio.run(collect(wrong))
    assert refused.failure is Failure.WRONG_CREDENTIALS
    assert refused.observation is None


def test_a_probe_shows_the_next_credential_only_to_the_silent() -> None:
    seen: list[str] = []
    addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]

    async def sweep() -> list[ProbeResult]:
        transport = PysnmpTransport()
        try:
            anybody = replace(named("it behaves"), community=None)
            async with serve(anybody) as (port, agent):
                credentials = [
                    SnmpCredential(SnmpVersion.V2C, community, port=port, id=number)
                    for number, community in enumerate(("first", "second"), 1)
                ]
                found = [
                    one
                    async for one in probe(
                        addresses,
                        credentials,
                        transport,
                        packets_per_second=200,
                        timeout_seconds=0.2,
                        retries=0,
                    )
                ]
            seen.extend(message.community.decode() for message in agent.seen)
            return found
        finally:
            await transport.close()

    results = asyncio.run(sweep())
    assert [one.address for one in results] == ["127.0.0.1"]
    assert results[0].system.sys_name == "hostile"
    assert results[0].credential is not None
    assert results[0].credential.id == 1
    assert seen == ["first"]


@pytest.mark.network
def test_a_probe_names_a_device_that_refuses_every_credential(agent: Agent) -> None:
    stranger = SnmpCredential(SnmpVersion.V3, user_name="nobody", port=agent.port)

    async def sweep(*credentials: SnmpCredential) -> list[ProbeResult]:
        transport = PysnmpTransport()
        try:
            found = probe(["127.0.0.1"], credentials, transport, timeout_seconds=1)
            return [one async for one in found]
        finally:
            await transport.close()

    assert [one.credential for one in asyncio.run(sweep(stranger))] == [None]
    right = agent.community()
    assert [one.credential for one in asyncio.run(sweep(stranger, right))] == [right]


def test_a_probe_stops_when_it_is_told_to() -> None:
    asked: list[str] = []

    def addresses() -> Iterator[str]:
        for number in range(1000):
            asked.append(str(number))
            yield f"10.0.{number // 250}.{number % 250}"

    async def sweep() -> int:
        transport = ReplayTransport(healthy_device())
        found = probe(
            addresses(),
            [COMMUNITY],
            transport,
            packets_per_second=100_000,
            should_stop=lambda: len(asked) >= 20,
        )
        return len([one async for one in found])

    assert asyncio.run(sweep()) == 20


def test_a_line_holds_what_the_contract_names() -> None:
    target = Target("192.0.2.1", (COMMUNITY,))
    result = asyncio.run(collect_all(iter([target]), ReplayTransport(healthy_device())))[0]
    line = msgspec.json.decode(to_line(result))
    assert line["address"] == "192.0.2.1"
    assert line["vendor"] == "Cisco"
    assert line["hostname"] == "hostile"
    assert len(line["interfaces"]) == 30
    assert line["interfaces"][0] == {
        "index": 1,
        "description": "Gi0/1",
        "type": 6,
        "mtu": 1500,
        "speed_bps": 1_000_000_000,
        "mac": "00:1b:21:00:00:01",
        "admin_up": True,
        "oper_up": True,
        "addresses": [],
    }
    failed = SnmpResult("192.0.2.2", failure=Failure.NO_ANSWER, detail="no reply to SNMP")
    assert msgspec.json.decode(to_line(failed)) == {
        "address": "192.0.2.2",
        "error": "no_answer: no reply to SNMP",
    }
    assert list(islice(to_line(failed), 1)) == [ord("{")]
