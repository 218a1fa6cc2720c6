"""``parc keys``: rotate the master key, and see whether it opens all that is sealed."""

from __future__ import annotations

import os

import click

from parc.cli.context import box, operator, settings, with_database
from parc.errors import SecretError

_VARIABLE = "PARC_MASTER_KEY"


@click.group()
def keys() -> None:
    """Look after the master key that seals credentials."""


@keys.command()
@with_database
def rotate() -> None:
    """Make a new master key, seal every credential with it, and drop the old one.

    Can be stopped at any moment and run again, also while Parc is serving. With PARC_MASTER_KEY
    put the new key (parc keys new) on the first line of the variable before, and take the others
    away afterwards.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.secret_box import add_key, drop_other_keys, load_box, rotating
    from parc.services.keys import is_rotation_complete, reseal_batch

    path = settings().key_path
    is_file = _VARIABLE not in os.environ
    with rotating(path):
        if len(load_box(path, os.environ).key_ids) > 1:
            click.echo("The ring holds more than one key: going on with the rotation begun.")
        elif is_file:
            add_key(path)
        else:
            raise SecretError(
                f"{_VARIABLE} holds one key: put a new one (parc keys new) on a line before it."
            )
        ring = load_box(path, os.environ)
        count, is_complete = 0, False
        while not is_complete:
            with transaction() as session:
                done = reseal_batch(session, operator(), ring)
            count += done
            if done:
                continue
            with transaction() as session:
                is_complete = is_rotation_complete(session, operator(), ring, now())
                if is_complete and is_file:
                    drop_other_keys(path, ring.key_id)
    click.echo(f"{count} credential(s) sealed with key {ring.key_id}.")
    if not is_file:
        click.echo(f"Now take the other lines out of {_VARIABLE} and start Parc again.")


@keys.command()
@with_database
def check() -> None:
    """Say whether every credential can be opened; exit code 1 when one cannot."""
    from parc.extensions import reading
    from parc.services.keys import find_damaged

    with reading() as session:
        count, damaged = find_damaged(session, box())
    for one in damaged:
        click.echo(f"{one.credential}: {one.reason}", err=True)
    if damaged:
        raise SecretError(
            f"{len(damaged)} of {count} credential(s) cannot be opened: restore the key file from "
            "its backup, or type their secrets again."
        )
    click.echo(f"{count} credential(s) can be opened; key {box().key_id} seals.")


@keys.command()
def new() -> None:
    """Print a new key for PARC_MASTER_KEY; it is stored nowhere."""
    from parc.secret_box import make_key_line

    click.echo(make_key_line())
