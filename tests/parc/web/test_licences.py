"""Licences in the browser: added, renewed, given, shown, exported and imported again."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.observation import Category
from parc.config import InboxSettings
from parc.extensions import db, reading, transaction
from parc.importers.apply import Task, plan_lines
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.plan import LineAction
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.models import (
    Allocation,
    AllocationRule,
    AuditEntry,
    ChangeSet,
    Document,
    Entitlement,
    EntitlementKey,
    EntitlementPeriod,
    InboxEntry,
    InboxKind,
    InboxState,
    Installation,
    LifecycleState,
    Movement,
    MovementKind,
    MovementSource,
    MovementStatus,
    Person,
    Role,
    SoftwareTitle,
    ValueSource,
)
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM
from parc.services.allocations import Holder, allocate
from parc.services.departments import DepartmentDraft, save_department
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
from parc.services.people import PersonDraft, save_person
from parc.services.undo import undo
from parc.software.rules import SoftwareKind
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import make_asset, make_device
from tests.web import Browser

_FORM = {
    "name": "Office", "product": "Microsoft Office", "publisher": "Microsoft", "version": "2021",
    "type": "volume", "metric": "device", "quantity": "1", "reference": "R1", "alert_days": "30",
    "has_downgrade": "1", "owner": "Anne Martin",
}  # fmt: skip


def _count(model: type[object]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_period_is_corrected_and_a_wrong_one_deleted(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    browser.post("/licences/new", {**_FORM, "owner": ""})
    number = db.session.scalars(sa.select(Entitlement.id)).one()
    for year in ("2023", "2042"):
        period = {"kind": "term", "ends_on": f"{year}-12-31", "cost": "1 234,50", "supplier": "SCC"}
        browser.post(f"/licences/{number}/period", period)
    db.session.rollback()
    wrong, twice = db.session.scalars(sa.select(EntitlementPeriod.id).order_by(sa.text("id")))

    shown = browser.get(f"/licences/periods/{wrong}").text
    seen = re.findall(r'name="seen" value="(\w+)"', shown)[0]
    sent = {"kind": "term", "ends_on": "2024-12-31", "cost": "99", "supplier": "", "seen": seen}
    refused = browser.post(f"/licences/periods/{wrong}", {**sent, "ends_on": "31/02/2024"})
    browser.post(f"/licences/periods/{wrong}", sent)
    late = browser.post(f"/licences/periods/{wrong}", {**sent, "cost": "98"})
    browser.post(f"/licences/periods/{twice}/delete", {})
    sheet = browser.get(f"/licences/{number}").text

    assert 'value="1234.50"' in shown
    assert 'value="SCC"' in shown
    assert (refused.status_code, late.status_code) == (422, 409)
    assert "€99.00" in sheet
    assert "ended on 31 Dec 2024" in sheet
    deleted, corrected = sheet.index("Term deleted"), sheet.index("Term corrected")
    assert "SCC" in sheet[deleted:corrected]  # the latest stands first
    assert browser.get(f"/licences/periods/{twice}").status_code == 404


def test_licence_is_added_changed_renewed_and_deleted(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    with transaction() as session:
        save_person(session, SYSTEM, PersonDraft(name="Anne Martin"), at=SOME_MOMENT)

    refused = browser.post("/licences/new", {**_FORM, "name": "", "owner": "Nobody"})
    made = browser.post("/licences/new", _FORM)
    number = db.session.scalars(sa.select(Entitlement.id)).one()
    edited = browser.get(f"/licences/{number}/edit").text
    changed = {**_FORM, "quantity": "", "is_unlimited": "1", "row_version": "1"}
    browser.post(f"/licences/{number}/edit", changed)
    late = browser.post(f"/licences/{number}/edit", changed | {"name": "x"})
    wrong = {"kind": "term", "starts_on": "2024-02-01", "ends_on": "2024-01-01"}
    bad = browser.post(f"/licences/{number}/period", wrong)
    for year in ("2023", "2024"):
        period = {"kind": "term", "ends_on": f"{year}-12-31", "cost": "1 234,50", "supplier": "SCC"}
        browser.post(f"/licences/{number}/period", period)
    sheet = browser.get(f"/licences/{number}").text

    assert refused.status_code == 422
    assert "There is no Nobody." in refused.text
    assert made.status_code == 302
    assert 'value="Microsoft Office"' in edited
    assert late.status_code == 409
    assert bad.status_code == 422
    assert _count(EntitlementPeriod) == 2
    assert "unlimited" in sheet
    assert "€1,234.50" in sheet
    assert "ended on 31 Dec 2024" in sheet
    assert "2 periods go with it," in browser.get(f"/licences/{number}/delete").text
    browser.post(f"/licences/{number}/delete", {})
    assert _count(Entitlement) == 0


def test_documents_of_a_licence_are_kept_with_it_and_deleted_with_it(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    number = _made()
    sent = {"file": (io.BytesIO(b"%PDF-1.4 x"), "proof.pdf")}
    browser.post(f"/licences/{number}/documents", sent)
    document = db.session.scalars(sa.select(Document)).one()
    assert "proof.pdf" in browser.get(f"/licences/{number}").text
    assert browser.get(f"/documents/{document.id}").status_code == 200
    assert f"/licences/{number}" in browser.get(f"/documents/{document.id}/delete").text
    browser.post(f"/licences/{number}/delete", {})
    assert _count(Document) == 0


def test_seats_of_who_has_left_and_of_what_came_back_are_proposed(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    number, oem = _made(), _made(name="Windows", reference="R2", type="oem", quantity="5")
    with transaction() as session:
        anne = save_person(session, SYSTEM, PersonDraft(name="Anne Martin"), at=SOME_MOMENT).id
        gone, back, kept = (
            make_asset(session, lifecycle_state=state).id
            for state in (LifecycleState.DISPOSED, LifecycleState.IN_STOCK, LifecycleState.IN_STOCK)
        )
        session.add(
            Movement(
                asset_id=back, kind=MovementKind.RETURN, author="Ada", entered_at=SOME_MOMENT,
                status=MovementStatus.CONFIRMED, source=MovementSource.HAND,
                effective_on=SOME_MOMENT.date(), from_state=LifecycleState.IN_USE,
                to_state=LifecycleState.IN_STOCK,
            )
        )  # fmt: skip
        holders = [Holder(asset_id=one) for one in (gone, back, kept)]
        for one in (number, oem):
            allocate(session, SYSTEM, one, holders, at=SOME_MOMENT)
        allocate(session, SYSTEM, number, [Holder(person_id=anne)], at=SOME_MOMENT)
    left = {"name": "Anne Martin", "left_on": "2020-01-31"}
    browser.post(f"/people/{anne}/edit", left)
    db.session.rollback()
    waiting = db.session.scalars(
        sa.select(InboxEntry).where(InboxEntry.kind == InboxKind.SEAT_RELEASE)
    ).one()
    with transaction() as session:
        settle(session, SYSTEM, InboxSettings(), SOME_MOMENT)
    sheet, entry = browser.get(f"/licences/{number}").text, browser.get(f"/inbox/{waiting.id}").text
    browser.post("/inbox/decide", {"id": str(waiting.id), "action": "accept"})
    browser.post(f"/licences/{number}/seats/take-back", {"id": "99"})
    db.session.rollback()
    seats = db.session.scalars(
        sa.select(InboxEntry).where(InboxEntry.kind == InboxKind.SEAT_RELEASE, state_is_open())
    ).all()
    by_asset = {one.asset_id: one for one in seats}
    machine = browser.get(f"/inbox/{by_asset[gone].id}").text
    for number_of_entry in [one.id for one in seats]:
        browser.post("/inbox/decide", {"id": str(number_of_entry), "action": "accept"})

    assert waiting.subject == "Anne Martin"
    assert "Left on 31 Jan 2020, and still has: Office." in entry
    assert "Seats to take back" in sheet
    assert set(by_asset) == {gone, back}
    assert "OEM licences leave with their machine." in machine
    db.session.rollback()
    rows = db.session.execute(sa.select(Allocation.entitlement_id, Allocation.asset_id))
    assert set(map(tuple, rows)) == {(number, kept), (oem, kept), (oem, back)}
    assert db.session.get_one(Entitlement, oem).quantity == 4
    assert db.session.get_one(Entitlement, number).quantity == 1


def test_many_seats_are_given_after_their_plan_and_taken_back_by_undo(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    number = _made()
    with transaction() as session:
        sales = save_department(session, SYSTEM, DepartmentDraft(name="Sales"), at=SOME_MOMENT).id
        for name in ("Anne", "Bob"):
            draft = PersonDraft(name=name, department="Sales")
            save_person(session, SYSTEM, draft, at=SOME_MOMENT)
        screen = make_asset(session, category=Category.MONITOR)
        make_asset(session, category=Category.MONITOR, lifecycle_state=LifecycleState.DISPOSED)
        tagged = make_asset(session, asset_tag="T-1")
        device = make_device(session, asset_id=make_asset(session).id)
        title = SoftwareTitle(
            digest="x", raw_name="Office", kind=SoftwareKind.PRODUCT, folded_by="",
            product_id=session.get_one(Entitlement, number).product_id,
            first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
        )  # fmt: skip
        session.add(title)
        session.flush()
        session.add(
            Installation(
                device_id=device.id, source=ValueSource.AGENT, key="o", name="Office",
                title_id=title.id, first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
        allocate(session, SYSTEM, number, [Holder(asset_id=tagged.id)], at=SOME_MOMENT)
        ids = [str(screen.id), str(tagged.id)]
    where = f"/licences/{number}/seats/many"
    form = {"lines": "t-1\nanne\nNobody <b>", "department_id": str(sales)}
    assert "Give many seats" in browser.get(where).text
    plan = browser.post(where, form).text
    nobody = browser.post(where, {"lines": " "})
    machines = browser.post(where, {"category": "monitor"}).text
    found = browser.post(where, {"is_installed": "1"}).text
    browser.post(where, {**form, "is_confirmed": "1"})
    given = _count(Allocation)
    assert "2 seats are given." in plan
    assert "1 has one already." in plan
    assert "2 seats more are given than were bought." in plan
    assert "Nobody &lt;b&gt;" in plan
    assert nobody.status_code == 422
    assert "1 seat is given." in machines
    assert "1 seat is given." in found
    assert given == 3

    asked = browser.post("/licences/give", {"id": ids}).text
    wrong = browser.post("/licences/give", {"chosen": ",".join(ids), "licence": "x"}).text
    ticked = browser.post("/licences/give", {"chosen": ",".join(ids), "licence": "office"}).text
    assert "2 assets get a seat each." in asked
    assert "There is no x." in wrong
    assert "1 seat is given." in ticked
    act = db.session.scalars(sa.select(ChangeSet)).one()
    assert "Licence seats given (2)" in browser.get("/changes").text
    with transaction() as session:
        undo(session, SYSTEM, act.id, at=SOME_MOMENT)
    assert _count(Allocation) == 1
    assert db.session.get_one(Entitlement, number).allocated_count == 1


def test_rule_is_kept_after_its_plan_and_gives_to_who_comes_to_it(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    browser = Browser(sqlite_app, Role.MANAGER)
    number = _made()

    def join(name: str) -> None:
        with transaction() as session:
            draft = PersonDraft(name=name, department="Sales")
            save_person(session, SYSTEM, draft, at=SOME_MOMENT)

    with transaction() as session:
        sales = save_department(session, SYSTEM, DepartmentDraft(name="Sales"), at=SOME_MOMENT).id
    join("Anne")
    where, form = f"/licences/{number}/seats/many", {"department_id": str(sales), "is_kept": "1"}
    plan = browser.post(where, form).text
    listed = browser.post(where, {**form, "lines": "Anne", "is_confirmed": "1"})
    before = _count(AllocationRule)
    browser.post(where, {**form, "is_confirmed": "1"})
    sheet = browser.get(f"/licences/{number}").text
    join("Bob")
    HANDLERS["all_positions"](JobContext(sqlite_app, clock, lambda: False, transaction), {})

    assert "The rule is kept, and looked at again each night." in plan
    assert listed.status_code == 422
    assert before == 0
    assert "everyone of Sales" in sheet
    assert _count(Allocation) == 2
    assert "Seats to take back" not in browser.get(f"/licences/{number}").text
    with transaction() as session:
        bob = session.scalars(sa.select(Person).where(Person.name == "Bob")).one()
        save_person(session, SYSTEM, PersonDraft(name="Bob"), at=SOME_MOMENT, person_id=bob.id)
        settle(session, SYSTEM, sqlite_app.extensions["parc_settings"].inbox, clock())
    outside = browser.get(f"/licences/{number}").text
    assert "no rule means them any more" in outside
    assert "No rule that gives seats means it any more: Office." in browser.get("/inbox").text
    taken = {"id": [str(one) for one in db.session.scalars(sa.select(Allocation.id))]}
    browser.post(f"/licences/{number}/seats/take-back", taken)
    assert _count(Allocation) == 1  # who fulfils the rule keeps theirs
    assert not db.session.scalars(sa.select(InboxEntry).where(state_is_open())).all()
    first, *_ = db.session.scalars(sa.select(ChangeSet).order_by(ChangeSet.id))
    with transaction() as session:
        undo(session, SYSTEM, first.id, at=SOME_MOMENT)
    assert (_count(Allocation), _count(AllocationRule)) == (0, 0)
    browser.post(where, {"is_installed": "1", "category": "monitor", **form, "is_confirmed": "1"})
    db.session.rollback()
    rule = db.session.scalars(sa.select(AllocationRule.id)).one()
    assert "machines where the software was found" in browser.get(f"/licences/{number}").text
    browser.post(f"/licences/rules/{rule}/delete")
    assert _count(AllocationRule) == 0
    assert browser.post("/licences/rules/99/delete").status_code == 404


def state_is_open() -> sa.ColumnElement[bool]:
    return InboxEntry.state == InboxState.OPEN


def _made(**changes: Any) -> int:
    with transaction() as session:
        draft = EntitlementDraft(**{"name": "Office", "quantity": "1", **changes})
        return save_draft(session, SYSTEM, draft, at=SOME_MOMENT).id


def test_seats_are_given_beyond_what_was_bought_and_that_is_shown(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    number = _made()
    with transaction() as session:
        save_person(session, SYSTEM, PersonDraft(name="Anne Martin"), at=SOME_MOMENT)
        make_asset(session, name="PC-1", asset_tag="T1")

    address = f"/licences/{number}/seats"
    browser.post(address, {"person": "Anne Martin", "asset": "T1"})
    browser.post(address, {"person": "Anne Martin"})
    unknown = browser.post(address, {"person": "Nobody"})
    missing = browser.post(address, {"asset": "T9"}, follow_redirects=True)
    sheet = browser.get(f"/licences/{number}").text
    over = browser.get("/licences?use=over").text

    assert unknown.status_code == 422
    assert "There is no T9." in missing.text
    assert "1 seat more is given than was bought." in sheet
    assert "2 / 1 · 1 too many" in over
    assert browser.get("/licences?use=nothing").status_code == 422
    ids = db.session.scalars(sa.select(Allocation.id)).all()
    browser.post(f"{address}/release", {"id": [str(one) for one in ids]})
    assert _count(Allocation) == 0
    assert db.session.get_one(Entitlement, number).allocated_count == 0


def test_keys_are_masked_and_shown_only_with_an_entry_in_the_history(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    number = _made()
    browser.post(f"/licences/{number}/keys", {"keys": "AAAA-BBBB-CCCC-DDDD\n\nshort\n"})
    masked = browser.get(f"/licences/{number}").text
    shown = browser.post(f"/licences/{number}/keys/show", {})
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "keys_shown")).one()

    assert "•••• DDDD" in masked
    assert "AAAA-BBBB" not in masked
    assert "(not shown)" in masked  # what the history says
    assert "AAAA-BBBB-CCCC-DDDD" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert entry.subject_id == number
    assert (
        Browser(sqlite_app, Role.READ_ONLY).post(f"/licences/{number}/keys/show", {}).status_code
        == 404
    )
    key = db.session.scalars(sa.select(EntitlementKey.id).order_by(EntitlementKey.id)).first()
    browser.post(f"/licences/keys/{key}/delete", {})
    assert _count(EntitlementKey) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_export_that_is_imported_again_changes_nothing(
    sqlite_app: Flask, tmp_path: Path, language: str, ending: str
) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN, language=language)
    for kind in ("perpetual", "subscription", "oem", "volume", "trial", "free"):
        _made(name=f"=Licence {kind}", type=kind, version="1.0", publisher="@Éditeur")
    for metric in ("device", "named_user", "concurrent", "core", "processor", "cal", "site"):
        number = _made(name=f"Métrique {metric}", metric=metric, notes="a\n'=b", reference=metric)
        with transaction() as session:
            period = PeriodDraft(starts_on="2024-01-01", ends_on="2024-12-31")
            add_period_draft(session, SYSTEM, number, period, at=SOME_MOMENT)
    path = tmp_path / f"export.{ending}"
    path.write_bytes(browser.get(f"/licences/export.{ending}").data)

    found = read_file(path, is_known_heading)
    of = KINDS["licences"]
    choices = found_choices(of, found.headings)
    overview = look_over(found, of, choices)
    settings = TargetSettings(box=sqlite_app.extensions["parc_box"])
    task = Task(found, of, choices, overview, SYSTEM, "x", settings)
    lines = list(plan_lines(task, reading))

    assert len(choices.columns.columns) == len(found.headings)
    assert [(line.label, line.action) for line in lines] == [
        (line.label, LineAction.UNCHANGED) for line in lines
    ], [(line.changes, line.problems) for line in lines if line.action != LineAction.UNCHANGED]
    assert len(lines) == 13


def test_lists_are_narrowed_sorted_and_say_what_to_do_when_empty(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.TECHNICIAN)
    assert "No licence yet." in browser.get("/licences").text
    assert "No licence yet." in Browser(sqlite_app, Role.READ_ONLY).get("/licences").text
    _made(name="Alpha", type="oem", metric="core", quantity="")
    _made(name="Beta")

    assert "Beta" not in browser.get("/licences?type=oem&metric=core&use=none").text
    assert "Nothing matches." in browser.get("/licences?q=zzz").text
    page = browser.get("/licences?sort=-name").text
    assert page.index("Beta") < page.index("Alpha")
    assert browser.get("/licences?sort=ends_on").status_code == 200
    assert browser.get("/licences/99").status_code == 404
