"""The list of acts: narrowed by kind, state, author and period, on a page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError
from parc.extensions import db
from parc.models import ChangeSet, ChangeSetKind, ChangeSetState, MovementKind
from parc.queries import change_sets as query
from parc.queries.keyset import Order, PageReader
from parc.web.author_words import author_text
from parc.web.cells import CellWriter
from parc.web.context import now, settings
from parc.web.dates import read_day
from parc.web.exports import ListFiles, exports
from parc.web.formats import file_moment, format_day, format_number
from parc.web.history import field_label
from parc.web.labels import label
from parc.web.listing import (
    Chip,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    members_of,
    read_list,
    refuse,
)

_DAYS: Final[Mapping[str, tuple[str, time]]] = {
    "since": (_("Since"), time.min),
    "until": (_("Until"), time.max),
}
_LIST: Final = ListSpec(
    "changes.index", tuple(query.SORTS), "-at", ("kind", "state", "author", *_DAYS)
)
_TITLES: Mapping[str, str] = {
    "run": _("Discovery of %(range)s"),
    "merged": _("%(other)s merged into %(asset)s"),
    "split": _("%(asset)s split"),
    "undone": _("Undone: %(of)s"),
    "asset_edited": _("%(asset)s edited"),
    "edited": _("Bulk edit"),
    "software_status": _("Status of software"),
    "licences_followed": _("Licences follow the rules of names"),
    "software_need": _("Need of a licence of software"),
    "state_changed": _("Bulk change of state"),
    "moved": _("Movements: %(kind)s"),
    "decided": _("Decisions on devices"),
    "imported": _("Import of %(file)s"),
    "locks_released": _("Locks released"),
    "contract_deleted": _("Contract deleted: %(name)s (%(number)s)"),
    "asset_deleted": _("Asset deleted: %(name)s (%(asset_tag)s)"),
    "supplier_deleted": _("Supplier deleted: %(name)s"),
    "seat_rule_kept": _("Rule of licence seats kept"),
    "seats_given": _("Licence seats given (%(count)s)"),
    "value_keep": _("%(asset)s, %(field)s: own value kept for good"),
    "value_keep_until_changed": _("%(asset)s, %(field)s: own value kept"),
    "value_locked": _("%(asset)s, %(field)s: locked"),
    "value_released": _("%(asset)s, %(field)s: lock lifted"),
    "value_take": _("%(asset)s, %(field)s: seen value taken"),
    "agents": _("Inventories of agents (%(count)s)"),
    "agent_files": _("Inventories sent as files by %(by)s (%(count)s)"),
    "incidents_assign": _("Incidents assigned (%(count)s)"),
    "incidents_close": _("Incidents closed (%(count)s)"),
    "incidents_confirm": _("Drafts confirmed (%(count)s)"),
    "incidents_dismiss": _("Drafts dismissed (%(count)s)"),
    "incidents_merged": _("%(one)s merged into %(other)s as a duplicate"),
}


def changes_view() -> ListView:
    """Read the list that the address asks for; what it cannot hold is refused with 422."""
    wanted = read_list(_LIST)
    order = Order(query.SORTS[wanted.sort], ChangeSet.id, wanted.is_descending)
    found = query.list_change_sets(
        db.session(), _filter(wanted), order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet("kind", gettext("Kind"), found.by_kind, lambda v: label(ChangeSetKind(v))),
        wanted.facet("state", gettext("State"), found.by_state, lambda v: label(ChangeSetState(v))),
        wanted.facet("author", gettext("Author"), found.by_author, author_text),
    ]
    previous_url, next_url = wanted.pages(found.page)
    columns = [
        ColumnSpec("title", gettext("What"), is_sortable=False),
        ColumnSpec("kind", gettext("Kind"), is_sortable=False),
        ColumnSpec("author", gettext("Author"), is_sortable=False),
        ColumnSpec("reason", gettext("Reason"), is_sortable=False, is_wide=True),
        ColumnSpec("at", gettext("When")),
        ColumnSpec("rows", gettext("Rows"), is_sortable=False, is_number=True),
        ColumnSpec("state", gettext("State"), is_sortable=False),
        ColumnSpec("undo", gettext("Can be undone until"), is_sortable=False),
    ]
    write = CellWriter(now())
    return ListView(
        request=wanted,
        caption=gettext("Changes"),
        heads=wanted.heads(columns),
        rows=[_line(row, write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s change", "%(count)s changes", found.count, count=format_number(found.count)
        ),
        empty=Empty(
            gettext("Nothing has changed yet."),
            gettext("What a sweep, a merge or a bulk act changes stands here, and can be undone."),
        )
        if not wanted.is_narrowed
        else Empty(gettext("Nothing matches."), gettext("Take a filter away.")),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=[*wanted.chips(facets), *_chips(wanted)],
        search_label=gettext("Filter by a part of the author's name or of the reason"),
        period_names=tuple(_DAYS),
    )


def title_text(title: Mapping[str, Any]) -> str:
    """Say in the reader's language what an act was."""
    values = {name: value for name, value in title.items() if name != "code"}
    if title.get("code") == "moved" and values.get("kind") in set(MovementKind):
        values["kind"] = label(MovementKind(values["kind"]))
    if isinstance(values.get("of"), dict):
        values["of"] = title_text(values["of"])
    if "field" in values:
        values["field"] = field_label(str(values["field"]))
    text = str(_TITLES.get(str(title.get("code")), title.get("code", "")))
    try:
        return text % values
    except (KeyError, ValueError, TypeError):
        return text


