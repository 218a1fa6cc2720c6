"""Imports in the browser: file, reading, columns, dry run, application, report."""

from __future__ import annotations

import io
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from parc.extensions import db, transaction
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Execution
from parc.jobs.handlers import HANDLERS
from parc.models import (
    Asset,
    ChangeSet,
    ChangeSetState,
    Entitlement,
    ImportMapping,
    ImportRun,
    ImportState,
    Installation,
    JobRun,
    JobState,
    Person,
    Publisher,
    Role,
)
from parc.precedence import ValueSource
from parc.services.document_store import DocumentStore
from parc.services.imports import FOLDER, expire
from parc.services.jobs import claim
from parc.services.software_titles import settle_titles
from tests.conftest import SOME_MOMENT
from tests.factories import make_device
from tests.web import Browser

_ASSETS = "Nom;N° d'inventaire;Catégorie;Lieu\nPC-1;T1;PC;Lyon\nPC-2;T2;bidule;\nTotal;;;\n"
_SEATS = (
    "Logiciel;Éditeur;Fournisseur;Affecté à;Date d'achat;Prix unitaire HT\n"
    "Office;Microsoft;SCC;Anne;01/02/2022;1.234\nOffice;Microsoft;SCC;Paul;01/02/2022;1.234\n"
)


def _send(browser: Browser, text: str, kind: str = "", name: str = "park.csv") -> TestResponse:
    file = (io.BytesIO(text.encode("cp1252")), name)
    return browser.post("/imports", {"kind": kind, "file": file}, follow_redirects=False)


def _work(app: Flask) -> None:
    """Carry out the jobs that wait, as a worker does."""
    clock = app.extensions["parc_clock"]
    while True:
        with transaction() as session:
            job = claim(session, "w", clock())
        if job is None:
            break
        Execution(app, TableEngine("w", clock), clock, job).run(HANDLERS)
    db.session.rollback()


def _find_office(count: int) -> None:
    with transaction() as session:
        for _number in range(count):
            device = make_device(session)
            found = {"source": ValueSource.AGENT, "first_seen_at": SOME_MOMENT}
            row = Installation(device_id=device.id, key="Office", name="Office", **found)
            session.add(row)
            session.flush()
            settle_titles(session, [device.id], SOME_MOMENT)


def _run() -> ImportRun:
    db.session.rollback()
    query = sa.select(ImportRun).order_by(ImportRun.id.desc()).limit(1)
    return db.session.scalars(query).one()


