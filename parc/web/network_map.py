"""The network map of a site: drawn here as SVG, with the same content as a table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from parc.extensions import db
from parc.naming import folded
from parc.queries.locations import Places, read_places
from parc.queries.network_map import (
    MOST_NODES,
    End,
    Link,
    NetworkMap,
    Node,
    read_map,
    sites_with_network,
)
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.cells import badge_cell, link_cell
from parc.web.formats import format_number
from parc.web.labels import label
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
from parc.web.map_layout import HEIGHT, WIDTH, Layout, lay_out

network_map = Blueprint("network_map", __name__)

SPEC = ListSpec("network_map.show", ("from", "to"), "from", ("site", "vlan"))
NO_SITE = "0"
_COLUMNS = (
    ("from", _("From"), True),
    ("from_port", _("Port"), False),
    ("to", _("To"), True),
    ("to_port", _("Port"), False),
    ("state", _("State"), False),
    ("vlans", _("VLAN"), False),
)
_NAME_SHOWN = 19
_VLANS_SHOWN = 6
_SHORT = (
    ("TenGigabitEthernet", "Te"),
    ("GigabitEthernet", "Gi"),
    ("FastEthernet", "Fa"),
    ("Ethernet", "Eth"),
    ("ethernet", "e"),
    ("Port-channel", "Po"),
    ("Port-Channel", "Po"),
)
_PORT_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn: a corner, its texts, and the page behind it."""

    x: int
    y: int
    name: str
    full_name: str
    note: str
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class DrawnLink:
    """A link as it is drawn: its ends, the places of the names of its ports, and its state."""

    x1: int
    y1: int
    x2: int
    y2: int
    near: tuple[int, int, str]
    far: tuple[int, int, str]
    middle: tuple[int, int]
    kind: str
    title: str


@network_map.get("/map")
@requires(Action.VIEW_INVENTORY)
def show() -> ResponseReturnValue:
    """Show the map of one site, by default the first."""
    session, wanted = db.session(), read_list(SPEC)
    places = read_places(session)
    sites = sites_with_network(session, places)
    site = _site(wanted, sites)
    found = read_map(session, places, site)
    vlan = _vlan(wanted)
    shown = found if vlan is None else found.with_vlan(vlan)
    drawn = shown if len(shown.nodes) <= MOST_NODES else shown.core(MOST_NODES)
    layout = lay_out(list(drawn.nodes), [(link.near.node, link.far.node) for link in drawn.links])
    return render_list(
        "network_map/show.html",
        _view(wanted, shown),
        sites=[(str(number), places.by_id[number].name) for number in sites],
        no_site=NO_SITE,
        site=str(site or NO_SITE),
        vlans=found.vlans,
        vlan=vlan,
        node_count=len(shown.nodes),
        drawn_count=len(drawn.nodes),
        layout=layout,
        boxes=[_box(node, layout, places) for node in drawn.nodes.values()],
        lines=_lines(drawn, layout),
        box_width=WIDTH,
        box_height=HEIGHT,
    )


def _site(wanted: ListRequest, sites: Sequence[int]) -> int | None:
    chosen = wanted.chosen.get("site", ())
    if not chosen:
        return sites[0] if sites else None
    if chosen[0] == NO_SITE:
        return None
    if chosen[0] not in map(str, sites):
        refuse(gettext("The filter %(name)s cannot be read.", name="site"))
    return int(chosen[0])


def _vlan(wanted: ListRequest) -> int | None:
    chosen = wanted.chosen.get("vlan", ())
    if not chosen:
        return None
    text = chosen[0]
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):  # noqa: PLR2004 -- digits
        refuse(gettext("The filter %(name)s cannot be read.", name="vlan"))
    return int(text)


def node_url(node: Node) -> str:
    """Give the page of a node; of an unknown one what is known of its whereabouts."""
    if node.asset_id is not None:
        return url_for("assets.show", asset_id=node.asset_id)
    if node.device_id is not None:
        return url_for("devices.show", device_id=node.device_id)
    return url_for("where.show", q=node.name)


def short_port(name: str) -> str:
    """Write a port as switches abbreviate it: Gi1/0/24."""
    for long, short in _SHORT:
        if name.startswith(long):
            name = short + name.removeprefix(long)
            break
    return name if len(name) <= _PORT_SHOWN else f"{name[: _PORT_SHOWN - 1]}…"


def short_name(name: str) -> str:
    """Write a name as it fits a box: without its domain, and cut."""
    first, _dot, _domain = name.partition(".")
    if not first.isdecimal():
        name = first or name
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"


