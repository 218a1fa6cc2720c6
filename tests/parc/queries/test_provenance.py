"""Sources, values before and what is gone, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parc.extensions import transaction
from parc.models import Component, Installation, Interface, LockRule, ValueSource
from parc.precedence import LockChoice, Stated
from parc.queries.provenance import (
    EARLIER_SHOWN,
    GONE_SHOWN,
    Earlier,
    earlier_values,
    gone_rows,
    read_sources,
)
from parc.services.assets import edit_asset
from parc.services.bulk import release_many
from parc.services.provenance import lock_field
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("app")


def test_what_is_gone_is_read_of_all_kinds_the_latest_first() -> None:
    with transaction() as session:
        device = make_linked_device(session, make_asset(session))
        own = {"device_id": device.id, "first_seen_at": SOME_MOMENT}
        session.add_all(
            [
                Component(**own, key="1", name="PSU", serial_number="A1", gone_at=SOME_MOMENT),
                Component(**own, key="2", name="fan"),
                Interface(
                    **own, key="Te1", if_index=1, addresses=[], gone_at=SOME_MOMENT + 2 * DAY
                ),
                Installation(
                    **own, source=ValueSource.SNMP, key="ed", name="Editor",
                    gone_at=SOME_MOMENT + DAY,
                ),
            ]
        )  # fmt: skip
        session.flush()
        found = [(row.kind, row.name, row.serial_number) for row in gone_rows(session, [device.id])]
        assert found == [
            ("interface", "Te1", None),
            ("installation", "Editor", None),
            ("component", "PSU", "A1"),
        ]
        session.add_all(
            Component(**own, key=f"x{number}", gone_at=SOME_MOMENT) for number in range(GONE_SHOWN)
        )
        session.flush()
        assert len(gone_rows(session, [device.id])) == GONE_SHOWN + 1
        assert gone_rows(session, []) == []


def test_values_before_are_the_latest_few_each_with_its_author() -> None:
    with transaction() as session:
        asset = make_asset(session, name="first")
        for number in range(EARLIER_SHOWN + 3):
            values, at = {"name": f"n{number}"}, SOME_MOMENT + number * DAY
            version = asset.version
            edit_asset(session, SOME_PERSON, asset.id, version=version, values=values, at=at)
        session.flush()
        found = earlier_values(session, asset.id, {"name": asset.name, "notes": None})
        assert set(found) == {"name"}
        assert [one.value for one in found["name"]] == ["n6", "n5", "n4", "n3", "n2"]
        assert (found["name"][0].author, found["name"][0].at) == (
            SOME_PERSON.name,
            SOME_MOMENT + 6 * DAY,
        )
        lone = make_asset(session, name="before")
        edit_asset(
            session, SOME_PERSON, lone.id, version=1, values={"name": "after"}, at=SOME_MOMENT
        )
        session.flush()
        assert earlier_values(session, lone.id, {"name": "after"})["name"] == [Earlier("before")]


def test_lock_is_read_and_lifted_with_its_source() -> None:
    with transaction() as session:
        asset = make_asset(session, name="ours", person_fields=())
        make_linked_device(session, asset, sys_name="seen")
        stated = Stated(lock=LockChoice(LockRule.DAYS, 2))
        edit_asset(
            session, SOME_PERSON, asset.id, version=1, values={"name": "mine"}, at=SOME_MOMENT,
            stated=stated,
        )  # fmt: skip
        session.flush()
        source = read_sources(session, asset.id)["name"]
        assert (source.lock, source.locked_until) == (LockRule.DAYS, SOME_MOMENT + 2 * DAY)
        assert source.locked_by == SOME_PERSON.name
        choice = LockChoice(LockRule.STATE)
        lock_field(session, SOME_PERSON, asset.id, "name", choice, at=SOME_MOMENT)
        assert read_sources(session, asset.id)["name"].locked_until is None
        release_many(session, SOME_PERSON, [asset.id], [], at=SOME_MOMENT)
        session.flush()
        assert read_sources(session, asset.id)["name"].source is ValueSource.SNMP
