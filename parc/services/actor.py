"""Who does something: a signed-in person, a run of discovery, or a command on the server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from parc.models import Role
from parc.services.fields import FieldReader

REASON_CHARACTERS: Final = 255
_COMMAND: Final = "command line"
_NAME_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change, handed to every service.

    Attributes:
        name: kept in the history when the login is deleted.
        role: None for nobody.
        user_id: the login, if it is one.
        run_id: the run of discovery, if it is one.
        is_system: a command of whoever administers the server, or the scheduler.
        is_limited: to some places; what it may do beyond them is refused.
        reason: why, in the author's words; kept with every change that is made as this actor.
    """

    name: str
    role: Role | None = None
    user_id: int | None = None
    run_id: int | None = None
    is_system: bool = False
    is_limited: bool = False
    reason: str = ""

    def because(self, reason: str) -> Actor:
        """Give the same author with the reason of what is done next; blank: none is given.

        Raises:
            InvalidInputError: ``reason`` is too long, or not of printable signs.
        """
        reader = FieldReader()
        text = reader.text("reason", reason, most=REASON_CHARACTERS)
        reader.raise_problems()
        return replace(self, reason=text)


NOBODY = Actor(name="nobody")
SYSTEM = Actor(name="system", is_system=True)


def for_command(user: str) -> Actor:
    """Give the author of what a command on the server changes.

    Args:
        user: who gave it, as the operating system knows them; what cannot be a name is left out.
    """
    name = user.strip()[:_NAME_CHARACTERS]
    is_told = bool(name) and name.isprintable()
    return Actor(name=f"{_COMMAND} ({name})" if is_told else _COMMAND, is_system=True)


def command_user(author: str) -> str | None:
    """Give who gave the command that an author is, empty when nobody knows; None for others."""
    if author == _COMMAND:
        return ""
    start = f"{_COMMAND} ("
    return author[len(start) : -1] if author.startswith(start) and author.endswith(")") else None


def for_run(range_name: str, run_id: int) -> Actor:
    """Give the author of what a run of discovery changes."""
    return Actor(name=range_name, run_id=run_id, is_system=True)
