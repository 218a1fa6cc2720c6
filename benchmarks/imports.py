"""Rows of an import a second, beside a bare ``executemany`` of the same rows into the same tables.

    python -m benchmarks.imports [--database sqlite postgresql] [--rows 10000 100000]
        [--kind licences assets]

By default licences and assets, 10,000 and 100,000 of each, in SQLite and in PostgreSQL; prints a
table for ``docs/performance.md`` at the end. Measure on an idle machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from benchmarks.databases import NAMES, new_database
from parc import clock
from parc.app import create_app
from parc.config import Settings
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
_KINDS = ["licences", "assets"]
_STAGES = (
    *("look over", "dry run, new", "import, new", "dry run, unchanged", "import, unchanged"),
    *("dry run, changed", "import, changed", "bare executemany"),
)


def main() -> int:
    """Measure all that is named, and print a table of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--kind", nargs="+", choices=_KINDS, default=_KINDS)
    options = parser.parse_args()
    table = []
    for name in options.database:
        for kind in options.kind:
            for rows in options.rows:
                title = f"{rows:,} {kind}, {NAMES[name]}"
                sys.stderr.write(f"{title}\n")
                with new_database(name) as settings:
                    table.append(_line(title, rows, *measure(settings, kind, rows)))
    heads = ("rows, kind, database", *_STAGES, "new rows/s", "memory MB")
    sys.stdout.write("\nMilliseconds a row by the clock (of them processor):\n\n")
    sys.stdout.write(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n")
    sys.stdout.write("\n".join(table) + "\n")
    return 0


def _line(title: str, rows: int, stages: Sequence[tuple[float, float]], memory: int) -> str:
    cells = [f"{wall * 1000 / rows:.2f} ({own * 1000 / rows:.2f})" for wall, own in stages]
    new = rows / stages[_STAGES.index("import, new")][0]
    return f"| {title} | {' | '.join(cells)} | {new:.0f} | {memory} |"


def measure(settings: Settings, kind: str, rows: int) -> tuple[list[tuple[float, float]], int]:
    """Plan, import, plan and import again, with other prices too, and write the same rows bare.

    Returns:
        The seconds of each of ``_STAGES``, by the clock and of the processor; the most memory
        in MB, before the bare rows, which are all held at once.
    """
    write = _licences if kind == "licences" else _assets
    path, changed = settings.data_folder / "file.csv", settings.data_folder / "changed.csv"
    path.write_text("".join(write(rows)), encoding="utf-8")
    changed.write_text("".join(write(rows, "9,75 €")), encoding="utf-8")
    app = create_app(settings)
    with app.app_context():
        upgrade()
        task, other = _task(app, path, kind), _task(app, changed, kind)
        bare = _bare_licences if kind == "licences" else _bare_assets
        works: tuple[Callable[[], object], ...] = (
            lambda: _task(app, path, kind),
            lambda: _plan(task, LineAction.NEW, rows),
            lambda: _apply(task),
            lambda: _plan(task, LineAction.UNCHANGED, rows),
            lambda: _apply(task),
            lambda: _plan(other, LineAction.CHANGED, rows),
            lambda: _apply(other),
        )
        told = [_timed(stage, work) for stage, work in zip(_STAGES, works, strict=False)]
        memory = getrusage(RUSAGE_SELF).ru_maxrss // 1024
        told.append(_timed(_STAGES[-1], lambda: bare(rows)))
        db.session.remove()
        db.engine.dispose()
    return told, memory


def _timed(stage: str, work: Callable[[], object]) -> tuple[float, float]:
    began, processor = time.perf_counter(), time.process_time()
    work()
    seconds, own = time.perf_counter() - began, time.process_time() - processor
    sys.stderr.write(f"  {stage:24} {seconds:8.1f} s, {own:8.1f} s of processor\n")
    return seconds, own


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
