"""``parc sweep``: sweep one range now, in the foreground, and show what came of it."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, with_database
from parc.errors import NotFoundError, ParcError
from parc.row_keys import row_key

if TYPE_CHECKING:
    from parc.jobs.execution import Execution

_LOOK_SECONDS = 0.5


@click.command()
@click.argument("range_name", metavar="RANGE")
@click.option("--wait", is_flag=True, help="When the range is being swept already, wait for that.")
@with_database
def sweep(range_name: str, *, wait: bool) -> None:
    """Sweep RANGE (its name or id) now; Ctrl-C stops, what was seen stays."""
    from flask import current_app

    from parc.clock import now
    from parc.extensions import reading
    from parc.jobs.foreground import sweep_now
    from parc.queries.jobs import open_run_of_range

    range_id = _range_id(range_name)
    with reading() as session:
        open_run = open_run_of_range(session, range_id)
    if open_run is not None and wait:
        run_id = _wait_for(open_run)
    else:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way
        run_id = sweep_now(app, operator(), range_id, now, started=_stop_on_signal)
    _show(run_id)


def _range_id(name: str) -> int:
    from parc.extensions import reading
    from parc.queries.ranges import find_range, get_range

    with reading() as session:
        try:
            return find_range(session, name).id
        except NotFoundError:
            if (key := row_key(name)) is None:
                raise
            return get_range(session, key).id


def _stop_on_signal(execution: Execution) -> None:
    from parc.jobs.execution import StopReason

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        execution.stop(StopReason.CANCELLED)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _wait_for(run_id: int) -> int:
    from parc.extensions import reading
    from parc.models import RunState
    from parc.queries.runs import get_run

    click.echo(f"Waiting for run {run_id}.", err=True)
    while True:
        with reading() as session:
            if get_run(session, run_id).state not in (RunState.QUEUED, RunState.RUNNING):
                return run_id
        time.sleep(_LOOK_SECONDS)


def _show(run_id: int) -> None:
    """Print the totals.

    Raises:
        ParcError: the run did not end well; exit code 1 says so to scripts.
    """
    from parc.extensions import reading
    from parc.models import RunState
    from parc.queries.runs import get_run

    with reading() as session:
        run = get_run(session, run_id)
    click.echo(
        f"Run {run_id} of {run.range_name}: {run.state.value}. {run.responder_count} up, "
        f"{run.collected_count} read, {run.failed_count} failed; {run.created_count} new, "
        f"{run.changed_count} changed, {run.gone_count} gone."
    )
    if run.state is RunState.HELD:
        raise ParcError(f"{run.error} Look at it: parc plan --show {run_id}")
    if run.state is not RunState.DONE:
        raise ParcError(run.error or f"run {run_id} is {run.state.value}")
