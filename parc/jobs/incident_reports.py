"""Indicators of many incidents are made before somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from parc.extensions import TransactionMaker, reading
from parc.jobs.execution import JobContext
from parc.queries.incident_figures import GROUPS, PERIODS, read_report
from parc.queries.incident_reports import MANY
from parc.services.incident_reports import keep_report
from parc.services.jobs import JobStoppedError


def incident_reports(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out: the figures of every period by every group."""
    del arguments

    def go_on() -> None:
        if context.should_stop():
            raise JobStoppedError("stopped between two reports")

    make_reports(context.transaction, context.clock, go_on)


def make_reports(
    transaction: TransactionMaker, clock: Callable[[], datetime], go_on: Callable[[], None]
) -> None:
    """Make them one by one, and keep those that count many incidents.

    What reads long holds no lock, what writes is short.
    """
    for days, part_days in PERIODS.items():
        for group in GROUPS:
            go_on()
            now = clock()
            with reading() as session:
                report = read_report(session, group, now - timedelta(days=days), now, part_days)
            if report.case_count <= MANY:
                continue
            with transaction() as session:
                keep_report(session, report, group, days)
