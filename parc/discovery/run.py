"""The flow of one run: sweep, collect, store, plan, apply; chunk by chunk.

No transaction is open while the network is asked, and nothing that was seen waits for the end of
the run: evidence is committed as it comes, each chunk's plan in one commit. Writing happens in a
thread, so that devices in progress are not kept waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.observation import Presence
from collectors.sweep import SweepPlan, SweepResult
from collectors.target import Limits, Target
from parc.clock import Clock
from parc.config import Settings
from parc.discovery import evidence
from parc.discovery.network import Network, OpenNetwork, ShouldStop
from parc.discovery.settle import Settlement, settle_absence, settle_again, settle_chunk
from parc.discovery.task import KeyRing, Task, begin, open_key_ring, task_of
from parc.models import Run, RunPhase, RunState
from parc.secret_box import SecretBox
from parc.services.actor import for_run
from parc.services.jobs import JobStoppedError
from parc.services.runs import end_run

_LOG = logging.getLogger(__name__)
_BATCH = 20  # devices stored in one transaction
_SURVEYED_AT_ONCE = 32
TransactionMaker = Callable[[], AbstractContextManager[Session]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run is handed.

    Attributes:
        transaction: commits at its end; fails when the job is no longer this worker's.
        should_stop: asked between steps and by the collectors.
    """

    transaction: TransactionMaker
    clock: Clock
    settings: Settings
    box: SecretBox
    open_network: OpenNetwork
    should_stop: ShouldStop


@dataclass(slots=True)
class _Progress:
    """What the end of the run must know of its beginning."""

    held: str | None = None
    created: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)


def discover(tools: Tools, run_id: int) -> None:
    """Carry out a run that waits; one that does not wait any more is left alone.

    Raises:
        JobStoppedError: it was stopped; everything seen until then is stored and applied.
        ParcError: it cannot be carried out.
    """
    with tools.transaction() as session:
        task = begin(session, run_id, tools.clock())
    if task is not None:
        asyncio.run(_Discovery(tools, task).run())


