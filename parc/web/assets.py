"""The list of assets, its search box and its columns; the sheet is in ``asset_sheet.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn, cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Asset, CustomField, CustomType, LifecycleState
from parc.naming import folded, movement_number, movement_of_number
from parc.queries import assets as query
from parc.queries import search
from parc.queries.assets import AssetFilter, FilterError, Lookup, Span
from parc.queries.departments import read_departments
from parc.queries.facets import (
    PINNED,
    Covered,
    Differing,
    Facet,
    FacetCache,
    Freshness,
    Origin,
    Warranty,
)
from parc.queries.found import MOST_COUNTED, count_found
from parc.queries.incidents import suggest_incidents
from parc.queries.keyset import Order
from parc.queries.licences import suggest_titles
from parc.queries.movements import suggest_movements
from parc.queries.people import suggest_people
from parc.queries.preferences import asset_columns
from parc.queries.suppliers import Found, suggest_records
from parc.services.bulk import MOST_ASSETS
from parc.services.custom_values import read_value, sort_value
from parc.services.incident_values import number_of, number_text
from parc.services.permissions import Action, may
from parc.services.preferences import choose_asset_columns
from parc.web.access import actor, requires, sight
from parc.web.addresses import pairs_of, query_of
from parc.web.cells import CellWriter, known_label, known_number
from parc.web.context import is_htmx, now
from parc.web.custom_words import (
    field_name,
    listed_columns,
    own_cell,
    own_columns,
    own_spans,
    written,
)
from parc.web.formats import format_number, format_plain_date
from parc.web.forms import Form, read_form
from parc.web.labels import choices, label
from parc.web.listing import (
    Cell,
    Chip,
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    SpanView,
    read_ids,
    read_list,
    refuse,
    render_list,
)
from parc.web.movement_words import kind_text
from parc.web.names import know_people, name_of

assets = Blueprint("assets", __name__)
assets.add_app_template_global(lambda: choices(LifecycleState), "state_choices")

LABELS: Mapping[str, str] = {
    "name": _("Name"),
    "asset_tag": _("Asset tag"),
    "serial_number": _("Serial number"),
    "lifecycle_state": _("State"),
    "category": _("Category"),
    "manufacturer": _("Manufacturer"),
    "model_name": _("Model"),
    "primary_address": _("Address"),
    "custodian": _("Holder"),
    "location_id": _("Place"),
    "last_seen_at": _("Last seen"),
    "operating_system": _("Operating system"),
    "software_revision": _("Software version"),
    "firmware_revision": _("Firmware"),
    "hardware_revision": _("Hardware revision"),
    "base_mac_address": _("MAC address"),
    "created_at": _("Added"),
    "custodian_person_id": _("Holder"),
    "custodian_department_id": _("Holder (department)"),
    "technician_person_id": _("Technician in charge"),
    "supplier_id": _("Supplier"),
    "covered_until": _("Covered until"),
    "loan_due_on": _("Loan due on"),
    "purchased_on": _("Purchased on"),
    "delivered_on": _("Delivered on"),
    "in_service_on": _("In service since"),
    "warranty_starts_on": _("Warranty from"),
    "warranty_months": _("Warranty in months"),
    "warranty_ends_on": _("Warranty until"),
    "last_stocktake_on": _("Last stocktake"),
    "disposed_on": _("Disposed of on"),
    "purchase_price": _("Purchase price"),
    "currency": _("Currency"),
    "depreciation_months": _("Depreciation in months"),
    "order_number": _("Order number"),
    "delivery_note_number": _("Delivery note number"),
    "invoice_number": _("Invoice number"),
    "fixed_asset_number": _("Fixed-asset number"),
    "notes": _("Notes"),
    "differences": _("Differences"),
}
FRESHNESS: Mapping[str, str] = {
    Freshness.DAY: _in("seen", "In the last 24 hours"),
    Freshness.WEEK: _in("seen", "In the last 7 days"),
    Freshness.OLDER: _in("seen", "Longer ago"),
    Freshness.NEVER: _in("seen", "Never"),
}
COVERS: Mapping[str, str] = {
    Covered.YES: _in("cover", "Covered"),
    Covered.SOON: _in("cover", "Covered for 90 days at most"),
    Covered.NO: _in("cover", "Not covered"),
}
ORIGINS: Mapping[str, str] = {
    Origin.NETWORK: _in("origin", "Seen on the network"),
    Origin.HAND: _in("origin", "Entered by hand only"),
}
WARRANTIES: Mapping[str, str] = {
    Warranty.RUNS: _in("warranty", "Under warranty"),
    Warranty.SOON: _in("warranty", "For 90 days at most"),
    Warranty.OVER: _in("warranty", "Over"),
    Warranty.UNKNOWN: _in("warranty", "Not known"),
}
DIFFERING: Mapping[str, str] = {Differing.OPEN: _("A machine says otherwise")}
SPEC = ListSpec(
    "assets.index",
    sorts=tuple(query.SORTS),
    default_sort="name",
    filters=tuple(facet.value for facet in Facet),
)
_WIDE = frozenset({"serial_number", "model_name", "operating_system", "software_revision"})
DAY_COLUMNS = ("covered_until", "warranty_ends_on", "purchased_on", "loan_due_on")
# The lists that hold all of a kind that a search finds beside assets.
_FOUND_LISTS: Mapping[str, tuple[str, str, Action]] = {
    "person": (_("People"), "people.index", Action.VIEW_INVENTORY),
    "movement": (_("Movements"), "movements.index", Action.VIEW_INVENTORY),
    "incident": (_("Incidents"), "incidents.every", Action.VIEW_INCIDENT),
    "contract": (_("Contracts"), "contracts.index", Action.VIEW_CONTRACT),
    "supplier": (_("Suppliers"), "suppliers.index", Action.VIEW_CONTRACT),
    "licence": (_("Licences"), "licences.index", Action.VIEW_INVENTORY),
    "software": (_("Software"), "software.index", Action.VIEW_INVENTORY),
}
_MOST_SUGGESTED = 8
_LEAST_STEM = 3
_MOST_ELSEWHERE = 4
_EXTENSION = "parc_facets"
_MOST_LIMITED = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """The address of the list with its filter and order, checked."""

    request: ListRequest
    filter: AssetFilter
    order: Order


@assets.get("/assets")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show the list; what the box on top asks for exactly leads straight to its sheet."""
    if set(request.args) == {"q"} and not is_htmx():
        incident = number_of(request.args["q"][:200])
        if incident is not None and may(actor(), Action.VIEW_INCIDENT):
            return redirect(url_for("incidents.show", incident_id=incident))
        found = query.find_exact(db.session(), request.args["q"][:200])
        if found is not None:
            return redirect(url_for("assets.show", asset_id=found))
        movement = movement_of_number(request.args["q"][:200])
        if movement is not None and suggest_movements(db.session(), movement_number(movement), 1):
            return redirect(url_for("movements.show", movement_id=movement))
    wanted = read_wanted()
    columns = shown_columns()
    text = "" if is_htmx() else wanted.request.text
    return render_list(
        "assets/list.html",
        _view(wanted, columns),
        elsewhere=_elsewhere(text),
        lists=_lists_with(text),
    )


