"""The sheet tells where each value is from: locks, differences, values before, what is gone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from collectors.observation import Category
from parc.clock import now
from parc.config import InboxSettings
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    ChangeSet,
    Component,
    Difference,
    InboxEntry,
    Interface,
    LifecycleState,
    Location,
    LocationKind,
    LockRule,
    Role,
    ValueSource,
)
from parc.precedence import FROM_FILE
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM
from parc.services.assets import edit_asset
from parc.services.bulk import release_many
from tests.conftest import SOME_MOMENT
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_linked_device,
    make_range,
    make_run,
)
from tests.parc.web.conftest import Browse
from tests.statements import statements
from tests.web import Browser


def _asset(**values: object) -> int:
    """Make an asset whose name is a person's and whose device calls itself otherwise."""
    with transaction() as session:
        asset = make_asset(session, person_fields=(), **{"name": "old", **values})
        make_linked_device(session, asset, sys_name="seen")
        edit_asset(
            session, SOME_PERSON, asset.id, version=1, values={"name": "ours"}, at=SOME_MOMENT
        )
        return asset.id


def _field(asset_id: int, name: str = "name") -> AssetField:
    db.session.rollback()
    return db.session.get_one(AssetField, (asset_id, name))


def _name(asset_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Asset, asset_id).name


def _undo(browser: Browser) -> None:
    """Take the last act back, as the message of the page offers it."""
    number = db.session.scalar(sa.select(sa.func.max(ChangeSet.id)))
    assert browser.post(f"/changes/{number}/undo", {}).status_code == 302
    db.session.rollback()


def test_padlock_says_who_since_when_and_until_what(administrator: Browser) -> None:
    asset_id = _asset()
    page = administrator.get(f"/assets/{asset_id}").text
    assert re.search(r"Locked by .+ since 23 Nov, until lifted\.", page)
    administrator.post(
        f"/assets/{asset_id}/lock", {"field": "name", "lock": "days", "lock_days": "30"}
    )
    row = _field(asset_id)
    assert row.lock is LockRule.DAYS
    assert row.locked_until is not None
    assert timedelta(days=29) < row.locked_until - now() < timedelta(days=31)
    page = administrator.get(f"/assets/{asset_id}").text
    assert "Ada is locked" not in page
    assert "Name is locked." not in administrator.get(f"/assets/{asset_id}").text
    assert f"{row.locked_until.day}" in page
    history = administrator.get(f"/assets/{asset_id}/history").text
    assert "Lock: Name" in history


def test_padlock_is_lifted_in_one_click_and_put_back_by_undo(administrator: Browser) -> None:
    asset_id = _asset()
    answer = administrator.post(f"/assets/{asset_id}/release", {"field": "name"})
    assert answer.status_code == 302
    assert (_name(asset_id), _field(asset_id).source) == ("seen", ValueSource.SNMP)
    page = administrator.get(f"/assets/{asset_id}").text
    assert "Name follows the machines again." in page
    assert re.search(r'action="/changes/\d+/undo"', page)
    _undo(administrator)
    assert (_name(asset_id), _field(asset_id).lock) == ("ours", LockRule.NEVER)


def test_machines_value_that_is_locked_becomes_the_persons(administrator: Browser) -> None:
    asset_id = _asset(model_name="C9200")
    with transaction() as session:
        session.add(
            AssetField(
                asset_id=asset_id, field="model_name", source=ValueSource.SNMP, set_at=SOME_MOMENT
            )
        )
    assert "SNMP, " in administrator.get(f"/assets/{asset_id}").text
    path = f"/assets/{asset_id}/lock"
    assert administrator.post(path, {"field": "model_name", "lock": "state"}).status_code == 302
    row = _field(asset_id, "model_name")
    assert (row.source, row.lock) == (ValueSource.PERSON, LockRule.STATE)
    data = {"lifecycle_state": "in_stock"}
    assert administrator.post(f"/assets/{asset_id}/state", data).status_code == 302
    assert _field(asset_id, "model_name").locked_until is not None
    _field(asset_id)
    assert _field(asset_id).locked_until is None


