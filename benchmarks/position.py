"""The position of many products over a large fleet: how long all of them take, and one.

    python -m benchmarks.position [--database sqlite postgresql] [--products 500] [--machines 10000]
        [--each 300]

By default 500 products, 10,000 machines and 300 installations of each, 3,000,000 in all, in SQLite
and in PostgreSQL; prints a table for ``docs/performance.md``. Measure on an idle machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from benchmarks.databases import NAMES, new_database
from collectors.observation import Category
from parc.app import create_app
from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    Device,
    DeviceStatus,
    Entitlement,
    EntitlementType,
    Installation,
    LifecycleState,
    Metric,
    SoftwareProduct,
    SoftwareTitle,
    ValueSource,
)
from parc.services.positions import mark_all, mark_machines, mark_stale, refresh_some
from parc.software.rules import SoftwareKind

_NOW = datetime.now(UTC)
_TITLES = 3_000


def main() -> None:
    """Measure the databases that are named, and print a table of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--machines", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=300)
    options = parser.parse_args()
    size = options.products, options.machines, options.each
    rows = []
    for name in options.database:
        with new_database(name) as settings:
            rows.append(f"| {NAMES[name]} | {_measure(settings, *size)} |")
    sys.stdout.write(
        f"\n{options.products} products, {options.machines} machines,"
        f" {options.machines * options.each} installations:\n\n"
        "| database | all of them s | of them processor s | one product ms | one machine ms"
        " | memory MB |\n|---|---|---|---|---|---|\n"
    )
    sys.stdout.write("\n".join(rows) + "\n")


def _measure(settings: Settings, products: int, machines: int, each: int) -> str:
    """Fill a database, work all positions out, then those that a product, or a machine, touches."""
    app = create_app(settings)
    with app.app_context():
        upgrade()
        begun = perf_counter()
        with transaction() as session:
            _fill(session, products, machines, each)
        with transaction() as session:
            session.execute(sa.text("ANALYZE"))
            mark_all(session)
        sys.stderr.write(f"filled in {perf_counter() - begun:.0f} s\n")
        begun, processor, done = perf_counter(), process_time(), 0
        while count := _some():
            done += count
        seconds, own = perf_counter() - begun, process_time() - processor
        if done != products:
            raise SystemExit(f"{done} positions of {products} products")
        one = _again(lambda session: mark_stale(session, [1]))
        machine = _again(lambda session: mark_machines(session, [1]))
        db.session.remove()
        db.engine.dispose()
    memory = getrusage(RUSAGE_SELF).ru_maxrss // 1024
    return f"{seconds:.1f} | {own:.1f} | {one * 1000:.0f} | {machine * 1000:.0f} | {memory}"


def _again(mark: Callable[[Session], None]) -> float:
    """Mark positions, as an inventory does, and work them out; gives the seconds of both."""
    begun = perf_counter()
    with transaction() as session:
        mark(session)
    while _some():
        pass
    return perf_counter() - begun


def _some() -> int:
    with transaction() as session:
        return refresh_some(session, _NOW.date(), _NOW, 20)


def _fill(session: Session, products: int, machines: int, each: int) -> None:
    """Write products of which each machine has some, and a licence of each with too few seats."""
    named = [{"id": n, "name": f"P{n}", "name_folded": f"p{n}"} for n in range(1, products + 1)]
    session.execute(sa.insert(SoftwareProduct), named)
    titles = [
        {
            "id": n, "digest": str(n), "raw_name": f"P{n}", "product_id": 1 + n % products,
            "version": str(n % 7), "kind": SoftwareKind.PRODUCT, "folded_by": "",
            "first_seen_at": _NOW, "last_seen_at": _NOW,
        }
        for n in range(1, _TITLES + 1)
    ]  # fmt: skip
    session.execute(sa.insert(SoftwareTitle), titles)
    rights = [
        {
            "id": n, "name": f"P{n}", "name_folded": f"p{n}", "product_id": n, "version": "",
            "type": EntitlementType.VOLUME, "metric": Metric.DEVICE, "quantity": machines // 2,
            "created_at": _NOW, "updated_at": _NOW, "details": {},
        }
        for n in range(1, products + 1)
    ]  # fmt: skip
    session.execute(sa.insert(Entitlement), rights)
    session.execute(sa.insert(Asset), [_asset(n) for n in range(1, machines + 1)])
    session.execute(sa.insert(Device), [_device(n) for n in range(1, machines + 1)])
    columns = ["device_id", "source", "key", "name", "title_id", "first_seen_at"]
    session.execute(sa.insert(Installation).from_select(columns, _installations(each)))


def _asset(number: int) -> dict[str, Any]:
    return {
        "id": number, "asset_tag": f"T{number}", "name": f"pc-{number}",
        "category": Category.WORKSTATION, "lifecycle_state": LifecycleState.IN_USE,
        "created_at": _NOW, "updated_at": _NOW,
    }  # fmt: skip


def _device(number: int) -> dict[str, Any]:
    return {
        "id": number, "asset_id": number, "status": DeviceStatus.LINKED,
        "address": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
        "first_seen_at": _NOW, "last_seen_at": _NOW, "reasons": [],
    }  # fmt: skip


def _installations(each: int) -> sa.Select[Any]:
    """Give the rows of what is installed on all devices, made by the database itself."""
    places = sa.select(sa.literal(0).label("n")).cte("places", recursive=True)
    places = places.union_all(sa.select(places.c.n + 1).where(places.c.n < each - 1))
    columns = Installation.__table__.c
    return sa.select(
        Device.id,
        sa.literal(ValueSource.AGENT, columns.source.type),
        sa.literal("k").concat(sa.cast(places.c.n, sa.String)),
        sa.literal("P"),
        1 + (Device.id * 7 + places.c.n * 10) % _TITLES,
        sa.literal(_NOW, columns.first_seen_at.type),
    ).join(places, sa.true())


if __name__ == "__main__":
    main()
