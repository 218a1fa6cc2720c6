"""Columns of the organisation's own fields: found by label, typed, applied, undone."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from parc.extensions import db, reading, transaction
from parc.importers.apply import Outcome, Steps, Task, apply_import, plan_lines
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.mapping import is_known_heading
from parc.importers.own_fields import kind_named
from parc.importers.reading import read_file
from parc.models import Asset, AuditEntry, CustomField, CustomValue, ValueSource
from parc.services.actor import SYSTEM
from parc.services.custom_fields import save_field
from parc.services.undo import undo
from tests.conftest import SOME_MOMENT
from tests.parc.importers.files import write_text
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("app")

_HEAD = "Nom;N° d'inventaire;Catégorie;Centre de coûts;Taille;Depuis;Loué;Couleur;Badge\n"


def _fields() -> None:
    rows: tuple[dict[str, str | bool], ...] = (
        {"key": "cost", "label_en": "Cost centre", "label_fr": "Centre de coûts", "type": "text"},
        {"key": "size", "label_en": "Size", "label_fr": "Taille", "type": "number"},
        {"key": "since", "label_en": "Since", "label_fr": "Depuis", "type": "date"},
        {"key": "rented", "label_en": "Rented", "label_fr": "Loué", "type": "yes_no"},
        {
            "key": "colour",
            "label_en": "Colour",
            "label_fr": "Couleur",
            "type": "choice",
            "choices": "Rouge\nBleu",
        },
        {
            "key": "badge",
            "label_en": "Badge",
            "label_fr": "Badge",
            "type": "text",
            "is_unique": True,
            "category": "workstation",
        },
    )
    with transaction() as session:
        for row in rows:
            save_field(session, SYSTEM, None, row, at=SOME_MOMENT)


def _task(folder: Path, *lines: str, head: str = _HEAD) -> Task:
    found = read_file(write_text(folder, head + "\n".join(lines) + "\n"), is_known_heading)
    with reading() as session:
        kind = kind_named(session, "assets")
    choices = found_choices(kind, found.headings)
    return Task(found, kind, choices, look_over(found, kind, choices), SYSTEM, "file.csv")


def _apply(task: Task) -> Outcome:
    steps = Steps(transaction, lambda: SOME_MOMENT)
    outcome = apply_import(task, steps, Mode.ALL, reading=reading)
    db.session.rollback()
    return outcome


def _held(tag: str) -> dict[str, str]:
    query = (
        sa.select(CustomField.key, CustomValue.value)
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .join(Asset, Asset.id == CustomValue.asset_id)
        .where(Asset.asset_tag == tag)
    )
    return {row.key: row.value for row in db.session.execute(query)}


def test_columns_are_found_by_label_typed_written_and_taken_back(tmp_path: Path) -> None:
    _fields()
    line = "PC-1;T1;PC;CC 7;1 234,50;12/03/2026;oui;bleu;B1"
    outcome = _apply(_task(tmp_path, line))
    assert (outcome.refused, outcome.is_applied) == ((), True)
    expected = {
        "cost": "CC 7",
        "size": "1234.5",
        "since": "2026-03-12",
        "rented": "yes",
        "colour": "Bleu",
        "badge": "B1",
    }
    assert _held("T1") == expected
    assert set(db.session.scalars(sa.select(CustomValue.source))) == {ValueSource.CSV}
    created = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "created"))
    assert any(one.changes.get("custom/cost") == [None, "CC 7"] for one in created)
    again = [line.action.value for line in plan_lines(_task(tmp_path, line), reading)]
    assert again == ["unchanged"]
    changed = _apply(_task(tmp_path, "PC-1;T1;PC;CC 8;;;non;;"))
    assert _held("T1") == expected | {"cost": "CC 8", "rented": "no"}
    with transaction() as session:
        undo(session, SYSTEM, changed.change_set_id or 0, at=SOME_MOMENT)
    db.session.rollback()
    assert _held("T1") == expected


def test_cells_that_cannot_be_are_refused_with_line_and_column(tmp_path: Path) -> None:
    _fields()
    task = _task(
        tmp_path,
        "PC-1;T1;PC;;huge;12/03/2026;peut-être;vert;B1",
        "PC-2;T2;PC;;;;;;b1",
        "PC-3;T3;PC;;;;;;B1",
        "SW-1;T4;switch;;;;;;B9",
    )
    found = [
        (problem.line, problem.heading, problem.code)
        for line in plan_lines(task, reading)
        for problem in line.problems
    ]
    assert found == [
        (2, "Taille", "not_a_decimal"),
        (2, "Loué", "unknown_choice"),
        (2, "Couleur", "unknown_choice"),
        (3, "Badge", "same_in_line"),
        (4, "Badge", "same_in_line"),
        (5, "Badge", "other_category"),
    ]


def test_a_value_that_may_be_there_once_and_stands_on_another_asset_is_refused(
    tmp_path: Path,
) -> None:
    _fields()
    _apply(_task(tmp_path, "PC-1;T1;PC;;;;;;B1"))
    other = _task(tmp_path, "PC-1;T1;PC;;;;;;b1", "PC-2;T2;PC;;;;;;b1")
    found = {
        line.lines[0]: [one.code for one in line.problems] for line in plan_lines(other, reading)
    }
    assert found == {2: [], 3: ["taken", "same_in_line"]}


def test_reading_rows_asks_for_the_fields_once_a_part_and_not_once_a_row(tmp_path: Path) -> None:
    _fields()
    asked = []
    for count in (2, 40):
        task = _task(tmp_path, *(f"PC;T{n};PC;CC 7;{n};;;;B{n}" for n in range(count)))
        with statements() as told:
            list(plan_lines(task, reading))
        asked.append(len(told))
    assert asked[0] == asked[1]


def test_english_labels_and_keys_are_headings_too(tmp_path: Path) -> None:
    _fields()
    task = _task(tmp_path, "x;y", head="Cost centre;colour\n")
    assert task.choices.columns.columns == {"custom/cost": 0, "custom/colour": 1}
