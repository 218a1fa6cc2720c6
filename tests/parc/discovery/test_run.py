"""Tests of the flow of a run, on a simulated network and both databases."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.credentials import SnmpVersion
from collectors.errors import Failure
from collectors.observation import Category, Presence, Problem, Service
from collectors.sweep import SweepPlan
from collectors.target import Manner
from parc.discovery.run import apply_held, discover
from parc.errors import ParcError
from parc.extensions import db, transaction
from parc.models import (
    AddressRange,
    Asset,
    Credential,
    CredentialSuccess,
    Device,
    RangeCredential,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    RunTrigger,
    StoredObservation,
    TargetOutcome,
)
from parc.secret_box import SecretBox
from parc.services import runs
from parc.services.credentials import seal_secrets
from parc.services.jobs import JobStoppedError
from tests.conftest import SteppingClock
from tests.factories import SOME_PERSON, make_range
from tests.parc.discovery.simulated import SimulatedNetwork, device, tools_for


def add_credential(
    app: Flask, name: str, range_id: int, position: int, networks: tuple[str, ...] = ()
) -> int:
    box: SecretBox = app.extensions["parc_box"]
    moment = SteppingClock()()
    with transaction() as session:
        row = Credential(
            name=name,
            version=SnmpVersion.V2C,
            parameters={"port": 161},
            networks=list(networks),
            sealed=b"",
            key_id="",
            created_at=moment,
            updated_at=moment,
        )
        session.add(row)
        session.flush()
        seal_secrets(box, row, {"community": "canary"})
        session.add(RangeCredential(range_id=range_id, credential_id=row.id, position=position))
        return row.id


def add_range(app: Flask, **values: object) -> int:
    with transaction() as session:
        range_id = make_range(session, name="Office", **values).id
    add_credential(app, "usual", range_id, 0)
    return range_id


def _request(range_id: int, clock: SteppingClock, retry_of_id: int | None = None) -> int:
    with transaction() as session:
        session.execute(sa.text("UPDATE job_run SET state = 'done'"))
        return runs.request_run(
            session,
            SOME_PERSON,
            range_id=range_id,
            trigger=RunTrigger.PERSON if retry_of_id is None else RunTrigger.RETRY,
            now=clock(),
            retry_of_id=retry_of_id,
        ).id


def sweep(app: Flask, range_id: int, network: SimulatedNetwork, clock: SteppingClock) -> Run:
    run_id = _request(range_id, clock)
    clock.step(seconds=5)
    discover(tools_for(app, network, clock), run_id)
    clock.step(minutes=5)
    return _run(run_id)


def _run(run_id: int) -> Run:
    db.session.expire_all()
    return db.session.get_one(Run, run_id)


def _counts(run: Run) -> dict[str, int]:
    return {
        name.removesuffix("_count"): value
        for name in (
            "address_count",
            "swept_count",
            "responder_count",
            "collected_count",
            "failed_count",
            "created_count",
            "changed_count",
            "gone_count",
            "asset_count",
        )
        if (value := getattr(run, name))
    }


def _outcomes(run_id: int) -> dict[str, tuple[TargetOutcome, Failure | None]]:
    rows = db.session.scalars(sa.select(RunTarget).where(RunTarget.run_id == run_id))
    return {row.address: (row.outcome, row.failure) for row in rows}


def _present(*, has_agent: bool = False) -> Presence:
    services = (Service("udp", 161, is_guess=False),) if has_agent else ()
    return Presence(proof="echo-reply", services=services)


def test_first_sweep_fills_the_inventory_and_a_second_changes_nothing(
    app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(app)
    network = SimulatedNetwork(
        speaking={
            "192.0.2.10": device("192.0.2.10", "FOC1000A0A1", category=Category.SWITCH),
            "192.0.2.11": device("192.0.2.11", "FOC1000A0A2"),
            "192.0.2.12": Failure.WRONG_CREDENTIALS,
        },
        present={
            "192.0.2.10": _present(),
            "192.0.2.20": _present(),
            "192.0.2.21": _present(has_agent=True),
        },
    )
    first = sweep(app, range_id, network, clock)
    assert (first.state, first.phase, first.error) == (RunState.DONE, RunPhase.ENDED, None)
    assert _counts(first) == {
        "address": 254,
        "swept": 254,
        "responder": 5,
        "collected": 2,
        "failed": 2,
        "created": 5,
        "asset": 1,
    }
    assert _outcomes(first.id) == {
        "192.0.2.10": (TargetOutcome.COLLECTED, None),
        "192.0.2.11": (TargetOutcome.COLLECTED, None),
        "192.0.2.12": (TargetOutcome.FAILED, Failure.WRONG_CREDENTIALS),
        "192.0.2.20": (TargetOutcome.PRESENT, Failure.NO_ANSWER),
        "192.0.2.21": (TargetOutcome.FAILED, Failure.NO_ANSWER),
    }
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 1
    linked = db.session.scalars(
        sa.select(StoredObservation.device_id).where(StoredObservation.run_id == first.id)
    ).all()
    assert None not in linked

    second = sweep(app, range_id, network, clock)
    assert second.state is RunState.DONE
    assert _counts(second) == {
        "address": 254,
        "swept": 254,
        "responder": 5,
        "collected": 2,
        "failed": 2,
    }


def test_device_that_no_longer_answers_is_absent_and_its_return_is_noted(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    here = device("192.0.2.10", "FOC1000A0A1")
    network = SimulatedNetwork(speaking={"192.0.2.10": here, "192.0.2.11": device("192.0.2.11")})
    sweep(sqlite_app, range_id, network, clock)
    del network.speaking["192.0.2.10"]
    assert sweep(sqlite_app, range_id, network, clock).gone_count == 1
    assert sweep(sqlite_app, range_id, network, clock).gone_count == 0
    network.speaking["192.0.2.10"] = here
    sweep(sqlite_app, range_id, network, clock)
    assert set(db.session.scalars(sa.select(Device.absent_since))) == {None}


def test_device_that_moved_to_another_chunk_is_neither_absent_nor_new(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app, include=["10.9.0.0/23"])
    network = SimulatedNetwork(speaking={"10.9.0.5": device("10.9.0.5", "FOC1000A0A1")})
    sweep(sqlite_app, range_id, network, clock)
    network.speaking = {"10.9.1.99": device("10.9.1.99", "FOC1000A0A1")}
    run = sweep(sqlite_app, range_id, network, clock)
    assert (run.created_count, run.gone_count) == (0, 0)
    assert db.session.scalars(sa.select(Device.address)).all() == ["10.9.1.99"]


def test_sweep_that_is_not_complete_makes_nobody_absent(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    network = SimulatedNetwork(speaking={"192.0.2.10": device("192.0.2.10", "FOC1000A0A1")})
    sweep(sqlite_app, range_id, network, clock)
    network.speaking.clear()
    network.is_complete = False
    run = sweep(sqlite_app, range_id, network, clock)
    assert (run.state, run.gone_count, run.swept_count) == (RunState.DONE, 0, 0)


def test_device_that_answers_but_refuses_is_not_absent(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    network = SimulatedNetwork(speaking={"192.0.2.10": device("192.0.2.10", "FOC1000A0A1")})
    sweep(sqlite_app, range_id, network, clock)
    for failure in (Failure.WRONG_CREDENTIALS, Failure.NO_ANSWER, Failure.MALFORMED):
        network.speaking["192.0.2.10"] = failure
        run = sweep(sqlite_app, range_id, network, clock)
        assert (run.gone_count, run.created_count, run.changed_count) == (0, 0, 0)


def test_run_that_is_stopped_keeps_and_applies_what_it_has_seen(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app, include=["10.9.0.0/23"])
    network = SimulatedNetwork(
        speaking={
            "10.9.0.5": device("10.9.0.5", "FOC1000A0A1"),
            "10.9.1.5": device("10.9.1.5", "FOC1000A0A2"),
        }
    )
    run_id = _request(range_id, clock)

    def has_applied() -> bool:
        with db.engine.connect() as connection:
            return bool(connection.scalar(sa.select(sa.func.count()).select_from(Device)))

    with pytest.raises(JobStoppedError):
        discover(tools_for(sqlite_app, network, clock, has_applied), run_id)
    assert db.session.scalars(sa.select(Device.address)).all() == ["10.9.0.5"]
    first_chunk = next(SweepPlan.of([ipaddress.ip_network("10.9.0.0/23")]).chunks())
    assert _run(run_id).swept_count == len(first_chunk)


def test_ports_are_looked_at_only_where_snmp_did_not_tell_what_it_is(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app, include=["192.0.2.0/24", "127.0.0.8/32"])
    network = SimulatedNetwork(
        speaking={
            "192.0.2.10": device("192.0.2.10", "FOC1000A0A1", category=Category.SWITCH),
            "192.0.2.11": device("192.0.2.11", "FOC1000A0A2"),
            "192.0.2.12": Failure.WRONG_CREDENTIALS,
            "192.0.2.13": device("192.0.2.13", "FOC1000A0A4"),
        },
        present={
            address: _present()
            for address in ("192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.20", "127.0.0.8")
        },
    )
    sweep(sqlite_app, range_id, network, clock)
    assert network.surveyed == ["192.0.2.11", "192.0.2.12", "192.0.2.20"]


def test_chunks_that_are_swept_at_once_fill_the_inventory_like_one_after_the_other(
    app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(app, include=["10.9.0.0/20"])
    network = SimulatedNetwork(chunks_at_once=6)
    for number in range(16):
        address = f"10.9.{number}.5"
        network.speaking[address] = device(address, f"FOC1000A{number:03d}")
        network.present[f"10.9.{number}.9"] = _present()
    first = sweep(app, range_id, network, clock)
    assert (first.state, first.swept_count, first.address_count) == (RunState.DONE, 4094, 4094)
    assert (first.responder_count, first.collected_count, first.created_count) == (32, 16, 32)
    network.speaking.popitem()
    second = sweep(app, range_id, network, clock)
    assert (second.created_count, second.changed_count, second.gone_count) == (0, 0, 1)


def test_run_that_no_longer_waits_is_left_alone(sqlite_app: Flask, clock: SteppingClock) -> None:
    range_id = add_range(sqlite_app)
    run_id = _request(range_id, clock)
    with transaction() as session:
        runs.end_run(session.get_one(Run, run_id), RunState.CANCELLED, clock(), error=None)
    network = SimulatedNetwork(speaking={"192.0.2.10": device("192.0.2.10")})
    discover(tools_for(sqlite_app, network, clock), run_id)
    assert network.shown == {}


def test_credential_is_shown_only_in_its_networks_and_the_last_success_first(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app, include=["192.0.2.0/29"])
    here = add_credential(sqlite_app, "here", range_id, 1, ("192.0.2.1/32", "192.0.2.4/30"))
    usual = db.session.scalars(sa.select(Credential.id).where(Credential.name == "usual")).one()
    network = SimulatedNetwork(speaking={"192.0.2.1": device("192.0.2.1", "FOC1000A0A1")})
    sweep(sqlite_app, range_id, network, clock)
    assert network.shown["192.0.2.1"] == [usual, here]
    assert network.shown["192.0.2.2"] == [usual]
    assert network.shown["192.0.2.5"] == [usual, here]
    # The simulated device answers to the last credential that it is shown.
    stored = db.session.scalars(sa.select(CredentialSuccess)).one()
    assert (stored.address, stored.credential_id) == ("192.0.2.1", here)
    sweep(sqlite_app, range_id, network, clock)
    assert network.shown["192.0.2.1"] == [here, usual]


def test_manner_that_a_device_needs_is_remembered_for_a_month(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app, include=["192.0.2.0/29"])
    slow = Manner(can_bulk=False, is_gentle=True)
    network = SimulatedNetwork(
        speaking={f"192.0.2.{n}": device(f"192.0.2.{n}", f"FOC1000A0A{n}") for n in (1, 2)},
        manners={"192.0.2.1": slow},
    )
    asked = []
    for _ in range(3):
        sweep(sqlite_app, range_id, network, clock)
        asked.append(network.asked_as["192.0.2.1"])
        assert network.asked_as["192.0.2.2"].is_usual
        clock.step(days=16)
    assert asked == [Manner(), slow, Manner()]


def test_retry_asks_only_the_failed_targets_and_makes_nobody_absent(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    partial = device("192.0.2.12", "FOC1000A0A3")
    network = SimulatedNetwork(
        speaking={
            "192.0.2.10": device("192.0.2.10", "FOC1000A0A1"),
            "192.0.2.11": Failure.WRONG_CREDENTIALS,
        }
    )
    first = sweep(sqlite_app, range_id, network, clock)
    network.speaking = {"192.0.2.11": device("192.0.2.11", "FOC1000A0A2"), "192.0.2.12": partial}
    steps: list[str] = []
    network.before = steps.append
    run_id = _request(range_id, clock, first.id)
    discover(tools_for(sqlite_app, network, clock), run_id)
    assert steps == ["collect"]
    assert _outcomes(run_id) == {"192.0.2.11": (TargetOutcome.COLLECTED, None)}
    assert _run(run_id).gone_count == 0


def test_observation_with_problems_is_partial_and_says_why(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    said = replace(
        device("192.0.2.10", "FOC1000A0A1"),
        problems=(Problem(Failure.TOO_LARGE, "ifTable did not end"),),
    )
    run = sweep(sqlite_app, range_id, SimulatedNetwork(speaking={"192.0.2.10": said}), clock)
    target = db.session.scalars(sa.select(RunTarget).where(RunTarget.run_id == run.id)).one()
    assert (target.outcome, target.failure, target.detail) == (
        TargetOutcome.PARTIAL,
        Failure.TOO_LARGE,
        "ifTable did not end",
    )


def _many(count: int) -> SimulatedNetwork:
    return SimulatedNetwork(
        speaking={
            f"192.0.2.{n}": device(f"192.0.2.{n}", f"FOC1000A{n:03d}") for n in range(1, count + 1)
        }
    )


def test_too_many_absences_hold_the_run_until_a_person_applies_it(
    app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(app)
    sweep(app, range_id, _many(20), clock)
    held = sweep(app, range_id, _many(10), clock)
    assert held.state is RunState.HELD
    assert held.error is not None
    assert "10 of 20" in held.error
    assert held.gone_count == 0

    with transaction() as session:
        session.execute(sa.text("UPDATE job_run SET state = 'done'"))
        runs.decide_held(session, SOME_PERSON, held.id, clock())
    apply_held(tools_for(app, SimulatedNetwork(), clock), held.id)
    applied = _run(held.id)
    assert (applied.state, applied.gone_count, applied.error) == (RunState.DONE, 10, None)
    apply_held(tools_for(app, SimulatedNetwork(), clock), held.id)
    assert _run(held.id).gone_count == 10


def test_chunk_that_changes_too_much_is_held_with_all_evidence_kept(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    def devices(first_engine: int) -> SimulatedNetwork:
        network = SimulatedNetwork()
        for number in range(1, 13):
            address = f"192.0.2.{number}"
            engine_id = f"8000000903{first_engine + number:012d}"
            network.speaking[address] = device(address, f"FOC1000A{number:03d}", engine_id)
        return network

    range_id = add_range(sqlite_app)
    sweep(sqlite_app, range_id, devices(100), clock)
    before = set(db.session.scalars(sa.select(Device.engine_id)))
    held = sweep(sqlite_app, range_id, devices(500), clock)
    assert held.state is RunState.HELD
    assert (held.collected_count, held.changed_count, held.gone_count) == (12, 0, 0)
    evidence = sa.select(sa.func.count()).where(StoredObservation.run_id == held.id)
    assert db.session.scalar(evidence) == 12
    db.session.expire_all()
    assert set(db.session.scalars(sa.select(Device.engine_id))) == before


def test_run_of_a_deleted_range_fails_with_a_reason(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    range_id = add_range(sqlite_app)
    run_id = _request(range_id, clock)
    with transaction() as session:
        session.delete(session.get_one(AddressRange, range_id))
    with pytest.raises(ParcError, match="Office was deleted"):
        discover(tools_for(sqlite_app, SimulatedNetwork(), clock), run_id)


def test_run_ends_with_one_line_of_totals(
    sqlite_app: Flask, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="parc.discovery")
    range_id = add_range(sqlite_app)
    sweep(sqlite_app, range_id, _many(2), clock)
    lines = [record.getMessage() for record in caplog.records if "addresses" in record.message]
    assert len(lines) == 1
    assert "of Office done: 254 addresses, 2 up, 2 read, 0 failed, 2 new" in lines[0]
    assert "canary" not in caplog.text


def test_moments_of_a_run_are_those_of_its_clock(sqlite_app: Flask, clock: SteppingClock) -> None:
    start = clock()
    run = sweep(sqlite_app, add_range(sqlite_app), SimulatedNetwork(), clock)
    assert run.created_at == start
    assert run.started_at == run.ended_at == start + timedelta(seconds=5)
