"""The pages of acts that changed many rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from parc.clock import now
from parc.extensions import db, transaction
from parc.models import Asset, ChangeSet, ChangeSetKind, Role
from parc.services.change_sets import recording
from parc.services.retention import Ages, purge_batch
from tests.factories import SOME_PERSON, make_asset
from tests.parc.web.conftest import Browse
from tests.web import Browser


def ages(*, undo: timedelta) -> Ages:
    """Ages at which nothing goes but what can be undone."""
    long = timedelta(days=3650)
    return Ages(observations=long, runs=long, sessions=long, links=long, undo=undo)


def edited() -> tuple[int, int]:
    """An asset that was renamed in an act; gives both ids."""
    with transaction() as session:
        asset = make_asset(session, name="before")
    with transaction() as session:
        title = {"code": "merged", "asset": "A1", "other": "<A2>"}
        with recording(session, SOME_PERSON, ChangeSetKind.MERGE, title, now()):
            session.get_one(Asset, asset.id).name = "after"
            session.flush()
    (act,) = db.session.query(ChangeSet.id).one()
    return asset.id, act


def test_list_and_page_say_what_an_act_was(administrator: Browser) -> None:
    _asset, act = edited()
    page = administrator.get("/changes").text
    assert "&lt;A2&gt; merged into A1" in page
    assert f'href="/changes/{act}"' in page
    assert "Undo all of it" in administrator.get(f"/changes/{act}").text
    assert administrator.get("/changes?kind=run").text.count("<tr>") <= 1
    assert administrator.get("/changes?kind=spoon").status_code == 422
    assert administrator.get("/changes/99").status_code == 404
    assert administrator.get(f"/changes/{act}?before=x").status_code == 422


def test_list_is_narrowed_by_period_author_and_reason_and_exported(
    administrator: Browser,
) -> None:
    with transaction() as session:
        asset = make_asset(session)
    for author, reason in (("Ada", "=two labels"), ("Bob", "")):
        actor = replace(SOME_PERSON, name=author).because(reason)
        kind, title = ChangeSetKind.BULK_EDIT, {"code": "edited"}
        with transaction() as session, recording(session, actor, kind, title, now()):
            session.get_one(Asset, asset.id).name = author
    today = f"{now().astimezone(ZoneInfo('Europe/Paris')):%Y-%m-%d}"
    page = administrator.get(f"/changes?since={today}&until={today}").text
    assert page.count('<th scope="row">') == 2
    assert f"since={today}" in page
    assert "2 changes" in page
    for narrowed in ("author=Ada", "q=two+labels", f"q=Ada&since={today}"):
        found = administrator.get(f"/changes?{narrowed}").text
        assert found.count('<th scope="row">') == 1
        assert "=two labels" in found
    assert "Nothing matches." in administrator.get("/changes?until=2001-01-01").text
    for wrong in ("since=x", f"since={today}&since=2001-01-01", "until=2026-02-30"):
        assert administrator.get(f"/changes?{wrong}").status_code == 422
    lines = administrator.get("/changes/export.csv?author=Ada&sort=at").text.splitlines()
    assert len(lines) == 2
    assert "'=two labels" in lines[1]
    assert administrator.get("/changes/export.xlsx").data.startswith(b"PK")


def test_page_says_until_when_an_act_can_be_undone(administrator: Browser) -> None:
    _asset, act = edited()
    assert "Can be undone until" in administrator.get(f"/changes/{act}").text
    assert administrator.post(f"/changes/{act}/undo", {"reason": "x" * 256}).status_code == 422
    with transaction() as session:
        purge_batch(session, ages(undo=timedelta(0)), now() + timedelta(days=1))
    page = administrator.get(f"/changes/{act}").text
    assert "what it changed was kept for 90 days" in page
    assert "Undo all of it" not in page
    assert administrator.post(f"/changes/{act}/undo", {}).status_code == 409


def test_act_is_undone_once(administrator: Browser) -> None:
    asset_id, act = edited()
    assert administrator.post(f"/changes/{act}/undo", {}).status_code == 302
    db.session.rollback()
    assert db.session.get_one(Asset, asset_id).name == "before"
    assert "Undo all of it" not in administrator.get(f"/changes/{act}").text
    assert administrator.post(f"/changes/{act}/undo", {}).status_code == 409


def test_what_stands_in_the_way_is_told(administrator: Browser) -> None:
    asset_id, act = edited()
    with transaction() as session:
        session.get_one(Asset, asset_id).name = "third"
    page = administrator.get(f"/changes/{act}").text
    assert "later changes build on it" in page
    assert administrator.post(f"/changes/{act}/undo", {}).status_code == 409


def test_technician_undoes_only_own_acts(browse: Browse) -> None:
    _asset, act = edited()
    technician = browse(Role.TECHNICIAN)
    assert "Undo all of it" not in technician.get(f"/changes/{act}").text
    assert technician.post(f"/changes/{act}/undo", {}).status_code in {403, 404}
