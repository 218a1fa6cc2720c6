"""Positions are made again: what is stale soon, everything once a night, kept once a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parc.jobs.contracts import Work, work_of
from parc.jobs.execution import JobContext
from parc.services.actor import SYSTEM
from parc.services.positions import mark_all, refresh_some, take_snapshot
from parc.services.seat_rules import carry_out, rule_ids

_AT_ONCE = 20


def bring_positions_up(work: Work) -> int:
    """Make what is stale again, in short transactions; gives how many."""
    done = 0
    while True:
        work.go_on()
        with work.transaction() as session:
            count = refresh_some(session, work.today, work.clock(), _AT_ONCE)
        if not count:
            return done
        done += count


def positions(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out that makes again what is stale."""
    del arguments
    bring_positions_up(work_of(context))


def all_positions(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the nightly job out: rules give their seats, days go by and licences end with them."""
    del arguments
    work = work_of(context)
    with work.transaction() as session:
        rules = rule_ids(session)
    for number in rules:
        work.go_on()
        with work.transaction() as session:
            carry_out(session, number, at=work.clock())
    with work.transaction() as session:
        mark_all(session)
    bring_positions_up(work)
    if work.today.day == 1:
        with work.transaction() as session:
            take_snapshot(session, SYSTEM, work.today)
