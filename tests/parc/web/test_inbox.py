"""The inbox as technicians work through it: one by one, in bulk, with a colleague."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.clock import now
from parc.config import InboxSettings
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AuditEntry,
    Device,
    DeviceStatus,
    Difference,
    InboxEntry,
    InboxKind,
    InboxState,
    LifecycleState,
    Role,
    RunState,
    ValueSource,
)
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM
from tests.factories import make_asset, make_device, make_linked_device, make_range, make_run
from tests.parc.web.conftest import Browse
from tests.web import Browser


def _read() -> Session:
    """Give a session that sees what requests have written."""
    db.session.rollback()
    return db.session()


def _settle() -> None:
    with transaction() as session:
        settle(session, SYSTEM, InboxSettings(), now())


def _entries(kind: InboxKind | None = None) -> list[InboxEntry]:
    db.session.rollback()
    query = sa.select(InboxEntry).order_by(InboxEntry.id)
    if kind is not None:
        query = query.where(InboxEntry.kind == kind)
    return list(db.session.scalars(query))


def _decide(browser: Browser, entry: InboxEntry, action: str, **values: str) -> int:
    return browser.post(
        "/inbox/decide", {"id": str(entry.id), "action": action, **values}
    ).status_code


def test_empty_inbox_says_so(administrator: Browser) -> None:
    page = administrator.get("/inbox").text
    assert "Nothing waits for you." in page
    assert "menu-count" not in page


def test_unknown_device_shows_why_and_what_is_proposed(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, name="twin", serial_number="FOC9")
        device = make_device(session, sys_name="newcomer", serial_number="FOC9")
    _settle()
    page = administrator.get("/inbox").text
    assert "newcomer" in page
    assert "Attach to twin: same serial number (60 of 100)" in page
    assert '<b class="menu-count">1</b>' in page
    (entry,) = _entries()
    sheet = administrator.get(f"/inbox/{entry.id}").text
    assert 'data-key="m"' in sheet
    answer = administrator.post(
        "/inbox/decide", {"id": str(entry.id), "action": "attach", "asset_id": str(asset.id)}
    )
    assert answer.headers["Location"] == "/inbox"
    (entry,) = _entries()
    assert (entry.state, entry.reason) == (InboxState.DECIDED, "attach")
    assert _read().get_one(Device, device.id).asset_id == asset.id
    assert "menu-count" not in administrator.get("/inbox").text
    assert "newcomer" in administrator.get("/inbox/closed").text


def test_menu_counts_what_the_list_beside_it_shows(administrator: Browser) -> None:
    assert "menu-count" not in administrator.get("/").text
    with transaction() as session:
        make_device(session)
    _settle()  # as the worker does, of which the pages hear nothing
    assert '<b class="menu-count">1</b>' in administrator.get("/inbox").text


def test_entry_is_decided_once(administrator: Browser) -> None:
    with transaction() as session:
        make_device(session)
    _settle()
    (entry,) = _entries()
    assert _decide(administrator, entry, "accept") == 302
    assert _decide(administrator, entry, "accept") == 409
    assert _decide(administrator, entry, "spoon") == 422


def test_ignoring_asks_for_a_reason(administrator: Browser) -> None:
    with transaction() as session:
        device = make_device(session)
    _settle()
    (entry,) = _entries()
    page = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "ignore"})
    assert 'name="reason"' in page.text
    assert _decide(administrator, entry, "ignore", reason="") == 422
    assert _decide(administrator, entry, "ignore", reason="guest", until="2100-01-01") == 302
    ignored = _read().get_one(Device, device.id)
    assert (ignored.status, ignored.ignore_reason) == (DeviceStatus.IGNORED, "guest")


def test_many_of_one_kind_are_decided_after_a_look(administrator: Browser) -> None:
    with transaction() as session:
        for number in range(3):
            make_device(session, sys_name=f"prn-{number}")
        make_asset(session, last_seen_at=now() - timedelta(days=100), name="silent")
    _settle()
    mixed = {"all": "1", "filters": "/inbox", "action": "accept"}
    assert administrator.post("/inbox/decide", mixed).status_code == 422
    filters = "/inbox?kind=unknown_device&q=prn"
    data = {"all": "1", "filters": filters, "action": "accept"}
    preview = administrator.post("/inbox/decide", data).text
    assert "3 entries are decided so." in preview
    assert _read().query(Asset).count() == 1
    ids = [str(entry.id) for entry in _entries(InboxKind.UNKNOWN_DEVICE)]
    answer = administrator.post(
        "/inbox/decide",
        {"id": ids, "action": "accept", "confirmed": "1", "filters": filters},
    )
    assert answer.headers["Location"] == filters
    assert _read().query(Asset).count() == 4


def test_entry_is_assigned_and_found_among_mine(administrator: Browser, browse: Browse) -> None:
    colleague = browse(Role.TECHNICIAN)
    reader = browse(Role.READ_ONLY)
    with transaction() as session:
        make_device(session, sys_name="for-a-colleague")
    _settle()
    (entry,) = _entries()
    page = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "assign"}).text
    assert f'value="{colleague.user_id}"' in page
    assert f'value="{reader.user_id}"' not in page
    assert _decide(administrator, entry, "assign", assignee=str(reader.user_id)) == 422
    assert _decide(administrator, entry, "assign", assignee=str(colleague.user_id)) == 302
    mine = colleague.get(f"/inbox?assignee={colleague.user_id}").text
    assert "for-a-colleague" in mine
    others = administrator.get(f"/inbox?assignee={administrator.user_id}").text
    assert "for-a-colleague" not in others
    assert _decide(administrator, entry, "mine") == 302
    assert _entries()[0].assignee_id == administrator.user_id
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id.desc()))
    assert list(actions)[:2] == ["assigned", "assigned"]


def test_entry_that_is_put_off_is_out_of_sight_until_its_day(administrator: Browser) -> None:
    with transaction() as session:
        make_device(session, sys_name="later")
    _settle()
    (entry,) = _entries()
    page = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "snooze"}).text
    assert "In 7 days" in page
    assert _decide(administrator, entry, "snooze", until="2001-01-01") == 422
    assert _decide(administrator, entry, "snooze", until="2100-01-01") == 302
    assert "later" not in administrator.get("/inbox").text
    assert "later" in administrator.get("/inbox/snoozed").text
    assert _entries()[0].due_at.year >= 2099


def test_contradiction_is_left_as_it_is_and_stays_away(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, lifecycle_state=LifecycleState.MISSING, name="lost")
        make_linked_device(session, asset)
    _settle()
    (entry,) = _entries()
    assert "“Missing”" in administrator.get(f"/inbox/{entry.id}").text
    assert _decide(administrator, entry, "leave") == 302
    _settle()
    assert [one.state for one in _entries()] == [InboxState.DECIDED]


def test_asset_found_again_is_put_into_use(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, lifecycle_state=LifecycleState.MISSING)
        make_linked_device(session, asset)
        disposed = make_asset(session, lifecycle_state=LifecycleState.DISPOSED)
        make_linked_device(session, disposed)
    _settle()
    found, gone = _entries()
    assert _decide(administrator, found, "accept") == 302
    assert _read().get_one(Asset, asset.id).lifecycle_state is LifecycleState.IN_USE
    assert _decide(administrator, gone, "accept") == 409


def test_differences_are_taken_at_once(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, name="ours")
        for name in ("name", "model_name"):
            session.add(
                Difference(
                    asset_id=asset.id,
                    field=name,
                    seen_value="seen",
                    source=ValueSource.SNMP,
                    since=now(),
                )
            )
    _settle()
    (entry,) = _entries()
    why = "Name: SNMP says “seen”, here stands “ours”"
    assert why in administrator.get("/inbox?kind=difference").text
    assert 'id="differences"' in administrator.get(f"/inbox/{entry.id}").text
    rows = administrator.get("/inbox/export.csv?kind=difference").text.splitlines()
    assert rows[1].startswith("ours,Differences,")
    assert why in rows[1]
    assert _decide(administrator, entry, "accept") == 302
    taken = _read().get_one(Asset, asset.id)
    assert (taken.name, taken.model_name) == ("seen", "seen")
    page = administrator.get("/inbox").text
    undo = re.search(r'action="(/changes/[0-9]+/undo)"', page)
    assert undo
    administrator.post(undo[1])
    assert _read().get_one(Asset, asset.id).name == "ours"
    assert [one.state for one in _entries()] == [InboxState.DECIDED, InboxState.OPEN]
    closed = administrator.get("/inbox/closed/export.csv").text.splitlines()
    assert "Take the seen values" in closed[1]
    assert administrator.get("/inbox/export.xlsx").data[:2] == b"PK"
    assert administrator.get("/inbox/snoozed/export.csv?kind=spoon").status_code == 422


def test_held_run_is_let_through_from_the_inbox(administrator: Browser) -> None:
    error = (
        "4 of 9 known devices would vanish or change their identity; "
        "more than 30 % need a person's decision"
    )
    with transaction() as session:
        run = make_run(session, make_range(session), state=RunState.HELD, error=error)
    _settle()
    (entry,) = _entries()
    page = administrator.get(f"/inbox/{entry.id}").text
    assert "4 of 9 known devices would vanish" in page
    assert f'href="/runs/{run.id}/plan"' in page
    assert _decide(administrator, entry, "accept") == 302
    assert [one.state for one in _entries()] == [InboxState.DECIDED]


def test_conflict_of_one_asset_and_a_stray_device_makes_one_record(
    administrator: Browser,
) -> None:
    values = {"manufacturer": "Dell", "serial_number": "8HK21T3", "sys_name": "pc"}
    with transaction() as session:
        asset = make_asset(session, name="pc")
        make_linked_device(session, asset, **values)
        stray = make_device(session, **values)
    _settle()
    (entry,) = _entries(InboxKind.IDENTITY_CONFLICT)
    assert _decide(administrator, entry, "accept") == 302
    assert _read().get_one(Device, stray.id).asset_id == asset.id
    assert {one.state for one in _entries()} == {InboxState.DECIDED, InboxState.CLOSED}


def test_conflict_of_two_assets_leads_to_their_merge(administrator: Browser) -> None:
    values = {"manufacturer": "Dell", "serial_number": "8HK21T3", "sys_name": "pc"}
    with transaction() as session:
        one, other = make_asset(session), make_asset(session)
        for asset in (one, other):
            make_linked_device(session, asset, **values)
    _settle()
    (entry,) = _entries()
    answer = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "accept"})
    assert answer.headers["Location"] == f"/assets/{one.id}/merge?other={other.id}"
    administrator.post(f"/assets/{one.id}/merge", {"other": str(other.id)})
    assert [e.state for e in _entries()] == [InboxState.CLOSED]


def test_conflict_of_records_without_devices_shows_both(administrator: Browser) -> None:
    with transaction() as session:
        for name, maker in (("sw-1", "Arista"), ("SW-1 of the list", "Arista Networks")):
            make_asset(session, name=name, manufacturer=maker, serial_number="JPE85975688")
    _settle()
    (entry,) = _entries()
    page = administrator.get(f"/inbox/{entry.id}").text
    assert "Compare the records" in page
    records = page.partition('id="records"')[2]
    assert all(text in records for text in ("sw-1", "SW-1 of the list", "Arista Networks"))


def test_key_that_identifies_nothing_is_told_from_the_conflict(
    administrator: Browser, browse: Browse
) -> None:
    values = {"manufacturer": "Dell", "serial_number": "8HK21T3", "sys_name": "pc"}
    with transaction() as session:
        for _ in range(2):
            make_linked_device(session, make_asset(session), **values)
    _settle()
    (entry,) = _entries()
    assert "Ignore this key" not in browse(Role.TECHNICIAN).get(f"/inbox/{entry.id}").text
    assert "Ignore this key" in administrator.get(f"/inbox/{entry.id}").text
    page = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "ignore"}).text
    assert 'name="reason"' in page
    assert 'name="until"' not in page
    assert _decide(administrator, entry, "ignore", reason="same label on all") == 302
    assert "8hk21t3" in administrator.get("/ignored-keys").text
    _settle()
    assert [e.state for e in _entries()] == [InboxState.DECIDED]


def test_reader_sees_entries_and_no_buttons(browse: Browse) -> None:
    reader = browse(Role.READ_ONLY)
    with transaction() as session:
        make_device(session, sys_name="seen")
    _settle()
    assert 'name="action"' not in reader.get("/inbox").text
    (entry,) = _entries()
    assert 'name="action"' not in reader.get(f"/inbox/{entry.id}").text


def test_filters_of_the_address_are_checked(administrator: Browser) -> None:
    with transaction() as session:
        address_range = make_range(session, name="floor")
        make_device(session, range_id=address_range.id, sys_name="printer")
    _settle()
    assert "printer" in administrator.get(f"/inbox?range={address_range.id}&age=day").text
    assert "Of today" in administrator.get("/inbox").text
    assert "printer" not in administrator.get("/inbox?age=older").text
    assert "printer" in administrator.get("/inbox?sort=-kind&assignee=nobody&q=print").text
    for wrong in ("kind=spoon", "age=old", "range=x", "sort=colour", "fork=1"):
        assert administrator.get(f"/inbox?{wrong}").status_code == 422
    assert administrator.get("/inbox/4711").status_code == 404


def test_record_of_two_machines_leads_to_its_split_or_stays_one(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session)
        for serial in ("CZC1111", "CZC2222"):
            make_linked_device(session, asset, manufacturer="HP", serial_number=serial)
    _settle()
    (entry,) = _entries()
    page = administrator.get(f"/inbox/{entry.id}").text
    assert "Devices of this record show different serial numbers" in page
    assert "One record all the same" in page
    answer = administrator.post("/inbox/decide", {"id": str(entry.id), "action": "accept"})
    assert answer.headers["Location"] == f"/assets/{asset.id}/split"
    assert _decide(administrator, entry, "leave") == 302
    _settle()
    assert [one.state for one in _entries()] == [InboxState.DECIDED]
