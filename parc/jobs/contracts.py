"""What time and the inventory do to contracts: tacit renewals, cover, alerts and their letters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from parc.config import Settings
from parc.errors import ParcError
from parc.extensions import TransactionMaker
from parc.jobs.digest import make_digests
from parc.jobs.execution import JobContext
from parc.jobs.mail import Mailer, open_mailer
from parc.services.alerts import raise_alerts
from parc.services.contracts import roll_over_due
from parc.services.coverage import (
    Evaluated,
    contracts_to_evaluate,
    evaluate_contracts,
    match_lines,
    refresh_all,
)
from parc.services.jobs import JobStoppedError
from parc.services.outbox import claim_message, mark_failed, mark_sent

_CHUNK = 50
_RENEWED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Work:
    """What this work needs: how to write, what time it is, and when to stop."""

    transaction: TransactionMaker
    clock: Callable[[], datetime]
    settings: Settings
    should_stop: Callable[[], bool] = lambda: False

    @property
    def today(self) -> date:
        """Give the day where the readers are."""
        return self.clock().astimezone(ZoneInfo(self.settings.interface.time_zone)).date()

    def go_on(self) -> None:
        """Between two steps.

        Raises:
            JobStoppedError: the work was asked to end.
        """
        if self.should_stop():
            raise JobStoppedError("stopped between two steps")


def bring_cover_up(work: Work) -> Evaluated:
    """Renew what renews itself, then bring the cover of every contract up to date."""
    while True:
        work.go_on()
        with work.transaction() as session:
            if not roll_over_due(session, work.today, work.clock(), _RENEWED_AT_ONCE):
                break
    with work.transaction() as session:
        done = Evaluated(matched=match_lines(session, work.clock()))
        ids = contracts_to_evaluate(session)
    for start in range(0, len(ids), _CHUNK):
        work.go_on()
        with work.transaction() as session:
            done += evaluate_contracts(
                session,
                ids[start : start + _CHUNK],
                today=work.today,
                now=work.clock(),
                has_refresh=False,
            )
    work.go_on()
    with work.transaction() as session:
        refresh_all(session)
    return done


def tell_of_dates(work: Work) -> int:
    """Raise the alerts of the day and write one letter a recipient; gives how many letters."""
    with work.transaction() as session:
        raise_alerts(session, work.today, work.clock())
    if not work.settings.mail.host:
        return 0
    with work.transaction() as session:
        return make_digests(session, work.settings, work.today, work.clock())


def send_letters(work: Work, mailer: Mailer) -> tuple[int, int]:
    """Send the letters that are due; gives how many went out and how many did not.

    A letter is claimed before it is sent and marked after: when the process ends in between, it is
    sent again under the same Message-ID.
    """
    sent = failed = 0
    while True:
        work.go_on()
        with work.transaction() as session:
            letter = claim_message(session, work.clock())
        if letter is None:
            return sent, failed
        problem = mailer.send(letter)
        with work.transaction() as session:
            if problem is None:
                mark_sent(session, letter.id, work.clock())
                sent += 1
            else:
                mark_failed(session, letter.id, problem, work.clock())
                failed += 1


def cover(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out that brings cover up to date."""
    del arguments
    bring_cover_up(work_of(context))


def alerts(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out that tells of dates."""
    del arguments
    tell_of_dates(work_of(context))


def mail(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out that sends letters."""
    del arguments
    work = work_of(context)
    if not work.settings.mail.host:
        raise ParcError("no mail server is set: see [mail] in the settings")
    send_letters(work, open_mailer(work.settings, os.environ, work.clock))


def work_of(context: JobContext) -> Work:
    """Give what this work needs of a job's context."""
    settings: Settings = context.app.extensions["parc_settings"]
    return Work(context.transaction, context.clock, settings, context.should_stop)
