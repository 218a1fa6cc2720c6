"""The queue of unknown devices and the dashboard."""

from __future__ import annotations

from collectors.observation import Category
from parc.clock import now
from parc.extensions import db, transaction
from parc.models import Asset, AuditEntry, CategorySign, Device, DeviceStatus, RunState, Service
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_linked_device, make_range, make_run
from tests.web import Browser


def _status(device_id: int) -> DeviceStatus:
    db.session.rollback()
    device = db.session.get(Device, device_id)
    assert device is not None
    return device.status


def test_queue_shows_signs_and_assets_that_may_be_the_device(administrator: Browser) -> None:
    with transaction() as session:
        same_serial = make_asset(session, name="twin-serial", serial_number="FOC9")
        same_mac = make_asset(session, name="twin-mac")
        make_linked_device(session, same_mac, base_mac_address="00:11:22:33:44:55")
        device = make_device(
            session,
            sys_name="twin-mac",
            serial_number="FOC9",
            base_mac_address="00:11:22:33:44:55",
            category=Category.SWITCH,
        )
        session.add(
            CategorySign(
                device_id=device.id, category=Category.SWITCH, weight=0.9, reason="port 161 open"
            )
        )
        session.add(Service(device_id=device.id, key="udp/161", is_guess=True))
        make_device(session, serial_number="To be filled by O.E.M.")
        make_asset(session, name="stand-in", serial_number="To be filled by O.E.M.")
    page = administrator.get("/devices").text
    assert "port 161 open" in page
    assert f'href="/assets/{same_serial.id}"' in page
    assert "same MAC, same name" in page
    assert "stand-in" not in page
    sheet = administrator.get(f"/devices/{device.id}").text
    assert "udp/161" in sheet
    assert "same serial number" in sheet
    assert administrator.get("/devices?category=switch&q=foc9").text.count("<tr>") == 2
    assert administrator.get("/devices?category=spoon").status_code == 422
    assert administrator.get("/devices/4711").status_code == 404


def test_accepted_device_becomes_an_asset(administrator: Browser) -> None:
    with transaction() as session:
        device = make_device(session, sys_name="new-switch")
    administrator.post("/devices/decide", {"id": str(device.id), "action": "accept"})
    assert _status(device.id) is DeviceStatus.LINKED
    assert db.session.query(Asset.name).all() == [("new-switch",)]
    answer = administrator.get(f"/devices/{device.id}")
    assert answer.status_code == 302
    again = administrator.post("/devices/decide", {"id": str(device.id), "action": "accept"})
    assert again.status_code == 409


def test_all_that_match_are_accepted_at_once(administrator: Browser) -> None:
    with transaction() as session:
        for number in range(3):
            make_device(session, sys_name=f"prn-{number}", category=Category.PRINTER)
        other = make_device(session, sys_name="other")
    data = {"all": "1", "filters": "/devices?category=printer&q=prn", "action": "accept"}
    assert administrator.post("/devices/decide", data).status_code == 302
    assert db.session.query(Asset).count() == 3
    assert _status(other.id) is DeviceStatus.UNKNOWN


def test_device_is_attached_to_an_asset_that_is_searched_for(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, name="core", search_text="core", serial_number="FOC5")
        device = make_device(session, sys_name="x", serial_number="FOC5")
    chosen = {"id": str(device.id)}
    page = administrator.post("/devices/decide", {**chosen, "action": "attach"}).text
    assert "same serial number" in page
    assert "core" in administrator.post("/devices/attach", {**chosen, "q": "cor"}).text
    assert "No asset matches." in administrator.post("/devices/attach", {**chosen, "q": "zz"}).text
    assert administrator.post("/devices/attach", {**chosen, "asset_id": "x"}).status_code == 422
    administrator.post("/devices/attach", {**chosen, "asset_id": str(asset.id)})
    assert _status(device.id) is DeviceStatus.LINKED


def test_device_is_ignored_with_a_reason_and_taken_back(administrator: Browser) -> None:
    with transaction() as session:
        device = make_device(session, sys_name="visitor")
    chosen = {"id": str(device.id)}
    page = administrator.post("/devices/decide", {**chosen, "action": "ignore"}).text
    assert "visitor" in page
    for wrong in (
        {"reason": ""},
        {"reason": "a", "until": "2001-01-01"},
        {"reason": "a", "until": "x"},
    ):
        answer = administrator.post("/devices/ignore", {**chosen, **wrong})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    data = {**chosen, "reason": "guest phone", "until": "2999-12-31"}
    assert administrator.post("/devices/ignore", data).status_code == 302
    assert _status(device.id) is DeviceStatus.IGNORED
    queue = administrator.get("/devices").text
    assert f'action="/devices/restore/{device.id}"' in queue
    ignored = administrator.get("/devices/ignored").text
    assert "guest phone" in ignored
    assert "until 2999-12-31" in ignored
    administrator.post(f"/devices/restore/{device.id}")
    assert _status(device.id) is DeviceStatus.UNKNOWN
    assert administrator.post("/devices/restore/1,x").status_code == 404


def test_decision_needs_rows_and_a_known_word(administrator: Browser) -> None:
    with transaction() as session:
        device = make_device(session)
    assert administrator.post("/devices/decide", {"action": "accept"}).status_code == 400
    answer = administrator.post("/devices/decide", {"id": str(device.id), "action": "burn"})
    assert answer.status_code == 422
    answer = administrator.post("/devices/decide", {"id": "4711", "action": "accept"})
    assert answer.status_code == 404


def test_dashboard_counts_what_waits_and_links_to_it(administrator: Browser) -> None:
    assert "Nothing is known of your network yet." in administrator.get("/").text
    with transaction() as session:
        make_asset(session)
        make_device(session)
        good, bad = make_range(session, name="good"), make_range(session, name="bad")
        make_run(session, good, state=RunState.FAILED)
        make_run(session, good)
        make_run(session, bad, state=RunState.INTERRUPTED, ended_at=SOME_MOMENT)
        make_run(session, make_range(session, name="new"), state=RunState.RUNNING)
    administrator.app.extensions["parc_facets"][None].forget()
    page = administrator.get("/").text
    assert '<a class="figure warning" href="/devices"><b>1</b>' in page
    assert 'class="figure bad"' in page
    assert 'href="/assets?state=in_use"' in page
    assert "Interrupted" in page
    assert "Running" in page


def test_dashboard_tells_nothing_of_logins(administrator: Browser) -> None:
    with transaction() as session:
        for kind, name in (("user", "new-login"), ("credential", "core-community")):
            session.add(_entry(kind, name))
        session.add(_entry("asset", "known-switch"))
    page = administrator.get("/").text
    assert "known-switch" in page
    assert "new-login" not in page
    assert "core-community" not in page


def _entry(kind: str, name: str) -> AuditEntry:
    return AuditEntry(
        at=now(),
        author="Ada",
        subject_kind=kind,
        subject_id=1,
        subject_name=name,
        action="created",
        changes={},
    )
