"""The letter that tells of a dropped file which waits for a person, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext

from parc.config import Settings
from parc.jobs.letters import plain, queue_letters


def tell_of_waiting(session: Any, settings: Settings, row: Any, now: datetime) -> int:
    """Write to those who are told of dates that an import waits, once; gives how many letters.

    Without a mail server nothing is written: the page of imports and the history say it.
    """
    if not settings.mail.host:
        return 0
    base_url = settings.server.base_url
    return queue_letters(
        session, settings, f"import {row.id}", lambda _: _write(row, base_url), now
    )


def _write(row: Any, base_url: str) -> tuple[str, str]:
    """Give subject and text, in the language that is in force."""
    counts, name = row.report.get("counts", {}), plain(row.file_name)
    new, changed = counts.get("new", 0), counts.get("changed", 0)
    refused = counts.get("refused", 0)
    lines = [
        gettext("The file %(name)s was dropped and has been looked over.", name=name),
        "",
        "- " + ngettext("%(num)s new record", "%(num)s new records", new),
        "- " + ngettext("%(num)s changed record", "%(num)s changed records", changed),
        "- " + ngettext("%(num)s refused row", "%(num)s refused rows", refused),
        "",
        gettext("Nothing was written: it waits until an administrator imports it."),
    ]
    if base_url:
        lines.append(f"{base_url}/imports/{row.id}")
    return gettext("Parc: the import of %(name)s waits", name=name), "\n".join(lines) + "\n"
