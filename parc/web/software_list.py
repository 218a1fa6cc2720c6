"""The list of found software, its exports, and the status of what is ticked in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext, pgettext
from flask_babel import lazy_pgettext as _in
from markupsafe import Markup

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import ProductStatus, SoftwareProduct
from parc.queries import software as query
from parc.queries.keyset import Order, PageReader
from parc.queries.software import SoftwareFilter
from parc.queries.software_sheet import get_product
from parc.services.permissions import Action, may
from parc.services.software_needs import AS_USUAL, set_need
from parc.services.software_status import MOST_PRODUCTS, StatusDraft, plan_status, set_status
from parc.software.licensing import LicenceNeed
from parc.software.rules import SoftwareKind
from parc.web.access import actor, requires
from parc.web.addresses import pairs_of
from parc.web.bulk import chosen_ids
from parc.web.cells import CellWriter, badge_cell
from parc.web.context import now, today
from parc.web.exports import ListFiles
from parc.web.formats import format_number, format_plain_date
from parc.web.forms import Form, filled, read_form
from parc.web.labels import badge_kind, choices, label
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_ids,
    read_keys,
    read_list,
    refuse,
    render_list,
)
from parc.web.messages import tell

software = Blueprint("software", __name__)

SPEC = ListSpec(
    "software.index",
    tuple(query.SORTS),
    "-machines",
    ("kind", "status", "licence", "publisher", "support", "seen"),
)
_ALL = "all"
WEEK = timedelta(days=7)
SUPPORT: Mapping[str, str] = {
    "ended": _in("software", "Support has ended"),
    "90": _in("software", "Ends within 90 days"),
    "365": _in("software", "Ends within a year"),
}
SEEN: Mapping[str, str] = {
    "new": _in("software", "New this week"),
    "gone": _in("software", "On no machine any more"),
}
NEEDS: Mapping[str, str] = {
    LicenceNeed.YES: _in("software", "Needs a licence"),
    LicenceNeed.NO: _in("software", "Needs none"),
    query.NEED_UNKNOWN: _in("software", "Not known"),
}
STATUS_FIELDS = ("status", "status_reason", "until", "owner")
_BESIDE = Markup('<span>{} <span class="source">{}</span></span>')
_SHOWN = 100


@software.get("/software")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show the list."""
    return render_list("software/list.html", _view())


@software.post("/software/status")
@requires(Action.EDIT_LICENCE)
def send_status() -> ResponseReturnValue:
    """Ask for the status of what is ticked, say what it would change, then set it."""
    form = read_form("id", "all", "filters", "chosen", *STATUS_FIELDS, "is_planned", "is_confirmed")
    ids = _chosen(form)
    if not form.is_checked("is_planned") and not form.is_checked("is_confirmed"):
        return status_page(form if form.problems else filled(), ids)
    draft = draft_of(form)
    try:
        if not form.is_checked("is_confirmed"):
            plan = plan_status(db.session(), draft, ids)
            return render_template(
                "software/status_plan.html",
                plan=plan,
                shown=plan.changed[:_SHOWN],
                draft=draft,
                ids=ids,
                status=label(ProductStatus(draft.status)),
            )
        with transaction() as session:
            done = set_status(session, actor(), draft, ids, at=now())
    except InvalidInputError as error:
        return status_page(form.refused(error), ids), 422
    count = len(done.changed)
    tell(ngettext("%(num)s product is changed.", "%(num)s products are changed.", count))
    if len(ids) == 1:
        return redirect(url_for("software.show", product_id=ids[0]))
    return redirect(url_for("software.index"))


@software.post("/software/licence-need")
@requires(Action.EDIT_LICENCE)
def send_need() -> ResponseReturnValue:
    """Ask whether what is ticked needs a licence, then keep the answer."""
    form = read_form("id", "all", "filters", "chosen", "licence_need", "is_answered")
    ids = _chosen(form)
    if not form.is_checked("is_answered"):
        return _need_page(filled(), ids)
    try:
        with transaction() as session:
            count = set_need(session, actor(), form.text("licence_need"), ids, at=now())
    except InvalidInputError as error:
        return _need_page(form.refused(error), ids), 422
    tell(ngettext("%(num)s product is changed.", "%(num)s products are changed.", count))
    if len(ids) == 1:
        return redirect(url_for("software.show", product_id=ids[0]))
    return redirect(url_for("software.index"))