@assets.get("/assets/suggest")
@requires(Action.VIEW_INVENTORY)
def suggest() -> ResponseReturnValue:
    """Give the hits under the search box while one types."""
    text = request.args.get("q", "")[:200]
    rows = query.suggest(db.session(), text, _MOST_SUGGESTED)
    return render_template("assets/_suggest.html", rows=rows, text=text, elsewhere=_elsewhere(text))


def _elsewhere(text: str) -> list[Found]:
    """Give what else than assets a search finds, for who may see it."""
    found: list[Found] = []
    if text and may(actor(), Action.VIEW_INVENTORY):
        moment = lookup()
        found += _categories(search.words_of(text))
        people = suggest_people(db.session(), text, _MOST_ELSEWHERE, moment.now.date())
        found += [Found("person", row.id, row.name, row.external_id or "") for row in people]
        places = moment.places.matching(search.words_of(text), _MOST_ELSEWHERE)
        found += [Found("place", place.id, place.path, "") for place in places]
        words = search.words_of(text)
        units = read_departments(db.session()).matching(words, _MOST_ELSEWHERE) if words else ()
        found += [Found("department", unit.id, unit.path, "") for unit in units]
        found += [Found(*row) for row in suggest_titles(db.session(), text, _MOST_ELSEWHERE)]
        rows = suggest_movements(db.session(), text, _MOST_ELSEWHERE)
        found += [
            Found("movement", row.id, f"{kind_text(row)}: {row.name}", movement_number(row.id))
            for row in rows
        ]
    if text and may(actor(), Action.VIEW_CONTRACT):
        found += suggest_records(db.session(), text, _MOST_ELSEWHERE)
    if text and may(actor(), Action.VIEW_INCIDENT):
        rows = suggest_incidents(db.session(), text, _MOST_ELSEWHERE)
        found += [Found("incident", row.id, row.title, number_text(row.id)) for row in rows]
    return found


