"""Tests of the pages of ranges: the form keeps what was typed, buttons do what they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import AddressRange, Credential, Role, Run
from parc.services.credentials import CredentialDraft, save_credential
from parc.web.ranges import CATEGORY_GROUPS
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_device, make_range, make_run
from tests.parc.web.conftest import Browse
from tests.web import Browser

OFFICE: dict[str, object] = {
    "name": "Office",
    "include": "10.0.0.0/24\n10.0.1.7",
    "exclude": "10.0.0.1",
    "site": "Lyon",
    "schedule_kind": "cron",
    "every_minutes": "",
    "cron": "0 4 * * *",
    "time_zone": "Europe/Paris",
    "window_start": "",
    "window_end": "",
    "packets_per_second": "300",
    "devices_at_once": "20",
    "asset_categories": ["switch", "printer"],
    "is_enabled": "1",
}


@pytest.fixture(autouse=True)
def _clock(administrator: Browser) -> None:
    administrator.app.extensions["parc_clock"] = lambda: SOME_MOMENT


def _stored() -> AddressRange:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(AddressRange)).one()


def _add_credentials(browser: Browser, *names: str) -> list[int]:
    with transaction() as session:
        return [
            save_credential(
                session,
                SOME_PERSON,
                browser.app.extensions["parc_box"],
                CredentialDraft(name=name, community="canary-x"),
                now=SOME_MOMENT,
            ).id
            for name in names
        ]


def test_new_range_is_stored_and_its_sheet_shows_the_next_five_runs(
    administrator: Browser,
) -> None:
    first, second = _add_credentials(administrator, "first", "second")
    positions = {f"position_{first}": "2", f"position_{second}": "1"}
    answer = administrator.post("/ranges/new", {**OFFICE, **positions})
    assert answer.status_code == 302
    row = _stored()
    assert row.asset_categories == ["switch", "printer"]
    assert [one.name for one in row.credentials] == ["second", "first"]
    assert row.next_due_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    page = administrator.get(f"/ranges/{row.id}").text
    assert page.count('<time datetime="2026-11-2') == 5
    assert "second, first" in page
    assert "254" in page  # hosts of the /24 less one, and the single address


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("name", "", "This field is needed."),
        ("include", "10.0.0.0/24\n10.0.0.400", "10.0.0.400 is neither"),
        ("include", "8.8.8.8", "discovery.allow_public_addresses"),
        ("include", "10.0.0.0/8", "too many addresses"),
        ("exclude", "x", "x is neither"),
        ("cron", "99 * * * *", "cron line"),
        ("time_zone", "Mars/Olympus", "Mars/Olympus"),
        ("window_start", "25:00", "25:00"),
        ("packets_per_second", "lots", "whole number"),
        ("asset_categories", "spoon", "spoon"),
    ],
)
def test_wrong_input_is_told_beside_its_field_and_everything_typed_is_kept(
    administrator: Browser, field: str, wrong: str, told: str
) -> None:
    (number,) = _add_credentials(administrator, "only")
    typed = {**OFFICE, "site": "Typed site", f"position_{number}": "7", field: wrong}
    answer = administrator.post("/ranges/new", typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert"' in answer.text
    for kept in ("Typed site", f'name="position_{number}" value="7"', 'value="20"'):
        assert kept in answer.text
    if field != "include":
        assert "10.0.0.0/24\n10.0.1.7</textarea>" in answer.text
    assert db.session.scalars(sa.select(AddressRange)).all() == []


def test_position_that_is_no_number_is_told_at_the_credentials(administrator: Browser) -> None:
    (number,) = _add_credentials(administrator, "only")
    answer = administrator.post("/ranges/new", {**OFFICE, f"position_{number}": "first"})
    assert answer.status_code == 422
    assert 'id="credentials-error"' in answer.text
    assert 'value="first"' in answer.text
    assert db.session.scalars(sa.select(AddressRange)).all() == []


def test_preview_shows_the_next_runs_and_saves_nothing(administrator: Browser) -> None:
    answer = administrator.post("/ranges/new", {**OFFICE, "name": "", "preview": "1"})
    assert answer.status_code == 200
    assert len(re.findall(r"<li><time ", answer.text)) == 5
    assert db.session.scalars(sa.select(AddressRange)).all() == []
    wrong = administrator.post("/ranges/new", {**OFFICE, "cron": "x", "preview": "1"})
    assert "cannot be followed" in wrong.text


def test_form_shows_what_is_stored_and_saves_it_unchanged(administrator: Browser) -> None:
    (number,) = _add_credentials(administrator, "only")
    administrator.post("/ranges/new", {**OFFICE, f"position_{number}": "1"})
    row = _stored()
    page = administrator.get(f"/ranges/{row.id}/edit").text
    assert "10.0.0.0/24\n10.0.1.7</textarea>" in page
    assert f'name="position_{number}" value="1"' in page
    assert page.count(" checked") == 3
    updated = row.updated_at
    administrator.post(f"/ranges/{row.id}/edit", {**OFFICE, f"position_{number}": "1"})
    assert _stored().updated_at == updated


def test_managed_range_is_read_only_with_its_reason(administrator: Browser) -> None:
    with transaction() as session:
        row = make_range(session, is_managed_by_file=True)
    page = administrator.get(f"/ranges/{row.id}").text
    assert "Managed by file" in page
    assert "config.toml" in page
    assert f"/ranges/{row.id}/delete" not in page
    assert administrator.get(f"/ranges/{row.id}/edit").status_code == 302
    assert administrator.post(f"/ranges/{row.id}/edit", OFFICE).status_code == 409
    assert administrator.post(f"/ranges/{row.id}/disable").status_code == 409
    assert administrator.post(f"/ranges/{row.id}/delete").status_code == 409


def test_deletion_says_what_stays_behind(administrator: Browser) -> None:
    with transaction() as session:
        row = make_range(session, name="Old")
        make_run(session, row)
        make_device(session, range_id=row.id)
        make_device(session, range_id=row.id)
    page = administrator.get(f"/ranges/{row.id}/delete").text
    assert "1 run stays" in page
    assert "2 devices stay" in page
    administrator.post(f"/ranges/{row.id}/delete")
    db.session.rollback()
    assert db.session.scalars(sa.select(AddressRange)).all() == []
    assert db.session.scalars(sa.select(Run.range_name)).all() == ["Old"]


def test_sweep_now_leads_to_the_run_and_a_second_one_to_the_same(administrator: Browser) -> None:
    with transaction() as session:
        row = make_range(session)
    first = administrator.post(f"/ranges/{row.id}/sweep")
    second = administrator.post(f"/ranges/{row.id}/sweep")
    assert first.location == second.location
    assert "/runs/" in first.location
    listed = administrator.get("/ranges").text
    assert "Watch" in listed


def test_disabled_range_is_not_due_and_the_message_offers_to_undo(administrator: Browser) -> None:
    administrator.post("/ranges/new", OFFICE)
    row = _stored()
    answer = administrator.post(f"/ranges/{row.id}/disable", follow_redirects=True)
    assert f'action="/ranges/{row.id}/enable"' in answer.text
    assert _stored().next_due_at is None


def test_every_category_stands_once_in_the_form() -> None:
    shown = [category for _title, members in CATEGORY_GROUPS for category in members]
    assert sorted(shown) == sorted(Category)


def test_reader_sees_ranges_without_buttons(browse: Browse) -> None:
    with transaction() as session:
        row = make_range(session)
    reader = browse(Role.READ_ONLY)
    page = reader.get(f"/ranges/{row.id}").text
    assert "Sweep now" not in page
    assert "/edit" not in page
    assert reader.post(f"/ranges/{row.id}/sweep").status_code == 404
    assert browse(Role.REQUESTER).get("/ranges").status_code == 404


def test_manager_is_told_that_a_credential_needs_networks(browse: Browse) -> None:
    manager = browse(Role.MANAGER)
    (number,) = _add_credentials(manager, "free")
    answer = manager.post("/ranges/new", {**OFFICE, f"position_{number}": "1"})
    assert answer.status_code == 422
    assert 'id="credentials-error"' in answer.text
    assert db.session.scalars(sa.select(Credential.networks)).all() == [[]]


def test_markup_in_a_name_is_shown_as_text(administrator: Browser) -> None:
    with transaction() as session:
        row = make_range(session, name="<b>bold</b>")
    for path in ("/ranges", f"/ranges/{row.id}", f"/ranges/{row.id}/edit"):
        assert "<b>bold" not in administrator.get(path).text


def test_list_needs_the_same_queries_for_one_range_and_for_ten(administrator: Browser) -> None:
    counts = []
    administrator.get("/ranges")  # the first page of all looks for logins once
    for more in (1, 9):
        with transaction() as session:
            for _ in range(more):
                make_run(session)
        counts.append(_count_queries(administrator, "/ranges"))
    assert counts[0] == counts[1]


def _count_queries(browser: Browser, path: str) -> int:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(statements)
