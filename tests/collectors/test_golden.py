"""Every definition against a recorded walk of a device it speaks for."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition
from collectors.observation import Identity, Observation, from_json, to_json
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target
from tests.collectors.families import families

WALKS = Path(__file__).parent.parent / "walks"
DEFINITIONS = load_definitions()
WALKED = tuple(one for one in DEFINITIONS if one.id not in families())
MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def collect_walk(walk: Path, version: SnmpVersion = SnmpVersion.V2C) -> SnmpResult:
    """Collect from a recording as from a device."""
    transport = ReplayTransport(read_snmprec(walk.read_text("latin-1")))
    target = Target("192.0.2.10", (SnmpCredential(version, community="public"),))
    return asyncio.run(collect_snmp(target, transport, DEFINITIONS, lambda: MOMENT))


def without_origins(observation: Observation) -> Observation:
    """Leave out where values were read: tests of their own look at that."""
    identity = replace(observation.identity or Identity(), origins=())
    return replace(observation, identity=identity)


def without_silence(told: Any) -> Any:
    """Leave out what was not seen, so that a new field changes no expected result."""
    if isinstance(told, list):
        return [without_silence(one) for one in told]
    if not isinstance(told, dict):
        return told
    plain = {name: without_silence(one) for name, one in told.items()}
    if plain.get("complete") is False:
        del plain["complete"]
    return {name: one for name, one in plain.items() if one is not None and one not in ([], {})}


def identified(identity: Identity) -> dict[str, str]:
    """Give the fields that must say where they come from."""
    silent = {"chassis_id", "definition", "origins"}
    values = {one.name: getattr(identity, one.name) for one in fields(identity)}
    return {name: one for name, one in values.items() if one is not None and name not in silent}


@pytest.mark.parametrize("definition", WALKED, ids=lambda one: one.id)
def test_a_definition_reads_its_walk(definition: Definition, *, golden: bool) -> None:
    """A definition without a folder in tests/walks fails; --golden rewrites what is expected."""
    folder = WALKS / definition.id
    result = collect_walk(folder / "walk.snmprec")
    assert result.observation is not None
    assert result.observation.problems == ()
    assert result.observation.identity is not None
    assert result.observation.identity.definition == definition.id
    chosen = {one.field: one.value for one in result.observation.identity.origins if one.is_chosen}
    assert chosen == identified(result.observation.identity)
    made = without_origins(result.observation)
    expected = folder / "expected.json"
    if golden:
        kept = msgspec.json.encode(without_silence(msgspec.json.decode(to_json(made))))
        expected.write_bytes(msgspec.json.format(kept, indent=1) + b"\n")
    assert made == from_json(expected.read_bytes())
    assert result.requests <= 30


@pytest.mark.parametrize("definition", WALKED, ids=lambda one: one.id)
def test_version_1_reads_the_same_as_version_2c(definition: Definition) -> None:
    walk = WALKS / definition.id / "walk.snmprec"
    by_v1 = collect_walk(walk, SnmpVersion.V1)
    assert by_v1.observation is not None
    assert by_v1.observation == collect_walk(walk).observation


def test_every_walk_belongs_to_a_definition() -> None:
    folders = {one.name for one in WALKS.iterdir() if one.is_dir()}
    assert folders == {definition.id for definition in WALKED}
    assert families().keys() <= {definition.id for definition in DEFINITIONS}
