"""The list of places: the whole tree by its paths, narrowed, on a page and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.extensions import db
from parc.models import LocationKind
from parc.naming import folded
from parc.queries import rooms as query
from parc.queries.keyset import PageReader
from parc.queries.locations import Place, read_places
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.exports import ListFiles, whole
from parc.web.formats import format_number
from parc.web.labels import label
from parc.web.listing import (
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    cut_page,
    members_of,
    read_list,
    render_list,
)

places = Blueprint("places", __name__)
_LIST: Final = ListSpec("places.index", ("path",), "path", ("kind", "site"))


@dataclass(frozen=True, slots=True)
class _Row:
    """One place as the list shows it; assets with those of the places in it."""

    place: Place
    code: str
    city: str
    assets: int
    outlets: int


@places.get("/places")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List all places by their paths."""
    return render_list("places/list.html", _view(read_list(_LIST)))


def _rows(wanted: ListRequest) -> list[_Row]:
    session = db.session()
    tree = read_places(session)
    own = query.count_assets(session)
    outlets = query.count_outlets(session)
    known = query.codes_and_cities(session)
    total: dict[int, int] = dict(own)
    # From the leaves up: a path is longer than that of what it lies in.
    for place in sorted(tree.by_id.values(), key=lambda one: -one.path.count(" > ")):
        if place.parent_id is not None:
            total[place.parent_id] = total.get(place.parent_id, 0) + total.get(place.id, 0)
    kinds = set(members_of(LocationKind, wanted, "kind"))
    sites = set(wanted.keys("site"))
    words = folded(wanted.text).split()
    rows = []
    for place in tree.by_id.values():
        code, city = known.get(place.id, ("", ""))
        text = folded(f"{place.path} {code} {city}")
        if (
            (not kinds or place.kind in kinds)
            and (not sites or place.site_id in sites)
            and all(word in text for word in words)
        ):
            count = total.get(place.id, 0)
            rows.append(_Row(place, code, city, count, outlets.get(place.id, 0)))
    return rows[::-1] if wanted.is_descending else rows


def _view(wanted: ListRequest) -> ListView:
    rows = _rows(wanted)
    page = cut_page(wanted, [(row.place.id, row) for row in rows])
    facets = _facets(wanted, rows)
    columns = [
        ColumnSpec("path", gettext("Place"), is_wide=True),
        ColumnSpec("kind", gettext("Level"), is_sortable=False),
        ColumnSpec("code", gettext("Code"), is_sortable=False),
        ColumnSpec("city", gettext("City"), is_sortable=False),
        ColumnSpec("assets", gettext("Assets"), is_sortable=False, is_number=True),
        ColumnSpec("outlets", gettext("Outlets"), is_sortable=False, is_number=True),
    ]
    previous_url, next_url = wanted.pages(page)
    return ListView(
        request=wanted,
        caption=gettext("Places"),
        heads=wanted.heads(columns),
        rows=[_line(row) for _number, row in page.rows],
        count=len(rows),
        count_text=ngettext(
            "%(count)s place", "%(count)s places", len(rows), count=format_number(len(rows))
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a path, code or city"),
    )


def _facets(wanted: ListRequest, rows: list[_Row]) -> list[FacetView]:
    tree = read_places(db.session())
    kinds: dict[str, int] = {}
    sites: dict[str, int] = {}
    for row in rows:
        kinds[row.place.kind.value] = kinds.get(row.place.kind.value, 0) + 1
        sites[str(row.place.site_id)] = sites.get(str(row.place.site_id), 0) + 1

    def site_name(value: str) -> str:
        place = tree.by_id.get(int(value))
        return place.name if place else f"#{value}"

    order = [kind.value for kind in LocationKind]
    return [
        wanted.facet(
            "kind", gettext("Level"), kinds, lambda v: label(LocationKind(v)), order=order
        ),
        wanted.facet("site", gettext("Site"), sites, site_name),
    ]


def _line(row: _Row) -> Line:
    cells = [
        label(row.place.kind),
        row.code or "—",
        row.city or "—",
        format_number(row.assets),
        format_number(row.outlets) if row.outlets else "—",
    ]
    return Line(row.place.id, url_for("places.show", place_id=row.place.id), row.place.path, cells)


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No place matches."), gettext("Take a filter away, or search less."))
    if may(actor(), Action.EDIT_PLACE):
        return Empty(
            gettext("There is no place yet."),
            gettext("Begin with a site; buildings, floors and rooms lie in it."),
            url_for("places.new"),
            gettext("Add a place"),
        )
    return Empty(gettext("There is no place yet."))


def _heads() -> list[str]:
    return [
        gettext("Place"),
        gettext("Level"),
        gettext("Code"),
        gettext("City"),
        gettext("Assets"),
        gettext("Outlets"),
    ]


def _reader() -> PageReader:
    return whole(
        [
            row.place.path,
            label(row.place.kind),
            row.code,
            row.city,
            str(row.assets),
            str(row.outlets),
        ]
        for row in _rows(read_list(_LIST))
    )


ListFiles(_heads, _reader, list).offer(places, "/places/export")
