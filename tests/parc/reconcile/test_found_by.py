"""What found a device is kept with it, and written only when the device changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from parc.models import Device
from parc.reconcile.found_by import from_stored, to_stored
from parc.reconcile.identity import Key
from parc.reconcile.matching import Considered, Match
from parc.reconcile.rules import KeyKind, Reason, Strength
from tests.conftest import SOME_MOMENT
from tests.factories import make_observation
from tests.parc.reconcile.conftest import Inventory


def test_match_is_read_as_it_was_stored() -> None:
    serial = Key(KeyKind.SERIAL, "cisco abc")
    considered = (Considered(7, serial, Reason.OTHER_SERIAL, ("abc", "xyz")),)
    match = Match(3, Key(KeyKind.ADDRESS, "192.0.2.1"), considered)
    found = from_stored(to_stored(match, SOME_MOMENT, 5), 3)
    assert found is not None
    assert found.match == match
    assert (found.at, found.run_id, found.strength) == (SOME_MOMENT, 5, Strength.PARTIAL)


def test_of_very_many_that_were_considered_the_first_are_kept() -> None:
    key = Key(KeyKind.SERIAL, "cisco abc")
    many = tuple(Considered(n, key, Reason.SHARED_BY_KNOWN) for n in range(500))
    found = from_stored(to_stored(Match(None, None, many), SOME_MOMENT, None))
    assert found is not None
    assert found.match.considered == many[:12]
    assert found.strength is None


def test_codes_of_another_version_are_no_match() -> None:
    assert from_stored(None) is None
    assert from_stored({"at": SOME_MOMENT.isoformat(), "key": ["aura", "blue"]}) is None


def test_match_is_written_with_a_new_device_and_again_only_when_it_changes(
    inventory: Inventory,
) -> None:
    first = make_observation()
    inventory.sweep(first)
    device = inventory.session.scalars(sa.select(Device)).one()
    created = from_stored(device.created_match)
    assert created is not None
    assert created.match == Match()
    assert device.last_match is None

    inventory.sweep(first)
    inventory.session.refresh(device)
    assert device.last_match is None

    assert first.system is not None
    renamed = replace(first, system=replace(first.system, sys_name="renamed"))
    later = SOME_MOMENT + timedelta(days=1)
    inventory.sweep(renamed, at=later)
    inventory.session.refresh(device)
    last = from_stored(device.last_match, device.id)
    assert last is not None
    assert last.at == later
    assert last.match.key is not None
    assert last.match.key.kind is KeyKind.SERIAL
