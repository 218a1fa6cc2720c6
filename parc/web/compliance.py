"""Compliance: what is held and needed of each software, one in full, and days that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_pgettext as _in
from markupsafe import Markup

from parc.documents.sheets import Sheet, make_sheet
from parc.extensions import db, transaction
from parc.models import SoftwareProduct
from parc.queries import positions as query
from parc.queries.keyset import Order, PageReader
from parc.queries.positions import PositionFilter, PositionSheet
from parc.services.permissions import Action
from parc.services.positions import take_snapshot
from parc.web.access import actor, requires
from parc.web.cells import CellWriter, badge_cell
from parc.web.context import now, settings, today
from parc.web.exports import ListFiles, csv_file, xlsx_file
from parc.web.formats import format_money, format_number, format_plain_date
from parc.web.forms import read_form
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_list,
    refuse,
    render_list,
)
from parc.web.messages import tell
from parc.web.position_words import STATES as RIGHT_STATES
from parc.web.position_words import UNUSED, reason_text

compliance = Blueprint("compliance", __name__)

SPEC = ListSpec("compliance.index", tuple(query.SORTS), "-missing", ("state",))
STATES: Mapping[str, str] = {
    "short": _in("position", "Rights are missing"),
    "unlicensed": _in("position", "Installed without any licence"),
    "spare": _in("position", "More is held than needed"),
    "unused": _in("position", "Seats given and not used"),
    "even": _in("position", "Even"),
}
_SHOWN = 500
_DAYS = 60


@compliance.get("/compliance")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show the list."""
    days = query.snapshot_days(db.session(), _DAYS)
    return render_list("compliance/list.html", _view(), days=days)


@compliance.get("/compliance/export.pdf")
@requires(Action.EXPORT_INVENTORY)
def export_pdf() -> ResponseReturnValue:
    """Print the list for who audits."""
    rows = [row for part in FILES.parts() for row in part]
    return _pdf(gettext("Compliance"), _heads(), rows, (26, 18, 9, 9, 9, 9, 10, 10))


@compliance.get("/compliance/<int:product_id>")
@requires(Action.VIEW_INVENTORY)
def show(product_id: int) -> ResponseReturnValue:
    """Show one software: each installation with the licence that it uses, and why."""
    sheet = query.position_sheet(db.session(), product_id, today())
    return render_template(
        "compliance/show.html",
        sheet=sheet,
        product_id=product_id,
        shown=sheet.position.uses[:_SHOWN],
        unused=sheet.position.unused[:_SHOWN],
        reason=reason_text,
        unused_words=UNUSED,
        state_words=RIGHT_STATES,
        difference=_difference(sheet.position.held, sheet.position.needed),
    )


@compliance.get("/compliance/<int:product_id>/export.csv")
@requires(Action.EXPORT_INVENTORY)
def uses_csv(product_id: int) -> ResponseReturnValue:
    """Give every consumption with its reason as CSV."""
    sheet = query.position_sheet(db.session(), product_id, today())
    return csv_file(_use_heads(), _use_rows(sheet))


@compliance.get("/compliance/<int:product_id>/export.xlsx")
@requires(Action.EXPORT_INVENTORY)
def uses_xlsx(product_id: int) -> ResponseReturnValue:
    """Give every consumption with its reason as XLSX."""
    sheet = query.position_sheet(db.session(), product_id, today())
    return xlsx_file(_use_heads(), _use_rows(sheet))


@compliance.get("/compliance/<int:product_id>/export.pdf")
@requires(Action.EXPORT_INVENTORY)
def uses_pdf(product_id: int) -> ResponseReturnValue:
    """Print every consumption with its reason for who audits."""
    sheet = query.position_sheet(db.session(), product_id, today())
    rows = next(_use_rows(sheet))
    return _pdf(sheet.product, _use_heads(), rows, (12, 22, 12, 22, 8, 34))


@compliance.post("/compliance/snapshots")
@requires(Action.EDIT_LICENCE)
def snapshot() -> ResponseReturnValue:
    """Keep the positions of today."""
    read_form()
    with transaction() as session:
        count = take_snapshot(session, actor(), today())
    tell(ngettext("%(num)s position is kept.", "%(num)s positions are kept.", count))
    return redirect(url_for("compliance.index"))


