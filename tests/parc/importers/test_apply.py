"""Imports planned, applied as one act, refused row by row, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from parc.errors import NotAllowedError
from parc.extensions import db, reading, transaction
from parc.importers.apply import Outcome, Steps, Task, apply_import, plan_lines
from parc.importers.choices import Choices, Mode, Policy
from parc.importers.entries import look_over
from parc.importers.kept import choices_from_json, choices_to_json, found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import LineAction, PlannedLine
from parc.importers.reading import read_file
from parc.importers.refused import refused_csv
from parc.models import (
    Asset,
    AuditEntry,
    ChangeSet,
    ChangeSetKind,
    ChangeSetState,
    Department,
    LifecycleState,
    Location,
    Person,
    Role,
)
from parc.services.actor import SYSTEM, Actor
from parc.services.jobs import JobStoppedError
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.parc.importers.files import write_text


def _task(path: Path, kind: str = "assets", actor: Actor = SYSTEM, **changes: Any) -> Task:
    found = read_file(path, is_known_heading)
    choices = replace(found_choices(KINDS[kind], found.headings), **changes)
    overview = look_over(found, KINDS[kind], choices)
    return Task(found, KINDS[kind], choices, overview, actor, "file.csv")


def _plan(task: Task) -> list[PlannedLine]:
    return list(plan_lines(task, reading))


def _apply(task: Task, mode: Mode = Mode.ALL, act_id: int | None = None) -> Outcome:
    steps = Steps(transaction, lambda: SOME_MOMENT)
    outcome = apply_import(task, steps, mode, reading=reading, act_id=act_id)
    db.session.rollback()
    return outcome


def _actions(lines: Sequence[PlannedLine]) -> list[str]:
    return [line.action.value for line in lines]


def _codes(line: PlannedLine) -> list[tuple[str, str]]:
    return [(problem.heading or problem.field, problem.code) for problem in line.problems]


_ASSETS = (
    "Nom;N° d'inventaire;N° de série;Fabricant;Catégorie;État;Lieu;Notes\n"
    "PC-1;T1;S1;HP;Portable;En stock;Lyon > Salle 1;première\n"
    "PC-2;T2;S2;HP;Serveur;;;\n"
)


def test_assets_are_planned_and_applied_as_one_act_that_can_be_undone(
    app: Flask, tmp_path: Path
) -> None:
    del app
    task = _task(write_text(tmp_path, _ASSETS), beside_kinds=frozenset({"place"}))

    planned = _plan(task)
    outcome = _apply(task)

    assert _actions(planned) == ["new", "new"]
    assert planned[0].changes["location"] == (None, "Lyon > Salle 1")
    assert outcome.is_applied
    asset = db.session.scalars(sa.select(Asset).where(Asset.asset_tag == "T1")).one()
    assert (asset.name, asset.lifecycle_state) == ("PC-1", LifecycleState.IN_STOCK)
    assert db.session.get_one(Location, asset.location_id).name == "Salle 1"
    act = db.session.get_one(ChangeSet, outcome.change_set_id)
    assert (act.kind, act.title["file"]) == (ChangeSetKind.IMPORT, "file.csv")
    assert _actions(_plan(_task(write_text(tmp_path, _ASSETS)))) == ["unchanged", "unchanged"]

    with transaction() as session:
        undo(session, SYSTEM, act.id, at=SOME_MOMENT)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Location)) == 0


def test_changed_values_are_shown_before_and_after_and_blanks_keep_or_clear(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    _apply(_task(write_text(tmp_path, _ASSETS), beside_kinds=frozenset({"place"})))
    text = "N° d'inventaire;Fabricant;Notes;Lieu\nT1;Dell;;\nT2;HP;;\n"

    kept = _plan(_task(write_text(tmp_path, text)))
    task = _task(write_text(tmp_path, text), clears_blanks=True)
    cleared = _plan(task)
    _apply(task)

    assert _actions(kept) == ["changed", "unchanged"]
    assert kept[0].changes == {"manufacturer": ("HP", "Dell")}
    assert cleared[0].changes == {
        "manufacturer": ("HP", "Dell"),
        "notes": ("première", None),
        "location": ("Lyon > Salle 1", None),
    }
    asset = db.session.scalars(sa.select(Asset).where(Asset.asset_tag == "T1")).one()
    assert (asset.manufacturer, asset.notes, asset.location_id) == ("Dell", None, None)


def test_rows_that_cannot_be_taken_are_told_with_line_column_value_and_reason(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    with transaction() as session:
        make_asset(session, name="there", asset_tag="T9", serial_number="S9", manufacturer="HP")
        make_asset(session, name="there", asset_tag="T8", lifecycle_state=LifecycleState.IN_USE)
    path = write_text(
        tmp_path,
        "Nom;N° d'inventaire;N° de série;Fabricant;Catégorie;Lieu;Adresse MAC;État\n"
        "a;A1;S9;HP;PC;;;\n"
        "b;A2;3,01E+13;HP;PC;;;\n"
        "c;A3;;;;;;\n"
        "d;A4;;;PC;Nulle part;zz;\n"
        "e;A1;;;PC;;;\n"
        "f;;;;PC;;;\n"
        "there;T8;;;;;;Volé\n"
        "h;A5;S5;HP;PC;;;\n"
        "i;A6;S5;HP;PC;;;\n"
        ";T9;;;PC;;;\n",
    )

    lines = _plan(_task(path, key=("asset_tag",), clears_blanks=True))

    assert [_codes(line) for line in lines] == [
        [("N° de série", "taken")],
        [("N° de série", "mangled")],
        [("Catégorie", "required")],
        [("Adresse MAC", "not_valid"), ("Lieu", "beside_not_ticked")],
        [("", "same_key_twice")],
        [("", "key_blank")],
        [("Catégorie", "required"), ("État", "state_by_movement")],
        [],
        [("N° de série", "same_in_line")],
        [("Nom", "required")],
    ]
    assert lines[0].problems[0].line == 2
    assert lines[0].problems[0].value == "S9"


def test_key_of_two_records_is_told_and_names_alone_can_be_keys(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    with transaction() as session:
        for tag in ("T1", "T2"):
            make_asset(session, name="twin", asset_tag=tag)
    path = write_text(tmp_path, "Nom;Catégorie\ntwin;PC\nalone;PC\n")

    lines = _plan(_task(path))

    assert [_codes(line) for line in lines] == [[("", "several_records")], []]


def test_policy_creates_changes_or_both(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    with transaction() as session:
        make_asset(session, name="old", asset_tag="T1")
    path = write_text(tmp_path, "Nom;N° d'inventaire;Catégorie\nnew;T1;PC\nother;T2;PC\n")

    assert _actions(_plan(_task(path, policy=Policy.BOTH))) == ["changed", "new"]
    assert _actions(_plan(_task(path, policy=Policy.CREATE))) == ["left", "new"]
    assert _actions(_plan(_task(path, policy=Policy.UPDATE))) == ["changed", "refused"]


def test_serials_that_say_nothing_are_no_keys(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    path = write_text(
        tmp_path, "Nom;N° de série;Fabricant;Catégorie\na;To be filled by O.E.M.;HP;PC\n"
    )

    lines = _plan(_task(path, key=("manufacturer", "serial_number")))

    assert _codes(lines[0]) == [("", "key_blank")]


_MIXED = "Nom;N° d'inventaire;Catégorie\na;T1;PC\nb;T2;bidule\nc;T3;PC\n"


def test_nothing_is_written_when_all_rows_must_be_good(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    outcome = _apply(_task(write_text(tmp_path, _MIXED)))

    assert not outcome.is_applied
    assert outcome.summary.counts[LineAction.REFUSED] == 1
    assert [line.lines for line in outcome.refused] == [(3,)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChangeSet)) == 0


def test_good_rows_are_written_and_refused_ones_come_back_as_a_file(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    task = _task(write_text(tmp_path, _MIXED))
    outcome = _apply(task, Mode.GOOD_ROWS)

    text = "".join(refused_csv(task.reading, outcome.refused, lambda one: one.code))

    assert outcome.is_applied
    assert db.session.scalars(sa.select(Asset.name).order_by(Asset.name)).all() == ["a", "c"]
    assert text.splitlines() == [
        "Nom;N° d'inventaire;Catégorie;Parc: line;Parc: reason",
        "b;T2;bidule;3;Catégorie: unknown_word",
    ]
    mended = _task(write_text(tmp_path, text.replace("bidule", "PC")))
    assert _actions(_plan(mended)) == ["new"]
    assert all(is_known_heading(one) for one in mended.reading.headings)


def test_refused_formula_stays_refused_when_its_file_is_sent_again(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    task = _task(write_text(tmp_path, "Nom;N° d'inventaire;Catégorie\n=1+1;T1;PC\n-x;T2;?!\n"))
    refused = _plan(task)

    text = "".join(refused_csv(task.reading, refused, lambda one: one.code))
    again = _plan(_task(write_text(tmp_path, text)))

    assert [_codes(one) for one in refused] == [
        [("Nom", "formula")],
        [("Catégorie", "unknown_word")],
    ]
    assert "'-x" in text
    assert _codes(again[0]) == [("Nom", "error_of_sheet")]


def test_row_that_its_service_refuses_leaves_nothing_behind(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag that another takes between the plan and the write."""
    del sqlite_app
    path = write_text(tmp_path, "Nom;N° d'inventaire;Catégorie;Lieu\na;T1;PC;X\nb;T2;PC;Y > Z\n")
    task = _task(path, beside_kinds=frozenset({"place"}))
    create = "parc.importers.targets.assets.create_path"
    from parc.services.places import create_path as real

    def meddle(session: Session, *args: Any, **kwargs: Any) -> Any:
        found = real(session, *args, **kwargs)
        if found.name == "Z":
            session.execute(sa.insert(Asset).values(_row(session, "T2")))
        return found

    monkeypatch.setattr(create, meddle)
    outcome = _apply(task, Mode.GOOD_ROWS)

    assert [_codes(line) for line in outcome.refused] == [[("asset_tag", "taken")]]
    assert db.session.scalars(sa.select(Asset.asset_tag)).all() == ["T1"]
    assert db.session.scalars(sa.select(Location.name)).all() == ["X"]
    with transaction() as session:
        undo(session, SYSTEM, outcome.change_set_id or 0, at=SOME_MOMENT)
    assert db.session.scalars(sa.select(Location.name)).all() == []