@pytest.mark.parametrize(
    "sent",
    [
        {"field": "name", "lock": "perhaps"},
        {"field": "name", "lock": "days", "lock_days": "0"},
        {"field": "name", "lock": "days", "lock_days": "many"},
        {"field": "notes", "lock": "never"},
        {"field": "password", "lock": "never"},
        {"field": "serial_number", "lock": "never"},
    ],
)
def test_what_is_no_lock_or_no_value_is_refused(
    administrator: Browser, sent: dict[str, str]
) -> None:
    asset_id = _asset()
    assert administrator.post(f"/assets/{asset_id}/lock", sent).status_code == 422


def test_lock_is_chosen_while_editing(administrator: Browser) -> None:
    asset_id = _asset()
    form = {"name": "new", "category": "switch", "version": "2", "lock": "days"}
    wrong = administrator.post(f"/assets/{asset_id}/edit", {**form, "lock_days": "0"})
    assert wrong.status_code == 422
    assert "This must be within 1-3650." in wrong.text
    right = administrator.post(f"/assets/{asset_id}/edit", {**form, "lock_days": "7"})
    assert right.status_code == 302
    assert _field(asset_id).lock is LockRule.DAYS


def _differ(asset_id: int) -> None:
    with transaction() as session:
        session.add(
            Difference(
                asset_id=asset_id, field="name", seen_value="seen", source=ValueSource.SNMP,
                since=SOME_MOMENT,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "name", "action", "kept_against", "left"),
    [
        ("take", "seen", "taken", None, []),
        ("keep", "ours", "kept_for_good", "snmp", []),
        ("keep_until_changed", "ours", "kept", None, [True]),
    ],
)
def test_difference_is_settled_in_three_ways_each_of_which_can_be_undone(
    administrator: Browser,
    decision: str,
    name: str,
    action: str,
    kept_against: str | None,
    left: list[bool],
) -> None:
    asset_id = _asset()
    _differ(asset_id)
    page = administrator.get(f"/assets/{asset_id}").text
    assert "SNMP says seen, here stands ours" in page
    assert "since 23 Nov 2026" in page
    path = f"/assets/{asset_id}/difference"
    administrator.post(path, {"field": "name", "decision": decision})
    assert (_name(asset_id), _field(asset_id).kept_against) == (name, kept_against)
    assert list(db.session.scalars(sa.select(Difference.is_kept))) == left
    query = sa.select(AuditEntry.action).order_by(AuditEntry.id.desc())
    assert db.session.scalars(query.where(AuditEntry.subject_kind == "asset")).first() == action
    assert "here stands" not in administrator.get(f"/assets/{asset_id}").text
    _undo(administrator)
    assert list(db.session.scalars(sa.select(Difference.is_kept))) == [False]
    assert (_name(asset_id), _field(asset_id).kept_against) == ("ours", None)


def test_values_before_stay_behind_the_origin_with_who_wrote_them(administrator: Browser) -> None:
    asset_id = _asset()
    with transaction() as session:
        for number in range(8):
            asset = session.get_one(Asset, asset_id)
            values = {"name": f"name {number}"}
            edit_asset(
                session, SOME_PERSON, asset_id, version=asset.version, values=values, at=SOME_MOMENT
            )
    page = administrator.get(f"/assets/{asset_id}").text
    earlier = page.partition('class="plain earlier"')[2].partition("</ul>")[0]
    assert [f"name {number}" in earlier for number in (7, 6, 2, 1)] == [False, True, True, False]
    assert f"by {SOME_PERSON.name}, 23 Nov" in earlier
    assert f"/assets/{asset_id}/history?field=name" in page


def test_what_is_gone_is_shown_with_its_dates(administrator: Browser) -> None:
    asset_id = _asset()
    with transaction() as session:
        asset = session.get_one(Asset, asset_id)
        device = make_linked_device(session, asset)
        gone = {"first_seen_at": SOME_MOMENT - timedelta(days=9), "gone_at": SOME_MOMENT}
        session.add(
            Component(device_id=device.id, key="9", name="PSU 2", serial_number="ART1", **gone)
        )
        session.add(Interface(device_id=device.id, key="Te1", if_index=1, addresses=[], **gone))
    page = administrator.get(f"/assets/{asset_id}").text
    card = page.partition('id="gone"')[2]
    assert all(text in card for text in ("PSU 2", "ART1", "Te1", "14 Nov 2026", "23 Nov 2026"))


