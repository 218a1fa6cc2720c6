"""The list of movements, those of an asset, a person or a place, loans due, and cancelling one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import ConflictError, InvalidInputError
from parc.extensions import db, transaction
from parc.models import DocumentSubject, Movement, MovementKind, MovementSource, MovementStatus
from parc.naming import movement_number
from parc.queries import movements as query
from parc.queries.asset_sheet import read_asset, read_sheet
from parc.queries.keyset import Cursor, Order, Page, PageReader
from parc.queries.locations import read_places
from parc.queries.movements import MovementFilter, MovementList
from parc.services import movements as service
from parc.services.fields import read_day
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.assets import assets, forget_counts
from parc.web.author_words import author_text
from parc.web.cells import CellWriter
from parc.web.context import now, today
from parc.web.documents import document_card, receive, takes_files
from parc.web.exports import ListFiles
from parc.web.formats import format_number, format_plain_date
from parc.web.forms import Form, filled, read_form
from parc.web.labels import label
from parc.web.listing import (
    Chip,
    ColumnSpec,
    Empty,
    FacetView,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    members_of,
    read_list,
    refuse,
    render_list,
)
from parc.web.messages import tell
from parc.web.movement_words import (
    changes_of,
    columns,
    details_of,
    holder_text,
    incident_text,
    kind_text,
    read_names,
)
from parc.web.names import know_people, known_places
from parc.web.settling import settle_about

movements = Blueprint("movements", __name__)

_DAYS: Final = ("since", "until")
_LIST: Final = ListSpec(
    "movements.index",
    tuple(query.SORTS),
    "-entered",
    (
        *("kind", "status", "source", "author", "person", "place", "asset"),
        *("incident", "contract", *_DAYS),
    ),
)
_OF_ONE: Final = 100
_OF_SUBJECT: Final = 20
_MOST_LOANS: Final = 100
_MOST_SUGGESTED: Final = 12


@movements.get("/movements")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List movements, the latest first."""
    return render_list("movements/list.html", _view(read_list(_LIST)))


@movements.get("/movements/orders")
@requires(Action.MOVE_ASSET)
def suggest_orders() -> ResponseReturnValue:
    """Give the order numbers that hold what is typed, as options of a field."""
    text = next(iter(request.args.values()), "").replace("\x00", "")[:200]
    found = query.suggest_orders(db.session(), text, _MOST_SUGGESTED)
    return render_template("places/_suggest.html", texts=found)


@movements.get("/movements/<int:movement_id>")
@requires(Action.VIEW_INVENTORY)
def show(movement_id: int) -> ResponseReturnValue:
    """Show one movement: what changed, what was said, whether it can be cancelled."""
    return _page(movement_id, filled())


@movements.post("/movements/<int:movement_id>/cancel")
@requires(Action.MOVE_ASSET)
def send_cancel(movement_id: int) -> ResponseReturnValue:
    """Cancel a movement."""
    form = read_form("reason")
    asset_id = query.read_movement(db.session(), movement_id).asset_id
    try:
        with transaction() as session:
            service.cancel(session, actor(), movement_id, reason=form.text("reason"), at=now())
            settle_about(session, assets=[asset_id])
    except InvalidInputError as error:
        return _page(movement_id, form.refused(error)), 422
    except ConflictError:
        return _page(movement_id, form, is_refused=True), 409
    forget_counts()
    tell(gettext("The movement is cancelled: the asset stands as it did before."))
    return redirect(url_for("assets.show", asset_id=asset_id))


@movements.post("/movements/<int:movement_id>/documents")
@requires(Action.MOVE_ASSET)
@takes_files
def send_document(movement_id: int) -> ResponseReturnValue:
    """Add a document to a movement: the signed sheet, a waste slip, a photograph."""
    row = query.read_movement(db.session(), movement_id)
    name = read_asset(db.session(), row.asset_id).name
    back = url_for("movements.show", movement_id=movement_id) + "#documents"
    return receive(DocumentSubject.MOVEMENT, movement_id, name, back)