class _Discovery:
    """One run on its way."""

    def __init__(self, tools: Tools, task: Task) -> None:
        self._tools = tools
        self._task = task
        self._progress = _Progress()
        discovery = tools.settings.discovery
        self._limits = Limits(
            timeout_seconds=discovery.timeout_seconds,
            retries=discovery.retries,
            device_seconds=float(discovery.device_seconds),
        )

    async def run(self) -> None:
        """Do all chunks, look closer at what was found, then see what is absent."""
        task = self._task
        responders: list[Address] = []
        opened = self._tools.open_network(
            packets_per_second=task.packets_per_second,
            devices_at_once=task.devices_at_once,
            should_stop=self._tools.should_stop,
        )
        async with opened as network:
            for chunk in SweepPlan(task.addresses).chunks():
                responders += await self._chunk(network, chunk)
            await self._survey(network, responders)
        await self._write(self._end)

    async def _chunk(self, network: Network, chunk: Sequence[Address]) -> list[Address]:
        """Sweep, collect, store, plan and apply one chunk; give the addresses that answered."""
        ring = await self._write(lambda session: self._open_ring(session, chunk))
        swept, speakers = await self._sweep(network, ring, chunk)
        self._stop_if_asked()
        await self._collect(network, speakers)
        self._stop_if_asked()
        up = {*swept.presences, *(target.address for target in speakers)}
        await self._settle(up, swept=len(chunk) if swept.is_complete else 0)
        return [one for one in chunk if str(one) in swept.presences]

    async def _sweep(
        self, network: Network, ring: KeyRing, chunk: Sequence[Address]
    ) -> tuple[SweepResult, list[Target]]:
        """Give who is up, and who speaks SNMP: two questions, asked at the same time."""
        targets = self._targets(ring, map(str, chunk))
        if self._task.is_retry:
            await self._write(self._count_again(len(targets)))
            return SweepResult(tuple(chunk), {}, is_complete=True), targets
        await self._write(lambda session: self._enter(session, RunPhase.SWEEP))
        swept, speaking = await asyncio.gather(network.find(chunk), network.probe(targets))
        self._stop_if_asked()
        self._note(swept)
        await self._write(lambda session: self._store_sweep(session, swept.presences, speaking))
        return swept, [
            replace(target, credentials=ring.for_address(target.address, speaking[target.address]))
            for target in targets
            if target.address in speaking
        ]

    async def _collect(self, network: Network, targets: Sequence[Target]) -> None:
        """Read devices and store what they say, a few at a time."""
        if not targets:
            return
        await self._write(lambda session: self._enter(session, RunPhase.COLLECT))
        batch: list[SnmpResult] = []
        async for result in network.collect(targets):
            batch.append(result)
            if len(batch) >= _BATCH:
                await self._store(batch)
                batch = []
        await self._store(batch)

    async def _survey(self, network: Network, responders: Sequence[Address]) -> None:
        """Look at ports and banners of what is up; last, since it takes longest."""
        for start in range(0, len(responders), _SURVEYED_AT_ONCE):
            few = responders[start : start + _SURVEYED_AT_ONCE]
            surveyed = await network.survey(few)
            self._stop_if_asked()
            self._note(surveyed)
            await self._write(partial(self._store_survey, presences=surveyed.presences))
            await self._settle(surveyed.presences)

    async def _settle(self, addresses: Collection[str], *, swept: int = 0) -> None:
        """Plan and apply what these addresses said, in one commit; hold if it is too much."""

        def settle(session: Session) -> Settlement:
            self._enter(session, RunPhase.APPLY)
            evidence.raise_counts(session, self._task.run_id, swept_count=swept)
            if not addresses or self._progress.held:
                return Settlement()
            settlement = settle_chunk(
                session, self._task, self._tools.settings, addresses, self._tools.clock()
            )
            changed = (self._progress.changed | settlement.changed) - self._progress.created
            session.get_one(Run, self._task.run_id).changed_count = len(changed)
            return settlement

        settlement = await self._write(settle)
        progress = self._progress
        progress.held = progress.held or settlement.unsafe
        progress.created |= settlement.created
        progress.changed = (progress.changed | settlement.changed) - progress.created

    async def _store(self, batch: Sequence[SnmpResult]) -> None:
        await self._write(
            lambda session: evidence.store_results(
                session, self._task.run_id, batch, self._tools.clock()
            )
        )

    async def _write(self, write: Callable[[Session], T]) -> T:
        """Run ``write`` in a transaction of its own, in a thread."""

        def in_transaction() -> T:
            with self._tools.transaction() as session:
                return write(session)

        return await asyncio.to_thread(in_transaction)

    def _open_ring(self, session: Session, chunk: Sequence[Address]) -> KeyRing:
        addresses = [str(address) for address in chunk]
        return open_key_ring(session, self._tools.box, self._task.range_id, addresses)

    def _targets(self, ring: KeyRing, addresses: Iterable[str]) -> list[Target]:
        targets = (Target(one, ring.for_address(one), self._limits) for one in addresses)
        return [target for target in targets if target.credentials]

    def _enter(self, session: Session, phase: RunPhase) -> None:
        session.get_one(Run, self._task.run_id).phase = phase

    def _store_sweep(
        self, session: Session, presences: Mapping[str, Presence], speaking: Collection[str]
    ) -> None:
        now = self._tools.clock()
        run_id = self._task.run_id
        silent = {one: seen for one, seen in presences.items() if one not in speaking}
        evidence.store_presences(session, run_id, presences, now)
        failed = evidence.store_silent(session, run_id, silent, now)
        evidence.raise_counts(
            session,
            run_id,
            responder_count=len({*presences, *speaking}),
            failed_count=failed,
        )

    def _count_again(self, responders: int) -> Callable[[Session], None]:
        return lambda session: evidence.raise_counts(
            session, self._task.run_id, responder_count=responders
        )

    def _store_survey(self, session: Session, *, presences: Mapping[str, Presence]) -> None:
        evidence.store_presences(session, self._task.run_id, presences, self._tools.clock())

    def _note(self, swept: SweepResult) -> None:
        for warning in swept.warnings:
            text = f"{warning.code.value}: {warning.detail}".rstrip(": ")
            if text not in self._progress.warnings:
                self._progress.warnings.append(text)

    def _stop_if_asked(self) -> None:
        if self._tools.should_stop():
            raise JobStoppedError(f"run {self._task.run_id} was stopped")

    def _end(self, session: Session) -> None:
        """See what is absent, and write how the run ended, in one commit."""
        now = self._tools.clock()
        held = self._progress.held
        run = session.get_one(Run, self._task.run_id)
        is_complete = run.swept_count == run.address_count and not self._task.is_retry
        if is_complete and held is None:
            held = settle_absence(session, self._task, self._tools.settings, now).unsafe
        session.refresh(run)
        run.warnings = [*run.warnings, *self._progress.warnings]
        end_run(run, RunState.HELD if held else RunState.DONE, now, error=held)
        _log_totals(run)


def apply_held(tools: Tools, run_id: int) -> None:
    """Apply the plan of a run that was held, made again from its evidence, in one commit.

    Raises:
        ParcError: the run or its range is no longer there.
    """
    with tools.transaction() as session:
        run = session.get(Run, run_id, with_for_update=True)
        if run is None or run.state is not RunState.QUEUED:
            return
        now = tools.clock()
        task = task_of(session, run_id, now)
        made = settle_again(session, task, tools.settings, for_run(task.range_name, run_id), now)
        session.refresh(run)
        run.changed_count = made.counts.changed
        end_run(run, RunState.DONE, now, error=None)
        _log_totals(run)


def _log_totals(run: Run) -> None:
    seconds = (
        (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else 0
    )
    _LOG.info(
        "run %d of %s %s: %d addresses, %d up, %d read, %d failed, %d new, %d changed, %d gone, "
        "%d assets, %d differences, %.1f s",
        run.id,
        run.range_name,
        run.state.value,
        run.address_count,
        run.responder_count,
        run.collected_count,
        run.failed_count,
        run.created_count,
        run.changed_count,
        run.gone_count,
        run.asset_count,
        run.difference_count,
        seconds,
    )
