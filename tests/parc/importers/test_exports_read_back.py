"""What Parc exports it reads back: the plan of an export changes nothing, in either language."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from parc.extensions import reading, transaction
from parc.importers.apply import Task, plan_lines
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import best_kind, is_known_heading
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import EntitlementType, LifecycleState, Role
from parc.services.actor import SYSTEM
from parc.services.asset_batches import NewAsset, create_assets
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


def _plan(app: Flask, path: Path, kind: str) -> list[tuple[str, str, Any]]:
    found = read_file(path, is_known_heading)
    assert best_kind(found.headings).name == kind, found.headings
    choices = found_choices(KINDS[kind], found.headings)
    overview = look_over(found, KINDS[kind], choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    task = Task(found, KINDS[kind], choices, overview, SYSTEM, "export", settings)
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
    for kind in ("assets", "people", "places", "suppliers", "licences"):
        for ending in ("csv", "xlsx"):
            answer = browser.get(f"/{kind}/export.{ending}")
            assert answer.status_code == 200, kind
            path = tmp_path / f"{kind}.{ending}"
            path.write_bytes(answer.data)
            if lines := _plan(sqlite_app, path, kind):
                told[path.name] = lines

    assert told == {}
