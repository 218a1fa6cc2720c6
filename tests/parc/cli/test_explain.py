"""``parc explain asset`` tells the rule, its values and what else was considered."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from collectors.observation import Observation, Source, to_json
from parc.cli.explain import explain
from parc.cli.values import values
from parc.errors import NotFoundError
from parc.extensions import transaction
from parc.models import Device, StoredObservation
from tests.conftest import SOME_MOMENT
from tests.factories import (
    make_asset,
    make_device,
    make_linked_device,
    make_observation,
    make_run,
)


def _keep(session: Session, device: Device, observation: Observation | None = None) -> None:
    observation = observation or make_observation()
    session.add(
        StoredObservation(
            run_id=None if observation.agent_id else make_run(session).id,
            device_id=device.id,
            address=observation.address,
            source=observation.source.value,
            observed_at=SOME_MOMENT,
            body=zlib.compress(to_json(observation)),
        )
    )


def test_serial_number_that_two_devices_show_is_told(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session)
        fields = {"manufacturer": "Cisco", "serial_number": "FOC1234A0B1"}
        device = make_linked_device(session, asset, address="192.0.2.1", **fields)
        make_device(session, **fields)
        _keep(session, device)
        tag = asset.asset_tag
    output = CliRunner().invoke(explain, ["asset", tag]).output
    assert "several known devices share this key" in output
    assert "found by address (partial): 192.0.2.1" in output


def test_explanation_names_rule_values_and_what_else_was_considered(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session, name="core")
        fields = {"manufacturer": "Cisco", "serial_number": "FOC1234A0B1"}
        device = make_linked_device(session, asset, address="192.0.2.9", **fields)
        make_device(session, address="192.0.2.1", sys_name="sw1", serial_number="OTHER1")
        _keep(session, device)
        tag, number = asset.asset_tag, device.id
    for text in (tag, "core"):
        result = CliRunner().invoke(explain, ["asset", text])
        assert result.exit_code == 0
        found = "found by manufacturer and serial number (strong): cisco foc1234a0b1"
        assert found in result.output
    told = json.loads(CliRunner().invoke(explain, ["asset", tag, "--json"]).output)
    assert told["devices"][0]["match"]["device_id"] == number


def test_machine_of_an_agent_is_explained_by_its_last_inventory(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session)
        device = make_linked_device(session, asset, agent_id="pc-1", sys_name="pc-1")
        told = make_observation(source=Source.AGENT, agent_id="pc-1", identity=None)
        _keep(session, device, told)
        tag = asset.asset_tag
    output = CliRunner().invoke(explain, ["asset", tag]).output
    assert "found by agent id (strong): pc-1" in output


def test_asset_without_evidence_or_device_is_told_so(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        bare, old = make_asset(session), make_asset(session)
        make_linked_device(session, old)
        bare_id, tag = str(bare.id), old.asset_tag
    assert "No device stands" in CliRunner().invoke(explain, ["asset", bare_id]).output
    assert "no evidence" in CliRunner().invoke(explain, ["asset", tag]).output


def test_asset_that_is_not_there_or_not_alone_is_refused(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        make_asset(session, name="twin")
        make_asset(session, name="twin")
    for text, reason in (("twin", "Several"), ("nothing", "no asset")):
        result = CliRunner().invoke(explain, ["asset", text])
        assert isinstance(result.exception, NotFoundError)
        with pytest.raises(NotFoundError, match=reason):
            raise result.exception


def test_what_sources_say_otherwise_is_told_with_its_day_and_run(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session, operating_system="Windows 11")
        make_linked_device(
            session,
            asset,
            last_seen_at=SOME_MOMENT + timedelta(days=40),
            heard={
                "agent": SOME_MOMENT.isoformat(),
                "snmp": (SOME_MOMENT + timedelta(days=40)).isoformat(),
            },
            words={
                "agent": {"at": None, "run": None, "said": {"operating_system": "Debian 12"}},
                "snmp": {
                    "at": SOME_MOMENT.isoformat(),
                    "run": 7,
                    "said": {"operating_system": "windows 11 pro", "category": "printer"},
                },
            },
        )
        tag = asset.asset_tag
    output = CliRunner().invoke(explain, ["asset", tag]).output
    day = f"{SOME_MOMENT:%Y-%m-%d}"
    assert f"operating_system is Windows 11\n  agent said Debian 12, silent since {day}" in output
    assert f"  snmp says printer, since {day}, run 7" in output
    assert "windows 11 pro" not in output
    found = json.loads(CliRunner().invoke(explain, ["asset", tag, "--json"]).output)
    assert found["said_otherwise"]["category"][0]["run_id"] == 7
    shown = json.loads(CliRunner().invoke(values, ["show", tag, "--json"]).output)
    assert shown["operating_system"]["said_otherwise"][0]["is_silent"]
    assert "snmp: printer" in CliRunner().invoke(values, ["show", tag]).output