def _row(session: Session, tag: str) -> dict[str, Any]:
    made = make_asset(session, name="thief", asset_tag="other")
    values = {c.key: getattr(made, c.key) for c in sa.inspect(Asset).columns if c.key != "id"}
    return {**values, "asset_tag": tag}


def test_whole_import_is_taken_back_when_a_later_part_is_refused(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del sqlite_app
    rows = "".join(f"n{number};T{number};PC\n" for number in range(210))
    task = _task(write_text(tmp_path, f"Nom;N° d'inventaire;Catégorie\n{rows}"))
    from parc.importers.targets.assets import AssetTarget

    real = AssetTarget.write_new

    def meddle(self: AssetTarget, session: Session, *args: Any, **kwargs: Any) -> list[int]:
        if args[1][-1].content.values["name"] == "n209":
            make_asset(session, name="thief", asset_tag="T209")
        return real(self, session, *args, **kwargs)

    monkeypatch.setattr(AssetTarget, "write_new", meddle)
    outcome = _apply(task)

    assert not outcome.is_applied
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0
    states = db.session.scalars(sa.select(ChangeSet.state).order_by(ChangeSet.id)).all()
    assert states == [ChangeSetState.UNDONE, ChangeSetState.APPLIED]


def test_import_that_was_stopped_goes_on_in_the_same_act(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    rows = "".join(f"n{number};T{number};PC\n" for number in range(203))
    task = _task(write_text(tmp_path, f"Nom;N° d'inventaire;Catégorie\n{rows}"))
    noted: list[tuple[int, int | None]] = []
    answers = iter([False, True])
    steps = Steps(
        transaction,
        lambda: SOME_MOMENT,
        lambda: next(answers),
        lambda _session, lines, act: noted.append((len(lines), act)),
    )

    with pytest.raises(JobStoppedError):
        apply_import(task, steps, Mode.ALL, reading=reading)
    outcome = _apply(task, act_id=noted[0][1])

    assert noted[0][0] == 200
    assert outcome.change_set_id == noted[0][1]
    assert outcome.summary.counts[LineAction.UNCHANGED] == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChangeSet)) == 1
    entries = sa.select(sa.func.count()).where(AuditEntry.change_set_id == outcome.change_set_id)
    assert db.session.scalar(entries) == 203


