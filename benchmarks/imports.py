"""Rows of an import a second, beside a bare ``executemany`` of the same rows into the same tables.

    python -m benchmarks.imports [--rows 10000] [--kind licences] [--url postgresql+psycopg://…]

Without ``--url`` a new SQLite file is used. The database of ``--url`` must be empty.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from parc import clock
from parc.app import create_app
from parc.config import DatabaseSettings, Settings
from parc.extensions import db, reading, transaction
from parc.importers.apply import Steps, Task, apply_import, plan_lines
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import LineAction, Summary
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import (
    Asset,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    EntitlementType,
    LifecycleState,
    SoftwareProduct,
)
from parc.services.actor import SYSTEM

_BESIDE = frozenset({"publisher", "supplier", "place", "person"})
_PRODUCTS = 500


def main() -> int:
    """Measure and print one line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kind", choices=["licences", "assets"], default="licences")
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        write = _licences if options.kind == "licences" else _assets
        path.write_text("".join(write(options.rows)), encoding="utf-8")
        changed = Path(folder) / "changed.csv"
        changed.write_text("".join(write(options.rows, "9,75 €")), encoding="utf-8")
        settings = Settings(data_folder=Path(folder), database=DatabaseSettings(url=options.url))
        app = create_app(settings)
        with app.app_context():
            upgrade()
            measure(app, path, changed, options.kind, options.rows)
            db.session.remove()
            db.engine.dispose()
    return 0


def measure(app: Flask, path: Path, changed: Path, kind: str, rows: int) -> None:
    """Plan, import, plan and import again, with other prices too, and write the same rows bare."""
    _tell("look over", rows, lambda: _task(app, path, kind))
    task = _task(app, path, kind)
    _tell("dry run, all new", rows, lambda: _plan(task, LineAction.NEW, rows))
    _tell("import, all new", rows, lambda: _apply(task))
    _tell("dry run, all unchanged", rows, lambda: _plan(task, LineAction.UNCHANGED, rows))
    _tell("import, all unchanged", rows, lambda: _apply(task))
    other = _task(app, changed, kind)
    _tell("dry run, all changed", rows, lambda: _plan(other, LineAction.CHANGED, rows))
    _tell("import, all changed", rows, lambda: _apply(other))
    bare = _bare_licences if kind == "licences" else _bare_assets
    _tell("bare executemany", rows, lambda: bare(rows))


def _tell(stage: str, count: int, work: Callable[[], object]) -> None:
    began, processor = time.perf_counter(), time.process_time()
    work()
    seconds, own = time.perf_counter() - began, time.process_time() - processor
    sys.stdout.write(
        f"{stage:24} {count / seconds:10.0f} rows/s {seconds * 1000 / count:8.3f} ms/row"
        f" {own * 1000 / count:8.3f} ms/row of processor\n"
    )
    sys.stdout.flush()


def _task(app: Flask, path: Path, kind: str) -> Task:
    found = read_file(path, is_known_heading)
    choices = replace(found_choices(KINDS[kind], found.headings), beside_kinds=_BESIDE)
    overview = look_over(found, KINDS[kind], choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    return Task(found, KINDS[kind], choices, overview, SYSTEM, path.name, settings)


def _plan(task: Task, action: LineAction, rows: int) -> None:
    summary = Summary()
    for line in plan_lines(task, reading):
        summary.add(line)
    if summary.counts[action] != rows:
        raise SystemExit(f"not all rows are {action.value}: {summary.counts}")


def _apply(task: Task) -> None:
    outcome = apply_import(task, Steps(transaction, clock.now), Mode.GOOD_ROWS, reading=reading)
    if outcome.refused:
        raise SystemExit(f"{len(outcome.refused)} rows are refused: {outcome.refused[0]}")


def _licences(rows: int, price: str = "12,50 €") -> Iterator[str]:
    yield (
        "Logiciel;Éditeur;Référence;Version;Type;Quantité;N° commande;Fournisseur;Prix unitaire HT;"
        "Date d'achat;Date d'expiration\n"
    )
    for n in range(rows):
        yield (
            f"Program {n % _PRODUCTS};Publisher {n % 40};L-{n:06d};{n % 9}.0;abonnement;"
            f"{n % 90 + 1};BC-{n:06d};Supplier {n % 30};{price};{n % 28 + 1:02d}/02/2026;"
            "31/01/2029\n"
        )


def _assets(rows: int, price: str = "612,50 €") -> Iterator[str]:
    yield (
        "Nom;N° d'inventaire;N° de série;Fabricant;Modèle;Catégorie;Lieu;Fournisseur;Date d'achat;"
        "Prix d'achat;Garantie (mois);Facture\n"
    )
    for n in range(rows):
        yield (
            f"PC-{n:06d};T{n:06d};SN{n:08d};Dell;OptiPlex;Poste de travail;Lyon > Salle {n % 200};"
            f"Supplier {n % 30};{n % 28 + 1:02d}/02/2026;{price};36;F-{n // 10:05d}\n"
        )


def _bare_licences(rows: int) -> None:
    """Write licences with their terms, and nothing of what an import writes beside."""
    now = clock.now()
    with transaction() as session:
        products = session.scalars(sa.select(SoftwareProduct.id).order_by(SoftwareProduct.id)).all()
        first = (session.scalar(sa.select(sa.func.max(Entitlement.id))) or 0) + 1
        entitlements: list[dict[str, Any]] = [
            {
                "id": first + n,
                "name": f"Bare {n}",
                "name_folded": f"bare {n}",
                "product_id": products[n % len(products)],
                "version": f"{n % 9}.0",
                "type": EntitlementType.SUBSCRIPTION,
                "quantity": n % 90 + 1,
                "reference": f"B-{n:06d}",
                "created_at": now,
                "updated_at": now,
            }
            for n in range(rows)
        ]
        periods: list[dict[str, Any]] = [
            {
                "entitlement_id": first + n,
                "kind": EntitlementPeriodKind.TERM,
                "purchased_on": date(2026, 2, n % 28 + 1),
                "ends_on": date(2029, 1, 31),
                "cost": Decimal("12.50") * (n % 90 + 1),
                "order_number": f"BC-{n:06d}",
            }
            for n in range(rows)
        ]
        session.execute(sa.insert(Entitlement), entitlements)
        session.execute(sa.insert(EntitlementPeriod), periods)


def _bare_assets(rows: int) -> None:
    now = clock.now()
    with transaction() as session:
        assets: list[dict[str, Any]] = [
            {
                "name": f"Bare {n}",
                "asset_tag": f"B{n:06d}",
                "serial_number": f"BSN{n:08d}",
                "manufacturer": "Dell",
                "model_name": "OptiPlex",
                "category": "workstation",
                "lifecycle_state": LifecycleState.IN_USE,
                "purchased_on": date(2026, 2, n % 28 + 1),
                "purchase_price": Decimal("612.50"),
                "warranty_months": 36,
                "invoice_number": f"F-{n // 10:05d}",
                "search_text": f"bare {n}",
                "created_at": now,
                "updated_at": now,
            }
            for n in range(rows)
        ]
        session.execute(sa.insert(Asset), assets)


if __name__ == "__main__":
    sys.exit(main())
