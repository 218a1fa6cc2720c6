"""The sheet of one asset: identity with the source of each field, parts, history, observations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from operator import itemgetter
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_pgettext as _in

from collectors.observation import Category
from parc.extensions import db
from parc.models import LockRule
from parc.naming import TOLD_BY
from parc.precedence import USUAL_LOCK_DAYS
from parc.queries import asset_sheet as query
from parc.queries.asset_sheet import Sheet
from parc.queries.audit import asset_history
from parc.queries.held import read_held
from parc.queries.host_entries import HostLine, read_entries, read_hosts
from parc.queries.incident_sheet import past_incidents
from parc.queries.observations import list_observations, read_observation
from parc.queries.places import read_spot, subject_of
from parc.queries.ports import read_neighbors
from parc.queries.provenance import GONE_SHOWN, gone_rows
from parc.row_keys import row_key
from parc.services.asset_values import KEPT_FIELDS
from parc.services.assets import EDITABLE_FIELDS
from parc.services.incident_values import number_text
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.asset_cover import cover_line
from parc.web.asset_hardware import SHOWN_FIRST, entry_state
from parc.web.asset_held import held_kind, held_word
from parc.web.assets import LABELS, assets
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.custom_words import custom_lines
from parc.web.field_lines import difference_lines, field_lines
from parc.web.formats import format_money, format_plain_date
from parc.web.found_by import read_why
from parc.web.history import TABLES, action_label, field_label, source_text, value_text
from parc.web.history_filter import HISTORY_SOURCES, read_history_filter, source_texts
from parc.web.labels import choices
from parc.web.listing import page_key
from parc.web.names import name_of
from parc.web.origins import origin_lines
from parc.web.where import CERTAINTIES, port_url, switch_url

_KEPT = (
    "custodian_person_id", "custodian_department_id", "technician_person_id", "loan_due_on",
    *(name for name in KEPT_FIELDS if name not in {"technician_person_id", "currency"}),
)  # fmt: skip
_ENTRIES = 50
_ATTACHED = frozenset({Category.MONITOR, Category.PRINTER})
_INCIDENTS = 5
_MORE_INTERFACES = 200
# IF-MIB, RFC 2863: ifOperStatus; the sign stands beside the word, never alone.
_OPER_STATUS: Mapping[int, tuple[str, str]] = {
    1: ("good", _in("interface", "Up")),
    2: ("neutral", _in("interface", "Down")),
    3: ("busy", _in("interface", "Testing")),
    4: ("neutral", _in("interface", "Unknown")),
    5: ("neutral", _in("interface", "Dormant")),
    6: ("neutral", _in("interface", "Not present")),
    7: ("warning", _in("interface", "Lower layer down")),
}
_DISABLED = ("neutral", _in("interface", "Disabled"))
_ADMIN_DOWN = 2


@assets.get("/assets/<int:asset_id>")
@requires(Action.VIEW_INVENTORY)
def show(asset_id: int) -> ResponseReturnValue:
    """Show identity and parts; what was merged leads to the record that has it now."""
    into = query.merged_into(db.session(), asset_id)
    if into is not None:
        return redirect(url_for("assets.show", asset_id=into))
    sheet = _read(asset_id)
    write = CellWriter(now())
    ids = [device.id for device in sheet.devices]
    parts = query.read_parts(
        db.session(), ids, has_all_components=request.args.get("components") == "all"
    )
    lines = field_lines(sheet, write)
    gone = gone_rows(db.session(), ids)
    return render_template(
        "assets/show.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="show",
        fields=[line for line in lines if line.value],
        empty_fields=[line for line in lines if not line.value],
        kept=[line for line in _kept_lines(sheet) if line[1]],
        chassis=origin_lines(sheet.devices).get("chassis_id", ()),
        differences=difference_lines(sheet),
        locks=choices(LockRule),
        usual_days=USUAL_LOCK_DAYS,
        gone=gone[:GONE_SHOWN],
        has_more_gone=len(gone) > GONE_SHOWN,
        tables=TABLES,
        parts=parts,
        inside=read_entries(db.session(), sheet.devices, SHOWN_FIRST),
        hosts=_hosts(sheet),
        entry_state=entry_state,
        held=read_held(db.session(), sheet.devices, asset_id),
        held_word=held_word,
        held_kind=held_kind,
        write=write,
        oper_status=oper_status,
        spot=read_spot(db.session(), subject_of(db.session(), sheet.devices)),
        certainties=CERTAINTIES,
        switch_url=switch_url,
        port_url=port_url,
        neighbors=read_neighbors(db.session(), ids),
        why=read_why(sheet.devices),
        cover=cover_line(asset_id),
        custom=custom_lines(asset_id),
        incidents=past_incidents(db.session(), [asset_id], limit=_INCIDENTS),
        number_text=number_text,
    )


def _hosts(sheet: Sheet) -> list[HostLine]:
    """Read which hosts tell of it; only of what is attached to hosts."""
    is_attached = sheet.asset.category in _ATTACHED
    return read_hosts(db.session(), sheet.asset.id) if is_attached else []


@assets.get("/assets/<int:asset_id>/interfaces")
@requires(Action.VIEW_INVENTORY)
def interfaces(asset_id: int) -> ResponseReturnValue:
    """Show all interfaces, a page at a time."""
    sheet = _read(asset_id)
    ids = [device.id for device in sheet.devices]
    after = _interface_after()
    rows = query.read_interfaces(db.session(), ids, _MORE_INTERFACES + 1, after) if ids else []
    next_url = ""
    if len(rows) > _MORE_INTERFACES:
        rows = rows[:_MORE_INTERFACES]
        place = f"{rows[-1].if_index}.{rows[-1].id}"
        next_url = url_for("assets.interfaces", asset_id=asset_id, after=place)
    return render_template(
        "assets/interfaces.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="interfaces",
        rows=query.by_name(rows),
        next_url=next_url,
        oper_status=oper_status,
        neighbors=read_neighbors(db.session(), ids),
    )


@assets.get("/assets/<int:asset_id>/history")
@requires(Action.VIEW_INVENTORY)
def history(asset_id: int) -> ResponseReturnValue:
    """Show what changed, by whom, from what to what."""
    sheet = _read(asset_id)
    wanted, given = read_history_filter()
    entries = asset_history(db.session(), asset_id, page_key("before"), _ENTRIES + 1, wanted)
    next_url = ""
    if len(entries) > _ENTRIES:
        entries = entries[:_ENTRIES]
        page: dict[str, Any] = {**given, "before": entries[-1].id}
        next_url = url_for("assets.history", asset_id=asset_id, **page)
    return render_template(
        "assets/history.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="history",
        entries=list(zip(entries, source_texts(db.session(), entries), strict=True)),
        told_by=TOLD_BY,
        action_label=action_label,
        field_label=field_label,
        value_text=value_text,
        next_url=next_url,
        given=given,
        fields=sorted(((name, field_label(name)) for name in EDITABLE_FIELDS), key=itemgetter(1)),
        sources=HISTORY_SOURCES,
    )


@assets.get("/assets/<int:asset_id>/observations")
@requires(Action.VIEW_OBSERVATION)
def observations(asset_id: int) -> ResponseReturnValue:
    """List what the devices said, as it was kept."""
    sheet = _read(asset_id)
    ids = [device.id for device in sheet.devices]
    rows = list_observations(db.session(), ids, page_key("before"), _ENTRIES + 1)
    next_url = ""
    if len(rows) > _ENTRIES:
        rows = rows[:_ENTRIES]
        next_url = url_for("assets.observations", asset_id=asset_id, before=rows[-1].id)
    return render_template(
        "assets/observations.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="observations",
        rows=rows,
        next_url=next_url,
        source_text=source_text,
    )


@assets.get("/assets/<int:asset_id>/observations/<int:observation_id>")
@requires(Action.VIEW_OBSERVATION)
def observation(asset_id: int, observation_id: int) -> ResponseReturnValue:
    """Show one observation as indented JSON, which the template escapes as any text."""
    sheet = _read(asset_id)
    ids = [device.id for device in sheet.devices]
    row, text = read_observation(db.session(), observation_id, ids)
    return render_template(
        "assets/observation.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="observations",
        row=row,
        text=text,
        source_text=source_text,
    )


def oper_status(row: Any) -> tuple[str, str]:
    """Give the kind of badge and the word for an interface's state."""
    if row.if_admin_status == _ADMIN_DOWN:
        return _DISABLED
    return _OPER_STATUS.get(row.if_oper_status, ("neutral", "—"))


