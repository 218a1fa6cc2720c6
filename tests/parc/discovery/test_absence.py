"""Tests of who counts as absent when a run had weaker means than the one before."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.observation import Presence
from collectors.sweep import SweepWarning, WarningCode
from parc.discovery.settle import plan_again
from parc.discovery.task import task_of
from parc.extensions import db, reading, transaction
from parc.models import Device, RangeCredential
from tests.conftest import SteppingClock
from tests.parc.discovery.simulated import SimulatedNetwork, device
from tests.parc.discovery.test_run import add_credential, add_range, sweep

BY_SNMP, BY_BOTH = "192.0.2.10", "192.0.2.11"
BY_PING, BY_TCP = "192.0.2.20", "192.0.2.21"
WEAK = (WarningCode.NMAP_UNPRIVILEGED, WarningCode.NMAP_MISSING)
PING, TCP = Presence(proof="echo-reply"), Presence(proof="syn-ack")


def _network() -> SimulatedNetwork:
    return SimulatedNetwork(
        speaking={
            BY_SNMP: device(BY_SNMP, "FOC1000A0A1"),
            BY_BOTH: device(BY_BOTH, "FOC1000A0A2"),
        },
        present={BY_BOTH: PING, BY_PING: PING, BY_TCP: TCP},
    )


def _absent() -> set[str]:
    db.session.expire_all()
    query = sa.select(Device.address).where(Device.absent_since.is_not(None))
    return set(db.session.scalars(query))


@pytest.mark.parametrize("code", WEAK)
def test_weaker_sweep_makes_only_those_absent_whom_it_could_have_seen(
    app: Flask, clock: SteppingClock, code: WarningCode
) -> None:
    range_id = add_range(app)
    sweep(app, range_id, _network(), clock)
    nobody = SimulatedNetwork(warnings=(SweepWarning(code, "a reason"),))
    run = sweep(app, range_id, nobody, clock)
    assert _absent() == {BY_SNMP, BY_TCP}
    assert (run.gone_count, run.warnings) == (2, [f"{code}: a reason"])
    with reading() as session:
        made = plan_again(
            session, task_of(session, run.id, clock()), app.extensions["parc_settings"], clock()
        )
    assert made.counts.gone == 0

    sweep(app, range_id, SimulatedNetwork(), clock)
    assert _absent() == {BY_SNMP, BY_BOTH, BY_PING, BY_TCP}


def test_device_that_weaker_sweeps_had_seen_is_absent_for_another_such(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    weak = (SweepWarning(WarningCode.NMAP_UNPRIVILEGED),)
    sweep(sqlite_app, range_id, _network(), clock)
    by_tcp = replace(_network(), present={BY_PING: TCP, BY_TCP: TCP}, warnings=weak)
    sweep(sqlite_app, range_id, by_tcp, clock)
    sweep(sqlite_app, range_id, SimulatedNetwork(warnings=weak), clock)
    assert _absent() == {BY_SNMP, BY_BOTH, BY_PING, BY_TCP}


def test_device_known_by_snmp_only_is_not_absent_where_no_credential_was_shown(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    sweep(sqlite_app, range_id, _network(), clock)
    with transaction() as session:
        session.execute(sa.delete(RangeCredential))
    sweep(sqlite_app, range_id, SimulatedNetwork(), clock)
    assert _absent() == {BY_BOTH, BY_PING, BY_TCP}
    add_credential(sqlite_app, "elsewhere", range_id, 0, ("192.0.2.128/25",))
    sweep(sqlite_app, range_id, SimulatedNetwork(), clock)
    assert BY_SNMP not in _absent()
    add_credential(sqlite_app, "here", range_id, 1, ("192.0.2.0/25",))
    sweep(sqlite_app, range_id, SimulatedNetwork(), clock)
    assert BY_SNMP in _absent()
