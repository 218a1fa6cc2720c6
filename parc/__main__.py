"""The command ``parc``: finds the subcommand, and tells errors in one line.

Subcommands are loaded when they are asked for, so that ``parc collect`` starts without Flask and
SQLAlchemy, and one that is broken does not break the others.
"""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from parc.errors import InvalidInputError, ParcError

_COMMANDS = {
    "serve": "parc.cli.serve:serve",
    "worker": "parc.cli.serve:worker",
    "sweep": "parc.cli.sweep:sweep",
    "plan": "parc.cli.plan:plan",
    "ranges": "parc.cli.ranges:ranges",
    "credentials": "parc.cli.credentials:credentials",
    "users": "parc.cli.users:users",
    "keys": "parc.cli.keys:keys",
    "inbox": "parc.cli.inbox:inbox",
    "incidents": "parc.cli.incidents:incidents",
    "agents": "parc.cli.agents:agents",
    "alerts": "parc.cli.alerts:alerts",
    "assets": "parc.cli.assets:assets",
    "position": "parc.cli.position:position",
    "software": "parc.cli.software:software",
    "contracts": "parc.cli.contracts:contracts",
    "changes": "parc.cli.changes:changes",
    "ignored-keys": "parc.cli.ignored_keys:ignored_keys",
    "policy": "parc.cli.policy:policy",
    "tags": "parc.cli.tags:tags",
    "values": "parc.cli.values:values",
    "loans": "parc.cli.move:loans",
    "move": "parc.cli.move:move",
    "movements": "parc.cli.movements:movements",
    "people": "parc.cli.people:people",
    "places": "parc.cli.places:places",
    "suppliers": "parc.cli.suppliers:suppliers",
    "where": "parc.cli.where:where",
    "doctor": "parc.cli.doctor:doctor",
    "explain": "parc.cli.explain:explain",
    "definitions": "parc.cli.definitions:definitions",
    "identify": "parc.cli.identify:identify",
    "db": "parc.cli.database:database",
    "demo": "parc.cli.demo:demo",
    "departments": "parc.cli.people:departments",
}
_COLLECT_COMMANDS = {
    "snmp": "parc.cli.collect:snmp",
    "nmap": "parc.cli.collect_nmap:nmap_command",
}

_IMPORT_COMMANDS = {
    "licences": "parc.cli.imports:licences",
    "agent": "parc.cli.import_agent:agent",
    "assets": "parc.cli.imports:assets",
    "contracts": "parc.cli.imports:contracts",
    "people": "parc.cli.imports:people",
    "places": "parc.cli.imports:places",
    "suppliers": "parc.cli.imports:suppliers",
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported by name at the moment they are used."""

    places: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of the subcommands that are there."""
        lazy = [name for name, place in self.places.items() if _is_there(place)]
        return sorted([*super().list_commands(ctx), *lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        place = self.places.get(cmd_name)
        if place is None or not _is_there(place):
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


class RootGroup(LazyGroup):
    """``parc …``."""

    places = _COMMANDS


class CollectGroup(LazyGroup):
    """``parc collect …``."""

    places = _COLLECT_COMMANDS


class ImportGroup(LazyGroup):
    """``parc import …``."""

    places = _IMPORT_COMMANDS


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parc", prog_name="parc")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="PARC_CONFIG",
    help="Settings file; without it config.toml of the current folder, if there is one.",
)
def parc(config: Path | None) -> None:
    """Find out what is on the network, and keep the inventory of it."""
    if config is not None:
        # create_app and the worker process that parc serve starts read it from here.
        os.environ["PARC_CONFIG"] = str(config.absolute())


@parc.group(cls=CollectGroup)
def collect() -> None:
    """Ask devices and print what they say, without a database."""


@parc.group(cls=ImportGroup, name="import")
def import_() -> None:
    """Read files of other systems: show what they would change, and import them."""


def main() -> None:
    """Run a command; an error that a person can act on is one line and exit code 1."""
    try:
        parc(prog_name="parc")
    except InvalidInputError as error:
        _fail(_sentences(error))
    except ParcError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of our output has gone: `parc ... | head`
            sys.stdout = None
            raise SystemExit(0) from None
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}")
    except Exception as error:
        reason = _database_reason(error)
        if reason is None:
            raise
        _fail(reason)


def _is_there(place: str) -> bool:
    return importlib.util.find_spec(place.partition(":")[0]) is not None


def _sentences(error: InvalidInputError) -> str:
    """Say what cannot be taken in the words of the pages, in English, with days as ISO 8601."""
    from parc.web.problems import PROBLEMS

    told = []
    for one in error.problems:
        text = PROBLEMS.get(one.code)
        words = str(text) % {"value": one.value} if text else f"{one.code} {one.value}".rstrip()
        told.append(f"{one.field}: {words}")
    return " ".join(told)


def _fail(reason: str) -> None:
    click.echo(f"parc: {reason}", err=True)
    raise SystemExit(1)


def _database_reason(error: Exception) -> str | None:
    """Say in one line what is wrong with the database; None when it is not its fault."""
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return "database.url cannot be used: check the address of the database in the settings."
    if not isinstance(error, OperationalError):
        return None
    reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    advice = (
        "check that the data folder exists and that this user may write in it"
        if "database file" in reason or "readonly" in reason
        else "check database.url and that the database server is running"
    )
    return f"The database cannot be used ({reason}): {advice}."


if __name__ == "__main__":
    main()
