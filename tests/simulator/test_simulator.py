"""A fleet lives for weeks, is scanned each day, and stays one record a machine."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from parc.services.actor import for_run
from tests.conftest import SOME_MOMENT
from tests.factories import make_run
from tests.parc.reconcile.conftest import memory as memory  # noqa: PLC0414 -- a fixture
from tests.parc.reconcile.conftest import open_inventory
from tests.simulator.judge import Simulation
from tests.simulator.world import World


@pytest.mark.long
def test_no_machine_is_merged_with_another_or_doubled_in_silence(memory: sa.Engine) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        run = make_run(inventory.session)
        simulation = Simulation(
            World(60, seed=1),
            inventory.session,
            for_run("lab", run.id),
            run.range_id or 0,
            SOME_MOMENT,
        )
        verdict = simulation.run(40)
        assert verdict.wrong_merges == []
        assert verdict.silent == []
        assert verdict.assets > 30
