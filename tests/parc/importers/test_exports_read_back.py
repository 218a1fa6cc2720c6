"""What Parc exports it reads back: the plan of an export changes nothing, in either language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.extensions import reading, transaction
from parc.importers.apply import Task, plan_lines
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.mapping import best_kind, is_known_heading
from parc.importers.own_fields import kind_named
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import Asset, EntitlementType, LifecycleState, Role, Supplier
from parc.services.actor import SYSTEM
from parc.services.asset_batches import NewAsset, create_assets
from parc.services.assets import edit_asset
from parc.services.contract_drafts import ContractDraft
from parc.services.contract_lines import LineDraft, add_lines
from parc.services.contracts import save_contract
from parc.services.custom_fields import save_field
from parc.services.departments import create_department_path
from parc.services.entitlement_batches import NewEntitlement, create_entitlements
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from parc.services.products import product_for
from parc.services.suppliers import SupplierDraft, save_supplier
from tests.conftest import SOME_MOMENT
from tests.web import Browser


def _fill() -> None:
    at = SOME_MOMENT
    with transaction() as session:
        place = create_path(session, SYSTEM, "Lyon > Bât. A > =Salle 1", at=at)
        department = create_department_path(session, SYSTEM, "Finance > Paie", at=at)
        people = [
            save_person(session, SYSTEM, PersonDraft(**one), at=at)
            for one in (
                {"name": "Anne Émile", "email": "anne@x.example", "site": "Lyon", "phone": "+33 1"},
                {"name": "Zoé", "department": "Finance > Paie", "left_on": "2026-01-31"},
            )
        ]
        firm = SupplierDraft("SCC", ("supplier", "maintainer"), "01", customer_number="=1+1")
        save_supplier(session, SYSTEM, firm, now=at)
        save_supplier(session, SYSTEM, SupplierDraft("Orange", ("operator",)), now=at)
        usual: dict[str, Any] = {"category": "workstation", "manufacturer": "Dell"}
        create_assets(
            session,
            SYSTEM,
            [
                NewAsset({**usual, "name": "=cmd|' /C calc'!A0", "serial_number": "0012"}),
                NewAsset(
                    {**usual, "name": "PC-2", "location_id": place.id, "notes": "a;b"},
                    person_id=people[0].id,
                ),
                NewAsset(
                    {**usual, "name": "PC-3", "model_name": "-5"}, department_id=department.id
                ),
                NewAsset({"name": "PC-4", "category": "switch"}, state=LifecycleState.IN_STOCK),
            ],
            at=at,
        )
        _contract(session)
        _own_values(session)
        product = product_for(session, SYSTEM, "Office", None, at=at)
        licence: dict[str, Any] = {"product_id": product, "type": EntitlementType.SUBSCRIPTION}
        create_entitlements(
            session,
            SYSTEM,
            [
                NewEntitlement(
                    {**licence, "name": "Office", "version": "2021", "quantity": 5},
                    {"ends_on": date(2027, 1, 31)},
                ),
                NewEntitlement({**licence, "name": "Visio", "is_unlimited": True}),
            ],
            at=at,
        )


def _own_values(session: Session) -> None:
    """A value of every type in a field of one's own."""
    asset = session.scalars(sa.select(Asset).order_by(Asset.id)).first()
    assert asset is not None
    values = {
        "text": "=1+1",
        "number": "-1234.5",
        "date": "2026-03-12",
        "yes_no": "no",
        "choice": "Rouge; vif",
        "link": "https://example.org/?a=1,5",
    }
    for kind in values:
        labels = {"key": f"a_{kind}", "label_en": f"My {kind}", "label_fr": f"Mon {kind}"}
        rest: dict[str, str | bool] = {"type": kind, "choices": "Rouge; vif", "is_listed": True}
        save_field(session, SYSTEM, None, labels | rest, at=SOME_MOMENT)
    own = {f"a_{kind}": value for kind, value in values.items()}
    edit_asset(
        session, SYSTEM, asset.id, version=asset.version, values={}, custom=own, at=SOME_MOMENT
    )


def _contract(session: Session) -> None:
    """A contract with a line whose serial number nothing bears, and one of an asset."""
    firm = session.scalars(sa.select(Supplier.id)).first()
    asset = session.scalars(sa.select(Asset.asset_tag)).first()
    draft = ContractDraft(number="M-1", name="Alpha", supplier_id=str(firm), starts_on="2026-02-01")
    draft = replace(draft, initial_months="12")
    row = save_contract(session, SYSTEM, draft, now=SOME_MOMENT, today=SOME_MOMENT.date())
    lines = [LineDraft(serial_number="0077"), LineDraft(asset_tag=asset or "")]
    add_lines(
        session, SYSTEM, row.id, lines, today=SOME_MOMENT.date(), now=SOME_MOMENT,
        is_evaluated=False,
    )  # fmt: skip


def _plan(app: Flask, path: Path, kind: str) -> list[tuple[str, str, Any]]:
    found = read_file(path, is_known_heading)
    assert best_kind(found.headings).name == kind, found.headings
    with reading() as session:
        known = kind_named(session, kind)
    choices = found_choices(known, found.headings)
    overview = look_over(found, known, choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    task = Task(found, known, choices, overview, SYSTEM, "export", settings)
    return [
        (line.label, line.action.value, line.changes or line.problems)
        for line in plan_lines(task, reading)
        if line.action.value != "unchanged"
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_export_of_each_list_plans_nothing(
    sqlite_app: Flask, tmp_path: Path, language: str
) -> None:
    _fill()
    browser = Browser(sqlite_app, Role.ADMINISTRATOR, language=language)
    told = {}
    for kind in ("assets", "people", "places", "suppliers", "licences", "contracts"):
        for ending in ("csv", "xlsx"):
            rows = "/lines" if kind == "contracts" else ""
            answer = browser.get(f"/{kind}{rows}/export.{ending}")
            assert answer.status_code == 200, kind
            path = tmp_path / f"{kind}.{ending}"
            path.write_bytes(answer.data)
            if lines := _plan(sqlite_app, path, kind):
                told[path.name] = lines

    assert told == {}
