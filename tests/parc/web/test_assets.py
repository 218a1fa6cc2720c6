"""The sheet of one asset and its forms."""

from __future__ import annotations

import zlib
from datetime import timedelta

import pytest

from collectors.evidence import How, Means, Origin, to_text
from collectors.observation import Category, to_json
from parc.clock import now
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    ChangeSet,
    Component,
    Device,
    DeviceStatus,
    Difference,
    Installation,
    Interface,
    LifecycleState,
    Role,
    Service,
    Storage,
    StoredObservation,
    Supply,
    ValueSource,
)
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device, make_observation
from tests.parc.web.conftest import Browse
from tests.statements import statements
from tests.web import Browser

PAYLOAD = "<script>mark8842</script>\"'><img src=x onerror=mark8842>"


def _full_asset(text: str, port_count: int = 3) -> int:
    """An asset with every kind of part, ``text`` in every text that a device can fill."""
    with transaction() as session:
        asset = make_asset(
            session,
            name=text,
            manufacturer=text,
            model_name=text,
            serial_number=text,
            operating_system=text,
            software_revision=text,
            notes=text,
            search_text=text.casefold(),
            last_seen_at=SOME_MOMENT,
        )
        device = make_linked_device(
            session,
            asset,
            sys_name=text,
            host_name=text,
            sys_descr=text,
            sys_location=text,
            sys_contact=text,
            chassis_id=text,
            absent_since=SOME_MOMENT,
        )
        own = {"device_id": device.id}
        session.add_all(
            Interface(
                **own,
                key=f"{text}{number}",
                if_index=number,
                if_name=f"{text}{number}",
                if_alias=text,
                if_phys_address=text[:60],
                if_oper_status=1,
                addresses=[text],
            )
            for number in range(port_count)
        )
        for key, parent, kind in (("1", None, "chassis"), ("2", 1, "module"), ("3", 2, "port"),
                                  ("4", 5, "fan"), ("5", 4, "fan")):  # fmt: skip
            session.add(
                Component(**own, key=key, contained_in=parent, component_class=kind, name=text)
            )
        session.add(Supply(**own, key="1", description=text, capacity=100, level=40))
        session.add(Supply(**own, key="2", description=text, is_some_left=True))
        session.add(Storage(**own, key="1", description=text, size_bytes=10, used_bytes=4))
        session.add(Service(**own, key="tcp/80", name=text, product=text, is_guess=True))
        session.add(Installation(**own, source=ValueSource.SNMP, key=text, name=text,
                                 first_seen_at=SOME_MOMENT))  # fmt: skip
        session.add(
            Difference(
                asset_id=asset.id,
                field="name",
                seen_value=text,
                source=ValueSource.SNMP,
                since=SOME_MOMENT,
            )
        )
        session.add(
            AuditEntry(
                at=now(),  # the dashboard shows the last day only
                author=text,
                subject_kind="asset",
                subject_id=asset.id,
                subject_name=text,
                action="changed",
                changes={text: [text, text]},
            )
        )
        body = zlib.compress(to_json(make_observation(problems=())))
        session.add(
            StoredObservation(
                device_id=device.id,
                address="192.0.2.1",
                source="snmp",
                observed_at=SOME_MOMENT,
                body=body,
            )
        )
        return asset.id


def test_what_devices_say_is_text_on_every_page(administrator: Browser) -> None:
    asset_id = _full_asset(PAYLOAD)
    with transaction() as session:
        session.add(
            Device(
                status=DeviceStatus.UNKNOWN,
                address="192.0.2.9",
                sys_name=PAYLOAD,
                sys_descr=PAYLOAD,
                manufacturer=PAYLOAD,
                serial_number=PAYLOAD,
                first_seen_at=SOME_MOMENT,
                last_seen_at=SOME_MOMENT,
                reasons=[],
            )
        )
    device_id = db.session.query(Device.id).order_by(Device.id.desc()).limit(1).scalar()
    base = f"/assets/{asset_id}"
    for path in (
        "/", "/differences", "/assets", "/assets?q=script&sort=name", "/assets/suggest?q=script",
        base, f"{base}?components=all", f"{base}/interfaces", f"{base}/software", f"{base}/history",
        f"{base}/edit",
        f"{base}/observations", f"{base}/state", f"{base}/delete", "/devices",
        f"/devices/{device_id}",
    ):  # fmt: skip
        answer = administrator.get(path)
        assert answer.status_code == 200, path
        assert "<script>mark" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert "\"'><" not in answer.text, path
        assert "mark8842" in answer.text or path.endswith("observations"), path