def _categories(words: Sequence[str]) -> list[Found]:
    """Give the categories of whose name every word begins one, be it of one thing or of many."""
    stems = [word.removesuffix("s") for word in words]
    if not stems or min(map(len, stems)) < _LEAST_STEM:
        return []
    names = {one: f" {folded(label(one))}" for one in Category}
    hits = [one for one, name in names.items() if all(f" {stem}" in name for stem in stems)]
    return [Found("category", 0, label(one), one.value) for one in hits[:_MOST_ELSEWHERE]]


def _lists_with(text: str) -> list[tuple[str, str, str]]:
    """Give name, address and number of hits of each list that holds something of a search."""
    names = {
        kind: (name, endpoint)
        for kind, (name, endpoint, right) in _FOUND_LISTS.items()
        if may(actor(), right)
    }
    counts = count_found(db.session(), text, names) if text else {}
    return [
        (
            str(names[kind][0]),
            url_for(names[kind][1], q=text),
            format_number(min(count, MOST_COUNTED)) + ("+" if count > MOST_COUNTED else ""),
        )
        for kind, count in counts.items()
        if count
    ]


@assets.post("/assets/columns")
@requires(Action.VIEW_INVENTORY)
def choose_columns() -> ResponseReturnValue:
    """Keep the columns that the person wants to see."""
    form = read_form("column", "reset", "next")
    ticked_names = form.values_of("column")
    columns = [name for name in (*query.COLUMNS, *listed_columns()) if name in ticked_names]
    with transaction() as session:
        choose_asset_columns(session, actor(), None if form.is_checked("reset") else columns)
    return redirect(f"{url_for('assets.index')}?{query_of(form.value('next'))}")


def read_wanted() -> Wanted:
    """Read the address of the list; what it cannot hold is refused with 422."""
    own = tuple(own_columns())
    spec = replace(SPEC, sorts=(*SPEC.sorts, *own), filters=(*SPEC.filters, *own, *own_spans()))
    wanted = read_list(spec)
    order = Order(query.sort_column(wanted.sort), Asset.id, wanted.is_descending)
    return Wanted(wanted, make_filter(wanted.text, wanted.chosen), order)


def make_filter(text: str, chosen: Mapping[str, Sequence[str]]) -> AssetFilter:
    """Check a filter by its names in addresses; a value that cannot be is refused with 422."""
    own = {}
    try:
        for name, field in own_columns().items():
            if values := [value for value in chosen.get(name, ()) if value]:
                own[field.id] = tuple(_own_value(field, value) for value in values)
        facets = {facet: chosen[facet.value] for facet in Facet if facet.value in chosen}
        return query.make_filter(text, facets, own, _spans(chosen))
    except FilterError as error:
        _refuse_filter(error)


def _spans(chosen: Mapping[str, Sequence[str]]) -> dict[int, Span]:
    """Read from which value to which fields of one's own are wanted."""
    spans: dict[int, Span] = {}
    for name, (field, is_upper) in own_spans().items():
        text = next((value for value in chosen.get(name, ()) if value), "")
        if text:
            first, last = spans.get(field.id, (None, None))
            value = _own_value(field, text)
            spans[field.id] = (first, value) if is_upper else (value, last)
    return spans


def _own_value(field: CustomField, text: str) -> str:
    """Give what a value of a field of one's own is found by."""
    value = read_value(field, text)
    if value is None:
        raise FilterError(f"{field.key}: {text[:40]}")
    return sort_value(field.type, value)


def _refuse_filter(error: FilterError) -> NoReturn:
    refuse(gettext("This filter cannot be: %(filter)s", filter=str(error)))


def lookup() -> Lookup:
    """Give what reading the list needs: places, counts, the time."""
    moment = now()
    return Lookup(_cache().get(db.session(), moment), moment)


def forget_counts() -> None:
    """Count again at the next page, after a change that the person must see."""
    for cache in list(_caches().values()):
        cache.forget()


def _cache() -> FacetCache:
    """Give the counts of what this login sees; of limited logins only some are kept."""
    known, key = _caches(), sight()
    if key is None:
        return known.setdefault(None, FacetCache())
    limited = [one for one in list(known) if one is not None]
    if key not in known and len(limited) >= _MOST_LIMITED:
        known.pop(limited[0], None)
    return known.setdefault(key, FacetCache())


def _caches() -> dict[int | None, FacetCache]:
    extensions = current_app.extensions
    return cast("dict[int | None, FacetCache]", extensions.setdefault(_EXTENSION, {}))