def _read(asset_id: int) -> Sheet:
    return query.read_sheet(db.session(), asset_id)


def _kept_lines(sheet: Sheet) -> list[tuple[str, str, str]]:
    """Give what people keep of the asset: label, value, and the address of whom it names."""
    asset = sheet.asset
    lines = []
    for name in _KEPT:
        value = getattr(asset, name)
        url = ""
        if value is None:
            text = ""
        elif name == "purchase_price":
            text = format_money(value, asset.currency)
        elif isinstance(value, date):
            text = format_plain_date(value)
        else:
            text = (name_of(name, value) if name.endswith("_id") else None) or str(value)
        if value is not None and name.endswith("person_id"):
            url = url_for("people.show", person_id=value)
        elif value is not None and name == "supplier_id" and may(actor(), Action.VIEW_CONTRACT):
            url = url_for("suppliers.show", supplier_id=value)
        elif value is not None and name.endswith("department_id"):
            url = url_for("departments.show", department_id=value)
        lines.append((str(LABELS[name]), text, url))
    return lines


def _interface_after() -> tuple[int, int] | None:
    text = request.args.get("after", "")
    if not text:
        return None
    first, _dot, second = text.partition(".")
    index, key = row_key(first.removeprefix("-")), row_key(second)
    if index is None or key is None:
        abort(422, description=gettext("This page does not exist any more."))
    return -index if first.startswith("-") else index, key
