"""Compliance: worked out from what was found, kept, marked when it changes, shown and exported."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli.position import position
from parc.errors import NotFoundError
from parc.extensions import db, reading, transaction
from parc.jobs import clock as job_clock
from parc.jobs.contracts import Work
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.jobs.positions import bring_positions_up
from parc.models import (
    Entitlement,
    HostEntry,
    Installation,
    LifecycleState,
    MovementKind,
    ProductPart,
    ProductPosition,
    Role,
    SoftwareProduct,
    SoftwareTitle,
    ValueSource,
)
from parc.queries.positions import all_positions
from parc.services.actor import SYSTEM
from parc.services.allocations import Holder, allocate
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
from parc.services.entitlements import delete_entitlement
from parc.services.movement_kinds import Order
from parc.services.movements import apply
from parc.services.people import PersonDraft, save_person
from parc.services.positions import mark_all, mark_stale, take_snapshot
from parc.services.products import product_for
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_needs import set_need
from parc.services.software_titles import settle_titles
from parc.software.rules import SoftwareKind
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import make_asset, make_device
from tests.web import Browser


def _install(session: Any, product_id: int, device_id: int, version: str = "2021") -> None:
    title = session.scalar(sa.select(SoftwareTitle).where(SoftwareTitle.product_id == product_id))
    if title is None:
        title = SoftwareTitle(
            digest=str(product_id), raw_name="Office", product_id=product_id, version=version,
            kind=SoftwareKind.PRODUCT, folded_by="", first_seen_at=SOME_MOMENT,
            last_seen_at=SOME_MOMENT,
        )  # fmt: skip
        session.add(title)
        session.flush()
    session.add(
        Installation(
            device_id=device_id, source=ValueSource.AGENT, key=f"k{product_id}", name="Office",
            title_id=title.id, first_seen_at=SOME_MOMENT,
        )
    )  # fmt: skip
    session.flush()


def _find(session: Any, device_id: int, *names: str) -> None:
    before = read_presence(session, [device_id])
    for name in names:
        session.add(
            Installation(
                device_id=device_id, source=ValueSource.AGENT, key=name, name=name,
                first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
    session.flush()
    settle_titles(session, [device_id], SOME_MOMENT)
    note_presence(session, before, read_presence(session, [device_id]), SOME_MOMENT)


def _work(app: Flask, clock: SteppingClock) -> Work:
    return Work(transaction, clock, app.extensions["parc_settings"])


def _fleet() -> tuple[int, int, list[int]]:
    """Give Office, of which two seats are held, its licence, and the machines that have it."""
    with transaction() as session:
        draft = EntitlementDraft(name="Office 2", product="Office", quantity="2", version="2021")
        row = save_draft(session, SYSTEM, draft, at=SOME_MOMENT)
        period = PeriodDraft(kind="term", starts_on="2026-01-01", cost="200")
        add_period_draft(session, SYSTEM, row.id, period, at=SOME_MOMENT)
        person = save_person(session, SYSTEM, PersonDraft(name="Zoé"), at=SOME_MOMENT)
        assets = [make_asset(session, name=f"PC-{number}") for number in range(4)]
        gone = make_asset(session, lifecycle_state=LifecycleState.DISPOSED)
        for one in (*assets[:3], gone):
            _install(session, row.product_id, make_device(session, asset_id=one.id).id)
        loose = make_device(session, sys_name="unlinked")
        _install(session, row.product_id, loose.id)
        holders = [Holder(asset_id=assets[3].id), Holder(person_id=person.id)]
        allocate(session, SYSTEM, row.id, holders, at=SOME_MOMENT)
        return row.product_id, row.id, [one.id for one in assets]


def _row(product_id: int) -> ProductPosition:
    db.session.rollback()
    return db.session.get_one(ProductPosition, product_id)


def test_position_is_worked_out_shown_kept_and_exported(app: Flask, clock: SteppingClock) -> None:
    product, licence, _assets = _fleet()
    assert _row(product).is_stale
    assert bring_positions_up(_work(app, clock)) == 1
    assert bring_positions_up(_work(app, clock)) == 0
    row = _row(product)
    assert (row.held, row.needed, row.missing, row.unused) == (2, 4, 4, 0)
    assert (row.true_up, row.reclaimable) == (Decimal(400), Decimal(0))

    browser = Browser(app, Role.TECHNICIAN)
    listed, sheet = browser.get("/compliance").text, browser.get(f"/compliance/{product}").text
    assert "2 missing" in listed
    assert "No seat is left" in sheet
    assert "unlinked" in sheet
    assert "Not known: nothing tells what is installed" in sheet
    assert f"/compliance/{product}" in browser.get(f"/licences/{licence}").text
    assert "Nothing matches." in browser.get("/compliance?state=spare&q=zzz").text
    assert browser.get("/compliance?state=odd").status_code == 422
    for name in ("/compliance", f"/compliance/{product}"):
        text = browser.get(f"{name}/export.csv").text
        assert "Office" in text or "PC-0" in text
        assert browser.get(f"{name}/export.xlsx").data.startswith(b"PK")
        assert browser.get(f"{name}/export.pdf").data.startswith(b"%PDF")
    assert browser.get("/compliance/999").status_code == 404

    with transaction() as session:
        take_snapshot(session, SYSTEM, date(2026, 1, 1))
    empty = browser.get("/compliance/compare").text
    browser.post(f"/licences/{licence}/seats/release", {"id": ["1", "2"]})
    bring_positions_up(_work(app, clock))
    kept = browser.post("/compliance/snapshots", follow_redirects=True).text
    day = browser.app.extensions["parc_clock"]().date()
    compared = browser.get(f"/compliance/compare?before=2026-01-01&after={day}").text
    assert "1 position is kept." in kept
    assert "Fewer than two days are kept yet" in empty
    assert "Office" in compared
    assert browser.get("/compliance/compare?before=x&after=y").status_code == 422
    assert (_row(product).needed, _row(product).missing) == (4, 2)


def test_what_changes_marks_only_its_own_position(app: Flask, clock: SteppingClock) -> None:
    product, licence, assets = _fleet()
    with transaction() as session:
        other = save_draft(
            session, SYSTEM, EntitlementDraft(name="Paint", product="Paint", metric="core",
            quantity="8"), at=SOME_MOMENT,
        ).product_id  # fmt: skip
        suite = product_for(session, SYSTEM, "Suite", None, at=SOME_MOMENT)
        session.add(ProductPart(suite_id=suite, part_id=other))
        device = make_device(session, asset_id=assets[3])
        _install(session, other, device.id)
        for key in ("a", "b"):
            session.add(
                HostEntry(
                    device_id=device.id, key=key, kind="processor", core_count=6, facts=[],
                    first_seen_at=SOME_MOMENT,
                )
            )  # fmt: skip
    bring_positions_up(_work(app, clock))
    assert (_row(other).held, _row(other).needed, _row(other).missing) == (8, 12, 12)
    with transaction() as session:
        row = session.get_one(Entitlement, licence)
        save_draft(
            session, SYSTEM, EntitlementDraft(name=row.name, product="Office", quantity="9"),
            at=SOME_MOMENT, entitlement_id=licence,
        )  # fmt: skip
    assert (_row(product).is_stale, _row(other).is_stale) == (True, False)
    with transaction() as session:
        mark_stale(session, [other])
    assert _row(other).is_stale
    clock.step(days=1)
    assert job_clock.queue_positions(clock, ZoneInfo("Europe/Paris"))
    HANDLERS["all_positions"](JobContext(app, clock, lambda: False, transaction), {})
    assert not _row(product).is_stale
    HANDLERS["positions"](JobContext(app, clock, lambda: False, transaction), {})


def test_a_machine_that_is_disposed_of_or_changes_its_holder_marks_positions_at_once(
    app: Flask, clock: SteppingClock
) -> None:
    product, licence, assets = _fleet()
    with transaction() as session:
        other = save_draft(
            session, SYSTEM, EntitlementDraft(name="Paint", product="Paint"), at=SOME_MOMENT
        ).product_id
        person = save_person(session, SYSTEM, PersonDraft(name="Ali"), at=SOME_MOMENT).id
        empty = make_asset(session, name="PC-empty").id
    bring_positions_up(_work(app, clock))
    needed = _row(product).needed
    day = SOME_MOMENT.date()
    gone = Order(
        MovementKind.CORRECTION, day, LifecycleState.DISPOSED, texts={"reason": "scrapped"}
    )
    given = Order(MovementKind.ASSIGNMENT, day, person_id=person, takes_holder=True)
    with transaction() as session:
        apply(session, SYSTEM, assets[0], gone, at=SOME_MOMENT)
    assert (_row(product).is_stale, _row(other).is_stale) == (True, False)
    bring_positions_up(_work(app, clock))
    assert _row(product).needed == needed - 1
    for asset, is_marked in ((empty, False), (assets[1], True), (assets[3], True)):
        with transaction() as session:
            apply(session, SYSTEM, asset, given, at=SOME_MOMENT)
        assert (_row(product).is_stale, _row(other).is_stale) == (is_marked, False)
        bring_positions_up(_work(app, clock))
    with transaction() as session:
        allocate(session, SYSTEM, licence, [Holder(person_id=person)], at=SOME_MOMENT)
    bring_positions_up(_work(app, clock))
    with transaction() as session:
        apply(session, SYSTEM, make_asset(session).id, given, at=SOME_MOMENT)
    assert _row(product).is_stale


def test_what_needs_a_licence_and_has_none_is_listed(app: Flask, clock: SteppingClock) -> None:
    with transaction() as session:
        one, other = make_device(session, sys_name="pc-1"), make_device(session, sys_name="pc-2")
        names = ("Adobe Photoshop 2024", "Adobe Photoshop 2022", "VLC media player", "Odd 1.0")
        _find(session, one.id, *names, "Visual Studio Community 2022")
        _find(session, other.id, "Adobe Photoshop 2024", "Visual Studio Professional 2022")
    assert bring_positions_up(_work(app, clock)) == 2
    with reading() as session:
        lines = {line.product: line for line in all_positions(session)}
    assert {name: (one.held, one.missing) for name, one in lines.items()} == {
        "Adobe Photoshop": (0, 2),  # two versions on one machine are one missing right
        "Visual Studio": (0, 1),  # Community is free
    }
    page = Browser(app, Role.READ_ONLY).get("/compliance?state=unlicensed").text
    assert "Adobe Photoshop" in page
    assert "VLC" not in page
    with transaction() as session:
        number = session.scalars(
            sa.select(SoftwareProduct.id).where(SoftwareProduct.name == "Visual Studio")
        ).one()
        assert set_need(session, SYSTEM, "no", [number], at=SOME_MOMENT) == 1
        assert set_need(session, SYSTEM, "no", [number], at=SOME_MOMENT) == 0
    bring_positions_up(_work(app, clock))
    with transaction() as session:
        assert [line.product for line in all_positions(session)] == ["Adobe Photoshop"]
        assert set_need(session, SYSTEM, "usual", [number], at=SOME_MOMENT) == 1
        draft = EntitlementDraft(name="Photoshop", product="Adobe Photoshop", publisher="Adobe",
                                 quantity="5")  # fmt: skip
        licence = save_draft(session, SYSTEM, draft, at=SOME_MOMENT).id
    bring_positions_up(_work(app, clock))
    with transaction() as session:
        lines = {line.product: line for line in all_positions(session)}
        assert (lines["Adobe Photoshop"].held, lines["Adobe Photoshop"].missing) == (5, 0)
        assert lines["Visual Studio"].missing == 1
        session.execute(sa.update(Installation).values(gone_at=SOME_MOMENT))
        delete_entitlement(session, SYSTEM, licence, at=SOME_MOMENT)
        mark_all(session)
    bring_positions_up(_work(app, clock))
    with reading() as session:
        assert all_positions(session) == []


def test_command_lists_positions_and_gives_the_reason_of_each_use(sqlite_app: Flask) -> None:
    del sqlite_app
    product, _licence, _assets = _fleet()

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(position, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "Office   2     4       4        400.00 EUR" in run()
    one = run("office")
    assert "Office: held 2, needed 4, missing 4" in one
    assert "none_left" in one
    assert "not_yet" in run(str(product), "--at", "2025-01-01")
    assert json.loads(run(str(product), "--json"))["position"]["missing"] == 4
    assert json.loads(run("--json"))[0]["held"] == 2
    with pytest.raises(NotFoundError):
        run("nothing")
    assert "Office   0     4       4" in run("--at", "2025-01-01")
    assert "Office   2     4       4" in run("--at", "2026-06-01")