@software.get("/software/<int:product_id>/licence-need")
@requires(Action.EDIT_LICENCE)
def need(product_id: int) -> ResponseReturnValue:
    """Ask whether one product needs a licence."""
    row = get_product(db.session(), product_id)
    return _need_page(filled(licence_need=row.licence_need or AS_USUAL), [product_id])


def _need_page(form: Form, ids: Sequence[int]) -> str:
    answers = [
        *choices(LicenceNeed),
        (AS_USUAL, pgettext("licence need", "As the table that comes with Parc says")),
    ]
    return render_template("software/need.html", form=form, ids=ids, answers=answers)


@software.app_template_global("support_end")
def support_end(day: date | None) -> Markup | str:
    """Say until when a version is supported; with a badge when that is past or near."""
    if day is None:
        return "—"
    text = str(format_plain_date(day))
    if day < today():
        return _BESIDE.format(badge_cell("bad", pgettext("support", "ended")), text)
    is_near = day <= today() + timedelta(days=90)
    return badge_cell("warning", text) if is_near else text


@software.app_template_global("product_status")
def product_status(row: Any) -> Markup:
    """Say whether a product may be used; what is tolerated too long says so."""
    badge = badge_cell(badge_kind(row.status), label(row.status))
    if row.status is not ProductStatus.TOLERATED or row.status_until is None:
        return badge
    day = format_plain_date(row.status_until)
    if row.status_until >= today():
        return _BESIDE.format(badge, gettext("until %(day)s", day=day))
    badge = badge_cell("bad", label(row.status))
    return _BESIDE.format(badge, gettext("until %(day)s: over", day=day))


def draft_of(form: Form) -> StatusDraft:
    """Give the status that a form holds."""
    return StatusDraft(
        form.text("status"), form.text("status_reason"), form.text("until"), form.text("owner")
    )


def status_page(form: Form, ids: Sequence[int]) -> str:
    """Show the form of a status."""
    return render_template(
        "software/status.html", form=form, ids=ids, statuses=choices(ProductStatus)
    )


def _wanted() -> tuple[ListRequest, SoftwareFilter, Order]:
    wanted = read_list(SPEC)
    order = wanted.order(query.SORTS, SoftwareProduct.id)
    return wanted, _filter(wanted.text, wanted.chosen), order


def _filter(text: str, chosen: Mapping[str, Sequence[str]]) -> SoftwareFilter:
    """Read the filters of the list; a word that is not in its set is refused with 422."""
    known = {
        "kind": {_ALL, *(kind.value for kind in SoftwareKind)},
        "status": {status.value for status in ProductStatus},
        "support": set(SUPPORT),
        "seen": set(SEEN),
        "licence": set(NEEDS),
    }
    for name, values in known.items():
        if not set(chosen.get(name, ())) <= values:
            refuse(gettext("The filter %(name)s cannot be read.", name=name))
    kinds = chosen.get("kind") or (SoftwareKind.PRODUCT.value,)
    seen = chosen.get("seen", ())
    return SoftwareFilter(
        text,
        () if _ALL in kinds else kinds,
        chosen.get("status", ()),
        chosen.get("licence", ()),
        read_keys("publisher", chosen.get("publisher", ())),
        _support_before(chosen.get("support", ())),
        now() - WEEK if "new" in seen else None,
        "gone" in seen,
    )


def _chosen(form: Form) -> list[int]:
    """Give the products: those of the page before, else the ticked, else all that match."""
    if form.value("chosen"):
        return chosen_ids(form)
    if not form.is_checked("all"):
        ids = read_ids(form)
    else:
        pairs = pairs_of(form.value("filters"))
        chosen = {name: [v for key, v in pairs if key == name] for name in SPEC.filters}
        text = next((value for name, value in pairs if name == "q"), "")
        ids = query.find_ids(db.session(), _filter(text, chosen), MOST_PRODUCTS)
    if not ids:
        abort(400, description=gettext("Nothing is ticked."))
    return ids


