"""Hostile and broken agents: each ends in its budget, with a reason, and keeps its rows."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.errors import Failure
from collectors.snmp.codec import VERSION_1, VERSION_2C
from collectors.snmp.pysnmp_transport import PysnmpTransport
from collectors.snmp.transport import Pdu
from collectors.target import Limits, Manner, Target
from tests.hostile_agent import HostileAgent, serve
from tests.hostile_behaviours import named

DEFINITIONS = load_definitions()
LIMITS = Limits(timeout_seconds=0.1, retries=1, device_seconds=20, requests=60)


def ask(
    name: str, limits: Limits = LIMITS, manner: Manner | None = None
) -> tuple[SnmpResult, HostileAgent]:
    """Collect by pysnmp from the agent that behaves so."""

    async def collect() -> tuple[SnmpResult, HostileAgent]:
        transport = PysnmpTransport()
        try:
            async with serve(named(name)) as (port, agent):
                credential = SnmpCredential(SnmpVersion.V2C, community="public", port=port)
                target = Target("127.0.0.1", (credential,), limits, manner or Manner())
                moment = datetime(2026, 11, 23, tzinfo=UTC)
                return await collect_snmp(target, transport, DEFINITIONS, lambda: moment), agent
        finally:
            await transport.close()

    return asyncio.run(collect())


def rows_and_problems(result: SnmpResult) -> tuple[int, bool, set[Failure]]:
    assert result.observation is not None
    interfaces = result.observation.interfaces
    failures = {problem.failure for problem in result.observation.problems}
    return len(interfaces.rows), interfaces.complete, failures


def test_a_healthy_agent_is_read_completely_in_few_requests() -> None:
    result, _ = ask("it behaves")
    assert rows_and_problems(result) == (30, True, set())
    assert result.requests <= 15


@pytest.mark.parametrize("bindings", ["sixty", "twelve", "two"])
def test_too_big_makes_requests_smaller_until_all_is_read(bindings: str) -> None:
    limits = Limits(timeout_seconds=0.3, requests=500)
    result, _ = ask(f"more than {bindings} bindings are too big", limits)
    assert rows_and_problems(result) == (30, True, set())


def test_silence_to_getbulk_falls_back_to_getnext_and_next_time_begins_with_it() -> None:
    limits = Limits(timeout_seconds=0.1, retries=1, device_seconds=20, requests=500)
    result, _ = ask("GETBULK is never answered", limits)
    assert rows_and_problems(result) == (30, True, set())
    again, agent = ask("GETBULK is never answered", limits, result.manner)
    assert rows_and_problems(again) == (30, True, set())
    assert Pdu.GET_BULK not in {request.pdu_tag for request in agent.seen}
    assert again.manner == result.manner


def test_an_agent_of_version_1_is_read_with_the_same_community() -> None:
    limits = Limits(timeout_seconds=0.1, retries=1, device_seconds=20, requests=500)
    result, _ = ask("it speaks only version 1", limits)
    assert rows_and_problems(result) == (30, True, set())
    assert result.credential is not None
    assert result.credential.version is SnmpVersion.V1
    assert result.manner.is_version_1
    again, agent = ask("it speaks only version 1", limits, result.manner)
    assert rows_and_problems(again) == (30, True, set())
    assert {request.version for request in agent.seen} == {VERSION_1}


def test_device_that_has_learnt_version_2c_is_read_though_it_spoke_version_1() -> None:
    result, _ = ask("version 1 is never answered", manner=Manner(is_version_1=True))
    assert rows_and_problems(result) == (30, True, set())
    assert result.manner.is_usual


def test_identifiers_that_do_not_increase_stop_the_table_and_keep_its_rows() -> None:
    rows, complete, failures = rows_and_problems(ask("tables give their first rows for ever")[0])
    assert 5 < rows < 30
    assert (complete, failures) == (False, {Failure.MALFORMED})


def test_an_endless_table_ends_in_the_budget() -> None:
    start = time.monotonic()
    rows, complete, failures = rows_and_problems(ask("tables never end")[0])
    assert rows > 100
    assert not complete
    assert failures == {Failure.TOO_LARGE}
    assert time.monotonic() - start < LIMITS.device_seconds


def test_a_device_that_falls_silent_keeps_what_it_said() -> None:
    rows, complete, failures = rows_and_problems(ask("it dies after some requests")[0])
    assert rows > 5
    assert not complete
    assert failures == {Failure.NO_ANSWER}


def test_replies_cut_in_half_are_told_as_such() -> None:
    rows, complete, failures = rows_and_problems(ask("long replies are cut in half")[0])
    assert (rows, complete, failures) == (0, False, {Failure.MALFORMED})


def test_replies_to_other_questions_do_not_count() -> None:
    result, _ = ask("replies carry the next request's number")
    assert result.observation is None
    assert result.failure is Failure.NO_ANSWER


def test_the_seconds_of_a_device_are_limited() -> None:
    limits = Limits(timeout_seconds=0.2, retries=0, device_seconds=0.3)
    start = time.monotonic()
    result, _ = ask("it says nothing", limits)
    assert result.failure is not None
    assert time.monotonic() - start < 2


def test_a_dead_device_does_not_get_all_tries_a_second_time_by_version_1() -> None:
    result, agent = ask("it says nothing", Limits(timeout_seconds=0.1, retries=3))
    assert result.failure is Failure.NO_ANSWER
    versions = [request.version for request in agent.seen]
    assert versions == [VERSION_2C] * 5 + [VERSION_1] * 3