@compliance.get("/compliance/compare")
@requires(Action.VIEW_INVENTORY)
def compare() -> ResponseReturnValue:
    """Compare two kept days."""
    days = query.snapshot_days(db.session(), _DAYS)
    before, after = _day("before"), _day("after")
    rows = query.compare_days(db.session(), before, after) if before and after else []
    return render_template(
        "compliance/compare.html", days=days, before=before, after=after, rows=rows, say=_say
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")[:10]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(gettext("The filter %(name)s cannot be read.", name=name))


def _say(row: Any) -> str:
    """Write the figures of a kept day."""
    if row is None:
        return "—"
    held = gettext("without limit") if row.held is None else format_number(row.held)
    over = "—" if row.held is None else format_number(row.held - row.needed)
    words = {"held": held, "needed": format_number(row.needed), "over": over}
    return str(gettext("%(held)s − %(needed)s = %(over)s", **words))  # noqa: RUF001 -- a difference


def _wanted() -> tuple[ListRequest, PositionFilter, Order]:
    wanted = read_list(SPEC)
    chosen = PositionFilter(wanted.text, wanted.words("state", query.STATES))
    return wanted, chosen, wanted.order(query.SORTS, SoftwareProduct.id)


def _reader() -> PageReader:
    _address, chosen, order = _wanted()
    return lambda session, cursor, size: query.position_page(session, chosen, order, cursor, size)


def _heads() -> list[str]:
    return [
        gettext("Product"),
        gettext("Publisher"),
        gettext("Held"),
        gettext("Needed"),
        gettext("Difference"),
        gettext("Without a right"),
        gettext("To buy"),
        gettext("To reclaim"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.name,
        row.publisher or "",
        gettext("without limit") if row.held is None else str(row.held),
        str(row.needed),
        "" if row.held is None else str(row.held - row.needed),
        str(row.missing),
        "" if row.true_up is None else f"{row.true_up} {row.currency}",
        "" if row.reclaimable is None else f"{row.reclaimable} {row.currency}",
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(compliance, "/compliance/export")


def _use_heads() -> list[str]:
    return [
        gettext("Asset tag"),
        gettext("Machine"),
        gettext("Version"),
        gettext("Licence"),
        gettext("Units"),
        gettext("Reason"),
    ]


def _use_rows(sheet: PositionSheet) -> Iterator[list[list[str]]]:
    tags = query.asset_tags(db.session(), {use.machine_id for use in sheet.position.uses})
    yield [
        [
            tags.get(use.machine_id, ""),
            sheet.machines.get(use.machine_id, ""),
            use.version,
            sheet.rights[use.right_id] if use.right_id is not None else "",
            str(use.units),
            reason_text(use),
        ]
        for use in sheet.position.uses
    ]


def _pdf(title: str, heads: list[str], rows: list[list[str]], widths: tuple[int, ...]) -> Response:
    content = make_sheet(
        Sheet(
            title=title,
            organisation=settings().interface.organisation,
            reference=format_plain_date(today()),
            facts=((gettext("Rules"), "docs/explanation/licence-position.md"),),
            heads=tuple(heads),
            rows=tuple(tuple(row) for row in rows),
            widths=widths,
            page_word=gettext("page"),
        ),
        made_at=now(),
    )
    name = f"parc-{now():%Y-%m-%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)


def _difference(held: int | None, needed: int) -> Markup:
    """Say what is over or missing, with a sign and a text beside the colour."""
    if held is None:
        return badge_cell("neutral", gettext("without limit"))
    if held < needed:
        count = needed - held
        return badge_cell("bad", ngettext("%(num)s missing", "%(num)s missing", count))
    spare = held - needed
    return badge_cell("neutral", f"+{format_number(spare)}" if spare else "0")


def _money(amount: Any, currency: str) -> str:
    return "—" if amount is None else format_money(amount, currency)


def _view() -> ListView:
    wanted, chosen, order = _wanted()
    found = query.list_positions(
        db.session(), chosen, order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet(
            "state",
            gettext("Position"),
            found.by_state,
            lambda v: str(STATES[v]),
            order=query.STATES,
        )
    ]
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    columns = [
        ColumnSpec("product", gettext("Product")),
        ColumnSpec("publisher", gettext("Publisher"), is_sortable=False),
        ColumnSpec("held", gettext("Held"), is_sortable=False, is_number=True),
        ColumnSpec("needed", gettext("Needed"), is_sortable=False, is_number=True),
        ColumnSpec("difference", gettext("Difference"), is_sortable=False),
        ColumnSpec("missing", gettext("Without a right"), is_number=True),
        ColumnSpec("true_up", gettext("To buy"), is_sortable=False, is_number=True),
        ColumnSpec("reclaimable", gettext("To reclaim"), is_sortable=False, is_number=True),
        ColumnSpec("computed_at", gettext("Worked out"), is_sortable=False),
    ]
    rows = []
    for row in found.page.rows:
        cells: list[Cell] = [
            row.publisher or "—",
            gettext("without limit") if row.held is None else format_number(row.held),
            format_number(row.needed),
            _difference(row.held, row.needed),
            format_number(row.missing),
            _money(row.true_up, row.currency),
            _money(row.reclaimable, row.currency),
            write.seen(row.computed_at) if row.computed_at else gettext("waits"),
        ]
        url = url_for("compliance.show", product_id=row.id)
        rows.append(Line(row.id, url, row.name, cells))
    return ListView(
        request=wanted,
        caption=gettext("Compliance"),
        heads=wanted.heads(columns),
        rows=rows,
        count=found.count,
        count_text=ngettext(
            "%(count)s software", "%(count)s software", found.count,
            count=format_number(found.count),
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name"),
    )  # fmt: skip


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    hint = gettext(
        "A software comes here as soon as a licence is held for it, "
        "or when it needs one and is found."
    )
    return Empty(gettext("No position yet."), hint, url_for("licences.index"), gettext("Licences"))
