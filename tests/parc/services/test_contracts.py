"""Tests of contracts over time: terms, renewals, notice, corrections, and nothing half done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AuditEntry,
    Base,
    ChangeSet,
    ChangeSetKind,
    Contract,
    ContractPeriod,
    Entitlement,
    Movement,
    MovementKind,
    Role,
    SoftwareProduct,
)
from parc.services import contracts as service
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.contract_drafts import ContractDraft
from parc.services.contract_lines import RuleDraft, add_rule, add_typed
from parc.services.contract_removal import Naming, count_naming, delete_contract
from parc.services.entitlements import create_entitlement
from parc.services.movement_kinds import Order
from parc.services.movements import apply as apply_movement
from parc.services.touched_assets import follow_noted
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.contract_world import TODAY, make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset

TACIT = {"renewal": "tacit", "renewal_months": "12", "notice_count": "3"}


def _make(**values: Any) -> int:
    with transaction() as session:
        return make_contract(session, **values).id


def _terms(number: int) -> list[tuple[str, str, str]]:
    db.session.rollback()
    query = sa.select(ContractPeriod).where(ContractPeriod.contract_id == number)
    rows = db.session.scalars(query.order_by(ContractPeriod.position))
    return [(row.kind.value, row.starts_on.isoformat(), row.ends_on.isoformat()) for row in rows]


def _contract(number: int) -> Contract:
    db.session.rollback()
    return db.session.get_one(Contract, number)


def test_new_contract_knows_its_dates(app: Flask) -> None:
    del app
    number = _make(**TACIT)
    row = _contract(number)
    assert (row.ends_on, row.notice_by) == (date(2026, 12, 31), date(2026, 9, 30))
    assert _terms(number) == [("initial", "2026-01-01", "2026-12-31")]


def test_contract_that_began_long_ago_gets_the_terms_that_have_passed(app: Flask) -> None:
    del app
    number = _make(**TACIT, starts_on="2023-06-15")
    assert [(kind, ends) for kind, _, ends in _terms(number)] == [
        ("initial", "2024-06-14"),
        ("tacit", "2025-06-14"),
        ("tacit", "2026-06-14"),
        ("tacit", "2027-06-14"),
    ]
    assert _contract(number).notice_by == date(2027, 3, 14)


def test_contract_renews_itself_when_its_term_is_over(app: Flask) -> None:
    del app
    number = _make(**TACIT)
    noticed = _make(**TACIT)
    with transaction() as session:
        service.give_notice(session, SOME_PERSON, noticed, given_on="2026-09-01", now=SOME_MOMENT)
    for day, count in ((date(2026, 12, 31), 0), (date(2027, 1, 1), 1), (date(2027, 1, 1), 0)):
        with transaction() as session:
            assert service.roll_over_due(session, day, SOME_MOMENT, 100) == count
    assert _terms(number)[1:] == [("tacit", "2027-01-01", "2027-12-31")]
    assert len(_terms(noticed)) == 1


def test_renewal_adds_a_term_and_keeps_what_was(app: Flask) -> None:
    del app
    number = _make(renewal="express", amount="100", notice_count="1")
    with transaction() as session:
        service.give_notice(session, SOME_PERSON, number, given_on="30/11/2026", now=SOME_MOMENT)
        service.renew_contract(
            session, SOME_PERSON, number, months="24", amount="1 200,50", note="n", now=SOME_MOMENT
        )
    assert _terms(number) == [
        ("initial", "2026-01-01", "2026-12-31"),
        ("express", "2027-01-01", "2028-12-31"),
    ]
    row = _contract(number)
    assert (row.notice_given_on, row.notice_by) == (None, date(2028, 11, 30))
    amounts = db.session.scalars(sa.select(ContractPeriod.amount).order_by(ContractPeriod.position))
    assert [str(amount) for amount in amounts] == ["100.00", "1200.50"]
    actions = db.session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.subject_kind == "contract")
    )
    assert list(actions) == ["created", "notice_given", "renewed"]


def test_notice_is_taken_back(app: Flask) -> None:
    del app
    number = _make(**TACIT)
    with transaction() as session:
        service.give_notice(
            session, SOME_PERSON, number, given_on="2026-09-01", note="RAR 12", now=SOME_MOMENT
        )
    assert _contract(number).notice_note == "RAR 12"
    with transaction() as session:
        service.withdraw_notice(session, SOME_PERSON, number, now=SOME_MOMENT)
    assert _contract(number).notice_given_on is None
    with pytest.raises(ConflictError), transaction() as session:
        service.withdraw_notice(session, SOME_PERSON, number, now=SOME_MOMENT)


def _change(session: Session, number: int, **values: str) -> None:
    row = session.get_one(Contract, number)
    draft = {
        "number": row.number,
        "name": row.name,
        "supplier_id": str(row.supplier_id),
        "starts_on": "2026-01-01",
        **values,
    }
    service.save_contract(
        session,
        SOME_PERSON,
        ContractDraft(**draft),
        now=SOME_MOMENT,
        today=TODAY,
        contract_id=number,
        version=row.version,
    )


def test_start_can_be_corrected_until_somebody_has_renewed(app: Flask) -> None:
    del app
    number = _make(**TACIT)
    with transaction() as session:
        _change(session, number, **TACIT, starts_on="2025-02-01")
    assert [ends for _, _, ends in _terms(number)] == ["2026-01-31", "2027-01-31"]
    with transaction() as session:
        service.renew_contract(session, SOME_PERSON, number, months="12", now=SOME_MOMENT)
    with pytest.raises(InvalidInputError) as caught, transaction() as session:
        _change(session, number, **TACIT, starts_on="2026-02-01")
    assert [one.code for one in caught.value.problems] == ["is_renewed"]


def test_change_of_another_version_is_refused(app: Flask) -> None:
    del app
    number = _make()
    draft = ContractDraft(number="x", name="y", starts_on="2026-01-01")
    which = {"contract_id": number, "version": 99}
    with pytest.raises(ConflictError), transaction() as session:
        service.save_contract(session, SOME_PERSON, draft, now=SOME_MOMENT, today=TODAY, **which)


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"supplier_id": ""}, "supplier_id", "required"),
        ({"supplier_id": "4711"}, "supplier_id", "unknown_choice"),
        ({"maintainer_id": "x"}, "maintainer_id", "unknown_choice"),
        ({"starts_on": ""}, "starts_on", "required"),
        ({"starts_on": "31/02/2026"}, "starts_on", "not_a_date"),
        ({"initial_months": "0"}, "initial_months", "out_of_bounds"),
        ({"renewal": "perhaps"}, "renewal", "unknown_choice"),
        ({"notice_count": "-1"}, "notice_count", "not_a_number"),
        ({"amount": "many"}, "amount", "not_an_amount"),
        ({"currency": "DOGE"}, "currency", "unknown_choice"),
        ({"week_from": "8h", "week_to": ""}, "week_to", "window_needs_both"),
        ({"week_from": "25:00", "week_to": "9:00"}, "week_from", "not_a_time"),
        ({"time_zone": "Mars/Base"}, "time_zone", "not_a_time_zone"),
        ({"response_hours": "9999"}, "response_hours", "out_of_bounds"),
        ({"alert_days": "1,2,3,4,5,6,7,8,9,10,11"}, "alert_days", "too_many_lines"),
        ({"alert_days": "soon"}, "alert_days", "not_a_number"),
        ({"support_email": "nobody"}, "support_email", "not_an_email"),
    ],
)
def test_contract_is_refused(
    sqlite_app: Flask, values: dict[str, str], field: str, code: str
) -> None:
    del sqlite_app
    with transaction() as session:
        supplier = str(make_supplier(session).id)
    usual = {"number": "1", "name": "n", "supplier_id": supplier, "starts_on": "2026-01-01"}
    with pytest.raises(InvalidInputError) as caught, transaction() as session:
        service.save_contract(
            session, SOME_PERSON, ContractDraft(**{**usual, **values}), now=SOME_MOMENT, today=TODAY
        )
    assert (field, code) in [(one.field, one.code) for one in caught.value.problems]


def test_number_is_taken_once_a_supplier(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        supplier = make_supplier(session)
        make_contract(session, supplier_id=supplier.id, number="7")
        make_contract(session, number="7")
    with pytest.raises(InvalidInputError), transaction() as session:
        make_contract(session, supplier_id=supplier.id, number="7")


def test_renewal_and_notice_are_refused(sqlite_app: Flask) -> None:
    del sqlite_app
    number = _make()
    with pytest.raises(InvalidInputError), transaction() as session:
        service.renew_contract(session, SOME_PERSON, number, months="x", now=SOME_MOMENT)
    with pytest.raises(InvalidInputError), transaction() as session:
        service.give_notice(session, SOME_PERSON, number, given_on="2027-01-01", now=SOME_MOMENT)
    with pytest.raises(NotFoundError), transaction() as session:
        service.renew_contract(session, SOME_PERSON, 4711, months="1", now=SOME_MOMENT)
    technician = Actor(name="Bo", role=Role.TECHNICIAN)
    with pytest.raises(NotAllowedError), transaction() as session:
        service.renew_contract(session, technician, number, months="1", now=SOME_MOMENT)


def test_renewal_that_breaks_off_leaves_nothing_half_done(app: Flask) -> None:
    del app
    number = _make(**TACIT)
    before = _terms(number)
    with pytest.raises(ZeroDivisionError), transaction() as session:  # noqa: PT012 -- breaks off
        service.renew_contract(session, SOME_PERSON, number, months="12", now=SOME_MOMENT)
        raise ZeroDivisionError
    assert _terms(number) == before
    assert _contract(number).ends_on == date(2026, 12, 31)


def test_deleted_contract_is_told_by_what_named_it_and_comes_back_as_it_was(app: Flask) -> None:
    del app
    number = _make(name="Printers", number="M-1")
    with transaction() as session:
        asset = make_asset(session, asset_tag="P1", name="hp", category=Category.PRINTER).id
        rule = RuleDraft(category="printer")
        add_rule(session, SOME_PERSON, number, rule, today=TODAY, now=SOME_MOMENT)
        add_typed(session, SOME_PERSON, number, "P1\nS-9", today=TODAY, now=SOME_MOMENT)
        reason = {"reason": "fuser", "contract_id": number}
        order = Order(MovementKind.COMPONENT_CHANGE, TODAY, texts=reason)
        moved = apply_movement(session, SOME_PERSON, asset, order, at=SOME_MOMENT).id
        product = SoftwareProduct(name="Spooler", name_folded="spooler")
        session.add(product)
        session.flush()
        values = {"name": "Spooler", "product_id": product.id, "contract_number": "M-1"}
        licence = create_entitlement(session, SOME_PERSON, values, at=SOME_MOMENT).id
    before = _rows_of(number)
    assert [len(rows) for rows in before] == [1, 2, 1, 1]
    assert _named(moved, licence) == (number, number, date(2026, 12, 31))
    with transaction() as session:
        assert count_naming(session, number) == Naming(movements=1, licences=1)
        act = delete_contract(session, SOME_PERSON, number, now=SOME_MOMENT)
        assert act is not None
        deletion = act.id
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    assert [len(rows) for rows in _rows_of(number)] == [0, 0, 0, 0]
    assert _named(moved, licence) == (None, None, None)
    said = sa.select(AuditEntry.subject_kind, AuditEntry.subject_id, AuditEntry.changes)
    told = {
        tuple(row)[:2]: row[2]
        for row in db.session.execute(said.where(AuditEntry.change_set_id == deletion))
    }
    assert told["asset", asset] == told["entitlement", licence]
    assert told["asset", asset] == {"contract_id": ["M-1 (Printers)", None]}
    assert ("contract", number) in told
    _make()  # takes no id that has been another's
    with transaction() as session:
        undo(session, SOME_PERSON, deletion, at=SOME_MOMENT)
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    assert _rows_of(number) == before
    assert _named(moved, licence) == (number, number, date(2026, 12, 31))
    with transaction() as session:
        again = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first()
        undo(session, SOME_PERSON, again or 0, at=SOME_MOMENT)
    assert [len(rows) for rows in _rows_of(number)] == [0, 0, 0, 0]


def _rows_of(number: int) -> list[list[Any]]:
    """Give all that hangs on a contract."""
    db.session.rollback()
    found = []
    for name in ("contract_period", "contract_line", "contract_rule", "coverage"):
        table = Base.metadata.tables[name]
        rows = sa.select(table).where(table.c.contract_id == number).order_by(table.c.id)
        found.append([tuple(row) for row in db.session.execute(rows)])
    return found


def _named(movement_id: int, licence_id: int) -> tuple[int | None, int | None, date | None]:
    """Give the contract of a movement and a licence, and until when the asset is covered."""
    movement = db.session.get_one(Movement, movement_id)
    asset = db.session.get_one(Asset, movement.asset_id)
    licence = db.session.get_one(Entitlement, licence_id)
    return movement.contract_id, licence.contract_id, asset.covered_until


def test_import_whose_contract_is_named_since_is_not_undone(app: Flask) -> None:
    del app
    with transaction() as session:
        title = {"code": "imported", "file": "c.csv"}
        with recording(session, SOME_PERSON, ChangeSetKind.IMPORT, title, SOME_MOMENT) as act:
            number = make_contract(session).id
        asset = make_asset(session).id
        about = {"reason": "fuser", "contract_id": number}
        order = Order(MovementKind.COMPONENT_CHANGE, TODAY, texts=about)
        apply_movement(session, SOME_PERSON, asset, order, at=SOME_MOMENT)
        assert act is not None
        found = find_obstacles(session, act.id)
    assert [(one.code, one.table, one.subject_kind) for one in found] == [
        ("in_use", "movement", "contract")
    ]
