"""``parc db``: bring the tables to the code's age, or say whether they are."""

from __future__ import annotations

import click

from parc.cli.context import application, settings


@click.group(name="db")
def database() -> None:
    """Look after the database."""


@database.command()
def upgrade() -> None:
    """Create the tables or bring them to this version; an older SQLite file is copied first."""
    from parc.clock import now
    from parc.schema import upgrade_schema

    with application(is_schema_checked=False):
        before = upgrade_schema(settings().data_folder, now())
    click.echo(f"The database is up to date (it was {before.value}).")


@database.command()
def check() -> None:
    """Say whether the tables are those of this version; exit code 1 when they are not."""
    with application():
        click.echo("The database is up to date.")