def test_sheet_asks_the_database_as_much_for_many_parts_as_for_few(
    administrator: Browser,
) -> None:
    counts = []
    for port_count in (2, 45):
        asset_id = _full_asset(f"sw{port_count}", port_count)
        administrator.get("/account")
        with statements() as seen:
            assert administrator.get(f"/assets/{asset_id}").status_code == 200
        counts.append(len([text for text in seen if text.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 25


def test_sheet_folds_many_interfaces_and_pages_them(administrator: Browser) -> None:
    asset_id = _full_asset("core", 230)
    sheet = administrator.get(f"/assets/{asset_id}").text
    assert "core49" in sheet
    assert "core50" not in sheet
    assert "Show all" in sheet
    first = administrator.get(f"/assets/{asset_id}/interfaces").text
    assert "core199" in first
    assert "core200" not in first
    assert "after=199." in first
    after = first.partition("after=")[2].partition('"')[0]
    assert "core229" in administrator.get(f"/assets/{asset_id}/interfaces?after={after}").text
    for wrong in ("x", "1", "1.x", "-", "²"):
        answer = administrator.get(f"/assets/{asset_id}/interfaces?after={wrong}")
        assert answer.status_code == 422


def test_components_stand_under_what_holds_them_and_loops_end(administrator: Browser) -> None:
    asset_id = _full_asset("core")
    page = administrator.get(f"/assets/{asset_id}").text
    assert page.count('class="depth-0"') == 2
    assert page.count('class="depth-1"') == 2
    assert "Show 1 port or sensor too" in page
    everything = administrator.get(f"/assets/{asset_id}?components=all").text
    assert everything.count('class="depth-2"') == 1


def test_sheet_says_where_values_come_from_and_what_else_was_said(administrator: Browser) -> None:
    chosen = Origin("serial_number", "SN1", How(Means.GET, "mine", "1.3.6.1.4.1.9.9", None, "S:1"))
    other = Origin("serial_number", PAYLOAD, How("later", None, None, "someObject"), False)  # noqa: FBT003 -- a field
    with transaction() as session:
        asset = make_asset(session, serial_number="SN1")
        reasons = ["serial_number: as stored before", to_text(chosen), to_text(other)]
        make_linked_device(session, asset, reasons=reasons)
        asset_id = asset.id
    page = administrator.get(f"/assets/{asset_id}").text
    for told in (
        '<details class="origin">',
        "1.3.6.1.4.1.9.9",
        "(mine)",
        "<q>S:1</q>",
        "someObject",
    ):
        assert told in page
    assert "as stored before" not in page
    assert "<script>mark8842" not in page


def test_observation_is_shown_to_who_may_and_only_on_its_asset(browse: Browse) -> None:
    asset_id, other_id = _full_asset("core"), _full_asset("edge")
    number = db.session.query(StoredObservation.id).order_by(StoredObservation.id).first()
    assert number
    technician = browse(Role.TECHNICIAN)
    page = technician.get(f"/assets/{asset_id}/observations/{number[0]}").text
    assert "FOC1234A0B1" in page
    assert technician.get(f"/assets/{other_id}/observations/{number[0]}").status_code == 404
    assert browse(Role.READ_ONLY).get(f"/assets/{asset_id}/observations").status_code == 404


def test_broken_observation_is_no_crash(administrator: Browser) -> None:
    asset_id = _full_asset("core")
    with transaction() as session:
        row = session.query(StoredObservation).one()
        row.body = b"broken"
        number = row.id
    assert administrator.get(f"/assets/{asset_id}/observations/{number}").status_code == 404


def test_asset_is_added_edited_and_its_fields_become_the_persons(
    administrator: Browser,
) -> None:
    data = {"name": "pc-1", "category": "workstation", "lifecycle_state": "in_stock"}
    answer = administrator.post("/assets/new", data)
    assert answer.status_code == 302
    asset = db.session.query(Asset).one()
    assert asset.lifecycle_state is LifecycleState.IN_STOCK
    answer = administrator.post(
        f"/assets/{asset.id}/edit",
        {"name": "pc-1", "category": "workstation", "asset_tag": asset.asset_tag,
         "manufacturer": "Dell", "location_id": "", "version": str(asset.version)},
    )  # fmt: skip
    assert answer.headers["Location"] == f"/assets/{asset.id}"
    db.session.rollback()
    assert db.session.get(Asset, asset.id).manufacturer == "Dell"  # type: ignore[union-attr]
    page = administrator.get(f"/assets/{asset.id}").text
    assert "Lift the lock of Manufacturer" in page
    assert "pc-1 is saved." in page


def test_wrong_form_is_shown_again_with_what_was_typed(administrator: Browser) -> None:
    answer = administrator.post(
        "/assets/new",
        {"name": "", "category": "spoon", "lifecycle_state": "in_use", "notes": "kept"},
    )
    assert answer.status_code == 422
    assert "kept" in answer.text
    assert 'aria-invalid="true"' in answer.text
    for data in ({"lifecycle_state": "x"}, {"lifecycle_state": "in_use", "location_id": "x"}):
        assert administrator.post("/assets/new", {"name": "a", **data}).status_code == 422
    assert administrator.post("/assets/new", {"role": "administrator"}).status_code == 400


def test_edit_of_a_stale_form_is_a_conflict(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session)
    path = f"/assets/{asset.id}/edit"
    assert administrator.post(path, {"name": "new", "version": "99"}).status_code == 409
    assert administrator.post(path, {"name": "new", "version": "x"}).status_code == 422
    wrong = administrator.post(path, {"name": "", "version": "1"})
    assert wrong.status_code == 422


def test_state_follows_the_allowed_ways_or_a_correction(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session)
    path = f"/assets/{asset.id}/state"
    assert administrator.get(path).status_code == 200
    assert administrator.post(path, {"lifecycle_state": "disposed"}).status_code == 422
    assert administrator.post(path, {"lifecycle_state": "x"}).status_code == 422
    data = {"lifecycle_state": "disposed", "is_correction": "1", "reason": "typing error"}
    assert administrator.post(path, data).status_code == 302
    assert "typing error" in administrator.get(f"/assets/{asset.id}/history").text


def test_field_is_released_and_difference_settled(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(
            session, name="mine", manufacturer="Mine", person_fields=("name", "manufacturer")
        )
        make_linked_device(session, asset, sys_name="seen", manufacturer="Seen", sys_descr="x")
        for field in ("name", "manufacturer"):
            session.add(
                Difference(
                    asset_id=asset.id,
                    field=field,
                    seen_value="seen",
                    source=ValueSource.SNMP,
                    since=SOME_MOMENT - timedelta(days=1),
                )
            )
    page = administrator.get(f"/assets/{asset.id}").text
    assert "SNMP says seen, here stands mine" in page
    base = f"/assets/{asset.id}"
    administrator.post(f"{base}/difference", {"field": "name", "decision": "take"})
    administrator.post(f"{base}/difference", {"field": "manufacturer", "decision": "keep"})
    db.session.rollback()
    assert db.session.get(Asset, asset.id).name == "seen"  # type: ignore[union-attr]
    assert "Differences" not in administrator.get(base).text
    administrator.post(f"{base}/release", {"field": "manufacturer"})
    db.session.rollback()
    source = db.session.get(AssetField, (asset.id, "manufacturer"))
    assert source is None or source.source is not ValueSource.PERSON
    for path, data in (
        ("difference", {"field": "name", "decision": "burn"}),
        ("difference", {"field": "password", "decision": "take"}),
        ("release", {"field": "search_text"}),
        ("release", {"field": "notes"}),
    ):
        assert administrator.post(f"{base}/{path}", data).status_code == 422
    again = administrator.post(f"{base}/difference", {"field": "name", "decision": "take"})
    assert again.status_code == 404


def test_deletion_asks_and_says_what_it_touches(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, name="gone")
        device = make_linked_device(session, asset)
        bare = make_asset(session)
    assert "1 device becomes unknown again" in administrator.get(f"/assets/{asset.id}/delete").text
    assert "No device is linked" in administrator.get(f"/assets/{bare.id}/delete").text
    assert administrator.post(f"/assets/{asset.id}/delete").status_code == 302
    assert administrator.get(f"/assets/{asset.id}").status_code == 404
    db.session.rollback()
    assert db.session.get(Device, device.id).status is DeviceStatus.UNKNOWN  # type: ignore[union-attr]


def test_state_of_many_is_shown_then_changed_where_it_may(administrator: Browser) -> None:
    with transaction() as session:
        free = make_asset(session, name="free-one")
        gone = make_asset(session, name="gone-one", lifecycle_state=LifecycleState.DISPOSED)
        printer = make_asset(session, category=Category.PRINTER)
    path = "/assets/bulk-state"
    form = {"id": [str(free.id), str(gone.id)], "to": "in_repair"}
    shown = administrator.post(path, form).text
    assert "1 asset would change." in shown
    assert "gone-one" in shown
    db.session.rollback()
    assert db.session.get_one(Asset, free.id).lifecycle_state is LifecycleState.IN_USE
    chosen = {"chosen": f"{free.id},{gone.id}", "to": "in_repair", "is_confirmed": "1"}
    assert administrator.post(path, {**chosen, "reason": "x" * 256}).status_code == 422
    administrator.post(path, chosen)
    data = {"all": "1", "filters": "/assets?category=printer", "to": "in_repair"}
    answer = administrator.post(path, {**data, "is_confirmed": "1"})
    assert answer.headers["Location"] == "/assets?category=printer"
    db.session.rollback()
    assert db.session.get_one(Asset, printer.id).lifecycle_state is LifecycleState.IN_REPAIR
    assert db.session.get_one(Asset, free.id).lifecycle_state is LifecycleState.IN_REPAIR
    assert db.session.get_one(Asset, gone.id).lifecycle_state is LifecycleState.DISPOSED
    assert administrator.post(path, {"to": "in_repair"}).status_code == 400
    assert administrator.post(path, {"id": "x", "to": "in_repair"}).status_code == 422
    assert administrator.post(path, {"chosen": "1,x", "to": "in_repair"}).status_code == 422
    assert administrator.post(path, {"id": "1", "to": "x"}).status_code == 422


def test_fields_of_many_are_asked_shown_set_and_undone(administrator: Browser) -> None:
    with transaction() as session:
        one = make_asset(session, manufacturer="Old", name="one")
        same = make_asset(session, manufacturer="New", name="same")
    path = "/assets/bulk-edit"
    asked = administrator.post(path, {"id": [str(one.id), str(same.id)], "to": "in_stock"}).text
    assert f'name="chosen" value="{one.id},{same.id}"' in asked
    chosen = {"chosen": f"{one.id},{same.id}"}
    assert administrator.post(path, {**chosen, "step": "preview"}).status_code == 422
    shown = administrator.post(path, {**chosen, "step": "preview", "manufacturer": "New"}).text
    assert "1 asset would change." in shown
    assert "1 is so already." in shown
    chosen |= {"is_confirmed": "1", "manufacturer": "New"}
    assert administrator.post(path, {**chosen, "reason": "x" * 256}).status_code == 422
    done = administrator.post(path, {**chosen, "reason": "bought up"})
    assert done.status_code == 302
    assert "bought up" in administrator.get(f"/assets/{one.id}/history").text
    db.session.rollback()
    assert db.session.get_one(Asset, one.id).manufacturer == "New"
    (act,) = db.session.query(ChangeSet.id).one()
    assert administrator.post(f"/changes/{act}/undo", {}).status_code == 302
    db.session.rollback()
    assert db.session.get_one(Asset, one.id).manufacturer == "Old"


def test_fields_of_many_are_emptied_after_their_plan_was_seen(administrator: Browser) -> None:
    with transaction() as session:
        one = make_asset(session, notes="old note", manufacturer="HP", serial_number="X1")
        make_asset(session, manufacturer="New", serial_number="X1")
    path, chosen = "/assets/bulk-edit", {"chosen": str(one.id)}
    asked = administrator.post(path, {"id": str(one.id)}).text
    assert 'name="empty" value="notes"' in asked
    both = {"notes": "new", "empty": "notes", "step": "preview"}
    assert administrator.post(path, {**chosen, **both}).status_code == 422
    shown = administrator.post(path, {**chosen, "empty": "notes", "step": "preview"}).text
    assert "old note" in shown
    assert '<input type="hidden" name="empty" value="notes">' in shown
    assert administrator.post(path, {**chosen, "empty": "notes", "is_confirmed": "1"}).status_code
    db.session.rollback()
    assert db.session.get_one(Asset, one.id).notes is None
    refused = administrator.post(path, {**chosen, "manufacturer": "New", "step": "preview"}).text
    assert "This is taken already" in refused


@pytest.mark.parametrize("tab", ["", "/interfaces", "/history", "/observations"])
def test_asset_that_is_not_there_is_404(administrator: Browser, tab: str) -> None:
    assert administrator.get(f"/assets/4711{tab}").status_code == 404
