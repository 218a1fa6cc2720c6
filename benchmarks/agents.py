"""Inventories of agents per second, at 300 packages each: read, stored, taken over, again.

    python -m benchmarks.agents [--machines 200] [--packages 300] [--base 0] [--url postgresql+psycopg://…]

``--base`` machines with as many packages each stand in the database already: 10,000 make 3 million
installations, written past the product, since only what is measured has to go through it. Without
``--url`` a new SQLite file is used. The database of ``--url`` must be empty.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from collectors.agent.messages import read_message
from collectors.agent.observe import Upload, observe
from parc import clock
from parc.app import create_app
from parc.config import DatabaseSettings, Settings
from parc.discovery.agents import settle_uploads, take_waiting
from parc.extensions import db, transaction
from parc.models import Device, DeviceStatus, Installation, SoftwareProduct, SoftwareTitle
from parc.precedence import ValueSource
from parc.services.agents import Received, store_inventory
from parc.services.software_counts import recount_products
from parc.services.software_titles import RawTitle, titles_for

_PROGRAMS = 5_000


def main() -> int:
    """Measure and print one line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--packages", type=int, default=300)
    parser.add_argument("--base", type=int, default=0, help="machines that are there already")
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    bodies = [_body(number, options.packages) for number in range(options.machines)]
    _tell("read", len(bodies), lambda: _read(bodies))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_folder=Path(folder), database=DatabaseSettings(url=options.url))
        app = create_app(settings)
        with app.app_context():
            upgrade()
            if options.base:
                _tell("write the base", options.base, lambda: _fill(options.base, options.packages))
            for name in ("new", "unchanged"):
                _tell(f"store, {name}", len(bodies), lambda: _store(bodies))
                _tell(f"take over, {name}", len(bodies), lambda: _settle(settings))
            changed = [_body(n, options.packages, update=7) for n in range(options.machines)]
            _tell("store, 3 % updated", len(bodies), lambda: _store(changed))
            _tell("take over, 3 % updated", len(bodies), lambda: _settle(settings))
            db.session.remove()
            db.engine.dispose()
    return 0


def _fill(machines: int, packages: int) -> None:
    """Write machines with their installations, a thousand machines a transaction."""
    now = clock.now()
    programs = {n: RawTitle(*_program(n), "x86_64") for n in range(_PROGRAMS)}
    with transaction() as session:
        ids = titles_for(session, programs.values(), now)
    titles = {n: ids[raw] for n, raw in programs.items()}
    chance = random.Random(1)  # noqa: S311 -- the same machines each time
    for first in range(1, machines + 1, 1_000):
        numbers = range(first, min(first + 1_000, machines + 1))
        devices = [
            {
                "id": number,
                "status": DeviceStatus.UNKNOWN,
                "address": f"172.{16 + number // 65_536}.{number // 256 % 256}.{number % 256}",
                "sys_name": f"BASE-{number:05d}",
                "serial_number": f"BASE{number:06d}",
                "first_seen_at": now,
                "last_seen_at": now,
            }
            for number in numbers
        ]
        with transaction() as session:
            session.execute(sa.insert(Device), devices)
            for number in numbers:
                found = chance.sample(range(_PROGRAMS), packages)
                rows = [_installation(number, programs[n], titles[n], now) for n in found]
                session.execute(sa.insert(Installation), rows)
    with transaction() as session:
        _count(session)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SELECT setval('device_id_seq', (SELECT max(id) FROM device))"))


def _installation(device_id: int, raw: RawTitle, title_id: int, at: datetime) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "source": ValueSource.AGENT,
        "key": f"{raw.name}",
        "name": raw.name,
        "version": raw.version,
        "publisher": raw.publisher,
        "architecture": raw.architecture,
        "origin": "registry",
        "title_id": title_id,
        "first_seen_at": at,
    }


def _count(session: Session) -> None:
    """Count installations of titles and machines of products, as the product keeps them."""
    there = Installation.gone_at.is_(None)
    of_title = sa.select(sa.func.count()).where(Installation.title_id == SoftwareTitle.id, there)
    session.execute(sa.update(SoftwareTitle).values(installation_count=of_title.scalar_subquery()))
    recount_products(session, session.scalars(sa.select(SoftwareProduct.id)).all())


def _program(number: int) -> tuple[str, str, str]:
    """Give name, publisher and version of one of the programs that all machines draw from."""
    name = f"Program {number} of Example"
    return name, f"Publisher {number % 40}", f"1.{number % 33}.0"


def _tell(stage: str, count: int, work: Callable[[], None]) -> None:
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{stage:24} {count / seconds:8.1f} inventories/s\n")


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
        for place, (name, publisher, version) in enumerate(
            map(_program, chance.sample(range(_PROGRAMS), packages))
        )
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
