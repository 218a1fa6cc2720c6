"""A thousand devices from the network into the database, and what each stage takes of it.

    python -m benchmarks.end_to_end [sqlite] [postgresql]

Runs ``parc.discovery`` as a worker does, against the replay agent: probe, collect, store, load,
plan, apply, links. nmap is left out (``benchmarks.presence_sweep`` measures it). The recordings
repeat, so serial numbers and MAC addresses, its own and those that it learned, are made from the
address, as if each were a device of its own. Devices are read in a process of their own. The
stages that write run beside it in a thread of the worker: each share is of the whole time, and
collecting is what remains, in which nothing is written. Processor seconds are those of the
worker and of its collector; the replay agent and PostgreSQL's server come on top, on
the same cores.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade
from msgspec import Struct, structs

from benchmarks.replay_agent import Conditions, running
from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.observation import Links
from collectors.process import CollectorProcess
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.probe import probe
from collectors.sweep import CHUNKS_AT_ONCE, SweepResult
from collectors.target import Target
from collectors.text import normalise_mac
from parc.app import create_app
from parc.clock import now
from parc.config import DatabaseSettings, Settings
from parc.discovery import evidence, settle
from parc.discovery.network import Network, ShouldStop
from parc.discovery.run import Tools, discover
from parc.extensions import db, transaction
from parc.models import Device, Role, Run, RunTrigger
from parc.services.actor import Actor
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from parc.services.runs import request_run
from tests.postgresql import find_programs, start_cluster

PORT = 40_163
NETWORK = "127.40.0.0/22"
ACTOR = Actor(name="benchmark", role=Role.ADMINISTRATOR)
STAGES = ("collect", "store", "load", "plan", "apply", "links")


@dataclass(frozen=True, slots=True)
class ReplayNetwork:
    """The collectors without nmap, each device made one of its own."""

    transport: ChosenTransport
    collector: CollectorProcess
    chunks_at_once: int = CHUNKS_AT_ONCE

    async def find(self, addresses: Sequence[Address]) -> SweepResult:
        """Leave presence to SNMP."""
        return SweepResult(tuple(addresses), {}, is_complete=True)

    async def survey(self, addresses: Sequence[Address]) -> SweepResult:
        """Look at no ports."""
        return SweepResult(tuple(addresses), {}, is_complete=True)

    async def probe(self, targets: Sequence[Target]) -> Mapping[str, SnmpCredential | None]:
        """Ask who speaks SNMP."""
        await self.collector.start()
        answers = probe(
            [target.address for target in targets],
            targets[0].credentials,
            self.transport,
            packets_per_second=5_000,
        )
        return {answer.address: answer.credential async for answer in answers}

    async def collect(self, targets: Sequence[Target]) -> AsyncIterator[SnmpResult]:
        """Read devices, with serial numbers of their own."""
        async with aclosing(self.collector.collect(targets)) as results:
            async for result in results:
                yield replace(result, observation=_as_its_own(result))


def _as_its_own(result: SnmpResult) -> Any:
    found = result.observation
    if found is None or found.identity is None:
        return found
    octets = bytes(int(part) for part in result.address.split("."))
    identity = replace(
        found.identity,
        serial_number=f"SN{octets.hex()}",
        base_mac_address=(b"\x02\x00" + octets).hex(":"),
        chassis_id=None,
    )
    system = found.system and replace(found.system, engine_id=None)
    components = replace(
        found.components,
        rows=tuple(
            replace(row, serial_number=row.serial_number and f"{row.serial_number}-{octets.hex()}")
            for row in found.components.rows
        ),
    )
    interfaces = replace(
        found.interfaces,
        rows=tuple(
            _changed(row, if_phys_address=_mac_of(row.if_phys_address, octets))
            for row in found.interfaces.rows
        ),
    )
    return replace(
        found,
        identity=identity,
        system=system,
        components=components,
        interfaces=interfaces,
        links=_links_of(found.links, octets),
    )


def _links_of(links: Links, octets: bytes) -> Links:
    """Give what a device sees, with machines of its own: else a hundred switches learn each MAC."""

    def own(table: Any) -> Any:
        return replace(
            table,
            rows=tuple(
                _changed(row, mac_address=_mac_of(row.mac_address, octets)) for row in table.rows
            ),
        )

    neighbors = tuple(
        _changed(row, chassis_id=_mac_of(normalise_mac(row.chassis_id or ""), octets))
        if normalise_mac(row.chassis_id or "")
        else row
        for row in links.neighbors.rows
    )
    return replace(
        links,
        fdb=own(links.fdb),
        neighbors=replace(links.neighbors, rows=neighbors),
        address_mappings=own(links.address_mappings),
        wireless_clients=own(links.wireless_clients),
    )


def _changed(row: Any, **values: Any) -> Any:
    """Give a row, of either kind, with other values."""
    return structs.replace(row, **values) if isinstance(row, Struct) else replace(row, **values)


def _mac_of(text: str | None, octets: bytes) -> str | None:
    """Give a MAC address of this device's own: else every device would be every other's far end."""
    return text and f"02:{octets[2:].hex(':')}{text[8:]}"


@contextmanager
def timed(seconds: dict[str, float]) -> Iterator[None]:
    """Count the seconds in the stages of a run for as long as the block lasts."""
    places = (
        (evidence, "store_results", "store"),
        (settle, "load", "load"),
        (settle, "plan", "plan"),
        (settle, "apply", "apply"),
        (settle, "write_links", "links"),
    )
    for module, name, stage in places:
        setattr(module, name, _timing(getattr(module, name), stage, seconds))
    try:
        yield
    finally:
        for module, name, _ in places:
            setattr(module, name, getattr(module, name).__wrapped__)


def _timing(function: Callable[..., Any], stage: str, seconds: dict[str, float]) -> Any:
    def measured(*words: Any, **named: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*words, **named)
        finally:
            seconds[stage] += time.perf_counter() - begin

    measured.__wrapped__ = function  # type: ignore[attr-defined]  # read in ``timed``
    return measured


@dataclass(frozen=True, slots=True)
class Measured:
    """One run on an empty database.

    Attributes:
        whole: seconds from beginning to end.
        stages: the seconds of each.
        worker_cpu, collector_cpu: processor seconds.
        worker_rss: highest memory of this process until now, in MB.
    """

    device_count: int
    whole: float
    stages: Mapping[str, float]
    worker_cpu: float
    collector_cpu: float
    worker_rss: float


def _cpu_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def measure(settings: Settings) -> Measured:
    """Run once on an empty database."""

    @asynccontextmanager
    async def open_network(
        *,
        packets_per_second: int,
        devices_at_once: int,
        chunk_count: int,
        should_stop: ShouldStop,
    ) -> AsyncIterator[Network]:
        del packets_per_second, chunk_count, should_stop
        transport = ChosenTransport()
        collector = CollectorProcess(now, devices_at_once=devices_at_once)
        try:
            yield ReplayNetwork(transport, collector)
        finally:
            await collector.close()
            await transport.close()

    app = create_app(settings)
    seconds: dict[str, float] = defaultdict(float)
    with app.app_context():
        upgrade()
        box = app.extensions["parc_box"]
        with transaction() as session:
            draft = CredentialDraft(name="replay", port=str(PORT), community="public")
            save_credential(session, ACTOR, box, draft, now=now())
            wanted = RangeDraft(name="replay", include=NETWORK, credentials=("replay",))
            row = save_range(session, ACTOR, wanted, now=now(), allow_public=True)
            asked = request_run(
                session, ACTOR, range_id=row.id, trigger=RunTrigger.PERSON, now=now()
            )
            run_id = asked.id
        tools = Tools(transaction, now, settings, box, open_network, lambda: False)
        with timed(seconds):
            own, others = _cpu_seconds(resource.RUSAGE_SELF), _cpu_seconds(resource.RUSAGE_CHILDREN)
            begin = time.perf_counter()
            discover(tools, run_id)
            whole = time.perf_counter() - begin
            own = _cpu_seconds(resource.RUSAGE_SELF) - own
            others = _cpu_seconds(resource.RUSAGE_CHILDREN) - others
        count = db.session.scalar(sa.select(sa.func.count()).select_from(Device)) or 0
        state = db.session.get_one(Run, run_id).state
        db.session.remove()
        db.engine.dispose()
    print(f"{settings.database_url.partition(':')[0]}: {state.value}", file=sys.stderr)
    seconds["collect"] = whole - sum(seconds.values())
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(count, whole, seconds, own, others, rss)


def _row(name: str, one: Measured) -> str:
    shares = " | ".join(f"{one.stages[stage] / one.whole:.0%}" for stage in STAGES)
    return (
        f"| {name} | {one.device_count} | {one.whole:.1f} s | {one.device_count / one.whole:.0f} "
        f"| {shares} | {one.worker_cpu:.1f} s | {one.collector_cpu:.1f} s | {one.worker_rss:.0f} |"
    )


def main() -> None:
    """Measure the databases that are named, or both."""
    wanted = sys.argv[1:] or ["sqlite", "postgresql"]
    rows = []
    with running(PORT, Conditions()):
        if "sqlite" in wanted:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(_row("SQLite", measure(Settings(data_folder=Path(folder) / "data"))))
        programs = find_programs()
        if "postgresql" in wanted and programs:
            with tempfile.TemporaryDirectory() as folder, start_cluster(programs) as cluster:
                database = DatabaseSettings(url=cluster.url("postgres"))
                settings = Settings(data_folder=Path(folder) / "data", database=database)
                rows.append(_row("PostgreSQL", measure(settings)))
    print(
        f"| database | devices | whole | devices/s | {' | '.join(STAGES)} "
        "| worker CPU | collector CPU | worker MB |"
    )
    print("|---" * (7 + len(STAGES)) + "|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
