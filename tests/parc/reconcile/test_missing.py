"""Rows that complete readings lack: counted run by run, gone after enough, back with their date."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from collectors.details import Details, InstallationTable
from collectors.details import Installation as SeenInstallation
from collectors.observation import Component as SeenComponent
from collectors.observation import ComponentTable, Interface, InterfaceTable, Observation
from parc.models import AuditEntry, Component, Installation, MissedRow
from parc.models import Interface as StoredInterface
from parc.reconcile.change import RowAction, RowChange
from parc.reconcile.planned import Plan
from parc.reconcile.policy import GONE_AFTER
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation
from tests.parc.reconcile.conftest import Inventory

DAY = timedelta(days=1)
KINDS: dict[str, Any] = {
    "interface": StoredInterface,
    "component": Component,
    "installation": Installation,
}


def _seen(kind: str, *numbers: int, complete: bool = True) -> Observation:
    """Give what a device says that holds these rows of one table."""
    if kind == "interface":
        ports = tuple(Interface(number, if_name=f"Gi{number}") for number in numbers)
        return make_observation(interfaces=InterfaceTable(ports, complete))
    if kind == "component":
        parts = tuple(SeenComponent(number, name=f"part {number}") for number in numbers)
        return make_observation(components=ComponentTable(parts, complete))
    programs = tuple(SeenInstallation(number, f"program {number}") for number in numbers)
    table = InstallationTable(programs, complete=complete)
    return make_observation(details=Details(installations=table))


def _sweep(inventory: Inventory, observation: Observation, day: int) -> Plan:
    """Apply a reading of a day, as a run of its own."""
    at = SOME_MOMENT + day * DAY
    inventory.policy = replace(inventory.policy, gone_after=GONE_AFTER, started_at=at)
    return inventory.sweep(replace(observation, observed_at=at), at=at)


def _actions(made: Plan) -> list[RowAction]:
    return [change.action for change in made.changes if isinstance(change, RowChange)]


def _counts(inventory: Inventory) -> list[int]:
    return list(inventory.session.scalars(sa.select(MissedRow.count)))


def _dates(inventory: Inventory, kind: str) -> list[tuple[datetime | None, datetime | None]]:
    model = KINDS[kind]
    query = sa.select(model.first_seen_at, model.gone_at).order_by(model.id)
    return [(row[0], row[1]) for row in inventory.session.execute(query)]


@pytest.mark.parametrize("kind", KINDS)
def test_row_is_gone_after_three_runs_kept_with_its_dates_and_back_as_it_was(
    inventory: Inventory, kind: str
) -> None:
    _sweep(inventory, _seen(kind, 1, 2), 0)
    entries = inventory.session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    for day in (1, 2):
        assert _sweep(inventory, _seen(kind, 1), day).is_empty
        assert _counts(inventory) == [day]
    assert inventory.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == entries
    assert _dates(inventory, kind) == [(SOME_MOMENT, None)] * 2
    assert _actions(_sweep(inventory, _seen(kind, 1), 3)) == [RowAction.GONE]
    assert _dates(inventory, kind)[1] == (SOME_MOMENT, SOME_MOMENT + 3 * DAY)
    assert _counts(inventory) == []
    assert _sweep(inventory, _seen(kind, 1), 4).is_empty
    assert _actions(_sweep(inventory, _seen(kind, 1, 2), 5)) == [RowAction.RETURNED]
    assert _dates(inventory, kind) == [(SOME_MOMENT, None)] * 2


def test_row_that_was_seen_in_between_is_counted_anew(inventory: Inventory) -> None:
    _sweep(inventory, _seen("component", 1, 2), 0)
    for day, parts in enumerate([(1,), (1,), (1, 2), (1,), (1,)], 1):
        assert _sweep(inventory, _seen("component", *parts), day).is_empty
    assert _counts(inventory) == [2]


def test_half_a_table_and_a_table_that_was_not_read_count_nothing(inventory: Inventory) -> None:
    _sweep(inventory, _seen("component", 1, 2), 0)
    _sweep(inventory, _seen("component", 1, complete=False), 1)
    _sweep(inventory, _seen("component", complete=False), 2)
    _sweep(inventory, make_observation(), 3)
    assert _counts(inventory) == []


def test_run_counts_once_however_often_it_is_planned(inventory: Inventory) -> None:
    _sweep(inventory, _seen("component", 1, 2), 0)
    start = SOME_MOMENT + DAY
    for minutes in (0, 5, 5, 10):
        at = start + timedelta(minutes=minutes)
        inventory.policy = replace(inventory.policy, started_at=start)
        assert inventory.sweep(replace(_seen("component", 1), observed_at=at), at=at).is_empty
    assert _counts(inventory) == [1]


def test_count_stands_with_the_table_and_the_moment_of_the_last_reading(
    inventory: Inventory,
) -> None:
    _sweep(inventory, _seen("component", 1, 2), 0)
    _sweep(inventory, _seen("component", 1), 1)
    row = inventory.session.scalars(sa.select(MissedRow)).one()
    assert (row.kind, row.count, row.missed_at) == ("component", 1, SOME_MOMENT + DAY)