def _box(node: Node, layout: Layout, places: Places) -> Box:
    x, y = layout.corners[node.key]
    note = label(node.category) if node.category is not None else gettext("not known")
    if node.is_elsewhere and node.location_id is not None:
        place = places.by_id.get(node.location_id)
        site = places.by_id.get(place.site_id) if place else None
        note = site.name if site else note
    name = short_name(node.name)
    kind = "unknown" if node.device_id is None else "elsewhere" if node.is_elsewhere else "known"
    return Box(x, y, name, node.name, note, node_url(node), kind)


def _lines(drawn: NetworkMap, layout: Layout) -> list[DrawnLink]:
    """Draw links as lines between the edges of boxes, parallel ones beside each other."""
    met: dict[frozenset[str], int] = {}
    lines = []
    for link in drawn.links:
        pair = frozenset((link.near.node, link.far.node))
        shift = 16 * met.setdefault(pair, 0)
        met[pair] += 1
        (x1, y1), (x2, y2) = layout.centre(link.near.node), layout.centre(link.far.node)
        y1, y2 = y1 + _edge(y1, y2), y2 + _edge(y2, y1)
        x1, x2 = x1 + shift, x2 + shift
        lines.append(
            DrawnLink(
                x1,
                y1,
                x2,
                y2,
                (
                    *_along(x1, y1, x2, y2, _name_at(y1, y2)),
                    _short(link.near),
                ),
                (
                    *_along(x2, y2, x1, y1, _name_at(y2, y1)),
                    _short(link.far),
                ),
                _along(x1, y1, x2, y2, 0.5),
                _state(link)[0],
                _title(link, drawn.nodes),
            )
        )
    return lines


def _edge(own: int, other: int) -> int:
    """Give how far the edge of a box that faces the other is from its middle."""
    return 0 if own == other else HEIGHT // 2 if other > own else -HEIGHT // 2


def _name_at(own: int, other: int) -> float:
    """Give how far along a link its port is named: from above, where many begin, further down."""
    return 0.38 if own < other else 0.18


def _along(x1: int, y1: int, x2: int, y2: int, share: float) -> tuple[int, int]:
    return round(x1 + (x2 - x1) * share), round(y1 + (y2 - y1) * share) + 4


def _state(link: Link) -> tuple[str, str]:
    """Give the kind of badge and the word for a link."""
    if link.is_up is None:
        return "neutral", gettext("not known")
    return ("good", gettext("up")) if link.is_up else ("bad", gettext("down"))


def _title(link: Link, nodes: Mapping[str, Node]) -> str:
    ends = (f"{nodes[end.node].name} {end.port}" for end in (link.near, link.far))
    return f"{' — '.join(ends)} ({_state(link)[1]})"


def _view(wanted: ListRequest, shown: NetworkMap) -> ListView:
    nodes = shown.nodes
    text = folded(wanted.text)
    links = [link for link in shown.links if not text or _matches(text, link, nodes)]

    def order(link: Link) -> tuple[str, str]:
        end = link.near if wanted.sort == "from" else link.far
        return folded(nodes[end.node].name), end.port

    links.sort(key=order, reverse=wanted.is_descending)
    page = cut_page(wanted, [(number, link) for number, link in enumerate(links)])
    previous_url, next_url = wanted.pages(page)
    count = len(links)
    return ListView(
        request=wanted,
        caption=gettext("Links"),
        heads=wanted.heads(ColumnSpec(name, text, sorts) for name, text, sorts in _COLUMNS),
        rows=[_row(number, link, nodes) for number, link in page.rows],
        count=count,
        count_text=ngettext("%(count)s link", "%(count)s links", count, count=format_number(count)),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        search_label=gettext("Filter by a device or a port"),
    )


def _matches(text: str, link: Link, nodes: Mapping[str, Node]) -> bool:
    return any(
        text in folded(word)
        for end in (link.near, link.far)
        for word in (nodes[end.node].name, _port(end))
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No link matches."), gettext("Take a filter away, or search less."))
    return Empty(
        gettext("No link is known."),
        gettext("Switches tell their neighbours by LLDP or CDP: switch it on, and sweep again."),
    )


def _row(number: int, link: Link, nodes: Mapping[str, Node]) -> Line:
    near, far = nodes[link.near.node], nodes[link.far.node]
    far_cell: Cell = link_cell(node_url(far), far.name)
    vlans = sorted(link.vlans)
    written = ", ".join(map(str, vlans[:_VLANS_SHOWN]))
    return Line(
        number,
        node_url(near),
        near.name,
        [
            _port(link.near),
            far_cell,
            _port(link.far),
            badge_cell(*_state(link)),
            (written + (" …" if len(vlans) > _VLANS_SHOWN else "")) or "—",
        ],
    )


def _short(end: End) -> str:
    return short_port(end.aggregate or end.port)


def _port(end: End) -> str:
    return f"{end.aggregate} ({end.port})" if end.aggregate else end.port