@movements.get("/loans")
@requires(Action.VIEW_INVENTORY)
def loans() -> ResponseReturnValue:
    """List the assets on loan, those due first at the top."""
    rows = query.list_loans(db.session(), today=today(), limit=_MOST_LOANS, is_overdue=False)
    count = query.count_loans(db.session())
    return render_template("movements/loans.html", rows=rows, count=count, today=today())


@assets.get("/assets/<int:asset_id>/movements")
@requires(Action.VIEW_INVENTORY)
def of_asset(asset_id: int) -> ResponseReturnValue:
    """Show the movements of one asset, the latest first."""
    sheet = read_sheet(db.session(), asset_id)
    rows = query.movements_of(db.session(), MovementFilter(asset_ids=[asset_id]), _OF_ONE)
    read_names(rows)
    return render_template(
        "movements/asset.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="of_asset",
        rows=rows,
        kind_text=kind_text,
        changes_of=changes_of,
        most=_OF_ONE,
    )


def _page(movement_id: int, form: Form, *, is_refused: bool = False) -> str:
    session = db.session()
    row = query.read_movement(session, movement_id)
    asset = read_asset(session, row.asset_id)
    read_names([row])
    is_last = query.last_movement_id(session, row.asset_id) == row.id
    needs = {MovementKind.EXIT, MovementKind.CORRECTION}
    right = Action.DELETE_ASSET if row.kind in needs else Action.MOVE_ASSET
    return render_template(
        "movements/show.html",
        row=row,
        asset=asset,
        form=form,
        kind=kind_text(row),
        number=movement_number(row.id),
        changes=changes_of(row),
        details=details_of(row, asset.currency),
        contract=query.contract_named(session, row.contract_id),
        incident_number=incident_text(row.incident_id),
        can_cancel=is_last and may(actor(), right),
        is_last=is_last,
        is_refused=is_refused,
        is_confirmed=row.status is MovementStatus.CONFIRMED,
        card_documents=document_card(
            DocumentSubject.MOVEMENT,
            movement_id,
            url_for("movements.send_document", movement_id=movement_id),
        ),
    )


def _filter(wanted: ListRequest) -> MovementFilter:
    places = wanted.keys("place")
    tree = read_places(db.session()) if places else None
    return MovementFilter(
        members_of(MovementKind, wanted, "kind"),
        members_of(MovementStatus, wanted, "status"),
        members_of(MovementSource, wanted, "source"),
        wanted.chosen.get("author", ()),
        wanted.keys("person"),
        [inner for number in places for inner in (tree.within(number) if tree else ())],
        wanted.keys("asset"),
        wanted.keys("incident"),
        wanted.keys("contract"),
        wanted.text,
        *(_day(wanted, name) for name in _DAYS),
    )


def _day(wanted: ListRequest, name: str) -> date | None:
    text = " ".join(wanted.chosen.get(name, ()))
    day = read_day(text) if text else None
    if text and day is None:
        refuse(gettext("The filter %(name)s cannot be read.", name=name))
    return day