def undo_days() -> int:
    """Give for how many days an act can be undone."""
    return settings().interface.undo_days


def undo_until(act: Any) -> datetime | None:
    """Give until when an act can be undone; None: it cannot any more, or never could."""
    until: datetime = act.at + timedelta(days=undo_days())
    is_run_again = act.undo_of_id is not None and act.run_id is not None
    can = act.state is ChangeSetState.APPLIED and act.row_count and not is_run_again
    return until if can and until > now() else None


def _filter(wanted: ListRequest) -> query.ChangeSetFilter:
    days = {name: _day(wanted, name) for name in _DAYS}
    return query.ChangeSetFilter(
        members_of(ChangeSetKind, wanted, "kind"),
        members_of(ChangeSetState, wanted, "state"),
        wanted.chosen.get("author", ()),
        wanted.text,
        **days,
    )


def _day(wanted: ListRequest, name: str) -> datetime | None:
    values = wanted.chosen.get(name, ())
    try:
        return read_day(name, " ".join(values), _DAYS[name][1])
    except InvalidInputError:
        refuse(gettext("The filter %(name)s cannot be read.", name=name))


def _chips(wanted: ListRequest) -> Iterator[Chip]:
    for name, (text, _at) in _DAYS.items():
        for value in wanted.chosen.get(name, ()):
            rest = [pair for pair in wanted.parameters() if pair[0] != name]
            day = read_day(name, value, time(12))
            yield Chip(text + gettext(": ") + (format_day(day) if day else value), wanted.url(rest))


def _line(row: Any, write: CellWriter) -> Line:
    until = undo_until(row)
    cells = [
        write.label(row.kind),
        author_text(row.author),
        row.reason or "",
        write.seen(row.at),
        format_number(row.row_count),
        write.badge(row.state),
        format_day(until) if until else "—",
    ]
    return Line(row.id, url_for("changes.show", change_set_id=row.id), title_text(row.title), cells)


def _columns() -> list[tuple[str, Callable[[Any], str]]]:
    return [
        ("ID", lambda row: str(row.id)),
        (_("When"), lambda row: file_moment(row.at)),
        (_("What"), lambda row: title_text(row.title)),
        (_("Kind"), lambda row: label(row.kind)),
        (_("Author"), lambda row: author_text(row.author)),
        (_("Reason"), lambda row: row.reason or ""),
        (_("Rows"), lambda row: str(row.row_count)),
        (_("State"), lambda row: label(row.state)),
        (_("Can be undone until"), lambda row: file_moment(undo_until(row))),
        (_("Undone on"), lambda row: file_moment(row.undone_at)),
        (_("Undone by"), lambda row: author_text(row.undone_by)),
    ]


def _reader() -> PageReader:
    wanted = read_list(_LIST)
    chosen, order = _filter(wanted), wanted.order(query.SORTS, ChangeSet.id)
    return lambda session, cursor, size: query.page_of_acts(session, chosen, order, cursor, size)


ListFiles.of_columns(_columns, _reader).offer(exports, "/changes/export", "changes")
