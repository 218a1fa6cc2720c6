"""The inbox follows the inventory whatever happened to it, in whatever order it is looked at."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.config import InboxSettings
from parc.extensions import db
from parc.models import Asset, Device, DeviceStatus, InboxEntry, InboxState, LifecycleState
from parc.queries.inbox_cause import Scope
from parc.reconcile.inbox import Settled, settle
from parc.services.actor import SYSTEM
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_range

pytestmark = pytest.mark.usefixtures("sqlite_app")
RULES = InboxSettings(listed_per_run=2)
DEVICES = 6

changes = st.lists(
    st.fixed_dictionaries(
        {
            "device": st.integers(0, DEVICES - 1),
            "serial": st.sampled_from((None, "AB12345", "CD67890")),
            "mac": st.sampled_from((None, "00:11:22:33:44:55", "da:a1:19:00:00:01")),
            "status": st.sampled_from(DeviceStatus),
            "is_absent": st.booleans(),
            "state": st.sampled_from(
                [LifecycleState.IN_USE, LifecycleState.MISSING, LifecycleState.IN_STOCK]
            ),
            "days": st.integers(0, 30),
        }
    ),
    min_size=1,
    max_size=8,
)
SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _world(session: Session) -> tuple[list[Device], list[Asset]]:
    address_range = make_range(session)
    seen = [
        make_device(session, range_id=address_range.id, manufacturer="Dell", sys_name=f"d{n}")
        for n in range(DEVICES)
    ]
    owned = [make_asset(session, last_seen_at=SOME_MOMENT) for _ in range(DEVICES)]
    return seen, owned


def _change(seen: list[Device], owned: list[Asset], change: dict[str, Any]) -> int:
    place: int = change["device"]
    device, asset = seen[place], owned[place]
    device.serial_number, device.base_mac_address = change["serial"], change["mac"]
    device.status = change["status"]
    device.asset_id = asset.id if device.status is DeviceStatus.LINKED else None
    device.absent_since = SOME_MOMENT if change["is_absent"] else None
    asset.lifecycle_state = change["state"]
    return place


def _standing(session: Session) -> list[tuple[str, str, str]]:
    query = sa.select(InboxEntry.kind, InboxEntry.key, InboxEntry.fingerprint)
    rows = session.execute(query.where(InboxEntry.state == InboxState.OPEN))
    return sorted((kind.value, key, told) for kind, key, told in rows)


@SLOW
@given(changes)
def test_settling_twice_changes_nothing_and_no_entry_is_doubled(done: list[dict[str, Any]]) -> None:
    with Session(db.engine) as session:
        seen, owned = _world(session)
        now = SOME_MOMENT
        for change in done:
            now += timedelta(days=change["days"])
            _change(seen, owned, change)
            settle(session, SYSTEM, RULES, now)
            assert settle(session, SYSTEM, RULES, now) == Settled()
            keys = Counter((kind, key) for kind, key, _told in _standing(session))
            assert set(keys.values()) <= {1}


@SLOW
@given(changes, st.randoms(use_true_random=False))
def test_parts_in_any_order_say_what_the_whole_says(
    done: list[dict[str, Any]], random: Any
) -> None:
    with Session(db.engine) as session:
        seen, owned = _world(session)
        settle(session, SYSTEM, RULES, SOME_MOMENT)
        apart = list({_change(seen, owned, change) for change in done})
        random.shuffle(apart)
        for place in apart:
            scope = Scope(frozenset({seen[place].id}), frozenset({owned[place].id}))
            settle(session, SYSTEM, RULES, SOME_MOMENT, scope)
        changed = frozenset(seen[place].id for place in apart)
        settle(session, SYSTEM, RULES, SOME_MOMENT, Scope(changed, is_end=True))
        by_parts = _standing(session)
        assert settle(session, SYSTEM, RULES, SOME_MOMENT) == Settled()
        assert _standing(session) == by_parts


@SLOW
@given(changes)
def test_entries_close_when_every_cause_is_gone(done: list[dict[str, Any]]) -> None:
    with Session(db.engine) as session:
        seen, owned = _world(session)
        for change in done:
            _change(seen, owned, change)
        settle(session, SYSTEM, RULES, SOME_MOMENT)
        for device, asset in zip(seen, owned, strict=True):
            device.status, device.asset_id = DeviceStatus.IGNORED, None
            asset.lifecycle_state = LifecycleState.IN_USE
        settle(session, SYSTEM, RULES, SOME_MOMENT)
        assert _standing(session) == []
        ended = session.scalars(sa.select(InboxEntry)).all()
        assert all(entry.reason and entry.closed_by for entry in ended)
