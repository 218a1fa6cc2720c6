"""The queue of unknown devices: accept, attach, ignore, restore; one, many, or all that match."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import ChangeSetKind, Device, DeviceStatus
from parc.queries import devices as query
from parc.queries.assets import find_exact, suggest
from parc.queries.candidates import Candidate
from parc.queries.devices import DeviceFilter
from parc.queries.keyset import Order
from parc.row_keys import row_key
from parc.services import devices as service
from parc.services.change_sets import recording
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.addresses import pairs_of
from parc.web.assets import forget_counts
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.dates import read_day
from parc.web.formats import format_number
from parc.web.forms import Form, filled, read_form
from parc.web.found_by import read_why
from parc.web.inbox_words import score_text
from parc.web.labels import label
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
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
from parc.web.settling import settle_about

devices = Blueprint("devices", __name__)

UNKNOWN = ListSpec("devices.index", tuple(query.SORTS), "-last_seen_at", ("category", "range"))
IGNORED = ListSpec("devices.ignored", tuple(query.SORTS), "-last_seen_at", ("category", "range"))
_MOST_AT_ONCE = 1_000
_MOST_FOUND = 20
_BULK = ("id", "all", "filters")
_COLUMNS = (
    ("address", _("Address"), True),
    ("category", _("Category, by its signs"), True),
    ("manufacturer", _("Manufacturer and model"), True),
    ("serial", _("Serial number, MAC"), False),
    ("candidates", _("May be"), False),
    ("last_seen_at", _("Last seen"), True),
)
_LINK = Markup('<a href="{}">{}</a> <span class="source">{}</span>')
_GUESS = Markup('<span title="{}">{}</span> <span class="source">{}</span>')
_TWO = Markup('{}<span class="source"> {}</span>')


@devices.get("/devices")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show what was seen and is no asset."""
    return _page(UNKNOWN, DeviceStatus.UNKNOWN)


@devices.get("/devices/ignored")
@requires(Action.VIEW_INVENTORY)
def ignored() -> ResponseReturnValue:
    """Show what people chose to ignore."""
    return _page(IGNORED, DeviceStatus.IGNORED)


@devices.post("/devices/decide")
@requires(Action.DECIDE_DEVICE)
def decide() -> ResponseReturnValue:
    """Do at once what needs no more words, or go on to the page that asks for them."""
    form = read_form(*_BULK, "action")
    action = form.value("action")
    ids = _chosen(form)
    if action == "accept":
        return _accept(ids)
    if action == "restore":
        return _restore(ids)
    if action == "attach":
        return _attach_page(ids, "")
    if action != "ignore":
        refuse(gettext("%(name)s is no decision.", name=action[:40]))
    return _ignore_page(ids, filled())


@devices.post("/devices/attach")
@requires(Action.DECIDE_DEVICE)
def attach() -> ResponseReturnValue:
    """Say that the devices are an asset; without one chosen, search for it."""
    form = read_form("id", "q", "asset_id")
    ids, chosen = _chosen(form), form.value("asset_id")
    if not chosen:
        return _attach_page(ids, form.text("q"))
    asset_id = row_key(chosen)
    if asset_id is None:
        refuse(gettext("%(name)s is no asset.", name=chosen[:40]))
    with transaction() as session, _as_one_act(session):
        asset = service.attach(session, actor(), ids, asset_id, at=now())
        settle_about(session, devices=ids, assets=[asset.id])
    forget_counts()
    tell(
        ngettext(
            "%(num)s device is now part of %(name)s.",
            "%(num)s devices are now part of %(name)s.",
            len(ids),
            name=asset.name,
        ),
        url=url_for("assets.show", asset_id=asset.id),
        link=gettext("Open"),
    )
    return redirect(url_for("devices.index"))


@devices.post("/devices/ignore")
@requires(Action.DECIDE_DEVICE)
def ignore() -> ResponseReturnValue:
    """Take devices out of the queue, with a reason."""
    form = read_form("id", "reason", "until")
    ids = _chosen(form)
    try:
        until = read_day("until", form.text("until"))
        with transaction() as session, _as_one_act(session):
            service.ignore(session, actor(), ids, reason=form.text("reason"), until=until, at=now())
            settle_about(session, devices=ids)
    except InvalidInputError as error:
        return _ignore_page(ids, form.refused(error)), 422
    tell(
        ngettext("%(num)s device is ignored.", "%(num)s devices are ignored.", len(ids)),
        undo_url=_undo(ids),
    )
    return redirect(url_for("devices.index"))


