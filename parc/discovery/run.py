"""The flow of one run: sweep, collect, store, plan, apply; chunk by chunk.

The next chunks are swept and probed while the present one is read, and a chunk is applied while the
next one is read. No transaction is open while the network is asked, and nothing that was seen waits
for the end of the run: evidence is committed as it comes, each chunk's plan in one commit. Writing
happens in a thread, so that devices in progress are not kept waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.observation import Presence
from collectors.sweep import SweepPlan, SweepResult
from collectors.target import Limits, Target
from parc.clock import Clock
from parc.config import Settings
from parc.discovery import evidence
from parc.discovery.ahead import work_ahead
from parc.discovery.network import Network, OpenNetwork, ShouldStop
from parc.discovery.settle import Settlement, settle_absence, settle_again, settle_chunk
from parc.discovery.storing import Storing
from parc.discovery.task import KeyRing, Task, begin, open_key_ring, task_of
from parc.models import Run, RunPhase, RunState
from parc.queries.inbox_cause import Scope
from parc.reconcile.inbox import settle as settle_inbox
from parc.secret_box import SecretBox
from parc.services.actor import for_run
from parc.services.jobs import JobStoppedError
from parc.services.runs import end_run

_LOG = logging.getLogger(__name__)
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


@dataclass(frozen=True, slots=True)
class _Looked:
    """Who is up in one chunk, and who of them is to be read, with what it may be shown."""

    swept: SweepResult
    speakers: tuple[Target, ...]


def discover(tools: Tools, run_id: int) -> None:
    """Carry out a run that waits; one that does not wait any more is left alone.

    Raises:
        JobStoppedError: it was stopped; everything seen until then is stored, and applied but
            for the chunks that were under way.
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
        self._writing = asyncio.Lock()
        discovery = tools.settings.discovery
        self._limits = Limits(
            timeout_seconds=discovery.timeout_seconds,
            retries=discovery.retries,
            device_seconds=float(discovery.device_seconds),
        )

    async def run(self) -> None:
        """Do all chunks, look closer at what was found, then see what is absent."""
        plan = SweepPlan(self._task.addresses)
        unknown: list[Address] = []
        opened = self._tools.open_network(
            packets_per_second=self._task.packets_per_second,
            devices_at_once=self._task.devices_at_once,
            chunk_count=plan.chunk_count,
            should_stop=self._tools.should_stop,
        )
        async with opened as network:
            look = partial(self._look, network)
            ahead = work_ahead(plan.chunks(), look, at_once=network.chunks_at_once)
            async with aclosing(ahead) as looked, aclosing(self._read(network, looked)) as read:
                async for chunk in read:
                    unknown += chunk
            await self._survey(network, unknown)
        await self._write(self._end)

    async def _look(self, network: Network, addresses: Sequence[Address]) -> _Looked:
        """See who is up in one chunk, and who speaks SNMP; several chunks at the same time.

        Who is up is stored at once, so that whoever watches sees the first soon; what it is comes
        when its SNMP is known, since only then it is known whether it is a device of before.
        """
        ring = await self._write(lambda session: self._open_ring(session, addresses))
        targets = self._targets(ring, map(str, addresses))
        if self._task.is_retry:
            await self._write(self._count_again(len(targets)))
            swept = SweepResult(tuple(addresses), {}, is_complete=True)
            return _Looked(swept, tuple(targets))
        swept, speaking = await self._ask(network, addresses, targets)
        self._stop_if_asked()
        await self._write(lambda session: self._store_silent(session, swept.presences, speaking))
        speakers = (
            replace(target, credentials=ring.for_address(target.address, speaking[target.address]))
            for target in targets
            if target.address in speaking
        )
        return _Looked(swept, tuple(speakers))

    async def _ask(
        self, network: Network, addresses: Sequence[Address], targets: Sequence[Target]
    ) -> tuple[SweepResult, Mapping[str, SnmpCredential | None]]:
        """Put both questions at the same time; neither outlives an error of the other."""
        probing = asyncio.ensure_future(network.probe(targets))
        try:
            return await self._find(network, addresses), await probing
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)

    async def _find(self, network: Network, addresses: Sequence[Address]) -> SweepResult:
        swept = await network.find(addresses)
        self._stop_if_asked()
        await self._write(lambda session: self._store_sweep(session, swept))
        return swept

    async def _read(
        self, network: Network, looked: AsyncIterator[_Looked]
    ) -> AsyncGenerator[list[Address]]:
        """Collect one chunk after the other, and settle each while the next one is collected.

        Yields:
            For each chunk, those up that SNMP did not identify.
        """
        settling: asyncio.Future[None] | None = None
        try:
            async for chunk in looked:
                identified = await self._collect(network, chunk.speakers)
                self._stop_if_asked()
                if settling:
                    await settling
                settling = asyncio.ensure_future(self._settle_chunk(chunk))
                presences = chunk.swept.presences
                found = (one for one in chunk.swept.chunk if str(one) in presences)
                yield [one for one in found if not one.is_loopback and str(one) not in identified]
            if settling:
                await settling
        finally:
            if settling:
                await asyncio.gather(settling, return_exceptions=True)

    async def _settle_chunk(self, chunk: _Looked) -> None:
        up = {*chunk.swept.presences, *(target.address for target in chunk.speakers)}
        await self._settle(up, swept=len(chunk.swept.chunk) if chunk.swept.is_complete else 0)

    async def _collect(self, network: Network, targets: Sequence[Target]) -> set[str]:
        """Read devices and store what they say, a few at a time; give those it identified."""
        if not targets:
            return set()
        await self._write(lambda session: self._enter(session, RunPhase.COLLECT))
        identified: set[str] = set()
        async with Storing(self._store) as storing:
            async for result in network.collect(targets):
                if _is_identified(result):
                    identified.add(result.address)
                await storing.add(result)
        return identified

    async def _survey(self, network: Network, unknown: Sequence[Address]) -> None:
        """Look at the ports of what is up and unknown; last, since it takes longest."""
        starts = range(0, len(unknown), _SURVEYED_AT_ONCE)
        groups = (unknown[start : start + _SURVEYED_AT_ONCE] for start in starts)
        ahead = work_ahead(groups, network.survey, at_once=network.chunks_at_once)
        async with aclosing(ahead) as results:
            async for surveyed in results:
                self._stop_if_asked()
                await self._write(partial(self._store_presences, swept=surveyed))
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
        """Run ``write`` in a transaction of its own, in a thread, one after the other."""

        def in_transaction() -> T:
            with self._tools.transaction() as session:
                return write(session)

        async with self._writing:
            return await asyncio.to_thread(in_transaction)

    def _open_ring(self, session: Session, chunk: Sequence[Address]) -> KeyRing:
        addresses = [str(address) for address in chunk]
        box, now = self._tools.box, self._tools.clock()
        return open_key_ring(session, box, self._task.range_id, addresses, now)

    def _targets(self, ring: KeyRing, addresses: Iterable[str]) -> list[Target]:
        targets = (
            Target(one, ring.for_address(one), self._limits, ring.manner_of(one))
            for one in addresses
        )
        return [target for target in targets if target.credentials]

    def _enter(self, session: Session, phase: RunPhase) -> None:
        session.get_one(Run, self._task.run_id).phase = phase

    def _store_sweep(self, session: Session, swept: SweepResult) -> None:
        self._enter(session, RunPhase.SWEEP)
        self._store_presences(session, swept)
        count = len(swept.presences)
        evidence.raise_counts(session, self._task.run_id, responder_count=count)

    def _store_presences(self, session: Session, swept: SweepResult) -> None:
        evidence.store_presences(session, self._task.run_id, swept.presences, self._tools.clock())
        evidence.store_warnings(session, self._task.run_id, swept.warnings)

    def _store_silent(
        self, session: Session, presences: Mapping[str, Presence], speaking: Collection[str]
    ) -> None:
        silent = {one: seen for one, seen in presences.items() if one not in speaking}
        run_id = self._task.run_id
        failed = evidence.store_silent(session, run_id, silent, self._tools.clock())
        more = len(set(speaking) - presences.keys())
        evidence.raise_counts(session, run_id, responder_count=more, failed_count=failed)

    def _count_again(self, responders: int) -> Callable[[Session], None]:
        return lambda session: evidence.raise_counts(
            session, self._task.run_id, responder_count=responders
        )

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
        end_run(run, RunState.HELD if held else RunState.DONE, now, error=held)
        _settle_inbox(session, self._tools, self._task)
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
        _settle_inbox(session, tools, task)
        _log_totals(run)


def _settle_inbox(session: Session, tools: Tools, task: Task) -> None:
    """Let the inbox see what this run has left: its new devices, and whether it waits itself."""
    ranges = frozenset() if task.range_id is None else frozenset({task.range_id})
    actor = for_run(task.range_name, task.run_id)
    scope = Scope(ranges=ranges, is_end=True)
    settle_inbox(session, actor, tools.settings.inbox, tools.clock(), scope)


def _is_identified(result: SnmpResult) -> bool:
    """Tell whether ports could say nothing more of what a device is."""
    identity = result.observation.identity if result.observation else None
    return identity is not None and identity.category is not None


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
