"""Moving assets, and what is on loan: ``parc move``, ``parc loans``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table
from parc.cli.settling import settle_about

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

_MOST_LOANS = 100_000


@click.command()
@click.argument("kind")
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--person", default="", help="Who holds it: a name, e-mail address or number.")
@click.option("--department", default="", help="Which department holds it: its path.")
@click.option("--place", default="", help="Where it stands: the path of the place.")
@click.option("--on", "effective_on", default="", metavar="DATE", help="Day of effect.")
@click.option("--due", "due_on", default="", metavar="DATE", help="Day of return of a loan.")
@click.option("--state", "to_state", default="", help="New state, where there is a choice.")
@click.option("--variant", default="", help="How it came in or went out.")
@click.option("--recipient", "counterparty", default="", help="Supplier, repairer or recipient.")
@click.option("--incident", default="", metavar="NUMBER", help="Incident that it is about.")
@click.option("--contract", default="", help="Contract under which it goes: number or name.")
@click.option("--order", "order_number", default="", help="Number of the purchase order.")
@click.option("--accessories", default="", help="What goes with it.")
@click.option("--condition", default="", help="In which condition it is.")
@click.option("--destination", default="", help="Exit: where it goes.")
@click.option("--legal-basis", default="", help="Exit: by which right.")
@click.option("--unit-value", default="", help="Exit: its value.")
@click.option("--wiping-method", default="", help="Exit: how data was wiped.")
@click.option("--wiped-on", default="", metavar="DATE", help="Exit: when data was wiped.")
@click.option("--wiped-by", default="", help="Exit: who wiped it.")
@click.option("--certificate", "certificate_number", default="", help="Exit: its number.")
@click.option("--slip", "slip_number", default="", help="Exit: number of the waste slip.")
@click.option("--reason", default="", help="Why; kept with it.")
@click.option("--apply", "is_applied", is_flag=True, help="Move, not only show.")
@with_database
def move(kind: str, tags: Sequence[str], *, is_applied: bool, **texts: str) -> None:
    """Move the assets of TAGs by a movement of KIND, such as assignment, loan or return.

    Without --apply the plan is shown. All are moved, as one act that can be undone, or none is.
    """
    from parc.extensions import reading, transaction
    from parc.queries.asset_tags import tagged_assets
    from parc.services.movement_drafts import MovementDraft, read_order
    from parc.services.movements import apply_basket, plan_basket

    moment, today = _moment()
    draft = MovementDraft(kind=kind, **texts)
    with reading() as session:
        known = tagged_assets(session, tags)
        if unknown := [tag for tag in tags if tag not in known]:
            raise click.UsageError(f"no asset has the tag {', '.join(unknown)}")
        ids = sorted(set(known.values()))
        plan = plan_basket(session, ids, read_order(session, draft, today=today))
    print_table(
        ("TAG", "NAME", "BEFORE", "AFTER"),
        [
            (
                line.asset_tag,
                line.name,
                str(line.before.state),
                f"refused: {line.problem.code}" if line.problem else str(line.after.state),
            )
            for line in plan.lines
        ],
    )
    if not is_applied:
        click.echo(f"{len(plan.lines)} asset(s) would be moved; --apply does it.")
        return
    with transaction() as session:
        order = read_order(session, draft, today=today)
        apply_basket(session, operator(), ids, order, at=moment)
        settle_about(session, assets=ids)
    click.echo(f"{len(ids)} asset(s) moved.")


def _moment() -> tuple[datetime, date]:
    """Give the time, and the day that it is where the interface is."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    from parc.clock import now

    moment = now().astimezone(UTC)
    return moment, moment.astimezone(ZoneInfo(settings().interface.time_zone)).date()


@click.command()
@click.option("--overdue", "is_overdue", is_flag=True, help="Only those that are overdue.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@with_database
def loans(*, is_overdue: bool, is_json: bool) -> None:
    """List the assets on loan with who has them, those due first at the top."""
    from parc.extensions import reading
    from parc.queries.movements import list_loans

    _now, today = _moment()
    with reading() as session:
        rows = [
            {
                "asset_tag": row.asset_tag,
                "name": row.name,
                "person": row.person_name,
                "email": row.email,
                "due_on": row.loan_due_on,
                "is_overdue": row.loan_due_on is not None and row.loan_due_on < today,
            }
            for row in list_loans(session, today=today, limit=_MOST_LOANS, is_overdue=is_overdue)
        ]
    if is_json:
        print_json({"loans": rows})
        return
    names = ("asset_tag", "name", "person", "email", "due_on")
    print_table(
        ("TAG", "NAME", "PERSON", "E-MAIL", "DUE ON", ""),
        [
            (*(str(row[name] or "") for name in names), "overdue" if row["is_overdue"] else "")
            for row in rows
        ],
    )
