"""Dates of contracts as a calendar (RFC 5545), for whoever plans outside of Parc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from flask import Response, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.extensions import reading
from parc.queries.keyset import PageReader
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.context import now, today
from parc.web.contract_list import reader
from parc.web.contract_timeline import contracts

__all__ = ["contracts"]

_PART: Final = 500
_LINE_OCTETS: Final = 75


@contracts.get("/contracts/export.ics")
@requires(Action.EXPORT_INVENTORY)
def export_ics() -> ResponseReturnValue:
    """Give last days of notice and ends as a calendar (RFC 5545); filters as those of the list."""
    return Response(
        stream_with_context(_calendar(reader(), today())),
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="parc-contracts.ics"',
            "Cache-Control": "no-store",
        },
    )


def _calendar(read: PageReader, day: date) -> Iterator[bytes]:
    stamp = now().astimezone(UTC)
    yield _folded(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Parc//Contracts//EN"])
    cursor = None
    while True:
        with reading() as session:
            page = read(session, cursor, _PART)
        for row in page.rows:
            yield _folded(_events(row, day, stamp))
        cursor = page.next
        if cursor is None:
            break
    yield _folded(["END:VCALENDAR"])


def _events(row: Any, day: date, stamp: datetime) -> Iterator[str]:
    """Write the dates of a contract that are still to come, each as an event of a whole day."""
    notice_by = row.notice_by if row.notice_given_on is None else None
    for kind, due, text in (
        ("notice", notice_by, gettext("Last day to give notice")),
        ("end", row.ends_on, gettext("End of the term")),
    ):
        if due is None or due < day:
            continue
        url = url_for("contracts.show", contract_id=row.id, _external=True)
        yield from (
            "BEGIN:VEVENT",
            f"UID:{kind}-{row.id}-{due:%Y%m%d}@parc",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{due:%Y%m%d}",
            f"SUMMARY:{_escaped(text + gettext(': ') + row.name)}",
            f"DESCRIPTION:{_escaped(f'{row.number} {row.supplier}')}",
            f"URL:{url}",
            "END:VEVENT",
        )


def _escaped(text: str) -> str:
    """Write a text as RFC 5545 has it (section 3.3.11); a line end begins nothing new."""
    plain = "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
    for mark in "\\;,":
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def _folded(lines: Iterable[str]) -> bytes:
    """End lines by CR LF, and break those of more than 75 octets between letters."""
    done = []
    for line in lines:
        part = b""
        for letter in line:
            octets = letter.encode("utf-8", "replace")
            if len(part) + len(octets) > _LINE_OCTETS:
                done.append(part)
                part = b" "
            part += octets
        done.append(part)
    return b"".join(line + b"\r\n" for line in done)
