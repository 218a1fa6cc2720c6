"""What was installed, removed and updated of late, machine by machine, and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_pgettext as _in

from parc.extensions import db
from parc.queries import software_changes as query
from parc.queries.keyset import PageReader
from parc.queries.software_changes import ChangesFilter
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.cells import CellWriter, badge_cell, known_number, link_cell
from parc.web.context import now
from parc.web.exports import ListFiles
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_list,
    render_list,
)
from parc.web.software_rules import software

__all__ = ["software"]

SPEC = ListSpec("software.changes", ("at",), "-at", ("days", "kind", "what", "first", "product"))
DAYS: Mapping[str, str] = {
    "1": _in("software", "Since yesterday"),
    "7": _in("software", "In the last 7 days"),
    "30": _in("software", "In the last 30 days"),
    "90": _in("software", "In the last 90 days"),
}
KINDS: Mapping[str, str] = {
    "installed": _in("software", "Installed"),
    "updated": _in("software", "Updated"),
    "removed": _in("software", "Removed"),
}
_BADGES = {"installed": "good", "updated": "neutral", "removed": "warning"}
_WHAT = ("all",)
_FIRST = ("with",)
_WEEK = "7"


@software.get("/software/changes")
@requires(Action.VIEW_INVENTORY)
def changes() -> ResponseReturnValue:
    """Show the list."""
    return render_list("software/changes.html", _view())


def _wanted() -> tuple[ListRequest, ChangesFilter]:
    wanted = read_list(SPEC)
    days = max((int(one) for one in wanted.words("days", DAYS)), default=int(_WEEK))
    chosen = ChangesFilter(
        now() - timedelta(days=days),
        wanted.words("kind", query.KINDS),
        wanted.text,
        next(iter(wanted.keys("product")), None),
        is_all_kinds=bool(wanted.words("what", _WHAT)),
        has_first=bool(wanted.words("first", _FIRST)),
    )
    return wanted, chosen


def _reader() -> PageReader:
    wanted, chosen = _wanted()
    return lambda session, cursor, size: query.changes_page(
        session, chosen, cursor, size, is_descending=wanted.is_descending
    )


def _heads() -> list[str]:
    return [
        gettext("When"),
        gettext("Change"),
        gettext("Product"),
        gettext("Version before"),
        gettext("Version"),
        gettext("Machine"),
        gettext("Inventory number"),
        gettext("Raw name"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.at.isoformat(timespec="seconds"),
        str(KINDS[row.kind]),
        row.product,
        row.before or "",
        row.version or "",
        row.machine,
        row.asset_tag or "",
        row.raw_name,
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(software, "/software/changes", "export_changes")


def _view() -> ListView:
    wanted, chosen = _wanted()
    found = query.list_changes(
        db.session(),
        chosen,
        wanted.cursor(query.AT),
        wanted.size,
        is_descending=wanted.is_descending,
    )
    facets = [
        wanted.plain_facet("days", gettext("Period"), DAYS, default=_WEEK),
        wanted.facet(
            "kind",
            gettext("Change"),
            found.by_kind,
            lambda value: str(KINDS[value]),
            order=query.KINDS,
        ),
        wanted.plain_facet(
            "what",
            gettext("Software"),
            {"all": _in("software", "Also updates, runtimes and drivers")},
        ),
        wanted.plain_facet(
            "first",
            gettext("Machines"),
            {"with": _in("software", "Also what new machines had at first")},
        ),
    ]
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    heads = _heads()
    columns = [
        ColumnSpec("product", heads[2], is_sortable=False),
        ColumnSpec("kind", heads[1], is_sortable=False),
        ColumnSpec("before", heads[3], is_sortable=False),
        ColumnSpec("version", heads[4], is_sortable=False),
        ColumnSpec("machine", heads[5], is_sortable=False),
        ColumnSpec("at", heads[0]),
    ]
    return ListView(
        request=wanted,
        caption=gettext("Changes of software"),
        heads=wanted.heads(columns),
        rows=[_line(row, write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s change", "%(count)s changes", found.count, count=known_number(found.count)
        ),
        empty=Empty(
            gettext("Nothing was installed, removed or updated."),
            gettext("Choose a longer period, or take a filter away."),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name"),
    )


def _line(row: Any, write: CellWriter) -> Line:
    if row.asset_id:
        machine = url_for("assets.show", asset_id=row.asset_id)
    else:
        machine = url_for("devices.show", device_id=row.device_id)
    cells: list[Cell] = [
        badge_cell(_BADGES[row.kind], str(KINDS[row.kind])),
        row.before or "—",
        row.version or "—",
        link_cell(machine, row.machine),
        write.seen(row.at),
    ]
    return Line(row.id, url_for("software.show", product_id=row.product_id), row.product, cells)
