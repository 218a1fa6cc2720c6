"""The lists of the inbox: to do, put off, and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext, pgettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from parc.extensions import db
from parc.models import InboxEntry, InboxKind
from parc.queries import inbox as query
from parc.queries.inbox import AGES, NOBODY, OLDER, InboxCounts, InboxFilter
from parc.queries.keyset import Order, PageReader
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.author_words import author_text
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.exports import ListFiles
from parc.web.formats import file_moment, format_day, format_number
from parc.web.inbox_words import evidence_text, kind_label, proposal, reason_label
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_keys,
    read_list,
    refuse,
)

_FILTERS = ("kind", "assignee", "age", "range", "site")
SPECS: Mapping[str, ListSpec] = {
    "open": ListSpec("inbox.index", tuple(query.SORTS), "due_at", _FILTERS),
    "snoozed": ListSpec("inbox.snoozed", tuple(query.SORTS), "due_at", _FILTERS),
    "closed": ListSpec("inbox.closed", tuple(query.SORTS), "-closed_at", _FILTERS),
}
_AGES: Mapping[str, str] = {
    "day": _("Of today"),
    "week": _("Of this week"),
    "month": _("Of this month"),
    OLDER: _("Older than a month"),
}
_KIND = Markup('<span class="inbox-kind">{}</span>')
_DUE = Markup('<span class="{}">{}</span>')


def inbox_view(view: str) -> ListView:
    """Read the list of a view that the address asks for; what it cannot hold is refused."""
    wanted = read_list(SPECS[view])
    chosen = filter_of(view, wanted.text, wanted.chosen)
    moment = now()
    order = Order(query.SORTS[wanted.sort], InboxEntry.id, wanted.is_descending)
    session = db.session()
    found = query.list_entries(
        session, chosen, order, wanted.cursor(order.sort), wanted.size, moment
    )
    facets = _facets(wanted, query.count_entries(session, view, moment))
    previous_url, next_url = wanted.pages(found.page)
    count = min(found.count, query.COUNT_LIMIT)
    written = format_number(count) + ("+" if found.count > count else "")
    is_closed = view == "closed"
    can_decide = may(actor(), Action.DECIDE_INBOX) and not is_closed
    lines = _closed_lines if is_closed else _open_lines
    return ListView(
        request=wanted,
        caption=gettext("To do"),
        heads=wanted.heads(_closed_columns() if is_closed else _open_columns()),
        rows=lines(found.page.rows, CellWriter(moment), moment),
        count=found.count,
        count_text=ngettext("%(count)s entry", "%(count)s entries", count, count=written),
        empty=_empty(view, wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name or an address"),
        bulk_url=url_for("inbox.decide") if can_decide else "",
        bulk_template="inbox/_bulk.html",
    )


def files_of(view: str) -> ListFiles:
    """Give a view of the inbox as files: what is asked for, why, and how it ended."""
    return ListFiles(_heads, partial(_reader, view), _row)


def _reader(view: str) -> PageReader:
    wanted, moment = read_list(SPECS[view]), now()
    chosen = filter_of(view, wanted.text, wanted.chosen)
    order = Order(query.SORTS[wanted.sort], InboxEntry.id, wanted.is_descending)
    return lambda session, cursor, size: query.entries_page(
        session, chosen, order, cursor, size, moment
    )


def _heads() -> list[str]:
    return [
        pgettext("inbox", "What"),
        pgettext("inbox", "Kind"),
        gettext("Why"),
        gettext("Proposal"),
        gettext("Whose"),
        gettext("Since"),
        gettext("Due"),
        gettext("How it ended"),
        gettext("By"),
        gettext("Ended"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.subject,
        kind_label(row.kind),
        evidence_text(row.kind, row.evidence),
        proposal(row.kind, row.evidence)[1],
        row.assignee or "",
        file_moment(row.opened_at),
        file_moment(row.due_at),
        reason_label(row.kind, row.reason),
        author_text(row.closed_by),
        file_moment(row.closed_at),
    ]


def filter_of(view: str, text: str, chosen: Mapping[str, tuple[str, ...]]) -> InboxFilter:
    """Make a filter of what an address holds; what it cannot hold is refused with 422."""
    for value in chosen.get("kind", ()):
        if value not in set(InboxKind):
            refuse(gettext("%(name)s is no kind of entry.", name=value[:40]))
    for value in chosen.get("age", ()):
        if value not in {*AGES, OLDER}:
            refuse(gettext("The filter %(name)s cannot be read.", name="age"))
    for name in ("assignee", "range", "site"):
        read_keys(name, [value for value in chosen.get(name, ()) if value != NOBODY])
    return InboxFilter(
        view,
        text,
        chosen.get("kind", ()),
        chosen.get("assignee", ()),
        chosen.get("range", ()),
        chosen.get("site", ()),
        chosen.get("age", ()),
    )


def _facets(wanted: ListRequest, counts: InboxCounts) -> list[FacetView]:
    own = str(actor().user_id)

    def assignee(value: str) -> str:
        if value == own:
            return str(gettext("Mine"))
        if value == NOBODY:
            return str(gettext("Nobody's"))
        return counts.names.get(("assignee", value), f"#{value}")

    def named(what: str, value: str) -> str:
        return counts.names.get((what, value), f"#{value}")

    kinds = [kind.value for kind in InboxKind]
    return [
        wanted.facet(
            "kind",
            pgettext("inbox", "Kind"),
            counts.kinds,
            lambda v: kind_label(InboxKind(v)),
            order=kinds,
        ),
        wanted.facet("assignee", gettext("Whose"), counts.assignees, assignee),
        wanted.facet("range", gettext("Range"), counts.ranges, lambda v: named("range", v)),
        wanted.facet("site", gettext("Site"), counts.sites, lambda v: named("site", v)),
        wanted.facet(
            "age", gettext("Age"), counts.ages, lambda v: str(_AGES[v]), order=list(_AGES)
        ),
    ]


def _open_columns() -> list[ColumnSpec]:
    return [
        ColumnSpec("subject", pgettext("inbox", "What")),
        ColumnSpec("kind", pgettext("inbox", "Kind")),
        ColumnSpec("evidence", gettext("Why"), is_sortable=False, is_wide=True),
        ColumnSpec("proposal", gettext("Proposal"), is_sortable=False, is_wide=True),
        ColumnSpec("opened_at", gettext("Since")),
        ColumnSpec("due_at", gettext("Due")),
        ColumnSpec("assignee", gettext("Whose"), is_sortable=False),
    ]


def _closed_columns() -> list[ColumnSpec]:
    return [
        ColumnSpec("subject", pgettext("inbox", "What")),
        ColumnSpec("kind", pgettext("inbox", "Kind")),
        ColumnSpec("evidence", gettext("Why"), is_sortable=False, is_wide=True),
        ColumnSpec("reason", gettext("How it ended"), is_sortable=False, is_wide=True),
        ColumnSpec("closed_by", gettext("By"), is_sortable=False),
        ColumnSpec("opened_at", gettext("Since")),
        ColumnSpec("closed_at", gettext("Ended")),
    ]


def _open_lines(rows: Sequence[Any], write: CellWriter, moment: datetime) -> list[Line]:
    lines = []
    for row in rows:
        cells: list[Cell] = [
            _KIND.format(kind_label(row.kind)),
            evidence_text(row.kind, row.evidence),
            proposal(row.kind, row.evidence)[1],
            write.seen(row.opened_at),
            due_text(row.due_at, moment),
            row.assignee or "—",
        ]
        lines.append(Line(row.id, url_for("inbox.show", entry_id=row.id), row.subject, cells))
    return lines


def _closed_lines(rows: Sequence[Any], write: CellWriter, moment: datetime) -> list[Line]:
    del moment
    lines = []
    for row in rows:
        cells: list[Cell] = [
            _KIND.format(kind_label(row.kind)),
            evidence_text(row.kind, row.evidence),
            reason_label(row.kind, row.reason),
            author_text(row.closed_by) or "—",
            write.seen(row.opened_at),
            write.seen(row.closed_at),
        ]
        lines.append(Line(row.id, url_for("inbox.show", entry_id=row.id), row.subject, cells))
    return lines


def due_text(due_at: datetime, moment: datetime) -> Markup:
    """Write a due date; one that is past says so in words, too."""
    day = format_day(due_at)
    if due_at <= moment:
        return _DUE.format("badge bad", gettext("overdue: %(day)s", day=day))
    return _DUE.format("due", day)


def _empty(view: str, wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No entry matches."), gettext("Take a filter away, or search less."))
    if view == "snoozed":
        return Empty(gettext("Nothing is put off."))
    if view == "closed":
        return Empty(gettext("Nothing has been decided yet."))
    return Empty(
        gettext("Nothing waits for you."),
        gettext("What needs a person comes here after each run, and goes when its cause is gone."),
        url_for("assets.index"),
        gettext("See the assets"),
    )
