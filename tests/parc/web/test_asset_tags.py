"""Numbering asset tags by a pattern per category: the page, the command and every door."""

from __future__ import annotations

import json
import threading

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from collectors.observation import Category
from parc.cli.tags import tags
from parc.errors import InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import Asset, AuditEntry, Counter, Role
from parc.queries.asset_tags import coming_tags, list_series, read_patterns
from parc.services.actor import SYSTEM, Actor
from parc.services.asset_removal import delete_asset
from parc.services.asset_tags import next_asset_tags, reset_pattern, set_pattern
from parc.services.assets import create_asset
from parc.services.devices import accept
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device
from tests.web import Browser

PC = "PC-{number:05d}"


def _set(category: Category, pattern: str) -> None:
    with transaction() as session:
        set_pattern(session, SYSTEM, category.value, pattern, at=SOME_MOMENT)


def _take(*categories: Category) -> list[str]:
    with transaction() as session:
        return next_asset_tags(session, categories)


def test_each_category_counts_by_its_pattern_and_the_others_by_the_default(app: Flask) -> None:
    with app.app_context():
        _set(Category.WORKSTATION, PC)
        took = _take(Category.WORKSTATION, Category.PRINTER, Category.WORKSTATION, Category.SWITCH)
        assert took == ["PC-00001", "P000001", "PC-00002", "P000002"]
        assert _take(Category.WORKSTATION) == ["PC-00003"]


def test_number_never_comes_back_when_asset_is_deleted_or_pattern_changes(
    sqlite_app: Flask,
) -> None:
    with sqlite_app.app_context():
        _set(Category.WORKSTATION, PC)
        values = {"name": "pc", "category": Category.WORKSTATION}
        with transaction() as session:
            number = create_asset(session, SYSTEM, values=values, at=SOME_MOMENT).id
        with transaction() as session:
            delete_asset(session, SYSTEM, number, at=SOME_MOMENT)
        _set(Category.WORKSTATION, "W{number}")
        assert _take(Category.WORKSTATION) == ["W1"]
        _set(Category.WORKSTATION, "PC-{number:03d}")
        assert _take(Category.WORKSTATION) == ["PC-002"]
        _set(Category.SERVER, PC)
        assert _take(Category.SERVER, Category.WORKSTATION) == ["PC-00004", "PC-003"]


def test_new_series_goes_on_after_tags_that_stand_and_skips_those_typed_later(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            make_asset(session, asset_tag="PC-00041")
            make_asset(session, asset_tag="PC-9X")
        _set(Category.WORKSTATION, PC)
        assert coming_tags(db.session(), PC, 2) == ("PC-00042", "PC-00043")
        assert _take(Category.WORKSTATION) == ["PC-00042"]
        with transaction() as session:
            for number in (43, 44):
                make_asset(session, asset_tag=f"PC-{number:05d}")
        assert coming_tags(db.session(), PC, 1) == ("PC-00045",)
        assert _take(Category.WORKSTATION, Category.WORKSTATION) == ["PC-00045", "PC-00046"]


def test_default_goes_on_where_its_counter_stood_before_there_were_series(
    sqlite_app: Flask,
) -> None:
    with sqlite_app.app_context():
        with transaction() as session:
            session.add(Counter(name="asset_tag", value=7))
        assert _take(Category.OTHER) == ["P000008"]
        _set(Category.WORKSTATION, PC)
        assert _take(Category.WORKSTATION) == ["PC-00001"]


def test_two_writers_at_once_never_take_the_same_tag(app: Flask) -> None:
    with app.app_context():
        _set(Category.WORKSTATION, PC)
    took: list[str] = []
    start = threading.Barrier(2)

    def write() -> None:
        with app.app_context():
            start.wait(timeout=10)
            took.extend(_take(Category.WORKSTATION, Category.PRINTER))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(timeout=30)
    assert sorted(took) == ["P000001", "P000002", "PC-00001", "PC-00002"]


def test_accepted_device_takes_the_series_of_its_category(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        _set(Category.PRINTER, "IMP{number:03d}")
        with transaction() as session:
            kinds = (Category.PRINTER, None)
            ids = [make_device(session, category=kind).id for kind in kinds]
            accept(session, SYSTEM, ids, at=SOME_MOMENT)
        found = db.session.scalars(sa.select(Asset.asset_tag).order_by(Asset.id))
        assert list(found) == ["IMP001", "P000001"]


def test_page_previews_sets_and_takes_back_a_pattern(administrator: Browser) -> None:
    sent = {"category": "printer", "pattern": "IMP {number:04d}"}
    seen = administrator.post("/asset-tags", {**sent, "step": "preview"}).text
    assert all(f"<code>IMP 000{number}</code>" in seen for number in (1, 2, 3))
    assert read_patterns(db.session()) == {}
    assert administrator.post("/asset-tags", sent).status_code == 302
    page = administrator.get("/asset-tags").text
    assert "new tags follow this pattern" in page
    assert page.count("<code>IMP 0001</code>") == 1
    assert 'value="IMP {number:04d}"' in administrator.get("/asset-tags?category=printer").text
    administrator.post(
        "/assets/new", {"name": "p", "category": "printer", "lifecycle_state": "in_use"}
    )
    assert "IMP 0001" in administrator.get("/assets").text
    assert administrator.post("/asset-tags/reset", {"category": "printer"}).status_code == 302
    db.session.rollback()
    assert read_patterns(db.session()) == {}
    query = sa.select(AuditEntry).where(AuditEntry.subject_kind == "tag_pattern")
    kept = [entry.changes["pattern"] for entry in db.session.scalars(query)]
    assert kept == [[None, "IMP {number:04d}"], ["IMP {number:04d}", None]]


@pytest.mark.parametrize(
    "pattern",
    [
        "", "PC-", "{number}{number}", "{number:999999999d}", "{number.real}", "{0}", "a/{number}",
        "x" * 40 + "{number}", "{{number}}", "<{number}>",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_and_changes_nothing(
    administrator: Browser, pattern: str
) -> None:
    for step in ("preview", ""):
        sent = {"category": "printer", "pattern": pattern, "step": step}
        assert administrator.post("/asset-tags", sent).status_code == 422
    assert read_patterns(db.session()) == {}


def test_unknown_category_is_refused(administrator: Browser) -> None:
    assert administrator.get("/asset-tags?category=yacht").status_code == 422
    with transaction() as session, pytest.raises(InvalidInputError):
        reset_pattern(session, SYSTEM, "yacht", at=SOME_MOMENT)


def test_technician_may_not_change_patterns(sqlite_app: Flask) -> None:
    actor = Actor("Tess", Role.TECHNICIAN)
    with sqlite_app.app_context(), transaction() as session, pytest.raises(NotAllowedError):
        set_pattern(session, actor, "printer", PC, at=SOME_MOMENT)


def test_command_lists_sets_and_takes_back_a_pattern(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        run = CliRunner().invoke
        assert run(tags, ["set", "printer", "IMP{number:03d}"]).exit_code == 0
        told = json.loads(run(tags, ["list", "--json"]).output)
        assert {"category": "printer", "pattern": "IMP{number:03d}", "is_own": True,
                "next": "IMP001"} in told  # fmt: skip
        assert "(P{number:06d})" in run(tags, ["list"]).output
        assert run(tags, ["set", "printer"]).exit_code == 2
        assert run(tags, ["set", "printer", "--default"]).exit_code == 0
        db.session.rollback()
        assert not any(one.is_own for one in list_series(db.session()))