@devices.post("/devices/restore/<ids>")
@requires(Action.DECIDE_DEVICE)
def undo(ids: str) -> ResponseReturnValue:
    """Take an "ignore" back: the ids are in the address, with commas between them."""
    read_form()
    keys = [row_key(part) for part in ids.split(",")]
    if None in keys:
        abort(404)
    return _restore([key for key in keys if key is not None])


def _as_one_act(session: Any) -> AbstractContextManager[object]:
    """Let what is decided be undone as a whole."""
    return recording(session, actor(), ChangeSetKind.DECISION, {"code": "decided"}, now())


def _page(spec: ListSpec, status: DeviceStatus) -> ResponseReturnValue:
    wanted = read_list(spec)
    sort = query.SORTS[wanted.sort]
    categories = wanted.chosen.get("category", ())
    for value in categories:
        if value not in set(Category):
            refuse(gettext("%(name)s is no category.", name=value[:40]))
    ranges = wanted.keys("range")
    found = query.list_devices(
        db.session(),
        DeviceFilter(status, wanted.text, categories, ranges),
        Order(sort, Device.id, wanted.is_descending),
        wanted.cursor(sort),
        wanted.size,
    )
    counts = query.category_counts(db.session(), status)
    by_range = query.range_counts(db.session(), status)
    range_counts = {number: count for number, (_name, count) in by_range.items()}
    facets = [
        wanted.facet("category", _("Category"), counts, lambda value: label(Category(value))),
        wanted.facet("range", _("Range"), range_counts, lambda v: by_range.get(v, (f"#{v}", 0))[0]),
    ]
    previous_url, next_url = wanted.pages(found.page)
    count = min(found.count, query.COUNT_LIMIT)
    written = format_number(count) + ("+" if found.count > count else "")
    columns = [ColumnSpec("name", _("Name"), is_sortable=False)]
    columns += [ColumnSpec(name, text, can_sort) for name, text, can_sort in _COLUMNS]
    if status is DeviceStatus.IGNORED:
        columns[-2] = ColumnSpec("reason", _("Reason"), is_sortable=False)
    view = ListView(
        request=wanted,
        caption=gettext("Unknown devices"),
        heads=wanted.heads(columns),
        rows=_lines(found, status),
        count=found.count,
        count_text=ngettext("%(count)s device", "%(count)s devices", count, count=written),
        empty=_empty(status, wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=[facet for facet in facets if facet.options],
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name, number or address"),
        bulk_url=url_for("devices.decide") if may(actor(), Action.DECIDE_DEVICE) else "",
        bulk_template="devices/_bulk.html",
    )
    return render_list("devices/list.html", view, status=status)


def _lines(found: query.DevicePage, status: DeviceStatus) -> list[Line]:
    write = CellWriter(now())
    lines = []
    for row in found.page.rows:
        signs = found.signs.get(row.id, ())
        category = write.label(Category(row.category)) if row.category else "—"
        maker = " ".join(filter(None, (row.manufacturer or row.oui_manufacturer, row.model_name)))
        may_be: Cell = _candidate_cell(found.candidates.get(row.id, ()))
        if status is DeviceStatus.IGNORED:
            until = (
                write.label(None) if row.ignored_until is None else f"{row.ignored_until:%Y-%m-%d}"
            )
            may_be = _TWO.format(row.ignore_reason or "—", gettext("until %(day)s", day=until))
        cells: list[Cell] = [
            row.address,
            _GUESS.format("; ".join(signs), category, signs[0] if signs else ""),
            maker or "—",
            _TWO.format(row.serial_number or "—", row.base_mac_address or ""),
            may_be,
            write.seen(row.last_seen_at),
        ]
        url = url_for("devices.show", device_id=row.id)
        lines.append(Line(row.id, url, query.name_of(row), cells))
    return lines


def _candidate_cell(candidates: Sequence[Candidate]) -> Cell:
    if not candidates:
        return "—"
    return Markup(", ").join(
        _LINK.format(
            url_for("assets.show", asset_id=candidate.asset_id),
            candidate.name,
            score_text(candidate.by),
        )
        for candidate in candidates
    )


def _empty(status: DeviceStatus, wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No device matches."), gettext("Take a filter away, or search less."))
    if status is DeviceStatus.IGNORED:
        return Empty(gettext("No device is ignored."))
    has_ranges = "ranges.index" in current_app.view_functions
    return Empty(
        gettext("Nothing is waiting for a decision."),
        gettext("What a sweep sees and cannot place comes here."),
        url_for("ranges.index") if has_ranges and may(actor(), Action.VIEW_RANGE) else "",
        gettext("Address ranges"),
    )


@devices.get("/devices/<int:device_id>")
@requires(Action.VIEW_INVENTORY)
def show(device_id: int) -> ResponseReturnValue:
    """Show all that was seen of one device."""
    sheet = query.read_device(db.session(), device_id)
    if sheet.device.asset_id is not None:
        return redirect(url_for("assets.show", asset_id=sheet.device.asset_id))
    return render_template(
        "devices/show.html",
        device=sheet.device,
        name=query.name_of(sheet.device),
        signs=sheet.signs,
        services=sheet.services,
        candidates=sheet.candidates,
        score_text=score_text,
        write=CellWriter(now()),
        why=read_why([sheet.device]),
    )


def _accept(ids: list[int]) -> ResponseReturnValue:
    with transaction() as session, _as_one_act(session):
        made = service.accept(session, actor(), ids, at=now())
        settle_about(session, devices=ids)
    forget_counts()
    if len(made) == 1:
        tell(
            gettext("%(name)s is an asset now.", name=made[0].name),
            url=url_for("assets.show", asset_id=made[0].id),
            link=gettext("Open"),
        )
    else:
        tell(
            ngettext(
                "%(num)s device is an asset now.", "%(num)s devices are assets now.", len(made)
            )
        )
    return redirect(url_for("devices.index"))


def _restore(ids: list[int]) -> ResponseReturnValue:
    with transaction() as session, _as_one_act(session):
        service.restore(session, actor(), ids, at=now())
        settle_about(session, devices=ids)
    tell(
        ngettext(
            "%(num)s device waits for a decision again.",
            "%(num)s devices wait for a decision again.",
            len(ids),
        )
    )
    return redirect(url_for("devices.index"))


def _undo(ids: list[int]) -> str:
    """Give the address that restores; too many ids for an address can be restored in the list."""
    return url_for("devices.undo", ids=",".join(map(str, ids))) if len(ids) <= 100 else ""  # noqa: PLR2004 -- length of an address


def _attach_page(ids: list[int], text: str) -> ResponseReturnValue:
    session = db.session()
    rows = query.read_devices(session, ids)
    found = suggest(session, text, _MOST_FOUND) if text else []
    candidates = query.candidates_of(session, ids)
    exact = find_exact(session, text) if text else None
    return render_template(
        "devices/attach.html",
        rows=rows,
        names=[query.name_of(row) for row in rows],
        text=text,
        found=found,
        exact=exact,
        candidates=candidates,
        score_text=score_text,
    )


def _ignore_page(ids: list[int], form: Form) -> str:
    rows = query.read_devices(db.session(), ids)
    return render_template(
        "devices/ignore.html", rows=rows, names=[query.name_of(row) for row in rows], form=form
    )


def _chosen(form: Form) -> list[int]:
    """Give the ids that a form names: its ticks, or all that match the filters of the list."""
    if not form.is_checked("all"):
        ids = read_ids(form)
    else:
        ids = query.device_ids(db.session(), _filter_of(form.value("filters")), _MOST_AT_ONCE + 1)
    if not ids:
        abort(400, description=gettext("Nothing is ticked."))
    if len(ids) > _MOST_AT_ONCE:
        refuse(gettext("At most %(num)s at once.", num=format_number(_MOST_AT_ONCE)))
    return ids


def _filter_of(url: str) -> DeviceFilter:
    pairs = pairs_of(url)
    is_ignored = url.partition("?")[0] == url_for("devices.ignored")
    return DeviceFilter(
        DeviceStatus.IGNORED if is_ignored else DeviceStatus.UNKNOWN,
        next((value for name, value in pairs if name == "q"), "")[:200],
        tuple(value for name, value in pairs if name == "category"),
        read_keys("range", [value for name, value in pairs if name == "range"]),
    )