def test_locks_of_many_are_lifted_after_a_look_and_put_back_by_undo(
    administrator: Browser,
) -> None:
    ids = [_asset(), _asset()]
    with transaction() as session:
        asset = session.get_one(Asset, ids[0])
        edit_asset(
            session, SOME_PERSON, ids[0], version=asset.version,
            values={"category": "ups", "notes": "mine"}, at=SOME_MOMENT,
        )  # fmt: skip
    sent = {"id": [str(number) for number in ids], "filters": ""}
    preview = administrator.post("/assets/bulk-release", sent)
    assert "2 assets would change." in preview.text
    one_field = administrator.post("/assets/bulk-release", {**sent, "field": "category"})
    assert "1 asset would change." in one_field.text
    assert administrator.post("/assets/bulk-release", {**sent, "field": "x"}).status_code == 422
    chosen = {"chosen": ",".join(map(str, ids)), "filters": "", "is_confirmed": "1"}
    long = {**chosen, "field": "", "reason": "r" * 300}
    assert administrator.post("/assets/bulk-release", long).status_code == 422
    answer = administrator.post("/assets/bulk-release", {**chosen, "field": "", "reason": "clean"})
    assert answer.status_code == 302
    assert [_name(number) for number in ids] == ["seen", "seen"]
    kept = db.session.get_one(Asset, ids[0])
    assert (kept.category, kept.notes) == (Category.UPS, "mine")
    assert _field(ids[0], "category").locked_until is not None
    again = administrator.post("/assets/bulk-release", sent)
    assert "2 are so already." in again.text
    _undo(administrator)
    assert [_name(number) for number in ids] == ["ours", "ours"]
    assert _field(ids[0], "category").locked_until is None


def test_reader_sees_the_lock_and_cannot_lift_it(browse: Browse) -> None:
    asset_id = _asset(lifecycle_state=LifecycleState.IN_STOCK)
    reader = browse(Role.READ_ONLY)
    page = reader.get(f"/assets/{asset_id}").text
    assert "until lifted" in page
    assert "/release" not in page
    assert reader.post(f"/assets/{asset_id}/lock", {"field": "name"}).status_code == 404


def test_sheet_reads_values_before_and_what_is_gone_in_one_statement_each(
    administrator: Browser,
) -> None:
    asset_id = _asset()
    administrator.get("/account")
    with statements() as seen:
        administrator.get(f"/assets/{asset_id}")
    assert len([text for text in seen if "audit_entry" in text]) == 1
    assert len([text for text in seen if "UNION ALL" in text and "gone_at" in text]) == 1


def test_value_from_a_file_is_its_own_source_and_safe_from_machines(
    administrator: Browser,
) -> None:
    asset_id = _asset()
    with transaction() as session:
        asset = session.get_one(Asset, asset_id)
        edit_asset(
            session, SOME_PERSON, asset_id, version=asset.version, values={"name": "filed"},
            at=SOME_MOMENT, stated=FROM_FILE,
        )  # fmt: skip
    row = _field(asset_id)
    assert (row.source, row.lock) == (ValueSource.CSV, None)
    page = administrator.get(f"/assets/{asset_id}").text
    assert "CSV" in page
    assert "until lifted" in page
    sent = {"id": [str(asset_id)], "filters": ""}
    assert "1 asset would change." in administrator.post("/assets/bulk-release", sent).text
    administrator.post(f"/assets/{asset_id}/release", {"field": "name"})
    assert (_name(asset_id), _field(asset_id).source) == ("seen", ValueSource.SNMP)


