"""The list of licences and its exports; over-use is shown by a sign, a text and a colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_pgettext as _in
from markupsafe import Markup

from parc.extensions import db
from parc.models import Entitlement, EntitlementType, Metric
from parc.queries import licences as query
from parc.queries.keyset import Order, PageReader
from parc.queries.licences import LicenceFilter
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.cells import CellWriter, badge_cell
from parc.web.context import now, today
from parc.web.exports import ListFiles
from parc.web.formats import format_number, format_plain_date
from parc.web.import_words import field_text
from parc.web.labels import label
from parc.web.listing import (
    Cell,
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

licences = Blueprint("licences", __name__)

SPEC = ListSpec("licences.index", tuple(query.SORTS), "name", ("use", "end", "type", "metric"))
USES: Mapping[str, str] = {
    "over": _in("licence", "Over-used"),
    "full": _in("licence", "All seats given"),
    "free": _in("licence", "Seats left"),
    "none": _in("licence", "No seat given"),
}
ENDS: Mapping[str, str] = {
    "near": _in("licence", "End soon"),
    "ended": _in("licence", "Have ended"),
}
_EXPORTED = (
    *("name", "product", "publisher", "version", "edition", "type", "metric", "quantity"),
    *("reference", "contract_number", "starts_on", "ends_on", "maintenance_ends_on", "notes"),
)


@licences.get("/licences")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show the list."""
    return render_list("licences/list.html", _view())


@licences.app_template_global("licence_use")
def licence_use(row: Any) -> Markup:
    """Say how many seats are given, as a badge with its sign."""
    given, bought = row.allocated_count, row.quantity
    if bought is None:
        return badge_cell("neutral", format_number(given))
    text = f"{format_number(given)} / {format_number(bought)}"
    if given > bought:
        over = ngettext("%(num)s too many", "%(num)s too many", given - bought)
        return badge_cell("bad", f"{text} · {over}")
    return badge_cell("warning" if given == bought and given else "neutral", text)


@licences.app_template_global("licence_quantity")
def licence_quantity(row: Any) -> str:
    """Say how many were bought."""
    if row.is_unlimited:
        return str(gettext("unlimited"))
    return "—" if row.quantity is None else str(format_number(row.quantity))


@licences.app_template_global("licence_end")
def licence_end(row: Any) -> Markup | str:
    """Say until when, with a badge when that is past; none is said in words."""
    if row.ends_on is None:
        return str(gettext("no end"))
    text = str(format_plain_date(row.ends_on))
    is_past = row.ends_on < today()
    return badge_cell("warning", gettext("ended on %(day)s", day=text)) if is_past else text


licences.add_app_template_global(field_text, "import_field")


def _wanted() -> tuple[ListRequest, LicenceFilter, Order]:
    wanted = read_list(SPEC)
    chosen = LicenceFilter(
        today(),
        wanted.text,
        [one.value for one in members_of(EntitlementType, wanted, "type")],
        [one.value for one in members_of(Metric, wanted, "metric")],
        wanted.words("use", query.USES),
        wanted.words("end", query.ENDS),
    )
    return wanted, chosen, wanted.order(query.SORTS, Entitlement.id)


def _reader() -> PageReader:
    _address, chosen, order = _wanted()
    return lambda session, cursor, size: query.licence_page(session, chosen, order, cursor, size)


def _heads() -> list[str]:
    return [field_text(name) for name in _EXPORTED]


def _row(row: Any) -> list[str]:
    values = {name: getattr(row, name) for name in _EXPORTED}
    values["type"] = label(row.type) if row.type else ""
    values["metric"] = label(row.metric) if row.metric else ""
    if row.is_unlimited:
        values["quantity"] = gettext("unlimited")
    return ["" if value is None else str(value) for value in values.values()]


# They can be imported again.
FILES = ListFiles(_heads, _reader, _row)
FILES.offer(licences, "/licences/export")


def _view() -> ListView:
    wanted, chosen, order = _wanted()
    found = query.list_licences(db.session(), chosen, order, wanted.cursor(order.sort), wanted.size)
    facets = [
        wanted.facet(
            "use", gettext("Seats"), found.by_use, lambda v: str(USES[v]), order=query.USES
        ),
        wanted.facet("end", gettext("End"), found.by_end, lambda v: str(ENDS[v]), order=query.ENDS),
        wanted.facet("type", gettext("Type"), found.by_type, lambda v: label(EntitlementType(v))),
        wanted.facet("metric", field_text("metric"), found.by_metric, lambda v: label(Metric(v))),
    ]
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    columns = [
        ColumnSpec("name", field_text("name")),
        ColumnSpec("publisher", field_text("publisher"), is_sortable=False),
        ColumnSpec("version", field_text("version"), is_sortable=False),
        ColumnSpec("type", field_text("type"), is_sortable=False),
        ColumnSpec("quantity", field_text("quantity"), is_sortable=False, is_number=True),
        ColumnSpec("use", gettext("Seats given"), is_sortable=False),
        ColumnSpec("ends_on", field_text("ends_on")),
        ColumnSpec("created_at", gettext("Added")),
    ]
    rows = []
    for row in found.page.rows:
        cells: list[Cell] = [
            row.publisher or "—",
            row.version or "—",
            write.label(row.type),
            licence_quantity(row),
            licence_use(row),
            licence_end(row),
            write.seen(row.created_at),
        ]
        url = url_for("licences.show", entitlement_id=row.id)
        rows.append(Line(row.id, url, row.name, cells))
    return ListView(
        request=wanted,
        caption=gettext("Licences"),
        heads=wanted.heads(columns),
        rows=rows,
        count=found.count,
        count_text=ngettext(
            "%(count)s licence", "%(count)s licences", found.count, count=format_number(found.count)
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name or a number"),
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    hint = gettext("What was bought, for how long, and who has it.")
    if may(actor(), Action.IMPORT_RECORDS):
        url = url_for("imports.index", kind="licences")
        return Empty(gettext("No licence yet."), hint, url, gettext("Import a file"))
    return Empty(gettext("No licence yet."), hint)
