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
from tests.collectors.misbehaving import (
    Answer,
    CutsRepliesToTables,
    Dead,
    Endless,
    Healthy,
    OidsThatDoNotIncrease,
    OnlyVersion1,
    SilentAfter,
    SilentTo,
    SilentToBulk,
    TooBigAbove,
    WrongRequestId,
    serving,
)

DEFINITIONS = load_definitions()
LIMITS = Limits(timeout_seconds=0.1, retries=1, device_seconds=20, requests=60)


def collect_from(
    answer: Answer, limits: Limits = LIMITS, manner: Manner | None = None
) -> SnmpResult:
    async def collect() -> SnmpResult:
        transport = PysnmpTransport()
        try:
            async with serving(answer) as port:
                credential = SnmpCredential(SnmpVersion.V2C, community="public", port=port)
                target = Target("127.0.0.1", (credential,), limits, manner or Manner())
                moment = datetime(2026, 11, 23, tzinfo=UTC)
                return await collect_snmp(target, transport, DEFINITIONS, lambda: moment)
        finally:
            await transport.close()

    return asyncio.run(collect())


def rows_and_problems(result: SnmpResult) -> tuple[int, bool, set[Failure]]:
    assert result.observation is not None
    interfaces = result.observation.interfaces
    failures = {problem.failure for problem in result.observation.problems}
    return len(interfaces.rows), interfaces.complete, failures


def test_a_healthy_agent_is_read_completely_in_few_requests() -> None:
    result = collect_from(Healthy())
    assert rows_and_problems(result) == (30, True, set())
    assert result.requests <= 15


@pytest.mark.parametrize("bindings", [60, 12, 1])
def test_too_big_makes_requests_smaller_until_all_is_read(bindings: int) -> None:
    limits = Limits(timeout_seconds=0.3, requests=500)
    assert rows_and_problems(collect_from(TooBigAbove(bindings), limits)) == (30, True, set())


def test_silence_to_getbulk_falls_back_to_getnext_and_next_time_begins_with_it() -> None:
    result = collect_from(SilentToBulk())
    assert rows_and_problems(result) == (30, True, set())
    agent = SilentToBulk()
    again = collect_from(agent, manner=result.manner)
    assert rows_and_problems(again) == (30, True, set())
    assert Pdu.GET_BULK not in {request.pdu_tag for request in agent.seen}
    assert again.manner == result.manner


def test_an_agent_of_version_1_is_read_with_the_same_community() -> None:
    result = collect_from(OnlyVersion1())
    assert rows_and_problems(result) == (30, True, set())
    assert result.credential is not None
    assert result.credential.version is SnmpVersion.V1
    assert result.manner.is_version_1
    agent = OnlyVersion1()
    assert rows_and_problems(collect_from(agent, manner=result.manner)) == (30, True, set())
    assert {request.version for request in agent.seen} == {VERSION_1}


def test_device_that_has_learnt_version_2c_is_read_though_it_spoke_version_1() -> None:
    result = collect_from(SilentTo(VERSION_1), manner=Manner(is_version_1=True))
    assert rows_and_problems(result) == (30, True, set())
    assert result.manner.is_usual


def test_identifiers_that_do_not_increase_stop_the_table_and_keep_its_rows() -> None:
    rows, complete, failures = rows_and_problems(collect_from(OidsThatDoNotIncrease()))
    assert (rows, complete, failures) == (10, False, {Failure.MALFORMED})


def test_an_endless_table_ends_in_the_budget() -> None:
    start = time.monotonic()
    rows, complete, failures = rows_and_problems(collect_from(Endless()))
    assert rows > 100
    assert not complete
    assert failures == {Failure.TOO_LARGE}
    assert time.monotonic() - start < LIMITS.device_seconds


def test_a_device_that_falls_silent_keeps_what_it_said() -> None:
    rows, complete, failures = rows_and_problems(collect_from(SilentAfter(8)))
    assert rows > 5
    assert not complete
    assert failures == {Failure.NO_ANSWER}


def test_replies_cut_in_half_are_told_as_such() -> None:
    rows, complete, failures = rows_and_problems(collect_from(CutsRepliesToTables()))
    assert (rows, complete, failures) == (0, False, {Failure.MALFORMED})


def test_replies_to_other_questions_do_not_count() -> None:
    result = collect_from(WrongRequestId())
    assert result.observation is None
    assert result.failure is Failure.NO_ANSWER


def test_the_seconds_of_a_device_are_limited() -> None:
    limits = Limits(timeout_seconds=0.2, retries=0, device_seconds=0.3)
    start = time.monotonic()
    result = collect_from(WrongRequestId(), limits)
    assert result.failure is not None
    assert time.monotonic() - start < 2


def test_a_dead_device_does_not_get_all_tries_a_second_time_by_version_1() -> None:
    dead = Dead()
    result = collect_from(dead, Limits(timeout_seconds=0.1, retries=3))
    assert result.failure is Failure.NO_ANSWER
    versions = [request.version for request in dead.seen]
    assert versions == [VERSION_2C] * 5 + [VERSION_1] * 3
