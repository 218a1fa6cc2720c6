"""Tests of the collector in a process of its own: its results, its secrets, its end."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.errors import Failure
from collectors.process import CollectorProcess
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.codec import Message
from collectors.target import Limits, Target
from tests.hostile_agent import Behaviour, Reply, serve
from tests.hostile_behaviours import named

SECRET = "a-community-that-nobody-may-see"
HEALTHY = Behaviour("it behaves", community=SECRET.encode())
MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LIMITS = Limits(timeout_seconds=0.5, retries=0)
PATIENT = Limits(timeout_seconds=60.0, retries=0)


def _target(port: int, address: str = "127.0.0.1", limits: Limits = LIMITS) -> Target:
    credential = SnmpCredential(SnmpVersion.V2C, community=SECRET, port=port, id=7)
    return Target(address, (credential,), limits)


def _collector(**options: bool) -> CollectorProcess:
    is_stopped = options.get("is_stopped", False)
    return CollectorProcess(lambda: MOMENT, devices_at_once=1, should_stop=lambda: is_stopped)


def _words_of(process_id: int) -> bytes:
    folder = Path(f"/proc/{process_id}")
    return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()


def test_what_the_process_reads_is_what_is_read_here() -> None:
    async def collect() -> tuple[SnmpResult, SnmpResult]:
        transport, collector = ChosenTransport(), _collector()
        try:
            async with serve(HEALTHY) as (port, _):
                there = [one async for one in collector.collect([_target(port)])]
                here = await collect_snmp(
                    _target(port), transport, load_definitions(), lambda: MOMENT
                )
        finally:
            await collector.close()
            await transport.close()
        return there[0], here

    there, here = asyncio.run(collect())
    assert there.observation is not None
    assert here.observation is not None
    assert replace(there.observation, observed_at=MOMENT) == here.observation
    assert there.observation.observed_at >= MOMENT
    assert (there.credential, there.requests) == (here.credential, here.requests)


def test_secrets_stand_neither_in_arguments_nor_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARC_MASTER_KEY", SECRET)

    async def look() -> bytes:
        collector = _collector()
        try:
            async with serve(HEALTHY) as (port, _):
                async for _ in collector.collect([_target(port)]):
                    pass
            assert collector.process_id is not None
            return _words_of(collector.process_id)
        finally:
            await collector.close()

    words = asyncio.run(look())
    assert b"collectors.process" in words
    assert SECRET.encode() not in words


def test_devices_in_progress_fail_when_the_process_is_killed_and_the_others_are_read() -> None:
    async def collect() -> list[SnmpResult]:
        collector = _collector()
        killed: list[int] = []

        def kill_once(_request: Message, reply: Message, _before: int) -> Reply:
            if not killed and collector.process_id is not None:
                killed.append(collector.process_id)
                os.kill(collector.process_id, signal.SIGKILL)
            return reply

        try:
            async with serve(replace(HEALTHY, on_request=kill_once)) as (port, _):
                # The port answers on one address only, and five are in progress at once.
                targets = [_target(port), *(_target(port, f"127.0.0.{n}") for n in range(2, 8))]
                return [one async for one in collector.collect(targets)]
        finally:
            await collector.close()

    results = {one.address: one for one in asyncio.run(collect())}
    assert results["127.0.0.1"].failure is Failure.MALFORMED
    assert "ended while it read this device" in results["127.0.0.1"].detail
    failures = [results[f"127.0.0.{n}"].failure for n in range(1, 8)]
    assert failures == [Failure.MALFORMED] * 5 + [Failure.NO_ANSWER] * 2


def test_nothing_is_begun_once_it_should_stop() -> None:
    async def collect() -> list[SnmpResult]:
        collector = _collector(is_stopped=True)
        try:
            async with serve(named("it says nothing")) as (port, _):
                targets = [_target(port, limits=PATIENT), _target(port, "127.0.0.2")]
                return [one async for one in collector.collect(targets)]
        finally:
            await collector.close()

    results = asyncio.run(collect())
    assert Failure.CANCELLED in {one.failure for one in results}
    assert {one.address for one in results} == {"127.0.0.1", "127.0.0.2"}


def test_whoever_stops_taking_results_leaves_no_process_behind() -> None:
    async def collect() -> int:
        collector = _collector()
        async with serve(HEALTHY) as (port, _):
            targets = [_target(port), _target(port, "127.0.0.2", PATIENT)]
            async with aclosing(collector.collect(targets)) as results:
                await anext(results)
                process_id = collector.process_id
        assert process_id is not None
        assert collector.process_id is None
        return process_id

    assert not Path(f"/proc/{asyncio.run(collect())}").exists()