def shown_columns() -> list[str]:
    """Give the person's columns, the name always first."""
    user_id = actor().user_id
    chosen = asset_columns(db.session(), user_id) if user_id is not None else None
    own = listed_columns()
    names = [name for name in chosen or () if name in query.COLUMNS or name in own]
    names = names or [*query.DEFAULT_COLUMNS, *own]
    return ["name", *(name for name in names if name != "name")]


def column_label(name: str) -> str:
    """Name a column of the list, whether of Parc or of one's own."""
    field = listed_columns().get(name)
    return field_name(field) if field else str(LABELS[name])


def with_maker(columns: list[str]) -> list[str]:
    """Put the manufacturer before the model where it has no column of its own."""
    if "model_name" not in columns or "manufacturer" in columns:
        return columns
    place = columns.index("model_name")
    return [*columns[:place], "manufacturer", *columns[place:]]


def ticked(form: Form) -> list[int]:
    """Give the ids that a bulk form names: its ticks, or all that match its filters."""
    if not form.is_checked("all"):
        ids = read_ids(form)
    else:
        pairs = pairs_of(form.value("filters"))
        chosen: dict[str, list[str]] = {}
        for name, value in pairs:
            chosen.setdefault(name, []).append(value)
        text = next((value for name, value in pairs if name == "q"), "")
        asset_filter = make_filter(text, chosen)
        ids = query.filtered_ids(db.session(), asset_filter, lookup(), MOST_ASSETS + 1)
    if not ids:
        abort(400, description=gettext("Nothing is ticked."))
    if len(ids) > MOST_ASSETS:
        refuse(gettext("At most %(num)s at once.", num=format_number(MOST_ASSETS)))
    return ids


def _view(wanted: Wanted, columns: list[str]) -> ListView:
    known = lookup()
    found = query.list_assets(
        db.session(),
        wanted.filter,
        wanted.order,
        wanted.request.cursor(wanted.order.sort),
        wanted.request.size,
        with_maker(columns),
        known,
    )
    facets = _facets(wanted, known, found)
    previous_url, next_url = wanted.request.pages(found.page)
    sortable = {*query.SORTS, *own_columns()}
    specs = [
        ColumnSpec(name, column_label(name), name in sortable, is_wide=name in _WIDE)
        for name in columns
    ]
    can_edit = may(actor(), Action.EDIT_ASSET)
    return ListView(
        request=wanted.request,
        caption=gettext("Assets"),
        heads=wanted.request.heads(specs),
        rows=_lines(found.page.rows, columns[1:], known),
        count=found.count,
        count_text=_count_text(found),
        empty=_empty(wanted.request),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=[*wanted.request.chips(facets), *_span_chips(wanted.request)],
        spans=_span_views(wanted.request),
        search_label=gettext("Filter by any part of a name, number, address…"),
        bulk_url=url_for("assets.bulk_state") if can_edit else "",
        bulk_template="assets/_bulk.html",
        columns_url=url_for("assets.choose_columns") if actor().user_id is not None else "",
        all_columns=[(name, column_label(name)) for name in (*query.COLUMNS, *listed_columns())],
    )


def _count_text(found: query.AssetList) -> str:
    count = min(found.count, query.COUNT_LIMIT)
    written = format_number(count) + ("" if found.is_count_exact else "+")
    return str(ngettext("%(count)s asset", "%(count)s assets", count, count=written))


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No asset matches."), gettext("Take a filter away, or search less."))
    if may(actor(), Action.EDIT_RANGE):
        return Empty(
            gettext("There is no asset yet."),
            gettext("Let Parc look at your network, or add the first one by hand."),
            url_for("ranges.new") if "ranges.new" in current_app.view_functions else "",
            gettext("Add an address range"),
        )
    return Empty(gettext("There is no asset yet."))


