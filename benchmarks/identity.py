"""How well a fleet stays one record a machine: ``python -m benchmarks.identity [size days seed]``.

The simulator of ``tests/simulator`` at full size on SQLite in memory, with the real planning and
applying; prints one row for ``docs/explanation/identity.md``.
"""

from __future__ import annotations

import sys
import time

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from parc.models import Base
from parc.services.actor import for_run
from tests.conftest import SOME_MOMENT
from tests.factories import make_run
from tests.parc.reconcile.conftest import open_inventory
from tests.simulator.judge import Simulation
from tests.simulator.world import World


def main(size: int = 300, days: int = 200, seed: int = 1) -> None:
    """Let a fleet live and print what was found."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    inventory, connection = open_inventory(engine)
    with connection:
        run = make_run(inventory.session)
        began = time.monotonic()
        simulation = Simulation(
            World(size, seed),
            inventory.session,
            for_run("lab", run.id),
            run.range_id or 0,
            SOME_MOMENT,
        )
        verdict = simulation.run(days)
        seconds = time.monotonic() - began
    for line in (*verdict.wrong_merges, *verdict.silent):
        print(line, file=sys.stderr)
    print(
        "| machines | days | seed | assets | duplicates | at any day | silent | wrong merges "
        "| mistaken pings | entries | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    each = verdict.entries / verdict.machine_days
    share = verdict.duplicate_days / verdict.asset_days
    print(
        f"| {size} | {days} | {seed} | {verdict.assets} | {verdict.duplicates} | {share:.3%} "
        f"| {len(verdict.silent)} | {len(verdict.wrong_merges)} | {verdict.mistaken_sightings} "
        f"| {each:.4f} | {seconds:.0f} |"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
