"""Where is it: one field for any spelling of a MAC, an address, a name, a tag, a serial number."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from collectors.registries.oui import manufacturer_of
from parc.extensions import db
from parc.queries.locations import read_places
from parc.queries.places import Stay, Switch
from parc.queries.where import MOST_TEXT, Answer, find
from parc.services.permissions import Action
from parc.topology import Certainty, PortRole
from parc.web.access import requires
from parc.web.cells import CellWriter
from parc.web.context import now

where = Blueprint("where", __name__)

# The kind of badge and its words; the sign that stands before a badge follows from its kind.
CERTAINTIES = {
    Certainty.DIRECT: ("good", _("Plugged in here")),
    Certainty.ACCESS_POINT: ("good", _("On Wi-Fi, behind this port")),
    Certainty.LAST_KNOWN: ("warning", _("Was last seen here")),
    Certainty.UPLINK: ("warning", _("Seen only on its way")),
}
ROLES = {
    PortRole.EDGE: _in("port", "Edge port"),
    PortRole.UPLINK: _in("port", "Uplink"),
    PortRole.ACCESS_POINT: _in("port", "Access point"),
}


@where.get("/where")
@requires(Action.VIEW_INVENTORY)
def show() -> ResponseReturnValue:
    """Ask, and answer at once what is known."""
    text = request.args.get("q", "").replace("\x00", " ").strip()[:MOST_TEXT]
    answer = find(db.session(), text) if text else Answer()
    return render_template(
        "where/show.html",
        text=text,
        answer=answer,
        makers={mac: manufacturer_of(mac) for mac in _macs(answer)},
        places=read_places(db.session()),
        certainties=CERTAINTIES,
        roles=ROLES,
        switch_url=switch_url,
        port_url=port_url,
        write=CellWriter(now()),
    )


def switch_url(switch: Switch) -> str:
    """Give the sheet of who tells something."""
    if switch.asset_id is not None:
        return url_for("assets.show", asset_id=switch.asset_id)
    return url_for("devices.show", device_id=switch.device_id)


def port_url(stay: Stay) -> str:
    """Give the port's line on the ports page of its switch, or the switch's own page."""
    if stay.switch.asset_id is None:
        return switch_url(stay.switch)
    return url_for("assets.ports", asset_id=stay.switch.asset_id, q=stay.port)


def _macs(answer: Answer) -> set[str]:
    if answer.machine is None or answer.whereabouts is None:
        return set()
    seen = answer.whereabouts
    found = {stay.mac_address for stay in (*seen.stays, *seen.uplink_stays)}
    return found.intersection(answer.machine.macs) | set(answer.machine.macs[:3])
