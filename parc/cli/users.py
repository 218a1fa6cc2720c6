"""``parc users``: list, add, change the password, make a one-time link, deactivate.

No command takes a password on its line: other users of the machine could read it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import box, operator, settings, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from parc.queries.users import UserRow

_ROLES = ("requester", "read_only", "technician", "manager", "administrator")


@click.group()
def users() -> None:
    """Look after the logins."""


@users.command("list")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, is_json: bool) -> None:
    """List all logins with their roles."""
    from parc.extensions import reading
    from parc.queries.users import list_users

    with reading() as session:
        rows = list_users(session)
    if is_json:
        print_json(rows)
        return
    print_table(
        ("LOGIN", "NAME", "ROLE", "SEES", "STATE", "LAST SIGN-IN"),
        [
            (
                row.login,
                row.display_name,
                row.role.value,
                ", ".join(row.places) or "everything",
                _state(row),
                row.last_sign_in_at.isoformat(timespec="minutes") if row.last_sign_in_at else "-",
            )
            for row in rows
        ],
    )


@users.command()
@click.argument("login")
@click.option("--name", default="", help="Name of the person; the login when left out.")
@click.option("--role", type=click.Choice(_ROLES), default="technician", show_default=True)
@click.option("--link", "is_link", is_flag=True, help="Print a one-time link, ask no password.")
@with_database
def add(login: str, *, name: str, role: str, is_link: bool) -> None:
    """Add LOGIN, with a password that is asked for or with a one-time link."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.sign_in import make_link
    from parc.services.users import UserInput, add_user

    password = None if is_link else _ask_password()
    with transaction() as session:
        entered = UserInput(login, name or login, role)
        user = add_user(session, operator(), entered, password, now())
        token = make_link(session, operator(), user.id, now()) if is_link else None
    click.echo(f"Added {user.login}, {role}.")
    if token:
        click.echo(link_url(token))


@users.command()
@click.argument("login")
@with_database
def password(login: str) -> None:
    """Give LOGIN a new password and sign it out everywhere."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.users import set_password

    row = _find(login)
    new = _ask_password()
    with transaction() as session:
        set_password(session, operator(), row.id, new, now())
    click.echo(f"The password of {row.login} is changed.")


@users.command()
@click.argument("login")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True)
@with_database
def link(login: str, *, hours: int) -> None:
    """Print a link that signs LOGIN in once; its password stays."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.sign_in import make_link

    row = _find(login)
    with transaction() as session:
        token = make_link(session, operator(), row.id, now(), hours=hours)
    click.echo(link_url(token))


@users.command()
@click.argument("login")
@with_database
def deactivate(login: str) -> None:
    """Sign LOGIN out and let it in no more; refused for the last administrator."""
    from parc.clock import now
    from parc.errors import InvalidInputError, StartError
    from parc.extensions import transaction
    from parc.services.users import UserInput, change_user

    row = _find(login)
    entered = UserInput(row.login, row.display_name, row.role.value, is_active=False)
    try:
        with transaction() as session:
            change_user(session, operator(), row.id, entered, now())
    except InvalidInputError as error:
        raise StartError(
            f"{row.login} is the last active administrator: appoint another one first."
        ) from error
    click.echo(f"{row.login} is deactivated.")


@users.command()
@click.argument("login")
@click.argument("person", default="")
@with_database
def tie(login: str, person: str) -> None:
    """Say that LOGIN belongs to PERSON (name, e-mail address or number); without one, to nobody."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.users import tie_person

    row = _find(login)
    with transaction() as session:
        tie_person(session, operator(), row.id, person, now())
    click.echo(f"{row.login} belongs to {person or 'nobody'}.")


@users.command()
@click.argument("login")
@click.argument("places", nargs=-1)
@with_database
def limit(login: str, places: tuple[str, ...]) -> None:
    """Let LOGIN see PLACES only (such as "Lyon > Main building"); without any, everything."""
    from parc.clock import now
    from parc.errors import InvalidInputError, StartError
    from parc.extensions import transaction
    from parc.services.users import limit_to_places

    row = _find(login)
    try:
        with transaction() as session:
            limit_to_places(session, operator(), row.id, places, now())
    except InvalidInputError as error:
        raise StartError(f"{row.login} is as before: {error}") from error
    click.echo(f"{row.login} sees {', '.join(places) or 'everything'}.")


@users.command("setup-code")
@with_database
def print_setup_code() -> None:
    """Print the code that the first-run page asks for."""
    from parc.services.sign_in import setup_code

    click.echo(setup_code(box().signing_key))


def link_url(token: str) -> str:
    """Give the address of a one-time link under the configured base address."""
    server = settings().server
    host = "127.0.0.1" if server.host in {"0.0.0.0", "::"} else server.host  # noqa: S104
    base = server.base_url or f"http://{f'[{host}]' if ':' in host else host}:{server.port}"
    return f"{base.rstrip('/')}/sign-in/link/{token}"


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _find(login: str) -> UserRow:
    from parc.errors import NotFoundError
    from parc.extensions import reading
    from parc.queries.users import find_user

    with reading() as session:
        row = find_user(session, login)
    if row is None:
        raise NotFoundError(f"There is no login {login}: 'parc users list' lists them.")
    return row


def _state(row: UserRow) -> str:
    if not row.is_active:
        return "inactive"
    return "active" if row.has_password else "no password yet"