def _view(wanted: ListRequest) -> ListView:
    session = db.session()
    order = Order(query.SORTS[wanted.sort], Movement.id, wanted.is_descending)
    found = query.list_movements(
        session, _filter(wanted), order, wanted.cursor(order.sort), wanted.size
    )
    rows = found.page.rows
    read_names(rows)
    facets = _facets(wanted, found)
    heads = [
        ColumnSpec("asset", gettext("Asset"), is_sortable=False),
        ColumnSpec("kind", gettext("Kind"), is_sortable=False),
        ColumnSpec("effective_on", gettext("Takes effect on")),
        ColumnSpec("holder", gettext("Holder"), is_sortable=False),
        ColumnSpec("place", gettext("Place"), is_sortable=False, is_wide=True),
        ColumnSpec("state", gettext("State"), is_sortable=False),
        ColumnSpec("author", gettext("Author"), is_sortable=False),
        ColumnSpec("entered", gettext("Entered")),
        ColumnSpec("status", gettext("Status"), is_sortable=False),
    ]
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    count = min(found.count, query.COUNT_LIMIT)
    written = format_number(count) + ("+" if found.is_cut else "")
    return ListView(
        request=wanted,
        caption=gettext("Movements"),
        heads=wanted.heads(heads),
        rows=[_line(row, write) for row in rows],
        count=found.count,
        count_text=ngettext("%(count)s movement", "%(count)s movements", count, count=written),
        empty=Empty(gettext("No movement matches."), gettext("Take a filter away, or search less."))
        if wanted.is_narrowed
        else Empty(
            gettext("Nothing has moved yet."),
            gettext("Assign, lend or move an asset from its sheet."),
            url_for("assets.index"),
            gettext("Assets"),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=[*wanted.chips(facets), *_chips(wanted)],
        search_label=gettext("Filter by asset, person, number (M-000123) or what was said"),
        period_names=_DAYS,
    )


def _facets(wanted: ListRequest, found: MovementList) -> list[FacetView]:
    named: list[tuple[str, str, Any, Mapping[str, int]]] = [
        ("kind", gettext("Kind"), lambda v: label(MovementKind(v)), found.counts["kind"]),
        ("status", gettext("Status"), lambda v: label(MovementStatus(v)), found.counts["status"]),
        ("source", gettext("Source"), lambda v: label(MovementSource(v)), found.counts["source"]),
        ("author", gettext("Author"), str, found.counts["author"]),
    ]
    facets = [
        wanted.facet(name, text, counts, name_of, is_lower_bound=found.is_cut)
        for name, text, name_of, counts in named
    ]
    people = know_people(set(wanted.keys("person")))
    places = read_places(db.session()) if wanted.chosen.get("place") else None
    for name, text, name_of in (
        ("person", gettext("Person"), lambda v: people.get(int(v), f"#{v}")),
        ("place", gettext("Place"), lambda v: (places and places.path(int(v))) or f"#{v}"),
        ("asset", gettext("Asset"), lambda v: f"#{v}"),
        ("incident", gettext("Incident"), lambda v: incident_text(int(v))),
        ("contract", gettext("Contract"), _contract_name),
    ):
        if name in wanted.chosen:
            chosen = dict.fromkeys(wanted.chosen[name], found.count)
            facets.append(wanted.facet(name, text, chosen, name_of))
    return facets


def _contract_name(value: str) -> str:
    found = query.contract_named(db.session(), int(value))
    return f"{found.name} ({found.number})" if found else f"#{value}"


def movement_card(wanted: MovementFilter, **address: int) -> dict[str, Any]:
    """Give what ``movements/_of_subject.html`` shows; ``address`` narrows the list of all."""
    rows = query.movements_of(db.session(), wanted, _OF_SUBJECT)
    read_names(rows)
    arguments: dict[str, Any] = dict(address)
    return {
        "movements": rows,
        "movements_url": url_for("movements.index", **arguments),
        "kind_text": kind_text,
        "changes_of": changes_of,
    }


def _chips(wanted: ListRequest) -> Iterator[Chip]:
    for name, text in zip(_DAYS, (gettext("Since"), gettext("Until")), strict=True):
        for value in wanted.chosen.get(name, ()):
            rest = [pair for pair in wanted.parameters() if pair[0] != name]
            yield Chip(
                text + gettext(": ") + (format_plain_date(read_day(value)) or value),
                wanted.url(rest),
            )


def _line(row: Any, write: CellWriter) -> Line:
    cells = [
        kind_text(row),
        format_plain_date(row.effective_on),
        holder_text(row, "to") or "—",
        write.place(known_places(), row.to_location_id),
        write.badge(row.to_state),
        author_text(row.author),
        write.seen(row.entered_at),
        write.badge(row.status),
    ]
    name = f"{row.asset_name} ({row.asset_tag})"
    return Line(row.id, url_for("movements.show", movement_id=row.id), name, cells)


def _reader() -> PageReader:
    wanted = read_list(_LIST)
    narrowed, order = _filter(wanted), wanted.order(query.SORTS, Movement.id)

    def read(session: Any, cursor: Cursor | None, size: int) -> Page:
        page = query.movement_page(session, narrowed, order, cursor, size)
        read_names(page.rows)
        return page

    return read


ListFiles.of_columns(columns, _reader).offer(movements, "/movements/export")
