"""What a history is narrowed to, as the address says it, and the history as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError
from parc.extensions import reading
from parc.models import AuditEntry
from parc.queries.asset_sheet import read_asset
from parc.queries.audit import HistoryFilter, asset_history
from parc.services.assets import EDITABLE_FIELDS
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.dates import read_day
from parc.web.exports import csv_file, exports
from parc.web.history import action_label, field_label, value_text
from parc.web.listing import refuse

_PART = 500
_NAMES = ("source", "author", "field", "since", "reason")
HISTORY_SOURCES: Mapping[str, str] = {
    "people": _("By hand"),
    "discovery": _("Discovery"),
    "server": _("Server"),
}


def read_history_filter() -> tuple[HistoryFilter, dict[str, str]]:
    """Give the filter of the address and its texts; what cannot be read is refused with 422."""
    given = {name: request.args.get(name, "").strip()[:100] for name in _NAMES}
    source, field = given["source"], given["field"]
    if (source and source not in HISTORY_SOURCES) or (field and field not in EDITABLE_FIELDS):
        refuse(gettext("The filter %(name)s cannot be read.", name=source or field))
    try:
        since = read_day("since", given["since"], time.min)
    except InvalidInputError:
        refuse(gettext("The filter %(name)s cannot be read.", name=given["since"]))
    wanted = HistoryFilter(source, given["author"], field, since, given["reason"])
    return wanted, {name: text for name, text in given.items() if text}


@exports.get("/assets/<int:asset_id>/history.csv")
@requires(Action.EXPORT_INVENTORY)
def history_csv(asset_id: int) -> ResponseReturnValue:
    """Stream the history as CSV, one line a field."""
    wanted, _given = read_history_filter()
    with reading() as session:
        read_asset(session, asset_id)
    words = (
        _("When"), _("Author"), _("Source"), _("What"), _("Field"), _("Before"), _("After"),
        _("Reason"),
    )  # fmt: skip
    return csv_file([str(word) for word in words], _parts(asset_id, wanted))


def _parts(asset_id: int, wanted: HistoryFilter) -> Iterator[list[list[str]]]:
    before: int | None = None
    while True:
        with reading() as session:
            entries = asset_history(session, asset_id, before, _PART, wanted)
        if not entries:
            return
        before = entries[-1].id
        yield [line for entry in entries for line in _lines(entry)]


def _lines(entry: AuditEntry) -> Iterator[list[str]]:
    source = "discovery" if entry.run_id else "people" if entry.user_id else "server"
    head = [entry.at.isoformat(timespec="seconds"), entry.author, str(HISTORY_SOURCES[source])]
    head.append(action_label(entry.action))
    for name, pair in (entry.changes or {"": [None, None]}).items():
        values = [value_text(name, value) for value in pair]
        yield [*head, field_label(name), *values, entry.reason or ""]
