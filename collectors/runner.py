"""Many targets at once: all of the collectors' concurrency is here.

Targets are taken lazily, so memory depends on how many are in progress and not on how many there
are; a slow device holds up nobody, and one that breaks our code costs only its own result.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from collectors.collect import Clock, SnmpResult, collect_snmp
from collectors.definitions.model import Definition
from collectors.errors import Failure
from collectors.snmp.transport import SnmpTransport
from collectors.target import Target

logger = logging.getLogger(__name__)

# So many times the devices that are read may have been asked for their first answer: a silent one
# takes seconds, in which others are read, and costs no more than a few packets.
_ASKED_AHEAD = 5
# Bindings are made by the hundred thousand and hold no cycles: looking for these at Python's own
# pace costs a seventh of the processor time.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000


async def run(
    targets: Iterable[Target],
    transport: SnmpTransport,
    definitions: tuple[Definition, ...],
    clock: Clock,
    *,
    devices_at_once: int = 40,
    should_stop: Callable[[], bool] = lambda: False,
) -> AsyncIterator[SnmpResult]:
    """Collect from all targets.

    Args:
        targets: taken one by one as devices are finished.
        transport: the way to the network; stays open.
        definitions: the platforms that are known.
        clock: for the moments of the observations.
        devices_at_once: how many are read at most; a few times as many are asked whether they
            answer at all.
        should_stop: once true, devices in progress end with what they have and the remaining
            targets are given back as cancelled.

    Yields:
        Exactly one result for each target, as soon as it is known.
    """
    waiting = iter(targets)
    running: set[asyncio.Task[None]] = set()
    done: asyncio.Queue[SnmpResult] = asyncio.Queue()
    turns = asyncio.Semaphore(devices_at_once)
    in_progress = 0

    async def collect(target: Target) -> None:
        done.put_nowait(
            await _collect_safely(target, transport, definitions, clock, should_stop, turns)
        )

    usual = gc.get_threshold()
    gc.set_threshold(max(usual[0], _OBJECTS_BETWEEN_COLLECTIONS) if usual[0] else 0, *usual[1:])
    try:
        while True:
            while in_progress < devices_at_once * _ASKED_AHEAD and not should_stop():
                target = next(waiting, None)
                if target is None:
                    break
                task = asyncio.ensure_future(collect(target))
                running.add(task)
                task.add_done_callback(running.discard)
                in_progress += 1
            if not in_progress:
                break
            yield await done.get()
            in_progress -= 1
        for result in _cancelled(waiting):
            yield result
    finally:
        gc.set_threshold(*usual)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _cancelled(targets: Iterator[Target]) -> Iterator[SnmpResult]:
    for target in targets:
        detail = "the run was stopped before its turn"
        yield SnmpResult(target.address, failure=Failure.CANCELLED, detail=detail)


async def _collect_safely(
    target: Target,
    transport: SnmpTransport,
    definitions: tuple[Definition, ...],
    clock: Clock,
    should_stop: Callable[[], bool],
    turns: asyncio.Semaphore,
) -> SnmpResult:
    try:
        return await collect_snmp(target, transport, definitions, clock, should_stop, turns)
    except Exception as error:
        # A device that our code cannot cope with must not end the run of the others.
        logger.exception("collecting failed", extra={"target": target.address})
        detail = f"unexpected {type(error).__name__}, see the log"
        return SnmpResult(target.address, failure=Failure.MALFORMED, detail=detail)