def _facets(wanted: Wanted, known: Lookup, found: query.AssetList) -> list[FacetView]:
    def named(value: str) -> str:
        place = known.places.by_id.get(int(value))
        return place.name if place else f"#{value}"

    names: dict[Facet, tuple[str, Callable[[str], str], Sequence[str]]] = {
        Facet.CATEGORY: (_("Category"), lambda value: known_label(Category(value)), ()),
        Facet.STATE: (_("State"), lambda value: known_label(LifecycleState(value)), ()),
        Facet.MANUFACTURER: (_("Manufacturer"), str, ()),
        Facet.SITE: (_("Site"), named, ()),
        Facet.FRESHNESS: (_("Last seen"), lambda value: str(FRESHNESS[value]), tuple(Freshness)),
        Facet.COVER: (_("Cover"), lambda value: str(COVERS[value]), tuple(Covered)),
        Facet.WARRANTY: (_("Warranty"), lambda value: str(WARRANTIES[value]), tuple(Warranty)),
        Facet.DIFFERENCES: (
            _("Differences"),
            lambda value: str(DIFFERING[value]),
            tuple(Differing),
        ),
        Facet.TECHNICIAN: (_("Technician in charge"), _namer("technician_person_id"), ()),
        Facet.SUPPLIER: (_("Supplier"), _namer("supplier_id"), ()),
        Facet.PERSON: (_("Holder"), _namer("custodian_person_id"), ()),
        Facet.DEPARTMENT: (_("Department"), _namer("custodian_department_id"), ()),
        Facet.PLACE: (_("Place"), _namer("location_id"), ()),
        Facet.ORIGIN: (_("Origin"), lambda value: str(ORIGINS[value]), tuple(Origin)),
    }
    chosen = wanted.filter.chosen
    know_people({int(value) for value in known.facets.bits[Facet.TECHNICIAN]})
    facets = [
        wanted.request.facet(
            facet.value,
            title,
            dict.fromkeys(chosen[facet], found.count)
            if facet in PINNED
            else known.facets.counts(facet, chosen, found.among),
            name_of,
            is_lower_bound=found.is_cut,
            order=order,
        )
        for facet, (title, name_of, order) in names.items()
        if facet not in PINNED or facet in chosen
    ]
    return facets + _own_facets(wanted, known, found)


def _own_facets(wanted: Wanted, known: Lookup, found: query.AssetList) -> list[FacetView]:
    """Give the side filters of one's own fields: of those with few values, and those chosen."""
    facets = []
    for name, field in own_columns().items():
        values = wanted.request.chosen.get(name, ())
        counts = known.facets.own_counts(field.id, wanted.filter.chosen, found.among)
        if values or any(counts.values()):
            writer = partial(written, field)
            counts |= dict.fromkeys(values, found.count) if len(values) == 1 else {}
            facets.append(
                wanted.request.facet(
                    name, field_name(field), counts, writer, is_lower_bound=found.is_cut
                )
            )
    return facets


def _span_views(request: ListRequest) -> list[SpanView]:
    """Give the side filters from and to a value, of one's own numbers and days."""
    return [
        SpanView(
            field_name(field),
            f"{name}/from",
            f"{name}/to",
            "date" if field.type is CustomType.DATE else "text",
        )
        for name, field in own_columns().items()
        if f"{name}/from" in request.spec.filters
    ]


def _span_chips(request: ListRequest) -> list[Chip]:
    chips = []
    for name, (field, is_upper) in own_spans().items():
        for value in request.chosen.get(name, ()):
            rest = [pair for pair in request.parameters() if pair[0] != name]
            words = {
                "field": field_name(field),
                "value": written(field, read_value(field, value) or value),
            }
            upper = gettext("%(field)s up to %(value)s", **words)
            text = upper if is_upper else gettext("%(field)s from %(value)s", **words)
            chips.append(Chip(text, request.url(rest)))
    return chips


def _namer(column: str) -> Callable[[str], str]:
    return lambda value: name_of(column, int(value)) or f"#{value}"


def _lines(rows: Sequence[Any], columns: Sequence[str], known: Lookup) -> list[Line]:
    write = CellWriter(known.now)
    if "technician_person_id" in columns:
        know_people({row.technician_person_id for row in rows if row.technician_person_id})
    special: dict[str, Callable[[Any], Cell]] = {
        "lifecycle_state": write.badge,
        "category": write.label,
        "location_id": partial(write.place, known.places),
        "last_seen_at": write.seen,
        "created_at": write.seen,
        **dict.fromkeys(DAY_COLUMNS, lambda day: format_plain_date(day) if day else "—"),
        "technician_person_id": _named("technician_person_id"),
        "supplier_id": _named("supplier_id"),
        "differences": lambda count: known_number(count) if count else "—",
    }
    special |= {name: partial(own_cell, field) for name, field in listed_columns().items()}
    writers = [special.get(name, _plain) for name in columns]
    has_maker = "manufacturer" not in columns and "model_name" in columns
    model = columns.index("model_name") if has_maker else -1
    base = url_for("assets.index")
    lines = []
    for row in rows:
        values = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name
        cells = [writer(values[name]) for name, writer in zip(columns, writers, strict=True)]
        if model >= 0:
            cells[model] = _plain(" ".join(filter(None, (row.manufacturer, row.model_name))))
        lines.append(Line(row.id, f"{base}/{row.id}", row.name, cells))
    return lines


def _named(column: str) -> Callable[[Any], str]:
    return lambda number: (name_of(column, number) if number is not None else None) or "—"


def _plain(value: str | None) -> str:
    return value or "—"
