"""Bringing what is known of found software up to its rules, a part in each transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parc.jobs.contracts import Work, work_of
from parc.jobs.execution import JobContext
from parc.services.licence_products import follow_rules
from parc.services.software_refolding import (
    count_stale,
    give_titles_batch,
    refold_batch,
    settle_all,
    settle_needs,
    settle_support,
    take_usual_ends,
)

Progress = Callable[[int, int], None]


def bring_software_up(work: Work, tell: Progress = lambda _done, _total: None) -> int:
    """Fold again what is stale, then count anew; gives how many titles were folded.

    Args:
        tell: told how many titles are done, and of how many.
    """
    with work.transaction() as session:
        take_usual_ends(session)
    devices = -1
    while devices:
        work.go_on()
        with work.transaction() as session:
            devices = give_titles_batch(session, work.clock())
    with work.transaction() as session:
        total = count_stale(session)
    done, part = 0, -1
    while part:
        work.go_on()
        with work.transaction() as session:
            part = refold_batch(session)
        done += part
        if part:
            tell(done, max(total, done))
    work.go_on()
    with work.transaction() as session:
        settle_support(session)
        settle_needs(session)
        settle_all(session)
    with work.transaction() as session:
        follow_rules(session, work.clock())
    return done


def software(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out."""
    del arguments
    bring_software_up(work_of(context))
