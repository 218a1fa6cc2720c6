"""``parc contracts``: contracts by their next date, renewals, and what they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table
from parc.cli.paging import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_SHOWN = 100
_PROBLEMS = ("waiting", "retired", "unseen")


@click.group()
def contracts() -> None:
    """List contracts, renew, end or delete one, look after what they cover."""


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
@click.argument("day", metavar="DATE", required=False, default="")
@click.option("--withdraw", "is_withdrawn", is_flag=True, help="Take the notice back.")
@click.option("--note", default="", help="Kept with it.")
@with_database
def notice(number: str, day: str, note: str, *, is_withdrawn: bool) -> None:
    """Note that notice was given of the contract of a NUMBER, on a DATE: it ends with its term."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.contracts import find_contract
    from parc.services.contracts import give_notice, withdraw_notice
    from parc.services.coverage import evaluate_contracts

    given_on = day or _today().isoformat()
    with reading() as session:
        contract_id = find_contract(session, number).id
    with transaction() as session:
        if is_withdrawn:
            row = withdraw_notice(session, operator(), contract_id, now=now())
        else:
            row = give_notice(
                session, operator(), contract_id, given_on=given_on, note=note, now=now()
            )
        evaluate_contracts(session, [contract_id], today=_today(), now=now())
        ends_on = row.ends_on.isoformat()
    said = "the notice is taken back" if is_withdrawn else f"notice given, it ends on {ends_on}"
    click.echo(f"Contract {number}: {said}.")


@contracts.command()
@click.argument("number")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(number: str, *, yes: bool) -> None:
    """Delete the contract of a NUMBER with its terms, lines, rules, cover and documents.

    It is a change that ``parc changes undo`` takes back.
    """
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.contracts import contract_sheet, find_contract
    from parc.services.contract_removal import count_naming, delete_contract

    with reading() as session:
        sheet = contract_sheet(session, find_contract(session, number).id)
        naming = count_naming(session, sheet.contract.id)
    if not yes:
        touched = (
            f"{sheet.covered_count} asset(s) are no longer covered, {naming.movements} movement(s) "
            f"and {naming.licences} licence(s) no longer name it"
        )
        click.confirm(f"Delete {sheet.contract.name}? {touched}.", abort=True)
    with transaction() as session:
        act = delete_contract(session, operator(), sheet.contract.id, now=now())
        act_id = act.id if act else None
    click.echo(f"Contract {number} deleted. To undo it: parc changes undo {act_id} --apply")


@contracts.command()
@click.option("--contract", "number", default="", metavar="NUMBER", help="Only of this one.")
@click.option("--problem", "problems", type=click.Choice(_PROBLEMS), multiple=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def lines(number: str, problems: Sequence[str], *, is_json: bool) -> None:
    """List the lines of contracts, of all that run or of one: what is paid for, by name.

    A line waits for its asset, or pays for one that is retired, or unseen for 60 days: --problem
    shows these only.
    """
    from parc.clock import now
    from parc.extensions import reading
    from parc.models import ContractLine
    from parc.queries.contract_assets import (
        LINE_SORTS,
        LineFilter,
        LineProblem,
        line_page,
        problem_of,
    )
    from parc.queries.contracts import find_contract
    from parc.queries.keyset import Order

    order = Order(LINE_SORTS["line"], ContractLine.id)
    with reading() as session:
        contract_id = find_contract(session, number).id if number else None
        wanted = LineFilter(now(), _today(), contract_id, [LineProblem(one) for one in problems])
        rows = read_rows(lambda cursor, size: line_page(session, wanted, order, cursor, size))
    found: list[dict[str, Any]] = [
        {
            "contract": row.contract_number,
            "asset_tag": row.asset_tag,
            "name": row.asset,
            "serial_number": row.serial_number,
            "description": row.description,
            "amount": None if row.amount is None else str(row.amount),
            "currency": row.currency,
            "problem": problem_of(row, wanted.now),
        }
        for row in rows
    ]
    if is_json:
        print_json({"lines": found})
        return
    names = ("contract", "asset_tag", "name", "serial_number", "amount", "problem")
    print_table(
        [name.upper().replace("_", " ") for name in names],
        [[str(row[name] or "-") for name in names] for row in found],
    )


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
