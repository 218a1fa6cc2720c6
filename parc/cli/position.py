"""``parc position``: what is held and needed of software, and why."""

from __future__ import annotations

from datetime import datetime

import click

from parc.cli.context import with_database
from parc.cli.output import print_json, print_table


@click.command()
@click.argument("product", required=False)
@click.option("--at", "at", type=click.DateTime(["%Y-%m-%d"]), help="Rights of that day.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def position(product: str | None, at: datetime | None, *, is_json: bool) -> None:
    """Work out the position: of PRODUCT, by name or number, with each reason; else of all.

    Without PRODUCT it brings all positions up to date and lists them; with --at it lists what the
    rights of that day would cover, and keeps nothing. What was found is what is there now.
    """
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.positions import all_positions, find_product, position_sheet, positions_on
    from parc.services.positions import mark_all, refresh_some

    day = at.date() if at else now().date()
    if product is not None:
        with reading() as session:
            sheet = position_sheet(session, find_product(session, product), day)
        if is_json:
            print_json(sheet)
            return
        one = sheet.position
        held = "no limit" if one.held is None else str(one.held)
        click.echo(f"{sheet.product}: held {held}, needed {one.needed}, missing {one.missing}")
        rows = [
            (
                sheet.machines.get(use.machine_id, str(use.machine_id)),
                use.version,
                sheet.rights[use.right_id] if use.right_id is not None else "-",
                str(use.units),
                " ".join((use.code, *use.notes)),
            )
            for use in one.uses
        ]
        print_table(("MACHINE", "VERSION", "LICENCE", "UNITS", "REASON"), rows)
        return
    if at is None:
        with transaction() as session:
            mark_all(session)
        count = 1
        while count:
            with transaction() as session:
                count = refresh_some(session, day, now(), 20)
    with reading() as session:
        found = all_positions(session) if at is None else positions_on(session, day)
    if is_json:
        print_json(found)
        return
    rows = [
        (
            one.product,
            "no limit" if one.held is None else str(one.held),
            str(one.needed),
            str(one.missing),
            "" if one.true_up is None else f"{one.true_up} {one.currency}",
        )
        for one in found
    ]
    print_table(("PRODUCT", "HELD", "NEEDED", "MISSING", "TO BUY"), rows)
