"""Inventories of agents per second, at 300 packages each: read, stored, taken over, again.

    python -m benchmarks.agents [--machines 200] [--packages 300] [--base 10000] [--only sqlite]

Three databases in turn: an empty SQLite file, one that holds ``--base`` machines with as many
packages each (10,000 make 3 million installations), and the same on a PostgreSQL server of its own.
Two tables in Markdown come out: inventories per second, and milliseconds of this process each.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from flask_migrate import upgrade

from benchmarks.agents_base import COMMON, PROGRAMS, fill, program
from collectors.agent.messages import read_message
from collectors.agent.observe import Upload, observe
from parc import clock
from parc.app import create_app
from parc.config import DatabaseSettings, Settings
from parc.discovery.agents import settle_uploads, take_waiting
from parc.extensions import db, transaction
from parc.services.agents import Received, store_inventory
from tests.postgresql import find_programs, start_cluster

_STAGES: Final = (
    "read", "store, new", "take over, new", "store, unchanged", "take over, unchanged",
    "store, 3 % updated", "take over, 3 % updated",
)  # fmt: skip
_Figures = dict[str, tuple[float, float]]


def main() -> int:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=200, help="whose inventories are measured")
    parser.add_argument("--packages", type=int, default=300)
    parser.add_argument("--base", type=int, default=10_000, help="machines that are there already")
    parser.add_argument("--only", choices=("empty", "sqlite", "postgresql"))
    options = parser.parse_args()
    base = f"{options.base:,} machines"
    rows: list[tuple[str, _Figures]] = []
    for kind, name, count in (
        ("empty", "none, SQLite", 0),
        ("sqlite", f"{base}, SQLite", options.base),
        ("postgresql", f"{base}, PostgreSQL", options.base),
    ):
        if options.only in {None, kind}:
            _say(name)
            rows.append((name, _measure(kind, count, options.machines, options.packages)))
    _print(
        "Inventories per second", rows, lambda seconds, _cpu: f"{options.machines / seconds:.1f}"
    )
    _print(
        "Processor time of this process, ms an inventory",
        rows,
        lambda _seconds, cpu: f"{cpu / options.machines * 1000:.1f}",
    )
    return 0


def _measure(kind: str, base: int, machines: int, packages: int) -> _Figures:
    """Give wall and processor seconds of each stage on a database of its own."""
    bodies = [_body(number, packages) for number in range(machines)]
    changed = [_body(number, packages, update=7) for number in range(machines)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if kind == "postgresql":
            programs = find_programs()
            if programs is None:
                sys.exit("PostgreSQL's programs are not installed (Debian: postgresql)")
            url = stack.enter_context(start_cluster(programs)).url("postgres")
        settings = Settings(data_folder=folder, database=DatabaseSettings(url=url))
        stack.enter_context(create_app(settings).app_context())
        upgrade()
        if base:
            _timed("the base is written", lambda: fill(base, packages, clock.now()))
        works = (
            lambda: _read(bodies),
            lambda: _store(bodies), lambda: _settle(settings),
            lambda: _store(bodies), lambda: _settle(settings),
            lambda: _store(changed), lambda: _settle(settings),
        )  # fmt: skip
        found = {stage: _timed(stage, work) for stage, work in zip(_STAGES, works, strict=True)}
        db.session.remove()
        db.engine.dispose()
    return found


def _timed(stage: str, work: Callable[[], None]) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    _say(f"  {stage:24} {seconds:8.1f} s, {used:8.1f} s of processor time")
    return seconds, used


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _print(
    title: str,
    rows: Sequence[tuple[str, _Figures]],
    write: Callable[[float, float], str],
) -> None:
    lines = [f"\n{title}\n", f"| base, database | {' | '.join(_STAGES)} |", "|---" * 8 + "|"]
    for name, figures in rows:
        cells = " | ".join(write(*figures[stage]) for stage in _STAGES)
        lines.append(f"| {name} | {cells} |")
    sys.stdout.write("\n".join(lines) + "\n")


def _read(bodies: list[bytes]) -> None:
    for body in bodies:
        message = read_message(body)
        observe(Upload(message.device_id or "", message.sections, clock.now()))


def _store(bodies: list[bytes]) -> None:
    """Store each in a transaction of its own, as the endpoint does."""
    for body in bodies:
        message = read_message(body)
        with transaction() as session:
            store_inventory(session, Received(message, clock.now()))


def _settle(settings: Settings) -> None:
    while True:
        with transaction() as session:
            upload_ids = take_waiting(session)
        if not upload_ids:
            return
        with transaction() as session:
            settle_uploads(session, settings, upload_ids, clock.now())


def _drawn(chance: random.Random, packages: int) -> list[int]:
    """Give the numbers of the programs of a machine, those that all have among them."""
    common = min(COMMON, packages)
    return [*range(common), *chance.sample(range(common, PROGRAMS), packages - common)]


def _body(number: int, packages: int, update: int = 0) -> bytes:
    """Give the inventory of an office machine, compressed as agents do it."""
    chance = random.Random(number)  # noqa: S311 -- the same machines each time
    serial = f"BEN{number:06d}"
    softwares = [
        {
            "name": name,
            "version": f"2{version[1:]}" if update and place % 33 == 0 else version,
            "publisher": publisher,
            "arch": "x86_64",
            "install_date": "2026-01-05",
            "from": "registry",
        }
        for place, (name, publisher, version) in enumerate(map(program, _drawn(chance, packages)))
    ]
    content: dict[str, Any] = {
        "hardware": {"name": f"PC-{number:05d}", "chassis_type": "Desktop", "memory": 16384,
                     "uuid": f"7d5a0c11-52a1-4d4e-9b7e-{number:012x}"},
        "bios": {"smanufacturer": "Dell Inc.", "smodel": "OptiPlex 7010", "ssn": serial},
        "operatingsystem": {"full_name": "Microsoft Windows 11 Professionnel",
                            "kernel_version": "10.0.22631"},
        "cpus": [{"name": "Intel(R) Core(TM) i5-10500", "core": 6, "thread": 12, "speed": 3100}],
        "memories": [{"capacity": 8192, "caption": f"DIMM {slot}", "numslots": slot,
                      "serialnumber": f"{serial}M{slot}"} for slot in range(2)],
        "storages": [{"name": "disk0", "serial": f"{serial}D", "disksize": 512_000}],
        "drives": [{"letter": "C:", "filesystem": "NTFS", "total": 480_000,
                    "free": 200_000 + update}],
        "networks": [{"description": "Ethernet", "type": "ethernet", "status": "up",
                      "mac": f"00:1b:21:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:"
                             f"{number & 255:02x}",
                      "ipaddress": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
                      "ipmask": "255.0.0.0"}],
        "softwares": softwares,
    }  # fmt: skip
    told = {"action": "inventory", "deviceid": f"PC-{number:05d}-2026-01-05-09-00-00",
            "content": content}  # fmt: skip
    return zlib.compress(json.dumps(told).encode())


if __name__ == "__main__":
    sys.exit(main())
