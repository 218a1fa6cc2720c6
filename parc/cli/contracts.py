"""``parc contracts``: contracts by their next date, renewals, and what they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from datetime import date

_SHOWN = 100


@click.group()
def contracts() -> None:
    """List contracts, renew one, add assets to one, bring their cover up to date."""


@contracts.command(name="list")
@click.option("--state", "states", multiple=True, metavar="STATE", help="Such as notice_due.")
@click.option("--supplier", default="", help="Part of a name of the contract or of a firm.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=_SHOWN, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(states: tuple[str, ...], supplier: str, limit: int, *, is_json: bool) -> None:
    """List contracts, those first of which a date is near."""
    from parc.contract_dates import ContractState
    from parc.extensions import reading
    from parc.models import Contract
    from parc.queries.contracts import ContractFilter, contract_page, contract_state, sort_column
    from parc.queries.keyset import Order

    day = _today()
    try:
        chosen = ContractFilter(day, supplier, [ContractState(state) for state in states])
    except ValueError as error:
        known = ", ".join(state.value for state in ContractState)
        raise click.UsageError(f"--state must be one of {known}") from error
    order = Order(sort_column("notice_by", day), Contract.id)
    with reading() as session:
        rows = contract_page(session, chosen, order, None, limit).rows
    found: list[dict[str, Any]] = [
        {
            "number": row.number,
            "name": row.name,
            "type": row.type.value,
            "state": contract_state(row, day).value,
            "supplier": row.supplier,
            "maintainer": row.maintainer,
            "ends_on": row.ends_on.isoformat(),
            "notice_by": row.notice_by.isoformat() if row.notice_by else None,
            "amount": None if row.amount is None else str(row.amount),
            "currency": row.currency,
        }
        for row in rows
    ]
    if is_json:
        print_json({"contracts": found})
        return
    names = ("number", "name", "state", "notice_by", "ends_on", "supplier")
    print_table(
        [name.upper().replace("_", " ") for name in names],
        [[str(row[name] or "") for name in names] for row in found],
    )


@contracts.command()
@click.argument("number")
@click.argument("months")
@click.option("--amount", default="", help="Of one bill from then on; default: as before.")
@click.option("--note", default="", help="Kept with the term.")
@with_database
def renew(number: str, months: str, amount: str, note: str) -> None:
    """Add a term of so many MONTHS to the contract of a NUMBER."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.contracts import find_contract
    from parc.services.contracts import renew_contract
    from parc.services.coverage import evaluate_contracts

    with reading() as session:
        contract_id = find_contract(session, number).id
    with transaction() as session:
        period = renew_contract(
            session, operator(), contract_id, months=months, amount=amount, note=note, now=now()
        )
        evaluate_contracts(session, [contract_id], today=_today(), now=now())
    click.echo(f"Contract {number} renewed until {period.ends_on.isoformat()}.")


@contracts.command()
@click.argument("number")
@click.argument("file", type=click.File(encoding="utf-8"))
@with_database
def add(number: str, file: TextIO) -> None:
    """Add the assets of a FILE to the contract of a NUMBER: a tag or serial number a line.

    A serial number that is not known yet waits, and finds its asset by itself.
    """
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.contracts import find_contract
    from parc.services.contract_lines import add_typed

    with reading() as session:
        contract_id = find_contract(session, number).id
    with transaction() as session:
        added = add_typed(session, operator(), contract_id, file.read(), today=_today(), now=now())
    click.echo(
        f"{added.matched} asset(s) added, {added.waiting} wait for their asset, "
        f"{added.known} stood there already."
    )


@contracts.command()
@with_database
def cover() -> None:
    """Renew what renews itself and bring the cover of all contracts up to date, now."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.jobs.contracts import Work, bring_cover_up

    done = bring_cover_up(Work(transaction, now, settings()))
    click.echo(
        f"{done.matched} line(s) found their asset, {done.opened} time(s) of cover began, "
        f"{done.closed} ended."
    )


def _today() -> date:
    from zoneinfo import ZoneInfo

    from parc.clock import now

    return now().astimezone(ZoneInfo(settings().interface.time_zone)).date()
