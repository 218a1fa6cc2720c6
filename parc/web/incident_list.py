"""The lists of incidents: open, drafts, all; and what they show as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext, pgettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from parc.extensions import db
from parc.models import (
    Incident,
    IncidentCategory,
    IncidentKind,
    IncidentState,
    LocationKind,
    Priority,
)
from parc.queries import incidents as query
from parc.queries.incidents import (
    AGES,
    NOBODY,
    OLDER,
    IncidentCounts,
    IncidentFilter,
    IncidentPage,
)
from parc.queries.keyset import Cursor, Order, Page, PageReader
from parc.queries.locations import Places, read_places
from parc.services.incident_states import OPEN
from parc.services.incident_values import number_text
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.cells import CellWriter, badge_cell
from parc.web.context import now
from parc.web.formats import file_moment, format_moment, format_number
from parc.web.incident_words import title_text
from parc.web.labels import label
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

_FILTERS = (
    "state", "priority", "category", "kind", "technician", "place", "asset", "model", "person",
    "contract", "supplier", "age",
)  # fmt: skip
_SORTS = tuple(query.SORTS)
SPECS: Mapping[str, ListSpec] = {
    "open": ListSpec("incidents.index", _SORTS, "priority", _FILTERS),
    "drafts": ListSpec("incidents.drafts", _SORTS, "priority", _FILTERS),
    "all": ListSpec("incidents.every", _SORTS, "-opened_at", _FILTERS),
}
_AGE_NAMES: Mapping[str, str] = {
    "day": _("Of the last day"),
    "week": _("Of the last 7 days"),
    "month": _("Of the last 30 days"),
    "year": _("Of the last year"),
    OLDER: _("Older than a year"),
}
_MOST_MODELS = 20
_VISIT = Markup('<br><span class="source">{}</span>')


def incident_view(view: str) -> ListView:
    """Read the list that the address asks for; what it cannot hold is refused."""
    wanted = read_list(SPECS[view])
    session, moment = db.session(), now()
    places = read_places(session)
    chosen = filter_of(view, wanted.text, wanted.chosen, places)
    order = order_of(wanted)
    found = query.list_incidents(
        session, chosen, order, wanted.cursor(order.sort), wanted.size, moment
    )
    counts = query.count_incidents(session, view, places, moment)
    facets = _facets(view, wanted, counts, places)
    previous_url, next_url = wanted.pages(found.page)
    written = format_number(found.count) + ("+" if found.has_more else "")
    return ListView(
        request=wanted,
        caption=gettext("Incidents"),
        heads=wanted.heads(_columns()),
        rows=_lines(found, CellWriter(moment)),
        count=found.count,
        count_text=ngettext(
            "%(count)s incident", "%(count)s incidents", found.count, count=written
        ),
        empty=_empty(view, wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by number, title or text"),
        bulk_url=url_for("incidents.decide") if may(actor(), Action.EDIT_INCIDENT) else "",
        bulk_template="incidents/_bulk.html",
    )


def order_of(wanted: ListRequest) -> Order:
    """Give the order that an address asks for: the oldest first of one priority."""
    return Order(query.SORTS[wanted.sort], Incident.id, wanted.is_descending)


def filter_of(
    view: str, text: str, chosen: Mapping[str, tuple[str, ...]], places: Places
) -> IncidentFilter:
    """Make a filter of what an address holds; what it cannot hold is refused with 422."""
    for name, known in (
        ("state", set(IncidentState)),
        ("priority", set(Priority)),
        ("category", set(IncidentCategory)),
        ("kind", set(IncidentKind)),
        ("age", {*AGES, OLDER}),
    ):
        if not all(value in known for value in chosen.get(name, ())):
            refuse(gettext("The filter %(name)s cannot be read.", name=name))
    read_keys("technician", [one for one in chosen.get("technician", ()) if one != NOBODY])
    named = read_keys("place", chosen.get("place", ()))
    within = {number for place in named for number in places.within(place)}
    return IncidentFilter(
        view,
        text,
        kinds=chosen.get("kind", ()),
        states=chosen.get("state", ()),
        priorities=chosen.get("priority", ()),
        categories=chosen.get("category", ()),
        technicians=chosen.get("technician", ()),
        places=tuple(sorted(within)),
        assets=read_keys("asset", chosen.get("asset", ())),
        models=chosen.get("model", ())[:_MOST_MODELS],
        people=read_keys("person", chosen.get("person", ())),
        contracts=read_keys("contract", chosen.get("contract", ())),
        suppliers=read_keys("supplier", chosen.get("supplier", ())),
        ages=chosen.get("age", ()),
    )


def file_heads() -> list[str]:
    """Name the columns of a file."""
    return [
        gettext("Number"),
        pgettext("incident", "Title"),
        pgettext("incident", "Kind"),
        gettext("State"),
        gettext("Priority"),
        gettext("Category"),
        pgettext("incident", "Assets"),
        gettext("Requester"),
        gettext("Place"),
        gettext("Technician"),
        gettext("Opened"),
        gettext("Taken in charge"),
        pgettext("incident", "Resolved"),
        pgettext("incident", "Closed"),
        gettext("Minutes spent"),
    ]


def file_reader(view: str) -> PageReader:
    """Read the address; give what reads the list page by page, its rows as texts."""
    wanted = read_list(SPECS[view])
    places = read_places(db.session())
    chosen, moment = filter_of(view, wanted.text, wanted.chosen, places), now()
    order, write = order_of(wanted), CellWriter(moment)

    def read(session: Any, cursor: Cursor | None, size: int) -> Page:
        found = query.export_page(session, chosen, order, cursor, size, moment)
        rows = [_file_row(row, found.assets, places, write) for row in found.page.rows]
        return replace(found.page, rows=rows)

    return read


def _file_row(
    row: Any, assets: Mapping[int, Sequence[str]], places: Places, write: CellWriter
) -> list[str]:
    moments = (row.opened_at, row.taken_at, row.resolved_at, row.closed_at)
    return [
        number_text(row.id),
        title_text(row),
        write.label(row.kind),
        write.label(row.state),
        write.label(row.priority),
        write.label(row.category),
        ", ".join(assets.get(row.id, ())),
        row.requester_name,
        places.path(row.location_id) or "",
        row.technician or "",
        *map(file_moment, moments),
        str(row.minutes_spent),
    ]


def _columns() -> list[ColumnSpec]:
    return [
        ColumnSpec("number", gettext("Incident"), is_sortable=False, is_wide=True),
        ColumnSpec("priority", gettext("Priority")),
        ColumnSpec("state", gettext("State"), is_sortable=False),
        ColumnSpec("category", gettext("Category"), is_sortable=False),
        ColumnSpec("assets", pgettext("incident", "Assets"), is_sortable=False, is_wide=True),
        ColumnSpec("requester", gettext("Requester"), is_sortable=False),
        ColumnSpec("technician", gettext("Technician"), is_sortable=False),
        ColumnSpec("opened_at", gettext("Opened")),
    ]


def _lines(found: IncidentPage, write: CellWriter) -> list[Line]:
    answered = badge_cell("busy", pgettext("incident", "Answered"))
    lines = []
    for row in found.page.rows:
        names = found.assets.get(row.id, ())
        state = write.badge(row.state)
        if row.state is IncidentState.PLANNED and row.planned_for:
            state += _VISIT.format(format_moment(row.planned_for))
        cells: list[Cell] = [
            write.badge(row.priority),
            state + " " + answered if row.id in found.answered else state,
            write.label(row.category),
            names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "") if names else "—",
            row.requester_name or "—",
            row.technician or "—",
            write.seen(row.opened_at),
        ]
        url = url_for("incidents.show", incident_id=row.id)
        lines.append(Line(row.id, url, f"{number_text(row.id)} {title_text(row)}", cells))
    return lines


def _facets(
    view: str, wanted: ListRequest, counts: IncidentCounts, places: Places
) -> list[FacetView]:
    def facet(
        name: str,
        text: str,
        numbers: Mapping[str, int],
        name_of: Callable[[str], str],
        order: Sequence[str] = (),
    ) -> FacetView:
        return wanted.facet(
            name, text, numbers, name_of, order=order, is_lower_bound=counts.is_lower_bound
        )

    def place(value: str) -> str:
        return places.path(int(value)) or f"#{value}"

    states = [one.value for one in IncidentState if view == "all" or one in OPEN]
    priorities = [one.value for one in reversed(Priority)]
    found = [
        facet(
            "priority",
            gettext("Priority"),
            counts.priorities,
            lambda v: label(Priority(v)),
            priorities,
        ),
        facet("state", gettext("State"), counts.states, lambda v: label(IncidentState(v)), states),
        facet("technician", gettext("Technician"), counts.technicians, _technician_of(counts)),
        facet(
            "category",
            gettext("Category"),
            counts.categories,
            lambda v: label(IncidentCategory(v)),
        ),
        facet(
            "kind",
            pgettext("incident", "Kind"),
            counts.kinds,
            lambda v: label(IncidentKind(v)),
        ),
        facet("place", label(LocationKind.SITE), counts.places, place),
        facet(
            "age", gettext("Opened"), counts.ages, lambda v: str(_AGE_NAMES[v]), list(_AGE_NAMES)
        ),
    ]
    return [one for one in found if view != "drafts" or one.name != "state"] + _named(wanted)


def _technician_of(counts: IncidentCounts) -> Callable[[str], str]:
    own = str(actor().user_id)

    def name(value: str) -> str:
        if value == own:
            return str(pgettext("incidents", "Mine"))
        if value == NOBODY:
            return str(gettext("Nobody's"))
        return counts.names.get(value, f"#{value}")

    return name


def _named(wanted: ListRequest) -> list[FacetView]:
    """Give the filters that only other pages lead to, so that their chips can be taken away."""
    session = db.session()
    about = query.asset_words(session, wanted.keys("asset"))
    people = query.person_names(session, wanted.keys("person"))
    contracts, suppliers = wanted.keys("contract"), wanted.keys("supplier")
    firms = query.firm_names(session, contracts, suppliers)

    def named(what: str) -> Callable[[str], str]:
        return lambda v: firms.get((what, int(v)), f"#{v}")

    return [
        wanted.facet("contract", gettext("Contract"), {}, named("contract")),
        wanted.facet("supplier", gettext("Supplier"), {}, named("supplier")),
        wanted.facet("asset", gettext("Asset"), {}, lambda v: about.get(int(v), f"#{v}")),
        wanted.facet("model", gettext("Model"), {}, lambda v: v),
        wanted.facet("person", gettext("Requester"), {}, lambda v: people.get(int(v), f"#{v}")),
    ]


def _empty(view: str, wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No incident matches."), gettext("Take a filter away."))
    if view == "drafts":
        return Empty(
            gettext("No draft waits."),
            gettext("Rules make drafts of what a discovery sees, such as a supply that is low."),
            url_for("incidents.rules"),
            gettext("See the rules"),
        )
    return Empty(
        gettext("No incident is open."),
        gettext("Enter what is reported to you; requesters do it from the label of a machine."),
        url_for("incidents.new") if may(actor(), Action.EDIT_INCIDENT) else "",
        gettext("Open an incident"),
    )
