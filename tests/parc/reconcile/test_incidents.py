"""Drafts follow what rules see: one a rule and asset, closed by themselves, with a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.extensions import transaction
from parc.models import (
    Asset,
    AuditEntry,
    Component,
    Device,
    Incident,
    IncidentAsset,
    IncidentRuleCode,
    IncidentSource,
    IncidentState,
    LifecycleState,
    Priority,
    Role,
    RunState,
    Storage,
    Supply,
)
from parc.reconcile.change import DeviceRef, FieldChange, RowAction, RowChange, UpdateDevice
from parc.reconcile.incident_events import Event, events_of
from parc.reconcile.incidents import SettledIncidents, settle_incidents
from parc.reconcile.known import ROW_COLUMNS, Table
from parc.reconcile.matching import Match
from parc.services import incident_drafts, incident_steps
from parc.services.actor import SYSTEM, Actor
from parc.services.incident_rules import DEFAULTS, RuleInput, RuleSetting, read_rules, save_rule
from tests.conftest import SOME_MOMENT
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_device,
    make_linked_device,
    make_range,
    make_run,
    make_user,
)

S, R = IncidentState, IncidentRuleCode
GIB = 2**30


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    del app
    with transaction() as opened:
        yield opened
        opened.rollback()


def settle(session: Session, hours: int = 0, **scope: Any) -> SettledIncidents:
    return settle_incidents(session, SYSTEM, SOME_MOMENT + timedelta(hours=hours), **scope)


def all_of(session: Session) -> list[Incident]:
    return list(session.scalars(sa.select(Incident).order_by(Incident.id)))


def only(session: Session) -> Incident:
    return session.scalars(sa.select(Incident)).one()


def set_rule(session: Session, code: IncidentRuleCode, **values: Any) -> None:
    usual = DEFAULTS[code]
    given_input = RuleInput(
        code, is_enabled=True, threshold=str(usual.threshold), impact="medium", urgency="medium"
    )
    save_rule(session, SOME_PERSON, replace(given_input, **values), at=SOME_MOMENT)


def printer(session: Session, level: int = 5, **values: Any) -> tuple[Asset, Supply]:
    asset = make_asset(session, name="imp-1", asset_tag=f"P{level}{len(values)}", **values)
    device = make_linked_device(session, asset)
    supply = Supply(
        device_id=device.id, key="1", description="Black toner", capacity=100, level=level
    )
    session.add(supply)
    session.flush()
    return asset, supply


def event(device: Device, field: str = "memory_bytes", **values: Any) -> Event:
    usual = {"before": 16 * GIB, "after": 8 * GIB}
    return Event(DeviceRef(device.address, device.id), field, **{**usual, **values})


def test_low_supply_makes_one_draft_that_renews_and_closes_itself(session: Session) -> None:
    asset, supply = printer(session)
    assert settle(session) == SettledIncidents(opened=1)
    draft = only(session)
    assert (draft.state, draft.source, draft.rule) == (S.DRAFT, IncidentSource.RULE, R.SUPPLY_LOW)
    assert draft.evidence == {"supplies": [{"name": "Black toner", "percent": 5}]}
    assert draft.priority is Priority.LOW
    assert f"i-{draft.id:06d}" in draft.search_text
    assert session.scalars(sa.select(IncidentAsset.asset_id)).all() == [asset.id]
    assert settle(session) == SettledIncidents()
    supply.level = 2
    settle(session)
    assert only(session).evidence["supplies"][0]["percent"] == 2
    supply.level = 100
    assert settle(session, 1) == SettledIncidents(closed=1)
    gone = only(session)
    assert (gone.state, gone.live_key) == (S.DISMISSED, None)
    assert gone.closed_at == gone.cause_gone_at == SOME_MOMENT + timedelta(hours=1)
    query = sa.select(AuditEntry.action).where(AuditEntry.subject_kind == "incident")
    assert session.scalars(query.order_by(AuditEntry.id)).all() == ["draft_opened", "cause_gone"]
    supply.level = 1
    assert settle(session).opened == 1


def test_what_is_no_lack_makes_no_draft(session: Session) -> None:
    _asset, waste = printer(session, 0)
    waste.supply_type = "wasteToner"
    printer(session, 5, lifecycle_state=LifecycleState.IN_STOCK)
    _asset, unknown = printer(session, -2)
    _asset, gone = printer(session, 3)
    gone.gone_at = SOME_MOMENT
    unknown.level = None
    assert settle(session) == SettledIncidents()


def test_confirmed_incident_notes_that_its_cause_is_gone_and_back(session: Session) -> None:
    _asset, supply = printer(session)
    settle(session)
    incident_drafts.confirm(session, SOME_PERSON, [only(session).id], at=SOME_MOMENT)
    supply.level = 90
    assert settle(session, 1) == SettledIncidents(noted=1)
    assert settle(session, 2) == SettledIncidents()
    assert (only(session).state, only(session).cause_gone_at is None) == (S.NEW, False)
    supply.level = 1
    assert settle(session, 3) == SettledIncidents()
    assert only(session).cause_gone_at is None
    query = sa.select(AuditEntry.action).where(AuditEntry.subject_kind == "incident")
    actions = session.scalars(query.order_by(AuditEntry.id)).all()
    assert actions == ["draft_opened", "confirmed", "cause_gone", "cause_back"]


def test_dismissed_draft_stays_away_until_its_cause_was_gone(session: Session) -> None:
    _asset, supply = printer(session)
    settle(session)
    incident_drafts.dismiss(session, SOME_PERSON, [only(session).id], "ordered", at=SOME_MOMENT)
    assert settle(session) == SettledIncidents()
    supply.level = 100
    settle(session)
    assert only(session).live_key is None
    supply.level = 1
    assert settle(session).opened == 1
    resolved = all_of(session)[1]
    incident_drafts.confirm(session, SOME_PERSON, [resolved.id], at=SOME_MOMENT)
    incident_steps.resolve(session, SOME_PERSON, resolved.id, "soon", "wear", at=SOME_MOMENT)
    assert settle(session) == SettledIncidents()


def test_smaller_memory_is_an_event_that_ends_when_it_is_back(session: Session) -> None:
    asset = make_asset(session, asset_tag="P9", name="pc-9")
    device = make_linked_device(session, asset, memory_bytes=8 * GIB)
    loose = make_device(session)
    events = [event(device), event(loose), event(device, after=31 * GIB // 2)]
    assert settle(session, devices=[device.id], events=events[2:]) == SettledIncidents()
    scope: dict[str, Any] = {"devices": [device.id, loose.id], "events": events}
    assert settle(session, **scope) == SettledIncidents(opened=1)
    draft = only(session)
    assert (draft.title, draft.rule) == ("P9 pc-9", R.MEMORY_SMALLER)
    assert draft.evidence == {"device_id": device.id, "before": 16 * GIB, "after": 8 * GIB}
    assert settle(session, **scope) == SettledIncidents()
    assert settle(session) == SettledIncidents()
    device.memory_bytes = 16 * GIB
    assert settle(session, 1, devices=[device.id]) == SettledIncidents(closed=1)


def test_disks_of_one_machine_make_one_draft(session: Session) -> None:
    asset = make_asset(session)
    device = make_linked_device(session, asset)
    drive = Storage(device_id=device.id, key="C:", storage_type="fixedDisk", size_bytes=100 * GIB)
    part = Component(device_id=device.id, key="7", size_bytes=500 * GIB, gone_at=SOME_MOMENT)
    session.add_all([drive, part])
    session.flush()
    events = [
        event(
            device,
            "size_bytes",
            before=200 * GIB,
            after=100 * GIB,
            table=Table.STORAGE,
            key="C:",
            name="C:",
        ),
        event(
            device,
            "size_bytes",
            before=500 * GIB,
            after=None,
            table=Table.COMPONENT,
            key="7",
            name="sda",
        ),
    ]
    assert settle(session, devices=[device.id], events=events).opened == 1
    assert [one["name"] for one in only(session).evidence["disks"]] == ["C:", "sda"]
    drive.size_bytes = 200 * GIB
    assert settle(session, devices=[device.id]) == SettledIncidents()
    part.gone_at = None
    assert settle(session, devices=[device.id]).closed == 1


def test_changed_serial_is_told_until_it_is_the_old_one(session: Session) -> None:
    device = make_linked_device(session, make_asset(session), serial_number="B")
    told = event(device, "serial_number", before="A", after="B")
    assert settle(session, devices=[device.id], events=[told]).opened == 1
    device.serial_number = "A"
    assert settle(session).closed == 1
    session.delete(device)
    session.flush()
    assert settle(session) == SettledIncidents()


def test_device_is_silent_after_so_many_whole_runs(session: Session) -> None:
    set_rule(session, R.DEVICE_SILENT, threshold="3")
    network = make_range(session)
    asset = make_asset(session)
    device = make_linked_device(
        session, asset, range_id=network.id, absent_since=SOME_MOMENT + timedelta(hours=1)
    )
    whole = {"address_count": 9, "swept_count": 9}
    for hour in (1, 2):
        make_run(session, network, ended_at=SOME_MOMENT + timedelta(hours=hour), **whole)
    make_run(session, network, ended_at=SOME_MOMENT, address_count=9, swept_count=5)
    make_run(session, network, ended_at=SOME_MOMENT, state=RunState.FAILED, **whole)
    scope: dict[str, Any] = {"devices": [], "ended_ranges": [network.id]}
    assert settle(session, 3, **scope) == SettledIncidents()
    make_run(session, network, state=RunState.RUNNING, **whole)
    assert settle(session, 3, **scope) == SettledIncidents(opened=1)
    assert only(session).evidence["runs"] == 3
    other = make_linked_device(session, asset, range_id=network.id)
    assert settle(session, 4, devices=[other.id]) == SettledIncidents(closed=1)
    assert device.absent_since is not None


def test_unknown_device_of_a_critical_range_is_a_draft_without_asset(session: Session) -> None:
    network, other = make_range(session), make_range(session)
    device = make_device(session, range_id=network.id, sys_name="rogue")
    make_device(session, range_id=other.id)
    assert settle(session) == SettledIncidents()
    set_rule(session, R.UNKNOWN_DEVICE, range_ids=(network.id,), impact="very_high")
    assert settle(session, devices=[device.id]).opened == 1
    draft = only(session)
    assert (draft.title, draft.rule_key) == ("rogue", f"device:{device.id}")
    assert session.scalars(sa.select(IncidentAsset)).all() == []
    device.absent_since = SOME_MOMENT
    assert settle(session, devices=[device.id]).closed == 1


def test_rule_that_is_switched_off_takes_its_drafts_back(session: Session) -> None:
    printer(session)
    settle(session)
    set_rule(session, R.SUPPLY_LOW, is_enabled=False)
    assert settle(session) == SettledIncidents(closed=1)


def test_rules_are_set_by_who_may_within_their_bounds(session: Session) -> None:
    network = make_range(session)
    assert read_rules(session) == dict(DEFAULTS)
    set_rule(session, R.SUPPLY_LOW, threshold="25", range_ids=(network.id,))
    changed = read_rules(session)[R.SUPPLY_LOW]
    assert isinstance(changed, RuleSetting)
    assert (changed.threshold, changed.range_ids) == (25, ())
    for values in ({"threshold": "0"}, {"impact": "odd"}, {"range_ids": (99,)}):
        with pytest.raises(Exception, match=str(next(iter(values)))):
            set_rule(session, R.SUPPLY_LOW, **values)
    technician = Actor("Tom", Role.TECHNICIAN, make_user(session).id)
    given_input = RuleInput(R.SUPPLY_LOW, True, "5", "low", "low")  # noqa: FBT003 -- on
    with pytest.raises(Exception, match="may not"):
        save_rule(session, technician, given_input, at=SOME_MOMENT)


def test_events_of_a_plan_are_of_memory_serial_and_disks() -> None:
    device = DeviceRef("192.0.2.1", 1)
    columns = tuple(ROW_COLUMNS[Table.COMPONENT])
    told: dict[str, Any] = {"name": "sda", "size_bytes": 5}
    values = tuple(told.get(name) for name in columns)
    row = RowChange(device, Table.COMPONENT, RowAction.GONE, "7", values, 3)
    update = UpdateDevice(
        device,
        (
            FieldChange("memory_bytes", 2, 1),
            FieldChange("serial_number", None, "A"),
            FieldChange("sys_name", "a", "b"),
        ),
        Match(),
    )
    fan = replace(row, values=tuple(None for _name in columns))
    port = replace(row, table=Table.INTERFACE, values=())
    shrunk = replace(row, action=RowAction.CHANGED, changes=(FieldChange("size_bytes", 9, 5),))
    found = list(events_of([update, row, fan, port, shrunk]))
    assert [(one.field, one.before, one.after) for one in found] == [
        ("memory_bytes", 2, 1),
        ("size_bytes", 5, None),
        ("size_bytes", 9, 5),
    ]
    assert {one.name for one in found[1:]} == {"sda"}


steps = st.lists(
    st.fixed_dictionaries(
        {
            "printer": st.integers(0, 2),
            "level": st.sampled_from((0, 5, 50)),
            "event": st.booleans(),
            "act": st.sampled_from(("none", "confirm", "dismiss", "resolve", "reopen")),
            "is_whole": st.booleans(),
        }
    ),
    max_size=8,
)


@given(steps=steps)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_event_opens_two_drafts(sqlite_app: Flask, steps: list[dict[str, Any]]) -> None:
    del sqlite_app
    with transaction() as session:
        supplies = [printer(session, 50 + number)[1] for number in range(3)]
        for hour, step in enumerate(steps):
            supply = supplies[step["printer"]]
            supply.level = step["level"]
            device = session.get_one(Device, supply.device_id)
            events = [event(device)] * 2 if step["event"] else []
            scope: dict[str, Any] = {} if step["is_whole"] else {"devices": [device.id]}
            settle(session, hour, events=events, **scope)
            assert settle(session, hour, events=events, **scope) == SettledIncidents()
            _act(session, step["act"])
            _check(session)
        session.rollback()


def _act(session: Session, act: str) -> None:
    for one in all_of(session):
        if act == "confirm" and one.state is S.DRAFT:
            incident_drafts.confirm(session, SOME_PERSON, [one.id], at=SOME_MOMENT)
        elif act == "dismiss" and one.state is S.DRAFT:
            incident_drafts.dismiss(session, SOME_PERSON, [one.id], "no", at=SOME_MOMENT)
        elif act == "resolve" and one.is_open:
            incident_steps.resolve(session, SOME_PERSON, one.id, "x", "other", at=SOME_MOMENT)
        elif act == "reopen" and one.state is S.RESOLVED:
            incident_steps.reopen(session, SOME_PERSON, one.id, "x", at=SOME_MOMENT)


def _check(session: Session) -> None:
    """No two drafts of one rule and asset, and each that is opened has its trace."""
    rows = all_of(session)
    drafts = Counter((one.rule, one.rule_key) for one in rows if one.state is S.DRAFT)
    assert all(count == 1 for count in drafts.values())
    query = sa.select(sa.func.count()).where(AuditEntry.action == "draft_opened")
    assert session.scalar(query) == len(rows)
