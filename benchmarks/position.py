"""The position of many products over a large fleet: how long all of them take, and one.

python -m benchmarks.position [PRODUCTS [MACHINES [INSTALLATIONS_OF_A_MACHINE]]]

By default 500 products, 10,000 machines and 300 installations of each: 3,000,000 in all. Measure on
an idle machine.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy.orm import Session

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
from parc.services.positions import mark_all, mark_stale, refresh_some
from parc.software.rules import SoftwareKind

_NOW = datetime.now(UTC)
_AT_ONCE = 10_000
_TITLES = 3_000


def main() -> None:
    """Fill a database, work all positions out, then one that an inventory has touched."""
    given = [int(text) for text in sys.argv[1:4]]
    products, machines, each = [*given, *(500, 10_000, 300)[len(given) :]]
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_folder=Path(folder)))
        with app.app_context():
            upgrade()
            with transaction() as session:
                _fill(session, products, machines, each)
            with transaction() as session:
                session.execute(sa.text("ANALYZE"))
                mark_all(session)
            begun, done = perf_counter(), 0
            while count := _some():
                done += count
            seconds = perf_counter() - begun
            with transaction() as session:
                mark_stale(session, [1])
            begun = perf_counter()
            _some()
            one = perf_counter() - begun
            db.session.remove()
            db.engine.dispose()
    sys.stdout.write(
        f"{done} products over {machines} machines and {machines * each} installations:"
        f" {seconds:.1f} s; one of them {one * 1000:.0f} ms\n"
    )


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
    for part in _batched(range(1, machines + 1), _AT_ONCE):
        session.execute(sa.insert(Asset), [_asset(n) for n in part])
        session.execute(sa.insert(Device), [_device(n) for n in part])
    for rows in _batched(_installations(machines, each), _AT_ONCE):
        session.execute(sa.insert(Installation), rows)


def _batched(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Give values in parts."""
    left = iter(values)
    while part := list(islice(left, size)):
        yield part


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


def _installations(machines: int, each: int) -> Iterator[dict[str, Any]]:
    for machine in range(1, machines + 1):
        for place in range(each):
            title = 1 + (machine * 7 + place * 10) % _TITLES
            yield {
                "device_id": machine, "source": ValueSource.AGENT, "key": f"k{place}",
                "name": "P", "title_id": title, "first_seen_at": _NOW,
            }  # fmt: skip


if __name__ == "__main__":
    main()
