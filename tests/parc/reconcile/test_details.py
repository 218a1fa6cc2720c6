"""What only some devices hold, in the database: quietly what moves by itself, else in the history.

Run on both databases.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from collectors.details import (
    Battery,
    BatteryTable,
    Details,
    Installation,
    InstallationTable,
    LifeCount,
    LifeCountTable,
    Outlet,
    OutletTable,
    Tray,
    TrayTable,
)
from collectors.observation import Observation
from parc.extensions import db, transaction
from parc.models import Battery as StoredBattery
from parc.models import Device, LifeCountReading, ValueSource
from parc.models import Installation as StoredInstallation
from parc.models import LifeCount as StoredLifeCount
from parc.models import Outlet as StoredOutlet
from parc.models import Tray as StoredTray
from parc.reconcile.apply import apply
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.reconcile.readings import DAYS_KEPT
from parc.services.actor import Actor, for_run
from tests.factories import make_observation, make_run

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def prepare() -> tuple[Policy, Actor]:
    with transaction() as session:
        run = make_run(session)
    return Policy(range_id=run.range_id, gone_after=1), for_run("lab", run.id)


def sweep(policy: Policy, actor: Actor, observation: Observation) -> Plan:
    with transaction() as session:
        known = load(session, [observation], policy, is_for_apply=True)
        made = plan([observation], known, policy)
        apply(made, session, actor, observation.observed_at)
    return made


def printer(count: int, at: datetime, **details: object) -> Observation:
    held = Details(life_counts=LifeCountTable((LifeCount("total", count),), complete=True))
    return make_observation(observed_at=at, details=replace(held, **details))  # type: ignore[arg-type]  # fields by name


def readings() -> list[tuple[date, int]]:
    query = sa.select(LifeCountReading.read_on, LifeCountReading.count)
    return [(day, count) for day, count in db.session.execute(query.order_by("read_on"))]


@pytest.mark.usefixtures("app")
def test_counts_move_quietly_and_are_kept_by_day() -> None:
    policy, actor = prepare()
    sweep(policy, actor, printer(100, MONDAY))
    assert sweep(policy, actor, printer(120, MONDAY + timedelta(hours=3))).is_empty
    assert sweep(policy, actor, printer(150, MONDAY + DAY)).is_empty
    assert sweep(policy, actor, printer(150, MONDAY + 2 * DAY)).is_empty
    assert db.session.scalars(sa.select(StoredLifeCount.count)).all() == [150]
    assert readings() == [(date(2026, 11, 23), 120), (date(2026, 11, 24), 150)]


@pytest.mark.usefixtures("app")
def test_readings_of_years_ago_are_dropped() -> None:
    policy, actor = prepare()
    sweep(policy, actor, printer(100, MONDAY))
    later = MONDAY + timedelta(days=DAYS_KEPT + 1)
    sweep(policy, actor, printer(9_000, later))
    assert readings() == [(later.date(), 9_000)]


@pytest.mark.usefixtures("app")
def test_trays_and_the_display_move_quietly() -> None:
    policy, actor = prepare()
    full = TrayTable((Tray(1, "Cassette", level=100),), complete=True)
    low = TrayTable((Tray(1, "Cassette", level=5, is_available=False),), complete=True)
    sweep(policy, actor, printer(1, MONDAY, trays=full, console_message="Ready"))
    assert sweep(policy, actor, printer(1, MONDAY + DAY, trays=low, console_message="")).is_empty
    assert db.session.scalars(sa.select(StoredTray.level)).all() == [5]
    assert db.session.scalars(sa.select(Device.console_message)).all() == [""]


@pytest.mark.usefixtures("app")
def test_a_battery_to_be_replaced_is_news_and_its_charge_is_not() -> None:
    policy, actor = prepare()

    def supply(charge: int, at: datetime, *, is_old: bool) -> Observation:
        row = Battery(charge_percent=charge, is_replacement_needed=is_old)
        return make_observation(
            observed_at=at, details=Details(batteries=BatteryTable((row,), complete=True))
        )

    sweep(policy, actor, supply(100, MONDAY, is_old=False))
    assert sweep(policy, actor, supply(60, MONDAY + DAY, is_old=False)).is_empty
    assert sweep(policy, actor, supply(60, MONDAY + 2 * DAY, is_old=True)).counts.changed == 1
    assert db.session.scalars(sa.select(StoredBattery.charge_percent)).all() == [60]


@pytest.mark.usefixtures("app")
def test_an_outlet_that_was_switched_off_is_news() -> None:
    policy, actor = prepare()

    def strip(*, is_on: bool) -> Observation:
        rows = (Outlet(1, "router", is_on=is_on),)
        return make_observation(details=Details(outlets=OutletTable(rows, complete=True)))

    sweep(policy, actor, strip(is_on=True))
    assert sweep(policy, actor, strip(is_on=True)).is_empty
    assert sweep(policy, actor, strip(is_on=False)).counts.changed == 1
    assert db.session.scalars(sa.select(StoredOutlet.is_on)).all() == [False]


@pytest.mark.usefixtures("app")
def test_software_comes_and_goes_and_that_of_other_means_stays() -> None:
    policy, actor = prepare()

    def host(*names: str) -> Observation:
        rows = tuple(Installation(n, name) for n, name in enumerate(names, 1))
        table = InstallationTable(rows, complete=True)
        return make_observation(details=Details(installations=table))

    sweep(policy, actor, host("Editor 1", "Shell"))
    with transaction() as session:
        device_id = session.scalars(sa.select(Device.id)).one()
        by_hand = StoredInstallation(
            device_id=device_id, source=ValueSource.PERSON, key="Game", name="Game",
            first_seen_at=MONDAY,
        )  # fmt: skip
        session.add(by_hand)
    assert sweep(policy, actor, host("Editor 1", "Shell")).is_empty
    assert sweep(policy, actor, host("Editor 2", "Shell")).counts.changed == 1
    rows = db.session.scalars(sa.select(StoredInstallation).order_by(StoredInstallation.name))
    assert [(row.name, row.source.value, row.gone_at is None) for row in rows] == [
        ("Editor 1", "snmp", False),
        ("Editor 2", "snmp", True),
        ("Game", "person", True),
        ("Shell", "snmp", True),
    ]
