"""The ports page of a switch: state, VLANs, power, neighbour, machines; free ones by days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from parc.extensions import db
from parc.naming import folded
from parc.queries import ports as query
from parc.queries.asset_sheet import read_sheet
from parc.queries.ports import MACHINES_SHOWN, Named, Port
from parc.services.permissions import Action
from parc.topology import PortRole
from parc.web.access import requires
from parc.web.asset_sheet import oper_status
from parc.web.bulk import assets
from parc.web.cells import CellWriter, badge_cell, link_cell
from parc.web.context import now
from parc.web.exports import csv_file
from parc.web.formats import format_megabits, format_number
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    cut_page,
    read_list,
    refuse,
    render_list,
)
from parc.web.where import ROLES

__all__ = ["assets"]
_SORTS = ("port", "machines", "used")
_DAYS = ("7", "30", "90", "180", "365")
_SHOWS = ("neighbor", "machines", "power")
_COLUMNS = (
    ("port", _("Port"), True),
    ("state", _("State"), False),
    ("speed", _("Speed"), False),
    ("vlans", _("VLAN"), False),
    ("power", _("PoE"), False),
    ("neighbor", _("Neighbour"), False),
    ("machines", _("Machines"), True),
    ("used", _("Last used"), True),
    ("alias", _("Description"), False),
)
_WITH = {
    "neighbor": _("a neighbour"),
    "machines": _("machines"),
    "power": _("power delivered"),
}
# The words of POWER-ETHERNET-MIB, RFC 3621, pethPsePortDetectionStatus.
_POWER = {
    "deliveringPower": _("delivers"),
    "searching": _("nothing to power"),
    "disabled": _("off"),
    "fault": _("fault"),
    "otherFault": _("fault"),
    "test": _("test"),
}
_DELIVERS = "deliveringPower"
_VLANS_SHOWN = 6
_NOTE = Markup('{} <span class="source">{}</span>')


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The ports of the page's address: all, and those that its filters leave, in order."""

    wanted: ListRequest
    all: Sequence[Port]
    left: Sequence[Port]
    moment: datetime


@assets.get("/assets/<int:asset_id>/ports")
@requires(Action.VIEW_INVENTORY)
def ports(asset_id: int) -> ResponseReturnValue:
    """Show the ports of a switch."""
    sheet = read_sheet(db.session(), asset_id)
    chosen = _choose(asset_id, [device.id for device in sheet.devices])
    return render_list(
        "assets/ports.html",
        _view(chosen),
        sheet=sheet,
        asset=sheet.asset,
        tab="ports",
        export_url=url_for("assets.ports_csv", asset_id=asset_id) + chosen.wanted.query,
    )


@assets.get("/assets/<int:asset_id>/ports.csv")
@requires(Action.EXPORT_INVENTORY)
def ports_csv(asset_id: int) -> Response:
    """Give the list as CSV, with the same filters and order."""
    sheet = read_sheet(db.session(), asset_id)
    chosen = _choose(asset_id, [device.id for device in sheet.devices])
    machines = query.read_machines(db.session(), chosen.left)
    rows = [
        [
            _name(port),
            str(oper_status(port.row)[1]),
            str(port.row.if_high_speed or ""),
            _vlans(port.row),
            str(_POWER.get(port.row.power_status, port.row.power_status or "")),
            ", ".join(far.named.name for far in port.neighbors),
            ", ".join(one.name for one in machines.get(port.row.id, ())),
            f"{port.row.last_used_at:%Y-%m-%dT%H:%M:%SZ}" if port.row.last_used_at else "",
            port.row.if_alias or "",
            str(ROLES.get(port.row.role, "")),
        ]
        for port in chosen.left
    ]
    heads = [*(str(label) for _name, label, _sorts in _COLUMNS), gettext("What it is")]
    return csv_file(heads, iter([rows]))


def named_cell(named: Named) -> Cell:
    """Name a machine, with a link to what is known of it."""
    if named.asset_id is not None:
        return link_cell(url_for("assets.show", asset_id=named.asset_id), named.name)
    if named.device_id is not None:
        return link_cell(url_for("devices.show", device_id=named.device_id), named.name)
    return link_cell(url_for("where.show", q=named.name), named.name)


def _choose(asset_id: int, device_ids: Sequence[int]) -> _Chosen:
    spec = ListSpec(
        "assets.ports", _SORTS, "port", ("free", "role", "with"), arguments={"asset_id": asset_id}
    )
    wanted, moment = read_list(spec), now()
    for name, known in (("free", _DAYS), ("role", tuple(PortRole)), ("with", _SHOWS)):
        for value in wanted.chosen.get(name, ()):
            if value not in known:
                refuse(gettext("The filter %(name)s cannot be read.", name=name))
    found = query.read_ports(db.session(), device_ids)
    left = [port for port in found if _is_wanted(port, wanted, moment)]
    if wanted.sort == "machines":
        left.sort(key=lambda port: port.row.mac_count or 0)
    elif wanted.sort == "used":
        left.sort(key=_used)
    if wanted.is_descending:
        left.reverse()
    return _Chosen(wanted, found, left, moment)


def _used(port: Port) -> float:
    moment = port.row.last_used_at
    return moment.timestamp() if moment is not None else 0


