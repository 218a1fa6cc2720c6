"""The letter that tells of dates: one a day and a recipient, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from flask_babel import gettext, ngettext

from parc.config import Settings
from parc.jobs.letters import plain, queue_letters
from parc.models import AlertKind
from parc.queries.alerts import Untold, untold
from parc.services.alerts import set_told

_MOST_LINES = 100
_DATE = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}


def make_digests(session: Any, settings: Settings, today: date, now: datetime) -> int:
    """Write the letters of the day with what nobody was told of yet; gives how many.

    Letters and what they tell are written in one transaction, so that nothing is told twice or
    lost. Without anybody to tell it to, it is kept until there is somebody.
    """
    found = untold(session, today)
    if not found.ids:
        return 0
    base_url = settings.server.base_url
    made = queue_letters(
        session,
        settings,
        f"digest {today.isoformat()}",
        lambda language: write_digest(found, language, today, base_url),
        now,
    )
    if made:
        set_told(session, found.ids, today)
    return made


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


def _day(day: date, language: str) -> str:
    return format_date(day, _DATE.get(language, _DATE["en"]), locale=language)
