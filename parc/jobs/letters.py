"""Letters to those whom the settings name: one a reader, in their language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import force_locale

from parc.config import Settings
from parc.models import Role
from parc.queries.alerts import Recipient, recipients
from parc.services.outbox import queue_message

Writer = Callable[[str], tuple[str, str]]
_MOST_CHARACTERS = 200  # of a key


def readers_of(session: Any, settings: Settings) -> list[Recipient]:
    """Give who is told: the logins of the roles that the settings name, and further addresses."""
    roles = [Role(role) for role in settings.mail.roles]
    found = {one.address: one for one in recipients(session, roles)}
    for address in settings.mail.addresses:
        found.setdefault(address.casefold(), Recipient(address, None))
    return list(found.values())


def queue_letters(session: Any, settings: Settings, key: str, write: Writer, now: datetime) -> int:
    """Put one letter out for each reader who has none of this key; gives how many are new.

    Args:
        write: gives subject and text; is handed the language, which is in force meanwhile.
    """
    made = 0
    for reader in readers_of(session, settings):
        language = reader.language or settings.interface.language
        with force_locale(language):
            subject, body = write(language)
        made += queue_message(
            session,
            key=f"{key} {reader.address}"[:_MOST_CHARACTERS],
            recipient=reader.address,
            subject=subject,
            body=body,
            host=urlsplit(settings.server.base_url).hostname or "parc.invalid",
            now=now,
        )
    return made


def plain(text: str) -> str:
    """Keep a text of the inventory on its line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
