"""``parc plan``: what a run's evidence would change now; with ``--apply`` it is done."""

from __future__ import annotations

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table


@click.command()
@click.option("--show", "run_id", type=int, required=True, metavar="RUN", help="Id of the run.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--apply", "is_applied", is_flag=True, help="Apply the plan of a run that is held.")
@with_database
def plan(run_id: int, *, is_json: bool, is_applied: bool) -> None:
    """Plan again from the evidence of RUN, and print what would change."""
    from flask import current_app

    from parc.clock import now
    from parc.discovery.settle import plan_again
    from parc.discovery.task import task_of
    from parc.extensions import reading
    from parc.jobs.foreground import apply_now

    with reading() as session:
        moment = now()
        made = plan_again(session, task_of(session, run_id, moment), settings(), moment)
    rows = list(made.rows())
    if is_json:
        print_json({"run": run_id, "counts": made.counts, "changes": rows})
    elif made.is_empty:
        click.echo("Nothing would change.")
    else:
        print_table(
            ("CHANGE", "SUBJECT", "FIELD", "BEFORE", "AFTER", "NOTE"),
            [(row.kind, row.subject, row.field, row.before, row.after, row.note) for row in rows],
        )
    if is_applied:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way
        apply_now(app, operator(), run_id, now)
        click.echo("The plan was applied.", err=True)
