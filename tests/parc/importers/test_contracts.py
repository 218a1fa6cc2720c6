"""Contracts of a file: made with their lines, which wait for assets that are not known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import NotAllowedError
from parc.extensions import db, transaction
from parc.importers.choices import Mode
from parc.importers.kinds.contracts import CONTRACTS
from parc.importers.mapping import best_kind, find_columns
from parc.jobs.contracts import Work, bring_cover_up
from parc.models import Contract, ContractLine, Coverage, Role, Supplier
from parc.services.actor import SYSTEM, Actor
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.contract_world import make_supplier
from tests.factories import make_asset
from tests.parc.importers.files import write_text
from tests.parc.importers.test_apply import _actions, _apply, _codes, _plan, _task

FILE = (
    "N° contrat;Nom du contrat;Fournisseur;Type de contrat;Début;Durée (mois);"
    "Tacite reconduction;Préavis (mois);Montant;Facturation;N° de série;Inventaire;Montant ligne\n"
    "M-1;Imprimantes;Alpha;Maintenance;01/02/2026;36;Oui;3;1 200,50 €;Annuelle;CZ1;;10\n"
    "M-1;Imprimantes;Alpha;Maintenance;01/02/2026;36;Oui;3;1 200,50 €;Annuelle;INCONNU;;\n"
    "M-1;;;;;;;;;;;P7;\n"
    "M-2;Assurance;Beta;Assurance;01/03/2026;;;;;;;;\n"
)


def _lines() -> list[tuple[str | None, int | None]]:
    query = sa.select(ContractLine.serial_number, ContractLine.asset_id)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(ContractLine.id))]


def test_headings_of_contracts_are_known() -> None:
    assert best_kind(FILE.partition("\n")[0].split(";")).name == "contracts"


def test_column_of_contracts_is_their_number_unless_another_is() -> None:
    assert find_columns(CONTRACTS, ["Contrat", "N° de série"])["number"] == 0
    found = find_columns(CONTRACTS, ["Contrat", "Numéro", "N° de série"])
    assert (found["name"], found["number"]) == (0, 1)


def test_term_is_counted_from_the_first_and_the_last_day(app: Flask, tmp_path: Path) -> None:
    del app
    text = (
        "Contrat;Fournisseur;Début;Date de fin;Devise;Montant\n"
        "A;X;01/01/2024;31/12/2026;CHF;10\nB;X;15/03/2025;15/03/2026;;10 €\n"
        "C;X;01/01/2024;17/05/2024;;\n"
    )
    task = _task(write_text(tmp_path, text), "contracts", beside_kinds=frozenset({"supplier"}))

    assert [_codes(line) for line in _plan(task)] == [[], [], [("Date de fin", "not_whole_months")]]
    _apply(task, Mode.GOOD_ROWS)
    query = sa.select(Contract.initial_months, Contract.currency).order_by(Contract.number)
    assert [tuple(row) for row in db.session.execute(query)] == [(36, "CHF"), (12, "EUR")]


def test_contracts_come_with_their_lines_and_can_be_undone(
    app: Flask, clock: SteppingClock, tmp_path: Path
) -> None:
    with transaction() as session:
        make_supplier(session, name="ALPHA")
        first = make_asset(session, serial_number="CZ1").id
        second = make_asset(session, asset_tag="P7").id
    path = write_text(tmp_path, FILE)
    refused = _plan(_task(path, "contracts"))
    assert [_codes(line) for line in refused] == [
        [],
        [],
        [],
        [("Fournisseur", "beside_not_ticked")],
    ]
    task = _task(path, "contracts", beside_kinds=frozenset({"supplier"}))
    outcome = _apply(task)
    assert outcome.is_applied
    rows = {row.number: row for row in db.session.scalars(sa.select(Contract))}
    printers, insurance = rows["M-1"], rows["M-2"]
    assert (printers.ends_on, printers.notice_by) == (date(2029, 1, 31), date(2028, 10, 31))
    assert (str(printers.amount), insurance.type.value) == ("1200.50", "insurance")
    assert _lines() == [("CZ1", first), ("INCONNU", None), (None, second)]
    assert _actions(_plan(_task(path, "contracts"))) == ["unchanged"] * 4
    work = Work(transaction, clock, app.extensions["parc_settings"])
    assert bring_cover_up(work).opened == 2
    assert outcome.change_set_id is not None
    with transaction() as session:
        session.execute(sa.delete(Coverage))
    with transaction() as session:
        undo(session, SYSTEM, outcome.change_set_id, at=SOME_MOMENT)
    db.session.rollback()
    assert db.session.scalars(sa.select(Contract)).all() == []
    assert list(db.session.scalars(sa.select(Supplier.name))) == ["ALPHA"]


def test_contract_that_lacks_something_is_told(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    text = "N° contrat;Fournisseur;Début;Inventaire\nM-1;;;\nM-2;;01/02/2026;nulle part\n;;;\n"
    lines = _plan(_task(write_text(tmp_path, text), "contracts"))
    assert [sorted(code for _, code in _codes(line)) for line in lines][:2] == [
        ["required", "required"],
        ["asset_unknown", "required"],
    ]


def test_technician_imports_no_contract(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    task = _task(write_text(tmp_path, FILE), "contracts", actor=Actor("Bo", Role.TECHNICIAN))
    with pytest.raises(NotAllowedError):
        _apply(task, Mode.GOOD_ROWS)
