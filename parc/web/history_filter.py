"""What a history is narrowed to, as the address says it, and the history as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from parc.errors import InvalidInputError
from parc.extensions import reading
from parc.models import AuditEntry
from parc.naming import TOLD_BY
from parc.queries.asset_sheet import read_asset
from parc.queries.audit import HistoryFilter, asset_history, kinds_of_acts, source_of, told_by
from parc.services.assets import EDITABLE_FIELDS
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.author_words import author_text
from parc.web.dates import read_day
from parc.web.exports import csv_file, exports, xlsx_file
from parc.web.history import action_label, field_label, value_text
from parc.web.listing import refuse

_PART = 500
_NAMES = ("source", "author", "field", "since", "until", "reason")
_PERIOD: Final = {"since": time.min, "until": time.max}
HISTORY_SOURCES: Mapping[str, str] = {
    "people": _("By hand"),
    "file": _in("source", "File"),
    "discovery": _("Discovery"),
    "snmp": "SNMP",
    "nmap": "nmap",
    "controller": _in("source", "Controller"),
    "agent": _in("source", "Agent"),
    "server": _("Server"),
}


def read_history_filter() -> tuple[HistoryFilter, dict[str, str]]:
    """Give the filter of the address and its texts; what cannot be read is refused with 422."""
    given = {name: request.args.get(name, "").strip()[:100] for name in _NAMES}
    source, field = given["source"], given["field"]
    if (source and source not in HISTORY_SOURCES) or (field and field not in EDITABLE_FIELDS):
        refuse(gettext("The filter %(name)s cannot be read.", name=source or field))
    since, until = (_day(name, given[name]) for name in _PERIOD)
    wanted = HistoryFilter(source, given["author"], field, since, given["reason"], until)
    return wanted, {name: text for name, text in given.items() if text}


def source_texts(session: Any, entries: Sequence[AuditEntry]) -> list[str]:
    """Say of each entry whose it is, and of a run's which sources told it."""
    kinds = kinds_of_acts(session, entries)
    return [_source_text(entry, source_of(entry, kinds)) for entry in entries]


@exports.get("/assets/<int:asset_id>/history.csv")
@requires(Action.EXPORT_INVENTORY)
def history_csv(asset_id: int) -> ResponseReturnValue:
    """Stream the history as CSV, one line a field."""
    return csv_file(_heads(), _file(asset_id))


@exports.get("/assets/<int:asset_id>/history.xlsx")
@requires(Action.EXPORT_INVENTORY)
def history_xlsx(asset_id: int) -> ResponseReturnValue:
    """Stream the history as a workbook, one line a field."""
    return xlsx_file(_heads(), _file(asset_id))


def _day(name: str, text: str) -> datetime | None:
    try:
        return read_day(name, text, _PERIOD[name])
    except InvalidInputError:
        refuse(gettext("The filter %(name)s cannot be read.", name=text))


def _source_text(entry: AuditEntry, source: str) -> str:
    word = str(HISTORY_SOURCES[source])
    told = [value_text(TOLD_BY, [one]) for one in told_by(entry) if one != source]
    return word + str(gettext(": ")) + ", ".join(told) if told else word


def _heads() -> list[str]:
    words = (
        _("When"), _("Author"), _("Source"), _("What"), _("Field"), _("Before"), _("After"),
        _("Reason"),
    )  # fmt: skip
    return [str(word) for word in words]


def _file(asset_id: int) -> Iterator[list[list[str]]]:
    """Read the filter of the address now, and the entries as they are sent."""
    wanted, _given = read_history_filter()
    with reading() as session:
        read_asset(session, asset_id)
    return _parts(asset_id, wanted)


def _parts(asset_id: int, wanted: HistoryFilter) -> Iterator[list[list[str]]]:
    before: int | None = None
    while True:
        with reading() as session:
            entries = asset_history(session, asset_id, before, _PART, wanted)
            sources = source_texts(session, entries)
        if not entries:
            return
        before = entries[-1].id
        pairs = zip(entries, sources, strict=True)
        yield [line for entry, source in pairs for line in _lines(entry, source)]


def _lines(entry: AuditEntry, source: str) -> Iterator[list[str]]:
    head = [entry.at.isoformat(timespec="seconds"), author_text(entry.author), source]
    head.append(action_label(entry.action))
    changes = {name: pair for name, pair in (entry.changes or {}).items() if name != TOLD_BY}
    for name, pair in (changes or {"": [None, None]}).items():
        values = [value_text(name, value) for value in pair]
        yield [*head, field_label(name), *values, entry.reason or ""]
