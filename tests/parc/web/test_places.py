"""Pages of places, people and departments, as a technician uses them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, transaction
from parc.models import (
    Asset,
    Attachment,
    Department,
    Interface,
    Location,
    LocationKind,
    Person,
    Role,
    WallOutlet,
)
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device
from tests.parc.web.conftest import Browse
from tests.web import Browser

SITE = {"name": "Lyon", "kind": "site", "city": "Lyon", "time_zone": "Europe/Paris"}


@pytest.fixture
def technician(browse: Browse) -> Browser:
    """A browser that is signed in as a technician."""
    return browse(Role.TECHNICIAN)


def _id_of(model: type[Location | Person | Department | WallOutlet | Asset]) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(model.id).order_by(model.id.desc())).first() or 0


def test_empty_lists_say_what_to_do_next(technician: Browser) -> None:
    for path, text in (
        ("/places", "Begin with a site"),
        ("/people", "they need no login"),
        ("/departments", "People belong to departments"),
    ):
        assert text in technician.get(path).text


def test_place_is_added_shown_changed_and_listed(technician: Browser) -> None:
    assert "Add a place" in technician.get("/places/new").text
    assert technician.post("/places/new", data=SITE).status_code == 302
    site = _id_of(Location)
    form = technician.get(f"/places/new?parent={site}").text
    assert 'value="Lyon"' in form
    room = {"name": "214", "kind": "room", "parent": "Lyon"}
    technician.post("/places/new", data=room)
    number = _id_of(Location)
    page = technician.get(f"/places/{number}").text
    assert "Europe/Paris" in page
    assert "Nothing should be here" in page
    refused = technician.post(f"/places/{number}/edit", data={**room, "parent": "Mars"})
    assert refused.status_code == 422
    assert "There is no Mars" in refused.text
    technician.post(f"/places/{number}/edit", data={**room, "code": "R214"})
    listed = technician.get("/places?q=r214").text
    assert "Lyon &gt; 214" in listed
    assert "No place matches" in technician.get("/places?q=nothing").text
    assert "Lyon > 214" in technician.get(f"/places/export.csv?kind=room&site={site}").text
    assert technician.get("/places/export.xlsx").status_code == 200
    assert technician.get("/places?kind=hut").status_code == 422
    assert technician.get("/places?site=x").status_code == 422
    assert "Lyon &gt; 214" in technician.get("/places/suggest?parent=214").text


def test_names_stand_in_the_order_of_a_dictionary(technician: Browser) -> None:
    names = ("Zoé", "Élise", "Eric", "Étienne", "Fanny", "eva")
    for name in names:
        technician.post("/people/new", data={"name": name})
        technician.post("/departments/new", data={"name": name})
    right = ["Élise", "Eric", "Étienne", "eva", "Fanny", "Zoé"]
    for path, wanted in (
        ("/people", right),
        ("/people?sort=-name", right[::-1]),
        ("/departments", right),
    ):
        page = technician.get(path).text
        assert sorted(names, key=lambda name: page.index(f">{name}</a>")) == wanted, path


def test_name_longer_than_any_is_nobody(technician: Browser) -> None:
    refused = technician.post("/people/new", data={"name": "Eva", "manager": "x" * 70_000})
    assert refused.status_code == 422
    assert "field needs your attention" in refused.text


def test_place_in_use_is_not_deleted_and_the_page_says_why(administrator: Browser) -> None:
    administrator.post("/places/new", data=SITE)
    number = _id_of(Location)
    with transaction() as session:
        asset = make_asset(session, location_id=number).id
    assert "1 asset" in administrator.get(f"/places/{number}/delete").text
    assert administrator.post(f"/places/{number}/delete").status_code == 409
    with transaction() as session:
        session.delete(session.get_one(Asset, asset))
    assert administrator.post(f"/places/{number}/delete").status_code == 302
    assert administrator.get(f"/places/{number}").status_code == 404


def test_room_shows_what_was_last_seen_on_its_outlets(
    technician: Browser, sqlite_app: Flask
) -> None:
    del sqlite_app
    with transaction() as session:
        room = Location(kind=LocationKind.SITE, name="Room")
        session.add(room)
        session.flush()
        switch = make_asset(session, name="sw1", asset_tag="SW1")
        device = make_linked_device(session, switch)
        port = Interface(device_id=device.id, key="1", if_index=1, if_name="Gi1/0/1", addresses=[])
        session.add(port)
        session.flush()
        for name, mac, place in (
            ("here", "00:00:00:00:00:01", room.id),
            ("there", "00:00:00:00:00:02", None),
            ("", "00:00:00:00:00:03", None),
        ):
            if name:
                asset = make_asset(session, name=f"pc-{name}", location_id=place)
                make_linked_device(session, asset, base_mac_address=mac)
            session.add(
                Attachment(
                    interface_id=port.id, vlan_id=0, mac_address=mac,
                    first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
                )
            )  # fmt: skip
        number = room.id
    data = {"label": "A1", "switch_tag": "SW1", "if_name": "Gi1/0/1", "notes": ""}
    assert technician.post(f"/places/{number}/outlets/new", data=data).status_code == 302
    page = technician.get(f"/places/{number}").text
    for text in ("pc-here", "belongs here", "pc-there", "has no place", "00:00:00:00:00:03"):
        assert text in page
    assert "no asset" in page
    outlet = _id_of(WallOutlet)
    assert 'value="SW1"' in technician.get(f"/outlets/{outlet}").text
    refused = technician.post(f"/outlets/{outlet}", data={**data, "switch_tag": "none"})
    assert refused.status_code == 422
    technician.post(f"/outlets/{outlet}", data={**data, "switch_tag": "", "if_name": ""})
    assert "not patched" in technician.get(f"/places/{number}").text
    assert "1" in technician.get("/places").text
    technician.post(f"/outlets/{outlet}/delete")
    assert _id_of(WallOutlet) == 0


def test_person_is_added_found_and_shown_with_what_they_hold(technician: Browser) -> None:
    technician.post("/places/new", data=SITE)
    technician.post("/departments/new", data={"name": "IT", "parent": ""})
    ada = {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "department": "IT",
        "site": "Lyon",
        "left_on": "2026-01-31",
    }
    assert technician.post("/people/new", data=ada).status_code == 302
    number = _id_of(Person)
    grace = {"name": "Grace", "manager": "ada@example.org"}
    technician.post("/people/new", data=grace)
    with transaction() as session:
        make_asset(session, name="laptop", custodian_person_id=number)
        make_asset(session, name="server", technician_person_id=number)
    page = technician.get(f"/people/{number}").text
    for text in ("laptop", "server", "Grace", "Left on 31 Jan 2026", "1 asset is still held"):
        assert text in page
    other = _id_of(Person)
    assert "Ada Lovelace (ada@example.org)" in technician.get(f"/people/{other}/edit").text
    refused = technician.post(f"/people/{other}/edit", data={**grace, "email": "no"})
    assert refused.status_code == 422
    technician.post(f"/people/{other}/edit", data={**grace, "phone": "1234"})
    assert "1234" in technician.get(f"/people/{other}").text
    department, site = _id_of(Department), _id_of(Location)
    listed = technician.get(f"/people?department={department}&site={site}&presence=left").text
    assert "Ada Lovelace" in listed
    assert "Nobody matches" in technician.get("/people?q=nobody").text
    for query in ("presence=x", "department=x", "site=x"):
        assert technician.get(f"/people?{query}").status_code == 422
    assert "Grace (#" in technician.get("/people/suggest?manager=gra").text
    assert "<option" not in technician.get("/people/suggest?manager=").text
    csv = technician.get("/people/export.csv").text
    assert "Ada Lovelace" in csv.splitlines()[2]
    assert technician.get("/people/export.xlsx").status_code == 200


def test_person_who_holds_something_is_not_deleted_from_the_page(administrator: Browser) -> None:
    administrator.post("/people/new", data={"name": "Ada"})
    number = _id_of(Person)
    with transaction() as session:
        asset = make_asset(session, custodian_person_id=number).id
    assert "1 asset" in administrator.get(f"/people/{number}/delete").text
    assert administrator.post(f"/people/{number}/delete").status_code == 409
    with transaction() as session:
        session.delete(session.get_one(Asset, asset))
    assert administrator.post(f"/people/{number}/delete").status_code == 302
    assert administrator.get(f"/people/{number}").status_code == 404


def test_department_is_added_moved_exported_and_deleted(administrator: Browser) -> None:
    administrator.post("/departments/new", data={"name": "IT", "parent": ""})
    top = _id_of(Department)
    administrator.post("/departments/new", data={"name": "Network", "parent": "IT"})
    inner = _id_of(Department)
    assert (
        administrator.post("/departments/new", data={"name": "", "parent": ""}).status_code == 422
    )
    assert 'value="IT"' in administrator.get(f"/departments/{inner}/edit").text
    administrator.post(f"/departments/{inner}/edit", data={"name": "Net", "parent": "IT"})
    with transaction() as session:
        make_asset(session, name="printer", custodian_department_id=inner)
    assert "printer" in administrator.get(f"/departments/{top}").text
    assert "IT > Net,0,1" in administrator.get("/departments/export.csv").text
    assert administrator.get("/departments/export.xlsx").status_code == 200
    assert "IT &gt; Net" in administrator.get("/departments?q=net&sort=-path").text
    assert "No department matches" in administrator.get("/departments?q=zz").text
    assert "IT &gt; Net" in administrator.get("/departments/suggest?parent=net").text
    assert "1 department below" in administrator.get(f"/departments/{top}/delete").text
    assert administrator.post(f"/departments/{top}/delete").status_code == 409
    administrator.post("/departments/new", data={"name": "Free", "parent": ""})
    free = _id_of(Department)
    assert administrator.post(f"/departments/{free}/delete").status_code == 302
    assert administrator.get(f"/departments/{free}").status_code == 404


def test_asset_keeps_technician_dates_price_and_numbers(technician: Browser) -> None:
    technician.post("/people/new", data={"name": "Ada", "email": "ada@example.org"})
    data = {
        "name": "pc",
        "category": "workstation",
        "lifecycle_state": "in_use",
        "technician_person_id": "ada",
        "purchased_on": "2024-01-31",
        "warranty_starts_on": "2024-03-15",
        "warranty_months": "36",
        "purchase_price": "1 234,5",
        "invoice_number": "F-12",
    }
    assert technician.post("/assets/new", data=data).status_code == 302
    number = _id_of(Asset)
    page = technician.get(f"/assets/{number}").text
    for text in ("Ada", "31 Jan 2024", "14 Mar 2027", "€1,234.50", "F-12"):
        assert text in page
    form = technician.get(f"/assets/{number}/edit").text
    assert "Ada (ada@example.org)" in form
    assert 'value="2027-03-14"' in form
    wrong = {
        "technician_person_id": "nobody",
        "purchased_on": "31/02/2024",
        "purchase_price": "much",
        "warranty_months": "-1",
        "currency": "E",
    }
    for field, value in wrong.items():
        refused = technician.post("/assets/new", data={**data, field: value})
        assert refused.status_code == 422, field
    history = technician.get(f"/assets/{number}/history").text
    assert "Technician in charge" in history
