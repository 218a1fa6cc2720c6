"""The pages of acts that changed many rows."""

from __future__ import annotations

from parc.clock import now
from parc.extensions import db, transaction
from parc.models import Asset, ChangeSet, ChangeSetKind, Role
from parc.services.change_sets import recording
from tests.factories import SOME_PERSON, make_asset
from tests.parc.web.conftest import Browse
from tests.web import Browser


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
