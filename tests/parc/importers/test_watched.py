"""A folder into which other systems drop exports: each file once, nothing outside is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import Settings
from parc.extensions import db, reading, transaction
from parc.importers.kept import choices_to_json, found_choices
from parc.importers.kinds import KINDS
from parc.importers.limits import Limits
from parc.importers.mapping import signature
from parc.importers.run import RunTools, apply_run, plan_run
from parc.importers.targets.made import TargetSettings
from parc.importers.watched import WatchedFolder, look
from parc.jobs.clock import WATCH, queue_watch
from parc.jobs.execution import JobContext
from parc.jobs.imports import watch_folder
from parc.models import (
    Asset,
    AuditEntry,
    ImportRun,
    ImportState,
    JobRun,
    JobState,
    OutgoingMessage,
)
from parc.services.actor import SYSTEM
from parc.services.document_store import DocumentStore
from parc.services.import_mappings import save_mapping
from parc.services.imports import FOLDER
from parc.services.jobs import claim
from tests.conftest import SOME_MOMENT
from tests.dying import run_program

_PARK = "Nom;N° d'inventaire;Catégorie\nPC-1;T1;PC\n"


@pytest.fixture
def tools(sqlite_app: Flask, tmp_path: Path) -> RunTools:
    return RunTools(
        transaction=transaction,
        reading=reading,
        clock=lambda: SOME_MOMENT,
        should_stop=lambda: False,
        store=DocumentStore(tmp_path / "data", FOLDER),
        settings=TargetSettings(box=sqlite_app.extensions["parc_box"]),
    )


@pytest.fixture
def folder(tmp_path: Path) -> WatchedFolder:
    path = tmp_path / "drop"
    (path / "assets").mkdir(parents=True)
    return WatchedFolder(
        path, is_applied=True, keep=timedelta(days=2), notes=tmp_path / "watched.json"
    )


def _work(tools: RunTools) -> None:
    """Carry out the jobs of imports that wait, as a worker does."""
    while True:
        with transaction() as session:
            job = claim(session, "w", SOME_MOMENT)
            arguments: dict[str, Any] = dict(job.arguments) if job else {}
        if job is None:
            return
        if "mode" in arguments:
            apply_run(tools, arguments["import_id"], arguments["mode"])
        else:
            plan_run(tools, arguments["import_id"])
        with transaction() as session:
            session.get_one(JobRun, job.id).state = JobState.DONE


def _runs() -> list[tuple[str, ImportState]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(ImportRun).order_by(ImportRun.id))
    return [(row.file_name, row.state) for row in rows]


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name.partition("-")[2] for path in folder.iterdir())


def _report(folder: Path) -> dict[str, Any]:
    [path] = folder.glob("*.report.json")
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return told


def test_stable_file_is_planned_applied_and_moved_and_never_taken_twice(
    tools: RunTools, folder: WatchedFolder
) -> None:
    file = folder.path / "assets" / "park.csv"
    file.write_text(_PARK[:20], "utf-8")
    assert look(tools, folder) == 0
    file.write_text(_PARK, "utf-8")
    assert look(tools, folder) == 0
    assert look(tools, folder) == 1
    assert look(tools, folder) == 0  # its dry run waits
    _work(tools)
    assert look(tools, folder) == 1
    _work(tools)
    assert file.exists()
    assert look(tools, folder) == 1

    assert _runs() == [("park.csv", ImportState.DONE)]
    assert db.session.scalars(sa.select(Asset.name)).all() == ["PC-1"]
    assert _names(folder.path / "done") == ["park.csv", "park.csv.report.json"]
    report = _report(folder.path / "done")
    assert (report["state"], report["counts"]["new"]) == ("done", 1)

    again = folder.path / "assets" / "again.csv"
    again.write_text(_PARK, "utf-8")
    look(tools, folder)
    look(tools, folder)
    assert not again.exists()
    assert len(_runs()) == 1


def test_file_waits_for_a_person_where_nothing_is_applied(
    tools: RunTools, folder: WatchedFolder
) -> None:
    folder = replace(folder, is_applied=False)
    (folder.path / "assets" / "park.csv").write_text(_PARK, "utf-8")
    for _time in range(2):
        look(tools, folder)
    _work(tools)
    look(tools, folder)

    assert _runs() == [("park.csv", ImportState.PLANNED)]
    assert db.session.scalars(sa.select(Asset)).all() == []
    assert _report(folder.path / "done")["state"] == "waiting"
    told = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "waits")).one()
    assert (told.subject_name, told.changes) == ("park.csv", {"new": [None, 1]})


def test_file_with_refused_rows_is_moved_with_them_and_waits(
    tools: RunTools, folder: WatchedFolder
) -> None:
    (folder.path / "assets" / "park.csv").write_text(f"{_PARK}PC-2;T2;bidule\n", "utf-8")
    for _time in range(2):
        look(tools, folder)
    _work(tools)
    look(tools, folder)

    refused = folder.path / "refused"
    assert _names(refused) == ["park.csv", "park.csv.report.json", "park.csv.rows.csv"]
    [rows] = refused.glob("*.rows.csv")
    assert "PC-2;T2;bidule;3;Catégorie: unknown_word bidule" in rows.read_text("utf-8-sig")
    assert _runs() == [("park.csv", ImportState.PLANNED)]


def test_subfolder_and_headings_name_a_kept_mapping(tools: RunTools, folder: WatchedFolder) -> None:
    kind, headings = KINDS["assets"], ("Nom", "N° d'inventaire", "Catégorie")
    choices = choices_to_json(found_choices(kind, headings), headings)
    with transaction() as session:
        save_mapping(
            session,
            SYSTEM,
            kind="assets",
            name="our export",
            signature=signature(kind, headings),
            choices=choices,
            at=SOME_MOMENT,
        )
    (folder.path / "our export").mkdir()
    (folder.path / "our export" / "named.csv").write_text(_PARK, "utf-8")
    (folder.path / "known.csv").write_text(_PARK.replace("1", "2"), "utf-8")
    (folder.path / "assets" / "kind.csv").write_text(_PARK.replace("1", "3"), "utf-8")
    (folder.path / "unknown.csv").write_text("Truc;Machin\na;b\n", "utf-8")
    (folder.path / "assets" / "other.csv").write_text("Truc;Machin\na;b\n", "utf-8")
    for _time in range(2):
        look(tools, folder)
    _work(tools)
    look(tools, folder)
    _work(tools)

    assert sorted(name for name, _state in _runs()) == ["kind.csv", "known.csv", "named.csv"]
    assert {state for _name, state in _runs()} == {ImportState.DONE}
    assert _names(folder.path / "refused")[::2] == ["other.csv", "unknown.csv"]


def test_links_large_and_unfinished_files_are_not_read(
    tools: RunTools, folder: WatchedFolder, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(_PARK, "utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.csv").write_text(_PARK, "utf-8")
    assets = folder.path / "assets"
    (assets / "link.csv").symlink_to(secret)
    (folder.path / "people").symlink_to(outside)
    (assets / "large.csv").write_text(_PARK * 50, "utf-8")
    (assets / "half.csv.part").write_text(_PARK, "utf-8")
    (assets / ".hidden.csv").write_text(_PARK, "utf-8")
    (assets / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100)
    folder = replace(folder, limits=Limits(file_octets=1_000))
    for _time in range(2):
        look(tools, folder)

    assert _runs() == []
    assert secret.read_text("utf-8") == _PARK
    assert (outside / "far.csv").exists()
    assert _names(folder.path / "refused")[::2] == ["large.csv", "link.csv", "old.xls"]
    assert {path.name for path in assets.iterdir()} == {"half.csv.part", ".hidden.csv"}


def test_folder_of_results_that_is_a_link_is_not_written_into(
    tools: RunTools, folder: WatchedFolder, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.path / "refused").symlink_to(outside)
    (folder.path / "unknown.csv").write_text("Truc;Machin\na;b\n", "utf-8")
    look(tools, folder)

    with pytest.raises(NotADirectoryError):
        look(tools, folder)
    assert list(outside.iterdir()) == []


def test_look_is_queued_by_its_interval_and_off_without_a_folder(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    clock = lambda: SOME_MOMENT  # noqa: E731 -- a clock that stands
    assert queue_watch(clock, 5)
    assert not queue_watch(clock, 5)
    kinds = db.session.scalars(sa.select(JobRun.kind)).all()
    assert kinds == [WATCH]
    settings: Settings = sqlite_app.extensions["parc_settings"]
    context = JobContext(sqlite_app, clock, lambda: False, transaction)
    watch_folder(context, {})
    drop = tmp_path / "drop"
    chosen = replace(settings.imports, watched_folder=str(drop))
    sqlite_app.extensions["parc_settings"] = replace(settings, imports=chosen)
    with pytest.raises(Exception, match="the watched folder cannot be read"):
        watch_folder(context, {})
    drop.mkdir()
    watch_folder(context, {})
    assert (settings.data_folder / "watched.json").read_text("utf-8") == "{}"


@pytest.mark.long
def test_worker_killed_anywhere_takes_each_file_once(
    sqlite_settings: Settings, folder: WatchedFolder, tmp_path: Path
) -> None:
    config = tmp_path / "parc.toml"
    config.write_text(
        '[mail]\nhost = "127.0.0.1"\nfrom_address = "parc@example.org"\n'
        'addresses = ["it@example.org"]\n',
        "utf-8",
    )
    assets = folder.path / "assets"
    (assets / "good.csv").write_text(_PARK, "utf-8")
    (assets / "bad.csv").write_text(f"{_PARK.replace('1', '2')}PC-3;T3;bidule\n", "utf-8")
    (assets / "other.csv").write_text("Truc;Machin\na;b\n", "utf-8")
    said = run_program(
        sqlite_settings,
        *("-m", "tests.parc.importers.killed_watch", str(folder.path)),
        config=str(config),
    )
    told = json.loads(said)
    assert told.pop("deaths") > 5, told
    assert told == {
        "assets": ["PC-1"],
        "imports": [["bad.csv", "planned"], ["good.csv", "done"]],
        "acts": 1,
        "letters": ["it@example.org"],
        "waits": 1,
    }
    assert list(assets.iterdir()) == []
    assert _names(folder.path / "done")[0] == "good.csv"
    assert _names(folder.path / "refused")[::3] == ["bad.csv", "other.csv"]


def test_people_are_told_of_files_that_wait_and_of_refused_rows_in_their_words(
    sqlite_app: Flask, folder: WatchedFolder, tools: RunTools
) -> None:
    settings: Settings = sqlite_app.extensions["parc_settings"]
    sqlite_app.extensions["parc_settings"] = replace(
        settings,
        imports=replace(settings.imports, watched_folder=str(folder.path)),
        mail=replace(settings.mail, host="127.0.0.1", addresses=("parc@example.org",)),
        interface=replace(settings.interface, language="fr"),
        server=replace(settings.server, base_url="https://parc.example.org"),
    )
    context = JobContext(sqlite_app, lambda: SOME_MOMENT, lambda: False, transaction)
    tools = replace(tools, store=DocumentStore(settings.data_folder, FOLDER))
    (folder.path / "assets" / "park.csv").write_text(f"{_PARK}PC-2;T2;bidule\n", "utf-8")
    for _time in range(2):
        watch_folder(context, {})
    _work(tools)
    for _time in range(2):
        watch_folder(context, {})

    [rows] = (folder.path / "refused").glob("*.rows.csv")
    assert "bidule ne fait pas partie" in rows.read_text("utf-8-sig")
    letter = db.session.scalars(sa.select(OutgoingMessage)).one()
    assert letter.recipient == "parc@example.org"
    assert letter.subject == "Parc : l\u2019import de park.csv attend"
    assert "1 ligne refusée" in letter.body
    assert "https://parc.example.org/imports/1" in letter.body
