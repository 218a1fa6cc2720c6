"""``parc agents``: tokens of agents, made, listed and revoked."""

from __future__ import annotations

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table


@click.group()
def agents() -> None:
    """Look after the tokens by which agents report."""


@agents.command("add-token")
@click.argument("name")
@click.option("--place", metavar="PATH", default="", help="Where assets of its machines are put.")
@with_database
def add_token(name: str, *, place: str) -> None:
    """Make a token called NAME and print the address that agents are pointed at, this once."""
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import transaction
    from parc.queries.locations import read_places
    from parc.services.agent_tokens import make_token

    with transaction() as session:
        location_id = None
        if place:
            found = [one for one in read_places(session).by_id.values() if one.path == place]
            if not found:
                raise NotFoundError(f"There is no place {place}.")
            location_id = found[0].id
        _row, secret = make_token(session, operator(), name=name, location_id=location_id, at=now())
    server = settings().server
    base = server.base_url or f"http://{server.host}:{server.port}"
    click.echo(f"{base}/inventory/{secret}")


@agents.command("list-tokens")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, is_json: bool) -> None:
    """List the tokens, without what they open with."""
    from parc.extensions import reading
    from parc.queries.agents import list_tokens

    with reading() as session:
        rows = [
            (
                one.row.name,
                one.place or "",
                str(one.agent_count),
                "revoked" if one.row.revoked_at else "valid",
            )
            for one in list_tokens(session)
        ]
    names = ("name", "place", "agents", "state")
    if is_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(tuple(name.upper() for name in names), rows)


@agents.command("revoke-token")
@click.argument("name")
@with_database
def revoke(name: str) -> None:
    """Let the token NAME open nothing any more."""
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import transaction
    from parc.queries.agents import list_tokens
    from parc.services.agent_tokens import revoke_token

    with transaction() as session:
        found = [one.row.id for one in list_tokens(session) if one.row.name == name]
        if not found:
            raise NotFoundError(f"There is no token {name}.")
        revoke_token(session, operator(), found[0], now())
    click.echo(f"{name} opens nothing any more.")