def test_who_may_not_edit_the_records_may_not_import_them(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    task = _task(write_text(tmp_path, _ASSETS), actor=Actor("reader", Role.READ_ONLY))

    with pytest.raises(NotAllowedError):
        _plan(task)
    with pytest.raises(NotAllowedError):
        _apply(task)


_PEOPLE = (
    "Prénom;Nom;Courriel;Matricule;Service;Lieu;Responsable;Date d'arrivée;Téléphone\n"
    "Anne;Martin;Anne.Martin@example.org;M1;DSI > Réseau;Lyon;;12/03/2022;01 02\n"
    "Luc;Petit;luc@example.org;M2;Réseau;;Anne Martin;;\n"
)


def test_people_come_with_department_and_place_where_these_are_ticked(
    app: Flask, tmp_path: Path
) -> None:
    del app
    path = write_text(tmp_path, _PEOPLE.partition("Luc")[0])

    refused = _plan(_task(path, "people"))
    ticked = frozenset({("department", "dsi > reseau"), ("place", "lyon")})
    outcome = _apply(_task(path, "people", beside=ticked))
    second = write_text(tmp_path, _PEOPLE)
    _apply(_task(second, "people"))

    assert [_codes(line) for line in refused] == [
        [("Service", "beside_not_ticked"), ("Lieu", "beside_not_ticked")]
    ]
    assert outcome.is_applied
    anne, luc = db.session.scalars(sa.select(Person).order_by(Person.id)).all()
    assert (anne.name, anne.email, anne.arrived_on) == (
        "Anne Martin",
        "anne.martin@example.org",
        date(2022, 3, 12),
    )
    assert luc.manager_id == anne.id
    assert db.session.get_one(Department, luc.department_id).name == "Réseau"
    assert _actions(_plan(_task(second, "people"))) == ["unchanged", "unchanged"]


def test_people_that_cannot_be_taken_are_told(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    _apply(
        _task(
            write_text(tmp_path, _PEOPLE), "people", beside_kinds=frozenset({"department", "place"})
        ),
        Mode.GOOD_ROWS,
    )
    text = (
        "Nom complet;Courriel;Matricule;Responsable;Arrivée;Départ\n"
        "Un;anne.martin@example.org;M7;;;\n"
        "Deux;pas une adresse;M8;personne;;\n"
        "Trois;;M9;;12/03/2022;11/03/2022\n"
        "Quatre;x@y.fr;M10;;;\n"
        "Cinq;X@Y.fr;M11;;;\n"
        "Anne Martin;;M1;;;Jamais\n"
        ";;M12;;;\n"
    )

    lines = _plan(_task(write_text(tmp_path, text), "people"))
    by_mail = _plan(
        _task(write_text(tmp_path, "Nom complet;Courriel\nA;anne.martin@example.org\n"), "people")
    )
    by_name = _plan(_task(write_text(tmp_path, "Prénom;Nom;Téléphone\nanne;MARTIN;9\n"), "people"))

    assert [_codes(line) for line in lines] == [
        [("Courriel", "taken")],
        [("Responsable", "not_found"), ("Courriel", "not_an_email")],
        [("Départ", "before_arrival")],
        [],
        [("Courriel", "same_in_line")],
        [],
        [("Nom complet", "required")],
    ]
    assert by_mail[0].changes == {"name": ("Anne Martin", "A")}
    assert set(by_name[0].changes) == {"name", "phone"}


def test_cleared_cells_of_people_empty_their_fields(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    beside = frozenset({"department", "place"})
    _apply(_task(write_text(tmp_path, _PEOPLE), "people", beside_kinds=beside), Mode.GOOD_ROWS)
    text = "Matricule;Service;Téléphone;Responsable\nM1;;;\n"

    task = _task(write_text(tmp_path, text), "people", clears_blanks=True)

    assert _plan(task)[0].changes == {
        "department": ("DSI > Réseau", None),
        "phone": ("01 02", None),
    }


def test_places_come_by_path_or_by_levels(app: Flask, tmp_path: Path) -> None:
    del app
    levels = "Site;Bâtiment;Étage;Salle\nLyon;A;1;101\nLyon;A;1;102\nLyon;A;1;101\n"
    paths = "Lieu;Type\nLyon > A;Bâtiment\nParis;Site\nLyon > A > 1;Salle\nX > Y > Z;Site\n"

    outcome = _apply(_task(write_text(tmp_path, levels), "places"), Mode.GOOD_ROWS)
    lines = _plan(_task(write_text(tmp_path, paths), "places"))
    parents = _plan(_task(write_text(tmp_path, "Nom;Lieu parent\n103;Lyon > A > 1\n"), "places"))
    deep = _plan(_task(write_text(tmp_path, "Lieu\na>b>c>d>e\n" + "x" * 201 + "\n"), "places"))

    assert [_codes(line) for line in outcome.refused] == [[("", "same_key_twice")]]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Location)) == 5
    assert _actions(lines) == ["unchanged", "new", "refused", "refused"]
    assert [_codes(line) for line in lines[2:]] == [
        [("Type", "level_differs")],
        [("Type", "not_above")],
    ]
    assert parents[0].label == "Lyon > A > 1 > 103"
    assert [_codes(line) for line in deep] == [[("Lieu", "too_deep")], [("Lieu", "too_long")]]


def test_choices_are_kept_and_taken_up_again(tmp_path: Path) -> None:
    found = read_file(write_text(tmp_path, _ASSETS), is_known_heading)
    kind = KINDS["assets"]
    choices = replace(
        found_choices(kind, found.headings),
        key=("asset_tag",),
        policy=Policy.UPDATE,
        beside=frozenset({("place", "lyon")}),
        beside_kinds=frozenset({"place"}),
        clears_blanks=True,
    )

    kept = choices_to_json(choices, found.headings)

    assert choices_from_json(kept, kind, found.headings) == choices
    foreign = {"columns": {"nothing": "Nom"}, "key": ["nothing"], "formats": {"name": "x"}}
    assert choices_from_json(foreign, kind, found.headings) == Choices(
        columns=replace(choices.columns, columns={})
    )


_NAMES = st.text(
    st.characters(codec="cp1252", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20
).filter(lambda text: text.strip() and len(text.split()) > 0)


@given(
    names=st.lists(_NAMES, min_size=1, max_size=4),
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    is_quoted=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_any_separator_encoding_and_quoting_reads_to_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    delimiter: str,
    encoding: str,
    *,
    is_quoted: bool,
) -> None:
    import csv
    import io

    from parc.importers.header import Record
    from parc.naming import neutralise

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=1 if is_quoted else 0)
    writer.writerow(["Nom", "N° d'inventaire", "Catégorie"])
    writer.writerows([neutralise(name.strip()), f"T{n}", "PC"] for n, name in enumerate(names))
    path = write_text(tmp_path_factory.mktemp("x"), buffer.getvalue(), encoding)

    records = [
        one.cells for one in read_file(path, is_known_heading).records() if isinstance(one, Record)
    ]

    assert records == [(name.strip(), f"T{n}", "PC") for n, name in enumerate(names)]
