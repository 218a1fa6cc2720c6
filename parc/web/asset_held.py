"""What only some kinds of device hold, on the sheet of an asset: words for it, and all software."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_pgettext as _in

from parc.extensions import db, transaction
from parc.queries.asset_sheet import read_sheet
from parc.queries.held import read_installations, read_managed
from parc.queries.software import read_meanings
from parc.row_keys import row_key
from parc.services.permissions import Action
from parc.services.told_devices import accept_told
from parc.web.access import actor, requires
from parc.web.assets import assets
from parc.web.context import now
from parc.web.formats import format_told_day
from parc.web.forms import read_form
from parc.web.listing import refuse
from parc.web.messages import tell

_ROWS = 200
_WORDS: Mapping[str, str] = {
    # prtMarkerLifeCount and the makers' counts
    "total": _in("count", "In all"),
    "color": _in("count", "In colour"),
    "mono": _in("count", "In black"),
    "impressions": _in("unit", "pages"),
    "sheets": _in("unit", "sheets"),
    "meters": _in("unit", "metres"),
    "feet": _in("unit", "feet"),
    "hours": _in("unit", "hours"),
    "percent": "%",
    # upsBatteryStatus
    "batteryNormal": _in("battery", "Normal"),
    "batteryLow": _in("battery", "Low"),
    "batteryDepleted": _in("battery", "Empty"),
    # upsOutputSource
    "none": _in("power", "Nothing"),
    "normal": _in("power", "Mains"),
    "bypass": _in("power", "Bypass"),
    "battery": _in("power", "Battery"),
    "booster": _in("power", "Mains, raised"),
    "reducer": _in("power", "Mains, lowered"),
    "other": _in("power", "Other"),
    # of an access point or a virtual machine
    "up": _in("interface", "Up"),
    "down": _in("interface", "Down"),
    "on": _in("machine", "On"),
    "off": _in("machine", "Off"),
    "suspended": _in("machine", "Suspended"),
    # entPhysicalClass
    "chassis": _in("component", "Chassis"),
    "backplane": _in("component", "Backplane"),
    "container": _in("component", "Slot"),
    "powerSupply": _in("component", "Power supply"),
    "fan": _in("component", "Fan"),
    "sensor": _in("component", "Sensor"),
    "module": _in("component", "Module"),
    "port": _in("component", "Port"),
    "stack": _in("component", "Stack"),
    "cpu": _in("component", "Processor"),
    "storageDrive": _in("component", "Disk"),
    "unknown": _in("component", "Not known"),
    # hrSWInstalledType
    "operatingSystem": _in("software", "Operating system"),
    "deviceDriver": _in("software", "Driver"),
    "application": _in("software", "Application"),
}
_KINDS: Mapping[str, str] = {
    "up": "good",
    "down": "warning",
    "on": "good",
    "batteryNormal": "good",
    "batteryLow": "warning",
    "batteryDepleted": "bad",
    "normal": "good",
    "battery": "warning",
    "bypass": "warning",
    "none": "bad",
}


def held_word(word: str | None) -> str:
    """Give a MIB's word in the reader's language; one that has none as it stands."""
    return "" if word is None else str(_WORDS.get(word, word))


def held_kind(word: str | None) -> str:
    """Give the kind of badge for a state."""
    return _KINDS.get(word or "", "neutral")


@assets.get("/assets/<int:asset_id>/software")
@requires(Action.VIEW_INVENTORY)
def software(asset_id: int) -> ResponseReturnValue:
    """Show all installed software, a page at a time."""
    sheet = read_sheet(db.session(), asset_id)
    ids = [device.id for device in sheet.devices]
    rows = read_installations(db.session(), ids, _ROWS + 1, _after()) if ids else []
    next_url = ""
    if len(rows) > _ROWS:
        rows = rows[:_ROWS]
        last = rows[-1]
        next_url = url_for("assets.software", asset_id=asset_id, after=f"{last.id}.{last.name}")
    return render_template(
        "assets/software.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="software",
        rows=rows,
        meanings=read_meanings(db.session(), [row.title_id for row in rows if row.title_id]),
        next_url=next_url,
        held_word=held_word,
        told_day=format_told_day,
    )


@assets.get("/assets/<int:asset_id>/managed")
@requires(Action.VIEW_INVENTORY)
def managed(asset_id: int) -> ResponseReturnValue:
    """Show all access points or virtual machines that it tells of, a page at a time."""
    sheet = read_sheet(db.session(), asset_id)
    ids = [device.id for device in sheet.devices]
    lines = read_managed(db.session(), ids, _ROWS + 1, _after()) if ids else []
    next_url = ""
    if len(lines) > _ROWS:
        lines = lines[:_ROWS]
        last = lines[-1].row
        place = f"{last.id}.{last.name or last.key}"
        next_url = url_for("assets.managed", asset_id=asset_id, after=place)
    return render_template(
        "assets/managed.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="managed",
        lines=lines,
        next_url=next_url,
        held_word=held_word,
        held_kind=held_kind,
    )


@assets.post("/assets/<int:asset_id>/managed")
@requires(Action.DECIDE_DEVICE)
def accept_managed(asset_id: int) -> ResponseReturnValue:
    """Make an asset of an access point or a virtual machine that was met at no address."""
    form = read_form("id")
    device_id = row_key(form.value("id"))
    if device_id is None:
        refuse(gettext("%(name)s is no asset.", name=form.value("id")[:40]))
    with transaction() as session:
        (made,) = accept_told(
            session,
            actor(),
            [device_id],
            at=now(),
        )
    tell(
        gettext("%(name)s is an asset now.", name=made.name),
        url=url_for("assets.show", asset_id=made.id),
        link=gettext("Open"),
    )
    return redirect(url_for("assets.managed", asset_id=asset_id))


def _after() -> tuple[str, int] | None:
    text = request.args.get("after", "")
    if not text:
        return None
    number, _dot, name = text.partition(".")
    key = row_key(number)
    if key is None or not name:
        abort(422, description=gettext("This page does not exist any more."))
    return name, key
