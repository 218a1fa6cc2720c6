"""``parc import``."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli import imports
from parc.extensions import db, transaction
from parc.models import Asset, ImportMapping, Installation
from parc.precedence import ValueSource
from parc.services.software_titles import settle_titles
from tests.conftest import SOME_MOMENT
from tests.factories import make_device

_TEXT = "Nom;Étiquette;Catégorie;Lieu;Truc\nPC-1;T1;PC;Lyon;x\nPC-2;T2;bidule;Lyon;y\nTotal;2;;;\n"


def _run(kind: str, *arguments: str, given: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(getattr(imports, kind), list(arguments), input=given)
    db.session.rollback()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_dry_run_tells_reading_lines_and_counts_and_writes_nothing(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    path = tmp_path / "park.csv"
    path.write_text(_TEXT, encoding="cp1252")
    refused = tmp_path / "refused.csv"

    code, told = _run("assets", str(path), "--create", "place", "--refused", str(refused))

    assert code == 1
    assert "text, cp1252, separator ';', headings in line 1" in told
    assert "  Truc: not taken" in told
    assert "  key: asset_tag" in told
    assert "line 4: no record (total)" in told
    assert "line 2: new PC-1" in told
    assert "Catégorie: bidule is not one of the words that are known here: Switch, Router" in told
    assert "not known yet: place Lyon (1 row(s))" in told
    assert "2 row(s): 1 new, 0 changed, 0 unchanged, 0 left, 1 refused." in told
    assert "--apply imports it." in told
    assert "PC-2;T2;bidule;Lyon;y;3;" in refused.read_text(encoding="utf-8-sig")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0


def test_import_reads_standard_input_and_applies(sqlite_app: Flask) -> None:
    del sqlite_app
    text = _TEXT.replace("bidule", "Serveur")

    code, told = _run("assets", "-", "--create", "place", "--apply", given=text)
    again, same = _run("assets", "-", "--apply", given=text)

    assert code == again == 0
    assert "Applied; 'parc changes undo" in told
    assert "2 unchanged" in same
    assert "Nothing was written." in same
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 2


def test_good_rows_are_applied_when_that_is_wanted(sqlite_app: Flask) -> None:
    del sqlite_app
    code, told = _run(
        "assets", "-", "--create", "place", "--apply", "--good-rows", "--json", given=_TEXT
    )

    found = json.loads(told)

    assert code == 1
    assert found["counts"]["new"] == 1
    assert found["lines"][0]["problems"][0]["code"] == "unknown_word"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 1


def test_choices_are_given_by_options_and_kept_under_a_name(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    del sqlite_app
    path = tmp_path / "park.csv"
    path.write_text("Machine|Numéro|Cle\nPC-1|T1|x\n", encoding="utf-16")
    options = (
        *("--column", "name=Machine", "--column", "asset_tag=Numéro", "--set", "category=PC"),
        *("--column", "notes=", "--key", "asset_tag", "--policy", "create", "--save-map", "mine"),
        *("--encoding", "utf-16-le", "--delimiter", "|", "--header-line", "1", "--clear-blanks"),
    )

    first = _run("assets", str(path), *options)
    second = _run("assets", str(path), "--map", "mine", "--apply")

    assert (first[0], second[0]) == (0, 0)
    kept = db.session.scalars(sa.select(ImportMapping)).one()
    assert kept.choices["columns"] == {"name": "Machine", "asset_tag": "Numéro"}
    assert db.session.scalars(sa.select(Asset.asset_tag)).all() == ["T1"]


def test_wrong_options_are_told(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    path = tmp_path / "park.csv"
    path.write_text(_TEXT)
    wrong = (
        ("--column", "nothing=Nom"),
        ("--column", "name=Rien"),
        ("--column", "name"),
        ("--format", "name=x"),
        ("--key", "nothing"),
        ("--encoding", "ebcdic"),
        ("--delimiter", "ab"),
    )

    codes = [_run("assets", str(path), *options)[0] for options in wrong]
    missing = CliRunner().invoke(imports.assets, [str(tmp_path / "nothing.csv")])
    unknown = CliRunner().invoke(imports.assets, [str(path), "--map", "nothing"])

    assert codes == [2] * len(wrong)
    assert "there is no such file" in str(missing.exception)
    assert "There is no mapping 'nothing' for assets." in str(unknown.exception)


def test_dry_run_tells_what_the_network_knows(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_device(session, serial_number="S1").id
        name = "Microsoft Office Standard 2021"
        found = {"source": ValueSource.AGENT, "first_seen_at": SOME_MOMENT}
        session.add(Installation(device_id=number, key=name, name=name, **found))
        session.flush()
        settle_titles(session, [number], SOME_MOMENT)

    licences = "Logiciel;Quantité;Machine\nMicrosoft Office;illimité;PC-9\n"
    _code, told = _run("licences", "-", "--create", "publisher", given=licences)
    _code, seen = _run("assets", "-", given="Nom;N° de série;Catégorie\na;S1;PC\n")
    _code, firms = _run("suppliers", "-", "--apply", given="Fournisseur;Rôles\nSCC;Bailleur\n")

    assert "Microsoft Office: unlimited seat(s) bought, 1 installation(s) seen" in told
    assert "1 machine(s) named for seats: 0 exist, 0 by serial number" in told
    assert "1 serial number(s): 0 of assets, 1 seen on the network, 1 of them of no asset" in seen
    assert "1 row(s): 1 new" in firms
