"""What an asset has beside its machine: purchase, warranty, holder, and its state by movements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from parc.extensions import db, reading, transaction
from parc.importers.apply import Outcome, Steps, Task, apply_import, plan_lines
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import PlannedLine
from parc.importers.reading import read_file
from parc.models import (
    Asset,
    AuditEntry,
    Department,
    LifecycleState,
    Movement,
    MovementKind,
    MovementSource,
    Person,
    Role,
    Supplier,
)
from parc.services.actor import SYSTEM, Actor
from parc.services.departments import create_department_path
from parc.services.people import PersonDraft, save_person
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.parc.importers.files import write_text

_ALL = frozenset({"supplier", "person", "place"})
_HEAD = "Nom;N° d'inventaire;Catégorie;"


def _task(path: Path, kind: str = "assets", actor: Actor = SYSTEM, **changes: Any) -> Task:
    found = read_file(path, is_known_heading)
    choices = replace(
        found_choices(KINDS[kind], found.headings), **{"beside_kinds": _ALL} | changes
    )
    overview = look_over(found, KINDS[kind], choices)
    return Task(found, KINDS[kind], choices, overview, actor, "file.csv")


def _plan(task: Task) -> list[PlannedLine]:
    return list(plan_lines(task, reading))


def _apply(task: Task, mode: Mode = Mode.ALL) -> Outcome:
    outcome = apply_import(task, Steps(transaction, lambda: SOME_MOMENT), mode, reading=reading)
    db.session.rollback()
    return outcome


def _codes(task: Task) -> list[tuple[str, str, str]]:
    return [
        (line.label, problem.heading or problem.field, problem.code)
        for line in _plan(task)
        for problem in line.problems
    ]


def _asset(tag: str) -> Asset:
    return db.session.scalars(sa.select(Asset).where(Asset.asset_tag == tag)).one()


def _people(*names: str) -> None:
    with transaction() as session:
        for name in names:
            save_person(session, SYSTEM, PersonDraft(name=name), at=SOME_MOMENT)
        create_department_path(session, SYSTEM, "Finance > Paie", at=SOME_MOMENT)


_SHEET = (
    f"{_HEAD}Date d'achat;Livraison le;Mise en service;Garantie (mois);Début de garantie;"
    "Prix d'achat HT;Fournisseur;Bon de commande;N° de bon de livraison;Facture;"
    "N° d'immobilisation;Utilisateur;Responsable technique;État;Date de retour prévue;"
    "Amortissement (mois)\n"
    "PC-1;T1;PC;01/02/2026;03/02/2026;13/02/2026;36;03/02/2026;1 234,50 €;SCC;BC-1;BL-1;F-1;"
    "I-77;Anne;Paul;En service;;60\n"
    "PC-2;T2;PC;;;;;;;scc;;;;;Marc;;En prêt;20/03/2027;\n"
    "PC-3;T3;PC;;;;;;;;;;;;Finance > Paie;;;;\n"
)


@pytest.mark.usefixtures("app")
def test_all_that_a_sheet_can_hold_is_imported_and_the_same_twice_changes_nothing(
    tmp_path: Path,
) -> None:
    _people("Anne", "Paul")
    path = write_text(tmp_path, _SHEET)

    outcome = _apply(_task(path))

    assert (outcome.refused, outcome.is_applied) == ((), True)
    one, lent = _asset("T1"), _asset("T2")
    supplier = db.session.scalars(sa.select(Supplier)).one()
    assert (one.purchased_on, one.delivered_on) == (date(2026, 2, 1), date(2026, 2, 3))
    assert (one.in_service_on, one.warranty_months) == (date(2026, 2, 13), 36)
    assert one.warranty_ends_on == date(2029, 2, 2)
    assert (one.purchase_price, one.currency) == (Decimal("1234.50"), "EUR")
    assert (one.supplier_id, lent.supplier_id) == (supplier.id, supplier.id)
    assert (one.order_number, one.delivery_note_number, one.invoice_number) == (
        "BC-1",
        "BL-1",
        "F-1",
    )
    assert (one.fixed_asset_number, one.depreciation_months) == ("I-77", 60)
    names = dict(db.session.execute(sa.select(Person.id, Person.name)).all())
    assert [names[n or 0] for n in (one.custodian_person_id, one.technician_person_id)] == [
        "Anne",
        "Paul",
    ]
    assert names[lent.custodian_person_id or 0] == "Marc"
    assert (lent.lifecycle_state, lent.loan_due_on) == (LifecycleState.ON_LOAN, date(2027, 3, 20))
    department = db.session.get_one(Department, _asset("T3").custodian_department_id)
    assert department.name == "Paie"
    entries = db.session.scalars(sa.select(Movement)).all()
    assert {(one.kind, one.source) for one in entries} == {
        (MovementKind.ENTRY, MovementSource.IMPORT)
    }
    created = sa.select(sa.func.count()).where(
        AuditEntry.subject_kind == "asset", AuditEntry.action == "created"
    )
    assert db.session.scalar(created) == 3
    assert [line.action.value for line in _plan(_task(path))] == ["unchanged"] * 3

    with transaction() as session:
        undo(session, SYSTEM, outcome.change_set_id or 0, at=SOME_MOMENT)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0


@pytest.mark.usefixtures("sqlite_app")
def test_state_and_holder_of_what_is_there_change_by_movements(tmp_path: Path) -> None:
    _people("Anne", "Paul")
    head = f"{_HEAD}État;Utilisateur\n"
    first = f"{head}A;T1;PC;En stock;\nB;T2;PC;En service;Anne\nC;T3;PC;En service;Anne\n"
    _apply(_task(write_text(tmp_path, f"{first}D;T4;PC;En service;Anne\n")))
    # no state: given to somebody, it is in use; in stock: nobody holds it any more
    path = write_text(
        tmp_path,
        f"{head}A;T1;PC;;Paul\nB;T2;PC;En stock;\nC;T3;PC;En service;Paul\nD;T4;PC;SAV;Anne\n",
    )

    planned = [line.changes for line in _plan(_task(path))]
    outcome = _apply(_task(path))

    in_use, in_stock = LifecycleState.IN_USE, LifecycleState.IN_STOCK
    assert planned == [
        {"lifecycle_state": (in_stock, in_use), "holder": (None, "Paul")},
        {"lifecycle_state": (in_use, in_stock), "holder": ("Anne", None)},
        {"holder": ("Anne", "Paul")},
        {"lifecycle_state": (in_use, LifecycleState.IN_REPAIR)},
    ]
    assert outcome.refused == ()
    moved = db.session.execute(
        sa.select(Asset.asset_tag, Movement.kind, Movement.source)
        .join(Asset, Asset.id == Movement.asset_id)
        .where(Movement.kind != MovementKind.ENTRY)
        .order_by(Movement.id)
    ).all()
    assert [tuple(row) for row in moved] == [
        ("T1", MovementKind.ASSIGNMENT, MovementSource.IMPORT),
        ("T2", MovementKind.PUT_IN_STOCK, MovementSource.IMPORT),
        ("T3", MovementKind.ASSIGNMENT, MovementSource.IMPORT),
        ("T4", MovementKind.SEND_TO_REPAIR, MovementSource.IMPORT),
    ]
    assert {line.action.value for line in _plan(_task(path))} == {"unchanged"}


@pytest.mark.usefixtures("sqlite_app")
def test_loan_is_made_longer_and_a_blank_holder_gives_back_where_blanks_clear(
    tmp_path: Path,
) -> None:
    _people("Anne")
    head = f"{_HEAD}État;Utilisateur;Date de retour prévue;Fournisseur;Responsable\n"
    _apply(
        _task(
            write_text(
                tmp_path,
                f"{head}A;T1;PC;En prêt;Anne;20/03/2027;;\nB;T2;PC;En service;Anne;;SCC;Anne\n",
            )
        )
    )
    path = write_text(
        tmp_path, f"{head}A;T1;PC;En prêt;Anne;20/04/2027;;\nB;T2;PC;En service;;;;\n"
    )

    outcome = _apply(_task(path, clears_blanks=True))

    assert outcome.refused == ()
    assert _asset("T1").loan_due_on == date(2027, 4, 20)
    given_back = _asset("T2")
    assert (given_back.custodian_person_id, given_back.supplier_id) == (None, None)
    assert given_back.technician_person_id is None


@pytest.mark.usefixtures("sqlite_app")
@pytest.mark.parametrize(
    ("head", "row", "told"),
    [
        ("État", "Volé", ("État", "state_by_movement")),
        ("État", "Réformé", ("État", "state_by_movement")),
        ("État", "En prêt", ("État", "state_by_movement")),
        ("État", "Attendu", ("État", "state_by_movement")),
        ("État;Utilisateur", "En stock;Anne", ("Utilisateur", "not_asked")),
        ("Utilisateur", "Jean", ("Utilisateur", "several_people")),
        ("Utilisateur", "Inconnue", ("Utilisateur", "beside_not_ticked")),
        ("Responsable", "Inconnue", ("Responsable", "beside_not_ticked")),
        ("Service", "Achats", ("Service", "not_found")),
        ("Prix d'achat", "-3", ("Prix d'achat", "negative_amount")),
        ("Prix d'achat", "3,1234", ("Prix d'achat", "too_many_decimals")),
        ("Garantie (mois)", "illimité", ("Garantie (mois)", "not_a_number")),
        ("Garantie (mois)", "9999", ("Garantie (mois)", "not_a_number")),
    ],
)
def test_what_cannot_be_taken_of_an_asset_that_is_there_is_told(
    tmp_path: Path, head: str, row: str, told: tuple[str, str]
) -> None:
    _people("Anne", "Jean", "Jean")
    _apply(_task(write_text(tmp_path, f"{_HEAD}État\nA;T1;PC;En service\n")))

    path = write_text(tmp_path, f"{_HEAD}{head}\nA;T1;PC;{row}\n")

    assert _codes(_task(path, beside_kinds=frozenset())) == [("A", *told)]


@pytest.mark.usefixtures("sqlite_app")
def test_disposed_asset_keeps_its_state_and_people_may_be_left_out(tmp_path: Path) -> None:
    head = f"{_HEAD}État;Utilisateur;Responsable\n"
    _apply(_task(write_text(tmp_path, f"{head}A;T1;PC;Réformé;;\n")))
    path = write_text(tmp_path, f"{head}A;T1;PC;En service;;\nB;T2;PC;;Inconnue;Inconnue\n")

    assert _codes(_task(path)) == [("A", "État", "state_by_movement")]
    lines = _plan(_task(path, beside_kinds=frozenset(), leaves_out_people=True))
    assert lines[1].notes == (
        ("technician_left_out", "Inconnue"),
        ("holder_left_out", "Inconnue"),
    )


@pytest.mark.usefixtures("sqlite_app")
def test_batch_that_is_refused_is_written_row_by_row(tmp_path: Path) -> None:
    """A supplier may not be made by a technician: that row alone is refused."""
    path = write_text(tmp_path, f"{_HEAD}Fournisseur\nA;T1;PC;\nB;T2;PC;SCC\nC;T3;PC;\n")
    actor = Actor("tech", Role.TECHNICIAN)

    outcome = _apply(_task(path, actor=actor), Mode.GOOD_ROWS)

    assert [line.label for line in outcome.refused] == ["B"]
    assert db.session.scalars(sa.select(Asset.name).order_by(Asset.id)).all() == ["A", "C"]


_FIRMS = (
    "Nom;Rôles;Téléphone du support;E-mail du support;Portail;N° de client;Adresse;Notes\n"
    "SCC;Fournisseur, Mainteneur;01 02;Help@scc.example;scc.example;C-1;Lyon;bon\n"
    "Orange;Opérateur;;;;;;\n"
)


@pytest.mark.usefixtures("app")
def test_suppliers_are_imported_and_the_same_twice_changes_nothing(tmp_path: Path) -> None:
    path = write_text(tmp_path, _FIRMS)

    outcome = _apply(_task(path, "suppliers"))

    assert outcome.refused == ()
    first = db.session.scalars(sa.select(Supplier).order_by(Supplier.id)).first()
    assert first is not None
    assert (first.name, first.roles) == ("SCC", ["supplier", "maintainer"])
    assert (first.support_email, first.portal_url) == ("help@scc.example", "https://scc.example")
    assert [line.action.value for line in _plan(_task(path, "suppliers"))] == ["unchanged"] * 2
    changed = write_text(tmp_path, "Nom;Rôles;Téléphone;Notes\nscc;Bailleur;03;\n")
    task = _task(changed, "suppliers", clears_blanks=True)
    assert _plan(task)[0].changes == {
        "name": ("SCC", "scc"),
        "support_phone": ("01 02", "03"),
        "notes": ("bon", None),
        "roles": ("supplier, maintainer", "lessor"),
    }
    with transaction() as session:
        undo(session, SYSTEM, outcome.change_set_id or 0, at=SOME_MOMENT)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Supplier)) == 0


@pytest.mark.usefixtures("sqlite_app")
def test_suppliers_that_cannot_be_taken_are_told(tmp_path: Path) -> None:
    text = "Nom;Rôles;Portail;E-mail\nA;pirate;;\nB;;http://b.example;\nC;;;nobody\n"

    assert _codes(_task(write_text(tmp_path, text), "suppliers")) == [
        ("A", "Rôles", "unknown_word"),
        ("B", "Portail", "not_https"),
        ("C", "E-mail", "not_an_email"),
    ]
    numbers = write_text(tmp_path, "N° de client;Téléphone\nC-9;01\n")
    assert _codes(_task(numbers, "suppliers")) == [("C-9", "name", "required")]


@pytest.mark.usefixtures("sqlite_app")
def test_asset_without_a_name_is_called_by_its_tag_or_number(tmp_path: Path) -> None:
    text = (
        "Asset Name;Asset Tag;Serial;Category;Garantie;Currency;Purchase Cost\n"
        ";T-1;S-1;Laptops;3 ans;USD;10\n;;S-2;Printers;;;10\n;;;Printers;;;\n"
    )
    path = write_text(tmp_path, text)

    lines = _plan(_task(path, key=("serial_number",)))
    assert [line.changes.get("name") for line in lines] == [(None, "T-1"), (None, "S-2"), None]
    _apply(_task(path, key=("serial_number",)), Mode.GOOD_ROWS)
    asset = _asset("T-1")
    assert (asset.name, asset.warranty_months, asset.currency) == ("T-1", 36, "USD")


@pytest.mark.usefixtures("sqlite_app")
def test_directories_name_managers_by_where_they_stand(tmp_path: Path) -> None:
    text = "Nom;Manager\nMartin Anne;\nDurand Paul;CN=Martin Anne,OU=Direction,DC=mairie,DC=fr\n"
    assert _apply(_task(write_text(tmp_path, text), "people")).is_applied


@pytest.mark.usefixtures("sqlite_app")
def test_manager_who_comes_later_is_left_out_when_that_is_wanted_and_taken_next_time(
    tmp_path: Path,
) -> None:
    path = write_text(tmp_path, "Nom;Manager\nBob;Zoé\nZoé;\n")
    assert _codes(_task(path, "people")) == [("Bob", "Manager", "not_found")]

    outcome = _apply(_task(path, "people", leaves_out_people=True))
    assert outcome.summary.notes == {"manager_left_out": 1}
    again = _plan(_task(path, "people"))
    assert [line.action.value for line in again] == ["changed", "unchanged"]


@pytest.mark.usefixtures("sqlite_app")
def test_place_of_an_asset_may_stand_in_several_columns(tmp_path: Path) -> None:
    text = (
        "Nom;Type;Site;Bâtiment;Étage;Bureau\nA;PC;Lyon;B1;2;204\nB;PC;;;;204\n"
        "C;PC;Lyon > B1 > 2 > 204;;;204\n"
    )
    lines = _plan(_task(write_text(tmp_path, text)))
    whole = "Lyon > B1 > 2 > 204"
    assert [line.changes["location"][1] for line in lines] == [whole, "204", whole]


@pytest.mark.usefixtures("sqlite_app")
def test_machine_tells_who_signed_in_with_the_domain(tmp_path: Path) -> None:
    assert _apply(
        _task(write_text(tmp_path, "Nom;Identifiant\nDurand Paul;pdurand\n"), "people")
    ).is_applied
    text = "Nom;Type;Utilisateur\nPC-1;Notebook;MAIRIE\\pdurand\n"

    line = _plan(_task(write_text(tmp_path, text)))[0]
    assert line.changes["holder"] == (None, "Durand Paul")


@pytest.mark.usefixtures("sqlite_app")
def test_manager_may_be_a_row_before_of_the_same_file(tmp_path: Path) -> None:
    text = "Nom complet;Courriel;Responsable\nAda;ada@x.example;\nBob;;Ada\nEve;;Zoé\n"
    path = write_text(tmp_path, text)

    outcome = _apply(_task(path, "people", key=("name",)), Mode.GOOD_ROWS)

    assert [line.label for line in outcome.refused] == ["Eve"]
    found = {row.name: row for row in db.session.scalars(sa.select(Person))}
    assert found["Bob"].manager_id == found["Ada"].id
    path = write_text(tmp_path, text.replace("Zoé", "Bob"))
    again = _plan(_task(path, "people", key=("name",)))
    assert [line.action.value for line in again] == ["unchanged", "unchanged", "new"]
