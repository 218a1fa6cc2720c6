"""Records of a file that are there: changed part by part, as each would be by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db, reading, transaction
from parc.importers.apply import Outcome, Steps, Task, apply_import
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import LineAction
from parc.importers.reading import read_file
from parc.importers.targets.licences import LicenceTarget
from parc.importers.targets.made import TargetSettings
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    Person,
    ProductPosition,
    ValueSource,
)
from parc.services.actor import SYSTEM
from parc.services.entitlement_batches import (
    EntitlementChange,
    PeriodWrite,
    change_entitlements,
)
from parc.services.entitlement_drafts import EntitlementDraft, save_draft
from parc.services.entitlements import (
    add_period,
    change_entitlement,
    change_period,
    copy_dates,
)
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.parc.importers.files import write_text
from tests.statements import statements

_BESIDE = frozenset({"publisher", "supplier", "person", "place"})
_TERM = EntitlementPeriodKind.TERM


def _apply(app: Flask, folder: Path, kind: str, text: str) -> tuple[Outcome, int]:
    """Import a file; gives what came of it, and how many statements it took."""
    found = read_file(write_text(folder, text, "utf-8"), is_known_heading)
    choices = replace(found_choices(KINDS[kind], found.headings), beside_kinds=_BESIDE)
    overview = look_over(found, KINDS[kind], choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    task = Task(found, KINDS[kind], choices, overview, SYSTEM, "file.csv", settings)
    steps = Steps(transaction, lambda: SOME_MOMENT)
    with statements() as asked:
        outcome = apply_import(task, steps, Mode.GOOD_ROWS, reading=reading)
    db.session.rollback()
    return outcome, len(asked)


def _licences(numbers: Sequence[int], price: int, end: str = "31/12/2027") -> str:
    rows = (f"Tool;R{n};5;{price};12/03/2026;{end};BC-{n}\n" for n in numbers)
    heading = "Logiciel;Référence;Quantité;Prix unitaire;Date d'achat;Date d'expiration;N° commande"
    return "".join((f"{heading}\n", *rows))


def test_changed_licences_take_as_many_statements_as_few_and_can_be_undone(
    app: Flask, tmp_path: Path
) -> None:
    _apply(app, tmp_path, "licences", _licences(range(20), 10))
    with transaction() as session:
        assert session.scalars(sa.select(ProductPosition.is_stale)).all() == [True]
        session.execute(sa.update(ProductPosition).values(is_stale=False))
    few = _apply(app, tmp_path, "licences", _licences(range(3), 11))[1]
    many, count = _apply(app, tmp_path, "licences", _licences(range(20), 12))
    later = _apply(app, tmp_path, "licences", _licences(range(2), 12, "31/12/2028"))[0]

    assert many.summary.counts[LineAction.CHANGED] == 20
    assert count <= few + 2
    assert db.session.scalars(sa.select(ProductPosition.is_stale)).all() == [True]
    told = sa.select(AuditEntry.action).where(AuditEntry.change_set_id == many.change_set_id)
    assert sorted(db.session.scalars(told)) == ["changed"] * 20 + ["term_changed"] * 20
    told = sa.select(AuditEntry.action).where(AuditEntry.change_set_id == later.change_set_id)
    assert db.session.scalars(told).all() == ["term_added"] * 2
    assert len(db.session.scalars(sa.select(EntitlementPeriod.id)).all()) == 22

    with transaction() as session:
        for act in (later, many):
            undo(session, SYSTEM, act.change_set_id or 0, at=SOME_MOMENT)
    db.session.rollback()
    costs = db.session.scalars(sa.select(EntitlementPeriod.cost).order_by(EntitlementPeriod.id))
    assert list(costs) == [55] * 3 + [50] * 17
    assert set(db.session.scalars(sa.select(Entitlement.ends_on))) == {date(2027, 12, 31)}


def test_changed_assets_take_as_many_statements_as_few_and_can_be_undone(
    app: Flask, tmp_path: Path
) -> None:
    def text(numbers: Sequence[int], price: int) -> str:
        rows = (f"T{n};PC {n};Portable;{price};SCC\n" for n in numbers)
        heading = "N° d'inventaire;Nom;Catégorie;Prix d'achat;Fournisseur\n"
        return "".join((heading, *rows))

    _apply(app, tmp_path, "assets", text(range(20), 10))
    few = _apply(app, tmp_path, "assets", text(range(3), 11))[1]
    many, count = _apply(app, tmp_path, "assets", text(range(20), 12))

    assert many.summary.counts[LineAction.CHANGED] == 20
    assert count <= few + 2
    assert set(db.session.scalars(sa.select(Asset.purchase_price))) == {Decimal("12.00")}
    of_price = sa.select(AssetField.source).where(AssetField.field == "purchase_price")
    assert set(db.session.scalars(of_price)) == {ValueSource.CSV}
    with transaction() as session:
        undo(session, SYSTEM, many.change_set_id or 0, at=SOME_MOMENT)
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Asset.purchase_price))) == {10, 11}


def test_asset_that_others_changed_meanwhile_is_refused_and_the_rest_is_written(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from parc.importers.targets.assets import AssetTarget

    with transaction() as session:
        for number in range(3):
            make_asset(session, name=f"PC {number}", asset_tag=f"T{number}")
    real = AssetTarget.write_changed

    def meddle(self: AssetTarget, session: Session, *args: Any, **kwargs: Any) -> Any:
        stranger = sa.update(Asset).where(Asset.asset_tag == "T1").values(version=Asset.version + 1)
        session.connection().execute(stranger)
        return real(self, session, *args, **kwargs)

    monkeypatch.setattr(AssetTarget, "write_changed", meddle)
    text = "N° d'inventaire;Notes;Technicien\n" + "".join(f"T{n};new;Ada\n" for n in range(3))
    outcome, _count = _apply(sqlite_app, tmp_path, "assets", text)

    assert outcome.summary.counts[LineAction.CHANGED] == 2
    assert [line.problems[0].code for line in outcome.refused] == ["changed_meanwhile"]
    notes = db.session.scalars(sa.select(Asset.notes).order_by(Asset.id)).all()
    assert notes == ["new", None, "new"]
    assert db.session.scalars(sa.select(Person.name)).all() == ["Ada"]


def test_person_of_a_part_that_was_not_written_is_made_again_for_its_row(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LicenceTarget._write_rest
    answers = iter([False, True, False, False])

    def refuse_second(self: LicenceTarget, *args: Any) -> None:
        if next(answers):
            raise NotFoundError("what a row names has gone meanwhile")
        real(self, *args)

    monkeypatch.setattr(LicenceTarget, "_write_rest", refuse_second)
    text = "Logiciel;Affecté à\nTool;Ada\nOther;Ada\n"
    outcome, _count = _apply(sqlite_app, tmp_path, "licences", text)

    assert outcome.summary.counts[LineAction.NEW] == 2
    assert outcome.refused == ()
    assert db.session.scalars(sa.select(Person.name)).all() == ["Ada"]


def _state(session: Session, number: int) -> tuple[Any, ...]:
    """Give all that is kept of a licence, without what tells it apart."""
    own = {"id", "changes", "entitlement_id", "subject_id", "reference", "search_text"}
    of_it = EntitlementPeriod.entitlement_id == number
    told = sa.select(AuditEntry).where(
        AuditEntry.subject_id == number, AuditEntry.subject_kind == "entitlement"
    )
    rows = [
        session.get_one(Entitlement, number, populate_existing=True),
        *session.scalars(sa.select(EntitlementPeriod).where(of_it).order_by(EntitlementPeriod.id)),
        *session.scalars(told.order_by(AuditEntry.id)),
    ]
    return tuple(
        {
            c.key: getattr(row, c.key)
            for c in sa.inspect(row).mapper.column_attrs
            if c.key not in own
        }
        for row in rows
    )


def test_batch_changes_a_licence_as_its_form_does(app: Flask) -> None:
    del app
    numbers = []
    values = {"name": "Tööl 2", "quantity": 7, "contract_number": "C1"}
    term = {"ends_on": date(2027, 1, 1), "cost": Decimal(9)}
    later = {"starts_on": date(2027, 1, 2), "ends_on": date(2028, 1, 1)}
    with transaction() as session:
        for reference in ("one", "two"):
            draft = EntitlementDraft(name="Tool", reference=reference, quantity="5")
            row = save_draft(session, SYSTEM, draft, at=SOME_MOMENT)
            first = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
            period = add_period(session, SYSTEM, row.id, _TERM, first, at=SOME_MOMENT)
            numbers.append((row.id, period.id))
    (one, its), (other, others) = numbers
    with transaction() as session:
        change_entitlement(session, SYSTEM, one, values, at=SOME_MOMENT)
        change_period(session, SYSTEM, its, term, at=SOME_MOMENT)
        add_period(session, SYSTEM, one, _TERM, later, at=SOME_MOMENT)
        periods = (PeriodWrite(_TERM, term, others), PeriodWrite(_TERM, later))
        change = EntitlementChange(other, values, periods)
        change_entitlements(session, SYSTEM, [change], at=SOME_MOMENT)
    with transaction() as session:
        assert _state(session, one) == _state(session, other)
        entries = sa.select(AuditEntry.changes).where(AuditEntry.action != "created")
        told = session.scalars(entries.order_by(AuditEntry.id)).all()
        assert told[-6:-3] == told[-3:]
        row = session.get_one(Entitlement, other)
        assert (row.ends_on, row.row_version) == (date(2028, 1, 1), 5)
        assert "tool 2" in row.search_text
        copy_dates(session, row)
        assert not session.dirty or not session.is_modified(row)


@pytest.mark.parametrize(
    ("values", "periods", "code"),
    [
        ({"name": ""}, (), "required"),
        ({"quantity": -1}, (), "out_of_bounds"),
        ({"reference": "one"}, (), "taken"),
        ({}, (PeriodWrite(_TERM, {"starts_on": date(2027, 1, 2), "ends_on": date(2027, 1, 1)}),),
         "before_start"),
    ],
)  # fmt: skip
def test_batch_refuses_what_the_form_refuses(
    sqlite_app: Flask, values: dict[str, Any], periods: Sequence[PeriodWrite], code: str
) -> None:
    del sqlite_app
    with transaction() as session:
        for reference in ("one", "two"):
            draft = EntitlementDraft(name="Tool", reference=reference)
            number = save_draft(session, SYSTEM, draft, at=SOME_MOMENT).id
    change = EntitlementChange(number, values, periods)
    with transaction() as session, pytest.raises(InvalidInputError) as caught:
        change_entitlements(session, SYSTEM, [change], at=SOME_MOMENT)
    assert [problem.code for problem in caught.value.problems] == [code]
    missing = PeriodWrite(_TERM, {"cost": Decimal(1)}, 999)
    for wrong in (EntitlementChange(999), EntitlementChange(number, {}, [missing])):
        with transaction() as session, pytest.raises(NotFoundError):
            change_entitlements(session, SYSTEM, [wrong], at=SOME_MOMENT)
