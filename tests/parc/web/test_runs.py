"""Tests of the pages of runs: progress, reasons, the log, and what can be decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.errors import Failure
from parc.extensions import db, transaction
from parc.models import (
    AuditEntry,
    JobRun,
    Role,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    RunTrigger,
    TargetOutcome,
)
from parc.services import audit
from parc.services.actor import for_run
from parc.services.runs import request_run
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_device, make_range, make_run
from tests.parc.web.conftest import Browse
from tests.web import Browser


@pytest.fixture(autouse=True)
def _clock(administrator: Browser) -> None:
    administrator.app.extensions["parc_clock"] = lambda: SOME_MOMENT


def _running(session: Session, **values: Any) -> Run:
    facts = {
        "state": RunState.RUNNING,
        "phase": RunPhase.SWEEP,
        "started_at": SOME_MOMENT - timedelta(seconds=20),
        "address_count": 1000,
        "swept_count": 400,
        **values,
    }
    return make_run(session, **facts)


def _add_target(session: Session, run: Run, number: int, **values: Any) -> None:
    session.add(
        RunTarget(
            run_id=run.id,
            address=f"10.0.0.{number}",
            ended_at=SOME_MOMENT,
            **{"outcome": TargetOutcome.COLLECTED, "seconds": 0.5, **values},
        )
    )


@pytest.mark.parametrize(
    ("answering", "read", "words"),
    [(0, 0, "Nothing answered."), (1, 0, "could not be read"), (3, 0, "None of the 3"), (3, 1, "")],
)
def test_run_that_read_nothing_says_what_to_check(
    browse: Browse, administrator: Browser, answering: int, read: int, words: str
) -> None:
    with transaction() as session:
        address_range = make_range(session)
        counts = {"responder_count": answering, "collected_count": read}
        run = make_run(session, address_range, state=RunState.DONE, ended_at=SOME_MOMENT, **counts)
        run_id, range_id = run.id, address_range.id
    page = administrator.get(f"/runs/{run_id}").text
    assert words in page
    assert (f"/ranges/{range_id}/edit" in page) is bool(words)
    assert f"/ranges/{range_id}/edit" not in browse(Role.READ_ONLY).get(f"/runs/{run_id}").text


def test_running_run_shows_progress_rate_and_time_left_and_polls(administrator: Browser) -> None:
    with transaction() as session:
        run = _running(session)
        for number in range(1, 26):
            _add_target(session, run, number)
    page = administrator.get(f"/runs/{run.id}").text
    assert '<progress aria-label="Addresses asked" value="400" max="1000">' in page
    assert "20 addresses a second" in page
    assert "30\u202fs" in page
    assert f'hx-get="/runs/{run.id}/live?tick=0" hx-trigger="every 2s"' in page
    assert "<noscript>" in page
    assert page.count("<span><code>10.0.0.") == 20
    assert "10.0.0.25</code>" in page


def test_words_for_screen_readers_come_with_every_third_poll(administrator: Browser) -> None:
    with transaction() as session:
        run = _running(session)
    spoken = [
        "hx-swap-oob" in administrator.get(f"/runs/{run.id}/live?tick={tick}").text
        for tick in range(6)
    ]
    assert spoken == [True, False, False, True, False, False]


def test_ended_run_stops_polling_and_loads_the_page_anew_once(administrator: Browser) -> None:
    with transaction() as session:
        run = make_run(session)
    answer = administrator.get(f"/runs/{run.id}/live", headers={"HX-Request": "true"})
    assert "hx-get" not in answer.text
    assert answer.headers["HX-Refresh"] == "true"


def test_reasons_of_failures_are_said_in_words_and_filter_the_log(administrator: Browser) -> None:
    with transaction() as session:
        run = make_run(session, failed_count=2)
        _add_target(session, run, 1)
        for number in (2, 3):
            _add_target(
                session,
                run,
                number,
                outcome=TargetOutcome.FAILED,
                failure=Failure.WRONG_CREDENTIALS,
                detail="none of 2 communities",
            )
    page = administrator.get(f"/runs/{run.id}").text
    assert "Wrong credentials</a> <b>2</b>" in page
    narrowed = administrator.get(f"/runs/{run.id}?failure=wrong_credentials").text
    assert "10.0.0.2" in narrowed
    assert "none of 2 communities" in narrowed
    assert "10.0.0.1<" not in narrowed


def test_log_goes_on_by_pages(administrator: Browser) -> None:
    with transaction() as session:
        run = make_run(session)
        for number in range(1, 31):
            _add_target(session, run, number)
    page = administrator.get(f"/runs/{run.id}?size=25").text
    assert page.count('<th scope="row">10.0.0.') == 25
    assert 'rel="next"' in page


@pytest.mark.parametrize(
    "query", ["outcome=lost", "failure=bored", "sort=detail", "after=%ff", "colour=red"]
)
def test_address_that_cannot_be_is_refused(administrator: Browser, query: str) -> None:
    with transaction() as session:
        run = make_run(session)
    assert administrator.get(f"/runs/{run.id}?{query}").status_code == 422


def test_device_text_in_a_log_line_is_shown_as_text(administrator: Browser) -> None:
    with transaction() as session:
        run = _running(session, warnings=["nmap_missing: <i>x</i>"])
        device = make_device(session, sys_name="<script>alert(1)</script>")
        _add_target(session, run, 1, detail="<img src=x>", device_id=device.id)
        audit.record(
            session,
            for_run("range", run.id),
            at=SOME_MOMENT,
            subject_kind="device",
            subject_id=device.id,
            subject_name="<script>alert(1)</script>",
            action="created",
        )
    page = administrator.get(f"/runs/{run.id}").text
    for markup in ("<script>alert", "<img src=x", "<i>x"):
        assert markup not in page
    assert "&lt;script&gt;alert" in page
    assert "nmap is not installed" in page


def test_list_filters_by_state_and_range(administrator: Browser) -> None:
    with transaction() as session:
        lyon, paris = make_range(session, name="Lyon"), make_range(session, name="Paris")
        make_run(session, lyon)
        make_run(session, paris, state=RunState.FAILED)
        gone = make_run(session, make_range(session, name="Gone"))
        gone.range_id = None
    page = administrator.get("/runs").text
    assert "3 runs" in page
    assert "Gone" in page
    only = administrator.get(f"/runs?range={lyon.id}").text
    assert ">Lyon</a></th>" in only
    assert ">Paris</a></th>" not in only
    failed = administrator.get("/runs?state=failed").text
    assert ">Paris</a></th>" in failed
    assert ">Lyon</a></th>" not in failed
    for wrong in ("state=asleep", "range=x", "range=99999999999"):
        assert administrator.get(f"/runs?{wrong}").status_code == 422


def test_stop_cancels_a_waiting_run(administrator: Browser) -> None:
    with transaction() as session:
        row = make_range(session)
        run = request_run(
            session, SOME_PERSON, range_id=row.id, trigger=RunTrigger.PERSON, now=SOME_MOMENT
        )
    administrator.post(f"/runs/{run.id}/stop")
    db.session.rollback()
    assert db.session.get_one(Run, run.id).state is RunState.CANCELLED
    again = administrator.post(f"/runs/{run.id}/stop", follow_redirects=True)
    assert "has ended already" in again.text


@pytest.mark.parametrize(("button", "retried"), [("again", False), ("retry", True)])
def test_ended_run_can_be_done_again_whole_or_for_the_failed_ones(
    administrator: Browser, button: str, *, retried: bool
) -> None:
    with transaction() as session:
        run = make_run(session, failed_count=3)
    assert "Again for the failed ones" in administrator.get(f"/runs/{run.id}").text
    answer = administrator.post(f"/runs/{run.id}/{button}")
    db.session.rollback()
    started = db.session.scalars(sa.select(Run).order_by(Run.id.desc())).first()
    assert started is not None
    assert answer.location.endswith(f"/runs/{started.id}")
    assert (started.retry_of_id == run.id) is retried
    under_way = administrator.post(f"/runs/{run.id}/{button}")
    assert under_way.location == answer.location


def test_held_run_shows_its_plan_and_is_applied_or_dropped(administrator: Browser) -> None:
    with transaction() as session:
        held = make_run(session, state=RunState.HELD, error="4 of 10 devices would be gone")
        other = make_run(session, state=RunState.HELD, error="5 of 10 devices would be gone")
    page = administrator.get(f"/runs/{held.id}").text
    assert "4 of 10 devices" in page
    assert f"/runs/{held.id}/plan" in page
    assert "Nothing would change." in administrator.get(f"/runs/{held.id}/plan").text
    administrator.post(f"/runs/{held.id}/apply")
    administrator.post(f"/runs/{other.id}/drop")
    db.session.rollback()
    assert db.session.get_one(Run, held.id).state is RunState.QUEUED
    assert db.session.scalars(sa.select(JobRun.kind)).all() == ["apply"]
    assert db.session.get_one(Run, other.id).state is RunState.CANCELLED
    actions = db.session.scalars(sa.select(AuditEntry.action)).all()
    assert {"applied", "dropped"} <= set(actions)
    assert administrator.post(f"/runs/{other.id}/apply").status_code == 409


def test_reader_sees_runs_but_no_buttons(browse: Browse) -> None:
    with transaction() as session:
        run = _running(session)
    reader = browse(Role.READ_ONLY)
    page = reader.get(f"/runs/{run.id}").text
    assert "/stop" not in page
    for button in ("stop", "again", "retry", "apply", "drop"):
        assert reader.post(f"/runs/{run.id}/{button}").status_code == 404
    assert reader.get(f"/runs/{run.id}/plan").status_code == 404


def test_run_that_is_not_there_is_404(administrator: Browser) -> None:
    for path in ("/runs/999", "/runs/999/live", "/runs/999/plan", "/ranges/999"):
        assert administrator.get(path).status_code == 404