@pytest.mark.parametrize(
    ("decision", "name", "kept_against", "left"),
    [("accept", "seen", None, []), ("keep", "ours", "snmp", []), ("leave", "ours", None, [True])],
)
def test_inbox_settles_differences_in_the_same_three_ways(
    administrator: Browser, decision: str, name: str, kept_against: str | None, left: list[bool]
) -> None:
    asset_id = _asset()
    _differ(asset_id)
    with transaction() as session:
        settle(session, SYSTEM, InboxSettings(), now())
        entry = session.scalars(sa.select(InboxEntry)).one()
        number = entry.id
    page = administrator.get(f"/inbox/{number}").text
    assert "Keep our values for good" in page
    sent = {"id": str(number), "action": decision, "filters": ""}
    assert administrator.post("/inbox/decide", sent).status_code == 302
    assert (_name(asset_id), _field(asset_id).kept_against) == (name, kept_against)
    assert list(db.session.scalars(sa.select(Difference.is_kept))) == left
    _undo(administrator)
    assert list(db.session.scalars(sa.select(Difference.is_kept))) == [False]


def test_lifting_the_locks_of_many_takes_few_statements(administrator: Browser) -> None:
    del administrator
    counts = []
    for many in (2, 20):
        ids = [_asset() for _number in range(many)]
        _differ(ids[0])
        with transaction() as session, statements() as seen:
            done = release_many(session, SOME_PERSON, ids, ["name"], at=now())
        assert len(done.changed) == many
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert list(db.session.scalars(sa.select(Difference.id))) == []


def test_origin_is_told_in_few_words_whoever_the_value_is_of(administrator: Browser) -> None:
    with transaction() as session:
        site = Location(name="Lyon", kind=LocationKind.SITE)
        session.add(site)
        session.flush()
        asset = make_asset(
            session, person_fields=(), location_id=site.id, model_name="M", notes="n"
        )
        run = make_run(session, make_range(session))
        for name, source, values in (
            ("location_id", ValueSource.SNMP, {}),
            ("name", ValueSource.PERSON, {"lock": LockRule.STATE, "kept_against": "snmp"}),
            ("model_name", ValueSource.CSV, {"lock": LockRule.NEVER, "locked_until": SOME_MOMENT}),
        ):
            session.add(
                AssetField(
                    asset_id=asset.id, field=name, source=source, set_at=SOME_MOMENT, **values
                )
            )
        lock = ["until 2026-12-24", None]
        for before, after in (("L", "K"), ("K", "M")):
            session.add(
                AuditEntry(
                    at=SOME_MOMENT, author="lab", run_id=run.id, subject_kind="asset",
                    subject_id=asset.id, action="changed",
                    changes={"model_name": [before, after], "lock/name": lock},
                )
            )  # fmt: skip
        asset_id = asset.id
    page = administrator.get(f"/assets/{asset_id}").text
    for told in (
        "by its address range", "by hand, ", "CSV, ", "until the state changes",
        "Locked since 23 Nov, until the state changes.", "Kept for good against: SNMP",
        "run of lab, 23 Nov",
    ):  # fmt: skip
        assert told in page, told
    assert "until 24 Dec 2026" in administrator.get(f"/assets/{asset_id}/history").text


def test_sheet_shows_what_two_sources_give_differently(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, person_fields=(), operating_system="Windows 11", name="pc")
        run_id = make_run(session).id
        said = {"operating_system": "<b>Debian 12</b>", "sys_name": "pc.example.org"}
        make_linked_device(
            session,
            asset,
            heard={"snmp": SOME_MOMENT.isoformat(), "nmap": SOME_MOMENT.isoformat()},
            words={
                "snmp": {"at": SOME_MOMENT.isoformat(), "run": run_id, "said": said},
                "nmap": {"at": None, "run": None, "said": {"category": "printer"}},
            },
        )
        number = asset.id
    page = administrator.get(f"/assets/{number}").text
    beside = '<span class="source otherwise">SNMP says &lt;b&gt;Debian 12&lt;/b&gt;, since 23 Nov'
    assert beside in page
    assert page.count("otherwise") == 1  # what ports suggest stands behind the origin only
    assert "nmap says Printer" in page
    assert "pc.example.org" not in page
    assert db.session.scalars(sa.select(InboxEntry)).all() == []
