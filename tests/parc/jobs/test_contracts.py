"""Tests of what time does to contracts, and of letters: against a real SMTP server, and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import MailSettings, Settings
from parc.errors import ConfigError, ParcError
from parc.extensions import db, transaction
from parc.jobs import clock as job_clock
from parc.jobs.contracts import Work, bring_cover_up, send_letters, tell_of_dates
from parc.jobs.execution import JobContext
from parc.jobs.handlers import HANDLERS
from parc.jobs.mail import open_mailer
from parc.models import (
    Alert,
    AlertKind,
    Contract,
    ContractPeriod,
    Coverage,
    JobRun,
    LifecycleState,
    MessageState,
    OutgoingMessage,
    Person,
    Role,
)
from parc.queries.licences import count_to_see
from parc.services.actor import SYSTEM
from parc.services.alerts import raise_alerts
from parc.services.contract_lines import add_typed
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
from parc.services.outbox import MOST_ATTEMPTS, pause_after
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.contract_world import TODAY, make_contract
from tests.factories import SOME_PERSON, make_asset, make_user
from tests.mail_server import Mailbox, mail_server

PARIS = ZoneInfo("Europe/Paris")
TACIT: dict[str, Any] = {"renewal": "tacit", "renewal_months": "12", "notice_count": "0"}


@pytest.fixture
def server() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def _work(app: Flask, clock: SteppingClock, port: int = 0, **values: Any) -> Work:
    settings: Settings = app.extensions["parc_settings"]
    mail = MailSettings(
        host="127.0.0.1" if port else "",
        port=port or 25,
        security="none",
        from_address="parc@example.org",
        **{"addresses": ("chief@example.org",), **values},
    )
    return Work(transaction, clock, replace(settings, mail=mail))


def _send(work: Work) -> tuple[int, int]:
    return send_letters(work, open_mailer(work.settings, {}, work.clock))


def _due_soon(days: int = 30, **values: Any) -> int:
    """Add a contract whose notice is due in some days."""
    last = TODAY + timedelta(days=days)
    start = date(last.year - 1, last.month, last.day) + timedelta(days=1)
    with transaction() as session:
        return make_contract(session, **{**TACIT, "starts_on": start.isoformat(), **values}).id


def _alerts() -> list[tuple[AlertKind, int]]:
    db.session.rollback()
    query = sa.select(Alert.kind, Alert.days).order_by(Alert.id)
    return [(row.kind, row.days) for row in db.session.execute(query)]


def _letters() -> list[OutgoingMessage]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(sa.select(OutgoingMessage).order_by(OutgoingMessage.id)))


def test_night_renews_and_brings_cover_up(app: Flask, clock: SteppingClock) -> None:
    with transaction() as session:
        number = make_contract(session, **TACIT).id
        add_typed(session, SOME_PERSON, number, "S-1", today=TODAY, now=SOME_MOMENT)
        asset = make_asset(session, serial_number="S-1", warranty_ends_on=TODAY).id
    done = bring_cover_up(_work(app, clock))
    assert (done.matched, done.opened) == (1, 1)
    clock.step(days=60)
    bring_cover_up(_work(app, clock))
    db.session.rollback()
    assert db.session.get_one(Contract, number).ends_on == date(2027, 12, 31)
    rows = db.session.scalars(sa.select(Coverage)).all()
    assert [(row.asset_id, row.until_on) for row in rows] == [(asset, None)]


def test_cover_is_queued_when_the_history_or_the_day_is_new(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    assert job_clock.queue_cover(clock, PARIS)
    assert not job_clock.queue_cover(clock, PARIS)
    context = JobContext(sqlite_app, clock, lambda: False, transaction)
    HANDLERS["cover"](context, {})
    _end_jobs()
    assert not job_clock.queue_cover(clock, PARIS)
    _due_soon()
    assert job_clock.queue_cover(clock, PARIS)
    _end_jobs()
    clock.step(days=1)
    assert job_clock.queue_cover(clock, PARIS)


def _end_jobs() -> None:
    with transaction() as session:
        session.execute(sa.update(JobRun).values(state="done"))


@pytest.mark.parametrize(
    ("days", "values", "raised"),
    [
        (91, {}, []),
        (90, {}, [(AlertKind.NOTICE, 90)]),
        (61, {}, [(AlertKind.NOTICE, 90)]),
        (60, {}, [(AlertKind.NOTICE, 60)]),
        (7, {}, [(AlertKind.NOTICE, 7)]),
        (0, {}, [(AlertKind.NOTICE, 7)]),
        (91, {"alert_days": "120"}, [(AlertKind.NOTICE, 120)]),
        (7, {"alert_days": "-"}, []),
        (30, {"renewal": "none"}, [(AlertKind.CONTRACT_END, 30)]),
        (30, {"renewal": "express"}, [(AlertKind.NOTICE, 30), (AlertKind.CONTRACT_END, 30)]),
    ],
)
def test_date_is_raised_once_at_each_distance(
    sqlite_app: Flask, days: int, values: dict[str, str], raised: list[tuple[AlertKind, int]]
) -> None:
    del sqlite_app
    _due_soon(days, **values)
    for _ in range(2):
        with transaction() as session:
            raise_alerts(session, TODAY, SOME_MOMENT)
    assert _alerts() == raised


def test_date_is_raised_again_as_it_comes_nearer(sqlite_app: Flask) -> None:
    del sqlite_app
    _due_soon(90)
    for step in range(91):
        with transaction() as session:
            raise_alerts(session, TODAY + timedelta(days=step), SOME_MOMENT)
    assert [days for _, days in _alerts()] == [90, 60, 30, 7]


def test_licences_are_told_once_by_their_own_delay_and_no_more_when_renewed(
    app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    with transaction() as session:
        for name, ends, maintenance, delay in (
            ("Usual", 90, 30, ""), ("Own", 120, None, "120"), ("Late", 100, None, "10"),
            ("Past", -1, None, ""), ("Renewed", 7, None, ""),
        ):  # fmt: skip
            draft = EntitlementDraft(name=name, product=name, alert_days=delay)
            row = save_draft(session, SYSTEM, draft, at=SOME_MOMENT)
            days = (("term", ends), ("maintenance", maintenance))
            for kind, left in days:
                if left is not None:
                    last = (TODAY + timedelta(days=left)).isoformat()
                    add_period_draft(
                        session,
                        SYSTEM,
                        row.id,
                        PeriodDraft(kind=kind, ends_on=last),
                        at=SOME_MOMENT,
                    )
    for expected in (4, 0):
        with transaction() as session:
            assert raise_alerts(session, TODAY, SOME_MOMENT) == expected
    with transaction() as session:
        last = (TODAY + timedelta(days=365)).isoformat()
        add_period_draft(
            session, SYSTEM, row.id, PeriodDraft(kind="term", ends_on=last), at=SOME_MOMENT
        )
        assert count_to_see(session, TODAY) == (2, 0)
    work = _work(app, clock, server.port)
    assert [tell_of_dates(work) for _ in range(2)] == [1, 0]
    assert _send(work) == (1, 0)
    text = server.letters[0].get_content()
    assert "fin de la licence Usual" in text
    assert "fin de la maintenance de Usual" in text
    assert "Own" in text
    assert "Renewed" not in text
    assert server.letters[0]["Subject"] == "Parc: 3 licences"


def test_warranties_are_raised_by_their_distance(app: Flask) -> None:
    del app
    with transaction() as session:
        for days in (-1, 0, 7, 8, 30, 31, 90, 91):
            make_asset(session, warranty_ends_on=TODAY + timedelta(days=days))
        make_asset(session, warranty_ends_on=TODAY, lifecycle_state=LifecycleState.DISPOSED)
    for expected in (6, 0):
        with transaction() as session:
            assert raise_alerts(session, TODAY, SOME_MOMENT) == expected
    assert sorted(days for _, days in _alerts()) == [7, 7, 30, 30, 60, 90]


def test_digest_tells_everything_once_and_in_the_readers_language(
    app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    with transaction() as session:
        person = Person(
            name="Zoé", email="zoe@example.org", created_at=SOME_MOMENT, updated_at=SOME_MOMENT
        )
        session.add(person)
        session.flush()
        make_user(session, role=Role.MANAGER, person_id=person.id, language="en")
        make_user(session, role=Role.MANAGER, language="en")
        model = {"manufacturer": "HP", "model_name": "M402"}
        for _ in range(2):
            make_asset(session, warranty_ends_on=TODAY, **model)  # type: ignore[arg-type]  # strings
    _due_soon(name="Printers\nBcc: x", number="M-7")
    work = _work(app, clock, server.port)
    assert tell_of_dates(work) == 2
    assert tell_of_dates(work) == 0
    assert _send(work) == (2, 0)
    assert _send(work) == (0, 0)
    by_reader = {letter["To"]: letter for letter in server.letters}
    english, french = by_reader["zoe@example.org"], by_reader["chief@example.org"]
    text = english.get_content()
    assert "23 Dec 2026: last day to give notice for Printers Bcc: x (M-7)" in text
    assert "HP M402, 2 assets" in text
    assert english["Subject"] == "Parc: 1 contract, 2 warranties"
    assert english["Bcc"] is None
    assert "dernier jour" in french.get_content()
    assert english["Message-ID"] != french["Message-ID"]
    clock.step(days=1)
    assert tell_of_dates(work) == 0


def test_without_mail_server_or_reader_alerts_wait(app: Flask, clock: SteppingClock) -> None:
    _due_soon()
    assert tell_of_dates(_work(app, clock)) == 0
    assert tell_of_dates(_work(app, clock, 25, addresses=())) == 0
    assert tell_of_dates(_work(app, clock, 25)) == 1


def test_letter_that_is_not_taken_is_tried_again_later_and_later(
    app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    _due_soon()
    work = _work(app, clock, server.port)
    tell_of_dates(work)
    server.answers = ["451 come again", "451 come again"]
    for pause in (1, 2):
        assert _send(work) == (0, 1)
        assert _send(work) == (0, 0)
        clock.step(minutes=pause)
    assert _send(work) == (1, 0)
    letter = _letters()[0]
    assert (letter.state, letter.attempts, letter.error) == (MessageState.SENT, 3, None)
    assert len(server.letters) == 1


def test_letter_that_is_refused_for_good_fails(
    sqlite_app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    _due_soon()
    work = _work(sqlite_app, clock, server.port)
    tell_of_dates(work)
    server.answers = ["554 never"]
    assert _send(work) == (0, 1)
    letter = _letters()[0]
    assert (letter.state, letter.error) == (MessageState.FAILED, "554 never")


def test_server_that_is_away_is_tried_until_it_is_given_up(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    _due_soon()
    with mail_server() as gone:
        work = _work(sqlite_app, clock, gone.port)
    tell_of_dates(work)
    for _ in range(MOST_ATTEMPTS):
        assert _send(work) == (0, 1)
        clock.step(hours=6)
    assert _send(work) == (0, 0)
    assert _letters()[0].state is MessageState.FAILED
    assert pause_after(1) == timedelta(minutes=1)
    assert pause_after(50) == timedelta(hours=6)


def test_server_without_the_tls_that_is_asked_for_gets_no_letter(
    sqlite_app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    _due_soon()
    for security in ("starttls", "tls"):
        work = _work(sqlite_app, clock, server.port)
        mail = replace(work.settings.mail, security=security)
        work = replace(work, settings=replace(work.settings, mail=mail))
        tell_of_dates(work)
        assert _send(work) == (0, 1)
        clock.step(hours=1)
    assert server.letters == []


def test_password_comes_from_the_environment_or_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\nmore")
    file.chmod(0o600)

    def made(**values: str) -> str:
        settings = Settings(tmp_path, mail=MailSettings(**values), path=tmp_path / "config.toml")  # type: ignore[arg-type]  # texts only
        return open_mailer(settings, {"MAIL": "hidden"}, lambda: SOME_MOMENT).password

    assert made(password_env="MAIL") == "hidden"
    assert made(password_file="password") == "secret"
    assert made() == ""
    file.chmod(0o644)
    for values in ({"password_file": "password"}, {"password_file": "x"}, {"password_env": "X"}):
        with pytest.raises(ConfigError):
            made(**values)


def test_digest_that_breaks_off_leaves_nothing_half_done(
    app: Flask, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _due_soon()
    work = _work(app, clock, 25, addresses=("a@example.org", "b@example.org"))
    calls = iter([None])

    def breaks(*arguments: Any) -> None:
        del arguments
        next(calls)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("parc.jobs.digest.set_told", breaks)
        with pytest.raises(ZeroDivisionError):
            tell_of_dates(work)
    assert _letters() == []
    assert tell_of_dates(work) == 2


def test_renewal_that_breaks_off_leaves_nothing_half_done(
    app: Flask, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        number = make_contract(session, **TACIT).id
    clock.step(days=60)

    def breaks(*arguments: Any) -> None:
        del arguments
        raise ZeroDivisionError

    terms = sa.select(ContractPeriod.ends_on).order_by(ContractPeriod.position)
    with monkeypatch.context() as patched:
        patched.setattr("parc.services.contracts.show_dates", breaks)  # the term is written by then
        with pytest.raises(ZeroDivisionError):
            bring_cover_up(_work(app, clock))
    db.session.rollback()
    assert list(db.session.scalars(terms)) == [date(2026, 12, 31)]
    for _time in range(2):
        bring_cover_up(_work(app, clock))
    db.session.rollback()
    assert list(db.session.scalars(terms)) == [date(2026, 12, 31), date(2027, 12, 31)]
    assert db.session.get_one(Contract, number).ends_on == date(2027, 12, 31)


def test_jobs_tell_and_send(sqlite_app: Flask, clock: SteppingClock, server: Mailbox) -> None:
    _due_soon()
    work = _work(sqlite_app, clock, server.port)
    sqlite_app.extensions["parc_settings"] = work.settings
    assert job_clock.queue_alerts(clock, PARIS)
    context = JobContext(sqlite_app, clock, lambda: False, transaction)
    assert not job_clock.queue_mail(clock)
    HANDLERS["alerts"](context, {})
    assert job_clock.queue_mail(clock)
    assert not job_clock.queue_mail(clock)
    HANDLERS["mail"](context, {})
    assert len(server.letters) == 1
    sqlite_app.extensions["parc_settings"] = replace(work.settings, mail=MailSettings())
    with pytest.raises(ParcError, match="no mail server"):
        HANDLERS["mail"](context, {})


SENDER = """
    import dataclasses, datetime, sys
    from pathlib import Path
    from parc.app import create_app
    from parc.config import MailSettings, Settings
    from parc.extensions import transaction
    from parc.jobs.contracts import Work, send_letters
    from parc.jobs.mail import open_mailer
    folder, port, moment = sys.argv[1:]
    mail = MailSettings(host="127.0.0.1", port=int(port), security="none",
                        from_address="parc@example.org")
    settings = Settings(data_folder=Path(folder), mail=mail)
    clock = lambda: datetime.datetime.fromisoformat(moment)
    with create_app(settings).app_context():
        work = Work(transaction, clock, settings)
        print(send_letters(work, open_mailer(settings, {}, clock)))
"""


@pytest.mark.long
def test_sender_killed_in_the_middle_of_a_letter_loses_none_and_sends_none_twice(
    sqlite_app: Flask, clock: SteppingClock, server: Mailbox
) -> None:
    _due_soon()
    work = _work(sqlite_app, clock, server.port)
    tell_of_dates(work)
    folder = work.settings.data_folder
    command = [sys.executable, "-c", textwrap.dedent(SENDER), str(folder), str(server.port)]
    server.is_stuck = True
    with subprocess.Popen([*command, clock().isoformat()], stdout=subprocess.PIPE) as process:
        assert server.reached.wait(30)
        process.send_signal(signal.SIGKILL)
    assert [letter.state for letter in _letters()] == [MessageState.SENDING]
    server.is_stuck = False
    clock.step(minutes=5)
    assert _send(work) == (0, 0)
    clock.step(minutes=5)
    later = [*command, clock().isoformat()]
    said = subprocess.run(later, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert said.stdout.strip() == "(1, 0)"
    assert [letter["Message-ID"] for letter in server.letters] == [_letters()[0].message_id]
