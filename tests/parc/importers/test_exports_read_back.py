"""What Parc exports it reads back: the plan of an export changes nothing, in either language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.errors import InvalidInputError
from parc.extensions import reading, transaction
from parc.importers.apply import Task, plan_lines
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.mapping import best_kind, is_known_heading
from parc.importers.own_fields import kind_named
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import (
    Asset,
    Entitlement,
    EntitlementType,
    LifecycleState,
    Metric,
    Role,
    Supplier,
)
from parc.services.actor import SYSTEM
from parc.services.asset_batches import NewAsset, create_assets
from parc.services.assets import edit_asset
from parc.services.contract_drafts import ContractDraft
from parc.services.contract_lines import LineDraft, add_lines
from parc.services.contracts import save_contract
from parc.services.custom_fields import save_field
from parc.services.departments import create_department_path
from parc.services.entitlement_batches import NewEntitlement, create_entitlements
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
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


_TEXT = st.text("aÉ=+-@'\";,| #0.€/\N{NO-BREAK SPACE}", min_size=1, max_size=8)
_DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31)).map(str)
_LICENCE = st.fixed_dictionaries(
    {"name": _TEXT},
    optional={
        "version": _TEXT,
        "edition": _TEXT,
        "contract_number": _TEXT,
        "publisher": _TEXT,
        "notes": st.text("a=\n-'\"", max_size=6),
        "quantity": st.integers(0, 10**8).map(str),
        "is_unlimited": st.booleans(),
        "has_downgrade": st.booleans(),
        "alert_days": st.integers(1, 999).map(str),
        "type": st.sampled_from(EntitlementType).map(str),
        "metric": st.sampled_from(Metric).map(str),
    },
)
_PERIOD = st.fixed_dictionaries(
    {},
    optional={
        "ends_on": _DAYS,
        "purchased_on": _DAYS,
        "cost": st.decimals(0, 10**8, places=2).map(str),
        "is_tax_included": st.booleans(),
        "order_number": _TEXT,
        "invoice_number": _TEXT,
        "supplier": _TEXT,
    },
)


@given(
    licences=st.lists(st.tuples(_LICENCE, _PERIOD), min_size=1, max_size=4),
    language=st.sampled_from(["fr", "en"]),
    ending=st.sampled_from(["csv", "xlsx"]),
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_export_of_any_licences_plans_nothing(
    sqlite_app: Flask,
    tmp_path: Path,
    licences: list[tuple[dict[str, Any], dict[str, Any]]],
    language: str,
    ending: str,
) -> None:
    with transaction() as session:
        session.execute(sa.delete(Entitlement))
        for number, (values, period) in enumerate(licences):
            try:
                with session.begin_nested():
                    _write_licence(session, values | {"reference": f"R{number}"}, period)
            except InvalidInputError:  # a text of blanks alone
                continue
    path = tmp_path / f"licences.{ending}"
    browser = Browser(sqlite_app, Role.ADMINISTRATOR, language=language)
    path.write_bytes(browser.get(f"/licences/export.{ending}").data)

    assert _plan(sqlite_app, path, "licences") == []


def _write_licence(session: Session, values: dict[str, Any], period: dict[str, Any]) -> None:
    row = save_draft(session, SYSTEM, EntitlementDraft(**values), at=SOME_MOMENT)
    if period:
        add_period_draft(session, SYSTEM, row.id, PeriodDraft(**period), at=SOME_MOMENT)