def _columns(answer: str) -> dict[str, str]:
    """Give the selects of columns with what they show."""
    import re

    found = {}
    for name, body in re.findall(
        r'<select name="(column-\d+)".*?>(.*?)</select>', answer, re.DOTALL
    ):
        chosen = re.search(r'value="(\w*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found


def test_file_goes_through_all_steps_and_can_be_undone(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    sent = _send(browser, _ASSETS)
    number = _run().id

    reading = browser.get(sent.location).text
    columns = browser.get(f"/imports/{number}/columns").text
    planned = browser.post(
        f"/imports/{number}/columns",
        {**_columns(columns), "policy": "both", "key": "", "save_as": "our park"},
    )
    waiting = browser.get(f"/imports/{number}").text
    live = browser.get(f"/imports/{number}/live")
    _work(sqlite_app)
    ended = browser.get(f"/imports/{number}/live")
    dry = browser.get(f"/imports/{number}").text

    assert "PC-1" in reading
    assert "bidule" in reading
    assert planned.status_code == 302
    assert "Dry run under way" in waiting
    assert live.status_code == 200
    assert ended.headers["HX-Redirect"] == f"/imports/{number}"
    assert "bidule is not one of the words that are known here: Switch, Router" in dry
    assert "Place: Lyon" in dry
    assert "Line 4 is no record: a total." in dry
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 0

    browser.post(f"/imports/{number}/plan", {"beside": "0"})
    _work(sqlite_app)
    dry = browser.get(f"/imports/{number}").text
    assert "Import the 1 good record only" in dry
    refused = browser.get(f"/imports/{number}/refused.csv").data.decode("utf-8-sig")
    assert "PC-2;T2;bidule;;3;" in refused

    browser.post(f"/imports/{number}/apply", {"mode": "all"})
    _work(sqlite_app)
    assert (
        "Nothing was imported, because rows were refused." in browser.get(f"/imports/{number}").text
    )

    browser.post(f"/imports/{number}/apply", {"mode": "good_rows"})
    _work(sqlite_app)
    report = browser.get(f"/imports/{number}").text
    run = _run()
    assert run.state is ImportState.DONE
    assert "The import is done." in report
    assert f"/changes/{run.change_set_id}" in report
    assert db.session.scalars(sa.select(Asset.name)).all() == ["PC-1"]
    browser.post(f"/changes/{run.change_set_id}/undo", {})
    db.session.rollback()
    act = db.session.get_one(ChangeSet, run.change_set_id)
    assert act.state is ChangeSetState.UNDONE
    kept = db.session.scalars(sa.select(ImportMapping)).one()
    assert (kept.name, kept.choices["columns"]["name"]) == ("our park", "Nom")


def test_seats_people_and_formats_are_asked_for_and_decided(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    _find_office(3)
    _send(browser, _SEATS)
    number = _run().id
    columns = browser.get(f"/imports/{number}/columns").text
    assert "as one row a licence there are 2 licences, as one row a seat there are 1" in columns

    chosen = {**_columns(columns), "policy": "both", "key": "", "rows": "records"}
    browser.post(f"/imports/{number}/columns", chosen)
    _work(sqlite_app)
    dry = browser.get(f"/imports/{number}").text
    assert "a seat: 1 licence" in dry
    assert "What the network knows" in dry
    assert "more than bought" in dry
    assert "Assumed: no cell of this column tells which it is." in dry
    again = {"rows": "seats", "format-purchased_on": "month_first", "format-unit_price": "."}
    beside = _run().report["beside"]
    ticked = [str(at) for at, (_kind, name, _count) in enumerate(beside) if name != "Paul"]
    browser.post(f"/imports/{number}/plan", {**again, "beside": ticked, "leaves_out_people": "1"})
    _work(sqlite_app)
    browser.post(f"/imports/{number}/apply", {"mode": "all"})
    _work(sqlite_app)

    assert _run().state is ImportState.DONE, _run().report
    office = db.session.scalars(sa.select(Entitlement)).one()
    assert (office.quantity, office.allocated_count) == (2, 0)
    assert db.session.scalars(sa.select(Publisher.name)).all() == ["Microsoft"]
    assert db.session.scalars(sa.select(Person.name)).all() == []
    assert "2 seats are given to nobody" in browser.get(f"/imports/{number}").text


def test_reading_can_be_changed_and_broken_files_are_told(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, "a;b\nx|y;z\n", "assets")
    number = _run().id
    browser.post(f"/imports/{number}/reading", {"delimiter": "bar", "header_line": "2"})
    assert _run().choices["reading"]["delimiter"] == "|"
    broken = browser.post(f"/imports/{number}/reading", {"encoding": "utf-16-le"})
    assert broken.status_code == 302
    assert browser.get(f"/imports/{number}/reading").status_code in {200, 422}
    browser.post(f"/imports/{number}/reading", {"header_line": "60"})
    for page in ("reading", "columns"):
        answer = browser.get(f"/imports/{number}/{page}")
        assert answer.status_code == 422
        assert "Line 60 holds no headings." in answer.text
    for wrong in ({"encoding": "ebcdic"}, {"delimiter": "x"}, {"header_line": "x"}):
        assert browser.post(f"/imports/{number}/reading", wrong).status_code == 422
    empty = _send(browser, "")
    assert "The file holds nothing." in browser.get(empty.location).text
    none = browser.post("/imports", {"kind": ""}, follow_redirects=True)
    assert "Choose a file first." in none.text
    assert _send(browser, _ASSETS, "nonsense").status_code == 422


def test_wrong_choices_are_refused(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, _ASSETS)
    address = f"/imports/{_run().id}/columns"
    wrong = (
        {"column-0": "nothing"},
        {"column-0": "name", "column-1": "name"},
        {"column-0": "name", "policy": "x"},
        {"column-0": "name", "key": "x"},
    )
    assert [browser.post(address, one).status_code for one in wrong] == [422] * 4
    assert browser.post(address, {"policy": "both"}).status_code == 302
    assert browser.post(f"/imports/{_run().id}/apply", {"mode": "x"}).status_code == 422
    assert browser.post(f"/imports/{_run().id}/apply", {"mode": "all"}).status_code == 409


def test_kept_mapping_is_taken_up_again_and_deleted(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, "Truc;Nom\n1;PC\n", "assets")
    number = _run().id
    chosen = {"column-0": "asset_tag", "column-1": "name", "save_as": "mine"}
    browser.post(f"/imports/{number}/columns", chosen)
    _send(browser, "nom;truc\nPC;1\n", "assets")
    page = browser.get(f"/imports/{_run().id}/columns").text
    assert "These are the choices kept as mine." in page
    assert _columns(page) == {"column-0": "name", "column-1": "asset_tag"}
    assert "mine" in browser.get(f"/imports/{_run().id}/columns?mapping=mine").text

    kept = db.session.scalars(sa.select(ImportMapping.id)).one()
    assert "1 mapping is deleted." in browser.get(f"/imports/mappings/{kept}/delete").text
    browser.post(f"/imports/mappings/{kept}/delete", {})
    db.session.rollback()
    assert db.session.scalars(sa.select(ImportMapping)).all() == []
    assert browser.get(f"/imports/mappings/{kept}/delete").status_code == 302


def test_import_of_another_is_not_shown_and_a_file_is_thrown_away(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, _ASSETS)
    run = _run()
    path = DocumentStore(sqlite_app.extensions["parc_settings"].data_folder, FOLDER).path(
        run.file_hash
    )

    assert Browser(sqlite_app, Role.MANAGER).get(f"/imports/{run.id}").status_code == 404
    assert Browser(sqlite_app, Role.ADMINISTRATOR).get(f"/imports/{run.id}").status_code == 302
    assert path.is_file()
    assert "1 file is deleted." in browser.get(f"/imports/{run.id}/delete").text
    browser.post(f"/imports/{run.id}/delete", {})

    db.session.rollback()
    assert not path.exists()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportRun)) == 0


def test_file_that_is_gone_is_told_and_old_ones_expire(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, _ASSETS)
    number, store = (
        _run().id,
        DocumentStore(sqlite_app.extensions["parc_settings"].data_folder, FOLDER),
    )
    clock = sqlite_app.extensions["parc_clock"]
    with transaction() as session:
        assert expire(session, store, clock()) == 0
        assert expire(session, store, clock() + timedelta(days=3)) == 1
    assert not store.path(_run().file_hash).exists()
    assert _run().state is ImportState.EXPIRED
    for address in ("reading", "columns"):
        assert browser.get(f"/imports/{number}/{address}").status_code == 422
    assert browser.get(f"/imports/{number}/refused.csv").status_code == 422
    assert browser.post(f"/imports/{number}/plan", {}).status_code == 422
    assert browser.post(f"/imports/{number}/columns", {}).status_code == 422
    assert browser.get(f"/imports/{number}").status_code == 200


def test_import_whose_job_died_has_failed_and_can_be_planned_again(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    _send(browser, _ASSETS)
    number = _run().id
    chosen = {"column-0": "name", "column-1": "asset_tag", "column-2": "category"}
    browser.post(f"/imports/{number}/columns", chosen)
    with transaction() as session:
        session.get_one(JobRun, _run().job_id).state = JobState.FAILED
    assert "Dry run under way" not in browser.get(f"/imports/{number}").text
    assert browser.post(f"/imports/{number}/columns", chosen).status_code == 302
    DocumentStore(sqlite_app.extensions["parc_settings"].data_folder, FOLDER).path(
        _run().file_hash
    ).unlink()
    _work(sqlite_app)
    assert _run().state is ImportState.FAILED
    assert "The file has been thrown away" in browser.get(f"/imports/{number}").text