def _is_wanted(port: Port, wanted: ListRequest, moment: datetime) -> bool:
    text = folded(wanted.text)
    names = (port.name, port.row.if_alias or "", *(far.named.name for far in port.neighbors))
    if text and not any(text in folded(name) for name in names):
        return False
    return all(
        any(_meets(port, name, value, moment) for value in values)
        for name, values in wanted.chosen.items()
    )


def _meets(port: Port, name: str, value: str, moment: datetime) -> bool:
    if name == "free":
        return port.is_free_since(moment - timedelta(days=int(value)))
    if name == "role":
        return bool(port.row.role == value)
    if value == "neighbor":
        return bool(port.neighbors)
    return port.has_machines if value == "machines" else port.row.power_status == _DELIVERS


def _counts(chosen: _Chosen, name: str, values: Sequence[str]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for port in chosen.all:
        counts.update(v for v in values if _meets(port, name, v, chosen.moment))
    return counts


def _view(chosen: _Chosen) -> ListView:
    wanted = chosen.wanted
    page = cut_page(wanted, [(port.row.id, port) for port in chosen.left])
    facets = [
        wanted.facet(
            "free",
            _("Free for"),
            _counts(chosen, "free", _DAYS),
            lambda value: str(ngettext("%(num)s day", "%(num)s days", int(value))),
            order=_DAYS,
        ),
        wanted.facet(
            "role",
            _("What it is"),
            _counts(chosen, "role", tuple(PortRole)),
            lambda value: str(ROLES[PortRole(value)]),
            order=tuple(PortRole),
        ),
        wanted.facet(
            "with",
            _("With"),
            _counts(chosen, "with", _SHOWS),
            lambda value: str(_WITH[value]),
            order=_SHOWS,
        ),
    ]
    previous_url, next_url = wanted.pages(page)
    count = len(chosen.left)
    return ListView(
        request=wanted,
        caption=gettext("Ports"),
        heads=wanted.heads(ColumnSpec(name, text, sorts) for name, text, sorts in _COLUMNS),
        rows=_lines([port for _number, port in page.rows], chosen.moment),
        count=count,
        count_text=ngettext("%(count)s port", "%(count)s ports", count, count=format_number(count)),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a port, a description or a neighbour"),
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No port matches."), gettext("Take a filter away, or search less."))
    return Empty(gettext("No port is known."), gettext("They come with the next reading by SNMP."))


def _lines(rows: Sequence[Port], moment: datetime) -> list[Line]:
    write = CellWriter(moment)
    machines = query.read_machines(db.session(), rows)
    return [
        Line(
            port.row.id,
            "",
            _name(port),
            [
                badge_cell(*oper_status(port.row)),
                format_megabits(port.row.if_high_speed) if port.row.if_high_speed else "—",
                _vlans(port.row) or "—",
                _power(port.row),
                _neighbors(port),
                _machines(port, machines.get(port.row.id, ())),
                write.seen(port.row.last_used_at) if port.row.last_used_at else _never(port.row),
                port.row.if_alias or "—",
            ],
        )
        for port in rows
    ]


def _never(row: Any) -> Cell:
    return gettext("not since Parc looks") if row.first_read_at else "—"


def _power(row: Any) -> Cell:
    if row.power_status is None:
        return "—"
    words = _POWER.get(row.power_status, row.power_status)
    if row.power_status == _DELIVERS:
        kind = "good"
    else:
        kind = "bad" if row.power_status in {"fault", "otherFault"} else "neutral"
    return badge_cell(kind, words)


def _neighbors(port: Port) -> Cell:
    if not port.neighbors:
        return "—"
    return Markup(", ").join(
        _NOTE.format(
            named_cell(far.named)
            if far.named.asset_id is not None or far.named.device_id is not None
            else far.named.name,
            far.port or "",
        )
        for far in port.neighbors
    )


def _name(port: Port) -> str:
    """Name a port, with its aggregate or its members."""
    others = ", ".join(port.members) or port.aggregate
    return f"{port.name} ({others})" if others else port.name


def _machines(port: Port, found: Sequence[Named]) -> Cell:
    if port.row.role in (PortRole.UPLINK, PortRole.ACCESS_POINT):
        return _NOTE.format(ROLES[port.row.role], format_number(port.row.mac_count or 0))
    if not found:
        return "—"
    cells = Markup(", ").join(named_cell(one) for one in found[:MACHINES_SHOWN])
    rest = len(found) - MACHINES_SHOWN
    return _NOTE.format(cells, f"+{rest}") if rest > 0 else cells


def _vlans(row: Any) -> str:
    """Write the VLANs of a port: the native one, then the tagged ones as ranges."""
    native = [row.native_vlan] if row.native_vlan else row.untagged_vlans or []
    plain = ", ".join(map(str, native[:_VLANS_SHOWN]))
    tagged = _ranges(sorted(row.tagged_vlans or ()))
    if not tagged:
        return plain
    shown = ", ".join(tagged[:_VLANS_SHOWN]) + (" …" if len(tagged) > _VLANS_SHOWN else "")
    return str(gettext("%(native)s, tagged: %(vlans)s", native=plain or "—", vlans=shown))


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Write 10, 20, 21, 22 as 10 and 20-22."""
    if not numbers:
        return []
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b != a + 1)]
    ends = [*(a for a, b in pairwise(numbers) if b != a + 1), numbers[-1]]
    return [f"{a}-{b}" if b > a else str(a) for a, b in zip(starts, ends, strict=True)]
