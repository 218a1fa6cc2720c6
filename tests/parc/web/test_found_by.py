"""The sheets of assets and devices say which match made a record and which found it."""

from __future__ import annotations

from parc.extensions import transaction
from parc.reconcile.found_by import to_stored
from parc.reconcile.identity import Key
from parc.reconcile.matching import Considered, Match
from parc.reconcile.rules import KeyKind, Reason
from parc.web.found_by import KEY_KINDS, REASONS
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_linked_device, make_run
from tests.web import Browser


def test_every_kind_of_key_and_every_reason_has_words() -> None:
    assert set(KEY_KINDS) == set(KeyKind)
    assert set(REASONS) == set(Reason)


def test_sheet_tells_rule_values_and_what_else_was_considered(administrator: Browser) -> None:
    serial = Key(KeyKind.SERIAL, "cisco foc9")
    with transaction() as session:
        run = make_run(session)
        other = make_device(session, sys_name="the-other")
        considered = (
            Considered(other.id, serial, Reason.OTHER_SERIAL, ("foc9", "foc8")),
            Considered(4711, serial, Reason.SHARED_BY_KNOWN),
        )
        created = to_stored(Match(None, None, considered), SOME_MOMENT, run.id)
        address = Match(1, Key(KeyKind.ADDRESS, "192.0.2.7"))
        last = to_stored(address, SOME_MOMENT, None)
        device = make_device(session, created_match=created, last_match=last)
        asset = make_asset(session)
        make_linked_device(session, asset, created_match=created)
    page = administrator.get(f"/devices/{device.id}").text
    assert "Why this record" in page
    assert "weak: only at its place" in page
    assert "<code>192.0.2.7</code>" in page
    assert f'href="/devices/{other.id}">the-other</a>' in page
    assert "other serial number (foc9 / foc8)" in page
    assert "device 4711, gone" in page
    assert f'href="/runs/{run.id}"' in page
    assert "2 others were considered" in administrator.get(f"/assets/{asset.id}").text


def test_device_without_a_kept_match_has_no_such_card(administrator: Browser) -> None:
    with transaction() as session:
        device = make_device(session)
    assert "Why this record" not in administrator.get(f"/devices/{device.id}").text
