"""What machines say against the values that stand, of all assets: a list, and files of it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from collectors.observation import Category
from parc.extensions import db
from parc.models import ValueSource
from parc.naming import MACHINE_FIELDS
from parc.queries import differences as query
from parc.queries.differences import DifferenceFilter
from parc.queries.keyset import PageReader
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.assets import LABELS
from parc.web.cells import CellWriter, known_label
from parc.web.context import now
from parc.web.exports import ListFiles
from parc.web.formats import file_moment, format_number
from parc.web.labels import label
from parc.web.listing import (
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    members_of,
    read_list,
    render_list,
)

differences = Blueprint("differences", __name__)

_KEPT: Final = ("all",)
_LIST: Final = ListSpec(
    "differences.index", tuple(query.SORTS), "-since", ("field", "source", "kept")
)


@differences.get("/differences")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List them, the latest first; each leads to the sheet where it is settled."""
    return render_list("differences/list.html", _view())


def _wanted() -> tuple[ListRequest, DifferenceFilter]:
    wanted = read_list(_LIST)
    chosen = DifferenceFilter(
        wanted.text,
        wanted.words("field", MACHINE_FIELDS),
        members_of(ValueSource, wanted, "source"),
        has_kept=bool(wanted.words("kept", _KEPT)),
    )
    return wanted, chosen


def _reader() -> PageReader:
    wanted, chosen = _wanted()
    order = query.order_of(wanted.sort, is_descending=wanted.is_descending)
    return lambda session, cursor, size: query.differences_page(
        session, chosen, order, cursor, size
    )


def _heads() -> list[str]:
    return [
        gettext("Name"),
        gettext("Asset tag"),
        gettext("Field"),
        gettext("Value that stands"),
        gettext("Set by"),
        gettext("Set on"),
        gettext("Seen value"),
        gettext("Source"),
        gettext("Since"),
        gettext("Kept"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.name,
        row.asset_tag,
        str(LABELS[row.field]),
        _value(row.field, row.own_value),
        _who(row),
        file_moment(row.own_since),
        _value(row.field, row.seen_value),
        label(row.source),
        file_moment(row.since),
        gettext("until it changes") if row.is_kept else "",
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(differences, "/differences/export")


def _view() -> ListView:
    wanted, chosen = _wanted()
    order = query.order_of(wanted.sort, is_descending=wanted.is_descending)
    found = query.list_differences(
        db.session(), chosen, order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet("field", gettext("Field"), found.by_field, lambda v: str(LABELS[v])),
        wanted.facet(
            "source", gettext("Source"), found.by_source, lambda v: known_label(ValueSource(v))
        ),
        wanted.plain_facet(
            "kept", gettext("Kept"), {"all": _("Also those kept until they change")}
        ),
    ]
    previous_url, next_url = wanted.pages(found.page)
    columns = [
        ColumnSpec("name", gettext("Name")),
        ColumnSpec("field", gettext("Field")),
        ColumnSpec("own", gettext("Value that stands"), is_sortable=False, is_wide=True),
        ColumnSpec("by", gettext("Set by"), is_sortable=False),
        ColumnSpec("seen", gettext("Seen value"), is_sortable=False, is_wide=True),
        ColumnSpec("source", gettext("Source"), is_sortable=False),
        ColumnSpec("since", gettext("Since")),
    ]
    count = min(found.count, query.COUNT_LIMIT)
    written = format_number(count) + ("+" if found.count > count else "")
    write = CellWriter(now())
    return ListView(
        request=wanted,
        caption=gettext("Differences"),
        heads=wanted.heads(columns),
        rows=[_line(row, write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext("%(count)s difference", "%(count)s differences", count, count=written),
        empty=Empty(gettext("No difference matches."), gettext("Take a filter away."))
        if wanted.is_narrowed
        else Empty(
            gettext("Machines and people agree."),
            gettext("What a machine says against a person's value comes here."),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by any part of a name, number, address…"),
    )


def _line(row: Any, write: CellWriter) -> Line:
    since = write.seen(row.since)
    cells = [
        str(LABELS[row.field]),
        _value(row.field, row.own_value) or "—",
        _who(row) or "—",
        _value(row.field, row.seen_value),
        known_label(row.source),
        since,
    ]
    url = url_for("assets.show", asset_id=row.asset_id, _anchor="differences")
    return Line(row.id, url, row.name, cells)


def _who(row: Any) -> str:
    """Name the person who set what stands, else its source."""
    if row.own_source is None:
        return ""
    if row.own_source is ValueSource.PERSON:
        return str(row.own_author or gettext("By hand"))
    return known_label(row.own_source)


def _value(field: str, value: str | None) -> str:
    if field == "category" and value in set(Category):
        return known_label(Category(value))
    return value or ""
