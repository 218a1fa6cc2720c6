"""An inventory on SQLite in memory, and one step of the flow on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from collectors.observation import Category, Observation
from parc.models import Base
from parc.reconcile.apply import Applied, apply
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.services.actor import Actor, for_run
from tests.conftest import SOME_MOMENT
from tests.factories import make_run

NETWORK = frozenset(f"192.0.2.{number}" for number in range(1, 255))


@dataclass(slots=True)
class Inventory:
    """A database with one range; ``sweep`` is load, plan and apply."""

    session: Session
    policy: Policy
    actor: Actor

    def plan(self, observations: Iterable[Observation], covered: frozenset[str] = NETWORK) -> Plan:
        """Plan without writing."""
        observations = list(observations)
        known = load(self.session, observations, self.policy, covered=covered)
        return plan(observations, known, self.policy, covered=covered)

    def sweep(
        self,
        *observations: Observation,
        covered: frozenset[str] = NETWORK,
        at: datetime = SOME_MOMENT,
    ) -> Plan:
        """Plan and apply."""
        made = self.plan(observations, covered)
        self.apply(made, at)
        return made

    def apply(self, made: Plan, at: datetime = SOME_MOMENT) -> Applied:
        """Apply as the run."""
        return apply(made, self.session, self.actor, at)


@pytest.fixture(scope="session")
def memory() -> sa.Engine:
    """One database in memory for all tests; each rolls back what it did."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    return engine


def open_inventory(engine: sa.Engine) -> tuple[Inventory, sa.Connection]:
    """Give an empty inventory on a connection that the caller rolls back and closes."""
    connection = engine.connect()
    session = Session(connection, expire_on_commit=False)
    run = make_run(session)
    policy = Policy(
        range_id=run.range_id, asset_categories=frozenset({Category.SWITCH}), gone_after=1
    )
    return Inventory(session, policy, for_run("lab", run.id)), connection


@pytest.fixture
def inventory(memory: sa.Engine) -> Iterator[Inventory]:
    """An empty inventory whose changes are taken back."""
    opened, connection = open_inventory(memory)
    yield opened
    opened.session.close()
    connection.rollback()
    connection.close()
