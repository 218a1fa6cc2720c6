"""The letter that tells of dates: one a day and a recipient, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from flask_babel import force_locale, gettext, ngettext

from parc.config import Settings
from parc.models import AlertKind, Role
from parc.queries.alerts import Recipient, Untold, recipients, untold
from parc.services.alerts import set_told
from parc.services.outbox import queue_message

_MOST_LINES = 100
_DATE = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}


def make_digests(session: Any, settings: Settings, today: date, now: datetime) -> int:
    """Write the letters of the day with what nobody was told of yet; gives how many.

    Letters and what they tell are written in one transaction, so that nothing is told twice or
    lost. Without anybody to tell it to, it is kept until there is somebody.
    """
    found = untold(session, today)
    readers = readers_of(session, settings)
    if not found.ids or not readers:
        return 0
    made = 0
    for reader in readers:
        language = reader.language or settings.interface.language
        with force_locale(language):
            subject, body = write_digest(found, language, today, settings.server.base_url)
        made += queue_message(
            session,
            key=f"digest {today.isoformat()} {reader.address}"[:200],
            recipient=reader.address,
            subject=subject,
            body=body,
            host=urlsplit(settings.server.base_url).hostname or "parc.invalid",
            now=now,
        )
    if made:
        set_told(session, found.ids, today)
    return made


def readers_of(session: Any, settings: Settings) -> list[Recipient]:
    """Give who is told: the logins of the roles that the settings name, and further addresses."""
    roles = [Role(role) for role in settings.mail.roles]
    found = {one.address: one for one in recipients(session, roles)}
    for address in settings.mail.addresses:
        found.setdefault(address.casefold(), Recipient(address, None))
    return list(found.values())


def write_digest(found: Untold, language: str, today: date, base_url: str) -> tuple[str, str]:
    """Give subject and text, in the language that is in force."""
    count, licences = len(found.contracts), len(found.licences)
    covered = sum(row.count for row in found.warranties)
    lines = [gettext("Dates that come near, as of %(day)s.", day=_day(today, language)), ""]
    if found.contracts:
        lines += [gettext("Contracts"), ""]
        lines += [_contract(row, language, base_url) for row in found.contracts[:_MOST_LINES]]
        lines += _more(count - _MOST_LINES)
    if found.licences:
        lines += [""] if found.contracts else []
        lines += [gettext("Licences"), ""]
        lines += [_licence(row, language, base_url) for row in found.licences[:_MOST_LINES]]
        lines += _more(licences - _MOST_LINES)
    if found.warranties:
        lines += (
            ["", gettext("Warranties"), ""] if count or licences else [gettext("Warranties"), ""]
        )
        lines += [_warranty(row, language) for row in found.warranties[:_MOST_LINES]]
        lines += _more(len(found.warranties) - _MOST_LINES)
    subject = ", ".join(
        text
        for number, text in (
            (count, ngettext("%(num)s contract", "%(num)s contracts", count)),
            (licences, ngettext("%(num)s licence", "%(num)s licences", licences)),
            (covered, ngettext("%(num)s warranty", "%(num)s warranties", covered)),
        )
        if number
    )
    return f"Parc: {subject}", "\n".join(lines) + "\n"


def _contract(row: Any, language: str, base_url: str) -> str:
    day = _day(row.due_on, language)
    words = {"name": plain(row.name), "number": plain(row.number), "day": day}
    if row.kind is AlertKind.NOTICE:
        text = gettext("%(day)s: last day to give notice for %(name)s (%(number)s)", **words)
    else:
        text = gettext("%(day)s: %(name)s (%(number)s) ends", **words)
    link = f"\n  {base_url}/contracts/{row.id}" if base_url else ""
    return f"- {text}, {plain(row.supplier)}{link}"


def _licence(row: Any, language: str, base_url: str) -> str:
    words = {"day": _day(row.due_on, language), "name": plain(f"{row.name} {row.version}")}
    if row.kind is AlertKind.MAINTENANCE_END:
        text = gettext("%(day)s: the maintenance of %(name)s ends", **words)
    else:
        text = gettext("%(day)s: the licence %(name)s ends", **words)
    link = f"\n  {base_url}/licences/{row.id}" if base_url else ""
    return f"- {text}{link}"


def _warranty(row: Any, language: str) -> str:
    model = plain(" ".join(filter(None, (row.manufacturer, row.model_name)))) or "—"
    count = ngettext("%(num)s asset", "%(num)s assets", row.count)
    return f"- {_day(row.due_on, language)}: {model}, {count}"


def _more(count: int) -> list[str]:
    return [ngettext("and %(num)s more", "and %(num)s more", count)] if count > 0 else []


def plain(text: str) -> str:
    """Keep a text of the inventory on its line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _day(day: date, language: str) -> str:
    return format_date(day, _DATE.get(language, _DATE["en"]), locale=language)
