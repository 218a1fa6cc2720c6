"""How a command gets the application, when it needs one.

A command that needs the database is written so::

    from parc.cli.context import with_database

    @click.command()
    @click.argument("login")
    @with_database
    def add(login: str) -> None:
        with transaction() as session:
            ...services write...
        with reading() as session:
            ...queries read...

Inside, there is an application context; ``settings()`` and ``box()`` give what belongs to it. The
tables are known to be of the code's age. A ``ParcError`` may be let out: ``parc.__main__`` turns
it into one line on standard error and exit code 1. Commands print with ``click.echo``.

This module imports the application only when a command runs, so that the list of commands and
``parc collect`` start fast and without Flask.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from parc.errors import ParcError

if TYPE_CHECKING:
    from flask import Flask

    from collectors.definitions.model import Definitions
    from parc.config import Settings
    from parc.secret_box import SecretBox
    from parc.services.actor import Actor

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def application(*, is_schema_checked: bool = True, has_pages: bool = False) -> Iterator[Flask]:
    """Build the application and enter its context; the connection pool is given back after.

    Raises:
        ConfigError, SecretError: see ``create_app``.
        StartError: the tables are not of the code's age.
    """
    from parc.app import create_app
    from parc.extensions import db
    from parc.schema import check_schema

    app = create_app(has_pages=has_pages)
    with app.app_context():
        try:
            if is_schema_checked:
                check_schema()
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def with_database(command: Callable[P, R]) -> Callable[P, R]:
    """Run ``command`` inside an application context, on tables of the code's age."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from flask import has_app_context

        if has_app_context():  # a test, or a command that calls another
            return command(*args, **kwargs)
        with application():
            return command(*args, **kwargs)

    return run


def settings() -> Settings:
    """Give the settings of the current application."""
    from flask import current_app

    return cast("Settings", current_app.extensions["parc_settings"])


def definitions(folder: Path | None) -> Definitions:
    """Load the definitions with those of a folder, or of the one that the settings name.

    Raises:
        ConfigError: the settings cannot be used.
        ParcError: any definition is wrong; all mistakes are told.
    """
    from collectors.definitions.loader import DefinitionsError, load_definitions
    from parc.config import find_settings

    named = "" if folder else find_settings(os.environ).discovery.definitions_folder
    try:
        return load_definitions(folder or (Path(named) if named else None))
    except DefinitionsError as error:
        raise ParcError(str(error)) from None


def box() -> SecretBox:
    """Give what opens and seals the secrets of the current application."""
    from flask import current_app

    return cast("SecretBox", current_app.extensions["parc_box"])


def operator() -> Actor:
    """Give the author of what commands change: who gave it, as the operating system knows them.

    Behind ``sudo`` that is who called it.
    """
    from parc.services.actor import for_command

    return for_command(os.environ.get("SUDO_USER") or _system_user())


def _system_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, numbers may have no name
        return f"uid {os.getuid()}"