def _support_before(values: Sequence[str]) -> date | None:
    if not values:
        return None
    return today() + timedelta(days=max(int(one) if one.isdecimal() else 0 for one in values))


def _reader() -> PageReader:
    _address, chosen, order = _wanted()
    return lambda session, cursor, size: query.software_page(session, chosen, order, cursor, size)


def _heads() -> list[str]:
    return [
        gettext("Product"),
        gettext("Publisher"),
        gettext("Kind"),
        gettext("Machines"),
        gettext("Status"),
        gettext("Reason"),
        gettext("Tolerated until"),
        gettext("Needs a licence"),
        gettext("First seen"),
        gettext("Last seen"),
        gettext("Removed on"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.name,
        row.publisher or "",
        label(row.kind),
        str(row.machine_count),
        label(row.status),
        row.status_reason or "",
        row.status_until.isoformat() if row.status_until else "",
        label(row.need) if row.need else "",
        _iso(row.first_seen_at),
        _iso(row.last_seen_at),
        _iso(row.removed_at),
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(software, "/software/export")


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _facets(wanted: ListRequest, found: query.SoftwareList) -> list[FacetView]:
    kinds = {**found.by_kind, _ALL: sum(found.by_kind.values())}
    names = {kind.value: label(kind) for kind in SoftwareKind} | {_ALL: gettext("All kinds")}
    return [
        wanted.facet(
            "status",
            gettext("Status"),
            found.by_status,
            lambda value: label(ProductStatus(value)),
            order=[status.value for status in ProductStatus],
        ),
        wanted.plain_facet("licence", gettext("Licence"), NEEDS),
        wanted.plain_facet("support", gettext("End of support"), SUPPORT),
        wanted.plain_facet("seen", gettext("Seen"), SEEN),
        wanted.facet(
            "publisher",
            gettext("Publisher"),
            found.by_publisher,
            lambda value: found.publishers.get(value, value),
        ),
        wanted.facet(
            "kind", gettext("Kind"), kinds, lambda value: names[value], order=tuple(names)
        ),
    ]


def _view() -> ListView:
    wanted, chosen, order = _wanted()
    found = query.list_software(db.session(), chosen, order, wanted.cursor(order.sort), wanted.size)
    facets = _facets(wanted, found)
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    columns = [
        ColumnSpec("name", gettext("Product")),
        ColumnSpec("publisher", gettext("Publisher"), is_sortable=False),
        ColumnSpec("machines", gettext("Machines"), is_number=True),
        ColumnSpec("versions", gettext("Versions"), is_sortable=False, is_number=True),
        ColumnSpec("status", gettext("Status"), is_sortable=False),
        ColumnSpec("support", gettext("End of support"), is_sortable=False),
        ColumnSpec("first_seen", gettext("First seen")),
        ColumnSpec("last_seen", gettext("Last seen")),
    ]
    rows = []
    for row in found.page.rows:
        versions, end = found.titles.get(row.id, (0, None))
        cells: list[Cell] = [
            row.publisher or "—",
            str(format_number(row.machine_count)),
            str(format_number(versions)),
            product_status(row),
            support_end(end),
            write.seen(row.first_seen_at),
            write.seen(row.last_seen_at),
        ]
        url = url_for("software.show", product_id=row.id)
        rows.append(Line(row.id, url, row.name, cells))
    is_editor = may(actor(), Action.EDIT_LICENCE)
    return ListView(
        request=wanted,
        caption=gettext("Software"),
        heads=wanted.heads(columns),
        rows=rows,
        count=found.count,
        count_text=ngettext(
            "%(count)s product", "%(count)s products", found.count, count=format_number(found.count)
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name"),
        bulk_url=url_for("software.send_status") if is_editor else "",
        bulk_template="software/_bulk.html",
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    return Empty(
        gettext("No software yet."),
        gettext("Agents and SNMP tell what is installed: point agents here, or sweep a range."),
        url_for("agents.index") if may(actor(), Action.VIEW_AGENT) else "",
        gettext("Agents"),
    )
