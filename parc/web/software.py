"""The sheet of a product that was found, and the machines with it, without it, or behind."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_pgettext as _in

from parc.extensions import db
from parc.models import Device
from parc.queries import software_sheet as query
from parc.queries.audit import subject_history
from parc.queries.keyset import Order, PageReader
from parc.queries.software_sheet import MACHINE_SORTS, Machine, MachineFilter
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.exports import ListFiles
from parc.web.formats import format_number
from parc.web.forms import filled
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_list,
    refuse,
    render_list,
)
from parc.web.software_list import WEEK, software, status_page

__all__ = ["software"]

WHICH = {
    "with": _in("software", "With it"),
    "without": _in("software", "Without it"),
    "older": _in("software", "With an older version"),
}
_TITLES = 100
_ENTRIES = 20
_MOST_VERSION = 60


@software.get("/software/<int:product_id>")
@requires(Action.VIEW_INVENTORY)
def show(product_id: int) -> ResponseReturnValue:
    """Show one product."""
    session = db.session()
    return render_template(
        "software/show.html",
        sheet=query.software_sheet(session, product_id, _TITLES, now() - WEEK),
        entries=subject_history(session, "software_product", product_id, _ENTRIES),
    )


@software.get("/software/<int:product_id>/status")
@requires(Action.EDIT_LICENCE)
def status(product_id: int) -> ResponseReturnValue:
    """Show the form of its status."""
    sheet = query.software_sheet(db.session(), product_id, 0, now())
    row = sheet.product
    form = filled(
        status=row.status.value,
        status_reason=row.status_reason,
        until=row.status_until.isoformat() if row.status_until else "",
        owner=sheet.owner,
    )
    return status_page(form, [product_id])


@software.get("/software/<int:product_id>/machines")
@requires(Action.VIEW_INVENTORY)
def machines(product_id: int) -> ResponseReturnValue:
    """Show the machines with the product, without it, or with a version older than one."""
    product = query.get_product(db.session(), product_id)
    return render_list("software/machines.html", _view(product_id), product=product)


def _wanted(product_id: int) -> tuple[ListRequest, MachineFilter, Order]:
    query.get_product(db.session(), product_id)
    spec = ListSpec(
        "software.machines",
        tuple(MACHINE_SORTS),
        "name",
        ("which", "version"),
        has_search=False,
        arguments={"product_id": product_id},
    )
    wanted = read_list(spec)
    which = (wanted.chosen.get("which") or ("with",))[0]
    version = (wanted.chosen.get("version") or ("",))[0][:_MOST_VERSION]
    if which not in WHICH:
        refuse(gettext("The filter %(name)s cannot be read.", name="which"))
    chosen = MachineFilter(product_id, "older" if version else which, version)
    return wanted, chosen, wanted.order(MACHINE_SORTS, Device.id)


def _reader(product_id: int) -> PageReader:
    _address, chosen, order = _wanted(product_id)
    return lambda session, cursor, size: query.machine_page(session, chosen, order, cursor, size)


def _heads() -> list[str]:
    return [
        gettext("Machine"),
        gettext("Inventory number"),
        gettext("Versions"),
        gettext("Found since"),
        gettext("Machine last seen"),
    ]


def _row(row: Any) -> list[str]:
    machine: Machine = row
    return [
        machine.name,
        machine.asset_tag or "",
        ", ".join(machine.versions),
        machine.first_seen_at.isoformat(timespec="seconds") if machine.first_seen_at else "",
        machine.seen_at.isoformat(timespec="seconds"),
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(software, "/software/<int:product_id>/machines", "export_machines")


def _view(product_id: int) -> ListView:
    wanted, chosen, order = _wanted(product_id)
    session = db.session()
    page = query.machine_page(session, chosen, order, wanted.cursor(order.sort), wanted.size)
    count = query.count_machines(session, chosen)
    write = CellWriter(now())
    heads = _heads()
    columns = [
        ColumnSpec("name", heads[0]),
        *(
            ColumnSpec(name, text, is_sortable=False)
            for name, text in zip(("tag", "versions", "since", "seen"), heads[1:], strict=True)
        ),
    ]
    rows = [_line(one, write) for one in page.rows]
    facets = [] if chosen.older_than else [_which_facet(wanted)]
    previous_url, next_url = wanted.pages(page)
    return ListView(
        request=wanted,
        caption=gettext("Machines"),
        heads=wanted.heads(columns),
        rows=rows,
        count=count,
        count_text=ngettext(
            "%(count)s machine", "%(count)s machines", count, count=format_number(count)
        ),
        empty=Empty(
            gettext("No machine."), gettext("Only machines that tell their software count.")
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
    )


def _line(machine: Machine, write: CellWriter) -> Line:
    cells: list[Cell] = [
        machine.asset_tag or "—",
        ", ".join(machine.versions) or "—",
        write.seen(machine.first_seen_at) if machine.first_seen_at else "—",
        write.seen(machine.seen_at),
    ]
    if machine.asset_id:
        url = url_for("assets.show", asset_id=machine.asset_id)
    else:
        url = url_for("devices.show", device_id=machine.id)
    return Line(machine.id, url, machine.name, cells)


def _which_facet(wanted: ListRequest) -> FacetView:
    names = ("with", "without")
    facet = wanted.facet(
        "which",
        gettext("Machines"),
        dict.fromkeys(names, 1),
        lambda value: str(WHICH[value]),
        order=names,
    )
    chosen = (wanted.chosen.get("which") or ("with",))[0]
    options = [
        type(one)(one.value, one.label, "", one.value == chosen, wanted.url([("which", one.value)]))
        for one in facet.options
    ]
    return FacetView(facet.name, facet.label, options)
