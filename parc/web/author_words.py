"""How pages and files say who did something."""

from __future__ import annotations

from flask_babel import gettext

from parc.services.actor import SYSTEM, command_user


def author_text(name: str | None) -> str:
    """Give a person's or a range's name as it is, and a command and the server in words."""
    if not name:
        return ""
    if name == SYSTEM.name:
        return str(gettext("system"))
    user = command_user(name)
    if user is None:
        return name
    return str(gettext("command line (%(user)s)", user=user) if user else gettext("command line"))
