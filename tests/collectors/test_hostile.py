"""Every misbehaviour ends within its budget, says why, keeps what was read, disturbs nobody."""

from __future__ import annotations

import asyncio
import time
import unicodedata

import pytest

from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.runner import run
from collectors.snmp.session import IN_FLIGHT
from collectors.snmp.udp_transport import UdpTransport
from collectors.target import Limits, Target
from tests.conftest import SOME_MOMENT
from tests.hostile_agent import INTERFACES, Behaviour, serve
from tests.hostile_behaviours import BEHAVIOURS, named

LIMITS = Limits(timeout_seconds=0.3, retries=1, device_seconds=4.0, rows=30_000, requests=400)
HEALTHY = Behaviour("healthy neighbour", is_complete=True)
DEFINITIONS = load_definitions()


async def collect_beside_a_healthy_device(behaviour: Behaviour) -> tuple[SnmpResult, SnmpResult]:
    """Collect from a misbehaving and a healthy device at once."""
    async with serve(behaviour) as (port, _), serve(HEALTHY, "127.0.0.2") as (other, _):
        targets = [
            Target(address, (SnmpCredential(SnmpVersion.V2C, "public", port=at),), LIMITS)
            for address, at in (("127.0.0.1", port), ("127.0.0.2", other))
        ]
        transport = UdpTransport()
        try:
            results = {
                one.address: one
                async for one in run(targets, transport, DEFINITIONS, lambda: SOME_MOMENT)
            }
        finally:
            await transport.close()
    return results["127.0.0.1"], results["127.0.0.2"]


def is_complete(result: SnmpResult) -> bool:
    return (
        result.observation is not None
        and len(result.observation.interfaces.rows) == INTERFACES
        and result.observation.interfaces.complete
    )


def reasons(result: SnmpResult) -> list[str]:
    problems = result.observation.problems if result.observation else ()
    return [one for one in (result.detail, *(problem.detail for problem in problems)) if one]


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.name)
def test_misbehaviour_ends_in_its_budget_with_a_reason(behaviour: Behaviour) -> None:
    begin = time.monotonic()
    result, neighbour = asyncio.run(collect_beside_a_healthy_device(behaviour))
    # Two credentials' worth of waiting, the device's own seconds, and what building it took.
    assert time.monotonic() - begin < LIMITS.device_seconds * 2 + 10
    assert result.seconds < LIMITS.device_seconds + 2
    assert is_complete(neighbour)
    assert neighbour.seconds < LIMITS.device_seconds
    if behaviour.is_complete:
        assert is_complete(result), reasons(result)
    elif result.observation is None:
        assert result.failure is not None
        assert reasons(result)
    elif result.observation.interfaces.rows and not result.observation.interfaces.complete:
        assert reasons(result)
    for reason in reasons(result):
        assert reason == "".join(char for char in reason if unicodedata.category(char) != "Cc")
        assert "unexpected" not in reason


def test_no_more_than_two_requests_are_in_flight_to_a_device() -> None:
    async def collect() -> tuple[SnmpResult, int]:
        async with serve(named("replies come just in time")) as (port, agent):
            credential = SnmpCredential(SnmpVersion.V2C, "public", port=port)
            target = Target("127.0.0.1", (credential,), LIMITS)
            transport = UdpTransport()
            try:
                found = run([target], transport, DEFINITIONS, lambda: SOME_MOMENT)
                [result] = [one async for one in found]
                return result, agent.most_waiting
            finally:
                await transport.close()

    result, most_waiting = asyncio.run(collect())
    assert is_complete(result)
    assert 1 <= most_waiting <= IN_FLIGHT == 2
