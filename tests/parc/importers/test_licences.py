"""Licences of the files that they really come in: imported, seats and all, and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from parc.extensions import db, reading, transaction
from parc.importers.apply import Outcome, Steps, Task, apply_import, plan_lines
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import LineAction, PlannedLine
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import (
    Allocation,
    AuditEntry,
    Entitlement,
    EntitlementKey,
    EntitlementPeriod,
    EntitlementType,
    Metric,
    Person,
    Publisher,
    Role,
    SoftwareProduct,
    Supplier,
)
from parc.services.actor import SYSTEM, Actor
from parc.services.licence_keys import show_keys
from parc.services.people import PersonDraft, save_person
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.parc.importers.files import write_text

_LICENCES = KINDS["licences"]
_BESIDE = frozenset({"publisher", "supplier"})


def _task(app: Flask, path: Path, actor: Actor = SYSTEM, **changes: Any) -> Task:
    found = read_file(path, is_known_heading)
    choices = replace(found_choices(_LICENCES, found.headings), beside_kinds=_BESIDE)
    choices = replace(choices, **changes)
    overview = look_over(found, _LICENCES, choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    return Task(found, _LICENCES, choices, overview, actor, "licences.csv", settings)


def _plan(task: Task) -> list[PlannedLine]:
    return list(plan_lines(task, reading))


def _apply(task: Task, mode: Mode = Mode.ALL) -> Outcome:
    outcome = apply_import(task, Steps(transaction, lambda: SOME_MOMENT), mode, reading=reading)
    db.session.rollback()
    return outcome


def _codes(line: PlannedLine) -> list[tuple[str, str]]:
    return [(problem.heading or problem.field, problem.code) for problem in line.problems]


def _one(name: str) -> Entitlement:
    return db.session.scalars(sa.select(Entitlement).where(Entitlement.name == name)).one()


def _count(model: type[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


_FRENCH = (
    "Logiciel;Éditeur;Version;Type;Métrique;Quantité;Clé;N° contrat;N° commande;Fournisseur;"
    "Prix unitaire HT;Date d'achat;Date d'expiration;Affecté à;Service;Commentaire\n"
    "Office Std;Microsoft;2021;Volume;Poste;50;AAAAA-BBBBB-CCCCC-DDDDD-EEEEE;C1;BC-1;SCC;"
    "1\u202f234,56 €;12/03/2022;perpétuelle;;DSI;a\n"
    "Acrobat;Adobe;2020;Abonnement;Utilisateur;illimité;;;BC-2;SCC;;24/11/2022;31/12/2023;;;\n"
    "Total;;;;;50;;;;;;;;;;\n"
)


def test_french_spreadsheet_is_imported_undone_and_the_same_twice_changes_nothing(
    app: Flask, tmp_path: Path
) -> None:
    path = write_text(tmp_path, _FRENCH, "utf-8")
    planned = _plan(_task(app, path))
    outcome = _apply(_task(app, path))

    assert [line.action for line in planned] == [LineAction.NEW, LineAction.NEW]
    office, acrobat = _one("Office Std"), _one("Acrobat")
    assert (office.version, office.type, office.metric, office.quantity) == (
        *("2021", EntitlementType.VOLUME, Metric.DEVICE),
        50,
    )
    assert (office.ends_on, office.contract_number, office.details["department"]) == (
        None,
        "C1",
        "DSI",
    )
    assert (acrobat.is_unlimited, acrobat.quantity, acrobat.ends_on) == (
        True,
        None,
        date(2023, 12, 31),
    )
    period = db.session.scalars(
        sa.select(EntitlementPeriod).where(EntitlementPeriod.entitlement_id == office.id)
    ).one()
    assert (period.cost, period.is_tax_included, period.order_number, period.purchased_on) == (
        Decimal("61728.00"),
        False,
        "BC-1",
        date(2022, 3, 12),
    )
    key = db.session.scalars(sa.select(EntitlementKey)).one()
    assert key.ending == "EEEE"
    assert "AAAAA" not in key.sealed
    history = db.session.scalars(sa.select(AuditEntry.changes)).all()
    assert "AAAAA" not in str(history)
    assert [line.action for line in _plan(_task(app, path))] == [LineAction.UNCHANGED] * 2
    names = db.session.scalars(sa.select(SoftwareProduct.name).order_by(SoftwareProduct.id))
    assert list(names) == ["Office Std", "Adobe Acrobat"]  # as agents' names are folded

    with transaction() as session:
        shown = show_keys(session, SYSTEM, app.extensions["parc_box"], office.id, at=SOME_MOMENT)
        undo(session, SYSTEM, outcome.change_set_id or 0, at=SOME_MOMENT)
    assert shown == ["AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"]
    counted = (Entitlement, EntitlementKey, EntitlementPeriod, Publisher, SoftwareProduct, Supplier)
    assert [_count(model) for model in counted] == [0] * 6


def test_later_end_is_a_renewal_and_anything_else_corrects_the_period(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    text = "Logiciel;Date d'expiration;Fin de maintenance;Prix\nCAD;31/12/2023;31/12/2023;100,00\n"
    _apply(_task(sqlite_app, write_text(tmp_path, text)))
    later = text.replace("2023", "2024").replace("100", "120")

    task = _task(sqlite_app, write_text(tmp_path, later))
    planned = _plan(task)
    _apply(task)
    _apply(_task(sqlite_app, write_text(tmp_path, later.replace("120", "125"))))

    assert planned[0].changes["renewal"] == (date(2023, 12, 31), date(2024, 12, 31))
    assert "maintenance_renewal" in planned[0].changes
    row = _one("CAD")
    assert (row.ends_on, row.maintenance_ends_on) == (date(2024, 12, 31), date(2024, 12, 31))
    periods = db.session.execute(
        sa.select(
            EntitlementPeriod.kind, EntitlementPeriod.ends_on, EntitlementPeriod.cost
        ).order_by(EntitlementPeriod.id)
    ).all()
    assert [(kind.value, str(day), cost) for kind, day, cost in periods] == [
        ("term", "2023-12-31", Decimal("100.00")),
        ("maintenance", "2023-12-31", None),
        ("term", "2024-12-31", Decimal("125.00")),
        ("maintenance", "2024-12-31", None),
    ]


_SEATS = (
    "Full Name,Email,Username,Item name,serial number,manufacturer,purchase date,purchase cost,"
    "order number,expiration date,maintained,reassignable,seats\n"
    "Anne Martin,anne@example.org,amartin,Visio,KEY-1,Microsoft,11/24/2008,$12.58,PO1,,yes,1,\n"
    "Petit Luc,,,Visio,KEY-2,Microsoft,11/24/2008,$12.58,PO1,,yes,1,\n"
    "Nobody Known,x@example.org,,Visio,KEY-1,Microsoft,11/24/2008,$12.58,PO1,,yes,1,\n"
)


def _people() -> None:
    with transaction() as session:
        for name, email in (("Anne Martin", "anne@example.org"), ("Luc Petit", "")):
            save_person(session, SYSTEM, PersonDraft(name=name, email=email), at=SOME_MOMENT)


def test_rows_that_are_seats_make_one_licence_with_its_holders(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    _people()
    path = write_text(tmp_path, _SEATS)
    task = _task(sqlite_app, path, is_per_seat=True)

    refused = _plan(task)
    outcome = _apply(_task(sqlite_app, path, is_per_seat=True, beside_kinds=_BESIDE | {"person"}))

    assert task.overview.seats.is_likely
    assert (task.overview.seats.rows, task.overview.seats.groups) == (3, 1)
    assert [_codes(line) for line in refused] == [[("Full Name", "beside_not_ticked")]]
    problem = refused[0].problems[0]
    assert (problem.value, problem.detail) == ("Nobody Known", "Nobody Known")
    assert outcome.is_applied
    visio = _one("Visio")
    assert (visio.quantity, visio.allocated_count) == (3, 3)
    assert _count(Allocation) == 3
    assert _count(EntitlementKey) == 2
    assert _count(Person) == 3
    again = _plan(_task(sqlite_app, path, is_per_seat=True))
    assert [line.action for line in again] == [LineAction.UNCHANGED]


def test_people_that_are_not_known_are_left_out_when_that_is_wanted(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    _people()
    task = _task(sqlite_app, write_text(tmp_path, _SEATS), is_per_seat=True, leaves_out_people=True)

    outcome = _apply(task)

    assert outcome.summary.notes == {"person_left_out": 1}
    assert (_one("Visio").quantity, _one("Visio").allocated_count) == (3, 2)
    assert _count(Person) == 2


def test_rows_that_are_licences_repeat_their_key_and_are_told(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    _people()
    task = _task(sqlite_app, write_text(tmp_path, _SEATS), key=("name",), leaves_out_people=True)

    lines = _plan(task)

    assert [line.action for line in lines][1:] == [LineAction.REFUSED] * 2
    assert lines[2].problems[0].code == "same_key_twice"


def test_machines_get_seats_and_unknown_or_doubtful_ones_are_told(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    with transaction() as session:
        make_asset(session, name="PC-1", asset_tag="T1")
        make_asset(session, name="twin", asset_tag="T2")
        make_asset(session, name="twin", asset_tag="T3")
        for _number in range(2):
            save_person(session, SYSTEM, PersonDraft(name="Jean Dupont"), at=SOME_MOMENT)
    text = (
        "Logiciel;Machine;Utilisateur;Responsable\nA;PC-1;;\nB;twin;;\nC;rien;;\n"
        "D;;Dupont Jean;\nE;;;Jean Dupont\nF;;;Inconnu\n"
    )

    lines = _plan(_task(sqlite_app, write_text(tmp_path, text)))

    assert [_codes(line) for line in lines] == [
        [],
        [("Machine", "several_assets")],
        [("Machine", "asset_unknown")],
        [("Utilisateur", "several_people")],
        [("Responsable", "several_people")],
        [("Responsable", "beside_not_ticked")],
    ]


def test_values_that_cannot_be_taken_are_told(sqlite_app: Flask, tmp_path: Path) -> None:
    text = (
        "Nom;Référence;Date de début;Date de fin;Prix;N° commande\n"
        "A;R1;12/03/2022;11/03/2022;1,00;\n"
        "B;R1;;;-5,00;\n"
        "C;R2;;;1,234567;\n"
        f"D;R3;;;;{'x' * 130}\n"
        ";R4;;;;\n"
    )

    lines = _plan(_task(sqlite_app, write_text(tmp_path, text), key=("reference",)))

    assert [_codes(line) for line in lines] == [
        [("Date de fin", "before_start")],
        [("", "same_key_twice")],
        [("Prix", "too_many_decimals")],
        [("N° commande", "too_long")],
        [("Nom", "required")],
    ]


def test_blank_cells_keep_or_clear_what_stands_there(sqlite_app: Flask, tmp_path: Path) -> None:
    _people()
    full = (
        "Référence;Nom;Éditeur;Version;Type;Métrique;Quantité;Fournisseur;Responsable;"
        "Date d'expiration;Commentaire;Délai d'alerte;Downgrade\n"
        "R1;CAD;Autodesk;2021;OEM;;10 postes;SCC;Anne Martin;31/12/2030;x;30;oui\n"
    )
    _apply(_task(sqlite_app, write_text(tmp_path, full)))
    blank = full.splitlines()[0] + "\nR1;CAD;;;;;;;;;;;\n"

    kept = _plan(_task(sqlite_app, write_text(tmp_path, blank)))
    task = _task(sqlite_app, write_text(tmp_path, blank), clears_blanks=True)
    _apply(task)

    assert kept[0].action is LineAction.UNCHANGED
    row = _one("CAD")
    assert (row.version, row.type, row.metric, row.quantity, row.owner_id, row.notes) == (
        *("", None, None, None, None),
        None,
    )
    assert row.ends_on is None
    assert (row.alert_days, row.has_downgrade) == (30, True)


def test_systems_of_others_are_imported_as_they_are(sqlite_app: Flask, tmp_path: Path) -> None:
    files = (
        (
            "name;org;licence_key;usage_limit;perpetual;start_date;end_date;description\n"
            "iTop one;Demo;K-1;-1;yes;2022-01-01;;text\n"
        ),
        (
            "licence_type;software;number_bought;sn;niw;invoice_date;invoice_no;order_no;valid_thru;"
            "price;provider;accounting_id;budget_info;region\n"
            "per user;Ralph one;5;K2;N1;2022-03-12;F1;O1;2023-03-12;12.50;SCC;A1;B1;EU\n"
        ),
        (
            "product,consumed units,enabled,suspended,warning units,capability status\n"
            "Microsoft 365 E3,61,50,0,0,Enabled\n"
        ),
    )
    for text in files:
        task = _task(sqlite_app, write_text(tmp_path, text))
        assert _apply(task).is_applied, _plan(task)

    itop, ralph, m365 = _one("iTop one"), _one("Ralph one"), _one("Microsoft 365 E3")
    assert (itop.is_unlimited, itop.type) == (True, EntitlementType.PERPETUAL)
    assert (ralph.reference, ralph.quantity, ralph.details["budget"]) == ("N1", 5, "B1")
    assert (ralph.type, ralph.metric) == (None, Metric.NAMED_USER)
    assert (m365.quantity, m365.details["consumed"]) == (50, "61")


def test_currency_may_stand_in_a_column_of_its_own(sqlite_app: Flask, tmp_path: Path) -> None:
    text = "Logiciel;Coût;Devise\nA;10;USD\nB;20 £;USD\nC;30;\n"
    assert _apply(_task(sqlite_app, write_text(tmp_path, text))).is_applied

    query = sa.select(EntitlementPeriod.currency).order_by(EntitlementPeriod.id)
    assert db.session.scalars(query).all() == ["USD", "GBP", "EUR"]


def test_who_may_edit_licences_but_no_firms_is_refused_row_by_row(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    technician = Actor("tech", Role.TECHNICIAN)
    text = "Logiciel;Fournisseur\nA;SCC\nB;\n"

    task = _task(sqlite_app, write_text(tmp_path, text), technician)
    outcome = _apply(task, Mode.GOOD_ROWS)

    refused = [line.label for line in outcome.refused]
    assert _count(Entitlement) == 2 - len(refused)
    assert outcome.summary.counts[LineAction.NEW] + len(refused) == 2
