"""Found software in the browser: the list, a sheet, its machines, a status, a rule."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs.contracts import Work
from parc.jobs.software import bring_software_up
from parc.models import (
    ChangeSet,
    Installation,
    ProductPosition,
    ProductStatus,
    Role,
    SoftwareProduct,
    SoftwareRule,
    SoftwareTitle,
    ValueSource,
)
from parc.queries.keyset import Cursor, CursorError, Order, read_token, write_token
from parc.queries.software import SORTS, SoftwareFilter, software_page
from parc.reconcile.software_invariants import examine_software
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.factories import make_device
from tests.statements import statements
from tests.web import Browser

_OLD, _NEW, _ODD = "7-Zip 19.00", "7-Zip 23.01 (x64)", "Gestion Mairie v3.2 poste"


@pytest.fixture
def products(app: Flask) -> dict[str, int]:
    """Three machines: old 7-Zip, new 7-Zip, and a program that no rule knows."""
    with transaction() as session:
        for number, name in enumerate((_OLD, _NEW, _ODD)):
            device = make_device(session, sys_name=f"pc-{number}")
            session.add(
                Installation(
                    device_id=device.id, source=ValueSource.AGENT, key=name, name=name,
                    first_seen_at=now(),
                )
            )  # fmt: skip
    _settle(app)
    with transaction() as session:
        rows = session.execute(sa.select(SoftwareProduct.name, SoftwareProduct.id))
        return {name: number for name, number in rows}  # noqa: C416 -- rows


def _settle(app: Flask) -> None:
    bring_software_up(Work(transaction, now, app.extensions["parc_settings"]))
    db.session.remove()


def test_list_counts_machines_and_hides_other_kinds(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.READ_ONLY)
    page = browser.get("/software").get_data(as_text=True)
    assert f'href="/software/{products["7-Zip"]}"' in page
    assert browser.get("/software?kind=driver").get_data(as_text=True).count("/software/1") == 0
    csv = browser.get("/software/export.csv?q=7-zip").get_data(as_text=True)
    assert "7-Zip" in csv
    assert "Mairie" not in csv
    assert browser.get("/software?kind=nothing").status_code == 422


def test_machines_with_without_and_behind(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.READ_ONLY)
    address = f"/software/{products['7-Zip']}/machines"
    assert _machines(browser, address) == {"pc-0", "pc-1"}
    assert _machines(browser, f"{address}?which=without") == {"pc-2"}
    assert _machines(browser, f"{address}?version=20") == {"pc-0"}
    sheet = browser.get(f"/software/{products['7-Zip']}").get_data(as_text=True)
    assert _OLD in sheet
    assert "23.01" in sheet


def _machines(browser: Browser, address: str) -> set[str]:
    page = browser.get(address).get_data(as_text=True)
    return {name for name in ("pc-0", "pc-1", "pc-2") if f">{name}</a>" in page}


def test_tolerated_needs_reason_day_and_owner(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.TECHNICIAN)
    ids = str(products["7-Zip"])
    form = {"chosen": ids, "status": "tolerated", "is_planned": "1"}
    answer = browser.post("/software/status", form)
    assert answer.status_code == 422
    for field in ("status_reason", "until", "owner"):
        assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_status_is_planned_set_and_undone(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.TECHNICIAN)
    with transaction() as session:
        save_person(session, SYSTEM, PersonDraft(name="Anne Martin"), at=SOME_MOMENT)
    number = products["7-Zip"]
    form = {
        "chosen": str(number), "status": "tolerated", "status_reason": "Until it is replaced",
        "until": (now() + timedelta(days=9)).date().isoformat(), "owner": "Anne Martin",
    }  # fmt: skip
    planned = browser.post("/software/status", {**form, "is_planned": "1"})
    assert "2" in planned.get_data(as_text=True)
    assert _status(number) is ProductStatus.UNDECIDED
    assert browser.post("/software/status", {**form, "is_confirmed": "1"}).status_code == 302
    assert _status(number) is ProductStatus.TOLERATED
    with transaction() as session:
        act = session.scalars(sa.select(ChangeSet)).one()
        undo(session, SYSTEM, act.id, at=now())
    assert _status(number) is ProductStatus.UNDECIDED


def _status(number: int) -> ProductStatus:
    db.session.remove()
    return db.session().get_one(SoftwareProduct, number).status


def test_rules_that_know_a_name_here_are_shown_first(app: Flask, products: dict[str, int]) -> None:
    del products
    browser = Browser(app, Role.MANAGER)
    used = browser.get("/software/rules").text
    assert "7-zip" in used
    assert "adobe framemaker" not in used
    assert "all=1" in used
    for wanted in ("?all=1", "?q=framemaker"):
        assert "adobe framemaker" in browser.get(f"/software/rules{wanted}").text


def test_rule_is_tried_saved_and_taken_back(app: Flask, products: dict[str, int]) -> None:
    del products
    browser = Browser(app, Role.MANAGER)
    form = {
        "pattern": "gestion mairie v{version} *", "product": "Gestion Mairie",
        "publisher": "Éditeur du Sud", "edition": "", "kind": "product",
    }  # fmt: skip
    tried = browser.post("/software/rules/new", form).get_data(as_text=True)
    assert _ODD in tried
    assert "Éditeur du Sud" in tried
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count(SoftwareRule.id))) == 0
    before = _meaning()
    assert browser.post("/software/rules/new", {**form, "is_confirmed": "1"}).status_code == 302
    _settle(app)
    assert _meaning() == ("Gestion Mairie", "3.2", 1)
    with transaction() as session:
        rule_id = session.scalars(sa.select(SoftwareRule.id)).one()
    browser.post(f"/software/rules/{rule_id}/take-back", {})
    _settle(app)
    assert _meaning() == before
    assert _ODD in browser.get("/software/export.csv?kind=all").get_data(as_text=True)


def _meaning() -> tuple[str, str | None, int]:
    with transaction() as session:
        query = (
            sa.select(SoftwareProduct.name, SoftwareTitle.version, SoftwareProduct.machine_count)
            .join(SoftwareProduct, SoftwareProduct.id == SoftwareTitle.product_id)
            .where(SoftwareTitle.raw_name == _ODD)
        )
        name, version, count = session.execute(query).one()
        return name, version, count


def test_pattern_that_is_too_open_is_refused(app: Flask) -> None:
    browser = Browser(app, Role.MANAGER)
    form = {"pattern": "* *", "product": "All", "kind": "product"}
    answer = browser.post("/software/rules/new", form)
    assert answer.status_code == 422
    assert 'id="pattern-error"' in answer.get_data(as_text=True)


def test_status_of_all_that_match_is_set_in_one_act(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.TECHNICIAN)
    form = {"all": "1", "filters": "/software?q=7-zip"}
    assert "1 product" in browser.post("/software/status", form).text
    ids = str(products["7-Zip"])
    form = {"chosen": ids, "status": "forbidden", "is_confirmed": "1"}
    assert browser.post("/software/status", form).status_code == 302
    assert "Forbidden software found" in browser.get("/").text
    assert "7-Zip" in browser.get("/software?status=forbidden").text


def test_pages_cost_no_more_for_more_machines(app: Flask, products: dict[str, int]) -> None:
    browser = Browser(app, Role.READ_ONLY)
    sheet = f"/software/{products['7-Zip']}"
    addresses = ("/software", sheet, f"{sheet}/machines")
    browser.get("/software")  # the first page of all asks a little more
    few = [_cost(browser, address) for address in addresses]
    with transaction() as session:
        for number in range(20):
            device = make_device(session, sys_name=f"more-{number}")
            session.add_all(
                Installation(
                    device_id=device.id, source=ValueSource.AGENT, key=name, name=name,
                    first_seen_at=SOME_MOMENT,
                )
                for name in (_OLD, f"Program {number}")
            )  # fmt: skip
    _settle(app)
    assert [_cost(browser, address) for address in addresses] == few
    with transaction() as session:
        assert examine_software(session) == []


def _cost(browser: Browser, address: str) -> int:
    with statements() as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_doctor_tells_of_counts_that_are_not_true(app: Flask, products: dict[str, int]) -> None:
    with transaction() as session:
        session.get_one(SoftwareProduct, products["7-Zip"]).machine_count = 7
        session.flush()
        (finding,) = examine_software(session)
    assert finding.detail == "7 machines, not 2"
    _settle(app)
    with transaction() as session:
        assert examine_software(session) == []


def test_products_on_as_many_machines_stand_by_name_on_every_page(
    app: Flask, products: dict[str, int]
) -> None:
    del app, products
    order = Order(SORTS["machines"], SoftwareProduct.id, is_descending=True)
    with transaction() as session:
        for name in ("zeta", "Alpha", "beta"):
            session.add(SoftwareProduct(name=name, name_folded=name.casefold(), machine_count=1))
    names: list[str] = []
    pages: list[list[str]] = []
    cursor = None
    while True:
        page = software_page(db.session(), SoftwareFilter(), order, cursor, 2)
        pages.append([row.name for row in page.rows])
        names += pages[-1]
        if page.next is None:
            break
        cursor = read_token(write_token(page.next), order.sort, is_backward=False)
    assert names == ["7-Zip", "Alpha", "beta", "Gestion Mairie v3.2 poste", "zeta"]
    assert page.previous is not None
    back = read_token(write_token(page.previous), order.sort, is_backward=True)
    assert [r.name for r in software_page(db.session(), SoftwareFilter(), order, back, 2).rows] == (
        pages[-2]
    )
    with pytest.raises(CursorError):
        read_token(write_token(Cursor(1, 2)), order.sort, is_backward=False)


def test_person_says_whether_a_product_needs_a_licence(
    app: Flask, products: dict[str, int]
) -> None:
    number, odd = products["7-Zip"], products["Gestion Mairie v3.2 poste"]
    browser = Browser(app, Role.TECHNICIAN)
    assert browser.get("/software?licence=no").text.count(f'"/software/{number}"') == 1
    assert f'"/software/{odd}"' in browser.get("/software?licence=unknown").text
    assert browser.get("/software?licence=x").status_code == 422
    asked = browser.post("/software/licence-need", {"id": [str(odd)]}).text
    assert "As the table that comes with Parc says" in asked
    refused = browser.post("/software/licence-need", {"chosen": str(odd), "is_answered": "1"})
    assert refused.status_code == 422
    answer = {"chosen": str(odd), "is_answered": "1", "licence_need": "yes"}
    sheet = browser.post("/software/licence-need", answer, follow_redirects=True).text
    assert "set by hand" in sheet
    _settle(app)
    browser.get(f"/software/{odd}/licence-need")
    csv = browser.get("/software/export.csv?licence=yes").text
    assert "Gestion Mairie" in csv
    with transaction() as session:
        position = session.get_one(ProductPosition, odd)
        assert position.is_stale
        undo(session, SYSTEM, session.scalars(sa.select(ChangeSet.id)).one(), at=now())
        assert session.get_one(SoftwareProduct, odd).licence_need is None


def test_changes_of_the_week_name_machine_product_and_versions(app: Flask) -> None:
    long_ago, lately = now() - timedelta(days=60), now() - timedelta(days=2)
    with transaction() as session:
        device = make_device(session, sys_name="pc-old")
        fresh = make_device(session, sys_name="pc-new")

        def add(number: int, name: str, came: Any, gone: Any = None, renamed: Any = None) -> None:
            session.add(
                Installation(
                    device_id=number, source=ValueSource.AGENT, key=name, name=name,
                    first_seen_at=came, gone_at=gone, retitled_at=renamed,
                    version="132.0" if renamed else None,
                    version_before="131.0" if renamed else None,
                )
            )  # fmt: skip

        add(device.id, "VLC media player", long_ago)
        add(device.id, _OLD, long_ago, gone=lately)
        add(device.id, _NEW, lately)
        add(device.id, "Mozilla Firefox (x64 fr)", long_ago, renamed=lately)
        add(device.id, "Adobe Flash Player 32 NPAPI", long_ago, gone=lately)
        add(device.id, _ODD, lately)
        add(device.id, "Mise à jour de sécurité pour Windows (KB4011574)", lately)
        add(fresh.id, "VLC media player", lately)
    _settle(app)

    browser = Browser(app, Role.READ_ONLY)

    def told(query: str = "") -> set[tuple[str, ...]]:
        text = browser.get(f"/software/changes.csv{query}").get_data(as_text=True)
        return {
            (row["Change"], row["Product"], row["Version before"], row["Version"])
            for row in csv.DictReader(io.StringIO(text))
        }

    week = {
        ("Updated", "7-Zip", "19.00", "23.01"),
        ("Updated", "Mozilla Firefox", "131.0", "132.0"),
        ("Removed", "Adobe Flash Player", "32", ""),
        ("Installed", _ODD, "", ""),
    }
    assert told() == week
    assert told("?days=1") == set()
    assert {one[0] for one in told("?kind=removed")} == {"Removed"}
    assert len(told("?what=all")) == len(week) + 1
    assert len(told("?first=with&days=30")) == len(week) + 1
    page = browser.get("/software/changes").text
    assert "pc-old" in page
    assert "pc-new" not in page
    assert "4 changes" in page
    assert browser.get("/software/changes.xlsx").data.startswith(b"PK")
    assert browser.get("/software/changes?kind=odd").status_code == 422
    assert browser.get("/software/changes?product=x").status_code == 422
    with transaction() as session:
        zip_id = session.scalars(
            sa.select(SoftwareProduct.id).where(SoftwareProduct.name == "7-Zip")
        ).one()
    assert len(told(f"?product={zip_id}")) == 1
