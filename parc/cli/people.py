"""``parc people`` and ``parc departments``; ``parc import people`` writes them."""

from __future__ import annotations

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.paging import read_rows

_COLUMNS = ("name", "email", "external_id", "department", "left_on")


@click.group()
def people() -> None:
    """List people, delete one; ``parc import people`` adds and changes them."""


@people.command(name="list")
@click.option("--text", default="", help="Only those with all these words.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_people(text: str, *, is_json: bool) -> None:
    """List people by name, with their e-mail addresses, numbers and departments."""
    from parc.extensions import reading
    from parc.models import Person
    from parc.queries.departments import read_departments
    from parc.queries.keyset import Order
    from parc.queries.people import SORTS, PeopleFilter, people_page

    order = Order(SORTS["name"], Person.id)
    wanted = PeopleFilter(text=text)
    with reading() as session:
        tree = read_departments(session)
        rows = read_rows(lambda cursor, size: people_page(session, wanted, order, cursor, size))
    found = [
        {
            "id": row.id,
            "name": row.name,
            "email": row.email,
            "external_id": row.external_id,
            "department": tree.path(row.department_id),
            "left_on": row.left_on,
        }
        for row in rows
    ]
    if is_json:
        print_json({"people": found})
        return
    print_table(
        ("NAME", "E-MAIL", "NUMBER", "DEPARTMENT", "LEFT ON"),
        [tuple(str(one[key] or "") for key in _COLUMNS) for one in found],
    )


@people.command(name="delete")
@click.argument("who", metavar="PERSON")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete_one(who: str, *, yes: bool) -> None:
    """Delete a PERSON: a name, an e-mail address or a number. Their login, if any, stays.

    Refused while they hold or have held an asset, look after one, or manage somebody.
    """
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.people import read_person
    from parc.services.people import delete_person, find_person

    with reading() as session:
        number = find_person(session, who)
        name = read_person(session, number).name
    if not yes:
        click.confirm(f"Delete {name}?", abort=True)
    with transaction() as session:
        delete_person(session, operator(), number, at=now())
    click.echo(f"{name} deleted.")


@click.group()
def departments() -> None:
    """List departments, delete one; ``parc import people`` adds them."""


@departments.command(name="list")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_departments(*, is_json: bool) -> None:
    """List departments by their paths, with how many people belong to each."""
    from parc.extensions import reading
    from parc.queries.departments import read_departments
    from parc.queries.people import count_members

    with reading() as session:
        members, _assets = count_members(session)
        nodes = list(read_departments(session).by_id.values())
    found = [{"id": one.id, "path": one.path, "people": members.get(one.id, 0)} for one in nodes]
    if is_json:
        print_json({"departments": found})
        return
    print_table(("DEPARTMENT", "PEOPLE"), [(str(one["path"]), str(one["people"])) for one in found])


@departments.command(name="delete")
@click.argument("path")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete_department(path: str, *, yes: bool) -> None:
    """Delete the department of a PATH, such as "Finance > Payroll".

    Refused while somebody belongs to it, or it holds or has held an asset.
    """
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import reading, transaction
    from parc.services import departments as service

    with reading() as session:
        number = service.find_department(session, path)
    if number is None:
        raise NotFoundError(f"There is no department {path}.")
    if not yes:
        click.confirm(f"Delete {path}?", abort=True)
    with transaction() as session:
        service.delete_department(session, operator(), number, at=now())
    click.echo(f"{path} deleted.")
