"""The list of assets by holder, department, place, technician, supplier and warranty."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from parc.extensions import db, transaction
from parc.models import Department, Location, LocationKind, Person, Supplier
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.web import Browser


def _world(session: Session) -> dict[str, int]:
    unit = Department(name="Accounts")
    inner = Department(name="Payroll")
    site = Location(name="Lyon", kind=LocationKind.SITE)
    seller = Supplier(name="Shop", roles=["seller"], created_at=SOME_MOMENT, updated_at=SOME_MOMENT)
    session.add_all([unit, site, seller])
    session.flush()
    inner.parent_id = unit.id
    room = Location(name="204", kind=LocationKind.ROOM, parent_id=site.id)
    session.add_all([inner, room])
    session.flush()
    ada, bob = (
        save_person(session, SYSTEM, PersonDraft(name=name), at=SOME_MOMENT)
        for name in ("Ada", "Bob")
    )
    assert isinstance(ada, Person)
    ada.department_id = inner.id
    make_asset(session, name="of Ada", custodian_person_id=ada.id, location_id=room.id)
    make_asset(
        session,
        name="of Accounts",
        custodian_department_id=unit.id,
        location_id=site.id,
        search_text="of accounts",
    )
    make_asset(
        session,
        name="of Bob",
        custodian_person_id=bob.id,
        technician_person_id=ada.id,
        supplier_id=seller.id,
        warranty_ends_on=date(2020, 1, 1),
    )
    make_asset(session, name="loose", warranty_ends_on=date(2040, 1, 1))
    return {
        "ada": ada.id, "bob": bob.id, "unit": unit.id, "inner": inner.id, "site": site.id,
        "room": room.id, "seller": seller.id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("person={ada}", {"of Ada"}),
        ("person={ada}&person={bob}", {"of Ada", "of Bob"}),
        ("department={unit}", {"of Ada", "of Accounts"}),
        ("department={inner}", {"of Ada"}),
        ("place={site}", {"of Ada", "of Accounts"}),
        ("place={room}", {"of Ada"}),
        ("place={site}&q=accounts", {"of Accounts"}),
        ("place={site}&category=switch&person={ada}", {"of Ada"}),
        ("technician={ada}", {"of Bob"}),
        ("supplier={seller}", {"of Bob"}),
        ("warranty=over", {"of Bob"}),
        ("warranty=runs&warranty=over", {"of Bob", "loose"}),
        ("warranty=soon", set()),
        ("warranty=unknown&supplier={seller}", set()),
    ],
)
def test_list_and_export_hold_what_each_filter_says(
    administrator: Browser, query: str, names: set[str]
) -> None:
    with transaction() as session:
        ids = _world(session)
    asked = query.format(**ids)
    page = administrator.get(f"/assets?{asked}")
    assert page.status_code == 200
    told = administrator.get(f"/assets/export.csv?{asked}").text
    for name in ("of Ada", "of Accounts", "of Bob", "loose"):
        assert (f">{name}</a>" in page.text) is (name in names)
        assert (name in told) is (name in names)


def test_columns_name_technician_supplier_and_warranty(administrator: Browser) -> None:
    with transaction() as session:
        _world(session)
    chosen = {"column": ["technician_person_id", "supplier_id", "warranty_ends_on"]}
    administrator.post("/assets/columns", chosen)
    for page in (administrator.get("/assets").text, administrator.get("/assets/export.csv").text):
        assert "Technician in charge" in page
        assert "Shop" in page
    assert "2020-01-01" in administrator.get("/assets/export.csv").text


def test_whole_filter_goes_into_a_basket(administrator: Browser) -> None:
    with transaction() as session:
        ids = _world(session)
    sent = {"all": "1", "filters": f"/assets?place={ids['site']}"}
    page = administrator.post("/movements/basket", sent)
    assert page.status_code == 200
    assert "of Ada" in page.text
    assert "of Accounts" in page.text
    assert "of Bob" not in page.text


def test_filter_that_is_no_number_is_refused(administrator: Browser) -> None:
    assert administrator.get("/assets?person=ada").status_code == 422
    assert administrator.get("/assets?warranty=perhaps").status_code == 422
    db.session.rollback()
