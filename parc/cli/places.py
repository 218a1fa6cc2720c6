"""``parc places``; ``parc import places`` writes them."""

from __future__ import annotations

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table


@click.group()
def places() -> None:
    """List places, delete one; ``parc import places`` adds and changes them."""


@places.command(name="list")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(*, is_json: bool) -> None:
    """List places by their paths, with how many assets should be in each."""
    from parc.extensions import reading
    from parc.queries.locations import read_places
    from parc.queries.rooms import count_assets

    with reading() as session:
        counts = count_assets(session)
        found = list(read_places(session).by_id.values())
    rows = [
        {"id": one.id, "path": one.path, "kind": one.kind, "assets": counts.get(one.id, 0)}
        for one in found
    ]
    if is_json:
        print_json({"places": rows})
        return
    print_table(
        ("PLACE", "LEVEL", "ASSETS"),
        [(str(row["path"]), str(row["kind"]), str(row["assets"])) for row in rows],
    )


@places.command()
@click.argument("path")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(path: str, *, yes: bool) -> None:
    """Delete the place of a PATH, such as "Lyon > A > 2 > 214", with its outlets.

    Refused while something lies in it, stands there or has stood there.
    """
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import reading, transaction
    from parc.services.places import delete_place, find_place

    with reading() as session:
        number = find_place(session, path)
    if number is None:
        raise NotFoundError(f"There is no place {path}.")
    if not yes:
        click.confirm(f"Delete {path}?", abort=True)
    with transaction() as session:
        delete_place(session, operator(), number, at=now())
    click.echo(f"{path} deleted.")
