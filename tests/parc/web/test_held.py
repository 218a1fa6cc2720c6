"""What only some kinds of device hold, on the sheet."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Battery, Installation, LifeCount, ManagedDevice, Outlet, Tray, ValueSource
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device
from tests.web import Browser

GONE = datetime(2026, 11, 1, tzinfo=UTC)


def stand(category: Category) -> tuple[int, int]:
    """Make an asset with one device of a kind; give both ids."""
    with transaction() as session:
        asset = make_asset(session)
        device = make_linked_device(session, asset, category=category, console_message="Paper jam")
        return asset.id, device.id


def test_a_printer_shows_counts_trays_and_display(administrator: Browser) -> None:
    asset_id, device_id = stand(Category.PRINTER)
    with transaction() as session:
        session.add(LifeCount(device_id=device_id, key="total", count=91_327, unit="impressions"))
        session.add(Tray(device_id=device_id, key="1", name="Cassette 1", capacity=500, level=120))
        session.add(Tray(device_id=device_id, key="2", name="Bypass", is_available=False))
    page = administrator.get(f"/assets/{asset_id}").text
    assert "91,327 pages" in page
    assert "120 / 500" in page
    assert "not available" in page
    assert "Paper jam" in page
    assert "Battery" not in page
    assert "/software" not in page


def test_a_power_supply_shows_its_battery(administrator: Browser) -> None:
    asset_id, device_id = stand(Category.UPS)
    with transaction() as session:
        session.add(
            Battery(
                device_id=device_id,
                key="1",
                battery_status="batteryLow",
                output_source="battery",
                charge_percent=40,
                minutes_remaining=7,
                seconds_on_battery=75,
                is_replacement_needed=True,
            )
        )
    page = administrator.get(f"/assets/{asset_id}").text
    assert "Battery to be replaced" in page
    assert '<span class="badge warning">Low</span>' in page
    assert "40 %" in page


def test_a_power_strip_shows_its_outlets_in_their_order(administrator: Browser) -> None:
    asset_id, device_id = stand(Category.PDU)
    with transaction() as session:
        for number in (10, 2):
            session.add(
                Outlet(device_id=device_id, key=str(number), name=f"rack-{number}", is_on=True)
            )
        session.add(Outlet(device_id=device_id, key="3", name="sold", gone_at=GONE))
    page = administrator.get(f"/assets/{asset_id}").text
    assert page.index("rack-2") < page.index("rack-10")
    assert "sold" not in page


def test_software_is_folded_and_paged(administrator: Browser) -> None:
    asset_id, device_id = stand(Category.SERVER)
    with transaction() as session:
        session.add_all(
            Installation(
                device_id=device_id, source=ValueSource.SNMP, key=f"package {number:03}",
                name=f"package {number:03}", software_type="application",
                first_seen_at=SOME_MOMENT, gone_at=GONE if number == 1 else None,
            )
            for number in range(230)
        )  # fmt: skip
    sheet = administrator.get(f"/assets/{asset_id}").text
    assert "package 020" in sheet
    assert "package 021" not in sheet
    present, _card, gone = sheet.partition('id="gone"')
    assert "package 001" not in present
    assert "package 001" in gone
    first = administrator.get(f"/assets/{asset_id}/software").text
    assert "package 200" in first
    assert "package 201" not in first
    after = first.partition("after=")[2].partition('"')[0]
    second = administrator.get(f"/assets/{asset_id}/software?after={after}").text
    assert "package 201" in second
    assert "package 229" in second
    for wrong in ("x", "1", "1.", "²."):
        answer = administrator.get(f"/assets/{asset_id}/software?after={wrong}")
        assert answer.status_code == 422


def test_an_asset_without_software_says_so(administrator: Browser) -> None:
    asset_id, _ = stand(Category.SWITCH)
    assert "No installed software" in administrator.get(f"/assets/{asset_id}/software").text


def test_access_points_and_their_controller_know_each_other(administrator: Browser) -> None:
    asset_id, device_id = stand(Category.WIRELESS_CONTROLLER)
    with transaction() as session:
        own = make_asset(session)
        make_linked_device(
            session, own, category=Category.ACCESS_POINT, manufacturer="Cisco",
            serial_number="FGL1234A001",
        )  # fmt: skip
        own_id = own.id
        session.add_all(
            ManagedDevice(
                device_id=device_id, key=f"FGL1234A{number:03}", kind="ap", name=f"ap-{number:03}",
                manufacturer="Cisco", serial_number=f"FGL1234A{number:03}", state="up",
            )
            for number in range(1, 211)
        )  # fmt: skip
    sheet = administrator.get(f"/assets/{asset_id}").text
    assert f'<a href="/assets/{own_id}">ap-001</a>' in sheet
    assert "ap-050" in sheet
    assert "ap-051" not in sheet
    first = administrator.get(f"/assets/{asset_id}/managed").text
    assert "ap-200" in first
    assert "ap-201" not in first
    after = first.partition("after=")[2].partition('"')[0]
    assert "ap-210" in administrator.get(f"/assets/{asset_id}/managed?after={after}").text
    assert f'<a href="/assets/{asset_id}">' in administrator.get(f"/assets/{own_id}").text
    assert "It tells of no other device" in administrator.get(f"/assets/{own_id}/managed").text


def test_a_machine_that_was_met_nowhere_can_be_accepted_and_names_its_host(
    administrator: Browser,
) -> None:
    asset_id, device_id = stand(Category.HYPERVISOR)
    with transaction() as session:
        row = ManagedDevice(device_id=device_id, key="u1", kind="virtual-machine", name="mail")
        session.add(row)
        session.flush()
        number = row.id
    page = administrator.post(
        f"/assets/{asset_id}/managed", {"id": str(number)}, follow_redirects=True
    )
    assert "mail is an asset now." in page.text
    own = db.session.scalars(sa.select(ManagedDevice.asset_id)).one()
    assert f'href="/assets/{own}"' in administrator.get(f"/assets/{asset_id}/managed").text
    assert f'href="/assets/{asset_id}"' in administrator.get(f"/assets/{own}").text
