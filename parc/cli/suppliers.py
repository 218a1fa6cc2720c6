"""``parc suppliers``; ``parc import suppliers`` writes them."""

from __future__ import annotations

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.paging import read_rows

_COLUMNS = ("name", "customer_number", "support_phone", "support_email", "contracts")


@click.group()
def suppliers() -> None:
    """List suppliers, delete one; ``parc import suppliers`` adds and changes them."""


@suppliers.command(name="list")
@click.option("--text", default="", help="Only those with all these words.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(text: str, *, is_json: bool) -> None:
    """List suppliers by name: how to reach them, and how many contracts name each."""
    from parc.extensions import reading
    from parc.models import Supplier
    from parc.queries.keyset import Order
    from parc.queries.suppliers import SORTS, SupplierFilter, count_contracts, supplier_page

    order = Order(SORTS["name"], Supplier.id)
    wanted = SupplierFilter(text)
    with reading() as session:
        rows = read_rows(lambda cursor, size: supplier_page(session, wanted, order, cursor, size))
        counts = count_contracts(session, [row.id for row in rows])
    found = [
        {
            "id": row.id,
            "name": row.name,
            "roles": row.roles,
            "customer_number": row.customer_number,
            "support_phone": row.support_phone,
            "support_email": row.support_email,
            "portal_url": row.portal_url,
            "contracts": counts.get(row.id, 0),
        }
        for row in rows
    ]
    if is_json:
        print_json({"suppliers": found})
        return
    print_table(
        ("NAME", "CUSTOMER NUMBER", "SUPPORT", "E-MAIL", "CONTRACTS"),
        [tuple("-" if one[key] is None else str(one[key]) for key in _COLUMNS) for one in found],
    )


@suppliers.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(name: str, *, yes: bool) -> None:
    """Delete the supplier of a NAME, with its contacts and documents; ``parc changes`` undoes it.

    Refused while contracts, or periods of licences, name it.
    """
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import reading, transaction
    from parc.queries.suppliers import supplier_named, supplier_sheet
    from parc.services.suppliers import delete_supplier

    with reading() as session:
        found = supplier_named(session, name)
        if found is None:
            raise NotFoundError(f"There is no supplier {name}.")
        sheet = supplier_sheet(session, found.id)
    if not yes:
        touched = f"{sheet.asset_count} asset(s) no longer say who sold them"
        click.confirm(f"Delete {sheet.supplier.name}? {touched}.", abort=True)
    with transaction() as session:
        act = delete_supplier(session, operator(), sheet.supplier.id, now=now())
        number = act.id if act else None
    click.echo(f"{sheet.supplier.name} deleted. To undo it: parc changes undo {number} --apply")
